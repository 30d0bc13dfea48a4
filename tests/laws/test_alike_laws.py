"""What holds of any two calls that are said to be of one sound."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from callrec.telephone.call import (
    Call,
    Direction,
    System,
    TimeConfidence,
    is_another_call,
    is_found_with,
)
from callrec.telephone.filled import filled_from_name, filled_from_record
from callrec.telephone.joining_facts import CallRecord, Joined, JoinedBy
from telephone.legs import NINE, a_leg

LONDON = ZoneInfo("Europe/London")

outside = st.sampled_from([None, "+447700900100", "+447700900101", "anonymous"])

inside = st.sampled_from([None, "201", "202"])


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Few values of each fact, so that two of them often agree."""
    at = NINE + timedelta(seconds=draw(st.sampled_from([0, 1, 40, 60, 3600])))
    direction = draw(st.sampled_from(Direction))
    ends = (draw(outside), draw(inside))
    if direction is Direction.OUTBOUND:
        ends = ends[::-1]
    elif direction is Direction.INTERNAL:
        ends = (draw(inside), draw(inside))
    told = [end for end in ends if end and end.startswith("+")]
    return Call(
        system=draw(st.sampled_from([System.ASTERISK, System.SIDECAR])),
        direction=direction,
        caller=ends[0],
        callee=ends[1],
        number=told[0] if told and direction is not Direction.UNKNOWN else None,
        extension=draw(inside),
        parties=draw(st.sampled_from([(), ("Ann Other",), ("Ann",), ("Siân Evans",)])),
        started_at=at,
        local_time=at.astimezone(LONDON).replace(tzinfo=None).isoformat(),
        zone="Europe/London",
        utc_offset_minutes=0,
        time_confidence=draw(st.sampled_from(TimeConfidence)),
        unique_id=draw(st.sampled_from([None, "1.1", "1.2"])),
        why="",
    )


FACTS = (
    ("direction", "caller", "callee", "number"),
    ("extension",),
    ("parties",),
    ("started_at", "local_time"),
    ("time_confidence",),
    ("unique_id",),
    ("system",),
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Call, Call]:
    """Two that differ in some facts."""
    one, other = draw(calls()), draw(calls())
    changed = {name for names in draw(st.sets(st.sampled_from(FACTS))) for name in names}
    return one, replace(one, **{name: getattr(other, name) for name in changed})


@given(pairs())
def test_another_is_another_whichever_is_asked_and_none_is_another_than_itself(
    pair: tuple[Call, Call],
) -> None:
    one, other = pair
    assert is_another_call(one, other) == is_another_call(other, one)
    assert not is_another_call(one, one)
    assert is_found_with(one, one)


@given(pairs())
def test_what_was_taken_for_the_same_call_is_known_the_next_time_too(
    pair: tuple[Call, Call],
) -> None:
    held, call = pair
    filled = filled_from_name(held, call)
    assume(not is_another_call(call, held) and is_found_with(call, filled))
    assert not is_another_call(call, filled)
    assert not is_another_call(held, filled)
    assert is_found_with(held, filled)


@given(calls(), calls(), st.sampled_from(JoinedBy))
def test_a_call_record_makes_no_call_another_than_its_file_says(
    call: Call, leg: Call, joined_by: JoinedBy
) -> None:
    whole = CallRecord(key="", legs=(replace(a_leg(), call=leg),))
    filled = filled_from_record(call, Joined(call=whole, leg_index=0, joined_by=joined_by))
    assert not is_another_call(call, filled)
    assert is_found_with(call, filled)


@given(calls())
def test_a_call_comes_back_from_what_is_sealed_of_it_as_the_same(call: Call) -> None:
    held = Call.from_members(call.as_members())
    assert held.told == call.told
    assert not is_another_call(call, held)
