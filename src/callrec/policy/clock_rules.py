"""Which events may be recorded, and the two clocks of the law: the month, and 40 days.

    a day that has not come cannot be recorded                  every event
    nothing happens to a request before its receipt             every event
    an extension is announced within the first month            extended
    only a data subject's month can be extended                 extended
    no fee is taken for a deceased patient's record             asked, answered
    clarification comes because it was asked for                answered
    events are recorded in the order in which they happened     asked, answered
    the same event recorded again corrects its day              extended, asked, answered

A correction leaves the first record in place. The applicant must hear of an extension in time, so a
missed deadline cannot be extended; a correction may move an extension's day beyond the first month,
and the extension then has no effect.

The record of someone who died [Access to Health Records Act 1990 s.3]:
    it begins   with the day of the application, which counts as the first; or with the day on which
                identity or authority came, if that was asked for within 14 days
    it ends     on the 40th day, or the 21st if nothing asked for by then is old; it does not roll

A data subject's month: subject access, erasure, portability [UK GDPR 12(3), 12A]:
    it begins   on the day of receipt, or when the last of identity, authority or a fee came that
                was asked for
    it ends     on the same day of the next month, or that month's last where there is none
    it waits    while clarification of a subject access request is awaited: those days are added;
                a request for any other right does not wait for it
    it rolls    from a closed day to the next working day, once, at the very end
    extended    it is three months from the same beginning, if announced within the first
Anything asked for or received once the time is over has no effect: a missed deadline stays missed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from operator import itemgetter

from callrec.dataclass import dataclass, replace
from callrec.errors import Refused
from callrec.policy.clause import Law
from callrec.policy.clock_events import (
    STATUTORY_SCALES,
    Awaited,
    ClockEvent,
    ClockEventKind,
    Deadline,
    Receipt,
    TimeScales,
    Wait,
    full_date,
    index_corrected_by,
    still_awaited,
    waits_of,
)
from callrec.policy.days import WorkingDays
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.words import in_words

_MONTHS_OF_A_YEAR = 12


def check_event(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    event: ClockEvent,
    working: WorkingDays,
    *,
    today: date,
    scales: TimeScales = STATUTORY_SCALES,
) -> None:
    """Check that an event may be recorded for a request.

    ``events`` are those that count, in the order of recording. Unusable if it depends on a year
    whose bank holidays are not known.
    """
    events = tuple(events)
    source = TERMS[receipt.purpose].clock
    if event.on > today:
        raise Refused(
            "that day has not come yet", clause=source, hint="give the day on which it happened"
        )
    if event.on < receipt.received_on:
        raise Refused(
            f"the request was received later, on {full_date(receipt.received_on)}",
            clause=source,
            hint="check the day; callrec request show says when it was received",
        )
    place = index_corrected_by(events, event)
    if place is not None and events[place].on == event.on:
        raise Refused(
            f"that is on record already, of {full_date(event.on)}",
            clause=source,
            hint="if that day is wrong, say it again of the right one; both stay on record",
        )
    if event.awaited is not None:
        _check_asking(receipt, events[:place], event, event.awaited)
    elif event.event is ClockEventKind.EXTENDED:
        if source is not Law.ONE_MONTH:
            raise Refused(
                f"a request for {in_words(receipt.purpose)} is given no more time",
                clause=source,
                hint="callrec request due says by when it is answered",
            )
        if place is None:
            month = run_month_clock(receipt, events, working, on=event.on, scales=scales)
            _check_within(month, event.on, working)


def _check_within(month: MonthClock, extended_on: date, working: WorkingDays) -> None:
    last = working.next_working_day(month.ends_on(month.months))
    if extended_on > last:
        raise Refused(
            f"an extension is said within the first month, which was over on {full_date(last)}",
            clause=Law.ONE_MONTH,
            hint="answer now, and say why it is late",
        )


def _check_asking(
    receipt: Receipt, before: tuple[ClockEvent, ...], event: ClockEvent, awaited: Awaited
) -> None:
    """``before`` holds the earlier events only, where the event is a correction."""
    if awaited is Awaited.FEE and receipt.purpose is Purpose.DECEASED:
        raise Refused(
            "no fee is taken for the record of somebody who died",
            clause=Law.DECEASED_FEE,
            hint="answer it without one",
        )
    same = [each for each in before if each.awaited is awaited]
    source = TERMS[receipt.purpose].clock
    newest = max((each.on for each in same), default=receipt.received_on)
    if event.on < newest:
        raise Refused(
            f"what is on record of it is later, of {full_date(newest)}",
            clause=source,
            hint="check the day; callrec request show says what happened when",
        )
    if event.event is ClockEventKind.ANSWERED and awaited is Awaited.CLARIFICATION and not same:
        raise Refused(
            f"{awaited.meaning} has not been asked for",
            clause=source,
            hint="first say when it was asked for: callrec request event",
        )


def is_recent(made_on: date, received_on: date) -> bool:
    """Whether a recording was made within the 40 days before the application.

    Source: Access to Health Records Act 1990 s.3(5)(a).
    """
    return made_on >= received_on - timedelta(days=STATUTORY_SCALES.recent_days)


def deceased_deadline(
    receipt: Receipt, events: Sequence[ClockEvent], *, on: date, scales: TimeScales
) -> Deadline:
    """By when an application for the record of someone who died is answered."""
    start = receipt.received_on
    why = [f"applied for on {full_date(start)} [{Law.DECEASED_PERIOD}]"]
    # The first day counts.
    last_to_ask = start + timedelta(days=scales.deceased_asking_days - 1)
    for wait in waits_of(events):
        if wait.awaited in {Awaited.IDENTITY, Awaited.AUTHORITY}:
            came_on, effect = _proof(wait, last_to_ask, on)
            start = max(start, came_on or start)
            why.append(f"{wait.awaited.meaning} {effect} [{Law.DECEASED_INFORMATION}]")
    days = scales.deceased_recent_days if receipt.nothing_older else scales.deceased_days
    due = start + timedelta(days=days - 1)
    target = start + timedelta(days=scales.deceased_target_days - 1)
    age = "nothing asked for in time is" if receipt.nothing_older else "something may be"
    why.append(
        f"{age} older than {scales.recent_days} days: {days} days, the first of them"
        f" {full_date(start)}, the last {full_date(due)} [{Law.DECEASED_PERIOD}]"
    )
    aim = f"the target is {scales.deceased_target_days} days, {full_date(target)} [NHS practice]"
    waiting_for = still_awaited(receipt, events)
    return Deadline(due_on=due, target_on=target, waiting_for=waiting_for, why=(*why, aim))


def _proof(wait: Wait, last_to_ask: date, on: date) -> tuple[date | None, str]:
    """When proof came, or comes at the earliest, and its effect; None: not asked for in time."""
    if wait.asked_on is None or wait.asked_on > last_to_ask:
        return None, f"was not asked for by {full_date(last_to_ask)}: it moves nothing"
    came_on = wait.answered_on or max(on, wait.asked_on)
    day = full_date(came_on)
    if wait.is_open:
        return came_on, f"was asked for in time and has not come: no day before {day} counts"
    return came_on, f"was asked for in time and came on {day}: no day before that counts"


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count."""

    begin: date
    end: date
    """The day on which clarification came; of an open one, the day of the calculation."""
    is_open: bool

    def days(self, start: date) -> int:
        """How many, without those before the clock began."""
        return max((self.end - max(self.begin, start)).days, 0)


