from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Unusable
from callrec.telephone.call import TimeConfidence
from callrec.telephone.clock import by_instant, by_instant_alone, by_local_time
from callrec.telephone.number import e164
from callrec.telephone.reading import read_name, read_sidecar
from callrec.telephone.written import Setup
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
    known = phonenumbers.is_possible_number(number)
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


@given(st.binary() | NAMES.map(lambda text: f'{{"started_at": "{text}"}}'.encode(errors="replace")))
def test_any_sidecar_tells_of_a_call_or_is_refused(data: bytes) -> None:
    try:
        call = read_sidecar(data, Setup(zone=LONDON))
    except Unusable:
        return
    assert repr(call).encode("utf-8")
