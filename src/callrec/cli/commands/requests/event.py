"""``callrec request event``: date what happened to a request outside this program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.cli.channels import ask_channel
from callrec.cli.commands.requests.deadline_view import deadline_json, deadline_lines
from callrec.cli.commands.requests.view import reader
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options import events
from callrec.cli.options.events import AskedFor, Event
from callrec.cli.who import practice_of
from callrec.errors import Unusable
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.days import parse_day, parse_time
from callrec.policy.handing_over import Handover

if TYPE_CHECKING:
    from datetime import date

    from callrec.cli.invocation import Invocation
    from callrec.policy.handing_over import Channel
    from callrec.practice import Actor, Practice
    from callrec.requests.event import DatedRequest
    from callrec.requests.packages import NotedPackage

_CAME: Final = {
    Event.ANSWER: Awaited.CLARIFICATION,
    Event.IDENTITY: Awaited.IDENTITY,
    Event.AUTHORITY: Awaited.AUTHORITY,
    Event.FEE: Awaited.FEE,
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of every event."""

    call: Invocation
    practice: Practice
    actor: Actor
    request: str
    what: Event
    on: date
    reason: str | None


def event(
    ctx: Context,
    request: options.Reference,
    what: events.EventName,
    *,
    on: events.EventDay,
    wanted: events.AskedForWhat = AskedFor.CLARIFICATION,
    reason: events.EventReason = None,
    at: events.AtTime = None,
    by: events.HandedOverBy = None,
    to_whom: events.ToWhom = None,
    release: events.WhichRelease = "",
) -> None:
    """Date what happened to a request: by when it is answered, and who has what was released.

    An extension needs its reason, and the person is told of it within the first month. A question
    stops the clock until the answer; proof of identity, authority or a fee begins the month. A
    package is handed over by the way that was said at its release, or it is said why not.
    """
    from callrec.practice import today

    _check_belongs(what, handing_over=at or by or to_whom, release=release)
    practice = practice_of(ctx.obj)
    day = parse_day(on, today(practice))
    told = _Told(ctx.obj, practice, reader(ctx.obj, practice), request, what, day, reason)
    match what:
        case Event.THIRD_PARTIES:
            _third_parties(told)
        case Event.HANDED_OVER:
            _handed_over(told, at, by, to_whom, release)
        case Event.ACKNOWLEDGED:
            _acknowledged(told, release)
        case _:
            _dated(told, _event(what, wanted, day))


def _check_belongs(what: Event, *, handing_over: str | None, release: str) -> None:
    if handing_over and what is not Event.HANDED_OVER:
        raise Unusable(
            "--by, --time and --to-whom say how something was handed over",
            hint="leave them out, or say handed-over",
        )
    if release and what not in (Event.HANDED_OVER, Event.ACKNOWLEDGED):
        raise Unusable(
            "--release says which package was handed over or acknowledged",
            hint="leave it out, or say handed-over or acknowledged",
        )


def _third_parties(told: _Told) -> None:
    from callrec.requests.event import record_third_party_check

    call, request = told.call, told.request
    found = told.reason or call.prompts.ask("What was found", option="--reason TEXT")
    record_third_party_check(told.practice, told.actor, request, on=told.on, assessment=found)
    said = {"id": request, "event": told.what, "on": told.on}
    call.out.show(said, lambda: call.out.say(f"{request} was checked for third parties."))
    call.out.next_step(f"callrec request show {request}")


def _handed_over(
    told: _Told, at: str | None, by: Channel | None, to_whom: str | None, release: str
) -> None:
    from callrec.requests.packages import record_handed_over

    prompts = told.call.prompts
    said = Handover(
        on=told.on,
        clock=parse_time(at) if at else None,
        channel=by or ask_channel(prompts, "By which way", option="--by"),
        to_whom=to_whom or prompts.ask("To whom", option="--to-whom TEXT"),
        reason=told.reason or "",
    )
    done = record_handed_over(
        told.practice, told.actor, told.request, said, release=release.lower()
    )
    _show_recorded(told, done, "handed over")
    told.call.out.next_step(f"callrec request event {told.request} acknowledged --on DATE")


def _acknowledged(told: _Told, release: str) -> None:
    from callrec.requests.packages import record_acknowledged

    done = record_acknowledged(
        told.practice,
        told.actor,
        told.request,
        on=told.on,
        reason=told.reason or "",
        release=release.lower(),
    )
    _show_recorded(told, done, "acknowledged")
    told.call.out.next_step(f"callrec request show {told.request}")


def _show_recorded(told: _Told, done: NotedPackage, what: str) -> None:
    value = {"id": done.reference, "event": told.what, "on": told.on, "release": done.release}
    which = f"release {done.release[:8]} of {done.released_on}"
    line = f"{done.reference}, {which}: {what} on {told.on}."
    told.call.out.show(value, lambda: told.call.out.say(line))


def _dated(told: _Told, dated: ClockEvent) -> None:
    from callrec.requests.event import date_request

    call, reason = told.call, told.reason
    if reason is None and dated.event in (ClockEventKind.ASKED, ClockEventKind.EXTENDED):
        reason = call.prompts.ask("Why, in a sentence", option="--reason TEXT")
    done = date_request(told.practice, told.actor, told.request, dated, reason=reason or "")
    value = {
        "id": done.reference,
        "event": told.what,
        "on": told.on,
        "instead_of": done.instead_of,
        "was_due_on": done.was_due_on,
        "state": done.state,
        **deadline_json(done.deadline),
    }
    call.out.show(value, lambda: _say(call, told.practice, done))
    call.out.next_step(f"callrec request show {told.request}")


def _event(what: Event, wanted: AskedFor, on: date) -> ClockEvent:
    from callrec.requests.clock import AWAITED

    if what is Event.EXTEND:
        return ClockEvent(event=ClockEventKind.EXTENDED, on=on)
    if what is Event.ASK:
        return ClockEvent(event=ClockEventKind.ASKED, on=on, awaited=AWAITED[wanted])
    return ClockEvent(event=ClockEventKind.ANSWERED, on=on, awaited=_CAME[what])


def _say(call: Invocation, practice: Practice, done: DatedRequest) -> None:
    from callrec.practice import today

    if done.instead_of:
        call.out.say(f"{done.instead_of} was on record of it; both stay, and the newest counts.")
    if done.was_due_on:
        call.out.note(
            f"it was due on {done.was_due_on}, and that was over when this was said: the register"
            " of subject access shows it (put_right)"
        )
    call.out.say(f"{done.reference} is {done.state}.")
    days = practice.config.clocks.warn_days
    for line in deadline_lines(done.deadline, today(practice), warn_days=days):
        call.out.say(line)
