from __future__ import annotations

from datetime import date

import pytest

from callrec.errors import Unusable
from callrec.policy.days import WorkingDays

EASTER = frozenset({date(2025, 4, 18), date(2025, 4, 21)})

WORKING = WorkingDays(closed=EASTER | {date(2026, 1, 1)}, years=range(2024, 2027))

MAUNDY_THURSDAY, GOOD_FRIDAY = date(2025, 4, 17), date(2025, 4, 18)

CLOSED = {
    "a Saturday": date(2025, 4, 12),
    "a Sunday": date(2025, 4, 13),
    "a bank holiday": GOOD_FRIDAY,
}


@pytest.mark.parametrize("day", CLOSED.values(), ids=CLOSED)
def test_weekends_and_bank_holidays_are_closed(day: date) -> None:
    assert WORKING.is_closed(day)


@pytest.mark.parametrize("day", [date(2025, 4, 14 + n) for n in range(4)], ids=str)
def test_any_other_day_is_not(day: date) -> None:
    assert not WORKING.is_closed(day)


def test_a_working_day_is_the_next_itself() -> None:
    assert WORKING.next_working_day(MAUNDY_THURSDAY) == MAUNDY_THURSDAY


def test_from_a_closed_day_it_is_the_first_open_one() -> None:
    assert WORKING.next_working_day(GOOD_FRIDAY) == date(2025, 4, 22)


def test_it_may_be_in_the_next_year() -> None:
    closed = WORKING.closed | {date(2025, 12, 31)}
    working = WorkingDays(closed=closed, years=WORKING.years)
    assert working.next_working_day(date(2025, 12, 31)) == date(2026, 1, 2)


def test_counting_working_days_begins_after_the_day() -> None:
    assert WORKING.after(date(2025, 4, 16), 1) == MAUNDY_THURSDAY
    assert WORKING.after(date(2025, 4, 16), 2) == date(2025, 4, 22)


def test_counting_from_a_closed_day_begins_with_the_first_open_one() -> None:
    assert WORKING.after(GOOD_FRIDAY, 1) == date(2025, 4, 22)


def test_a_year_before_the_first_known_is_an_error() -> None:
    with pytest.raises(Unusable) as unknown:
        WORKING.is_closed(date(2023, 12, 31))
    assert unknown.value.message == (
        "the bank holidays of 2023 are not known, only those of 2024 to 2026"
    )
    assert unknown.value.hint == "check the year: no clock here is as old as that"


def test_a_year_after_the_last_known_is_an_error_and_says_what_to_set() -> None:
    with pytest.raises(Unusable) as unknown:
        WORKING.next_working_day(date(2027, 1, 4))
    assert unknown.value.message == (
        "the bank holidays of 2027 are not known, only those of 2024 to 2026"
    )
    assert unknown.value.hint == (
        "once the government has published them, set clocks.holidays_known_until"
        " in the practice's settings"
    )


def test_rolling_out_of_the_known_years_is_an_error_of_the_year_it_rolls_into() -> None:
    working = WorkingDays(closed=WORKING.closed | {date(2026, 12, 31)}, years=WORKING.years)
    with pytest.raises(Unusable, match="bank holidays of 2027 are not known"):
        working.next_working_day(date(2026, 12, 31))
    assert working.next_if_known(date(2026, 12, 31)) is None


def test_the_last_known_day_is_known() -> None:
    assert WORKING.next_working_day(date(2026, 12, 31)) == date(2026, 12, 31)
    assert WORKING.next_if_known(date(2026, 12, 31)) == date(2026, 12, 31)


def test_counting_out_of_the_known_years_is_an_error() -> None:
    with pytest.raises(Unusable, match="bank holidays of 2027 are not known"):
        WORKING.after(date(2026, 12, 31), 1)


def test_the_closed_days_are_not_printed_one_by_one() -> None:
    assert repr(WORKING) == "WorkingDays(years=range(2024, 2027))"
