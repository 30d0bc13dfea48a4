"""Call records as files, and as they are sealed with a recording."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.calls.records import sealed_legs
from callrec.crypto.canonical import format_instant
from callrec.errors import Tampered
from callrec.telephone.call import Leg
from callrec.telephone.reconciling import comparable_leg
from telephone.reconciled import a_leg


def a_record(leg: Leg, **changed: Any) -> dict[str, Any]:
    """Metadata with the call record of one leg (docs/formats/recording.md, 2.1)."""
    call = leg.call
    said: dict[str, Any] = {
        "answered": leg.answered,
        "answered_at": None if leg.answered_at is None else format_instant(leg.answered_at),
        "callee": call.callee,
        "caller": call.caller,
        "direction": call.direction,
        "extension": call.extension,
        "local_time": call.local_time,
        "number": call.number,
        "parties": [],
        "raw_time": call.raw_time,
        "recording": leg.recording,
        "said": dict(call.said),
        "started_at": format_instant(call.started_at),
        "talk_ms": leg.talk_ms,
        "time_confidence": call.time_confidence,
        "unique_id": call.unique_id,
    }
    record = {
        "joined_by": "unique-id",
        "key": leg.key,
        "leg": 0,
        "legs": [said | changed],
        "system": call.system,
    }
    return {"record": record}


@pytest.mark.parametrize(
    "leg",
    [a_leg(unique_id="1.1", key="1.1"), a_leg(talked=None, answered=False, recording="a.wav")],
    ids=["answered", "not answered"],
)
def test_a_leg_that_was_sealed_is_the_one_that_was_read(leg: Leg) -> None:
    assert sealed_legs(a_record(leg)) == [comparable_leg(leg)]


@pytest.mark.parametrize("fields", [{}, {"record": None}], ids=["an old recording", "none"])
def test_a_recording_without_a_record_has_no_legs(fields: dict[str, Any]) -> None:
    assert sealed_legs(fields) == []


WRONG: dict[str, dict[str, Any]] = {
    "no list": {"record": 3},
    "another system": {"record": {"system": "string and tin", "key": "", "legs": []}},
    "no legs": {"record": {"system": "asterisk", "key": ""}},
    "a direction that there is not": a_record(a_leg(), direction="up"),
    "a time that is none": a_record(a_leg(), started_at="noon"),
    "a talk that is no number": a_record(a_leg(), talk_ms="long"),
}


@pytest.mark.parametrize("fields", WRONG.values(), ids=WRONG)
def test_a_record_that_is_not_in_its_form_is_tampered(fields: dict[str, Any]) -> None:
    with pytest.raises(Tampered):
        sealed_legs(fields)
