"""``callrec ingest``: bring recordings in."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callrec.cli import options
from callrec.cli.findings import told_of_findings
from callrec.cli.groups import new_app
from callrec.cli.ingested import as_value, records_value
from callrec.cli.invocation import Context, Invocation
from callrec.cli.options import intake
from callrec.cli.who import practice_of, signing
from callrec.errors import DoneInPart, Tampered, Unusable
from callrec.procedures import ingest as procedure
from callrec.procedures.intake_after import read_after
from callrec.procedures.intake_preview import preview_names, preview_sources
from callrec.procedures.intake_reading import telephone_setup
from callrec.procedures.intake_sources import check_paths, survey
from callrec.procedures.records_at_hand import records_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from callrec.cli.output import Output
    from callrec.procedures.ingest import Ingested
    from callrec.procedures.intake_preview import Preview
    from callrec.procedures.records_at_hand import RecordsAtHand
    from callrec.telephone.setup import Setup

app = new_app()


@app.command()
def ingest(
    ctx: Context,
    *,
    paths: options.Sources,
    cdr: intake.CallRecords = None,
    after: options.After = "keep",
    watch: intake.Watch = False,
    dry_run: options.DryRun = False,
    names_only: options.Try = False,
) -> None:
    """Take in recordings: files, and folders with all that is in them.

    Each is encrypted on the way and is safely on the vault's disk before its source is touched.
    What cannot be taken in stays where it is and is listed, and the rest goes on. The same sound
    twice is one recording. A run that was cut short is finished by the next.
    """
    if watch and (names_only or dry_run):
        raise Unusable("--watch takes recordings in; it goes with no rehearsal")
    if names_only:
        _show_previews(ctx.obj, preview_names(paths, telephone_setup(ctx.obj.config)))
    elif dry_run:
        _rehearse(ctx.obj, [Path(path) for path in paths])
    elif watch:
        from callrec.cli.ingest_watch import watch as stay  # noqa: PLC0415  # few need its library

        stay(ctx.obj, [Path(path) for path in paths], read_after(after), cdr or [])
    else:
        _ingest(ctx.obj, [Path(path) for path in paths], after, cdr or [])


def _rehearse(invocation: Invocation, paths: list[Path]) -> None:
    check_paths(paths, invocation.config.vault)
    survey(paths)
    _show_previews(invocation, preview_sources(paths, telephone_setup(invocation.config)))


def _ingest(invocation: Invocation, paths: list[Path], after: str, cdr: list[Path]) -> None:
    what_then = read_after(after)
    practice = practice_of(invocation)
    actor = signing(invocation, practice)
    check_paths(paths, practice.folder)
    setup = telephone_setup(practice.config)
    with records_from(invocation, cdr, setup) as records:
        size_bytes = survey(paths).size_bytes
        began = time.perf_counter()
        with invocation.out.progress("sealing", total=size_bytes, in_bytes=True) as advance:
            done = procedure.ingest_recordings(
                practice,
                actor,
                paths,
                after=what_then,
                setup=setup,
                records=records,
                advance=advance,
            )
        _show(invocation, done, records, time.perf_counter() - began)


@contextmanager
def records_from(
    invocation: Invocation, cdr: list[Path], setup: Setup
) -> Iterator[RecordsAtHand | None]:
    """The call records in these files, while they are needed; None where there are no files."""
    if not cdr:
        yield None
        return
    with invocation.out.progress("reading call records", total=None) as advance:
        records = records_of(invocation.config, cdr, setup, advance)
    with closing(records):
        yield records


def _show(
    invocation: Invocation, done: Ingested, records: RecordsAtHand | None, seconds: float
) -> None:
    value = {**as_value(done), "seconds": round(seconds, 3), "summary": done.summary}
    if records is not None:
        value |= records_value(done, records)
    invocation.out.show(value, lambda: _say(invocation.out, done, records, seconds))
    _raise_what_is_left(done)


def _say(out: Output, done: Ingested, records: RecordsAtHand | None, seconds: float) -> None:
    size = f"{done.size_bytes / 1e6:.1f} MB in {seconds:.1f} s"
    out.say(f"{_count(done.recordings, 'recording')} taken in, {size}.")
    if done.duplicates:
        out.say(f"{_count(done.duplicates, 'file')} had been taken in before.")
    if done.ignored:
        out.say(f"{_count(done.ignored, 'file')} of another kind left aside.")
    for line in told_of_findings(done.findings):
        out.say(line)
    if records is not None:
        _say_joined(out, done, records)
    if done.quarantined:
        out.say(f"{_count(len(done.quarantined), 'file')} not taken in, or left over:")
        out.table(("file", "why"), [(each.path, each.why) for each in done.quarantined])
    if done.summary is not None:
        out.say(f"Summed up and signed: entry {done.summary} of the record.")


def _say_joined(out: Output, done: Ingested, records: RecordsAtHand) -> None:
    out.say(f"{_count(records.rows, 'call record')} read, {done.joined} joined to recordings.")
    if records.not_understood:
        out.say(f"{_count(records.not_understood, 'row')} of them not understood:")
        rows = [(each.path.name, each.row.line, each.row.why) for each in records.unread]
        out.table(("file", "line", "why"), rows)


def _raise_what_is_left(done: Ingested) -> None:
    if done.damaged:
        raise Tampered(f"{_count(done.damaged, 'sealed copy')} in the vault cannot be read back")
    left = len(done.quarantined)
    if left:
        raise DoneInPart(
            "1 file was left where it is"
            if left == 1
            else f"{left} files were left where they are",
            hint="the list says why; mend what can be mended and run the command again",
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _show_previews(invocation: Invocation, previews: Iterable[Preview]) -> None:
    shown = [each.as_json() for each in previews]
    out = invocation.out

    def text() -> None:
        for each in shown:
            out.say(each["path"] if each["accepted"] else f"{each['path']}: would be left")
            out.say(f"    {_told(each)}{each['why']}")

    out.show_items(shown, text)


def _told(preview: Mapping[str, Any]) -> str:
    if preview["system"] is None:
        return ""
    way, ends = preview["direction"] or "call", (preview["caller"], preview["callee"])
    caller, callee = (end or "unknown" for end in ends)
    return f"{way} {caller} -> {callee}, {preview['local_time']}: "
