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

from callrec.policy.clause import Clause, Law
from callrec.policy.clock_events import (
    STATUTORY_SCALES,
    ClockEvent,
    Deadline,
    Receipt,
    TimeScales,
    full_date,
    still_awaited,
)
from callrec.policy.clock_rules import deceased_deadline, month_deadline
from callrec.policy.days import WorkingDays
from callrec.policy.purpose import TERMS
from callrec.policy.words import in_words


def deadline(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: TimeScales = STATUTORY_SCALES,
) -> Deadline:
    """By when a request is answered.

    What is awaited comes on the day ``on`` at the earliest; events are in the order of recording.
    Unusable if it depends on a year whose bank holidays are not known.

    Laws: `due_on` is never before the day of receipt; a month's is never a closed day, the others
    never roll; received later is never due earlier; extended is never earlier.
    """
    events = tuple(events)
    match TERMS[receipt.purpose].clock:
        case Law.ONE_MONTH:
            return month_deadline(receipt, events, working, on=on, scales=scales)
        case Law.DECEASED_PERIOD:
            return deceased_deadline(receipt, events, on=on, scales=scales)
        case Clause.OUTSIDE_BODY:
            return _outside_body(receipt, events, working, scales)
        case source:
            why = (
                f"no law sets a day for a request for {in_words(receipt.purpose)} [{source.cited}]"
            )
            return Deadline(waiting_for=still_awaited(receipt, events), why=(why,))


def breach_due_at(aware_at: datetime, scales: TimeScales = STATUTORY_SCALES) -> datetime:
    """UTC: by when a breach is reported to the Information Commissioner [UK GDPR 33(1)].

    From when the practice became aware; nights, weekends and holidays count.
    """
    # In UTC, so that a change of the clocks neither adds nor skips an hour.
    return aware_at.astimezone(UTC) + timedelta(hours=scales.breach_hours)


def _outside_body(
    receipt: Receipt, events: Iterable[ClockEvent], working: WorkingDays, scales: TimeScales
) -> Deadline:
    source, count = Clause.OUTSIDE_BODY.cited, scales.outside_body_working_days
    target, length = receipt.received_on, "the same day, since it is urgent"
    if not receipt.urgent:
        target = working.after(target, count)
        length = f"{count} working days after it came"
    due, reason = receipt.answer_by, f"no law sets a day for the answer [{source}]"
    if due is not None:
        reason = f"the order is to be answered by {full_date(due)}, working day or not [the order]"
        if due < target:
            target, length = due, "the order leaves no more"
    aim = f"the target is {full_date(target)}: {length}"
    return Deadline(
        due_on=due,
        target_on=target,
        waiting_for=still_awaited(receipt, events),
        why=(
            f"received on {full_date(receipt.received_on)} [{source}]",
            reason,
            f"{aim} [{source}; clocks.outside_body_working_days]",
        ),
    )
