"""The practice's calendar, held against what the government has published."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest

from callrec.bank_holidays import scales_of, working_days
from callrec.errors import Unusable
from callrec.policy.clock_events import STATUTORY_SCALES, TimeScales
from callrec.policy.days import FIRST_YEAR, Division
from callrec.settings import Clocks
from vectors.clocks.cases import bank_holidays

SATURDAY = 5

FIRST, LAST = date(2018, 1, 1), date(2028, 12, 31)

PUBLISHED = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def clocks(**settings: object) -> Clocks:
    return Clocks().model_copy(update=settings)


@pytest.mark.parametrize("division", Division)
def test_the_bank_holidays_are_those_that_the_government_published(division: Division) -> None:
    working = working_days(clocks(division=division))
    ours = {day for day in PUBLISHED if working.is_closed(day) and day.weekday() < SATURDAY}
    assert ours == bank_holidays(division)


@pytest.mark.parametrize("division", Division)
def test_a_practice_may_be_in_any_division(division: Division) -> None:
    assert Clocks.model_validate({"division": str(division)}).division == division


KNOWN = {
    "the jubilee of 2022": (date(2022, 6, 3), "E S N"),
    "the spring bank holiday that made room for it": (date(2022, 6, 2), "E S N"),
    "the day on which that would have been": (date(2022, 5, 30), ""),
    "the state funeral of 2022": (date(2022, 9, 19), "E S N"),
    "the coronation of 2023": (date(2023, 5, 8), "E S N"),
    "VE day instead of May Day": (date(2020, 5, 8), "E S N"),
    "May Day that it replaced": (date(2020, 5, 4), ""),
    "Good Friday": (date(2024, 3, 29), "E S N"),
    "Easter Monday": (date(2024, 4, 1), "E N"),
    "2 January": (date(2024, 1, 2), "S"),
    "2 January on a Sunday": (date(2022, 1, 4), "S"),
    "Saint Patrick": (date(2025, 3, 17), "N"),
    "the Boyne": (date(2024, 7, 12), "N"),
    "the Boyne on a Saturday": (date(2025, 7, 14), "N"),
    "August in Scotland": (date(2024, 8, 5), "S"),
    "August elsewhere": (date(2024, 8, 26), "E N"),
    "Saint Andrew": (date(2023, 11, 30), "S"),
    "Saint Andrew on a Saturday": (date(2024, 12, 2), "S"),
    "Christmas on a Saturday": (date(2021, 12, 27), "E S N"),
    "Boxing Day after that": (date(2021, 12, 28), "E S N"),
    "the World Cup": (date(2026, 6, 15), "S"),
}


@pytest.mark.parametrize(("day", "where"), KNOWN.values(), ids=KNOWN)
def test_a_known_day_is_closed_where_it_is_one(day: date, where: str) -> None:
    closed = [
        division.name[0]
        for division in Division
        if working_days(clocks(division=division)).is_closed(day)
    ]
    assert closed == where.split()


def test_a_day_that_was_proclaimed_since_is_closed() -> None:
    day = date(2027, 6, 3)
    assert not working_days(clocks()).is_closed(day)
    assert working_days(clocks(extra_closed_days=(day,))).is_closed(day)


def test_a_bank_holiday_that_was_called_off_is_not_closed() -> None:
    day = date(2027, 8, 30)
    assert working_days(clocks()).is_closed(day)
    assert not working_days(clocks(days_not_closed=(day,))).is_closed(day)


def test_a_weekend_stays_closed_whatever_was_called_off() -> None:
    day = date(2027, 8, 29)
    assert working_days(clocks(days_not_closed=(day,))).is_closed(day)


@pytest.mark.parametrize("day", [date(2017, 12, 31), date(2029, 1, 1)], ids=str)
def test_a_year_that_is_not_published_is_an_error(day: date) -> None:
    with pytest.raises(Unusable, match=f"bank holidays of {day.year} are not known"):
        working_days(clocks()).is_closed(day)


def test_the_practice_says_when_a_later_year_was_published() -> None:
    working = working_days(clocks(holidays_known_until=2029))
    assert working.is_closed(date(2029, 1, 1))
    assert working.years == range(FIRST_YEAR, 2030)


def test_the_scales_are_the_usual_ones_where_nothing_is_set() -> None:
    assert scales_of(Clocks()) == STATUTORY_SCALES


def test_the_scales_that_are_set_are_taken() -> None:
    set_ = clocks(target_days=21, outside_body_working_days=3)
    assert scales_of(set_) == TimeScales(target_days=21, outside_body_working_days=3)


def test_nothing_is_loaded_of_the_package_before_a_day_is_asked_for() -> None:
    code = "import sys, callrec.bank_holidays; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
