"""``callrec request event``: date what a request's clock counts by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.cli import options
from callrec.cli.deadline_view import deadline_json, deadline_lines
from callrec.cli.invocation import Context
from callrec.cli.options import events
from callrec.cli.options.events import AskedFor, Event
from callrec.cli.request_view import reader
from callrec.cli.who import practice_of
from callrec.policy.clock import Awaited, ClockEvent, Dated
from callrec.policy.when import parse_day
from callrec.practice import today
from callrec.procedures.request_clock import AWAITED
from callrec.procedures.request_event import check_third_parties, date_request

if TYPE_CHECKING:
    from datetime import date

    from callrec.cli.invocation import Invocation
    from callrec.practice import Practice
    from callrec.procedures.request_clock import AWAITED
from callrec.procedures.request_event import DatedRequest

_CAME: Final = {
    Event.ANSWER: Awaited.CLARIFICATION,
    Event.IDENTITY: Awaited.IDENTITY,
    Event.AUTHORITY: Awaited.AUTHORITY,
    Event.FEE: Awaited.FEE,
}


def event(
    ctx: Context,
    request: options.Reference,
    what: events.EventName,
    *,
    on: events.EventDay,
    wanted: events.Wanted = AskedFor.CLARIFICATION,
    reason: events.Why = None,
) -> None:
    """Date what a request's clock counts by, so that everybody sees by when it is answered.

    An extension needs its reason, and the person is told of it within the first month. A question
    stops the clock until the answer; proof of identity, authority or a fee begins the month.
    """
    call = ctx.obj
    practice = practice_of(call)
    day = parse_day(on, today(practice))
    actor = reader(call, practice)
    if what is Event.THIRD_PARTIES:
        found = reason or call.prompts.ask("What was found", option="--reason TEXT")
        check_third_parties(practice, actor, request, on=day, assessment=found)
        said = {"id": request, "event": what, "on": day}
        call.out.show(said, lambda: call.out.say(f"{request} was checked for third parties."))
        call.out.next_step(f"callrec request show {request}")
        return
    dated = _event(what, wanted, day)
    if reason is None and dated.event in (Dated.ASKED, Dated.EXTENDED):
        reason = call.prompts.ask("Why, in a sentence", option="--reason TEXT")
    done = date_request(practice, actor, request, dated, reason=reason or "")
    value = {
        "id": done.reference,
        "event": what,
        "on": day,
        "state": done.state,
        **deadline_json(done.deadline),
    }
    call.out.show(value, lambda: _say(call, practice, done))
    call.out.next_step(f"callrec request show {request}")


def _event(what: Event, wanted: AskedFor, on: date) -> ClockEvent:
    if what is Event.EXTEND:
        return ClockEvent(event=Dated.EXTENDED, on=on)
    if what is Event.ASK:
        return ClockEvent(event=Dated.ASKED, on=on, awaited=AWAITED[wanted])
    return ClockEvent(event=Dated.ANSWERED, on=on, awaited=_CAME[what])


def _say(call: Invocation, practice: Practice, done: DatedRequest) -> None:
    call.out.say(f"{done.reference} is {done.state}.")
    days = practice.config.clocks.warn_days
    for line in deadline_lines(done.deadline, today(practice), warn_days=days):
        call.out.say(line)
