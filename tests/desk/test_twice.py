"""A form that is sent twice, as by a double click, is done once; and both answers tell that."""

from __future__ import annotations

from typing import Any

from house.complaints import COMPLAINANT, CONTACT, WRONG
from house.desks import visit, written
from house.practices import House

COMPLAINT: dict[str, Any] = {"how": "letter", "from": COMPLAINANT, "contact": CONTACT}


def test_what_is_sent_twice_is_done_once_and_told_twice(house: House) -> None:
    max_, told = visit(house, "max"), list[str]()
    number = max_.open("/complaints/new").fields["once"]

    def send(*said: str) -> None:
        for what in said:
            shown = max_.fill_in("/complaints/new", once=number, what=what, **COMPLAINT)
            told.append(shown.words)

    assert len(written(house, lambda: send(WRONG, WRONG))) == 1
    assert told[0] == told[1]
    assert len(written(house, lambda: send(f"{WRONG}, and another"))) == 1
    assert told[2] != told[0]


def test_two_forms_that_were_filled_in_alike_are_two(house: House) -> None:
    max_ = visit(house, "max")

    def fill_in_two() -> None:
        for _ in range(2):
            number = max_.open("/complaints/new").fields["once"]
            max_.fill_in("/complaints/new", once=number, what=WRONG, **COMPLAINT)

    assert len(written(house, fill_in_two)) == 2


def test_what_was_refused_is_done_when_it_is_sent_again(house: House) -> None:
    max_ = visit(house, "max")
    number = max_.open("/complaints/new").fields["once"]
    filled: dict[str, Any] = {"once": number, "what": WRONG, **COMPLAINT}
    refused = max_.fill_in("/complaints/new", **{**filled, "what": ""})
    assert "That was not done" in refused.words
    again = {**filled, "once": refused.fields["once"]}
    assert len(written(house, lambda: max_.fill_in("/complaints/new", **again))) == 1
