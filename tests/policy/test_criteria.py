from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from callrec.errors import Refused, Unusable
from callrec.policy.days import DayRange, TimeRange
from callrec.policy.search import Criteria, Direction, check_not_browsing, matches
from policy.builders import LONDON, REASON, TODAY, a_call

ONE_DAY = DayRange(TODAY, TODAY)

TWO_DAYS = DayRange(TODAY, TODAY + timedelta(days=1))

NAMING = {
    "a number": Criteria(number="+447700900123"),
    "the last four digits": Criteria(tail="0123"),
    "a party": Criteria(party="O'Neill"),
    "an extension and a day": Criteria(extension="203", days=ONE_DAY),
    "a window as wide as may be": Criteria(days=ONE_DAY),
}

BROWSING = {
    "nothing": Criteria(),
    "an extension alone": Criteria(extension="203"),
    "an extension and two days": Criteria(extension="203", days=TWO_DAYS),
    "a window too wide": Criteria(days=TWO_DAYS),
    "a time of day alone": Criteria(times=TimeRange(time(14), time(15))),
    "a direction alone": Criteria(direction=Direction.INBOUND),
    "an empty number": Criteria(number=""),
}


@pytest.mark.parametrize("criteria", NAMING.values(), ids=NAMING)
def test_a_search_that_names_something_is_no_browsing(criteria: Criteria) -> None:
    check_not_browsing(criteria, reason=REASON, request=None, widest_window=1)


@pytest.mark.parametrize("criteria", BROWSING.values(), ids=BROWSING)
def test_a_search_that_names_nothing_is_browsing_and_is_told_what_would_do(
    criteria: Criteria,
) -> None:
    with pytest.raises(Refused, match=r"1 day at the most \[policy 4\(c\)\]") as refused:
        check_not_browsing(criteria, reason=REASON, request=None, widest_window=1)
    for option in ("--number", "--party", "--extension", "--from"):
        assert option in refused.value.hint


def test_the_practice_may_allow_a_wider_window() -> None:
    check_not_browsing(Criteria(days=TWO_DAYS), reason=REASON, request=None, widest_window=2)
    with pytest.raises(Refused, match="for 2 days at the most"):
        check_not_browsing(Criteria(), reason=REASON, request=None, widest_window=2)


@pytest.mark.parametrize("reason", [None, ""])
def test_a_search_without_a_reason_or_a_request_is_browsing(reason: str | None) -> None:
    with pytest.raises(Refused, match=r"needs a reason or a request \[policy 4\(c\)\]") as refused:
        check_not_browsing(NAMING["a number"], reason=reason, request=None, widest_window=1)
    assert "--request" in refused.value.hint


def test_withheld_numbers_are_searched_for_within_a_day_and_under_a_request() -> None:
    withheld = Criteria(withheld=True, days=ONE_DAY)
    check_not_browsing(withheld, reason=None, request="R-17", widest_window=1)
    wide = Criteria(withheld=True, days=TWO_DAYS)
    never = Criteria(withheld=True)
    for criteria, request in ((withheld, None), (wide, "R-17"), (never, "R-17")):
        with pytest.raises(Refused, match="within one day, under a request"):
            check_not_browsing(criteria, reason=REASON, request=request, widest_window=9)


def test_a_withheld_number_is_met_by_a_caller_who_showed_none() -> None:
    withheld = Criteria(withheld=True)
    assert matches(withheld, a_call(number=None, is_withheld=True), LONDON)
    assert not matches(withheld, a_call(), LONDON)
    assert not matches(withheld, a_call(number=None), LONDON)


def test_a_word_is_no_reason_to_search() -> None:
    with pytest.raises(Refused, match="not a sentence"):
        check_not_browsing(NAMING["a number"], reason="complaint", request=None, widest_window=1)


def test_a_request_stands_for_the_reason() -> None:
    check_not_browsing(NAMING["a number"], reason=None, request="R-17", widest_window=1)


