from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Unusable
from callrec.telephone.call import Direction, Leg, TimeConfidence
from callrec.telephone.joining import TimePoint, join, nearest_pairs
from callrec.telephone.joining_facts import (
    CallRecord,
    JoinedBy,
    Joining,
    RecordingFacts,
    calls_of,
    keys_of_leg,
    keys_of_recording,
)
from callrec.telephone.number import e164
from callrec.telephone.records.lines import NotUnderstood
from callrec.telephone.records.reading import read_description, read_records
from telephone.legs import LONDON, NINE, SETUP, TOLERANCE, a_leg, facts, leg_of

UNTIL = date(2025, 12, 18)

VECTORS = Path(__file__).parent.parent / "vectors/telephone/records"

FILES = [
    "\n".join(json.loads(path.read_text("utf-8"))["lines"]).encode()
    for path in sorted(VECTORS.glob("*/*.json"))
]


# Whatever the bytes are.


def read_or_refused(data: bytes) -> list[Leg | NotUnderstood]:
    try:
        return list(read_records(io.BytesIO(data), SETUP, until=UNTIL))
    except Unusable:
        return []


PIECES = st.sampled_from(
    [b'"', b",", b"\n", b"\0", b"\xff", b"../", b"=1", b"{", b"[", b"]", b"}", b":", b"9" * 20,
     b"2025-10-26 01:30:00", b"02/29", b"T1", b"\xe2\x80\xae", b"\\ud800", b"x" * 70_000]
)  # fmt: skip


@given(st.binary(max_size=300) | st.lists(PIECES, max_size=20).map(b"".join))
def test_any_bytes_are_call_records_or_are_refused(data: bytes) -> None:
    read_or_refused(data)
    read_description(data, SETUP)


@given(st.sampled_from(FILES), st.data())
def test_call_records_with_something_put_in_are_legs_or_not_understood(
    data: bytes, draw: st.DataObject
) -> None:
    spoiled = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 5))):
        place = draw.draw(st.integers(0, len(spoiled)))
        spoiled[place : place + draw.draw(st.integers(0, 3))] = draw.draw(PIECES)
    for row in read_or_refused(bytes(spoiled)):
        if isinstance(row, Leg):
            assert repr(row).encode("utf-8")
            assert row.call.started_at.tzinfo is UTC
            assert row.recording.isprintable()
            assert not {"/", "\\"} & set(row.recording)


# What a system writes is read back the same.


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """One call as the telephone system knows it."""

    way: Direction
    extension: str
    other: str
    """The outside number, or the other extension."""
    name: str
    started_at: datetime
    waited: int
    """Seconds until it was answered, or given up."""
    talked: int
    """Seconds; 0: nobody answered."""
    number: int
    """In the system's count of calls."""

    @property
    def calling(self) -> str:
        return self.other if self.way is Direction.INBOUND else self.extension

    @property
    def called(self) -> str:
        return self.extension if self.way is Direction.INBOUND else self.other

    @property
    def epoch(self) -> int:
        return int(self.started_at.timestamp())

    def after(self, seconds: int, zone: ZoneInfo = LONDON) -> datetime:
        return (self.started_at + timedelta(seconds=seconds)).astimezone(zone)


EXTENSIONS = st.integers(200, 299).map(str)

OUTSIDE = st.integers(0, 999).flatmap(
    lambda n: st.sampled_from([f"02079460{n:03}", f"07700900{n:03}", f"+441632960{n:03}"])
)

WITHHELD = st.just("anonymous")

NAMES = st.sampled_from(["Siân O'Neill", "Imran Patel", "Ann, Other", 'Kim "K" Lee', "李四"])

SECONDS = st.integers(int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()), 1_766_000_000).map(
    lambda epoch: datetime.fromtimestamp(epoch, UTC)
)

