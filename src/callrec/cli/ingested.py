"""What a run of ``ingest`` did, as a program gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callrec.procedures.ingest import Ingested
    from callrec.procedures.records_at_hand import RecordsAtHand


def as_value(done: Ingested) -> dict[str, Any]:
    """The members that a whole run and a round of ``--watch`` have in common."""
    return {
        "ingested": done.recordings,
        "duplicates": done.duplicates,
        "quarantined": [{"path": each.path, "why": each.why} for each in done.quarantined],
        "unreadable": done.unreadable,
        "ignored": done.ignored,
        "bytes": done.size_bytes,
        "batch": done.batches[-1] if done.batches else None,
        "batches": done.batches,
        "findings": done.findings,
    }


def records_value(done: Ingested, records: RecordsAtHand) -> dict[str, Any]:
    """The members that there are where call records were given."""
    return {
        "call_records": records.rows,
        "joined": done.joined,
        "not_understood": records.not_understood,
        "not_understood_rows": [
            {"path": each.path, "line": each.row.line, "why": each.row.why}
            for each in records.unread
        ],
    }
