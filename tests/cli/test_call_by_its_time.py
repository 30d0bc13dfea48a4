"""A call is named by its number, or by when it began; to find it by that is a search [policy 4(c)].

Among what was granted to somebody no search is needed: they know these calls.
"""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from callrec.audit.leaf import Outcome
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.errors import Unusable
from callrec.record.versions import open_details
from callrec.views.typed import NamedCall, read_call
from cli.test_listen_on_a_terminal import keeps
from cli.test_request_on_a_terminal import on_a_terminal
from house.commands import done, type_in
from house.practices import House
from house.requests import approved, opened, signed_in
from house.spool import a_call, a_name, take_in

WHY = "The patient complains that nobody rang back"

CREATE = (
    *("request", "create", "protect-parties", "--reason", WHY, "--date", "4/7/2024"),
    *("--time", "14:05", "--extension", "201", "--number", "unknown", "--party", "unknown"),
)


@pytest.fixture
def office(house: House) -> House:
    """Recordings 1 and 2 began on 4 July 2024 at 14:05, recording 3 an hour later."""
    spool = house.folder / "spool"
    for call, hours in enumerate((0, 0, 1)):
        take_in(house, a_call(spool, call, name=a_name(call, hours_later=hours)))
    return house


def searches(house: House) -> list[tuple[Outcome, dict[str, Any]]]:
    """Each search on record, how it ended and what was asked."""
    ava = signed_in(house, "ava")
    with reading(house.practice.engine) as connection:
        leaves = [read_leaf(connection, seq)[0] for seq in range(stored_head(connection).size)]
        return [
            (leaf.outcome, dict(open_details(house.practice, ava, connection, leaf)))
            for leaf in leaves
            if leaf.act == "search"
        ]


@pytest.mark.parametrize(
    ("typed", "day", "at"),
    [
        ("4/7/2024 14:05", "4/7/2024", time(14, 5)),
        ("yesterday 16:03", "yesterday", time(16, 3)),
        ("yesterday at 9.45", "yesterday", time(9, 45)),
        ("2024-07-04T14:05", "2024-07-04", time(14, 5)),
        (" 2024-07-04, 14:05 ", "2024-07-04", time(14, 5)),
    ],
)
def test_a_call_is_named_by_when_it_began(typed: str, day: str, at: time) -> None:
    assert read_call(typed) == NamedCall(None, day, at)


def test_a_call_is_named_by_its_number() -> None:
    assert read_call(" 01042 ") == NamedCall(1042)


@pytest.mark.parametrize("typed", ["", "yesterday", "14:05", "4/7/2024 25:05", "R-17", "10 42"])
def test_what_is_neither_is_not_taken(typed: str) -> None:
    with pytest.raises(Unusable):
        read_call(typed)


def test_who_may_search_asks_for_a_call_by_its_time_and_that_is_on_record(office: House) -> None:
    answer = type_in(office, "max", *CREATE, "--recording", "4/7/2024 15:05")
    assert answer.status == 0
    assert "4/7/2024 15:05 is recording 3\n" in answer.err
    assert [row.id for row in opened(office, "R-1", "pat").recordings] == [3]
    asked = {"from": "2024-07-04", "to": "2024-07-04", "time_from": "15:05", "time_to": "15:05"}
    assert searches(office) == [(Outcome.DONE, {"criteria": asked, "reason": WHY, "request": None})]


def test_who_may_not_search_finds_no_call_by_its_time(office: House) -> None:
    """Nor learns whether there is one."""
    tried = [
        type_in(office, "sam", *CREATE, "--recording", f"4/7/2024 {at}")
        for at in ("15:05", "03:00")
    ]
    assert {answer.status for answer in tried} == {3}
    assert len({answer.err for answer in tried}) == 1
    assert [outcome for outcome, _ in searches(office)] == [Outcome.REFUSED] * 2


def test_of_several_at_that_minute_the_numbers_are_said(office: House) -> None:
    answer = type_in(office, "max", *CREATE, "--recording", "4/7/2024 14:05")
    assert (answer.status, answer.out) == (2, "")
    assert "2 calls began then: 4/7/2024 14:05" in answer.err
    assert "give one by its number: 2, 1" in answer.err


def test_where_none_began_then_it_says_so(office: House) -> None:
    answer = type_in(office, "max", *CREATE, "--recording", "4/7/2024 14:06")
    assert answer.status == 4
    assert "no call is found that began then: 4/7/2024 14:06" in answer.err


def test_under_a_request_it_is_a_search_for_that_request(office: House) -> None:
    done(office, "sam", *CREATE)
    said = done(office, "max", "request", "attach", "R-1", "4/7/2024 15:05", "--yes")
    assert said.startswith("R-1 is changed. Recordings asked for: 1.")
    assert searches(office)[-1][1]["request"] == "R-1"


def test_a_hold_takes_its_own_reason_for_the_search(office: House) -> None:
    done(office, "max", "hold", "place", "4/7/2024 15:05", "--reason", WHY)
    assert searches(office)[-1][1]["reason"] == WHY


def test_show_asks_why_and_which(office: House) -> None:
    shown = on_a_terminal(office, "max", "show '4/7/2024 14:05'", WHY, "2")
    assert "Why do you need this recording? " in shown
    assert "   2  recording 1  14:05:01  0:00  inbound  201  •••••••0123\n" in shown
    assert "4/7/2024 14:05 is recording 1\n" in shown
    assert "\nrecording    1\n" in shown
    assert searches(office)[-1][1]["reason"] == WHY


def test_without_a_terminal_show_takes_a_search_first(office: House) -> None:
    answer = type_in(office, "max", "show", "4/7/2024 15:05")
    assert answer.status == 2
    assert "is a search, which needs a reason" in answer.err
    assert searches(office) == []


def test_what_was_granted_is_heard_by_its_time_without_a_search(office: House) -> None:
    approved(office, recordings=[1, 2, 3])
    environ = keeps(office)
    said = done_with(office, environ, "listen", "R-1", "4/7/2024 15:05")
    assert said.startswith("Recording 3 was played")
    said = done_with(office, environ, "listen", "R-1", "4/7/2024 14:05")
    assert said.count("was played") == 2
    answer = type_in(office, "sam", "listen", "R-1", "4/7/2024 16:05", **environ)
    assert answer.status == 4
    assert searches(office) == []


def done_with(house: House, environ: dict[str, str], *words: str) -> str:
    answer = type_in(house, "sam", *words, **environ)
    assert answer.status == 0, answer
    return answer.out


def test_a_call_that_is_under_way_then_did_not_begin_then(office: House) -> None:
    take_in(office, a_call(office.folder / "spool", 7, size_bytes=2 << 20))  # two minutes
    said = type_in(office, "max", *CREATE, "--recording", "4/7/2024 14:06")
    assert said.status == 4
    assert "no call is found that began then: 4/7/2024 14:06" in said.err
