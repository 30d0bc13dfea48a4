"""request event: date what happened outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from callrec.cli import options
from callrec.cli.commands.requests.view import deadline_lines, reader
from callrec.cli.invocation import Context, Invocation, practice_of
from callrec.cli.prompts import ask_channel
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.policy.clock_events import ClockEventKind
from callrec.policy.days import parse_day, parse_time
from callrec.policy.handing_over import Channel, Handover
from callrec.views.requests.as_json import deadline_json
from callrec.views.requests.events import (
    AskedFor,
    Event,
    Unheard,
    after_dating,
    clock_event,
    dated_lines,
    late_lines,
    read_not_heard,
    reasons_by_number,
    recorded_line,
)
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.requests.packages import NotedPackage


EventName = Annotated[
    Event,
    typer.Argument(
        metavar="EVENT",
        show_choices=False,
        help="What happened: extend (to three months), ask, answer, identity, authority or fee"
        " (it came), third-parties (other voices were checked), handed-over or acknowledged.",
    ),
]

EventDay = Annotated[
    str, options.valued("--on", "DATE", "The day on which it happened; today is possible.")
]

EventReason = Annotated[
    str | None,
    options.valued(
        "--reason",
        "TEXT",
        "Why it was so, or what was asked, found or acknowledged, in a sentence.",
    ),
]

AskedForWhat = Annotated[
    AskedFor,
    options.plain(
        "--for", "What you asked for. Once you ask for identity, the month begins when it comes."
    ),
]

AtTime = Annotated[
    str | None, options.valued("--time", "TIME", "When it was handed over, if known: 14:05.")
]

HandedOverBy = Annotated[Channel | None, options.plain("--by", "How the package was handed over.")]

ToWhom = Annotated[
    str | None, options.valued("--to-whom", "TEXT", "To whom; kept sealed in the record.")
]

WhichRelease = Annotated[
    str,
    options.valued(
        "--release", "ID", "Which package, if there are several: how its id begins, as in its name."
    ),
]


NotHeard = Annotated[
    list[Unheard] | None,
    options.valued(
        "--not-heard",
        "ID=TEXT",
        "Why nobody needs to check a recording for third parties; 1042-1060=TEXT for several.",
        read_not_heard,
    ),
]


@dataclass(frozen=True, slots=True)
class _Dated:
    """What is typed of every event."""

    call: Invocation
    practice: Practice
    actor: Actor
    request: str
    event: Event
    on: date
    reason: str | None


def event(
    ctx: Context,
    request: options.Reference,
    what: EventName,
    *,
    on: EventDay,
    wanted: AskedForWhat = AskedFor.CLARIFICATION,
    reason: EventReason = None,
    at: AtTime = None,
    by: HandedOverBy = None,
    to_whom: ToWhom = None,
    release: WhichRelease = "",
    not_heard: NotHeard = None,
) -> None:
    """Record when something happened to a request: more time, a reply, a package handed over.

    An extension needs a reason, and you tell the person about it within the first month. A question
    stops the clock until the answer comes. The month begins when proof of identity, authority or a
    fee comes. Hand a package over in the way that you chose at its release, or say why not.
    """
    from callrec.practice import today

    _check_belongs(what, handing_over=at or by or to_whom, release=release)
    if not_heard and what is not Event.THIRD_PARTIES:
        raise Unusable(
            "--not-heard says why a recording need not be heard for third parties",
            hint="leave it out, or say third-parties",
        )
    practice = practice_of(ctx.obj)
    day = parse_day(on, today(practice))
    dated = _Dated(ctx.obj, practice, reader(ctx.obj, practice), request, what, day, reason)
    match what:
        case Event.THIRD_PARTIES:
            _third_parties(dated, reasons_by_number(not_heard or ()))
        case Event.HANDED_OVER:
            _handed_over(dated, at, by, to_whom, release)
        case Event.ACKNOWLEDGED:
            _acknowledged(dated, release)
        case _:
            _clock(dated, wanted)


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


def _third_parties(dated: _Dated, not_heard: Mapping[int, str]) -> None:
    from callrec.requests.event import record_third_party_check

    call, request = dated.call, dated.request
    found = dated.reason or call.prompts.ask("What was found", option="--reason TEXT")
    record_third_party_check(
        dated.practice, dated.actor, request, on=dated.on, assessment=found, not_heard=not_heard
    )
    value = {"id": request, **facts(dated, "event", "on")}
    call.out.show(value, f"{request} was checked for third parties.")
    call.out.next_step(f"callrec request show {request}")


def _handed_over(
    dated: _Dated, at: str | None, by: Channel | None, to_whom: str | None, release: str
) -> None:
    from callrec.requests.packages import record_handed_over

    prompts, request = dated.call.prompts, dated.request
    handover = Handover(
        on=dated.on,
        clock=parse_time(at) if at else None,
        channel=by or ask_channel(prompts, "By which way", option="--by"),
        to_whom=to_whom or prompts.ask("To whom", option="--to-whom TEXT"),
        reason=dated.reason or "",
    )
    which = release.lower()
    done = record_handed_over(dated.practice, dated.actor, request, handover, release=which)
    _show_recorded(dated, done, "handed over")
    dated.call.out.next_step(f"callrec request event {request} acknowledged --on DATE")


def _acknowledged(dated: _Dated, release: str) -> None:
    from callrec.requests.packages import record_acknowledged

    on, reason, which = dated.on, dated.reason or "", release.lower()
    practice, actor, request = dated.practice, dated.actor, dated.request
    done = record_acknowledged(practice, actor, request, on=on, reason=reason, release=which)
    _show_recorded(dated, done, "acknowledged")
    dated.call.out.next_step(f"callrec request show {request}")


def _show_recorded(dated: _Dated, done: NotedPackage, what: str) -> None:
    value = {"id": done.reference, **facts(dated, "event", "on"), **facts(done, "release")}
    dated.call.out.show(value, recorded_line(done, what, dated.on))


def _clock(dated: _Dated, wanted: AskedFor) -> None:
    """What stops, starts or extends the clock of a request."""
    from callrec.practice import today
    from callrec.requests.event import date_request

    call, practice, reason, on = dated.call, dated.practice, dated.reason, dated.on
    event = clock_event(dated.event, on, wanted)
    if reason is None and event.event is not ClockEventKind.ANSWERED:
        reason = call.prompts.ask("Why, in a sentence", option="--reason TEXT")
    done = date_request(practice, dated.actor, dated.request, event, reason=reason or "")
    value = {
        "id": done.reference,
        **facts(dated, "event", "on"),
        **facts(done, "instead_of", "was_due_on", "state"),
        **deadline_json(done.deadline),
    }
    warn_days = call.settings.clocks.warn_days
    due = deadline_lines(done.deadline, today(practice), warn_days=warn_days)
    call.out.show(value, chain(dated_lines(done), due))
    for line in late_lines(done):
        call.out.note(line)
    call.out.next_step(after_dating(done))
