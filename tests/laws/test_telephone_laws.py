from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Unusable
from callrec.policy.particulars import sought
from callrec.telephone.call import Direction, System, TimeConfidence
from callrec.telephone.clock import by_instant, by_instant_alone, by_local_time
from callrec.telephone.number import e164, parse_number, parse_sought
from callrec.telephone.reading import read_name, read_sidecar
from callrec.telephone.written import Setup, Written, WrittenTime
from telephone.printers.asterisk import INSTANTS, NEAR_A_CHANGE
from telephone.printers.made import OUTSIDE

LONDON = ZoneInfo("Europe/London")

ZONES = st.sampled_from(
    [ZoneInfo(key) for key in ("Europe/London", "Europe/Dublin", "Asia/Kathmandu", "UTC",
                               "America/New_York", "Australia/Lord_Howe")]
)  # fmt: skip


@given(st.sampled_from(["0", "+44", "0044"]), st.from_regex("[1-9][0-9]{8,10}", fullmatch=True))
def test_a_british_number_is_what_googles_library_says(prefix: str, digits: str) -> None:
    text = prefix + digits
    number = phonenumbers.parse(text, "GB")
    # Of nine digits only those that are listed: any other is one that lost a digit.
    known = phonenumbers.is_possible_number(number) and (
        len(digits) > len("207946012") or phonenumbers.is_valid_number(number)
    )
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert e164(text) == (written if known else None)


@given(INSTANTS | NEAR_A_CHANGE, ZONES)
def test_an_instant_is_read_back_from_its_local_time(instant: datetime, zone: ZoneInfo) -> None:
    local = instant.astimezone(zone).replace(tzinfo=None)
    moment = by_instant(local, zone, instant)
    assert (moment.at, moment.confidence) == (instant, TimeConfidence.UTC_PROVEN)


@given(INSTANTS | NEAR_A_CHANGE, ZONES)
def test_a_local_time_alone_means_the_instant_or_is_said_to_be_ambiguous(
    instant: datetime, zone: ZoneInfo
) -> None:
    moment = by_local_time(instant.astimezone(zone).replace(tzinfo=None), zone)
    if moment.confidence is TimeConfidence.LOCAL_UNAMBIGUOUS:
        assert moment.at == instant
    else:
        assert moment.confidence is TimeConfidence.LOCAL_AMBIGUOUS
        assert moment.at <= instant


@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)), ZONES, INSTANTS | NEAR_A_CHANGE)  # noqa: DTZ001
def test_whatever_decides_the_shown_time_and_its_offset_give_the_instant(
    local: datetime, zone: ZoneInfo, instant: datetime
) -> None:
    for moment in (by_local_time(local, zone), by_instant(local, zone, instant)):
        assert moment.local == local
        assert moment.at == (local - moment.offset).replace(tzinfo=UTC)


@given(INSTANTS | NEAR_A_CHANGE, ZONES)
def test_an_instant_alone_is_shown_as_the_zones_clock_showed_it(
    instant: datetime, zone: ZoneInfo
) -> None:
    moment = by_instant_alone(instant, zone, "it is written in UTC")
    assert moment.at == instant
    assert moment.local == instant.astimezone(zone).replace(tzinfo=None)
    assert by_instant(moment.local, zone, instant).at == instant


PIECES = st.sampled_from(
    ["in", "out", "q", "800", "-", "-", "-", "20241027", "013000", "1729989000.5", ".wav", "\n",
     "\x1b[31m", "\u202e", "\udcff", "\0", "[bold]", "../", "٢", "e\u0301", "+44", "s", "always"]
)  # fmt: skip

NAMES = st.text() | st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join)


@given(NAMES)
def test_whatever_a_name_is_it_tells_of_a_call_or_of_none(name: str) -> None:
    call = read_name(PurePath(name), Setup(zone=LONDON))
    if call is not None:
        assert repr(call).encode("utf-8")
        assert call.started_at.tzinfo is UTC


