from __future__ import annotations

import pytest

from callrec.telephone.number import e164, extension_ranges, is_extension, party, tail

SPELLINGS = (
    "02079460123",
    "020 7946 0123",
    "(020) 7946-0123",
    "020.7946.0123",
    "+442079460123",
    "+44 (0)20 7946 0123",
    "+44 20 7946 0123",
    "00442079460123",
    "0044 (0)20 7946 0123",
    "442079460123",
    " 02079460123 ",
    "020\u00a07946\u20110123",
    "\u202a+442079460123\u202c",
    "\uff0b\uff14\uff142079460123",
)
NO_NUMBERS = {
    "nothing": "",
    "withheld": "anonymous",
    "whatever was dialled": "s",
    "an extension": "201",
    "a local number without its area": "946012",
    "seven digits of one": "4960123",
    "a prefix for an outside line": "902079460123",
    "a name": "Reception",
    "words and a number": "call 02079460123",
    "too long": "0" * 60,
    "an address": "sip:+442079460123@example.org",
    "an unknown country": "+999123456789",
    "a plus sign alone": "+",
    "a newline within": "0207946\n0123",
    "a broken byte": "0207946\udcff0123",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_one_number(spelling: str) -> None:
    assert e164(spelling, "GB") == "+442079460123"


@pytest.mark.parametrize("text", NO_NUMBERS.values(), ids=NO_NUMBERS.keys())
def test_what_is_no_public_number_has_no_e164(text: str) -> None:
    assert e164(text, "GB") is None


def test_numbers_that_no_metadata_list_are_believed_at_full_length() -> None:
    assert e164("01632 960123", "GB") == "+441632960123"
    assert e164("07700 900123", "GB") == "+447700900123"


def test_a_short_number_is_believed_where_it_is_listed() -> None:
    assert e164("0800 1111", "GB") == "+448001111"


def test_emergency_numbers_and_the_health_line_stay_as_written() -> None:
    assert [e164(code, "GB") for code in ("999", "112", "111")] == ["999", "112", "111"]
    assert e164("111", "IE") is None


def test_an_end_of_a_call_is_e164_as_written_or_nobody() -> None:
    assert party("07700 900123", "GB") == "+447700900123"
    assert party("201", "GB") == "201"
    assert party("Anonymous", "GB") is None


def test_extensions_are_told_by_length_where_no_ranges_are_given() -> None:
    told = ["20", "201", "200123", "2", "2001234", "0201", "999", "111", "reception", "٢٠١"]
    assert [text for text in told if is_extension(text, (), "GB")] == ["20", "201", "200123"]


def test_ranges_decide_about_extensions_where_they_are_given() -> None:
    ranges = extension_ranges(("111", "200-299"))
    assert ranges == ((111, 111), (200, 299))
    told = ["111", "199", "200", "299", "300", "0200"]
    assert [text for text in told if is_extension(text, ranges, "GB")] == [
        "111",
        "200",
        "299",
        "0200",
    ]


def test_a_number_can_be_told_by_its_last_four_digits() -> None:
    assert tail("+442079460123") == "0123"
    assert tail("999") == "999"
