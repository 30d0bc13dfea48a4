"""What is overdue is red and what is due soon yellow on a terminal that has colours."""

from __future__ import annotations

import re

import pytest

from callrec.policy.purpose import Purpose
from cli.test_request_on_a_terminal import on_a_terminal
from house.practices import House
from house.requests import a_request, further_of

RED, YELLOW = "31", "33"

PAINTED = re.compile(r"\x1b\[([0-9;]+)m([^\x1b]*)\x1b\[0m")


def asked_for(house: House, received: str) -> str:
    """Somebody's own calls, as they asked for them on that day."""
    purpose = Purpose.SUBJECT_ACCESS
    return a_request(house, purpose=purpose, further=further_of(purpose, received=received))


def painted(house: House, command: str) -> dict[str, str]:
    """What stands there in a colour -> which one."""
    shown = on_a_terminal(house, "dora", command, TERM="xterm")
    return {text.strip(): style for style, text in PAINTED.findall(shown)}


def colour_of(words: str, shown: dict[str, str]) -> set[str]:
    return {style.split(";")[-1] for text, style in shown.items() if words in text}


@pytest.mark.parametrize(
    ("command", "overdue", "soon"),
    [
        ("status", "OVERDUE: R-1", "due soon: R-2"),
        ("inbox", "OVERDUE Mon 5 Aug 2024", "due Mon 30 Nov 2026"),
    ],
)
def test_lists_show_by_colour_what_presses(
    stocked: House, command: str, overdue: str, soon: str
) -> None:
    asked_for(stocked, "2024-07-05")
    asked_for(stocked, "2026-10-28")
    asked_for(stocked, "2026-11-20")
    shown = painted(stocked, command)
    assert colour_of(overdue, shown) == {RED}
    assert colour_of(soon, shown) == {YELLOW}
    assert not colour_of("R-3", shown)


@pytest.mark.parametrize(
    ("received", "words", "colour"),
    [
        ("2024-07-05", "Mon 5 Aug 2024  OVERDUE by", {RED}),
        ("2026-10-28", "Mon 30 Nov 2026  due soon", {YELLOW}),
        ("2026-11-20", "Mon 21 Dec 2026", set()),
    ],
)
def test_one_request_shows_it_likewise(
    stocked: House, received: str, words: str, colour: set[str]
) -> None:
    asked_for(stocked, received)
    assert colour_of(words, painted(stocked, "request show R-1")) == colour


@pytest.mark.parametrize(("term", "no_color"), [("xterm", "1"), ("dumb", "")])
def test_nothing_is_painted_where_no_colour_is_wanted(
    stocked: House, term: str, no_color: str
) -> None:
    asked_for(stocked, "2024-07-05")
    shown = on_a_terminal(stocked, "dora", "status", TERM=term, NO_COLOR=no_color)
    assert "OVERDUE: R-1" in shown
    assert "\x1b" not in shown
