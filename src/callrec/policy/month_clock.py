"""The month of a data subject: subject access, erasure, portability [UK GDPR 12(3), 12A].

    it begins     when the request came; if later, when what proves who asks, for whom, or the fee
                  that was asked for came: with the day itself
    it ends       with the same day of the next month, or that month's last where there is none
    it waits      while clarification is awaited: so many days are added
    extended      three months from the same beginning, said within the first
    it rolls      from a closed day to the next working day, at the very end and only once

What is asked for once the time is over moves nothing: a deadline missed stays missed.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from callrec.policy.clause import Law
from callrec.policy.clock_events import Awaited, Dated, Wait, waits_of
from callrec.policy.deadline import Deadline, spelt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callrec.policy.clock_events import ClockEvent, Receipt
    from callrec.policy.scales import Scales
    from callrec.policy.working_days import WorkingDays

_MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Month:
    """How the clock runs, as far as it has been followed."""

    start: date
    months: int
    pauses: tuple[tuple[date, date], ...] = ()
    """From when it was asked for until it came, or until the day as of which it is told."""
    why: tuple[str, ...] = ()

    @property
    def waited(self) -> int:
        """Days that do not count. What passed before the start is none of them."""
        return sum(max((end - max(begin, self.start)).days, 0) for begin, end in self.pauses)

    def ends(self, months: int) -> date:
        """Its last day before it rolls, if it were so many months long."""
        return same_day_after(self.start, months) + timedelta(days=self.waited)

    def told(self, sentence: str) -> Month:
        """The same, with one sentence more."""
        return replace(self, why=(*self.why, sentence))


def same_day_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day where there is none.

    Source: UK GDPR 12(3); ICO, right of access.
    """
    year, month = divmod(day.year * _MONTHS_OF_A_YEAR + day.month - 1 + months, _MONTHS_OF_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def follow(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: Scales,
) -> Month:
    """The clock after all that happened, taken in the order of its days.

    Raises:
        Unusable: the bank holidays of a year that it comes to are not known.
    """
    events = tuple(events)
    month = Month(receipt.received_on, scales.months).told(
        f"received on {spelt(receipt.received_on)}: that day begins the month [{Law.ONE_MONTH}]"
    )
    extended = sorted(event.on for event in events if event.event is Dated.EXTENDED)
    steps: list[tuple[date, Wait | None]] = [(day, None) for day in extended[:1]]
    steps += [(wait.asked_on or wait.answered_on or on, wait) for wait in waits_of(events)]
    for began, step in sorted(steps, key=lambda each: each[0]):
        due = working.next_working_day(month.ends(month.months))
        if began > due:
            month = month.told(_too_late(step, began, due))
        elif step is not None:
            month = _waited(month, step, on)
        else:
            month = replace(month, months=scales.months_extended).told(
                f"extended on {spelt(began)}, within the first month: {scales.months_extended}"
                f" months from the same beginning [{Law.TIME_PERIOD}]"
            )
    return month


def month_deadline(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: Scales,
) -> Deadline:
    """By when a data subject is answered.

    Raises:
        Unusable: as `follow`.
    """
    events = tuple(events)
    month = follow(receipt, events, working, on=on, scales=scales)
    extended = month.ends(scales.months_extended)
    target = month.start + timedelta(days=scales.target_days + month.waited)
    due = working.next_working_day(month.ends(month.months))
    return Deadline(
        due_on=due,
        target_on=target,
        extended_due_on=working.next_if_known(extended),
        waiting_for=missing(receipt, events),
        why=(
            *month.why,
            *_never_asked(receipt, events),
            *_counted(month, due),
            _target(target, scales),
        ),
    )


def missing(receipt: Receipt, events: Iterable[ClockEvent]) -> Awaited | None:
    """What has not come: what was asked for first, else what was missing when the request came."""
    waits = waits_of(events)
    came = {wait.awaited for wait in waits if not wait.is_open}
    asked = [wait.awaited for wait in waits if wait.is_open]
    return next(iter([*asked, *(each for each in Awaited if each in receipt.awaits - came)]), None)


def _never_asked(receipt: Receipt, events: Iterable[ClockEvent]) -> Iterable[str]:
    known = {wait.awaited for wait in waits_of(events)}
    for each in sorted(receipt.awaits - known):
        yield (
            f"{each.words} is missing and has not been asked for: the month runs all the same"
            f" [{Law.TIME_PERIOD}]"
        )


def _waited(month: Month, wait: Wait, on: date) -> Month:
    begin = wait.asked_on or wait.answered_on or on
    end = wait.answered_on or max(on, begin)
    if wait.awaited is Awaited.CLARIFICATION:
        return _paused(month, wait, begin, end)
    if end <= month.start:
        return month
    what = wait.awaited.words
    came = (
        f"{what} was asked for on {spelt(begin)} and has not come: until it comes the month does"
        f" not begin; if it came on {spelt(end)}, that day would begin it"
        if wait.is_open
        else f"{what} came on {spelt(end)}: that day begins the month"
    )
    return replace(month, start=end).told(f"{came} [{Law.TIME_PERIOD}]")


def _paused(month: Month, wait: Wait, begin: date, end: date) -> Month:
    days = (end - begin).days
    came = "has not come" if wait.is_open else f"came on {spelt(end)}"
    so_far = " so far" if wait.is_open else ""
    return replace(month, pauses=(*month.pauses, (begin, end))).told(
        f"clarification was asked for on {spelt(begin)} and {came}: {_days(days)}{so_far} waited"
        f" [{Law.TIME_PERIOD}]"
    )


def _counted(month: Month, due: date) -> Iterable[str]:
    plain = same_day_after(month.start, month.months)
    length = "one month" if month.months == 1 else f"{month.months} months"
    no_such_day = "" if plain.day == month.start.day else ", the last day of that month"
    yield f"{length} after {spelt(month.start)} is {spelt(plain)}{no_such_day} [{Law.ONE_MONTH}]"
    shifted = plain + timedelta(days=month.waited)
    if shifted != plain:
        yield f"{_days(month.waited)} waited make it {spelt(shifted)} [{Law.TIME_PERIOD}]"
    if due != shifted:
        yield (
            f"{spelt(shifted)} is no working day; the next one is {spelt(due)}"
            f" [{Law.ACCESS_GUIDANCE}]"
        )


def _target(target: date, scales: Scales) -> str:
    return (
        f"the target is {scales.target_days} days after the beginning, {spelt(target)}"
        f" [{Law.ACCESS_GUIDANCE}; clocks.target_days]"
    )


def _too_late(step: Wait | None, began: date, due: date) -> str:
    what = "the extension" if step is None else f"{step.awaited.words}, asked for or come"
    return (
        f"{what} on {spelt(began)}, moves nothing: the time was over on {spelt(due)}"
        f" [{Law.TIME_PERIOD}]"
    )


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
