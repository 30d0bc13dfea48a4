from __future__ import annotations

import phonenumbers
import pytest

from callrec.errors import Unusable
from callrec.telephone.number import (
    dialled,
    e164,
    extension_ranges,
    is_extension,
    is_own_number,
    is_withheld,
    may_be_outside,
    number_ranges,
    parse_number,
    parse_sought,
    party,
    read_end,
)

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
    "020\u20097946\u202f0123",
    "020\t7946 0123",
    "2079460123",
    "tel:+44-20-7946-0123",
    "tel:7946-0123;phone-context=+4420",
    "tel:+442079460123;ext=201",
    "sip:+442079460123@example.org;user=phone",
    "sips:02079460123@192.0.2.1:5061;transport=tls",
    "sip:%2B442079460123@sip.example.net",
    '"Siân Evans" <sip:02079460123@example.org>;tag=as5c1f',
    "Siân Evans <+442079460123>",
    "Siân Evans (020 7946 0123)",
    "020 7946 0123 (Siân Evans)",
    '"02079460123" <sip:trunk@example.org>',
    "020 7946 0123 x201",
    "020 7946 0123 ext. 201",
    "020 7946 0123,,201#",
    "*67 020 7946 0123",
    "#31#02079460123",
    "141 020 7946 0123",
    "18001 020 7946 0123",
    "'02079460123",
    '="02079460123"',
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
    "two numbers": "02079460123 or 02079460124",
    "a number among other digits": "line 2: 02079460123",
    "a number within a word": "n02079460123x",
    "too long": "0" * 60,
    "a person's address": "sip:siân@example.org",
    "a digit short": "020 7946 012",
    "a digit too many": "+44 20 7946 01234",
    "a NUL within": "0207946\00123",
    "an unknown country": "+999123456789",
    "a plus sign alone": "+",
    "a newline within": "0207946\n0123",
    "a broken byte": "0207946\udcff0123",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_one_number(spelling: str) -> None:
    assert e164(spelling) == "+442079460123"


def test_what_stands_around_a_number_is_kept_apart_from_it() -> None:
    assert read_end('"Siân Evans" <sip:07700900123@example.org>') == (
        "07700900123",
        "Siân Evans",
        "",
    )
    assert read_end("+442079460123;ext=201") == ("+442079460123", "", "201")
    assert read_end("sip:201@pbx.example") == read_end("Ext. 201") == ("201", "", "")
    assert read_end("Reception (201)") == ("201", "Reception", "")


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("020 7946 012", "one digit short"),
        ("01632 96012", "one digit short"),
        ("+44 20 7946 01234", "one digit too many"),
        ("946012", "as short as an extension"),
        ("4960123", "3 digits short"),
        ("+999 123 4567", "its country, or its length"),
        ("Reception", "that is not a telephone number$"),
        ("0207946\00123", "a sign that cannot be shown"),
    ],
)
def test_a_number_that_is_none_is_told_what_it_lacks(typed: str, what: str) -> None:
    with pytest.raises(Unusable, match=what) as refusal:
        parse_number(typed, hint="")
    assert not any(map(str.isdigit, refusal.value.message.replace("3 digits", "")))


def test_what_stands_before_a_number_for_an_outside_line_is_no_part_of_what_is_typed() -> None:
    for typed in ("902079460123", "914102079460123", "9 1470 44 20 7946 0123"):
        assert parse_sought(typed, hint="", prefixes=("9",)) == "+442079460123"
        with pytest.raises(Unusable):
            parse_sought(typed, hint="")


def test_what_cannot_be_a_number_is_looked_for_by_its_digits_where_that_is_meant() -> None:
    assert parse_sought("digits 946 012", hint="") == "digits 946012"
    assert parse_sought("Digits 020-7946-0123", hint="") == "+442079460123"
    assert party("946 012") == "946012"
    with pytest.raises(Unusable):
        parse_sought("digits Reception", hint="")


@pytest.mark.parametrize("text", NO_NUMBERS.values(), ids=NO_NUMBERS.keys())
def test_what_is_no_public_number_has_no_e164(text: str) -> None:
    assert e164(text) is None


def test_numbers_that_no_metadata_list_are_believed_at_full_length() -> None:
    assert e164("01632 960123") == "+441632960123"
    assert e164("07700 900123") == "+447700900123"


@pytest.mark.parametrize("number", ["07700 900123", "00447700900123"])
@pytest.mark.parametrize("before", ["141", "1470", "141 ", "1470-"])
def test_what_withholds_or_shows_ones_own_number_is_no_part_of_the_number(
    before: str, number: str
) -> None:
    assert e164(before + number) == "+447700900123"
    assert dialled(f"9{before}{number}", ("9",)) == before + number


