"""Recordings, and calls with their parts, as they are held against each other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from callrec.telephone.call import TimeConfidence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from callrec.telephone.records.leg import Leg

Order: TypeAlias = tuple[object, ...]
"""By which things are put into an order that is always the same."""


class JoinedBy(StrEnum):
    """What a recording and a leg have in common, the surest first."""

    UNIQUE_ID = "unique-id"
    LINKED_ID = "linked-id"
    FILE_NAME = "file-name"
    NUMBER_AND_TIME = "number-and-time"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFacts:
    """What a recording is joined by."""

    unique_id: str | None
    names: tuple[str, ...]
    """Names of the files that it came in as, without folders."""
    numbers: tuple[str, ...]
    """Of both ends, as they stand in a Call."""
    extension: str | None
    started_at: datetime
    """Aware, UTC."""
    duration_ms: int
    time_confidence: TimeConfidence = TimeConfidence.UTC_PROVEN
    """Of a local time that came twice, both readings count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call with its parts."""

    key: str
    """What its system knows it by; empty: it does not say."""
    legs: tuple[Leg, ...]
    """In the order in which they began; at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Of which leg of which call a recording is."""

    call: CallRecord
    leg_index: int
    """From 0."""
    joined_by: JoinedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Recordings and calls, each in the order in which they were given."""

    of_recordings: tuple[Joined | None, ...]
    """For each recording; None: no call is known of it."""
    of_calls: tuple[tuple[int, ...], ...]
    """For each call, the places of its recordings, from 0; empty: it has none."""


def calls_of(legs: Iterable[Leg]) -> list[CallRecord]:
    """The calls that the legs make, in the order in which they began.

    Legs of one system with one key are one call; a leg without a key is a call of its own. A leg
    that is there twice, word for word, is one.

    Law: the order of the legs does not matter.
    """
    together: defaultdict[tuple[str, str, int], list[Leg]] = defaultdict(list)
    for place, leg in enumerate(dict.fromkeys(legs)):
        together[leg.call.system, leg.key, 0 if leg.key else place].append(leg)
    calls = [
        CallRecord(key=parts[0].key, legs=tuple(sorted(parts, key=order_of_leg)))
        for parts in together.values()
    ]
    return sorted(calls, key=lambda call: order_of_leg(call.legs[0]))


def order_of_leg(leg: Leg) -> Order:
    """The one that began first is first; of those that began together, always the same one."""
    call = leg.call
    return (
        call.started_at,
        leg.key,
        call.unique_id or "",
        call.extension or "",
        call.caller or "",
        call.callee or "",
        not leg.answered,
        str(leg.answered_at),
        leg.recording,
        str(leg.talk_ms),
        sorted(call.said.items()),
    )


def order_of_recording(facts: RecordingFacts) -> Order:
    """Likewise."""
    return (
        facts.started_at,
        facts.unique_id or "",
        facts.names,
        facts.numbers,
        facts.extension or "",
        facts.duration_ms,
        facts.time_confidence,
    )
