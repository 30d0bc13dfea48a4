"""status, inbox, doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    acting_person_if_any,
    approver_if_any,
    practice_and_signer,
    practice_of,
)
from callrec.cli.layout import DueSoon, Overdue, Table
from callrec.cli.offers import most_pressing_day
from callrec.errors import DoneInPart, Tampered, Unusable
from callrec.views.inbox import OTHERS, command_for
from callrec.views.words import counted, facts, local_day

if TYPE_CHECKING:
    from callrec.cli.output import Output
    from callrec.office.finding import Finding
    from callrec.office.inbox import InboxItem
    from callrec.office.practices import PracticeStanding

_PRESSING: Final[Mapping[str, Callable[[str], str]]] = {"overdue": Overdue, "due-soon": DueSoon}

EveryPractice = Annotated[
    Path | None, options.valued("--all", "DIR", "Each practice that has its NAME.toml in DIR.")
]
AsMetrics = Annotated[
    bool, options.plain("--metrics", "For a monitoring system, as Prometheus reads it.")
]

status_app = new_app()


@status_app.command()
def status(ctx: Context, *, every: EveryPractice = None, metrics: AsMetrics = False) -> None:
    """Show what waits for you, what lapses soon, the last archiving, and what is wrong.

    With --all each practice that has a configuration in DIR, NAME.toml, as it stands for nobody: a
    line each, also for one that cannot be read; the exit status is then 8. With --metrics the same
    counts and moments for a monitoring system, in Prometheus' text format.
    """
    from callrec.office.status import read_status
    from callrec.views.metrics import metric_lines
    from callrec.views.status import status_json, status_lines

    if metrics and ctx.obj.given.json:
        raise Unusable("--metrics is a form of its own, as --json is", hint="leave one out")
    if every:
        _show_every(ctx.obj, every, metrics=metrics)
        return
    practice = practice_of(ctx.obj)
    if metrics:
        ctx.obj.out.say(metric_lines({"": read_status(practice, None)}))
        return
    actor = acting_person_if_any(ctx.obj, practice)
    found = read_status(practice, actor)
    told = status_lines(found, practice.settings.time_zone, known=actor is not None)
    lines = (_PRESSING.get(urgency, str)(line) for urgency, line in told)
    ctx.obj.out.show(status_json(found), lines)
    if found.waiting_for_me:
        ctx.obj.out.next_step("callrec inbox")


def _show_every(invocation: Invocation, folder: Path, *, metrics: bool) -> None:
    """Each practice with a configuration in a folder.

    Raises:
        DoneInPart: one could not be read.
    """
    from callrec.office.practices import read_practices
    from callrec.views.metrics import figures, metric_lines

    if invocation.given.vault or invocation.given.config:
        raise Unusable("--all takes each vault from its own configuration", hint="leave it alone")
    found = tuple(read_practices(folder, invocation.now, invocation.environ))
    if metrics:
        invocation.out.say(metric_lines({each.practice: each.status for each in found}))
    else:
        items = [
            {**facts(each, "practice", "error", "exit_status"), **figures(each.status)}
            for each in found
        ]
        invocation.out.show_items(items, _practices_words(found))
    unread = [each for each in found if each.error]
    if unread:
        raise DoneInPart(
            f"{len(unread)} of {counted(len(found), 'practice')} could not be read",
            hint=f"callrec status --config {folder / unread[0].practice}.toml says what to do",
        )


def _practices_words(found: Sequence[PracticeStanding]) -> Iterator[str | Table]:
    """Those that were read, a row each, and the others."""
    rows = [
        (
            *(each.practice, of.recordings, len(of.overdue)),
            *(at and local_day(at, each.zone) for at in (of.last_intake, of.last_archive)),
            len(of.warnings),
        )
        for each in found
        if (of := each.status) is not None
    ]
    yield Table(("practice", "recordings", "overdue", "last call", "archived", "warnings"), rows)
    for each in found:
        if each.error:
            yield Overdue(f"cannot be read: {each.practice}, {each.error}")


_MOST_HELD: Final = 1000
"""Findings that are shown together: of a vault whose files are gone there may be millions."""

Repair = Annotated[
    bool, options.plain("--repair", "Fetch back what is damaged or missing; needs --from.")
]
RepairFrom = Annotated[
    list[Path] | None, options.valued("--from", "DIR", "An archive drive's folder, with --repair.")
]

doctor_app = new_app()


@doctor_app.command()
def doctor(
    ctx: Context,
    *,
    full: options.FullCheck = False,
    repair: Repair = False,
    volumes: RepairFrom = None,
) -> None:
    """Check this machine and this vault, and say what to do if something is wrong.

    Each sealed file must be there and have the right size. With --full each is read and compared
    with its checksum, as fast as the disk is. If you may approve requests, every key is opened,
    too. With --repair, damaged and missing files are fetched back from an archive drive. Nothing
    else is changed.
    """
    if repair or volumes:
        _repair(ctx.obj, volumes or [], asked=repair)
    else:
        show_findings(ctx.obj, full=full)


def show_findings(invocation: Invocation, *, full: bool = False) -> None:
    """Every check of this machine and this vault, and what to do about what is wrong.

    Raises:
        Tampered: something is damaged.
        Failed, Misconfigured: the recordings' place cannot be used. All else is shown before.
    """
    from callrec.office.doctor import examine
    from callrec.office.finding import Level
    from callrec.office.status import recordings_held

    practice, out = practice_of(invocation), invocation.out
    approver = approver_if_any(invocation, practice) if full else None
    found: list[Finding] = []
    damage: Finding | None = None
    try:
        with out.progress("looking", total=recordings_held(practice)) as done:
            for each in examine(
                practice, invocation.environ, approver=approver, full=full, done=done
            ):
                damage = damage or (each if each.level is Level.DAMAGE else None)
                found.append(each)
                if len(found) == _MOST_HELD:
                    for finding in found:
                        out.show_item(facts(finding))
                    out.say(_lines(found))
                    found.clear()
    finally:
        show_checked(out, found)
    if damage:
        raise Tampered(damage.what, hint=damage.hint or "")


def show_checked(out: Output, found: Sequence[Finding]) -> None:
    """What was found by looking, and what to do about it."""
    out.show_items([facts(each) for each in found], _lines(found))


def _lines(found: Sequence[Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{finding.level:8} {finding.what}"
        if finding.hint:
            yield f"{'':8} -> {finding.hint}"


def _repair(invocation: Invocation, volumes: list[Path], *, asked: bool) -> None:
    from callrec.archive.fetch import count_files
    from callrec.cli.commands.drives import restore
    from callrec.registers.verify import check_vault
    from callrec.restore.rebuild import open_volumes
    from callrec.restore.restore import repair_from_volumes
    from callrec.system.shell import A_DRIVE

    if not volumes or not asked:
        raise Unusable(
            "--repair and --from belong together",
            hint=f"attach a drive: callrec practice doctor --repair --from {A_DRIVE}",
        )
    opened = open_volumes(volumes)
    practice, actor = practice_and_signer(invocation)
    out = invocation.out
    with out.progress("reading", total=sum(map(count_files, opened))) as advance:
        done = repair_from_volumes(practice, actor, opened, check=check_vault, advance=advance)
    line = f"{counted(done.fetched.recordings, 'recording')} fetched back."
    out.show(restore.fetched_json(done), (line, *restore.not_fetched_lines(done)))
    out.next_step("callrec practice doctor --full")
    restore.check_all_fetched(done)


inbox_app = new_app()


@inbox_app.command()
def inbox(ctx: Context) -> None:
    """List what waits for you to decide, hear, send, close, confirm and more; soonest due first."""
    from callrec.office.inbox import read_inbox

    practice = practice_of(ctx.obj)
    items = read_inbox(practice, acting_person(ctx.obj, practice))
    values = [
        {
            "id": item.reference,
            **facts(item, "waits_to", "purpose", "created_by", "recordings", "by_hand"),
            **facts(item, "lapses_at", "due_on", "due_at", "target_on", "urgency", "nobody_else"),
            "command": command_for(item),
        }
        for item in items
    ]
    ctx.obj.out.show_items(values, _inbox_words(items, practice.settings.time_zone))
    for command in dict.fromkeys(map(command_for, items)):
        ctx.obj.out.next_step(command)


def _inbox_words(items: Sequence[InboxItem], zone: tzinfo) -> Iterator[str | Table]:
    if not items:
        yield "Nothing waits for you."
        return
    rows = [
        (
            *(item.reference, f"to {item.waits_to}", item.purpose or OTHERS[item.waits_to]),
            *(item.created_by, item.recordings, most_pressing_day(item, zone)),
        )
        for item in items
    ]
    yield Table(("request", "waits", "purpose", "made by", "recordings", "by"), rows)
    for item in items:
        if item.by_hand:
            what = f"{item.by_hand} of {counted(item.recordings, 'recording')}"
            yield f"{item.reference}: brought in by hand, {what}."
        if item.nobody_else:
            yield f"Nobody else may decide {item.reference}: lend the power to somebody."