@pytest.mark.parametrize("tail", ["", "123", "12345", "12a4", "١٢٣٤"])
def test_part_of_a_number_is_its_last_four_digits(tail: str) -> None:
    with pytest.raises(Unusable, match="last four digits"):
        Criteria(tail=tail)


@pytest.mark.parametrize("party", ["", "J", "- '"])
def test_a_party_without_a_word_is_unusable(party: str) -> None:
    with pytest.raises(Unusable, match="two letters or more"):
        Criteria(party=party)


FOUND: dict[str, dict[str, Any]] = {
    "nothing asked": {},
    "its number": {"number": "+447700900123"},
    "its last four digits": {"tail": "0123"},
    "its day": {"days": ONE_DAY},
    "its time": {"times": TimeRange(time(14, 5), time(14, 5))},
    "its extension": {"extension": "203"},
    "a party without marks": {"party": "oneill sian"},
    "words of two parties": {"party": "reception oneill"},
    "every word of every party": {"party": "reception oneill sian"},
    "its direction": {"direction": Direction.INBOUND},
}

NOT_FOUND: dict[str, dict[str, Any]] = {
    "another number": {"number": "+447700900124"},
    "a number's beginning": {"number": "+44770090012"},
    "other last digits": {"tail": "0124"},
    "another day": {"days": DayRange(date(2024, 1, 5), date(2024, 1, 5))},
    "a time before it": {"times": TimeRange(time(13, 0), time(14, 4))},
    "a time after it": {"times": TimeRange(time(14, 7), time(15, 0))},
    "another extension": {"extension": "20"},
    "a word more than its parties have": {"party": "Siân O'Neill Jones"},
    "part of a word": {"party": "Neil"},
    "another direction": {"direction": Direction.OUTBOUND},
    "one thing right and one wrong": {"number": "+447700900123", "extension": "204"},
}


@pytest.mark.parametrize("asked", FOUND.values(), ids=FOUND)
def test_a_call_that_meets_the_criteria_is_found(asked: dict[str, Any]) -> None:
    assert matches(Criteria(**asked), a_call(), LONDON)


@pytest.mark.parametrize("asked", NOT_FOUND.values(), ids=NOT_FOUND)
def test_a_call_that_does_not_is_not(asked: dict[str, Any]) -> None:
    assert not matches(Criteria(**asked), a_call(), LONDON)


@pytest.mark.parametrize("asked", [{"number": "+447700900123"}, {"tail": "0123"}], ids=str)
def test_a_withheld_number_is_no_number(asked: dict[str, Any]) -> None:
    assert not matches(Criteria(**asked), a_call(number=None), LONDON)


def test_what_is_not_known_of_a_call_does_not_find_it() -> None:
    call = a_call(extension=None, direction=None)
    assert not matches(Criteria(extension="203"), call, LONDON)
    assert not matches(Criteria(direction=Direction.INBOUND), call, LONDON)


def test_a_day_is_a_day_of_the_practice() -> None:
    just_after_midnight = a_call(started_at=datetime(2024, 7, 1, 23, 30, tzinfo=UTC))
    second_of_july = DayRange(date(2024, 7, 2), date(2024, 7, 2))
    assert matches(Criteria(days=second_of_july), just_after_midnight, LONDON)


def test_a_time_finds_a_call_that_was_still_going_on() -> None:
    long_call = a_call(duration_ms=20 * 60_000)  # 14:05 to 14:25
    assert matches(Criteria(times=TimeRange(time(14, 25), time(14, 40))), long_call, LONDON)
    assert not matches(Criteria(times=TimeRange(time(14, 26), time(14, 40))), long_call, LONDON)


@pytest.mark.parametrize("hour", [0, 1], ids=["summer time", "an hour later"])
def test_a_time_that_came_twice_finds_calls_of_both(hour: int) -> None:
    call = a_call(started_at=datetime(2024, 10, 27, hour, 30, tzinfo=UTC))
    assert matches(Criteria(times=TimeRange(time(1, 30), time(1, 31))), call, LONDON)