@given(NAMES | st.text("0123456789 +()-./"))
def test_a_number_goes_in_again_as_it_came_out(text: str) -> None:
    number = e164(text)
    assert number is None or e164(number) == number


@given(OUTSIDE, st.data())
def test_spaces_and_dashes_change_no_number(number: str, draw: st.DataObject) -> None:
    signs = [sign + draw.draw(st.sampled_from(["", "", " ", "-"])) for sign in number]
    assert e164("".join(signs)) == e164(number)


def spellings(number: str) -> st.SearchStrategy[str]:
    """What phonenumbers, systems and people make of a number in E.164."""
    parsed = phonenumbers.parse(number)
    formats = phonenumbers.PhoneNumberFormat
    behind = phonenumbers.PhoneNumber(
        country_code=parsed.country_code, national_number=parsed.national_number, extension="201",
        italian_leading_zero=parsed.italian_leading_zero,
    )  # fmt: skip
    printed = [
        *(phonenumbers.format_number(parsed, form) for form in (0, 1, 3)),
        phonenumbers.format_out_of_country_calling_number(parsed, "GB"),
        *(phonenumbers.format_number(behind, form) for form in (1, 3)),
    ]
    if parsed.country_code == UNITED_KINGDOM:
        digits = phonenumbers.national_significant_number(parsed)
        printed += [digits, f"0{digits}", f"44{digits}", f"+44(0){digits}", f"141 0{digits}"]
        printed += [phonenumbers.format_number(each, formats.NATIONAL) for each in (parsed, behind)]
    around = [
        "{}",
        "sip:{}@example.org",
        "Siân <{}>",
        '"Siân" <sip:{}@[2001:db8::1]:5060;a=b>',
        "{} ",
    ]

    def within(form: str, text: str) -> str:
        return form.format(text.removeprefix("tel:") if "sip:" in form else text)

    return st.builds(within, st.sampled_from(around), st.sampled_from(printed))


UNITED_KINGDOM = 44

EVERYWHERE = st.sampled_from(
    sorted(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in phonenumbers.PhoneNumberType.values()
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    )
)


@given(OUTSIDE.map(lambda text: e164(text) or "") | EVERYWHERE, st.data())
def test_each_spelling_of_a_number_is_found_by_each_other(number: str, draw: st.DataObject) -> None:
    of_it = spellings(number)
    recorded = Written(
        system=System.AVAYA,
        how="by a law",
        time=WrittenTime(raw="", instant=datetime(2024, 1, 4, tzinfo=UTC)),
        calling=draw.draw(of_it),
        called="201",
    ).to_call(Setup(zone=LONDON))
    assert recorded.numbers == {parse_number(draw.draw(of_it), hint="")}


@given(
    st.from_regex("[0-9]{5,8}", fullmatch=True),
    st.sampled_from(["", " ", "-"]),
    st.sampled_from(["{}", "Jean Alder {}", "sip:{}@192.0.2.17", "{} / withheld", "*{}#"]),
)
def test_what_is_no_number_is_found_by_its_digits(digits: str, between: str, around: str) -> None:
    recorded = Written(
        system=System.AVAYA,
        how="by a law",
        time=WrittenTime(raw="", instant=datetime(2024, 1, 4, tzinfo=UTC)),
        direction=Direction.INBOUND,
        calling=around.format(between.join(digits)),
    ).to_call(Setup(zone=LONDON))
    assert recorded.numbers == {sought(parse_sought(f"digits {digits}", hint=""))}


@given(st.binary() | NAMES.map(lambda text: f'{{"started_at": "{text}"}}'.encode(errors="replace")))
def test_any_sidecar_tells_of_a_call_or_is_refused(data: bytes) -> None:
    try:
        call = read_sidecar(data, Setup(zone=LONDON))
    except Unusable:
        return
    assert repr(call).encode("utf-8")
