"""Dated events, scales, and what a deadline is.

Deadlines are never stored. They follow from these (policy/clock.py), so nobody can move one without
an event that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Final

from callrec.errors import Unusable
from callrec.policy.purpose import Purpose


class Awaited(StrEnum):
    """What the practice asks an applicant for."""

    IDENTITY = "identity"
    AUTHORITY = "authority"
    FEE = "fee"
    CLARIFICATION = "clarification"

    @property
    def words(self) -> str:
        """As a sentence begins with it."""
        return _WORDS[self]

    @property
    def came(self) -> str:
        """What `callrec request event` is told once it has come."""
        return "answer" if self is Awaited.CLARIFICATION else str(self)


_WORDS: Final = {
    Awaited.IDENTITY: "proof of identity",
    Awaited.AUTHORITY: "proof of authority",
    Awaited.FEE: "the fee",
    Awaited.CLARIFICATION: "clarification",
}


class ClockEventKind(StrEnum):
    """What happened that a clock counts by."""

    RECEIVED = "received"
    ASKED = "asked"
    ANSWERED = "answered"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEvent:
    """One thing that happened on a day of the practice's time zone."""

    event: ClockEventKind
    on: date
    awaited: Awaited | None = None
    """What was asked for, or came; None where neither is what happened."""

    def __post_init__(self) -> None:
        if (self.awaited is not None) != (
            self.event in (ClockEventKind.ASKED, ClockEventKind.ANSWERED)
        ):
            raise ValueError(
                "what was asked for belongs to asking and answering, and to nothing else"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What came, and when."""

    purpose: Purpose
    received_on: date
    """The day itself, working day or not."""
    answer_by: date | None = None
    """The day that a court's order names; outside bodies only."""
    urgent: bool = False
    """It is wanted the same day; outside bodies only."""
    nothing_older: bool = False
    """Nothing asked for is older than 40 days (`is_recent`); of the deceased only."""
    awaits: frozenset[Awaited] = frozenset()
    """What was still missing when it came, whether or not it has been asked for."""

    def __post_init__(self) -> None:
        outside = self.answer_by is not None or self.urgent
        if outside and self.purpose is not Purpose.OUTSIDE_BODY:
            raise Unusable(
                "only a request of an outside body is urgent, or to be answered by an order's date",
                hint="leave out --urgent and --answer-by",
            )
        if self.nothing_older and self.purpose is not Purpose.DECEASED:
            raise Unusable(
                "how old the record is matters for the deceased only",
                hint="leave out --nothing-older",
            )
        if self.answer_by is not None and self.answer_by < self.received_on:
            raise Unusable(
                "the day by which to answer is before the day of receipt",
                hint="check both: --answer-by DATE and --received DATE",
            )


def index_corrected_by(events: Sequence[ClockEvent], event: ClockEvent) -> int | None:
    """Where that stands which an event puts right; None where it is what happened next.

    A question is followed by its answer, and an answer by another question; what was extended is
    extended once. So the same twice in a row is the same said again.

    Args:
        events: what counts, in the order in which it was written down.
        event: what is written down now.
    """
    same = [n for n, each in enumerate(events) if each.awaited is event.awaited]
    if same and events[same[-1]].event is event.event:
        return same[-1]
    return None


def with_event(events: tuple[ClockEvent, ...], event: ClockEvent) -> tuple[ClockEvent, ...]:
    """What counts once an event is written down, in the place of what it puts right."""
    place = index_corrected_by(events, event)
    if place is None:
        return (*events, event)
    return (*events[:place], event, *events[place + 1 :])


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that was asked for, or that came unasked: one of the two days at the least."""

    awaited: Awaited
    asked_on: date | None
    answered_on: date | None

    @property
    def began_on(self) -> date:
        """When it was asked for; when it came, if that was unasked."""
        began = self.asked_on or self.answered_on
        if began is None:
            raise ValueError("nothing that was neither asked for nor came is waited for")
        return began

    @property
    def is_open(self) -> bool:
        """It has not come."""
        return self.answered_on is None


def waits_of(events: Iterable[ClockEvent]) -> tuple[Wait, ...]:
    """What was asked for and came, each asking with the answer to it, in the order of their days.

    What was asked for again before it came was asked for once.
    """
    waits: list[Wait] = []
    for event in sorted(events, key=attrgetter("on")):
        if event.awaited is None:
            continue
        place = _open(waits, event.awaited)
        if event.event is ClockEventKind.ANSWERED:
            if place is None:
                waits.append(Wait(event.awaited, None, event.on))
            else:
                waits[place] = replace(waits[place], answered_on=event.on)
        elif place is None:
            waits.append(Wait(event.awaited, event.on, None))
    return tuple(waits)


def still_awaited(receipt: Receipt, events: Iterable[ClockEvent]) -> Awaited | None:
    """What has not come: what was asked for first, else what was missing when the request came."""
    waits = waits_of(events)
    asked = [wait.awaited for wait in waits if wait.is_open]
    never = receipt.awaits - {wait.awaited for wait in waits}
    return next(iter([*asked, *(each for each in Awaited if each in never)]), None)


def _open(waits: list[Wait], awaited: Awaited) -> int | None:
    """Where among them that stands which was asked for and has not come."""
    found = (n for n, wait in enumerate(waits) if wait.awaited is awaited and wait.is_open)
    return next(found, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """What the dated events come to, as of one day."""

    due_on: date | None
    """The last day for the answer, to its end; None where neither a law nor a court sets one, or
    where it `is_unknown`."""
    target_on: date | None
    """The day by which one means to answer; None where there is no clock at all, or none that can
    be told."""
    extended_due_on: date | None
    """The last day once the answer is extended, `due_on` itself where it is; None where that is
    not provided for, or falls in a year whose bank holidays are not known."""
    waiting_for: Awaited | None
    """What has not come: the practice waits for the applicant."""
    why: tuple[str, ...]
    """Why these days, a sentence each, its source in brackets at the end."""

    is_unknown: bool = False
    """A day that it comes to is in a year whose bank holidays are not known; `why` says so."""

    @property
    def is_extended(self) -> bool:
        """The answer was extended."""
        return self.due_on is not None and self.due_on == self.extended_due_on


class Urgency(StrEnum):
    """How pressing it is to answer."""

    OVERDUE = "overdue"
    DUE_SOON = "due-soon"
    IN_TIME = "in-time"


def urgency(deadline: Deadline, on: date, *, warn_days: int) -> Urgency:
    """How pressing a request is on a day.

    Overdue is what a law or a court says is late. Due soon is what is so many days or fewer before
    its target, or past it; where the answer was extended, before its due day.

    Args:
        deadline: by when it is answered, as of that day.
        on: the day, in the practice's time zone.
        warn_days: days of warning; 0: on the day itself.
    """
    if deadline.due_on is not None and on > deadline.due_on:
        return Urgency.OVERDUE
    aim = deadline.due_on if deadline.is_extended else deadline.target_on
    if aim is not None and on >= aim - timedelta(days=warn_days):
        return Urgency.DUE_SOON
    return Urgency.IN_TIME


def full_date(day: date) -> str:
    """A day in full, its weekday with it: ``Sunday 31 March 2024``."""
    return f"{day:%A} {day.day} {day:%B %Y}"


# How long the clocks run: each number once, with its source.
#
# What is a law's own is no practice's to change; the others are filled from the configuration's
# section ``[clocks]`` (bank_holidays.scales_of).


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeScales:
    """The lengths of all clocks."""

    months: int = 1
    """Calendar months to answer a data subject [UK GDPR 12(3)]."""
    months_extended: int = 3
    """Calendar months in all where the answer is extended: two further ones [UK GDPR 12(3)]."""
    target_days: int = 28
    """Days within which one means to answer a data subject, shorter than any month: the ICO's
    suggestion for systems that want one number [ICO, right of access]. The practice's to set."""
    deceased_days: int = 40
    """Days, the application's the first of them [Access to Health Records Act 1990 s.3(5)(b)]."""
    deceased_recent_days: int = 21
    """The same where nothing in the record is old [Access to Health Records Act 1990 s.3(5)(a)]."""
    recent_days: int = 40
    """Days before the application: what was made earlier is old [same, s.3(5)(a)]."""
    deceased_asking_days: int = 14
    """Days within which to ask who the applicant or the patient is, the application's day the
    first of them [same, s.3(6)]."""
    deceased_target_days: int = 21
    """Days within which one means to answer, counted as the 40 are [NHS practice, not the law]."""
    outside_body_working_days: int = 5
    """Working days within which one means to answer an outside body: no law sets any. The
    practice's to set."""
    breach_hours: int = 72
    """Hours by the clock from awareness, nights and holidays too [UK GDPR 33(1)]."""


STATUTORY_SCALES = TimeScales()
"""What holds where the practice has set nothing."""
