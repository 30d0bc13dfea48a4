"""On a terminal, ``search`` asks for the reason that was not given."""

from __future__ import annotations

from cli.test_request_on_a_terminal import on_a_terminal
from house.calls import a_call, take_in
from house.practices import House
from house.requests import a_request

REASON = "The patient complains that nobody rang back"


def test_the_reason_is_asked_for(house: House) -> None:
    take_in(house, [a_call()])
    shown = on_a_terminal(house, "max", "search --number ...0123", REASON)
    assert shown.startswith("A sentence, which is kept in the record: ")
    assert "\nWhy do you need this recording? " in shown
    assert "•••••••0123" in shown
    assert shown.endswith("next: callrec request create --recording 1\n[0]")


def test_a_poor_reason_is_asked_for_again(house: House) -> None:
    take_in(house, [a_call()])
    shown = on_a_terminal(house, "max", "search --number ...0123", "curious", REASON)
    assert "the reason is not a sentence [policy 4(c)]; say why in at least 20" in shown
    assert shown.count("Why do you need this recording? ") == 2
    assert shown.endswith("[0]")


def test_an_empty_reason_is_asked_for_again(house: House) -> None:
    take_in(house, [a_call()])
    shown = on_a_terminal(house, "max", "search --number ...0123", "", REASON)
    assert shown.count("Why do you need this recording? ") == 2
    assert shown.endswith("[0]")


def test_open_requests_are_offered_and_what_is_found_goes_to_one(stocked: House) -> None:
    reference = a_request(stocked)
    shown = on_a_terminal(stocked, "max", "search --number ...0123", "1")
    assert f"   1  {reference}  protect parties  submitted  by sam" in shown
    assert "   2  none  another reason, which you say next" in shown
    assert "+447700900123" in shown  # not masked, for the person who decides that request


def test_a_reason_can_be_given_beside_open_requests(stocked: House) -> None:
    a_request(stocked)
    shown = on_a_terminal(stocked, "max", "search --number ...0123", "none", REASON)
    assert "next: callrec request create --recording " in shown


def test_staff_are_asked_nothing_before_they_are_refused(house: House) -> None:
    shown = on_a_terminal(house, "sam", "search --number ...0123")
    assert "the role staff may not search" in shown
    assert "Why" not in shown


def test_nothing_is_asked_where_a_request_is_named(house: House) -> None:
    shown = on_a_terminal(house, "max", "search --number ...0123 --request R-1")
    assert shown.endswith("[4]")


def test_nothing_is_asked_where_it_would_be_browsing(house: House) -> None:
    shown = on_a_terminal(house, "max", "search --from 1/1/2024 --to 1/2/2024")
    assert shown.startswith("by max\ncallrec: error: a search asks for a number, a party")
    assert shown.endswith("[3]")


def test_where_nothing_is_typed_the_number_and_the_day_are_asked_for(house: House) -> None:
    take_in(house, [a_call()])
    shown = on_a_terminal(house, "max", "search", "12", "...0123", "", REASON)
    assert "Which telephone number? [unknown]: " in shown
    assert "that is not a telephone number: it is as short as an extension; give it" in shown
    assert "On which day? [any day]: " in shown
    assert "•••••••0123" in shown


def test_a_number_need_not_be_known_but_then_one_day_is(house: House) -> None:
    take_in(house, [a_call()])
    shown = on_a_terminal(house, "max", "search", "", "any day", "4/1/2024", REASON)
    assert "that is not a date; type 4/1/2024 (day first)" in shown
    assert "On which day? [today]: " in shown
    assert "•••••••0123" in shown


def test_staff_who_type_nothing_are_asked_nothing(house: House) -> None:
    shown = on_a_terminal(house, "sam", "search")
    assert "Which telephone number?" not in shown
    assert shown.endswith("[3]")
