"""What a clock counts by: the day on which a request came, and dated events after it.

Deadlines are never stored. They follow from these (policy/clock.py), so nobody can move one without
an event that says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from callrec.errors import Unusable
from callrec.policy.purpose import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date


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
