"""Legs of calls and the facts of recordings, plain ones unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callrec.telephone.call import Leg, System
from callrec.telephone.joining import join
from callrec.telephone.joining_facts import CallRecord, Joined, RecordingFacts, calls_of
from callrec.telephone.written import Setup, Written, WrittenTime

LONDON = ZoneInfo("Europe/London")

SETUP = Setup(zone=LONDON, extensions=((200, 299), (800, 809)))

NINE = datetime(2025, 6, 2, 9, tzinfo=UTC)

MINUTE = timedelta(minutes=1)

TOLERANCE = 2 * MINUTE

CALLER = "07700900123"

OTHER_CALLER = "07700900456"


def a_leg(
    *,
    calling: str = CALLER,
    called: str = "201",
    at: datetime = NINE,
    local: datetime | None = None,
    unique_id: str | None = None,
    key: str = "",
    recording: str = "",
    answered: bool = True,
    answered_at: datetime | None = None,
    **written: Any,
) -> Leg:
    """``local``: its start is a local time, with nothing that proves the hour."""
    time = WrittenTime(raw="", local=local) if local else WrittenTime(raw="", instant=at)
    said = Written(
        system=System.ASTERISK,
        how="made up",
        time=time,
        calling=calling,
        called=called,
        unique_id=unique_id,
        **written,
    )
    return Leg(
        call=said.to_call(SETUP),
        key=key,
        recording=recording,
        answered=answered,
        answered_at=answered_at,
        talk_ms=None,
    )


def a_call(*legs: Leg) -> CallRecord:
    [call] = calls_of(legs)
    return call


def facts(
    *,
    numbers: tuple[str, ...] = ("+447700900123",),
    extension: str | None = "201",
    at: datetime = NINE,
    unique_id: str | None = None,
    names: tuple[str, ...] = (),
    **more: Any,
) -> RecordingFacts:
    return RecordingFacts(
        unique_id=unique_id,
        names=names,
        numbers=numbers,
        extension=extension,
        started_at=at,
        duration_ms=60_000,
        **more,
    )


def leg_of(
    facts: RecordingFacts, candidates: Sequence[CallRecord], tolerance: timedelta
) -> Joined | None:
    """The leg that one recording is of."""
    return join([facts], candidates, tolerance).of_recordings[0]