OCTOBER = st.integers(-5400, 5400).map(
    lambda seconds: datetime(2025, 10, 26, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def spoken(way: Direction, others: st.SearchStrategy[str]) -> st.SearchStrategy[Spoken]:
    return st.builds(
        Spoken,
        way=st.just(way),
        extension=EXTENSIONS,
        other=others,
        name=NAMES,
        started_at=SECONDS | OCTOBER,
        waited=st.integers(0, 900),
        talked=st.just(0) | st.integers(1, 7200),
        number=st.integers(1, 10**6),
    )


CALLS = st.one_of(
    spoken(Direction.INBOUND, OUTSIDE | WITHHELD),
    spoken(Direction.OUTBOUND, OUTSIDE),
    spoken(Direction.INTERNAL, st.integers(200, 299).map(str)),
).filter(lambda call: call.extension != call.other)


def as_csv(*rows: list[Any]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode()


def asterisk(call: Spoken, zone: ZoneInfo = LONDON) -> bytes:
    def at(seconds: int) -> str:
        return f"{call.after(seconds, zone):%Y-%m-%d %H:%M:%S}"

    inside = f"PJSIP/{call.extension}-0001"
    trunk = "PJSIP/trunk-0002" if call.way is not Direction.INTERNAL else f"PJSIP/{call.other}-3"
    channels = [trunk, inside] if call.way is Direction.INBOUND else [inside, trunk]
    clid = f'"{call.name}" <{call.calling}>'
    answer = at(call.waited) if call.talked else ""
    length = call.waited + call.talked
    return as_csv(
        ["", call.calling, call.called, "from-internal", clid, *channels, "Dial", "", at(0), answer,
         at(length), length, call.talked, "ANSWERED" if call.talked else "NO ANSWER",
         "DOCUMENTATION", f"{call.epoch}.{call.number}", "", "", f"{call.epoch}.{call.number}", 1]
    )  # fmt: skip


def asterisk_in_utc(call: Spoken) -> bytes:
    return asterisk(call, ZoneInfo("UTC"))


def three_cx(call: Spoken) -> bytes:
    def at(seconds: int) -> str:
        return f"{call.after(seconds, ZoneInfo('UTC')):%Y/%m/%d %H:%M:%S}"

    def end(number: str) -> str:
        return f"Ext.{number}" if len(number) == 3 else number

    call_id = f"{call.epoch * 1000 + 11_644_473_600_000:016X}_{call.number}"
    talked = timedelta(seconds=call.talked)
    return as_csv(
        ["callid", "time-answered", "time-start", "from-no", "to-no", "duration", "from-dispname"],
        [call_id, at(call.waited) if call.talked else "", at(0), end(call.calling),
         end(call.called), f"{talked!s:0>8}", call.name],
    )  # fmt: skip


def fusionpbx(call: Spoken) -> bytes:
    return as_csv(
        ["xml_cdr_uuid", "direction", "caller_id_name", "caller_id_number", "destination_number",
         "start_epoch", "answer_epoch", "billsec"],
        [f"uuid-{call.number}", "local" if call.way is Direction.INTERNAL else call.way, call.name,
         call.calling, call.called, call.epoch, call.epoch + call.waited if call.talked else 0,
         call.talked],
    )  # fmt: skip


def cucm(call: Spoken) -> bytes:
    calling = "" if call.calling == "anonymous" else call.calling
    return as_csv(
        ["globalCallID_callManagerId", "globalCallID_callId", "dateTimeOrigination",
         "callingPartyNumber", "finalCalledPartyNumber", "dateTimeConnect", "duration"],
        ["INTEGER"] * 7,
        [2, call.number, call.epoch, calling, call.called,
         call.epoch + call.waited if call.talked else 0, call.talked],
    )  # fmt: skip


def avaya(call: Spoken) -> bytes:
    talked = timedelta(seconds=call.talked)
    ours, theirs = [f"E{call.extension}", call.name], ["T9001", "Line 1.1"]
    other = [f"E{call.other}", "Extn1"] if call.way is Direction.INTERNAL else theirs
    caller = "" if call.calling == "anonymous" else call.calling
    row = [
        f"{call.after(0):%Y/%m/%d %H:%M:%S}", f"{talked!s:0>8}", call.waited, caller,
        "I" if call.way is Direction.INBOUND else "O", call.called, call.called, "",
        int(call.way is Direction.INTERNAL), 1_000_000 + call.number, 0, *ours, *other, 0, 0,
    ]  # fmt: skip
    return as_csv(row)


def mitel(call: Spoken) -> bytes:
    trunk = call.way is not Direction.INTERNAL
    calling = "T101" if call.way is Direction.INBOUND else call.extension
    called = "T101" if call.way is Direction.OUTBOUND else call.called
    number = (e164(call.other) or "").removeprefix("+44") if trunk else ""
    ani = number if call.way is Direction.INBOUND else ""
    digits = f"0{number}" if call.way is Direction.OUTBOUND else call.called
    waited = f"{call.waited:04}" if call.talked else "****"
    talked = timedelta(seconds=call.talked)
    return (
        f" {call.after(0):%m/%d %H:%M:%S}  00{talked!s:0>8} {calling:<7} {waited:<4} {digits:<26}"
        f"{'':2}{called:<7}{'':28}{ani:<10}\n"
    ).encode()


def as_json(item: dict[str, Any]) -> bytes:
    return json.dumps(item).encode()


def ringcentral(call: Spoken) -> bytes:
    def end(number: str, name: str = "") -> dict[str, str]:
        member = "extensionNumber" if len(number) == 3 else "phoneNumber"
        return {"name": name} | ({} if number == "anonymous" else {member: number})

    return as_json(
        {
            "id": f"id-{call.number}", "sessionId": f"session-{call.number}", "type": "Voice",
            "startTime": f"{call.started_at:%Y-%m-%dT%H:%M:%S}.000Z", "duration": call.talked,
            "direction": "Inbound" if call.way is Direction.INBOUND else "Outbound",
            "result": "Call connected" if call.talked else "Missed",
            "from": end(call.calling, call.name), "to": end(call.called),
        }
    )  # fmt: skip


def twilio(call: Spoken) -> bytes:
    return as_json(
        {
            "sid": f"CA{call.number:032}", "parent_call_sid": None, "from": call.calling,
            "to": call.called, "status": "completed" if call.talked else "no-answer",
            "start_time": f"{call.started_at:%a, %d %b %Y %H:%M:%S} +0000",
            "duration": str(call.talked),
            "direction": "inbound" if call.way is Direction.INBOUND else "outbound-api",
        }
    )  # fmt: skip


def eight_by_eight(call: Spoken) -> bytes:
    tags = {
        "callId": f"{call.epoch}{call.number:06}", "address": call.other, "userName": call.name,
        "startTime": f"{call.epoch}000", "direction": call.way.upper(),
    }  # fmt: skip
    return as_json(
        {
            "objectName": f"ipbx:x:callrecording:users:{call.extension}:{call.epoch}_E.mp3",
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
    )


LOCAL = {avaya, mitel}
"""Who write a local time and nothing that proves it."""

NAMELESS = {mitel, cucm, twilio}


@pytest.mark.parametrize(
    "printed",
    [asterisk, asterisk_in_utc, three_cx, fusionpbx, cucm, avaya, mitel, ringcentral, twilio,
     eight_by_eight],
    ids=lambda printed: printed.__name__,
)  # fmt: skip
@given(call=CALLS)
def test_what_a_system_writes_of_a_call_is_read_back(
    printed: Callable[[Spoken], bytes], call: Spoken
) -> None:
    if printed is eight_by_eight and call.way is Direction.INTERNAL:
        return  # it has no word for one
    [leg] = read_records(io.BytesIO(printed(call)), SETUP, until=UNTIL)
    assert isinstance(leg, Leg)
    assert leg.call.direction == call.way
    assert leg.call.extension == call.extension
    assert (leg.call.caller, leg.call.callee) == (known(call.calling), known(call.called))
    assert leg.call.parties == (() if printed in NAMELESS else (call.name,))
    is_first_reading = leg.call.time_confidence is not TimeConfidence.LOCAL_AMBIGUOUS
    assert is_first_reading or printed in LOCAL
    if is_first_reading:
        assert leg.call.started_at == call.started_at
    if printed is not eight_by_eight:
        assert leg.answered == bool(call.talked)
        assert (leg.talk_ms or 0) == call.talked * 1000
    if leg.answered_at is not None:
        assert leg.answered_at - leg.call.started_at == timedelta(seconds=call.waited)


def known(end: str) -> str | None:
    return None if end == "anonymous" else e164(end) or end


# Joining.


UIDS = st.sampled_from([None, "1748854800.1", "1748854800.2", "1748854800.3"])

STEMS = st.sampled_from(["", "a.wav", "b.wav"])

NEAR = st.integers(-5, 5).map(lambda minutes: NINE + timedelta(minutes=minutes))

TWO = st.sampled_from(["07700900123", "07700900456", "anonymous"])

TWO_EXTENSIONS = st.sampled_from(["201", "202"])

LEGS = st.lists(
    st.builds(
        a_leg,
        calling=TWO,
        called=TWO_EXTENSIONS,
        at=NEAR,
        unique_id=UIDS,
        key=UIDS.map(lambda uid: uid or ""),
        recording=STEMS,
        answered=st.booleans(),
        answered_at=st.none() | NEAR,
    ),
    max_size=8,
)

RECORDINGS = st.lists(
    st.builds(
        facts,
        numbers=TWO.map(lambda end: tuple(filter(None, [e164(end)]))),
        extension=st.none() | TWO_EXTENSIONS,
        at=NEAR,
        unique_id=UIDS,
        names=STEMS.map(lambda name: (name,) if name else ()),
        time_confidence=st.sampled_from(list(TimeConfidence)),
    ),
    max_size=6,
)


def pairs(recordings: list[RecordingFacts], joining: Joining) -> list[str]:
    """Who is joined to what, without regard to any order."""
    found = zip(recordings, joining.of_recordings, strict=True)
    return sorted(f"{facts} {joined}" for facts, joined in found)


@given(RECORDINGS, LEGS, st.randoms())
def test_the_order_of_recordings_and_calls_does_not_matter(
    recordings: list[RecordingFacts], legs: list[Leg], chance: Any
) -> None:
    once = pairs(recordings, join(recordings, calls_of(legs), TOLERANCE))
    chance.shuffle(recordings)
    chance.shuffle(legs)
    calls = calls_of(legs)
    chance.shuffle(calls)
    assert pairs(recordings, join(recordings, calls, TOLERANCE)) == once


@given(RECORDINGS, LEGS)
def test_a_recording_is_of_one_call_and_by_time_a_leg_has_one_recording(
    recordings: list[RecordingFacts], legs: list[Leg]
) -> None:
    calls = calls_of(legs)
    joining = join(recordings, calls, TOLERANCE)
    found = [joined for joined in joining.of_recordings if joined]
    assert sorted(place for places in joining.of_calls for place in places) == [
        place for place, joined in enumerate(joining.of_recordings) if joined
    ]
    by_time = [joined for joined in found if joined.joined_by is JoinedBy.NUMBER_AND_TIME]
    for joined in by_time:
        assert found.count(joined) == 1
        alike = [other for other in found if other.call is joined.call]
        assert [other.leg_index for other in alike].count(joined.leg_index) == 1
    for call, places in zip(calls, joining.of_calls, strict=True):
        assert all(joining.of_recordings[place].call is call for place in places)  # type: ignore[union-attr]


@given(RECORDINGS, LEGS)
def test_what_an_id_joins_stays_joined_whatever_else_is_given(
    recordings: list[RecordingFacts], legs: list[Leg]
) -> None:
    calls = calls_of(legs)
    together = join(recordings, calls, TOLERANCE)
    for recording, joined in zip(recordings, together.of_recordings, strict=True):
        alone = leg_of(recording, calls, TOLERANCE)
        if alone and alone.joined_by is not JoinedBy.NUMBER_AND_TIME:
            assert joined == alone


@given(RECORDINGS, LEGS)
def test_a_recording_that_is_joined_has_a_key_of_its_leg(
    recordings: list[RecordingFacts], legs: list[Leg]
) -> None:
    for recording in recordings:
        joined = leg_of(recording, calls_of(legs), TOLERANCE)
        if joined is not None:
            keys = set(keys_of_recording(recording, TOLERANCE))
            leg = joined.call.legs[joined.leg_index]
            assert joined.joined_by in {
                how for how, _ in keys.intersection(keys_of_leg(leg, TOLERANCE))
            }


@given(RECORDINGS, LEGS)
def test_calls_that_share_no_key_with_a_recording_need_not_be_asked(
    recordings: list[RecordingFacts], legs: list[Leg]
) -> None:
    calls = calls_of(legs)

    def shares_a_key(facts: RecordingFacts, call: CallRecord) -> bool:
        keys = set(keys_of_recording(facts, TOLERANCE))
        return any(not keys.isdisjoint(keys_of_leg(leg, TOLERANCE)) for leg in call.legs)

    for recording in recordings:
        candidates = [call for call in calls if shares_a_key(recording, call)]
        assert leg_of(recording, candidates, TOLERANCE) == leg_of(recording, calls, TOLERANCE)


@given(LEGS)
def test_calls_hold_every_leg_once(legs: list[Leg]) -> None:
    held = [leg for call in calls_of(legs) for leg in call.legs]
    assert len(held) == len(set(held))
    assert set(held) == set(legs)


POINTS = st.lists(
    st.builds(
        TimePoint, st.sampled_from(["a", "b"]), st.integers(0, 12), st.booleans(), st.integers(0, 4)
    ),
    max_size=14,
)


@given(POINTS, st.integers(0, 5))
def test_the_nearest_two_of_those_who_are_left_are_paired_until_none_can_be(
    points: list[TimePoint], farthest: int
) -> None:
    left = list(points)
    for who, whom in nearest_pairs(points, farthest):
        pairs = pairs_among(left, farthest)
        assert pairs[who, whom] == min(pairs.values())
        left = [point for point in left if point.who != (whom if point.is_right else who)]
    assert not pairs_among(left, farthest)


def pairs_among(points: list[TimePoint], farthest: int) -> dict[tuple[int, int], int]:
    """Every left and right one that may be paired, and how near they are at their nearest."""
    apart: dict[tuple[int, int], int] = {}
    for one, other in product(points, points):
        far = abs(one.at - other.at)
        if one.line == other.line and other.is_right and not one.is_right and far <= farthest:
            pair = one.who, other.who
            apart[pair] = min(far, apart.get(pair, far))
    return apart
