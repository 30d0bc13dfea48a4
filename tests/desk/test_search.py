"""Searching at the desk: the same refusals, masks and entries of the record as at a terminal."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from callrec.policy.clause import Clause
from house.calls import NINE, a_call, take_in
from house.commands import done, refusal, type_in
from house.desks import visit, written
from house.practices import House
from house.requests import a_request
from house.subjects import HOW, a_person
from policy.clauses import WORDS

WHY = "Mrs Underhill says that nobody rang her back"

NUMBER = "020 7946 0123"


def with_calls(house: House, count: int = 3) -> House:
    times = [NINE + timedelta(minutes=2 * number) for number in range(count)]
    take_in(house, [a_call(started_at=at) for at in times])
    return house


def options_of(said: dict[str, Any]) -> list[str]:
    return [f"--{name}={text}" for name, text in said.items()]


def test_a_search_is_recorded_as_at_a_terminal_and_its_page_opens_again_without(
    house: House,
) -> None:
    max_ = visit(with_calls(house), "max")
    asked: dict[str, Any] = {"number": NUMBER, "reason": WHY}
    typed = written(house, partial(done, house, "max", "search", *options_of(asked)))
    assert written(house, partial(max_.fill_in, "/search", password=False, **asked)) == typed
    assert [each.act for each in typed] == ["search", "search.answered"]
    key = next(iter(max_.seat._kept))  # noqa: SLF001  # where the page is
    assert not written(house, partial(max_.open, f"/search/{key}"))
    assert {"/recordings/1", "/recordings/3"} <= set(max_.open(f"/search/{key}").links)


def test_numbers_and_names_are_masked_until_a_request_was_granted(stocked: House) -> None:
    max_ = visit(stocked, "max")
    masked = max_.fill_in("/search", date="4/7/2024", reason=WHY)
    assert "Numbers and names are masked until a request for them is granted" in masked.words
    assert "•••" in masked.words


@pytest.mark.parametrize(
    "asked",
    [
        {"number": NUMBER},
        {"number": NUMBER, "reason": "because"},
        {"from": "1/1/2024", "to": "31/1/2024", "reason": WHY},
        {"number": "withheld", "date": "4/1/2024", "reason": WHY},
        {"number": NUMBER, "request": "R-9"},
        {"number": "12", "reason": WHY},
        {"to": "4/1/2024", "reason": WHY},
        {"party": "A", "reason": WHY},
    ],
)
def test_what_is_refused_is_refused_in_the_same_words_and_nothing_is_lost(
    house: House, asked: dict[str, Any]
) -> None:
    max_ = visit(house, "max")
    told: list[Any] = []
    typed = written(house, lambda: told.append(type_in(house, "max", "search", *options_of(asked))))
    shown: list[Any] = []
    assert written(house, lambda: shown.append(max_.fill_in("/search", **asked))) == typed
    assert refusal(told[0]) in shown[0].words
    for name in asked.keys() - {"request"}:
        assert shown[0].fields[name] == [asked[name]]


def test_who_may_not_search_is_refused_in_the_same_words(house: House) -> None:
    told = type_in(house, "sam", "search", "--number", NUMBER, "--reason", WHY)
    shown = visit(house, "sam").fill_in("/search", number=NUMBER, reason=WHY)
    assert refusal(told) in shown.words
    assert shown.status == 403


def test_many_calls_stand_on_pages_and_no_other_leaf_is_written(house: House) -> None:
    max_ = visit(with_calls(house, 30), "max")
    first = max_.fill_in("/search", date="4/1/2024", reason=WHY)
    assert "Page 1 of 2" in first.words
    (second,) = {link for link in first.links if link.endswith("/2") and "search" in link}
    shown: list[Any] = []
    assert not written(house, lambda: shown.append(max_.open(second)))
    assert "/recordings/5" in shown[0].links
    assert "/recordings/6" in first.links
    assert max_.open(second.removesuffix("2") + "3").status == 404


def test_an_address_of_a_search_tells_nothing(house: House) -> None:
    max_ = visit(with_calls(house), "max")
    max_.fill_in("/search", number=NUMBER, party="Agnes Underhill", reason=WHY)
    (key,) = max_.seat._kept  # noqa: SLF001  # the address
    assert not {"Agnes", "7946", "Mrs"} & set(key.split())
    page = max_.open(f"/search/{key}")
    assert "<title>Calls that were found" in page.html


def test_a_search_stands_under_a_request_that_is_chosen(stocked: House) -> None:
    a_request(stocked, "sam")
    max_ = visit(stocked, "max")
    assert "R-1: protect parties, submitted, by sam" in max_.open("/search").words
    line = ("search", "--request", "R-1", "--number", "020 7946 0123")
    typed = written(stocked, partial(done, stocked, "max", *line))
    fill_in = partial(max_.fill_in, "/search", request="R-1", number="020 7946 0123")
    assert written(stocked, fill_in) == typed


def test_all_that_a_line_can_ask_for_can_be_asked_for(stocked: House) -> None:
    asked: dict[str, Any] = {
        "from": "4/7/2024 14:00",
        "to": "4/7/2024 15:00",
        "extension": "201",
        "direction": "inbound",
        "party": "Siân O'Neill",
        "reason": WHY,
    }
    max_ = visit(stocked, "max")
    line = ("search", *options_of(asked))
    typed = written(stocked, partial(done, stocked, "max", *line))
    assert written(stocked, partial(max_.fill_in, "/search", **asked)) == typed


@pytest.mark.parametrize("clause", [Clause.FORMALLY_AUTHORISED, Clause.NO_BROWSING])
def test_the_clauses_stand_beside_the_form_word_for_word(house: House, clause: Clause) -> None:
    shown = visit(house, "max").open("/search").words
    line = next(line for line in shown.splitlines() if line.startswith(str(clause)))
    assert line.removeprefix(f"{clause} ") in WORDS[clause]


def test_a_recording_is_shown_as_at_a_terminal(stocked: House) -> None:
    max_ = visit(stocked, "max")
    typed = written(stocked, partial(done, stocked, "max", "show", "1"))
    shown: list[Any] = []
    assert written(stocked, lambda: shown.append(max_.open("/recordings/1"))) == typed
    assert "sealed file are as they were sealed" in shown[0].words


def test_a_call_named_by_its_time_is_a_search_with_its_reason(house: House) -> None:
    max_ = visit(with_calls(house), "max")
    refused = max_.fill_in("/recordings", recording="4/1/2024 09:02", reason="")
    assert refused.fields["recording"] == ["4/1/2024 09:02"]
    assert refused.status == 403
    line = ("show", "4/1/2024 09:02")
    assert type_in(house, "max", *line).status
    wrote = written(
        house, partial(max_.fill_in, "/recordings", recording="4/1/2024 09:02", reason=WHY)
    )
    assert [each.act for each in wrote] == ["search", "search.answered", "recording.shown"]


def test_of_several_calls_in_a_minute_one_is_chosen(house: House) -> None:
    take_in(house, [a_call(), a_call(started_at=NINE + timedelta(seconds=20))])
    shown = visit(house, "max").fill_in("/recordings", recording="4/1/2024 09:00", reason=WHY)
    assert {"/recordings/1", "/recordings/2"} <= set(shown.links)


def test_a_note_and_who_is_heard_are_written_with_a_password(granted: House) -> None:
    a_person(granted)
    max_ = visit(granted, "max")
    steps: dict[str, dict[str, Any]] = {
        "note": {"text": HOW},
        "identify": {"subject": "S-1", "how": HOW},
    }
    for step, said in steps.items():
        line = ("recording", step, "1", *options_of(said))
        typed = written(granted, partial(done, granted, "max", *line))
        fill_in = partial(max_.fill_in, f"/recordings/1/{step}", **said)
        assert written(granted, fill_in) == typed


def test_a_note_without_a_password_asks_for_it_and_loses_nothing(granted: House) -> None:
    max_ = visit(granted, "max")
    shown = max_.fill_in("/recordings/1/note", password=False, text=HOW)
    assert shown.fields["text"] == [HOW]
    assert "password is needed" in shown.words
