"""Dated events, time scales, and what a deadline is.

Deadlines are never stored. They follow from these (policy/clock.py), so nobody can move one without
an event of its own. The lengths of the clocks are in `TimeScales`, each with its source: those
that a law sets are fixed, the others come from the settings' section ``[clocks]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter

from callrec.dataclass import dataclass, replace
from callrec.errors import Unusable
from callrec.policy.days import day_in_words
from callrec.policy.purpose import Purpose
from callrec.policy.words import Worded


class Awaited(Worded):
    """What the practice asks an applicant for; its meaning begins a sentence."""

    IDENTITY = "identity", "proof of identity"
    AUTHORITY = "authority", "proof of authority"
    FEE = "fee", "the fee"
    CLARIFICATION = "clarification", "clarification"

    @property
    def came(self) -> str:
        """The word for `callrec request event` once it has come."""
        return "answer" if self is Awaited.CLARIFICATION else str(self)


class ClockEventKind(StrEnum):
    """What can happen to a clock."""

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
    """What was asked for, or came; of those two events only."""

    def __post_init__(self) -> None:
        is_about_asking = self.event in (ClockEventKind.ASKED, ClockEventKind.ANSWERED)
        if is_about_asking != (self.awaited is not None):
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
    """The answer is wanted the same day; outside bodies only."""
    nothing_older: bool = False
    """Nothing asked for is older than 40 days (`is_recent`); of the deceased only."""
    awaits: frozenset[Awaited] = frozenset()
    """What was missing when it came, asked for or not."""

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
    """The index of the event that this one corrects; None where it is a further event.

    A question is followed by its answer, an answer by another question, and a request is extended
    once. So the same event twice in a row corrects the first.
    """
    same = [n for n, each in enumerate(events) if each.awaited is event.awaited]
    if same and events[same[-1]].event is event.event:
        return same[-1]
    return None


def with_event(events: tuple[ClockEvent, ...], event: ClockEvent) -> tuple[ClockEvent, ...]:
    """The events that count once this one is recorded, in place of the one that it corrects."""
    place = index_corrected_by(events, event)
    if place is None:
        return (*events, event)
    return (*events[:place], event, *events[place + 1 :])


@dataclass(frozen=True, slots=True)
class Wait:
    """Something asked for, or that came unasked; at least one of the days is known."""

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
        """Whether it was asked for and has not come."""
        return self.answered_on is None


def waits_of(events: Iterable[ClockEvent]) -> tuple[Wait, ...]:
    """Each question with its answer, in the order of their days.

    Asking again before the answer came counts once.
    """
    waits: list[Wait] = []
    for event in sorted(events, key=attrgetter("on")):
        if event.awaited is None:
            continue
        open_waits = (n for n, w in enumerate(waits) if w.awaited is event.awaited and w.is_open)
        place = next(open_waits, None)
        if event.event is ClockEventKind.ANSWERED:
            if place is None:
                waits.append(Wait(event.awaited, None, event.on))
            else:
                waits[place] = replace(waits[place], answered_on=event.on)
        elif place is None:
            waits.append(Wait(event.awaited, event.on, None))
    return tuple(waits)


def still_awaited(receipt: Receipt, events: Iterable[ClockEvent]) -> Awaited | None:
    """What has not come: the first thing asked for; otherwise what was missing on receipt."""
    waits = waits_of(events)
    asked = [wait.awaited for wait in waits if wait.is_open]
    never = receipt.awaits - {wait.awaited for wait in waits}
    return next(iter([*asked, *(each for each in Awaited if each in never)]), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The days that follow from the dated events, as of one day."""

    due_on: date | None = None
    """The last day for the answer, to its end; None where neither a law nor a court sets one, or
    where it `is_unknown`."""
    target_on: date | None = None
    """The day by which the practice means to answer; None where no clock runs, or it is unknown."""
    extended_due_on: date | None = None
    """The last day once the answer is extended, `due_on` itself where it is; None where no
    extension exists, or its year's bank holidays are not known."""
    waiting_for: Awaited | None
    """What the applicant still has to send."""
    why: tuple[str, ...]
    """Why these days, a sentence each, its source in brackets at the end."""

    is_unknown: bool = False
    """The day falls in a year whose bank holidays are not known; `why` explains it."""

    @property
    def is_extended(self) -> bool:
        """Whether the answer was extended."""
        return self.due_on is not None and self.due_on == self.extended_due_on


class Urgency(StrEnum):
    """How urgent an answer is."""

    OVERDUE = "overdue"
    DUE_SOON = "due-soon"
    IN_TIME = "in-time"


def urgency(deadline: Deadline, on: date, *, warn_days: int) -> Urgency:
    """How urgent a request is on a day.

    Overdue means late by a law or a court. Due soon means within `warn_days` of the target, or past
    it; where the answer was extended, within them of the due day. With no days of warning: on the
    day itself.
    """
    if deadline.due_on is not None and on > deadline.due_on:
        return Urgency.OVERDUE
    aim = deadline.due_on if deadline.is_extended else deadline.target_on
    if aim is not None and on >= aim - timedelta(days=warn_days):
        return Urgency.DUE_SOON
    return Urgency.IN_TIME


def full_date(day: date) -> str:
    """A day in full: ``Sunday 31 March 2024``."""
    return f"{day:%A} {day_in_words(day)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeScales:
    """The lengths of all clocks."""

    months: int = 1
    """Calendar months to answer a data subject [UK GDPR 12(3)]."""
    months_extended: int = 3
    """Calendar months in all where the answer is extended: two further ones [UK GDPR 12(3)]."""
    target_days: int = 28
    """Target for answering a data subject, shorter than any month: the ICO's suggestion for systems
    that want one number [ICO, right of access]. The practice may change it."""
    deceased_days: int = 40
    """Days, the application's the first of them [Access to Health Records Act 1990 s.3(5)(b)]."""
    deceased_recent_days: int = 21
    """Days if nothing in the record is old [Access to Health Records Act 1990 s.3(5)(a)]."""
    recent_days: int = 40
    """Days before the application: anything made earlier is old [same, s.3(5)(a)]."""
    deceased_asking_days: int = 14
    """Days to ask who applicant and patient are, the application's the first [same, s.3(6)]."""
    deceased_target_days: int = 21
    """Target in days, counted like the 40 [NHS practice, not the law]."""
    outside_body_working_days: int = 5
    """Target in working days: no law sets any. The practice may change it."""
    breach_hours: int = 72
    """Hours by the clock from awareness, nights and holidays too [UK GDPR 33(1)]."""
    complaint_days: int = 30
    """Days to acknowledge a complaint about personal data, the first of them the day after its
    receipt [DPA 2018 s.164A(3); ICO, data protection complaints]."""


STATUTORY_SCALES = TimeScales()
"""The scales where the practice has set nothing."""
