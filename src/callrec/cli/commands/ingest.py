"""``callrec ingest``: bring recordings in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.cli.commands.findings import findings_lines
from callrec.cli.commands.ingest_view import show_previews
from callrec.cli.commands.ingested import (
    ingested_json,
    names_lines,
    records_lines,
    summary_json,
    summary_lines,
    unused_json,
)
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.cli.options import commands as options
from callrec.cli.options import intake
from callrec.cli.output import counted
from callrec.cli.who import practice_of, signing_person
from callrec.errors import DoneInPart, Tampered, Unusable

if TYPE_CHECKING:
    from callrec.intake.records import UnusedRows
    from callrec.intake.summary import Ingested

ingest_app = new_app()


@ingest_app.command()
def ingest(
    ctx: Context,
    *,
    paths: options.Sources = None,
    after: options.After = "keep",
    cdr: intake.CallRecords = None,
    system: intake.SystemName = None,
    watch: intake.Watch = False,
    dry_run: options.DryRun = False,
    names_only: options.NamesOnly = False,
) -> None:
    """Take in recordings: files, and folders with all that is in them.

    Each is encrypted on the way and is safely on the vault's disk before its source is touched.
    What cannot be taken in stays where it is and is listed, and the rest goes on. The same sound
    twice is one recording. A run that was cut short is finished by the next.
    """
    from callrec.intake.clearing import parse_after
    from callrec.intake.preview import preview_names
    from callrec.intake.reading import telephone_setup

    if watch and (names_only or dry_run):
        raise Unusable("--watch takes recordings in; it goes with no rehearsal")
    if cdr and names_only:
        raise Unusable("--cdr does not go with --try, which reads no file")
    setup = telephone_setup(ctx.obj.config, system=system)
    if names_only:
        show_previews(ctx.obj.out, list(preview_names(paths or (), setup)))
    elif not paths or "" in paths:  # of a variable that is not set, say: not the folder one is in
        raise Unusable("PATH is missing", hint="callrec ingest --help shows how")
    elif dry_run:
        _rehearse(ctx.obj, [Path(path) for path in paths], cdr or [], system)
    elif watch:
        from callrec.cli.commands.ingest_watch import stay  # few need its library

        stay(
            ctx.obj,
            [Path(path) for path in paths],
            after=parse_after(after),
            system=system,
            cdr=cdr or [],
        )
    else:
        _ingest(ctx.obj, [Path(path) for path in paths], after, cdr or [], system)


def _rehearse(
    invocation: Invocation, paths: list[Path], cdr: list[Path], system: str | None
) -> None:
    from callrec.intake.preview import preview_sources
    from callrec.intake.reading import telephone_setup
    from callrec.intake.records import open_call_records
    from callrec.intake.sources import check_paths, survey

    setup = telephone_setup(invocation.config, system=system)
    check_paths(paths, invocation.config.vault)
    survey(paths)
    with open_call_records(cdr, invocation.config, system=system) as records:
        show_previews(invocation.out, list(preview_sources(paths, setup, records)))


def _ingest(
    invocation: Invocation, paths: list[Path], after: str, cdr: list[Path], system: str | None
) -> None:
    from callrec.intake import ingest as procedure
    from callrec.intake.clearing import parse_after
    from callrec.intake.records import UnusedRows, open_call_records
    from callrec.intake.sources import check_paths, survey

    what_then = parse_after(after)
    practice = practice_of(invocation)
    actor = signing_person(invocation, practice)
    check_paths(paths, practice.folder)
    size_bytes = survey(paths).size_bytes
    began = time.perf_counter()
    with (
        open_call_records(cdr, invocation.config, system=system) as records,
        invocation.out.progress("sealing", total=size_bytes, in_bytes=True) as advance,
    ):
        done = procedure.ingest_recordings(
            practice,
            actor,
            paths,
            after=what_then,
            system=system,
            advance=advance,
            records=records,
        )
    unused = records.unused if records else UnusedRows()
    _show(invocation, done, unused, time.perf_counter() - began)


def _show(invocation: Invocation, done: Ingested, unused: UnusedRows, seconds: float) -> None:
    out = invocation.out
    value = {
        **ingested_json(done),
        **unused_json(unused),
        "summary": summary_json(done.summary),
        "seconds": round(seconds, 3),
    }

    def text() -> None:
        size = f"{done.size_bytes / 1e6:.1f} MB in {seconds:.1f} s"
        out.say(f"{counted(done.recordings, 'recording')} taken in, {size}.")
        if done.duplicates:
            out.say(f"{counted(done.duplicates, 'file')} had been taken in before.")
        if done.ignored:
            out.say(f"{counted(done.ignored, 'file')} of another kind left aside.")
        for line in findings_lines(done.findings):
            out.say(line)
        if done.quarantined:
            out.say(f"{counted(len(done.quarantined), 'file')} not taken in, or left over:")
            out.table(("file", "why"), [(each.path, each.why) for each in done.quarantined])
        for line in (*names_lines(done), *records_lines(done, unused)):
            out.say(line)
        if done.summary:
            out.say(summary_lines(done.summary, invocation.config.time_zone))

    out.show(value, text)
    _raise_what_is_left(done)


def _raise_what_is_left(done: Ingested) -> None:
    if done.damaged:
        raise Tampered(f"{counted(done.damaged, 'sealed copy')} in the vault cannot be read back")
    left = len(done.quarantined)
    if left:
        raise DoneInPart(
            "1 file was left where it is"
            if left == 1
            else f"{left} files were left where they are",
            hint="the list says why; mend what can be mended and run the command again",
        )
