"""On a terminal, ``search`` asks for the reason that was not given."""

from __future__ import annotations

from cli.test_request_on_a_terminal import on_a_terminal
from house.calls import a_call, take_in
from house.practices import House

REASON = "The patient complains that nobody rang back"


def test_the_reason_is_asked_for(house: House) -> None:
    take_in(house, [a_call()])
    shown = on_a_terminal(house, "max", "search --number ...0123", REASON)
    assert shown.startswith("Reason for this search: ")
    assert "•••••••0123" in shown
    assert shown.endswith("next: callrec request create --recording 1\n[0]")


def test_what_is_entered_has_to_be_a_reason(house: House) -> None:
    shown = on_a_terminal(house, "max", "search --number ...0123", "curious")
    assert "[policy 4(c)]" in shown
    assert shown.endswith("[3]")


def test_nothing_is_asked_where_a_request_is_named(house: House) -> None:
    shown = on_a_terminal(house, "max", "search --number ...0123 --request R-1")
    assert shown.endswith("[4]")


def test_nothing_is_asked_where_it_would_be_browsing(house: House) -> None:
    shown = on_a_terminal(house, "max", "search")
    assert shown.startswith("by max\ncallrec: error: a search asks for a number, a party")
    assert shown.endswith("[3]")
