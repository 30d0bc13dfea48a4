"""``callrec status``: what is waiting, due or wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli.commands.reconciled_view import counts_json, days_in_words, reconciled_summary
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.cli.output import counted
from callrec.cli.who import acting_person, practice_of
from callrec.errors import Locked
from callrec.policy.role import Power

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from callrec.archive.volumes import ListedVolume
    from callrec.intake.reconciled import LastReconciled
    from callrec.office.inbox import InboxItem
    from callrec.office.status import SearchCount, Status
    from callrec.practice import Actor, Practice
    from callrec.requests.due import DueRequest

status_app = new_app()


@status_app.command()
def status(ctx: Context) -> None:
    """Say what waits for you, what lapses soon, when was last archived, and what is wrong."""
    from callrec.office.status import read_status
    from callrec.practice import powers

    practice = practice_of(ctx.obj)
    actor = _actor_if_any(ctx.obj, practice)
    found = read_status(practice, actor)
    governs = actor is not None and Power.GOVERN in powers(practice, actor)
    searched = found.searched_without_request if governs else ()
    value = {
        "practice": found.practice,
        "recordings": found.recordings,
        "waiting_for_me": [_json(item) for item in found.waiting_for_me],
        "lapsing_soon": [_json(item) for item in found.lapsing_soon],
        "overdue": [_due_json(request) for request in found.overdue],
        "due_soon": [_due_json(request) for request in found.due_soon],
        "last_archive": found.last_archive,
        "last_verify": found.last_verify,
        "volumes": [
            {
                "volume": each.label,
                "standing": each.standing,
                "last_seen": each.seen_at,
                "last_verified": each.verified_at,
                "on_vaults_disk": each.on_vaults_disk,
            }
            for each in found.volumes
        ],
        "last_reconcile": _reconciled_json(found.last_reconcile),
        "last_drill": found.last_drill,
        "searched_without_request": [
            {"user": who.login, "searches": who.done, "refused": who.refused} for who in searched
        ],
        "unreviewed_glass": [
            {"request": glass.reference, "by": glass.by, "at": glass.at, "review": glass.standing}
            for glass in found.unreviewed_glass
        ],
        "erasure_owed": [
            {"volume": label, "recordings": count} for label, count in found.erasure_owed.items()
        ],
        "retention_due": found.retention_due,
        "warnings": list(found.warnings),
    }
    ctx.obj.out.show(value, lambda: _say(ctx.obj, found, searched, known=actor is not None))
    if found.waiting_for_me:
        ctx.obj.out.next_step("callrec inbox")


def _say(
    invocation: Invocation, found: Status, searched: tuple[SearchCount, ...], *, known: bool
) -> None:
    out = invocation.out
    out.say(f"{found.practice}: {counted(found.recordings, 'recording')}")
    if known:
        out.say(f"{len(found.waiting_for_me)} wait for you, {len(found.lapsing_soon)} lapse soon")
    else:
        out.say("nobody is logged in, so nobody's inbox is shown")
    for lines in (
        _clocks(found),
        _keeping(found, invocation.config.time_zone),
        _watching(searched),
        (f"warning: {warning}" for warning in found.warnings),
    ):
        for line in lines:
            out.say(line)


def _clocks(found: Status) -> Iterator[str]:
    for request in found.overdue:
        yield f"OVERDUE: {request.reference}, {request.purpose}, since {request.deadline.due_on}"
    for request in found.due_soon:
        due = request.deadline.due_on or request.deadline.target_on
        yield f"due soon: {request.reference}, {request.purpose}, by {due}"


def _keeping(found: Status, zone: tzinfo) -> Iterator[str]:
    """What stands about the recordings as a whole."""
    at = found.last_archive
    never = "never archived"
    if any(each.on_vaults_disk and each.recordings for each in found.volumes):
        never += " to another disk"
    yield f"last archived: {at.astimezone(zone):%d %B %Y, %H:%M}" if at else never
    for each in found.volumes:
        yield f'  "{each.label}": {_verified(each, zone)}'
    if (last := found.last_reconcile) is not None:
        when = f"{last.at.astimezone(zone):%d %B %Y, %H:%M}"
        yield f"last reconciled: {when}, for {days_in_words(last.days)}"
        yield f"  {reconciled_summary(last.counts)}"
    if tried := found.last_drill:
        yield f"recovery kit last tried: {tried.astimezone(zone):%d %B %Y}"
    if found.retention_due:
        yield f"due to be destroyed: {found.retention_due}, callrec retention review"
    for label, count in found.erasure_owed.items():
        yield f'erasure owed: volume "{label}" holds {count} destroyed yet'


def _watching(searched: tuple[SearchCount, ...]) -> Iterator[str]:
    for who in searched:
        refused = f", {who.refused} refused" if who.refused else ""
        yield f"searched without a request: {who.login}, {who.done} times{refused}"


def _verified(each: ListedVolume, zone: tzinfo) -> str:
    if each.is_lost:
        return "reported lost"
    here = "on the vault's own disk, " if each.on_vaults_disk else ""
    if each.verified_at is None:
        return f"{here}never verified by you"
    return f"{here}last verified by you {each.verified_at.astimezone(zone):%d %B %Y, %H:%M}"


def _actor_if_any(invocation: Invocation, practice: Practice) -> Actor | None:
    try:
        return acting_person(invocation, practice)
    except Locked:
        return None


def _due_json(request: DueRequest) -> dict[str, object]:
    return {
        "request": request.reference,
        "purpose": request.purpose,
        "state": request.state,
        "due_on": request.deadline.due_on,
        "target_on": request.deadline.target_on,
    }


def _reconciled_json(last: LastReconciled | None) -> dict[str, object] | None:
    return None if last is None else {"at": last.at, **counts_json(last.days, last.counts)}


def _json(item: InboxItem) -> dict[str, object]:
    return {"request": item.reference, "to": item.waits_to, "lapses_at": item.lapses_at}