def test_where_a_number_begins_as_what_withholds_one_it_is_that_number() -> None:
    assert e164("141 496 0123") == "+441414960123", "in Glasgow"
    assert e164("1470 496012") == "+441470496012", "on Skye"
    assert e164("141 0800 1111") == "+448001111"
    assert [e164(text) for text in ("1414960", "141201", "1470")] == [None] * 3


def test_a_short_number_is_believed_where_it_is_listed() -> None:
    assert e164("0800 1111") == "+448001111"


def test_noughts_of_a_trunk_behind_each_other_all_come_off() -> None:
    assert e164("+44 (0) 020 7946 0123") == e164("+0442079460123") == "+442079460123"
    assert e164("0039 06 6982 0000") == e164("+390669820000") == "+390669820000"


def test_a_number_that_another_reading_would_shorten_is_read_to_its_end() -> None:
    assert e164("+55 0 90 3740 0620") is None, "+559037400620, in which 90 would be a carrier"
    assert e164("+383 00 49 469 433") == "+38349469433"


def test_emergency_numbers_and_the_health_line_stay_as_written() -> None:
    assert [e164(code) for code in ("999", "112", "111")] == ["999", "112", "111"]


def test_phonenumbers_knows_no_other_emergency_number() -> None:
    short = [f"{number:0{size}}" for size in (1, 2, 3, 4) for number in range(10**size)]
    known = [digits for digits in short if phonenumbers.is_emergency_number(digits, "GB")]
    assert known == ["112", "999"]
    assert [e164(digits) for digits in known] == known
    assert not any(is_extension(digits, ()) for digits in known)


def test_public_short_codes_stay_as_written_and_no_other_short_number_is_one() -> None:
    told = ["101", "105", "111", "116123", "118500", "119", "159", "18000", "100", "117", "201"]
    assert [text for text in told if e164(text)] == told[:8]


def test_a_desk_may_have_a_short_codes_number_and_ranges_decide() -> None:
    told = ["101", "105", "119", "159", "111", "999", "116123"]
    assert [text for text in told if is_extension(text, ())] == told[:4]
    assert not any(is_extension(text, ((200, 299),)) for text in told)


NOBODY = (
    *("", " ", "s", "-", "unknown", "Anonymous", "anonymous@anonymous.invalid", "<unknown>"),
    *("Withheld", "PRIVATE", "restricted", "Unavailable", "Blocked", "No Caller ID", "0000000000"),
    *("+266696687", "+7378742833", "asterisk", "FreeSWITCH", "Private Number", "null"),
)


@pytest.mark.parametrize("text", NOBODY)
def test_nobody_is_nobody_however_a_system_writes_it(text: str) -> None:
    assert is_withheld(text)
    assert party(text) is None


@pytest.mark.parametrize("text", ["Anon Surgery", "201", "02079460123", "Sunil", "0"])
def test_somebody_is_not_nobody(text: str) -> None:
    assert not is_withheld(text)


def test_the_digits_for_an_outside_line_come_off() -> None:
    assert dialled("902079460123", ("9",)) == "02079460123"
    assert dialled("9999", ("9",)) == "999"
    assert dialled("9201", ("9",)) == "9201"
    assert dialled("999", ("9", "99")) == "999"


def test_an_end_of_a_call_is_e164_as_written_or_nobody() -> None:
    assert party("07700 900123") == "+447700900123"
    assert party("201") == "201"
    assert party("Anonymous") is None


def test_extensions_are_told_by_length_where_no_ranges_are_given() -> None:
    told = ["20", "201", "200123", "2", "2001234", "0201", "999", "111", "reception", "٢٠١"]
    assert [text for text in told if is_extension(text, ())] == ["20", "201", "200123"]


def test_ranges_decide_about_extensions_where_they_are_given() -> None:
    ranges = extension_ranges(("111", "200-299"))
    assert ranges == ((111, 111), (200, 299))
    told = ["111", "199", "200", "299", "300", "0200"]
    assert [text for text in told if is_extension(text, ranges)] == [
        "111",
        "200",
        "299",
        "0200",
    ]


def test_the_practices_own_numbers_are_single_or_from_one_to_another() -> None:
    own = number_ranges(["020 7946 0123", "01632 960000 to 01632 960099"])
    told = ["+442079460123", "02079460124", "01632 960050", "01632 960100", "201", ""]
    assert [text for text in told if is_own_number(text, own)] == [told[0], told[2]]
    for wrong in ("201", "01632 960099 to 01632 960000", "01632 960000 to 99"):
        with pytest.raises(ValueError, match="not a telephone number"):
            number_ranges([wrong])


def test_a_number_shows_an_end_to_be_outside_and_a_word_does_not() -> None:
    shows = ["07700 900123", "946012", "anonymous", "Private Number"]
    shows_nothing = ["unknown", "Reception", "*97", "s", "", "asterisk", "b0012345"]
    assert [text for text in shows + shows_nothing if may_be_outside(text)] == shows
