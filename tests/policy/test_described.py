"""Which calls a request describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callrec.policy.days import DayRange, TimeRange
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.search import (
    Criteria,
    check_not_browsing,
    described_by,
    is_of_another_day,
    is_of_another_extension,
    is_of_another_number,
)
from house.particulars import particulars, several
from policy.builders import REASON, a_call

ZONE = ZoneInfo("Europe/London")

DAY = date(2024, 1, 4)

DAYS = DayRange(DAY, DAY)

TIMES = TimeRange(time(14, 0), time(14, 30))

NUMBER = "+447700900123"

NOTHING_KNOWN = particulars(
    reason=REASON,
    day=UNKNOWN,
    times=UNKNOWN,
    extension=UNKNOWN,
    number=UNKNOWN,
    parties=UNKNOWN,
    about="",
)

SIAN = ("Siân O'Neill", "Reception")


def known(**said: Any) -> Particulars:
    return replace(NOTHING_KNOWN, **several(**said))


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({"number": NUMBER}, {"number": NUMBER}),
        ({"day": DAY, "times": TIMES}, {"days": DAYS, "times": TIMES}),
        ({"day": DAY, "extension": "203"}, {"days": DAYS, "extension": "203"}),
        (
            {"day": DAY, "times": TIMES, "extension": "203", "number": NUMBER},
            {"days": DAYS, "times": TIMES, "extension": "203", "number": NUMBER},
        ),
    ],
    ids=["number", "day and time", "day and extension", "all of these"],
)
def test_a_call_is_described_by_all_that_says_which_it_was(
    said: dict[str, Any], asked: dict[str, Any]
) -> None:
    assert described_by(known(**said, parties=SIAN)) == (Criteria(**asked),)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({}, {}),
        ({"day": DAY}, {"days": DAYS}),
        ({"extension": "203", "times": TIMES}, {"extension": "203", "times": TIMES}),
    ],
    ids=["nothing else known", "a day", "an extension and a time, but no day"],
)
def test_any_of_the_names_will_do_where_the_rest_says_too_little(
    said: dict[str, Any], asked: dict[str, Any]
) -> None:
    named = tuple(Criteria(**asked, party=name) for name in SIAN)
    assert described_by(known(**said, parties=SIAN)) == named


MARCH = DayRange(date(2024, 3, 1), date(2024, 3, 3))


def test_any_of_the_numbers_and_names_will_do_within_any_of_the_days() -> None:
    other, nan = "+442079460123", "Siân Byrne"
    asked = known(numbers=(NUMBER, other), names=(nan,), days=(DAYS, MARCH), parties=SIAN)
    assert described_by(asked) == tuple(
        replace(whose, days=days)
        for whose in (Criteria(number=NUMBER), Criteria(number=other), Criteria(party=nan))
        for days in (DAYS, MARCH)
    )


def test_extensions_and_times_narrow_what_numbers_find() -> None:
    asked = known(number=NUMBER, extensions=("201", "203"), times=TIMES)
    assert described_by(asked) == tuple(
        Criteria(number=NUMBER, extension=each, times=TIMES) for each in ("201", "203")
    )


def test_withheld_numbers_are_searched_for_day_by_day() -> None:
    asked = known(numbers=("withheld", NUMBER), days=(MARCH,))
    days = [date(2024, 3, day) for day in (1, 2, 3)]
    of_days = [Criteria(withheld=True, days=DayRange(day, day)) for day in days]
    assert described_by(asked) == (*of_days, Criteria(number=NUMBER, days=MARCH))


def test_withheld_numbers_may_have_days_of_their_own() -> None:
    asked = known(numbers=(NUMBER, "withheld 2024-03-01/2024-03-02"))
    days = [date(2024, 3, day) for day in (1, 2)]
    of_days = [Criteria(withheld=True, days=DayRange(day, day)) for day in days]
    assert described_by(asked) == (Criteria(number=NUMBER), *of_days)
    narrowed = replace(asked, days=(DAYS,))
    assert described_by(narrowed) == (Criteria(number=NUMBER, days=DAYS), *of_days)
    assert not is_of_another_day(narrowed, datetime(2024, 3, 2, tzinfo=ZONE))
    assert is_of_another_day(narrowed, datetime(2024, 3, 3, tzinfo=ZONE))


def test_a_withheld_number_without_a_day_is_no_error_though_no_request_has_one() -> None:
    assert described_by(known(number="withheld")) == (Criteria(withheld=True),)


def test_an_extension_is_searched_for_day_by_day() -> None:
    days = [date(2024, 3, day) for day in (1, 2, 3)]
    assert described_by(known(extension="203", days=(MARCH,))) == tuple(
        Criteria(extension="203", days=DayRange(day, day)) for day in days
    )


def test_of_several_days_nothing_is_described_by_these_alone() -> None:
    assert described_by(known(days=(MARCH,))) == ()
    assert described_by(known(days=(MARCH,), times=TIMES)) == ()


def test_an_initial_names_nobody() -> None:
    assert described_by(known(day=DAY, parties=("S", "Reception"))) == (
        Criteria(days=DAYS, party="Reception"),
    )
    assert described_by(known(names=("S", "Siân"))) == (Criteria(party="Siân"),)


def test_one_day_may_be_looked_through() -> None:
    assert described_by(known(day=DAY)) == (Criteria(days=DAYS),)


@pytest.mark.parametrize(
    "said",
    [{}, {"times": TIMES}, {"extension": "203"}, {"parties": ("S",)}],
    ids=["nothing known", "a time", "an extension", "an initial"],
)
def test_what_says_neither_number_name_nor_day_describes_no_call(said: dict[str, Any]) -> None:
    assert described_by(known(**said)) == ()


def test_it_is_never_wider_than_a_search_may_be() -> None:
    for numbers, parties, days, extension in product(
        ((NUMBER,), (NUMBER, "withheld"), UNKNOWN),
        (SIAN, UNKNOWN),
        ((DAYS,), (DAYS, MARCH), UNKNOWN),
        ("203", UNKNOWN),
    ):
        if days is UNKNOWN and "withheld" in numbers:
            continue  # such a request is refused
        asked = known(numbers=numbers, parties=parties, days=days, extension=extension)
        for criteria in described_by(asked):
            check_not_browsing(criteria, reason=None, request="R-17", widest_window=1)


@pytest.mark.parametrize("said", [{}, {"day": DAY}, {"day": DAY, "times": TIMES}, {"times": TIMES}])
def test_a_day_that_is_the_same_or_not_said_is_no_other(said: dict[str, Any]) -> None:
    assert not is_of_another_day(known(**said), datetime(2024, 1, 4, 23, 59, tzinfo=ZONE))


def test_a_day_within_those_that_are_said_is_no_other() -> None:
    said = known(days=(DAYS, MARCH))
    assert not is_of_another_day(said, datetime(2024, 3, 2, tzinfo=ZONE))
    assert is_of_another_day(said, datetime(2024, 3, 4, tzinfo=ZONE))


@pytest.mark.parametrize("day", [date(2024, 1, 5), date(2024, 1, 3), date(2023, 1, 4)])
def test_any_other_day_that_is_said_is_another(day: date) -> None:
    assert is_of_another_day(known(day=day), datetime(2024, 1, 4, 23, 59, tzinfo=ZONE))


ELSEWHERE: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "over the extension": ({"extension": "203"}, {}, False),
    "over one of the extensions": ({"extensions": ("201", "203")}, {}, False),
    "over none of them": ({"extensions": ("201", "202")}, {}, True),
    "transferred to it": ({"extension": "201"}, {"further_extensions": frozenset({"201"})}, False),
    "over an extension that nobody knows": ({"extension": "203"}, {"extension": None}, True),
    "over any, as none is given": ({}, {}, False),
}


@pytest.mark.parametrize(("said", "call", "other"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_call_was_over_another_extension(
    said: dict[str, Any],
    call: dict[str, Any],
    other: bool,  # noqa: FBT001
) -> None:
    assert is_of_another_extension(known(**said), a_call(**call)) is other


OTHER, SHOWN_NONE = "+442079460123", {"number": None, "is_withheld": True}

OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "with the number": ({"number": NUMBER}, {}, False),
    "with one of the numbers": ({"numbers": (OTHER, NUMBER)}, {}, False),
    "with another": ({"number": OTHER}, {}, True),
    "transferred to it": ({"number": OTHER}, {"further_numbers": frozenset({OTHER})}, False),
    "with one that nobody knows": ({"number": NUMBER}, {"number": None}, True),
    "with another, and a name finds it": ({"number": OTHER, "names": ("Siân",)}, {}, False),
    "with any, as none is given": ({}, {}, False),
    "with a caller who showed none": ({"numbers": (NUMBER, "withheld")}, SHOWN_NONE, False),
    "with a caller who showed none, of a day": (
        *({"number": "withheld 2024-03-01/2024-03-02"}, SHOWN_NONE),
        False,
    ),
    "with a caller who showed none, and not asked for": ({"number": NUMBER}, SHOWN_NONE, True),
    "with one that nobody knows, and a withheld one is asked for": (
        *({"number": "withheld"}, {"number": None}),
        True,
    ),
}


@pytest.mark.parametrize(("said", "call", "other"), OTHERS.values(), ids=OTHERS)
def test_a_call_was_with_another_number(
    said: dict[str, Any],
    call: dict[str, Any],
    other: bool,  # noqa: FBT001
) -> None:
    assert is_of_another_number(known(**said), a_call(**call)) is other
