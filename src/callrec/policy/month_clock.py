"""The month of a data subject: subject access, erasure, portability [UK GDPR 12(3), 12A].

    it begins   on the day of receipt; if later, on the day on which identity, authority or a fee
                came, so not before what was asked for of these has come
    it ends     on the same day of the next month, or that month's last where there is none
    it waits    while clarification is awaited: so many days are added
    it rolls    from a closed day to the next working day, once, at the very end
    extended    it is three months from the same beginning, if that was said within the first

What is asked for or comes once the time is over moves nothing: a deadline missed stays missed.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from callrec.policy.clause import Law
from callrec.policy.clock_events import Awaited, ClockEventKind, Wait, still_awaited, waits_of
from callrec.policy.deadline import Deadline, full_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from callrec.policy.clock_events import ClockEvent, Receipt
    from callrec.policy.scales import TimeScales
    from callrec.policy.working_days import WorkingDays

_MONTHS_OF_A_YEAR = 12

_UNKNOWN_EXTENSION = (
    "how far it can be extended is unknown, as that year's bank holidays are"
    " [clocks.holidays_known_until]"
)


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count."""

    begin: date
    end: date
    """The day on which clarification came; of an open one, the day as of which it is told."""
    is_open: bool

    def days(self, start: date) -> int:
        """How many; none of those before the clock began."""
        return max((self.end - max(self.begin, start)).days, 0)


@dataclass(frozen=True, slots=True)
class MonthClock:
    """How the clock runs, as far as it has been followed."""

    start: date
    months: int
    pauses: tuple[Pause, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def waited(self) -> int:
        """Days that do not count, all together."""
        return sum(pause.days(self.start) for pause in self.pauses)

    def ends_on(self, months: int) -> date:
        """Its last day before it rolls, if it were so many months long."""
        return same_day_after(self.start, months) + timedelta(days=self.waited)

    def told(self, sentence: str) -> MonthClock:
        """The same, with one sentence more."""
        return replace(self, why=(*self.why, sentence))


def same_day_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day where there is none.

    Law: a later day never comes to an earlier one.

    Source: UK GDPR 12(3); ICO, right of access.
    """
    year, month = divmod(day.year * _MONTHS_OF_A_YEAR + day.month - 1 + months, _MONTHS_OF_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_deadline(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: TimeScales,
) -> Deadline:
    """By when a data subject is answered.

    Raises:
        Unusable: the bank holidays of a year that it comes to are not known.
    """
    events = tuple(events)
    month = run_month_clock(receipt, events, working, on=on, scales=scales)
    due = working.next_working_day(month.ends_on(month.months))
    extended = working.next_if_known(month.ends_on(scales.months_extended))
    target = month.start + timedelta(days=scales.target_days + month.waited)
    return Deadline(
        due_on=due,
        target_on=target,
        extended_due_on=extended,
        waiting_for=still_awaited(receipt, events),
        why=(
            *month.why,
            *_never_asked(receipt, events),
            *_counted(month, due),
            _target(target, scales),
            *(() if extended else (_UNKNOWN_EXTENSION,)),
        ),
    )


def run_month_clock(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: TimeScales,
) -> MonthClock:
    """The clock after all that happened, taken in the order of its days.

    Raises:
        Unusable: as `month_deadline`.
    """
    month = MonthClock(receipt.received_on, scales.months).told(
        f"received on {full_date(receipt.received_on)}, working day or not [{Law.ONE_MONTH}]"
    )
    for began, wait in _steps(events):
        due = working.next_working_day(month.ends_on(month.months))
        if began > due:
            month = month.told(_too_late(wait, began, due))
        elif wait is None:
            month = _extended(month, scales.months_extended)
        elif wait.awaited is Awaited.CLARIFICATION:
            month = _paused(month, wait, began, on)
        else:
            month = _restarted(month, wait, began, on)
    return month


def _steps(events: Iterable[ClockEvent]) -> list[tuple[date, Wait | None]]:
    """What happened, by the day on which it began; None is the extension, of which one counts."""
    events = tuple(events)
    extended = sorted(event.on for event in events if event.event is ClockEventKind.EXTENDED)
    steps: list[tuple[date, Wait | None]] = [(day, None) for day in extended[:1]]
    steps += [(wait.began_on, wait) for wait in waits_of(events)]
    return sorted(steps, key=itemgetter(0))


def _extended(month: MonthClock, months: int) -> MonthClock:
    return replace(month, months=months).told(
        f"extended within the first month: {months} months from the same beginning"
        f" [{Law.TIME_PERIOD}]"
    )


def _paused(month: MonthClock, wait: Wait, began: date, on: date) -> MonthClock:
    pause = Pause(began, wait.answered_on or max(on, began), wait.is_open)
    return replace(month, pauses=(*month.pauses, pause))


def _restarted(month: MonthClock, wait: Wait, began: date, on: date) -> MonthClock:
    came = wait.answered_on or max(on, began)
    if came <= month.start:
        return month
    what = wait.awaited.words
    sentence = (
        f"{what} was asked for on {full_date(began)} and has not come: the month does not begin"
        f" before {full_date(came)}"
        if wait.is_open
        else f"{what} came on {full_date(came)}: the month begins then"
    )
    return replace(month, start=came).told(f"{sentence} [{Law.TIME_PERIOD}]")


def _too_late(wait: Wait | None, began: date, due: date) -> str:
    if wait is None:
        what = "it was extended"
    else:
        what = f"{wait.awaited.words} {'came' if wait.asked_on is None else 'was asked for'}"
    return (
        f"{what} on {full_date(began)}, when the time was over since {full_date(due)}: that moves nothing"
        f" [{Law.TIME_PERIOD}]"
    )


def _never_asked(receipt: Receipt, events: Iterable[ClockEvent]) -> Iterator[str]:
    known = {wait.awaited for wait in waits_of(events)}
    for each in sorted(receipt.awaits - known):
        yield (
            f"{each.words} is missing and was not asked for: the month runs all the same"
            f" [{Law.TIME_PERIOD}]"
        )


def _counted(month: MonthClock, due: date) -> Iterator[str]:
    counted = same_day_after(month.start, month.months)
    length = "one month" if month.months == 1 else f"{month.months} months"
    last = "" if counted.day == month.start.day else ", the last day of that month"
    yield f"{length} after {full_date(month.start)}: {full_date(counted)}{last} [{Law.ONE_MONTH}]"
    for pause in month.pauses:
        counted += timedelta(days=pause.days(month.start))
        came = "has not come" if pause.is_open else f"came on {full_date(pause.end)}"
        yield (
            f"clarification was asked for on {full_date(pause.begin)} and {came}:"
            f" {_days(pause.days(month.start))} more, {full_date(counted)} [{Law.TIME_PERIOD}]"
        )
    if counted != due:
        yield (
            f"{full_date(counted)} is no working day: the next one is {full_date(due)}"
            f" [{Law.ACCESS_GUIDANCE}]"
        )


def _target(target: date, scales: TimeScales) -> str:
    source = f"{Law.ACCESS_GUIDANCE}; clocks.target_days"
    return f"the target is {scales.target_days} days, {full_date(target)} [{source}]"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
