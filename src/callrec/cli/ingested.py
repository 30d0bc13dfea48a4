"""What a run of ``ingest`` did, as a program gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callrec.procedures.ingest import Ingested


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
