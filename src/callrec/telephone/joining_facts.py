"""What recordings and the legs of calls are joined by: facts, keys and an order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Self, TypeAlias

from callrec.dataclass import dataclass
from callrec.telephone.call import Call, Direction, Leg, System, TimeConfidence

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

    @classmethod
    def of(cls, call: Call, names: Iterable[str], duration_ms: int) -> Self:
        """By the recording's call, and the names of its files without folders."""
        return cls(
            unique_id=call.unique_id,
            names=tuple(names),
            # Some names say the outside party's number, and not which end it was.
            numbers=tuple(dict.fromkeys(filter(None, (call.caller, call.callee, call.number)))),
            extension=call.extension,
            started_at=call.started_at,
            duration_ms=duration_ms,
            time_confidence=call.time_confidence,
        )


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
    that is there twice, word for word, is one. An id that two outside numbers have stands for two
    calls: a spreadsheet program has taken the nought from the end of one.

    Law: the order of the legs does not matter.
    """
    together: defaultdict[tuple[str, str, int], list[Leg]] = defaultdict(list)
    for place, leg in enumerate(dict.fromkeys(legs)):
        together[leg.call.system, leg.key, 0 if leg.key else place].append(leg)
    calls = [
        CallRecord(key=legs[0].key, legs=tuple(legs))
        for parts in together.values()
        for legs in _of_one_caller(sorted(parts, key=order_of_leg))
    ]
    return sorted(calls, key=lambda call: order_of_leg(call.legs[0]))


def _of_one_caller(legs: list[Leg]) -> Iterable[list[Leg]]:
    """The legs of one key, in parts where their ids contradict each other; seldom more than one.

    Asterisk's unique id is that of one channel, which has one other party.
    """
    numbers: defaultdict[str, set[str]] = defaultdict(set)
    for leg in legs:
        number = outside_number(leg.call)
        if number and leg.call.unique_id and leg.call.system is System.ASTERISK:
            numbers[leg.call.unique_id].add(number)
    apart = {number for several in numbers.values() if len(several) > 1 for number in several}
    if not apart:
        return [legs]
    parts: dict[str, list[Leg]] = {}
    first = next(number for leg in legs if (number := outside_number(leg.call)) in apart)
    for leg in legs:
        number = outside_number(leg.call)
        parts.setdefault(number if number in apart else first, []).append(leg)
    return parts.values()


def order_of_leg(leg: Leg) -> Order:
    """The one that began first is first; of those that began together, always the same one."""
    call = leg.call
    return (
        call.started_at,
        leg.key,
        *(end or "" for end in (call.unique_id, call.extension, call.caller, call.callee)),
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


Key: TypeAlias = tuple[JoinedBy, str]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_SHORTEST_ID: Final = 6
"""Characters. A shorter id counts a day's calls, or one telephone's, and comes again."""

_SUFFIX: Final = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}\Z")

_ONE_SIDE: Final = re.compile(r"-(?:in|out|all)\Z")
"""Where each side is recorded by itself, records name the call without this."""

_OTHER_READING: Final = {
    TimeConfidence.LOCAL_AMBIGUOUS: timedelta(hours=1),
    TimeConfidence.NONEXISTENT: timedelta(hours=-1),
}
"""How far the reading of a local time that was not taken is from the one that was (clock.py)."""


def keys_of_recording(facts: RecordingFacts, tolerance: timedelta) -> Iterator[Key]:
    """What a recording may have in common with a leg, the surest first.

    Law: a recording that is joined to a leg has a key of that leg.
    """
    yield from ids_of_recording(facts)
    ends = sorted({*facts.numbers, *inside_ends_of_recording(facts)})
    yield from ends_in_time(ends, instants_of_recording(facts), tolerance, around=1)


def keys_of_leg(leg: Leg, tolerance: timedelta) -> Iterator[Key]:
    """What a leg may have in common with a recording, the surest first."""
    yield from ids_of_leg(leg)
    ends = sorted(inside_ends_of_leg(leg) | public_ends([outside_number(leg.call)]))
    yield from ends_in_time(ends, instants_of_leg(leg), tolerance)


def ids_of_recording(facts: RecordingFacts) -> Iterator[Key]:
    """The keys that are ids or names."""
    if facts.unique_id and len(facts.unique_id) >= _SHORTEST_ID:
        yield JoinedBy.UNIQUE_ID, facts.unique_id
        # Asterisk links the legs of a call by the unique id of its first channel.
        yield JoinedBy.LINKED_ID, facts.unique_id
    stems = [_SUFFIX.sub("", name) for name in facts.names]
    for stem in dict.fromkeys([*stems, *(_ONE_SIDE.sub("", stem) for stem in stems)]):
        if stem:
            yield JoinedBy.FILE_NAME, stem


def ids_of_leg(leg: Leg) -> Iterator[Key]:
    """Likewise."""
    if leg.call.unique_id and len(leg.call.unique_id) >= _SHORTEST_ID:
        yield JoinedBy.UNIQUE_ID, leg.call.unique_id
    if len(leg.key) >= _SHORTEST_ID:
        yield JoinedBy.LINKED_ID, leg.key
    if stem := _SUFFIX.sub("", leg.recording):
        yield JoinedBy.FILE_NAME, stem


def outside_number(call: Call) -> str | None:
    """The public number that a call is joined by.

    Not the practice's own, for that is dialled in every call; so where it is not known which way a
    call went, it is the caller's, and there is none if that is withheld.
    """
    ends: tuple[str | None, ...] = (call.number,)
    if call.direction is Direction.UNKNOWN:
        ends = (call.caller, call.callee) if call.caller else ()
    public = public_ends(ends)
    return next((end for end in ends if end in public), None)


def public_ends(ends: Iterable[str | None]) -> frozenset[str]:
    """Those written in E.164; 999 is nobody's number, and may be an extension."""
    return frozenset(end for end in ends if end and end.startswith("+"))


