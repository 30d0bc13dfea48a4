"""By when a request is answered, and why [policy 4(e), 4(f), 4(i)].

    subject access, erasure, portability   a month                        `month_deadline`
    deceased                               40 days, or 21                 `deceased_deadline`
    outside body                           the order's date, if any       `_outside_body`
    any other purpose                      none; undecided, it lapses     policy/request.py
    a personal data breach                 72 hours                       `breach_due_at`

A deadline follows from the day of receipt and from dated events, and is never stored. The events
that may happen are in clock_rules; the lengths of all clocks, in clock_events.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

from callrec.policy.clause import Clause
from callrec.policy.clock_events import (
    STATUTORY_SCALES,
    Awaited,
    ClockEvent,
    ClockEventKind,
    Deadline,
    Receipt,
    TimeScales,
    Urgency,
    full_date,
    index_corrected_by,
    still_awaited,
    urgency,
    with_event,
)
from callrec.policy.clock_rules import check_event, deceased_deadline, is_recent, month_deadline
from callrec.policy.days import WorkingDays
from callrec.policy.purpose import Purpose

__all__ = [
    "Awaited",
    "ClockEvent",
    "ClockEventKind",
    "Deadline",
    "Receipt",
    "TimeScales",
    "Urgency",
    "breach_due_at",
    "check_event",
    "deadline",
    "index_corrected_by",
    "is_recent",
    "urgency",
    "with_event",
]


def deadline(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: TimeScales = STATUTORY_SCALES,
) -> Deadline:
    """By when a request is answered.

    Args:
        receipt: what came, and when.
        events: what happened since, in the order of recording.
        working: the practice's working days.
        on: as of which day; whatever is awaited comes then at the earliest.
        scales: how long the clocks run.

    Laws: `due_on` is never before the day of receipt; a month's is never a closed day, the others
    never roll; received later is never due earlier; extended is never earlier.

    Raises:
        Unusable: it depends on a year whose bank holidays are not known.
    """
    events = tuple(events)
    match receipt.purpose:
        case Purpose.SUBJECT_ACCESS | Purpose.ERASURE | Purpose.PORTABILITY:
            return month_deadline(receipt, events, working, on=on, scales=scales)
        case Purpose.DECEASED:
            return deceased_deadline(receipt, events, on=on, scales=scales)
        case Purpose.OUTSIDE_BODY:
            return _outside_body(receipt, events, working, scales)
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
            source = Clause.FORMALLY_AUTHORISED.cited
            why = f"no law sets a day for a request for {receipt.purpose} [{source}]"
            return Deadline(waiting_for=still_awaited(receipt, events), why=(why,))
        case _:
            assert_never(receipt.purpose)


def breach_due_at(aware_at: datetime, scales: TimeScales = STATUTORY_SCALES) -> datetime:
    """UTC: by when a breach is reported to the Information Commissioner [UK GDPR 33(1)].

    Args:
        aware_at: when the practice became aware, with its offset.
        scales: how long the clock runs; nights, weekends and holidays count.
    """
    # In UTC, so that a change of the clocks neither adds nor skips an hour.
    return aware_at.astimezone(UTC) + timedelta(hours=scales.breach_hours)


def _outside_body(
    receipt: Receipt, events: Iterable[ClockEvent], working: WorkingDays, scales: TimeScales
) -> Deadline:
    source = Clause.OUTSIDE_BODY.cited
    count = scales.outside_body_working_days
    if receipt.urgent:
        target, length = receipt.received_on, "the same day, since it is urgent"
    else:
        target = working.after(receipt.received_on, count)
        length = f"{count} working days after it came"
    due = receipt.answer_by
    says = f"no law sets a day for the answer [{source}]"
    if due is not None:
        says = f"the order is to be answered by {full_date(due)}, working day or not [the order]"
        if due < target:
            target, length = due, "the order leaves no more"
    return Deadline(
        due_on=due,
        target_on=target,
        waiting_for=still_awaited(receipt, events),
        why=(
            f"received on {full_date(receipt.received_on)} [{source}]",
            says,
            (
                f"the target is {full_date(target)}: {length}"
                f" [{source}; clocks.outside_body_working_days]"
            ),
        ),
    )
