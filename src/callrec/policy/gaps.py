"""Stretches of a working day in which nothing was recorded.

Whether anybody called then is another question: a recorder that stood still and a quiet afternoon
look alike from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, time, tzinfo

    from callrec.policy.days import DayRange
    from callrec.policy.working_days import WorkingDays

_A_DAY = timedelta(days=1)

_SATURDAY = 5  # as date.weekday() counts


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When a practice is open, and how long it may be silent."""

    opens: time
    """Local, as is ``closes``."""
    closes: time
    longest: timedelta
    """The longest silence that is nothing to be told of."""
    working: WorkingDays
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """A silence within one working day."""

    begins_at: datetime
    """Aware, UTC, as is ``ends_at``."""
    ends_at: datetime


def quiet_periods(
    recorded: Iterable[tuple[datetime, datetime]],
    days: DayRange,
    hours: OpeningHours,
    *,
    now: datetime,
) -> list[QuietPeriod]:
    """The silences that are too long, the first first.

    Args:
        recorded: when each recording began and ended, UTC, in any order.
        days: the days that are looked at.
        hours: when there should be calls.
        now: what comes after is nothing that could have been recorded.

    Laws: no recording begins within a gap; a recording more never makes more silence; the order
    of recordings does not matter.
    """
    spans = sorted(recorded)
    return [gap for day in _working(days, hours) for gap in _of_day(spans, day, hours, now)]


def is_working_day(day: date, working: WorkingDays) -> bool:
    """Whether the practice is open; by the weekday alone in years whose bank holidays nobody knows.

    Nothing falls due by this, so a year beyond is no error here.
    """
    if day.year not in working.years:
        return day.weekday() < _SATURDAY
    return not working.is_closed(day)


def _working(days: DayRange, hours: OpeningHours) -> Iterator[date]:
    every = (days.first + n * _A_DAY for n in range(days.count))
    return (day for day in every if is_working_day(day, hours.working))


def _of_day(
    spans: list[tuple[datetime, datetime]], day: date, hours: OpeningHours, now: datetime
) -> Iterator[QuietPeriod]:
    silent_since = datetime.combine(day, hours.opens, hours.zone).astimezone(UTC)
    closes_at = min(datetime.combine(day, hours.closes, hours.zone).astimezone(UTC), now)
    for begins_at, ends_at in spans:
        if begins_at >= closes_at:
            break
        if begins_at - silent_since > hours.longest:
            yield QuietPeriod(silent_since, begins_at)
        silent_since = max(silent_since, ends_at)
    if closes_at - silent_since > hours.longest:
        yield QuietPeriod(silent_since, closes_at)
