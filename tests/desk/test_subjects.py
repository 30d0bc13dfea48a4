"""The register of people, at the desk: each look says why, by the same acts as at a terminal."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from callrec.subjects.register import list_subjects
from house.commands import done, refusal, type_in
from house.desks import visit, written
from house.practices import House
from house.requests import signed_in
from house.subjects import BORN, NAME, NHS_NUMBER, NUMBER, PROOF, WHY, a_person, opened_person

KNOWN: dict[str, Any] = {"name": NAME, "born": BORN, "number": NUMBER, "proved": PROOF}

SAID: dict[str, Any] = {**KNOWN, "nhs_number": NHS_NUMBER, "reason": WHY}


def options_of(said: dict[str, Any]) -> list[str]:
    return [f"--{name.replace('_', '-')}={text}" for name, text in said.items()]


def test_a_person_is_entered_by_the_same_leaves_as_at_a_terminal(house: House) -> None:
    other = {**SAID, "nhs_number": "none", "number": "07700 900124"}
    typed = written(house, partial(done, house, "max", "subject", "add", *options_of(other)))
    max_ = visit(house, "max")
    assert written(house, partial(max_.fill_in, "/subjects/new", **SAID)) == typed
    assert [each.act for each in typed] == ["search", "subject.added", "search.answered"]
    assert opened_person(house, "S-2").record.nhs_number == NHS_NUMBER.replace(" ", "")


def test_several_names_and_numbers_stand_on_lines_of_their_own(house: House) -> None:
    names, numbers = f"{NAME}\nSian Davies", f"{NUMBER}\n01144 960123"
    visit(house, "max").fill_in("/subjects/new", **{**SAID, "name": names, "number": numbers})
    record = opened_person(house, "S-1").record
    assert record.names == (NAME, "Sian Davies")
    assert record.numbers == ("+447700900123", "+441144960123")


def test_a_look_without_a_reason_is_refused_and_what_was_typed_stays(house: House) -> None:
    a_person(house)
    max_ = visit(house, "max")
    shown = max_.fill_in("/subjects/S-1")
    assert refusal(type_in(house, "max", "subject", "show", "S-1")) in shown.words
    refused = max_.fill_in("/subjects/find", nhs_number=NHS_NUMBER)
    assert refused.fields["nhs_number"] == [NHS_NUMBER]
    assert refused.status == 403


def test_a_look_is_on_record_once_and_its_page_opens_again_without_another(house: House) -> None:
    a_person(house)
    max_ = visit(house, "max")
    typed = written(house, partial(done, house, "max", "subject", "show", "S-1", "--reason", WHY))
    assert written(house, partial(max_.fill_in, "/subjects/S-1", reason=WHY)) == typed
    key = next(iter(max_.seat._kept))  # noqa: SLF001  # where the page is
    again: list[str] = []
    assert not written(house, lambda: again.append(max_.open(f"/subjects/S-1/seen/{key}").words))
    assert f"Name{NAME}" in again[0]
    assert NUMBER not in again[0]


def test_no_opening_of_a_page_looks_at_anybody(house: House) -> None:
    a_person(house)
    max_ = visit(house, "max")
    for path in ("/subjects", "/subjects/S-1", "/subjects/find", "/subjects/S-1/change"):
        assert not written(house, partial(max_.open, path))
        assert NAME not in max_.open(path).html


def test_a_page_that_is_kept_no_more_says_to_look_again(house: House) -> None:
    shown = visit(house, "max").open("/subjects/found/gone")
    assert shown.status == 404
    assert "look it up again" in shown.words


def test_somebody_is_found_by_the_same_leaves_as_at_a_terminal(house: House) -> None:
    a_person(house)
    max_ = visit(house, "max")
    asked: dict[str, Any] = {"nhs_number": NHS_NUMBER, "reason": WHY}
    line = ("subject", "find", *options_of(asked))
    typed = written(house, partial(done, house, "max", *line))
    assert written(house, partial(max_.fill_in, "/subjects/find", **asked)) == typed
    shown = max_.fill_in("/subjects/find", **asked)
    assert f"S-1{NAME}" in shown.words
    assert "/subjects/S-1" in shown.links


@pytest.mark.parametrize("changed", [{"number": "07700 900199"}, {"nhs_number": "none"}])
def test_what_is_left_empty_stands(house: House, changed: dict[str, Any]) -> None:
    a_person(house)
    max_ = visit(house, "max")
    line = ("subject", "change", "S-1", "--name=Ann Other", "--reason", WHY)
    typed = written(house, partial(done, house, "max", *line))
    fill_in = partial(max_.fill_in, "/subjects/S-1/change", reason=WHY, **changed)
    assert written(house, fill_in) == typed
    record = opened_person(house).record
    assert record.names == ("Ann Other",)
    assert record.proof == PROOF


def test_erasing_takes_a_confirmation_and_the_same_leaves(house: House) -> None:
    for number in (NUMBER, "07700 900124"):
        a_person(house, numbers=(number,), nhs_number=None)
    dora = visit(house, "dora")
    refused = dora.fill_in("/subjects/S-2/erase")
    assert "Not confirmed, so nothing was done." in refused.words
    typed = written(house, partial(done, house, "dora", "subject", "erase", "S-1", "--yes"))
    fill_in = partial(dora.fill_in, "/subjects/S-2/erase", confirmed="yes")
    assert written(house, fill_in) == typed
    states = {each.state for each in list_subjects(house.practice, signed_in(house, "dora"))}
    assert states == {"erased"}
