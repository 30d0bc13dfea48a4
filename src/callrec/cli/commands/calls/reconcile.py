"""reconcile: is every call held?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from callrec.cli import options
from callrec.cli.commands.calls import ingest as intake_options
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    check_destination,
    practice_of,
    signing_person,
    typed_day,
)
from callrec.cli.layout import Table
from callrec.errors import DoneInPart
from callrec.system.spreadsheet import to_csv
from callrec.telephone.call import Direction
from callrec.views.words import counted, facts, local_time, rfc3339

if TYPE_CHECKING:
    from callrec.intake.reconcile import Reconciliation
    from callrec.intake.reconciled import Finding

HEADERS: Final = ("began", "found", "call", "number", "recording")

COLUMNS: Final = (
    *("what", "why", "began", "began_utc", "until"),
    *("direction", "extension", "number", "recordings"),
)

_OF_A_FINDING: Final = (
    *("what", "why", "at", "until", "direction", "extension", "number", "recordings"),
)

_MAX_ON_SCREEN: Final = 100
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
    """Compare call records with recordings: is every call held?

    With --cdr, the telephone system's call records are compared with the recordings in the vault.
    Without it, only those records are used that recordings were joined to when they came in.
    Numbers are masked. The exit status is 8 if a call that was answered is not held, or not all of
    it. It is also 8 if no row of a file was understood. It is 5 if a search would miss a recording
    that it should find: someone has changed the index.
    """
    from callrec.intake.reconcile import reconcile_calls
    from callrec.system.files import write_whole

    practice = practice_of(ctx.obj)
    first, last = typed_day(practice, since, "--from"), typed_day(practice, until, "--to")
    replace = csv is not None and check_destination(ctx.obj, csv, yes=yes, suffixes=(".csv",))
    actor = signing_person(ctx.obj, practice)
    compare = partial(reconcile_calls, practice, actor, first=first, last=last, files=cdr or ())
    with ctx.obj.out.progress("opening", total=None) as advance:
        done = compare(advance=advance)
    if csv is not None:
        rows = [_cells(finding) for finding in done.findings]
        write_whole(csv, to_csv(COLUMNS, rows, ctx.obj.settings.time_zone), replace=replace)
    _show(ctx.obj, done, csv)
    _end(done)


def _end(done: Reconciliation) -> None:
    """A failure that scripts can see."""
    left = [f'no row of "{path}" is understood' for path in done.not_understood]
    hint = "each row is listed with the reason; export the file anew, and do not open it in between"
    if missing := done.counts.missing + done.counts.in_part:
        are = "is" if missing == 1 else "are"
        left.append(f"{counted(missing, 'answered call')} {are} not held, or only in part")
        if not done.not_understood:
            hint = "look for the recordings on the telephone system, and callrec ingest them"
    if left:
        raise DoneInPart("; ".join(left), hint=hint)


def _show(call: Invocation, done: Reconciliation, csv: Path | None) -> None:
    from callrec.views.status import counts_json

    value = {
        "at": done.at,
        **counts_json(done.days, done.counts),
        "not_listed": done.found.total() - len(done.findings),
        "items": [
            {**facts(each, *_OF_A_FINDING), "why": each.why or None} for each in done.findings
        ],
        "rows_not_understood": [
            {"file": each.path, **facts(each.row, "line", "why")} for each in done.unread
        ],
    }
    call.out.show(value, _words(call, done, csv))
    if not done.counts.calls:
        call.out.next_step("callrec practice reconcile --cdr FILE")


def _words(call: Invocation, done: Reconciliation, file: Path | None) -> Iterator[str | Table]:
    from callrec.views.status import days_in_words, reconciled_summary

    counts = done.counts
    yield f"{days_in_words(done.days)}:"
    yield f"{reconciled_summary(counts)}."
    source = f"{counted(counts.files, 'file')} of" if counts.files else "no file of"
    yield f"{counted(counts.calls, 'call')} in all, from {source} call records."
    joined = [f"by {_HOW[how]} {count}" for how, count in counts.joined_by.items() if count]
    how = f"; joined {', '.join(joined)}" if joined else ""
    yield f"{counted(counts.recordings, 'recording')}, {counts.without_call} without a call{how}."
    yield (
        f"{counts.unheard} cannot be heard to the end; {counted(counts.duplicates, 'duplicate')};"
        f" {counted(counts.gaps, 'gap')} in the day."
    )
    for each in done.unread[:_MAX_ON_SCREEN]:
        yield f'not understood: "{each.path}", line {each.row.line}: {each.row.why}'
    if file is not None:
        yield f'"{file}" is written, findings: {len(done.findings)}'
        if others := _others(done, done.findings):
            yield f"not written: {others}; --from and --to name fewer days"
    elif done.findings:
        ranked, zone = sorted(done.findings, key=_rank), call.settings.time_zone
        shown, total = ranked[:_MAX_ON_SCREEN], done.found.total()
        yield ""
        yield Table(HEADERS, [_row(finding, zone) for finding in shown])
        if others := _others(done, shown):
            of, written = f"{len(shown)} of {total}", "all" if total == len(ranked) else len(ranked)
            yield f"{of} findings; not shown: {others}; --csv FILE writes {written}"


def _others(done: Reconciliation, shown: Sequence[Finding]) -> str:
    """How many of each kind there are besides: ``no recording 19, gap 41``."""
    others = done.found - Counter(finding.what for finding in shown)
    return ", ".join(f"{what.replace('-', ' ')} {n}" for what, n in others.items())


def _rank(finding: Finding) -> int:
    """Calls that are not held come first, and gaps last: there may be very many."""
    from callrec.intake.reconciled import FindingKind

    return {FindingKind.NO_RECORDING: 0, FindingKind.PART_MISSING: 1, FindingKind.GAP: 3}.get(
        finding.what, 2
    )


def _row(finding: Finding, zone: tzinfo) -> tuple[object, ...]:
    not_known = "not known" if finding.direction is Direction.INBOUND else None
    call = " ".join(filter(None, (finding.direction, finding.extension)))
    recordings = ", ".join(map(str, finding.recordings))
    began, what = local_time(finding.at, zone), _found(finding, zone)
    return began, what, call, finding.number or not_known, recordings


def _found(finding: Finding, zone: tzinfo) -> str:
    from callrec.intake.reconciled import FindingKind

    what = finding.what.replace("-", " ")
    if finding.what is FindingKind.GAP and finding.until is not None:
        what = f"gap to {finding.until.astimezone(zone):%H:%M}"
    return f"{what}: {finding.why.replace('-', ' ')}" if finding.why else what


def _cells(finding: Finding) -> list[Any]:
    """A row under `COLUMNS`; of an hour that came twice, only UTC tells which."""
    return [
        *(str(finding.what), finding.why),
        *(finding.at, rfc3339(finding.at), finding.until),
        *(finding.direction and str(finding.direction), finding.extension, finding.number),
        tuple(map(str, finding.recordings)),
    ]
