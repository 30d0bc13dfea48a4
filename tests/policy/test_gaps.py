from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from callrec.policy.days import (
    DayRange,
    OpeningHours,
    QuietPeriod,
    WorkingDays,
    is_working_day,
    quiet_periods,
)
from policy.builders import LONDON

NEW_YEAR = date(2024, 1, 1)

WORKING = WorkingDays(closed=frozenset({NEW_YEAR}), years=range(2024, 2025))

HOURS = OpeningHours(
    opens=time(9), closes=time(17), longest=timedelta(hours=1), working=WORKING, zone=LONDON
)

FRIDAY = date(2024, 7, 5)
"""In summer, when the practice opens at eight in UTC."""


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 7, 5, hour, minute, tzinfo=UTC)


def silences(
    *recorded: tuple[datetime, datetime], now: datetime | None = None
) -> list[QuietPeriod]:
    return quiet_periods(recorded, DayRange(FRIDAY, FRIDAY), HOURS, now=now or at(23))


def test_a_day_without_a_recording_is_one_silence_as_the_practices_clock_has_it() -> None:
    (gap,) = silences()
    assert gap == QuietPeriod(at(8), at(16))
    assert gap.begins_at.tzinfo is gap.ends_at.tzinfo is UTC
    assert silences(now=at(9, 1)) == [QuietPeriod(at(8), at(9, 1))]


def test_what_is_recorded_after_closing_ends_no_silence_of_the_day() -> None:
    assert silences((at(17), at(18))) == [QuietPeriod(at(8), at(16))]
    assert silences((at(16), at(18))) == [QuietPeriod(at(8), at(16))]


def test_as_long_as_may_be_is_nothing_to_be_told_of() -> None:
    calls = [(at(hour), at(hour)) for hour in range(9, 16)]
    assert silences(*calls) == []
    minute_less = [*calls[:3], (at(12, 1), at(12, 1)), *calls[4:]]
    assert silences(*minute_less) == [QuietPeriod(at(11), at(12, 1))]
    assert silences(*calls[:-1], (at(14, 59), at(14, 59))) == [QuietPeriod(at(14, 59), at(16))]


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (NEW_YEAR, False),
        (date(2024, 1, 2), True),
        (date(2024, 1, 6), False),
        (date(2025, 1, 1), True),
        (date(2025, 1, 3), True),
        (date(2025, 1, 4), False),
        (date(2025, 1, 5), False),
        (date(2023, 12, 29), True),
        (date(2023, 12, 30), False),
    ],
)
def test_a_year_whose_bank_holidays_nobody_knows_has_weekends(day: date, works: bool) -> None:  # noqa: FBT001
    assert is_working_day(day, WORKING) is works
