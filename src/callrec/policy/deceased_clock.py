"""The 40 days, or 21, of the record of somebody who died [Access to Health Records Act 1990 s.3].

it begins   with the day of the application, which counts as the first; or with the day on which
            identity or authority came, if that was asked for within 14 days
it ends     on the 40th day, on the 21st where nothing asked for by then is old; it does not roll
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from callrec.policy.clause import Law
from callrec.policy.clock_events import Awaited, still_awaited, waits_of
from callrec.policy.deadline import Deadline, full_date
from callrec.policy.scales import STATUTORY_SCALES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from callrec.policy.clock_events import ClockEvent, Receipt, Wait
    from callrec.policy.scales import TimeScales

_WHO_ASKS = frozenset({Awaited.IDENTITY, Awaited.AUTHORITY})


def is_recent(made_on: date, received_on: date, scales: TimeScales = STATUTORY_SCALES) -> bool:
    """Whether a recording is none of the old ones in the record.

    Old is what was made before the 40 days that precede the day of the application.

    Source: Access to Health Records Act 1990 s.3(5)(a).
    """
    return made_on >= received_on - timedelta(days=scales.recent_days)


def deceased_deadline(
    receipt: Receipt, events: Iterable[ClockEvent], *, on: date, scales: TimeScales
) -> Deadline:
    """By when an application for the record of somebody who died is answered."""
    events = tuple(events)
    start = receipt.received_on
    why = [f"applied for on {full_date(start)} [{Law.DECEASED_PERIOD}]"]
    last_to_ask = _last(start, scales.deceased_asking_days)
    for wait in waits_of(events):
        if wait.awaited in _WHO_ASKS:
            came_on = _came_on(wait, last_to_ask, on)
            start = max(start, came_on or start)
            why.append(_told(wait, came_on, last_to_ask))
    days = scales.deceased_recent_days if receipt.nothing_older else scales.deceased_days
    due = _last(start, days)
    target = _last(start, scales.deceased_target_days)
    age = "nothing asked for in time is" if receipt.nothing_older else "something may be"
    why.append(
        f"{age} older than {scales.recent_days} days: {days} days, the first of them"
        f" {full_date(start)}, the last {full_date(due)} [{Law.DECEASED_PERIOD}]"
    )
    why.append(
        f"the target is {scales.deceased_target_days} days, {full_date(target)} [NHS practice]"
    )
    return Deadline(
        due_on=due,
        target_on=target,
        extended_due_on=None,
        waiting_for=still_awaited(receipt, events),
        why=tuple(why),
    )


def _last(first: date, days: int) -> date:
    """The last of so many days; the first counts."""
    return first + timedelta(days=days - 1)


def _came_on(wait: Wait, last_to_ask: date, on: date) -> date | None:
    """When it came, or `on` at the earliest; None where it was not asked for in time."""
    if wait.asked_on is None or wait.asked_on > last_to_ask:
        return None
    return wait.answered_on or max(on, wait.asked_on)


def _told(wait: Wait, came_on: date | None, last_to_ask: date) -> str:
    if came_on is None:
        said = f"was not asked for by {full_date(last_to_ask)}: it moves nothing"
    elif wait.is_open:
        said = f"was asked for in time and has not come: no day before {full_date(came_on)} counts"
    else:
        said = f"was asked for in time and came on {full_date(came_on)}: no day before that counts"
    return f"{wait.awaited.words} {said} [{Law.DECEASED_INFORMATION}]"
