"""Which recordings fit what a request says."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from callrec.catalogue.engine import reading
from callrec.errors import Locked
from callrec.policy.days import TimeRange
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.purpose import Purpose
from callrec.requests.ask import create_request
from callrec.requests.holding import matching_recordings
from callrec.search.search import Suggested, suggest_recordings
from house.calls import NINE, a_call, take_in
from house.particulars import particulars
from house.practices import House
from house.requests import last_leaf, logged_in, request_id, rows, said

DAY = date(2024, 1, 4)

AGNES = ("Agnes Underhill", "Reception")


def says(**said: Any) -> Particulars:
    unknown = dict.fromkeys(("day", "times", "extension", "number", "parties"), UNKNOWN)
    return particulars(**{"reason": "Nobody rang her back", "about": "", **unknown, **said})


def matching(house: House, login: str = "max", **said: Any) -> list[int]:
    with reading(house.practice.engine) as connection:
        found = matching_recordings(house.practice, house.session(login), connection, says(**said))
        return [row.id for row in found]


def calls_at(house: House, *hours: int, **said: Any) -> None:
    take_in(house, [a_call(started_at=NINE + timedelta(hours=each), **said) for each in hours])


def test_the_calls_that_fit_a_request_are_found_the_newest_first(house: House) -> None:
    calls_at(house, 0, 2, 1, 24)
    calls_at(house, 3, number="+441144960123")
    assert matching(house, number="+442079460123", day=DAY) == [2, 3, 1]


def test_a_call_that_two_names_fit_is_found_once(house: House) -> None:
    calls_at(house, 0, parties=AGNES)
    calls_at(house, 1, parties=("Reception",))
    calls_at(house, 2, parties=("Somebody Else",))
    assert matching(house, parties=AGNES) == [2, 1]


def test_a_number_finds_the_calls_that_name_nobody(house: House) -> None:
    calls_at(house, 0, parties=())
    assert matching(house, number="+442079460123", parties=AGNES) == [1]


def test_nothing_fits_what_describes_no_call(house: House) -> None:
    calls_at(house, 0)
    assert matching(house, extension="201") == []


def test_it_takes_the_keys_of_whoever_may_search(house: House) -> None:
    calls_at(house, 0)
    with pytest.raises(Locked):
        matching(house, "sam", day=DAY)


# --- what whoever asks is told -----------------------------------------------------------------


def suggested(
    house: House, login: str = "max", *, purpose: Purpose = Purpose.PROTECT_PARTIES, **known: Any
) -> Suggested:
    """For a request of which only this is known."""
    nothing = {"day": UNKNOWN, "times": UNKNOWN, "extension": "unknown", "number": "unknown"}
    asks = said(purpose, **{**nothing, "parties": ("unknown",), **known})
    actor = logged_in(house, login)
    made = create_request(house.practice, actor, purpose=purpose, answers=asks)
    return suggest_recordings(house.practice, actor, made)


def test_whoever_may_search_is_shown_them_masked(house: House) -> None:
    calls_at(house, 0, 1)
    found = suggested(house, number="020 7946 0123")
    assert found.may_see
    assert (found.matching, [call.id for call in found.shown]) == (2, [2, 1])
    assert {(call.number, call.parties) for call in found.shown} == {
        ("•••••••0123", ("A•••• U••••",))
    }


def test_it_is_a_search_under_the_request_and_on_record(house: House) -> None:
    calls_at(house, 0)
    suggested(house, number="020 7946 0123")
    leaves = rows(house, "SELECT body FROM leaf ORDER BY seq DESC LIMIT 3")
    answered, search, created = (bytes(row.body).decode() for row in leaves)
    assert '"act":"request.created"' in created
    assert '"act":"search"' in search
    assert '"act":"search.answered"' in answered
    assert request_id(house, "R-1") in search


def test_of_several_names_each_is_a_search_and_no_call_comes_twice(house: House) -> None:
    calls_at(house, 0, parties=AGNES)
    calls_at(house, 1, parties=("Reception",))
    found = suggested(house, parties=AGNES)
    assert (found.matching, [call.id for call in found.shown]) == (2, [2, 1])


def test_a_request_that_describes_no_call_is_no_search(house: House) -> None:
    calls_at(house, 0)
    assert suggested(house) == Suggested(None, may_see=True)
    assert last_leaf(house).act == "request.created"


def test_no_more_is_shown_than_a_search_shows(house: House) -> None:
    calls_at(house, 0, 1, 2)
    house.decide(search={"most_results": 2})
    found = suggested(house, day=DAY)
    assert (found.matching, [call.id for call in found.shown]) == (3, [3, 2])


def test_nor_more_than_the_purpose_may_ask_for(house: House) -> None:
    calls_at(house, 0, 1, 2)
    house.decide(grants={"review_cap": 1})
    found = suggested(house, purpose=Purpose.TRAINING, day=DAY)
    assert (found.matching, [call.id for call in found.shown]) == (3, [3])


def test_whoever_may_not_search_learns_how_many_began_then(house: House) -> None:
    calls_at(house, 0, 1, 15, number="+441144960123")
    assert suggested(house, "sam", day=DAY) == Suggested(2)
    nine = TimeRange(time(9, 0), time(9, 10))
    assert suggested(house, "sam", day=DAY, times=nine) == Suggested(1)
    assert last_leaf(house).act == "request.created"


def test_a_call_that_lasted_into_the_time_is_counted(house: House) -> None:
    calls_at(house, 0)
    assert suggested(house, "sam", day=DAY, times=TimeRange(time(9, 1), time(9, 5))).matching == 1
    assert suggested(house, "sam", day=DAY, times=TimeRange(time(9, 2), time(9, 5))).matching == 0
    assert suggested(house, "sam", day=DAY, times=TimeRange(time(8, 0), time(8, 59))).matching == 0


def test_where_the_day_is_unknown_he_learns_nothing(house: House) -> None:
    calls_at(house, 0)
    assert suggested(house, "sam", number="020 7946 0123") == Suggested(None)
