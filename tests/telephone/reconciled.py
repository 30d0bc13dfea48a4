"""Legs and recordings as they are held against each other, valid unless a test says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callrec.telephone.call import Call, Direction, Leg, System, TimeConfidence
from callrec.telephone.joining_facts import RecordingFacts
from callrec.telephone.reconciling import HeldRecording

EIGHT = datetime(2026, 10, 26, 8, tzinfo=UTC)


def a_leg(
    *,
    unique_id: str = "",
    key: str = "",
    number: str | None = "+447700900100",
    after: int = 0,
    talked: int | None = 30,
    answered: bool = True,
    recording: str = "",
    extension: str = "201",
) -> Leg:
    """A leg that began so many seconds after eight, and in which so many were spoken."""
    at = EIGHT + timedelta(seconds=after)
    call = Call(
        system=System.ASTERISK,
        direction=Direction.INBOUND,
        caller=number,
        callee=extension,
        number=number,
        extension=extension,
        parties=(),
        started_at=at,
        local_time=at.replace(tzinfo=None).isoformat(),
        time_confidence=TimeConfidence.UTC_PROVEN,
        raw_time=f"{at:%Y-%m-%d %H:%M:%S}",
        zone="Europe/London",
        utc_offset_minutes=0,
        contradiction=None,
        unique_id=unique_id or None,
        sides=(),
        why="a test says so",
        said={"row": "1"},
    )
    return Leg(
        call=call,
        key=key,
        recording=recording,
        answered=answered,
        answered_at=at if answered else None,
        talk_ms=None if talked is None else talked * 1000,
    )


def a_recording(
    number: str | None = "+447700900100",
    *,
    id: int = 1,  # noqa: A002 - the field's own name
    unique_id: str = "",
    names: tuple[str, ...] = ("a.wav",),
    after: int = 0,
    lasted: int = 30,
    unheard: tuple[str, ...] = (),
) -> HeldRecording:
    """A recording that began so many seconds after eight, and lasted so many."""
    facts = RecordingFacts(
        unique_id=unique_id or None,
        names=names,
        numbers=(number,) if number else (),
        extension="201",
        started_at=EIGHT + timedelta(seconds=after),
        duration_ms=lasted * 1000,
    )
    return HeldRecording(
        id=id, facts=facts, direction=Direction.INBOUND, number=number, unheard=unheard
    )
