from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Unusable
from callrec.telephone.call import Direction, TimeConfidence
from callrec.telephone.clock import by_instant, by_instant_alone, by_local_time
from callrec.telephone.number import e164
from callrec.telephone.reading import read_name
from callrec.telephone.setup import Setup
from callrec.telephone.sidecar import read_sidecar

LONDON = ZoneInfo("Europe/London")
INSTANTS = st.integers(10**8, 2 * 10**9).map(lambda epoch: datetime.fromtimestamp(epoch, UTC))
"""From 1973, when a unique id's epoch has nine digits."""

NEAR_A_CHANGE = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from(
        [datetime(y, m, d, 1, tzinfo=UTC) for y, m, d in ((2024, 10, 27), (2025, 3, 30))]
    ),
    st.integers(-9000, 9000),
)
ZONES = st.sampled_from(
    [ZoneInfo(key) for key in ("Europe/London", "Europe/Dublin", "Asia/Kathmandu", "UTC",
                               "America/New_York", "Australia/Lord_Howe")]
)  # fmt: skip


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


EXTENSIONS = st.integers(200, 299).map(str)
OUTSIDE = st.integers(0, 999).flatmap(
    lambda n: st.sampled_from([f"02079460{n:03}", f"07700900{n:03}", f"+441632960{n:03}"])
)
WITHHELD = st.sampled_from(["unknown", "anonymous"])
CALLERS = OUTSIDE | WITHHELD


class Written(NamedTuple):
    """One call as the telephone system knows it."""

    kind: str
    called: str
    calling: str
    direction: Direction
    extension: str | None


def written(
    kind: str, called: st.SearchStrategy[str], calling: st.SearchStrategy[str], way: Direction
) -> st.SearchStrategy[Written]:
    def one(called: str, calling: str) -> Written:
        ours = called if way is Direction.INBOUND else calling
        return Written(kind, called, calling, way, ours if len(ours) == 3 else None)

    return st.builds(one, called, calling)


CALLS = st.one_of(
    written("in", OUTSIDE | st.just("s"), CALLERS, Direction.INBOUND),
    written("out", OUTSIDE, EXTENSIONS, Direction.OUTBOUND),
    written("external", EXTENSIONS, CALLERS, Direction.INBOUND),
    written("generic", OUTSIDE, CALLERS, Direction.INBOUND),
    written("internal", EXTENSIONS, EXTENSIONS, Direction.INTERNAL),
    written("q", EXTENSIONS, CALLERS, Direction.INBOUND),
    written("rg", EXTENSIONS, CALLERS, Direction.INBOUND),
    written("exten", EXTENSIONS, CALLERS, Direction.INBOUND),
    written("parked", EXTENSIONS, CALLERS, Direction.INBOUND),
    written("ondemand", OUTSIDE, EXTENSIONS, Direction.OUTBOUND),
    written("force", OUTSIDE, EXTENSIONS, Direction.OUTBOUND),
)
SYSTEM_NAMES = st.just("") | st.text(string.ascii_letters + string.digits + "_.-", min_size=1).map(
    lambda name: f"{name.strip('-')}-" if name.strip("-") and "--" not in name else ""
)


SEQUENCES = st.integers(0, 10**6)
ENDINGS = st.sampled_from(["wav", "WAV", "wav16", "mp3", "ulaw", "g722"])


@given(CALLS, NEAR_A_CHANGE | INSTANTS, SYSTEM_NAMES, SEQUENCES, ENDINGS)
def test_a_name_is_read_back_as_the_call_that_it_was_given_to(
    call: Written, at: datetime, system: str, sequence: int, suffix: str
) -> None:
    local = at.astimezone(LONDON)
    unique_id = f"{system}{int(at.timestamp())}.{sequence}"
    head = f"{call.kind}-{call.called}-{call.calling}"
    name = f"{head}-{local:%Y%m%d-%H%M%S}-{unique_id}.{suffix}"
    if len(name) > 255:
        return
    read = read_name(PurePath(name), Setup(zone=LONDON, region="GB", extensions=((200, 299),)))
    assert read is not None
    assert (read.direction, read.started_at, read.unique_id) == (call.direction, at, unique_id)
    assert read.extension == call.extension
    for end, said in ((read.caller, call.calling), (read.callee, call.called)):
        assert end == (None if said in {"unknown", "anonymous", "s"} else e164(said, "GB") or said)


PIECES = st.sampled_from(
    ["in", "out", "q", "800", "-", "-", "-", "20241027", "013000", "1729989000.5", ".wav", "\n",
     "\x1b[31m", "\u202e", "\udcff", "\0", "[bold]", "../", "٢", "e\u0301", "+44", "s", "always"]
)  # fmt: skip
NAMES = st.text() | st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join)


@given(NAMES)
def test_whatever_a_name_is_it_tells_of_a_call_or_of_none(name: str) -> None:
    call = read_name(PurePath(name), Setup(zone=LONDON, region="GB"))
    if call is not None:
        assert repr(call).encode("utf-8")
        assert call.started_at.tzinfo is UTC


@given(NAMES | st.text("0123456789 +()-./"))
def test_a_number_goes_in_again_as_it_came_out(text: str) -> None:
    number = e164(text, "GB")
    assert number is None or e164(number, "GB") == number


@given(OUTSIDE, st.data())
def test_spaces_and_dashes_change_no_number(number: str, draw: st.DataObject) -> None:
    signs = [sign + draw.draw(st.sampled_from(["", "", " ", "-"])) for sign in number]
    assert e164("".join(signs), "GB") == e164(number, "GB")


@given(st.binary() | NAMES.map(lambda text: f'{{"started_at": "{text}"}}'.encode(errors="replace")))
def test_any_sidecar_tells_of_a_call_or_is_refused(data: bytes) -> None:
    try:
        call = read_sidecar(data, Setup(zone=LONDON, region="GB"))
    except Unusable:
        return
    assert repr(call).encode("utf-8")
