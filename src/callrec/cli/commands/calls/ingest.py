"""ingest, and ingest --watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.commands.calls.ingest_attest import attest
from callrec.cli.commands.calls.ingest_bundle import (
    ROWS_TRIED,
    ingest_bundle,
    read_instruction,
    read_order,
    rehearse_bundle,
    try_rows,
)
from callrec.cli.commands.calls.ingest_learn import learn
from callrec.cli.commands.calls.ingest_view import (
    findings_lines,
    ingested_json,
    ingested_lines,
    names_lines,
    run_json,
    same_sound_lines,
    show_previews,
    summary_json,
    summary_line,
    words_lines,
)
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, acting_service, practice_of, signing_person
from callrec.dataclass import dataclass, replace
from callrec.errors import DoneInPart, Tampered, Unusable
from callrec.system.processes import graceful_shutdown
from callrec.views.words import counted, rfc3339

if TYPE_CHECKING:
    from callrec.intake.clearing import AfterIntake
    from callrec.intake.summary import Ingested, Summary
    from callrec.intake.watching import FolderChanges
    from callrec.practice import Actor, Practice
    from callrec.retention.instructing import InstructionOrder

ingest_app = new_app()


@ingest_app.command()
def ingest(
    ctx: Context,
    *,
    paths: options.Sources = None,
    after: options.After = "keep",
    cdr: CallRecords = None,
    system: SystemName = None,
    unrecognised: Unrecognised = False,
    watch: Watch = False,
    dry_run: options.DryRun = False,
    names_only: options.NamesOnly = False,
    learn_names: LearnNames = False,
    attests: Attests = False,
    bundle: BundleFile = None,
    map_file: MapFile = None,
    rows: TriedRows = ROWS_TRIED,
    instruction: InstructionFile = None,
    supplier: SupplierName = None,
    within_days: WithinDays = 28,
    archived: OnlyArchived = False,
) -> None:
    """Take in recordings: files, or folders with everything in them.

    Each recording is encrypted as it comes in, and is safely on the vault's disk before its source
    is touched. A file that cannot be taken in stays where it is and is listed. The other files are
    taken in. If no known telephone system writes such a file name, nothing says when the call was.
    On a terminal you are asked about these files; otherwise --unrecognised takes them in. About a
    call that is dated before 2000 or in the future you are asked, too. Otherwise it is taken in, as
    of that date, and listed as misdated. The same call under two names is one recording; two calls
    that sound the same are two. If a run is cut short, run the command again. If you took in the
    wrong files: callrec retention undo

    --learn shows how names that nothing reads yet could be read. If you agree, that becomes part of
    the practice's settings.

    --attest runs on the telephone system's machine and needs no vault: it signs each finished
    recording by the key in that machine's configuration, beside it. Taken in with its signature, a
    recording has its telephone system's word for it, and a release says so.

    --bundle takes in a supplier's export: a zip of recordings, with a list that --map reads.
    --instruction then writes the letter that asks the supplier to delete what you hold now.
    """
    how = _How(watch, dry_run, names_only, learns=learn_names, attests=attests)
    typed = _Typed(paths or [], after, cdr or [], system, unrecognised)
    asked = read_instruction(instruction, supplier, within_days, archived=archived)
    if bundle is not None or map_file is not None:
        others = _not_of_an_export(typed, how)
        order = read_order(bundle, map_file, typed.cdr, others, asked, rows=rows)
        run = try_rows if how.names_only else rehearse_bundle if how.dry_run else ingest_bundle
        run(ctx.obj, order)
    else:
        _run_files(ctx.obj, typed, how, asked)


@dataclass(frozen=True, slots=True)
class _Typed:
    """What is to be taken in, and how it is read, before any of it is looked at."""

    paths: list[str]
    after: str
    cdr: list[Path]
    system: str | None
    unrecognised: bool


@dataclass(frozen=True, slots=True)
class _How:
    """Whether it is taken in now, or from now on, or only looked at, or signed."""

    watch: bool
    dry_run: bool
    names_only: bool
    learns: bool
    attests: bool


def _not_of_an_export(typed: _Typed, how: _How) -> Mapping[str, object]:
    """By its name, what has no meaning with an export."""
    named = {"PATH": typed.paths, "--after": typed.after != "keep", "--watch": how.watch}
    named |= {"--system": typed.system, "--unrecognised": typed.unrecognised}
    return {**named, "--learn": how.learns, "--attest": how.attests}


def _run_files(
    invocation: Invocation, typed: _Typed, how: _How, asked: InstructionOrder | None
) -> None:
    """Take in what lies in files and folders, or show how it would be."""
    from callrec.intake.clearing import parse_after

    if how.attests:
        others = [*_not_of_learning(typed, how), *(["--learn"] if how.learns else [])]
        attest(invocation, _sources(typed.paths), others)
        return
    if how.learns:
        learn(invocation, _sources(typed.paths), _not_of_learning(typed, how))
        return
    _check_belongs(typed, how, asked)
    if how.names_only:
        _try_names(invocation, typed.paths, typed.system)
        return
    paths = _sources(typed.paths)
    if how.dry_run:
        _rehearse(invocation, paths, typed)
    else:
        after = parse_after(typed.after)
        taking = _Taking(paths, after, typed.cdr, typed.system, typed.unrecognised)
        (_stay if how.watch else _ingest)(invocation, taking)


def _not_of_learning(typed: _Typed, how: _How) -> list[str]:
    """What was typed of what has no meaning where only names are looked at."""
    named = {"--after": typed.after != "keep", "--cdr": typed.cdr, "--system": typed.system}
    named |= {"--watch": how.watch, "--dry-run": how.dry_run, "--try": how.names_only}
    named |= {"--unrecognised": typed.unrecognised}
    return [name for name, is_typed in named.items() if is_typed]


def _check_belongs(typed: _Typed, how: _How, asked: InstructionOrder | None) -> None:
    """What was typed without an export goes together; Unusable if not."""
    if asked is not None:
        raise Unusable(
            "--instruction goes with --bundle",
            hint="give the export, too: --bundle EXPORT.zip --map MAP.toml",
        )
    if how.watch and (how.names_only or how.dry_run):
        raise Unusable("--watch takes recordings in; it goes with no rehearsal")
    if typed.cdr and how.names_only:
        raise Unusable("--cdr does not go with --try, which reads no file")


def _sources(paths: list[str]) -> list[Path]:
    if not paths or "" in paths:  # of a variable that is not set, say: not the folder one is in
        raise Unusable("PATH is missing", hint="callrec ingest --help shows how")
    return [Path(path) for path in paths]


@dataclass(frozen=True, slots=True)
class _Taking:
    """What is to be taken in, and how, as it was typed."""

    paths: list[Path]
    after: AfterIntake
    cdr: list[Path]
    system: str | None
    unrecognised: bool
    misdated: bool = True
    """Whether what is dated as no call can be is taken in, too."""


def _try_names(invocation: Invocation, names: list[str], system: str | None) -> None:
    from callrec.intake.preview import preview_names
    from callrec.intake.reading import telephone_setup

    setup = telephone_setup(invocation.settings, system=system)
    show_previews(invocation.out, list(preview_names(names, setup)))


def _rehearse(invocation: Invocation, paths: list[Path], typed: _Typed) -> None:
    from callrec.intake.preview import find_by_name, preview_found
    from callrec.intake.reading import telephone_setup
    from callrec.intake.records import open_call_records
    from callrec.intake.sources import check_paths, survey

    check_paths(paths, invocation.config.vault)
    survey(paths)
    settings, now, system = invocation.settings, invocation.now(), typed.system
    setup, unrecognised = telephone_setup(settings, system=system), typed.unrecognised
    with open_call_records(typed.cdr, settings, system=system) as records:
        found = find_by_name(paths)
        previews = preview_found(found, setup, records, now=now, unrecognised=unrecognised)
        show_previews(invocation.out, list(previews))


def _ingest(invocation: Invocation, taking: _Taking) -> None:
    from callrec.intake.sources import check_paths

    practice, prompts = practice_of(invocation), invocation.prompts
    actor = signing_person(invocation, practice)
    check_paths(taking.paths, practice.folder)
    taking = replace(taking, misdated=not prompts.possible)
    done = _take_in(invocation, practice, actor, taking)
    # The rest is in the vault, or is met as it was; what was told of it stands above.
    if done.unrecognised and prompts.possible and prompts.agree(_odd_names(done.unrecognised)):
        taking = replace(taking, unrecognised=True)
        done = _take_in(invocation, practice, actor, taking)
    if done.misdated and prompts.agree(_odd_dates(done.misdated)):
        done = _take_in(invocation, practice, actor, replace(taking, misdated=True))
    if done.damaged:
        raise Tampered(f"{counted(done.damaged, 'sealed copy')} in the vault cannot be read back")
    if done.quarantined:
        left = counted(
            len(done.quarantined), "file was left where it is", "files were left where they are"
        )
        if done.unrecognised:
            hint = "add --unrecognised to take in names that no known system writes, as calls of"
            raise DoneInPart(left, hint=f"{hint} the time at which each file was last written")
        raise DoneInPart(
            left, hint="the list says why; mend what can be mended and run the command again"
        )


def _odd_names(files: int) -> str:
    what = counted(files, "file has a name", "files have names")
    return (
        f"{what} that no known telephone system writes. Take them in all the same, each as a call"
        " of the time at which its file was last written?"
    )


def _odd_dates(files: int) -> str:
    return (
        f"{counted(files, 'call is', 'calls are')} dated before 2000 or in the future: a clock was"
        " wrong, or a name is misread. Take them in all the same, each as of that date?"
    )


def _take_in(invocation: Invocation, practice: Practice, actor: Actor, taking: _Taking) -> Ingested:
    """One run, and what came of it in words."""
    from callrec.intake.ingest import ingest_recordings
    from callrec.intake.records import UnusedRows, open_call_records
    from callrec.intake.sources import survey
    from callrec.policy.role import Role

    # A timer's round, before anything has come; a person may have named another folder.
    is_round = actor.person.role is Role.INTAKE
    out, size_bytes = invocation.out, survey(taking.paths, may_be_none=is_round).size_bytes
    began = time.perf_counter()
    with (
        open_call_records(taking.cdr, practice.settings, system=taking.system) as records,
        out.progress("sealing", total=size_bytes, in_bytes=True) as advance,
    ):
        done = ingest_recordings(
            practice,
            actor,
            taking.paths,
            after=taking.after,
            system=taking.system,
            advance=advance,
            records=records,
            unrecognised=taking.unrecognised,
            misdated=taking.misdated,
        )
    unused, seconds = records.unused if records else UnusedRows(), time.perf_counter() - began
    lines = ingested_lines(done, unused, seconds, practice.settings.time_zone)
    out.show(run_json(done, unused, seconds), lines)
    return done


def _stay(invocation: Invocation, taking: _Taking) -> None:
    """Take in what comes into the folders, until the process is told to end."""
    from callrec.intake.watching import FolderChanges, watch_folders

    who, settle_seconds = acting_service(invocation), invocation.config.ingest.settle_seconds
    with graceful_shutdown() as stop:
        world = _World(invocation, who, FolderChanges(stop), stop.is_set)
        watch_folders(
            world,
            [path.absolute() for path in taking.paths],
            after=taking.after,
            settle_seconds=settle_seconds,
            system=taking.system,
            cdr=taking.cdr,
            unrecognised=taking.unrecognised,
        )
    if world.damaged:
        raise Tampered(f"sealed copies in the vault that cannot be read back: {world.damaged}")


@dataclass(slots=True)
class _World:
    """What is around the watching: this process, its clock, its output."""

    invocation: Invocation
    who: Callable[[Practice], Actor]
    changes: FolderChanges
    stopped: Callable[[], bool]
    passed: Callable[[], float] = time.monotonic
    damaged: int = 0

    def today(self) -> date:
        return self.invocation.today()

    def enter(self) -> tuple[Practice, Actor]:
        from callrec.practice import open_practice

        invocation = self.invocation
        if invocation.practice is not None:
            for problem in invocation.practice.unsaved_head_errors:
                self.note(problem.message)
        practice = open_practice(invocation.config, invocation.now, invocation.environ)
        invocation.practice = practice  # a service has no mail sent
        return practice, self.who(practice)

    def follow(self, folders: Sequence[Path]) -> bool:
        self.changes.follow(folders)
        return self.changes.notices_all

    def wait(self) -> Sequence[Path]:
        return self.changes.wait()

    def note(self, text: str) -> None:
        self.invocation.out.note(f"{self._at()}  {text}")

    def report(self, done: Ingested, waiting: int) -> None:
        self.damaged += done.damaged
        at = self._at()
        before = f", {done.duplicates} known already" if done.duplicates else ""
        joined = f", {done.joined} joined to call records" if done.joined else ""
        lines = [
            f"{done.recordings} taken in{before}{joined}, {waiting} to come",
            *findings_lines(done.findings),
            *same_sound_lines(done),
            *words_lines(done),
            *names_lines(done),
            *(f"left where it is, {each.why}: {each.path}" for each in done.quarantined),
        ]
        value = {"at": at, **ingested_json(done), "waiting": waiting}
        self.invocation.out.show_line(value, [f"{at}  {line}" for line in lines])

    def sum_up(self, summary: Summary) -> None:
        at, zone = self._at(), self.invocation.settings.time_zone
        value = {"at": at, "summary": summary_json(summary)}
        self.invocation.out.show_line(value, f"{at}  {summary_line(summary, zone)}")

    def _at(self) -> str:
        return rfc3339(self.invocation.now().replace(microsecond=0))


CallRecords = Annotated[
    list[Path] | None,
    options.valued(
        "--cdr",
        "FILE",
        "Call records of the telephone system, to join to the recordings; may be given again.",
    ),
]

SystemName = Annotated[
    str | None,
    options.valued(
        "--system",
        "NAME",
        "The telephone system that made them: asterisk, 3cx, ...; otherwise by their names.",
    ),
]

Unrecognised = Annotated[
    bool,
    options.plain(
        "--unrecognised",
        "Also take in files whose names no known telephone system writes, dated by the file.",
    ),
]

Watch = Annotated[
    bool, options.plain("--watch", "Keep running, and take in each recording once it is complete.")
]

LearnNames = Annotated[
    bool,
    options.plain(
        "--learn",
        "Only show how the names of recordings could be read, and propose templates for them.",
    ),
]

Attests = Annotated[
    bool,
    options.plain("--attest", "Only sign recordings where they lie, by this machine's own key."),
]

BundleFile = Annotated[
    Path | None,
    options.valued("--bundle", "FILE", "A supplier's export to take in: a zip; goes with --map."),
]

MapFile = Annotated[
    Path | None, options.valued("--map", "FILE", "How the list in the export is read, as TOML.")
]

TriedRows = Annotated[
    int,
    options.number("--rows", "N", "How many rows of an export --try shows.", least=1, most=1000),
]

InstructionFile = Annotated[
    Path | None,
    options.valued(
        "--instruction",
        "FILE",
        "Write to this new .pdf or .txt which recordings the supplier is to delete.",
    ),
]

SupplierName = Annotated[
    str | None, options.valued("--supplier", "NAME", "Who holds them, for that letter.")
]

WithinDays = Annotated[
    int,
    options.number(
        "--within", "DAYS", "How many days the supplier has for that.", least=1, most=365
    ),
]

OnlyArchived = Annotated[
    bool,
    options.plain("--archived", "List only what lies on as many drives as archive.copies says."),
]

FirstDay = Annotated[
    str | None, options.valued("--from", "DATE", "First day; otherwise that of the first call.")
]

LastDay = Annotated[
    str | None, options.valued("--to", "DATE", "Last day; otherwise that of the last call.")
]

FindingsFile = Annotated[
    Path | None, options.valued("--csv", "FILE", "Write what is found to this file, as .csv.")
]