@dataclass(frozen=True, slots=True)
class MonthClock:
    """The state of the clock after some of the events."""

    start: date
    months: int
    pauses: tuple[Pause, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def waited(self) -> int:
        """Days that do not count, all together."""
        return sum(pause.days(self.start) for pause in self.pauses)

    def ends_on(self, months: int) -> date:
        """Its last day, before rolling, if it ran this many months."""
        return same_day_after(self.start, months) + timedelta(days=self.waited)

    def explained(self, sentence: str) -> MonthClock:
        """This clock with one more sentence of explanation."""
        return replace(self, why=(*self.why, sentence))


def same_day_after(day: date, months: int) -> date:
    """The same day some months later, or that month's last day where there is none.

    Law: a later day never comes to an earlier one.

    Source: UK GDPR 12(3); ICO, right of access.
    """
    year, month = divmod(day.year * _MONTHS_OF_A_YEAR + day.month - 1 + months, _MONTHS_OF_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_deadline(
    receipt: Receipt,
    events: Sequence[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: TimeScales,
) -> Deadline:
    """By when a data subject is answered; Unusable if that year's bank holidays are not known."""
    month = run_month_clock(receipt, events, working, on=on, scales=scales)
    due = working.next_working_day(month.ends_on(month.months))
    extended = working.next_if_known(month.ends_on(scales.months_extended))
    target = month.start + timedelta(days=scales.target_days + month.waited)
    why = list(month.why)
    for each in sorted(receipt.awaits - {wait.awaited for wait in waits_of(events)}):
        missing = f"{each.meaning} is missing and was not asked for: the month runs all the same"
        why.append(f"{missing} [{Law.TIME_PERIOD}]")
    why += _counted(month, due)
    aim = f"the target is {scales.target_days} days, {full_date(target)}"
    why.append(f"{aim} [{Law.ACCESS_GUIDANCE}; clocks.target_days]")
    if extended is None:
        unknown = "how far it can be extended is unknown, as that year's bank holidays are"
        why.append(f"{unknown} [clocks.holidays_known_until]")
    return Deadline(
        due_on=due,
        target_on=target,
        extended_due_on=extended,
        waiting_for=still_awaited(receipt, events),
        why=tuple(why),
    )


def run_month_clock(
    receipt: Receipt,
    events: Sequence[ClockEvent],
    working: WorkingDays,
    *,
    on: date,
    scales: TimeScales,
) -> MonthClock:
    """The clock after all events, in the order of their days; Unusable as `month_deadline`."""
    month = MonthClock(receipt.received_on, scales.months).explained(
        f"received on {full_date(receipt.received_on)}, working day or not [{Law.ONE_MONTH}]"
    )
    # The events by the day on which they began; None is the extension, which counts once.
    extended = [event.on for event in events if event.event is ClockEventKind.EXTENDED]
    steps: list[tuple[date, Wait | None]] = [(min(extended), None)] if extended else []
    steps += [(wait.began_on, wait) for wait in waits_of(events)]
    for began, wait in sorted(steps, key=itemgetter(0)):
        due = working.next_working_day(month.ends_on(month.months))
        if began > due:
            month = month.explained(_too_late(wait, began, due))
        elif wait is None:
            months = scales.months_extended
            month = replace(month, months=months).explained(
                f"extended within the first month: {months} months from the same beginning"
                f" [{Law.TIME_PERIOD}]"
            )
        elif wait.awaited is Awaited.CLARIFICATION:
            month = _clarifying(month, wait, receipt.purpose, began, on)
        else:
            month = _restarted(month, wait, began, on)
    return month


def _restarted(month: MonthClock, wait: Wait, began: date, on: date) -> MonthClock:
    came = wait.answered_on or max(on, began)
    if came <= month.start:
        return month
    sentence = f"{wait.awaited.meaning} came on {full_date(came)}: the month begins then"
    if wait.is_open:
        asked = f"{wait.awaited.meaning} was asked for on {full_date(began)} and has not come"
        sentence = f"{asked}: the month does not begin before {full_date(came)}"
    return replace(month, start=came).explained(f"{sentence} [{Law.TIME_PERIOD}]")


def _clarifying(
    month: MonthClock, wait: Wait, purpose: Purpose, began: date, on: date
) -> MonthClock:
    if purpose is not Purpose.SUBJECT_ACCESS:
        return month.explained(
            f"clarification was asked for on {full_date(began)}: it stops the clock of subject"
            f" access alone, so it moves nothing here [{Law.TIME_PERIOD}]"
        )
    pause = Pause(began, wait.answered_on or max(on, began), wait.is_open)
    return replace(month, pauses=(*month.pauses, pause))


def _too_late(wait: Wait | None, began: date, due: date) -> str:
    what = "it was extended"
    if wait is not None:
        what = f"{wait.awaited.meaning} {'came' if wait.asked_on is None else 'was asked for'}"
    return (
        f"{what} on {full_date(began)}, when the time was over since {full_date(due)}:"
        f" that moves nothing [{Law.TIME_PERIOD}]"
    )


def _counted(month: MonthClock, due: date) -> Iterator[str]:
    counted = same_day_after(month.start, month.months)
    length = "one month" if month.months == 1 else f"{month.months} months"
    last = "" if counted.day == month.start.day else ", the last day of that month"
    yield f"{length} after {full_date(month.start)}: {full_date(counted)}{last} [{Law.ONE_MONTH}]"
    for pause in month.pauses:
        days = pause.days(month.start)
        counted += timedelta(days=days)
        came = "has not come" if pause.is_open else f"came on {full_date(pause.end)}"
        yield (
            f"clarification was asked for on {full_date(pause.begin)} and {came}:"
            f" {days} day{'' if days == 1 else 's'} more, {full_date(counted)} [{Law.TIME_PERIOD}]"
        )
    if counted != due:
        yield (
            f"{full_date(counted)} is no working day: the next one is {full_date(due)}"
            f" [{Law.ACCESS_GUIDANCE}]"
        )
