"""status, inbox, doctor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callrec.cli import options
from callrec.cli.commands.calls.reconcile import counts_json, days_in_words, reconciled_summary
from callrec.cli.commands.drives import restore as restoring
from callrec.cli.commands.drives.restore import check_all_fetched, fetched_json, not_fetched_lines
from callrec.cli.commands.drives.volumes import volume_json
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
from callrec.errors import Tampered, Unusable
from callrec.views.inbox import COMMANDS, OTHERS, command_for
from callrec.views.words import as_words, counted, facts, local_day, local_time

if TYPE_CHECKING:
    from callrec.archive.volumes import ListedVolume
    from callrec.cli.output import Output
    from callrec.office.doctor import Finding
    from callrec.office.inbox import InboxItem
    from callrec.office.status import Status
    from callrec.requests.due import DueRequest

_OF_A_VOLUME: Final = ("volume", "standing", "last_seen", "last_verified", "on_vaults_disk")

status_app = new_app()


@status_app.command()
def status(ctx: Context) -> None:
    """Show what waits for you, what lapses soon, the last archiving, and what is wrong."""
    from callrec.office.status import read_status

    practice = practice_of(ctx.obj)
    actor = acting_person_if_any(ctx.obj, practice)
    found = read_status(practice, actor)
    lines = _status_lines(found, practice.settings.time_zone, known=actor is not None)
    ctx.obj.out.show(_status_json(found), lines)
    if found.waiting_for_me:
        ctx.obj.out.next_step("callrec inbox")


def _status_json(found: Status) -> dict[str, object]:
    last = found.last_reconcile
    return {
        **facts(found, "practice", "recordings"),
        "waiting_for_me": [_json(item) for item in found.waiting_for_me],
        "lapsing_soon": [_json(item) for item in found.lapsing_soon],
        "overdue": [_due_json(request) for request in found.overdue],
        "due_soon": [_due_json(request) for request in found.due_soon],
        **facts(found, "heard_not_sent", "handover_not_recorded"),
        **facts(found, "last_archive", "last_verify"),
        "unarchived": found.unarchived and facts(found.unarchived, "recordings", "since", "due_at"),
        "volumes": [
            {name: volume[name] for name in _OF_A_VOLUME}
            for volume in map(volume_json, found.volumes)
        ],
        "last_reconcile": last and {"at": last.at, **counts_json(last.days, last.counts)},
        **facts(found, "record_verified", "last_drill", "desk"),
        **facts(found, "searched_without_request"),
        "unreviewed_glass": [
            {"request": glass.reference, "by": glass.by, "at": glass.at, "review": glass.standing}
            for glass in found.unreviewed_glass
        ],
        "erasure_owed": [
            {"volume": label, "recordings": count} for label, count in found.erasure_owed.items()
        ],
        **facts(found, "retention_due", "warnings"),
    }


def _status_lines(found: Status, zone: tzinfo, *, known: bool) -> Iterator[str]:
    yield f"{found.practice}: {counted(found.recordings, 'recording')}"
    if known:
        waiting, lapsing = len(found.waiting_for_me), len(found.lapsing_soon)
        yield (
            f"{counted(waiting, 'waits', 'wait')} for you,"
            f" {counted(lapsing, 'lapses', 'lapse')} soon"
        )
    else:
        yield "nobody is logged in, so nobody's inbox is shown"
    for request in found.overdue:
        since = request.deadline.due_on
        yield Overdue(
            f"OVERDUE: {request.reference}, {as_words(request.purpose)}, since {as_words(since)}"
        )
    for request in found.due_soon:
        due = request.deadline.due_on or request.deadline.target_on
        yield DueSoon(
            f"due soon: {request.reference}, {as_words(request.purpose)}, by {as_words(due)}"
        )
    for reference in found.heard_not_sent:
        yield f"heard, and no answer went out: {reference}, callrec release {reference}"
    for reference in found.handover_not_recorded:
        say = COMMANDS["record"].format(reference)
        yield f"released, and nobody has said who has it: {reference}, {say}"
    yield from _keeping(found, zone)
    for who in found.searched_without_request:
        refused = f", {who.refused} refused" if who.refused else ""
        times = counted(who.searches, "time")
        yield f"searched without a request: {who.user}, {times}{refused}"
    yield from (f"warning: {warning}" for warning in found.warnings)


def _keeping(found: Status, zone: tzinfo) -> Iterator[str]:
    """What stands about the recordings as a whole."""
    at = found.last_archive
    never = "never archived"
    if any(each.on_vaults_disk and each.recordings for each in found.volumes):
        never += " to another disk"
    yield f"last archived: {local_time(at, zone)}" if at else never
    if left := found.unarchived:
        since = f"the first since {local_day(left.since, zone)}"
        yield f"on no other disk yet: {counted(left.recordings, 'recording')}, {since}"
    for each in found.volumes:
        yield f'  "{each.label}": {_verified(each, zone)}'
    if (last := found.last_reconcile) is not None:
        when = local_time(last.at, zone)
        yield f"last reconciled: {when}, for {days_in_words(last.days)}"
        yield f"  {reconciled_summary(last.counts)}"
    yield from _tried(found, zone)
    if found.retention_due:
        yield f"due to be destroyed: {found.retention_due}, callrec retention review"
    for label, count in found.erasure_owed.items():
        owed = counted(count, "erased recording")
        yield f'erasure owed: drive "{label}" still holds {owed}'


def _tried(found: Status, zone: tzinfo) -> Iterator[str]:
    """When it was last seen that record and recovery kit are good."""
    if checked := found.record_verified:
        yield f"record last verified whole: {local_time(checked, zone)}"
    else:
        yield "record last verified whole: never on this machine, callrec audit verify"
    if found.desk == "silent":
        yield "the desk does not answer: callrec desk --check"
    elif found.desk:
        yield "the desk answers"
    if tried := found.last_drill:
        yield f"recovery kit last tried: {local_day(tried, zone)}"


def _verified(each: ListedVolume, zone: tzinfo) -> str:
    if each.is_lost:
        return "reported lost"
    here = "on the vault's own disk, " if each.on_vaults_disk else ""
    if each.verified_at is None:
        return f"{here}never verified by you"
    return f"{here}last verified by you {local_time(each.verified_at, zone)}"


def _due_json(request: DueRequest) -> dict[str, object]:
    return {
        "request": request.reference,
        **facts(request, "purpose", "state"),
        **facts(request.deadline, "due_on", "target_on"),
    }


def _json(item: InboxItem) -> dict[str, object]:
    return {"request": item.reference, "to": item.waits_to, "lapses_at": item.lapses_at}


doctor_app = new_app()


@doctor_app.command()
def doctor(
    ctx: Context,
    *,
    full: options.FullCheck = False,
    repair: restoring.Repair = False,
    volumes: restoring.RepairFrom = None,
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
    """
    from callrec.office.doctor import Level, examine
    from callrec.office.status import recordings_held

    practice, out = practice_of(invocation), invocation.out
    approver = approver_if_any(invocation, practice) if full else None
    with out.progress("looking", total=recordings_held(practice)) as advance:
        looked = examine(practice, invocation.environ, approver=approver, full=full, done=advance)
        found = tuple(looked)
    show_checked(out, found)
    for finding in found:
        if finding.level is Level.DAMAGE:
            raise Tampered(finding.what, hint=finding.hint or "")