def inside_ends_of_recording(facts: RecordingFacts) -> frozenset[str]:
    """Extensions, and whatever else stands for one end and is not a public number."""
    ends = frozenset(filter(None, (*facts.numbers, facts.extension)))
    return ends - public_ends(ends)


def inside_ends_of_leg(leg: Leg) -> frozenset[str]:
    """Likewise."""
    ends = frozenset(filter(None, (leg.call.caller, leg.call.callee, leg.call.extension)))
    return ends - public_ends(ends)


def instants_of_recording(facts: RecordingFacts) -> tuple[datetime, ...]:
    """When it may have begun."""
    return _readings(facts.started_at, facts.time_confidence)


def instants_of_leg(leg: Leg) -> tuple[datetime, ...]:
    """When a recording of it may have begun: as it began itself, or as it was answered."""
    began = _readings(leg.call.started_at, leg.call.time_confidence)
    if leg.answered_at is None:
        return began
    return began + _readings(leg.answered_at, leg.call.time_confidence)


def microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def since_epoch(at: datetime) -> int:
    """In microseconds: whole numbers, so that no rounding parts what is just near enough."""
    return microseconds(at - _EPOCH)


def _readings(at: datetime, confidence: TimeConfidence) -> tuple[datetime, ...]:
    other = _OTHER_READING.get(confidence)
    return (at,) if other is None else (at, at + other)


def ends_in_time(
    ends: Iterable[str], instants: Iterable[datetime], tolerance: timedelta, *, around: int = 0
) -> Iterator[Key]:
    """One end and a stretch of time as long as the tolerance, and those around it."""
    stretches = {
        since_epoch(at) // microseconds(tolerance) + step
        for at in instants
        for step in range(-around, around + 1)
    }
    for end in ends:
        for stretch in sorted(stretches):
            yield JoinedBy.NUMBER_AND_TIME, f"{end} {stretch}"
