"""Complaints, incidents and people in tables: sorted, chosen and saved as commands print them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from house.commands import done
from house.complaints import a_complaint, acknowledged
from house.desks import visit
from house.incidents import an_incident
from house.practices import House
from house.subjects import a_person


def _complaints(house: House) -> None:
    for _ in range(2):
        a_complaint(house)
    acknowledged(house)


def _incidents(house: House) -> None:
    for _ in range(2):
        an_incident(house)


def _people(house: House) -> None:
    for nhs_number in ("999 000 0018", None):
        a_person(house, nhs_number=nhs_number)


LISTS: dict[str, tuple[Callable[[House], None], tuple[str, ...], str]] = {
    "/complaints": (_complaints, ("complaint", "list"), "C-"),
    "/incidents": (_incidents, ("incident", "list"), "I-"),
    "/subjects": (_people, ("subject", "list"), "S-"),
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_saved_as_the_command_prints_it(house: House, path: str) -> None:
    make, command, _ = LISTS[path]
    make(house)
    saved = visit(house, "dora").open(f"{path}?as=json").answered
    assert json.loads(saved.body) == json.loads(done(house, "dora", *command, "--json"))
    table = visit(house, "dora").open(f"{path}?as=csv").answered
    assert table.kind.startswith("text/csv")
    assert len(table.body.splitlines()) == 3


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_sorted_by_its_headings(house: House, path: str) -> None:
    make, _, letter = LISTS[path]
    make(house)
    dora = visit(house, "dora")
    orders: list[Any] = [dora.open(f"{path}?sort={way}id").links for way in ("", "-")]
    found = [[each for each in links if f"/{letter}" in each] for links in orders]
    assert found == [
        [f"{path}/{letter}1", f"{path}/{letter}2"],
        [f"{path}/{letter}2", f"{path}/{letter}1"],
    ]


def test_complaints_are_chosen_by_their_state(house: House) -> None:
    _complaints(house)
    shown = visit(house, "dora").open("/complaints?state=received")
    assert "/complaints/C-2" in shown.links
    assert "/complaints/C-1" not in shown.links
