"""Call records and recordings held against each other: what is held, and what is missing.

Pure: procedures open what is sealed and read the files. For the words, see
docs/reference/reconciling.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from callrec.crypto.canonical import whole_milliseconds
from callrec.dataclass import dataclass, replace
from callrec.telephone.call import Direction, Leg
from callrec.telephone.joining import join
from callrec.telephone.joining_facts import CallRecord, Joined, RecordingFacts, calls_of

Span = tuple["datetime", "datetime"]
"""From when until when, aware, UTC."""


class Coverage(StrEnum):
    """What is held of a call."""

    UNANSWERED = "unanswered"
    """Nobody spoke, so there is nothing to hold."""
    HELD = "held"
    IN_PART = "in-part"
    """There is a recording, but not of every part in which people spoke."""
    MISSING = "missing"
    """There is none."""


class ExtraReason(StrEnum):
    """Why several recordings may be one too many."""

    OVERLAPPING = "overlapping"
    """Two recordings of one part, made at the same time."""
    CONSECUTIVE = "consecutive"
    """Several of one part, one after the other: a recording was stopped and begun again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecording:
    """A recording as far as it is held against calls."""

    id: int
    facts: RecordingFacts
    direction: Direction
    number: str | None
    """Of the outside party."""
    unheard: tuple[str, ...]
    """Why nothing, or not all, can be heard on it; empty: nothing is known to be wrong."""

    @property
    def span(self) -> Span:
        begins_at = self.facts.started_at
        return begins_at, begins_at + timedelta(milliseconds=self.facts.duration_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountedCall:
    """One call, and what is held of it."""

    call: CallRecord
    standing: Coverage
    recordings: tuple[tuple[HeldRecording, Joined], ...]
    without: tuple[Leg, ...]
    """The parts in which people spoke and of which there is no recording."""


@dataclass(frozen=True, slots=True)
class ExtraRecordings:
    """Recordings of one part of a call, or of one unique id."""

    recordings: tuple[HeldRecording, ...]
    """Two at the least, in the order in which they began."""
    why: ExtraReason


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Every call and every recording, each accounted for once."""

    calls: tuple[AccountedCall, ...]
    without_call: tuple[HeldRecording, ...]
    several: tuple[ExtraRecordings, ...]


def reconcile(
    recordings: Sequence[HeldRecording], legs: Iterable[Leg], tolerance: timedelta
) -> Reconciled:
    """Hold recordings against the legs of calls.

    Laws: every call and every recording is accounted for exactly once; a call that has a recording
    by an id or a number still has one when there is another recording; neither order matters.
    """
    calls = calls_of(legs)
    # Of two alike, always the same one is joined.
    ordered = sorted(recordings, key=lambda held: (held.facts.started_at, held.id))
    joining = join([recording.facts for recording in ordered], calls, tolerance)
    pairs = list(zip(ordered, joining.of_recordings, strict=True))
    accounted = []
    for call, places in zip(calls, joining.of_calls, strict=True):
        of_call = (pairs[place] for place in places)
        accounted.append(_accounted(call, [(held, joined) for held, joined in of_call if joined]))
    without = tuple(held for held, joined in pairs if joined is None)
    return Reconciled(tuple(accounted), without, tuple(_several(accounted, without)))


def is_spoken(leg: Leg) -> bool:
    """Whether people spoke, as far as the telephone system knows."""
    return leg.answered and leg.talk_ms != 0


def comparable_leg(leg: Leg) -> Leg:
    """A leg with what is asked of it here, and nothing that depends on who read it.

    Ten years of calls fit into memory so, and a leg that was sealed with a recording is the same
    as the one in the file that it is from.
    """
    call = replace(
        leg.call,
        started_at=whole_milliseconds(leg.call.started_at),
        raw_time="",
        zone="",
        utc_offset_minutes=0,
        contradiction=None,
        parties=(),
        sides=(),
        why="",
        said={},
    )
    answered_at = leg.answered_at and whole_milliseconds(leg.answered_at)
    return replace(leg, call=call, answered_at=answered_at, written=leg.written or _written(leg))


def without_repeats(legs: Iterable[Leg]) -> Iterable[Leg]:
    """Of essences that were written word for word alike, the first.

    A leg that was sealed under other settings is understood otherwise, and is the same leg.
    """
    once: dict[int | Leg, Leg] = {}
    for leg in legs:
        once.setdefault(leg.written or leg, leg)
    return once.values()


def _written(leg: Leg) -> int:
    """What the system wrote, as a number that means something to this process alone.

    And whether people spoke, which no setting changes: so nothing that is sealed can stand for a
    row that says otherwise.
    """
    call, fields = leg.call, sorted(leg.call.said.items())
    # Ten years of rows would not fit into memory; how Python's hash begins is secret.
    row = (call.system, leg.key, call.raw_time, leg.answered, leg.talk_ms, *fields)
    return hash(row) if fields else 0


def _accounted(
    call: CallRecord, recordings: Sequence[tuple[HeldRecording, Joined]]
) -> AccountedCall:
    recorded = {joined.leg_index for _, joined in recordings}
    names = {call.legs[index].recording for index in recorded} - {""}
    spans = _merged(held.span for held, _ in recordings)
    spoken = {index: leg for index, leg in enumerate(call.legs) if is_spoken(leg)}
    without = tuple(
        leg
        for index, leg in spoken.items()
        if index not in recorded and leg.recording not in names and not _is_covered(leg, spans)
    )
    if not spoken:
        standing = Coverage.UNANSWERED
    elif not without:
        standing = Coverage.HELD
    else:
        standing = Coverage.IN_PART if recordings else Coverage.MISSING
    return AccountedCall(
        call=call, standing=standing, recordings=tuple(recordings), without=without
    )


def _is_covered(leg: Leg, spans: Sequence[Span]) -> bool:
    """Whether the call's other recordings were running for half of what was spoken in this part.

    A queue, the desk that it rang and a caller who is passed on without a new recording are
    several legs of one conversation, and one recording has it all.
    """
    begins_at = leg.answered_at or leg.call.started_at
    talked = timedelta(milliseconds=leg.talk_ms or 0)
    if not talked:  # how long is not known
        return any(first <= begins_at <= last for first, last in spans)
    ends_at = begins_at + talked
    heard = sum(
        (max(min(last, ends_at) - max(first, begins_at), timedelta()) for first, last in spans),
        timedelta(),
    )
    return heard * 2 >= talked


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches of time, none of which overlap."""
    merged: list[Span] = []
    for begins_at, ends_at in sorted(spans):
        if merged and begins_at <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ends_at)
        else:
            merged.append((begins_at, ends_at))
    return merged


def _several(
    calls: Iterable[AccountedCall], without_call: Iterable[HeldRecording]
) -> Iterator[ExtraRecordings]:
    of_one: defaultdict[object, list[HeldRecording]] = defaultdict(list)
    for number, accounted in enumerate(calls):
        for held, joined in accounted.recordings:
            of_one[number, joined.leg_index].append(held)
    for held in without_call:
        if held.facts.unique_id:
            of_one[held.facts.unique_id].append(held)
    for group in of_one.values():
        if len(group) > 1:
            spans = sorted(held.span for held in group)
            together = any(later[0] < earlier[1] for earlier, later in pairwise(spans))
            why = ExtraReason.OVERLAPPING if together else ExtraReason.CONSECUTIVE
            yield ExtraRecordings(tuple(group), why)