def show_checked(out: Output, found: Sequence[Finding]) -> None:
    """What was found by looking, and what to do about it."""

    def lines() -> Iterator[str]:
        for finding in found:
            yield f"{finding.level:8} {finding.what}"
            if finding.hint:
                yield f"{'':8} -> {finding.hint}"

    out.show_items([facts(each) for each in found], lines())


def _repair(invocation: Invocation, volumes: list[Path], *, asked: bool) -> None:
    from callrec.archive.fetch import count_files
    from callrec.registers.verify import check_vault
    from callrec.restore.rebuild import open_volumes
    from callrec.restore.restore import repair_from_volumes

    if not volumes or not asked:
        raise Unusable(
            "--repair and --from belong together",
            hint="attach a drive: callrec practice doctor --repair --from /mnt/external",
        )
    opened = open_volumes(volumes)
    practice, actor = practice_and_signer(invocation)
    out = invocation.out
    with out.progress("reading", total=sum(map(count_files, opened))) as advance:
        done = repair_from_volumes(practice, actor, opened, check=check_vault, advance=advance)
    line = f"{counted(done.fetched.recordings, 'recording')} fetched back."
    out.show(fetched_json(done), (line, *not_fetched_lines(done)))
    out.next_step("callrec practice doctor --full")
    check_all_fetched(done)


inbox_app = new_app()


@inbox_app.command()
def inbox(ctx: Context) -> None:
    """List what waits for you to decide, hear, send, close, confirm and more; soonest due first."""
    from callrec.office.inbox import read_inbox

    practice = practice_of(ctx.obj)
    items = read_inbox(practice, acting_person(ctx.obj, practice))
    words = _inbox_words(items, practice.settings.time_zone)
    ctx.obj.out.show_items([_inbox_json(item) for item in items], words)
    for command in dict.fromkeys(map(command_for, items)):
        ctx.obj.out.next_step(command)


def _inbox_json(item: InboxItem) -> dict[str, object]:
    return {
        "id": item.reference,
        **facts(item, "waits_to", "purpose", "created_by", "recordings", "by_hand", "lapses_at"),
        **facts(item, "due_on", "due_at", "target_on", "urgency", "nobody_else"),
        "command": command_for(item),
    }


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
