"""By when a request is answered, and why [policy 4(e), 4(f), 4(i)].

    subject access, erasure, portability   a month                       month_clock
    deceased                               40 days or 21                 `_deceased`
    outside body                           the order's date, if any      `_outside_body`
    any other purpose                      no clock: it may lapse        lapse
    a personal data breach                 72 hours                      `breach_due_at`

Every deadline is derived from the day of receipt and dated events, and never stored. Which events
there may be is in clock_rules.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, assert_never

from callrec.policy.clause import Clause, Law
from callrec.policy.clock_events import Awaited, ClockEvent, Dated, Receipt, waits_of
from callrec.policy.clock_rules import check_event
from callrec.policy.deadline import Deadline, Urgency, spelt, urgency
from callrec.policy.month_clock import missing, month_deadline
from callrec.policy.purpose import Purpose
from callrec.policy.scales import USUAL, Scales

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from callrec.policy.working_days import WorkingDays

__all__ = [
    "Awaited",
    "ClockEvent",
    "Dated",
    "Deadline",
    "Receipt",
    "Scales",
    "Urgency",
    "breach_due_at",
    "check_event",
    "deadline",
    "is_recent",
    "urgency",
]


def deadline(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: Scales = USUAL,
) -> Deadline:
    """By when a request is answered.

    Args:
        receipt: what came, and when.
        events: what happened since, in the order in which it was recorded.
        working: bank holidays are its business.
        on: as of which day; what is awaited is taken to come then at the earliest.
        scales: how long the clocks run.

    Laws: `due_on` is never before the day of receipt; a month's is never a closed day, the others
    never roll; received later is never due earlier; extended is never earlier.

    Raises:
        Unusable: the bank holidays of a year that it comes to are not known.
    """
    events = tuple(events)
    match receipt.purpose:
        case Purpose.SUBJECT_ACCESS | Purpose.ERASURE | Purpose.PORTABILITY:
            return month_deadline(receipt, events, working, on=on, scales=scales)
        case Purpose.DECEASED:
            return _deceased(receipt, events, on=on, scales=scales)
        case Purpose.OUTSIDE_BODY:
            return _outside_body(receipt, events, working, scales=scales)
        case (
            Purpose.PROTECT_PARTIES
            | Purpose.PERFORMANCE
            | Purpose.TRAINING
            | Purpose.ABUSIVE_CALL
            | Purpose.COMPLAINT
            | Purpose.MEDICO_LEGAL
            | Purpose.DISCIPLINARY
            | Purpose.REGULATORY
            | Purpose.DISPOSAL
        ):
            return _no_clock(receipt, events)
        case _:
            assert_never(receipt.purpose)


def is_recent(made_on: date, received_on: date, scales: Scales = USUAL) -> bool:
    """Whether a recording is none of the old ones of the deceased's record.

    Old is what was made before the 40 days that precede the day of the application.

    Source: Access to Health Records Act 1990 s.3(5)(a).
    """
    return made_on >= received_on - timedelta(days=scales.recent_days)


def breach_due_at(aware_at: datetime, scales: Scales = USUAL) -> datetime:
    """UTC: by when the Information Commissioner is told of a breach [UK GDPR 33(1)].

    Args:
        aware_at: when the practice became aware, with its offset.
        scales: how long the clock runs; nights, weekends and holidays count.
    """
    # In UTC: local hours that a change of clocks adds or skips are hours by no clock.
    return aware_at.astimezone(UTC) + timedelta(hours=scales.breach_hours)


def _deceased(
    receipt: Receipt, events: Iterable[ClockEvent], *, on: date, scales: Scales
) -> Deadline:
    """40 days, the application's the first; no day is closed to it."""
    start = receipt.received_on
    why = [f"applied for on {spelt(start)} [{Law.DECEASED_PERIOD}]"]
    last_to_ask = start + timedelta(days=scales.deceased_asking_days - 1)
    for wait in waits_of(events):
        if wait.awaited not in (Awaited.IDENTITY, Awaited.AUTHORITY):
            continue
        in_time = wait.asked_on is not None and wait.asked_on <= last_to_ask
        came_on = wait.answered_on or max(on, wait.asked_on or on)
        if not in_time:
            why.append(
                f"{wait.awaited.words} was not asked for by {spelt(last_to_ask)}:"
                f" it moves nothing [{Law.DECEASED_INFORMATION}]"
            )
        elif came_on > start:
            start = came_on
            came = "if it came" if wait.is_open else "it came"
            why.append(
                f"{wait.awaited.words} was asked for within {scales.deceased_asking_days} days;"
                f" {came} on {spelt(start)}, which begins the period [{Law.DECEASED_INFORMATION}]"
            )
    days = scales.deceased_recent_days if receipt.nothing_older else scales.deceased_days
    due = start + timedelta(days=days - 1)
    target = min(due, start + timedelta(days=scales.deceased_target_days - 1))
    age = (
        "nothing asked for is older than"
        if receipt.nothing_older
        else "some of it may be older than"
    )
    why.append(
        f"{age} {scales.recent_days} days: {days} days, of which {spelt(start)} is the first and"
        f" {spelt(due)} the last [{Law.DECEASED_PERIOD}]"
    )
    why.append(f"the target is {scales.deceased_target_days} days, {spelt(target)} [NHS practice]")
    return Deadline(
        due_on=due,
        target_on=target,
        extended_due_on=None,
        waiting_for=missing(receipt, events),
        why=tuple(why),
    )


def _outside_body(
    receipt: Receipt, events: Iterable[ClockEvent], working: WorkingDays, *, scales: Scales
) -> Deadline:
    """What the order says; and a target of the practice's own, since no law sets a day."""
    count = scales.outside_body_working_days
    if receipt.urgent:
        target, length = receipt.received_on, "the same day, since it is urgent"
    else:
        target = working.after(receipt.received_on, count)
        length = f"{count} working days, clocks.outside_body_working_days"
    due = receipt.answer_by
    if due is not None and due < target:
        target, length = due, "what the order says"
    says = (
        "no law sets a day for the answer [policy 4(f)]"
        if due is None
        else f"the order is to be answered by {spelt(due)}, whatever day that is [the order]"
    )
    return Deadline(
        due_on=due,
        target_on=target,
        extended_due_on=None,
        waiting_for=missing(receipt, events),
        why=(
            f"received on {spelt(receipt.received_on)} [{Clause.OUTSIDE_BODY.cited}]",
            says,
            f"the target is {spelt(target)}: {length} [{Clause.OUTSIDE_BODY.cited}]",
        ),
    )


def _no_clock(receipt: Receipt, events: Iterable[ClockEvent]) -> Deadline:
    source = Clause.FORMALLY_AUTHORISED.cited
    return Deadline(
        due_on=None,
        target_on=None,
        extended_due_on=None,
        waiting_for=missing(receipt, events),
        why=(f"no law sets a day for a request for {receipt.purpose} [{source}]",),
    )
