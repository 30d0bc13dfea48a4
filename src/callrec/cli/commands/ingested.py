"""What a run of ``ingest`` did, as a program gets it and as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from callrec.intake.records import UnusedRows
    from callrec.intake.summary import Ingested, Summary


def ingested_json(done: Ingested) -> dict[str, Any]:
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
        "joined": done.joined,
        "unjoined": done.unjoined,
        "told_less": done.told_less,
    }


def summary_json(summary: Summary | None) -> dict[str, Any] | None:
    """As it was signed, with the entry that it stands in."""
    return None if summary is None else {**summary.fields, "seq": summary.seq}


def unused_json(unused: UnusedRows) -> dict[str, Any]:
    """The rows of call records that were not understood."""
    rows = [
        {"file": str(each.path), "line": each.row.line, "why": each.row.why}
        for each in unused.first
    ]
    return {"not_understood": unused.count, "rows_not_understood": rows}


def records_lines(done: Ingested, unused: UnusedRows) -> Iterator[str]:
    """What came of the call records."""
    if done.joined or done.unjoined:
        yield f"{done.joined} joined to call records, {done.unjoined} without one."
    for each in unused.first:
        yield f'not understood: "{each.path}", line {each.row.line}: {each.row.why}'
    if unused.count > len(unused.first):
        yield f"and {unused.count - len(unused.first)} rows more"


def names_lines(done: Ingested) -> Iterator[str]:
    """What names could not tell."""
    if done.told_less:
        yield (
            f"{done.told_less} known already under a name that tells less: give --cdr FILE, "
            "or ingest them as somebody who may search."
        )


def summary_lines(summary: Summary, zone: ZoneInfo) -> str:
    """Where it stands, and what it says that came in."""
    from callrec.crypto.canonical import parse_instant

    said = summary.fields
    came = f"{said['recordings']} taken in"
    if said["recordings"]:
        days = [
            parse_instant(said[end]).astimezone(zone).date().isoformat()
            for end in ("first_start", "last_start")
        ]
        came += f", from {' to '.join(dict.fromkeys(days))}"
    return f"Signed summary, entry {summary.seq} of the audit log: {came}."
