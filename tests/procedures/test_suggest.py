"""Which recordings fit what a request says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from callrec.catalogue.engine import reading
from callrec.errors import Locked
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.procedures.suggest import matching_recordings
from calls import NINE, a_call, take_in

if TYPE_CHECKING:
    from practices import House

DAY = date(2024, 1, 4)
AGNES = ("Agnes Underhill", "Reception")


def says(**said: Any) -> Particulars:
    unknown = dict.fromkeys(("day", "times", "extension", "number", "parties"), UNKNOWN)
    return Particulars(**{"reason": "Nobody rang her back", "about": "", **unknown, **said})


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
