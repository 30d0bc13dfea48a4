"""reconcile: is every call held?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from callrec.cli import options
from callrec.cli.commands import ingest as intake_options
from callrec.cli.facts import facts
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    check_destination,
    practice_of,
    signing_person,
)
from callrec.cli.output import counted, local_time, rfc3339
from callrec.errors import DoneInPart
from callrec.policy.days import parse_day
from callrec.system.spreadsheet import to_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from pathlib import Path

    from callrec.intake.reconcile import Reconciliation
    from callrec.intake.reconciled import Counts, Finding
    from callrec.policy.days import DayRange

HEADERS: Final = ("began", "found", "call", "number", "recording")

COLUMNS: Final = (
    *("what", "why", "began", "began_utc", "until"),
    *("direction", "extension", "number", "recordings"),
)

_OF_A_FINDING: Final = (
    *("what", "why", "at", "until", "direction", "extension", "number", "recordings"),
)

_MOST_ON_SCREEN: Final = 100
"""Findings, and rows that were not understood: more than that is for a file."""

_HOW: Final = {
    "unique-id": "unique id",
    "linked-id": "linked id",
    "file-name": "file name",
    "number-and-time": "number and time",
}

reconcile_app = new_app()


@reconcile_app.command()
def reconcile(
    ctx: Context,
    *,
    since: intake_options.FirstDay = None,
    until: intake_options.LastDay = None,
    cdr: intake_options.CallRecords = None,
    csv: intake_options.FindingsFile = None,
    yes: options.Yes = False,
) -> None:
    """Hold call records and recordings against each other: is every call held?

    With --cdr, what the telephone system says of its calls is held against the recordings in the
    vault; without, only what recordings were joined to when they came in. Numbers are masked. The
    exit status is 8 where a call that was answered is not held, or not all of it, and 5 where a
    search would miss a recording that it should find: somebody has changed the index.
    """
    from callrec.intake.reconcile import reconcile_calls
    from callrec.practice import today
    from callrec.system.files import write_whole

    practice = practice_of(ctx.obj)
    now = today(practice)
    first, last = (
        None if text is None else parse_day(text, now, what=option)
        for option, text in (("--from", since), ("--to", until))
    )
    replace = csv is not None and check_destination(ctx.obj, csv, yes=yes, suffixes=(".csv",))
    actor = signing_person(ctx.obj, practice)
    with ctx.obj.out.progress("opening", total=None) as advance:
        done = reconcile_calls(
            practice, actor, first=first, last=last, files=cdr or (), advance=advance
        )
    if csv is not None:
        rows = [_cells(finding) for finding in done.findings]
        write_whole(csv, to_csv(COLUMNS, rows, practice.config.time_zone), replace=replace)
    ctx.obj.out.show(_json(done), lambda: _say(ctx.obj, done, csv))
    _conclude(ctx.obj, done)


def _conclude(invocation: Invocation, done: Reconciliation) -> None:
    """What to do now; a call that is not held is a failure that scripts can see."""
    counts = done.counts
    if not counts.calls:
        invocation.out.next_step("callrec reconcile --cdr FILE")
    missing = counts.missing + counts.in_part
    if missing:
        are = "is" if missing == 1 else "are"
        raise DoneInPart(
            f"{counted(missing, 'answered call')} {are} not held, or only in part",
            hint="look for the recordings on the telephone system, and callrec ingest them",
        )


def _json(done: Reconciliation) -> dict[str, Any]:
    return {
        "at": done.at,
        **counts_json(done.days, done.counts),
        "items": [
            {**facts(finding, *_OF_A_FINDING), "why": finding.why or None}
            for finding in done.findings
        ],
        "rows_not_understood": [
            {"file": each.path, "line": each.row.line, "why": each.row.why} for each in done.unread
        ],
    }


def _say(invocation: Invocation, done: Reconciliation, file: Path | None) -> None:
    out, counts = invocation.out, done.counts
    out.say(f"{days_in_words(done.days)}:")
    out.say(f"{reconciled_summary(counts)}.")
    source = f"{counted(counts.files, 'file')} of" if counts.files else "no file of"
    out.say(f"{counted(counts.calls, 'call')} in all, from {source} call records.")
    joined = [f"by {_HOW[how]} {count}" for how, count in counts.joined_by.items() if count]
    how = f"; joined {', '.join(joined)}" if joined else ""
    out.say(
        f"{counted(counts.recordings, 'recording')}, {counts.without_call} without a call{how}."
    )
    out.say(
        f"{counts.unheard} cannot be heard to the end; {counted(counts.duplicates, 'duplicate')};"
        f" {counted(counts.gaps, 'gap')} in the day."
    )
    for each in done.unread[:_MOST_ON_SCREEN]:
        out.say(f'not understood: "{each.path}", line {each.row.line}: {each.row.why}')
    if file is not None:
        out.say(f'"{file}" is written, findings: {len(done.findings)}')
    elif done.findings:
        _table(invocation, done.findings)


def _table(invocation: Invocation, findings: Sequence[Finding]) -> None:
    out, zone = invocation.out, invocation.config.time_zone
    ranked = sorted(findings, key=_rank)
    out.say()
    out.table(HEADERS, [_row(finding, zone) for finding in ranked[:_MOST_ON_SCREEN]])
    if hidden := Counter(finding.what for finding in ranked[_MOST_ON_SCREEN:]):
        of_each = ", ".join(f"{what.replace('-', ' ')} {count}" for what, count in hidden.items())
        out.note(
            f"{_MOST_ON_SCREEN} of {len(ranked)} findings; not shown: {of_each};"
            " --csv FILE writes all"
        )


def _rank(finding: Finding) -> int:
    """Calls that are not held come first, and gaps last: there may be very many."""
    from callrec.intake.reconciled import FindingKind

    return {FindingKind.NO_RECORDING: 0, FindingKind.PART_MISSING: 1, FindingKind.GAP: 3}.get(
        finding.what, 2
    )


def _row(finding: Finding, zone: tzinfo) -> tuple[object, ...]:
    from callrec.telephone.call import Direction

    not_known = "not known" if finding.direction is Direction.INBOUND else None
    return (
        local_time(finding.at, zone),
        _found(finding, zone),
        " ".join(filter(None, (finding.direction, finding.extension))),
        finding.number or not_known,
        ", ".join(map(str, finding.recordings)),
    )


def _found(finding: Finding, zone: tzinfo) -> str:
    from callrec.intake.reconciled import FindingKind

    what = finding.what.replace("-", " ")
    if finding.what is FindingKind.GAP and finding.until is not None:
        what = f"gap to {finding.until.astimezone(zone):%H:%M}"
    return f"{what}: {finding.why.replace('-', ' ')}" if finding.why else what


def _cells(finding: Finding) -> list[Any]:
    """A row under `COLUMNS`; of an hour that came twice, only UTC tells which."""
    return [
        str(finding.what),
        finding.why,
        finding.at,
        rfc3339(finding.at),
        finding.until,
        finding.direction and str(finding.direction),
        finding.extension,
        finding.number,
        tuple(map(str, finding.recordings)),
    ]


def days_in_words(days: DayRange) -> str:
    """Days in words: ``2026-10-26``, ``2026-10-25 to 2026-10-26``."""
    return str(days.first) if days.count == 1 else f"{days.first} to {days.last}"


def reconciled_summary(counts: Counts) -> str:
    """``312 answered calls, 309 held (99.0 %), 3 without a recording``."""
    percent = counts.percent_held
    if percent is None:
        return "no answered call is known"
    held = f"{counted(counts.answered, 'answered call')}, {counts.held} held ({percent:.1f} %)"
    part = f", {counts.in_part} in part" if counts.in_part else ""
    return f"{held}{part}, {counts.missing} without a recording"


def counts_json(days: DayRange, counts: Counts) -> dict[str, Any]:
    """For programs (docs/cli.md)."""
    return {
        "from": days.first,
        "to": days.last,
        **facts(counts, "files", "not_understood", "calls", "answered", "held", "percent_held"),
        **facts(counts, "in_part", "missing", "recordings", "without_call", "unheard"),
        **facts(counts, "duplicates", "gaps", "joined_by"),
    }
