"""What is known of a recording with its call record: what it said itself stands."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callrec.telephone.call import Call, Direction, Leg, TimeConfidence
from callrec.telephone.filled import filled_from_record
from callrec.telephone.joining_facts import Joined, JoinedBy
from telephone.legs import LONDON, MINUTE, NINE, a_call, a_leg

LEG = a_leg(at=NINE, unique_id="1748854800.17", parties=("Ann Other",))

NOTHING = replace(
    LEG.call,
    direction=Direction.UNKNOWN,
    caller=None,
    callee=None,
    number=None,
    extension=None,
    parties=(),
    unique_id=None,
    started_at=NINE + 3 * MINUTE,
    time_confidence=TimeConfidence.FILE_TIME,
    raw_time="",
)


def joined(*legs: Leg, leg: int = 0) -> Joined:
    return Joined(call=a_call(*legs), leg_index=leg, joined_by=JoinedBy.UNIQUE_ID)


def but(call: Call, *names: str) -> dict[str, Any]:
    return {f.name: getattr(call, f.name) for f in fields(call) if f.name not in names}


def test_what_is_not_known_is_the_records() -> None:
    assert but(filled_from_record(NOTHING, joined(LEG)), "why") == but(LEG.call, "why")


def test_what_is_known_stands() -> None:
    other = a_leg(calling="02079460999", called="202", at=NINE + MINUTE, parties=("Else",))
    known = filled_from_record(LEG.call, joined(other))
    stands = but(LEG.call, "why", "contradiction", "parties")
    assert but(known, "why", "contradiction", "parties") == stands
    assert known.parties == ("Ann Other", "Else")
    assert known.contradiction == "its call record has another number"


def test_a_record_of_another_direction_tells_no_ends() -> None:
    withheld = replace(LEG.call, direction=Direction.OUTBOUND, number=None, callee=None)
    known = filled_from_record(withheld, joined(LEG))
    assert (known.number, known.callee, known.direction) == (None, None, Direction.OUTBOUND)
    assert known.contradiction == "its call record has another direction"


def test_another_part_of_the_call_may_have_another_direction() -> None:
    inside = a_leg(calling="201", called="205", at=NINE + MINUTE, key="1748854800.17")
    whole = joined(replace(LEG, key="1748854800.17"), inside, leg=1)
    assert filled_from_record(LEG.call, whole).contradiction is None


@pytest.mark.parametrize("minutes", [-31, 31, 60])
def test_another_time_is_told_and_left_aside(minutes: int) -> None:
    known = filled_from_record(LEG.call, joined(a_leg(at=NINE + minutes * MINUTE)))
    assert known.started_at == LEG.call.started_at
    assert known.contradiction == "its call record has another time"


def test_half_an_hour_in_a_queue_is_no_contradiction() -> None:
    early = a_leg(at=NINE - 40 * MINUTE, answered_at=NINE)
    assert filled_from_record(LEG.call, joined(early)).contradiction is None


@pytest.mark.parametrize("hour", [0, 1])
def test_a_record_in_utc_proves_the_hour_that_came_twice(hour: int) -> None:
    at = datetime(2024, 10, 27, hour, 30, tzinfo=UTC)
    written = a_leg(local=at.astimezone(LONDON).replace(tzinfo=None)).call
    assert written.time_confidence is TimeConfidence.LOCAL_AMBIGUOUS
    known = filled_from_record(written, joined(a_leg(at=at + timedelta(seconds=5))))
    assert (known.started_at, known.time_confidence) == (at, TimeConfidence.UTC_PROVEN)
    assert (known.local_time, known.utc_offset_minutes) == (written.local_time, 60 - 60 * hour)


def test_a_record_that_does_not_know_the_hour_either_proves_nothing() -> None:
    local = datetime(2024, 10, 27, 1, 30)  # noqa: DTZ001 - it came twice
    written = a_leg(local=local).call
    known = filled_from_record(written, joined(a_leg(local=local)))
    assert known.time_confidence is TimeConfidence.LOCAL_AMBIGUOUS
