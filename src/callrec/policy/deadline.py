"""By when a request is answered, and how pressing that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from callrec.policy.clock_events import Awaited


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
