"""Up to when recordings are archived: by age or by day [policy 4(h), "archiving time scales"]."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

from callrec.errors import Unusable
from callrec.policy.days import DayRange, parse_day

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

_AGE = re.compile(r"([1-9][0-9]{0,3}) ?(d|w|m|y|days?|weeks?|months?|years?)")

_DAYS = {"d": 1, "w": 7}

_MONTHS = {"m": 1, "y": 12}

_EARLIEST = 1900  # there was nothing to record


def parse_age(text: str, today: date) -> date:
    """The day that was so long ago: ``90d``, ``12w``, ``18m``, ``3y``; ``3 years`` too.

    Months and years are calendar ones; a day that a month does not have is its last.

    Raises:
        Unusable: it is no age, or reaches back further than dates do.
    """
    found = _AGE.fullmatch(text.strip().casefold())
    if found is None:
        raise Unusable(
            "that is no age", hint="type 90d, 12w, 18m or 3y: days, weeks, months, years"
        )
    count, unit = int(found[1]), found[2][0]
    day = _months_before(today, count * _MONTHS.get(unit, 0))
    day -= timedelta(days=count * _DAYS.get(unit, 0))
    if day.year < _EARLIEST:
        raise _too_long_ago()
    return day


def archive_cutoff(
    *, older_than: str | None, before: str | None, today: date, zone: tzinfo
) -> datetime | None:
    """The instant before which a recording must have begun, in UTC; None: no limit.

    Raises:
        Unusable: one is not in its form, or both are given.
    """
    if older_than is not None and before is not None:
        raise Unusable(
            "an age and a day are both given", hint="give --older-than or --before, not both"
        )
    if older_than is None and before is None:
        return None
    day = parse_day(before, today) if before is not None else parse_age(older_than or "", today)
    first_instant, _ = DayRange(day, day).bounds(zone)
    return first_instant


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < _EARLIEST:
        raise _too_long_ago()
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _too_long_ago() -> Unusable:
    return Unusable("that is longer ago than there are recordings", hint="leave the limit out")
