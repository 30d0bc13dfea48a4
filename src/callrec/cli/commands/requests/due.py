"""due: by when, and why; needs no vault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from typing import Annotated

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.cli.layout import Prose
from callrec.cli.options import named, valued
from callrec.errors import Unusable
from callrec.policy import days as working_days
from callrec.policy.clause import Law
from callrec.policy.clock import breach_due_at, deadline
from callrec.policy.clock_events import ClockEvent, ClockEventKind, Deadline, Receipt, full_date
from callrec.policy.clock_rules import check_event
from callrec.policy.days import parse_day, parse_instant
from callrec.policy.purpose import TERMS, Purpose
from callrec.views.words import facts

due_app = new_app()


@due_app.command()
def due(
    ctx: Context,
    purpose: ClockName,
    *,
    received: ReceivedOn = None,
    extended: Extended = False,
    division: Division = None,
    urgent: SameDay = False,
    nothing_older: NothingOlder = False,
    answer_by: OrderDate = None,
    aware: AwareSince = None,
) -> None:
    """Show by when a request must be answered, and why. Needs no vault.

    Later events can change that day: callrec request show counts them all.
    """
    call = ctx.obj
    if purpose == BREACH:
        of_a_request = (received, extended, division, urgent, nothing_older, answer_by)
        _show_breach(call, _given(aware, "--aware TIME", of_a_request))
        return
    came = _day(call, _given(received, "--received DATE", (aware,)), "--received")
    ordered = None if answer_by is None else _day(call, answer_by, "--answer-by")
    asked = partial(Receipt, urgent=urgent, nothing_older=nothing_older)
    receipt = asked(purpose=Purpose(purpose), received_on=came, answer_by=ordered)
    _show(call, receipt, _reckon(call, receipt, division, extended=extended))


def _reckon(call: Invocation, receipt: Receipt, division: Division, *, extended: bool) -> Deadline:
    from callrec.bank_holidays import scales_of, working_days

    clocks = call.settings.clocks
    if division is not None:
        clocks = clocks.model_copy(update={"division": division})
    working, scales, on = working_days(clocks), scales_of(clocks), receipt.received_on
    events = (ClockEvent(event=ClockEventKind.EXTENDED, on=on),) if extended else ()
    for event in events:
        check_event(receipt, (), event, working, today=on, scales=scales)
    return deadline(receipt, events, working, on=on, scales=scales)


def _show(call: Invocation, receipt: Receipt, found: Deadline) -> None:
    out = call.out
    value = facts(found, "due_on", "target_on", "extended_due_on", "why")
    out.show(value, _lines(_answer(found), found.why))
    late = (call.today() - found.due_on).days if found.due_on else 0
    if late > 0:
        out.note(f"overdue by {late} day{'s' if late > 1 else ''}")
    if TERMS[receipt.purpose].is_made_by_hand and call.config.vault.exists():
        out.next_step(f"callrec request create {receipt.purpose}")


def _answer(found: Deadline) -> Iterable[str]:
    if found.due_on is not None:
        yield f"Due by the end of {full_date(found.due_on)}."
    else:
        yield "No day is set for the answer."
    if found.target_on is not None:
        yield f"The target is {full_date(found.target_on)}."
    if found.due_on is not None and found.extended_due_on is not None and not found.is_extended:
        yield (
            f"It can be extended to {full_date(found.extended_due_on)}, if that is said by"
            f" {full_date(found.due_on)}, and why."
        )


def _show_breach(call: Invocation, noticed_at: str) -> None:
    zone = call.settings.time_zone
    aware_at = parse_instant(noticed_at, zone, call.today())
    due_at = breach_due_at(aware_at)
    local, aware = due_at.astimezone(zone), aware_at.astimezone(zone)
    noticed = f"noticed on {full_date(aware.date())} at {aware:%H:%M}"
    why = (f"{noticed}; 72 hours, nights and holidays too [{Law.BREACH_PERIOD}]",)
    value = {"due_at": due_at, "due_on": local.date(), "target_on": None, "extended_due_on": None}
    answer = f"Due by {local:%H:%M} on {full_date(local.date())}."
    call.out.show({**value, "why": why}, _lines([answer], why))
    if call.now() > due_at:
        call.out.note("overdue: the 72 hours are over")
    if call.config.vault.exists():
        call.out.next_step("callrec incident report")


def _lines(answer: Iterable[str], why: Iterable[str]) -> Iterator[str]:
    for sentence in answer:
        yield Prose(sentence)
    yield ""
    for sentence in why:
        yield Prose(f"  {sentence}")


def _given(value: str | None, option: str, beside: Iterable[object]) -> str:
    """When it began, and nothing that has no meaning beside it."""
    if value is None:
        raise Unusable("the day or time when the clock began is missing", hint=f"give {option}")
    if any(beside):
        raise Unusable(
            "a breach has hours from when it was noticed, a request days from when it came",
            hint=f"with that, give {option} alone",
        )
    return value


def _day(call: Invocation, text: str, option: str) -> date:
    return parse_day(text, call.today(), what=option)


BREACH = "breach"
"""What has a clock and is not a request."""


def read_clock(text: str) -> str:
    """A purpose, or a breach."""
    name = text.strip().casefold()
    if name not in (*Purpose, BREACH):
        raise Unusable(
            "there is no such purpose", hint=f"type one of {', '.join((*Purpose, BREACH))}"
        )
    return name


ClockName = Annotated[
    str,
    named(
        "PURPOSE",
        "What is asked for: subject-access, erasure, portability, deceased, outside-body;"
        " or breach.",
        read_clock,
    ),
]

ReceivedOn = Annotated[
    str | None, valued("--received", "DATE", "The day on which it came, working day or not.")
]

Extended = Annotated[
    bool, options.plain("--extended", "Take three months instead of one, for a complex request.")
]

Division = Annotated[
    working_days.Division | None,
    options.plain("--division", "Whose bank holidays count; otherwise those in the settings."),
]

SameDay = Annotated[
    bool, options.plain("--urgent", "For an outside body: the answer is needed the same day.")
]

NothingOlder = Annotated[
    bool,
    options.plain(
        "--nothing-older", "For the deceased: nothing in the record is older than 40 days."
    ),
]

OrderDate = Annotated[
    str | None,
    valued(
        "--answer-by", "DATE", "For an outside body: the last day that the court's order allows."
    ),
]

AwareSince = Annotated[
    str | None, valued("--aware", "TIME", 'For a breach: when it was noticed, "3/5/2024 16:30".')
]
