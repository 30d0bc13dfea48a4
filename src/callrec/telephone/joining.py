"""Which recording is of which leg of which call."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from callrec.telephone.joining_facts import (
    CallRecord,
    Joined,
    JoinedBy,
    Joining,
    Key,
    Order,
    RecordingFacts,
    ids_of_leg,
    ids_of_recording,
    inside_ends_of_leg,
    inside_ends_of_recording,
    instants_of_leg,
    instants_of_recording,
    microseconds,
    order_of_leg,
    order_of_recording,
    outside_number,
    public_ends,
    since_epoch,
)
from callrec.telephone.records.leg import Leg


class _Place(NamedTuple):
    """Of a leg."""

    call: int
    leg: int


class _Lines(NamedTuple):
    """On which lines of time a recording and a leg meet."""

    of_recording: Callable[[RecordingFacts], frozenset[str]]
    of_leg: Callable[[Leg], frozenset[str]]


def join(
    recordings: Sequence[RecordingFacts], calls: Sequence[CallRecord], tolerance: timedelta
) -> Joining:
    """Which recordings and calls belong together, and what is left over on both sides.

    By ids and names first; several recordings may be of one leg. Then, by number and time, those
    that are left: the nearest first, each at most once.

    Laws: the order of both does not matter; a recording is of one call at most; what an id joins
    stays joined whatever else is given.
    """
    table = _Table(recordings, calls, tolerance)
    table.join_by_ids()
    table.join_by_time(table.legs_left(answered=True), _BY_NUMBER_AND_EXTENSION)
    table.join_by_time(table.legs_left(answered=True), _BY_NUMBER)
    table.join_by_time(table.legs_left(answered=False), _BY_NUMBER)
    table.join_by_extension(table.legs_left(answered=True))
    return table.joining()


class _Table:
    """What is joined so far, and what is left."""

    def __init__(
        self,
        recordings: Sequence[RecordingFacts],
        calls: Sequence[CallRecord],
        tolerance: timedelta,
    ) -> None:
        self._recordings = recordings
        self._calls = calls
        self._tolerance = microseconds(tolerance)
        self._joined: dict[int, tuple[_Place, JoinedBy]] = {}
        self._taken: set[_Place] = set()

    def joining(self) -> Joining:
        of_calls: list[list[int]] = [[] for _ in self._calls]
        of_recordings: list[Joined | None] = [None] * len(self._recordings)
        for recording, (place, joined_by) in sorted(self._joined.items()):
            of_calls[place.call].append(recording)
            of_recordings[recording] = Joined(
                call=self._calls[place.call], leg_index=place.leg, joined_by=joined_by
            )
        return Joining(of_recordings=tuple(of_recordings), of_calls=tuple(map(tuple, of_calls)))

    def recordings_left(self) -> list[int]:
        """In an order that is theirs, however they were given."""
        left = set(range(len(self._recordings))) - self._joined.keys()
        return sorted(left, key=lambda place: order_of_recording(self._recordings[place]))

    def legs_left(self, *, answered: bool) -> list[_Place]:
        """Likewise; of those that nobody answered, only where no part of the call is recorded."""
        taken_calls = {place.call for place in self._taken}
        left = [
            place
            for place, leg in self._legs()
            if leg.answered == answered
            and place not in self._taken
            and (answered or place.call not in taken_calls)
        ]
        return sorted(left, key=lambda place: order_of_leg(self._leg(place)))

    def join_by_ids(self) -> None:
        # What no recording has is not kept: there may be ten years of calls.
        wanted = {key for facts in self._recordings for key in ids_of_recording(facts)}
        having: defaultdict[Key, list[_Place]] = defaultdict(list)
        for place, leg in self._legs():
            for key in ids_of_leg(leg):
                if key in wanted:
                    having[key].append(place)
        for recording, facts in enumerate(self._recordings):
            surest = next((key for key in ids_of_recording(facts) if key in having), None)
            if surest is not None:
                self._join(recording, self._best(facts, having[surest]), surest[0])

    def join_by_time(self, legs: Sequence[_Place], lines: _Lines) -> None:
        """The nearest first."""
        left = self.recordings_left()
        points = [
            TimePoint(line, since_epoch(at), is_right=False, who=who)
            for who, recording in enumerate(left)
            for line in lines.of_recording(self._recordings[recording])
            for at in instants_of_recording(self._recordings[recording])
        ]
        points += [
            TimePoint(line, since_epoch(at), is_right=True, who=who)
            for who, place in enumerate(legs)
            for line in lines.of_leg(self._leg(place))
            for at in instants_of_leg(self._leg(place))
        ]
        for recording, leg in nearest_pairs(points, self._tolerance):
            self._join(left[recording], legs[leg], JoinedBy.NUMBER_AND_TIME)

    def join_by_extension(self, legs: Sequence[_Place]) -> None:
        """Without a public number: only where nothing else could be meant, on either side."""
        near = _Stretches(self._tolerance)
        for place in legs:
            near.put(place, inside_ends_of_leg(self._leg(place)), instants_of_leg(self._leg(place)))
        could_be: dict[int, list[_Place]] = {}
        for recording in self.recordings_left():
            facts = self._recordings[recording]
            found = near.get(inside_ends_of_recording(facts), instants_of_recording(facts))
            could_be[recording] = [place for place in found if _agree(facts, self._leg(place))]
        asked_for = Counter(call for places in could_be.values() for call in _calls(places))
        for recording, places in could_be.items():
            if len(calls := _calls(places)) == 1 and asked_for[calls.pop()] == 1:
                best = self._best(self._recordings[recording], places)
                self._join(recording, best, JoinedBy.NUMBER_AND_TIME)

    def _join(self, recording: int, place: _Place, joined_by: JoinedBy) -> None:
        self._joined[recording] = place, joined_by
        self._taken.add(place)

    def _best(self, facts: RecordingFacts, places: Sequence[_Place]) -> _Place:
        return min(places, key=lambda place: _fit(facts, self._leg(place)))

    def _leg(self, place: _Place) -> Leg:
        return self._calls[place.call].legs[place.leg]

    def _legs(self) -> Iterator[tuple[_Place, Leg]]:
        for number, call in enumerate(self._calls):
            for index, leg in enumerate(call.legs):
                yield _Place(number, index), leg


class _Stretches:
    """Legs by an end and a stretch of time as long as the tolerance."""

    def __init__(self, tolerance: int) -> None:
        self._tolerance = tolerance
        self._there: defaultdict[tuple[str, int], list[tuple[int, _Place]]] = defaultdict(list)

    def put(self, place: _Place, ends: Iterable[str], instants: Iterable[datetime]) -> None:
        moments = [since_epoch(at) for at in instants]
        for end in ends:
            for at in moments:
                self._there[end, at // self._tolerance].append((at, place))

    def get(self, ends: Iterable[str], instants: Iterable[datetime]) -> set[_Place]:
        """Those that stood at one of the ends, no farther away than the tolerance."""
        moments = [since_epoch(at) for at in instants]
        return {
            place
            for end in ends
            for wanted in moments
            for step in (-1, 0, 1)
            for at, place in self._there.get((end, wanted // self._tolerance + step), ())
            if abs(at - wanted) <= self._tolerance
        }


def _fit(facts: RecordingFacts, leg: Leg) -> Order:
    """The least fits best: the leg that names the file, has the same ends, began nearest."""
    call = leg.call
    names = {key for key in ids_of_recording(facts) if key[0] is JoinedBy.FILE_NAME}
    ends = {call.caller, call.callee, call.extension} & {*facts.numbers, facts.extension}
    apart = min(
        abs(one - other) for one in instants_of_leg(leg) for other in instants_of_recording(facts)
    )
    return (
        names.isdisjoint(ids_of_leg(leg)),
        -len(ends - {None}),
        not leg.answered,
        apart,
        order_of_leg(leg),
    )


def _agree(facts: RecordingFacts, leg: Leg) -> bool:
    """Whether no public number of the recording's is missing from the call."""
    return public_ends(facts.numbers) <= public_ends((leg.call.caller, leg.call.callee))


def _calls(places: Iterable[_Place]) -> set[int]:
    return {place.call for place in places}


def _numbers_of_leg(leg: Leg) -> frozenset[str]:
    number = outside_number(leg.call)
    return frozenset([number] if number else [])


def _at(extension: str | None, numbers: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{number} {extension}" for number in numbers) if extension else frozenset()


_BY_NUMBER = _Lines(lambda facts: public_ends(facts.numbers), _numbers_of_leg)

_BY_NUMBER_AND_EXTENSION = _Lines(
    lambda facts: _at(facts.extension, public_ends(facts.numbers)),
    lambda leg: _at(leg.call.extension, _numbers_of_leg(leg)),
)


class TimePoint(NamedTuple):
    """Where a recording or a leg stands that looks for its other; it may have several."""

    line: str
    """Only those on one line can be paired."""
    at: int
    """In whole units of time."""
    is_right: bool
    """A pair is one of the left and one of the right."""
    who: int


def nearest_pairs(points: Iterable[TimePoint], farthest: int) -> Iterator[tuple[int, int]]:
    """Who is paired with whom, left and right, no farther apart than ``farthest``.

    Of all who are left the nearest two are paired again and again; of several pairs that are
    equally near, always the same one. Among the nearest are always neighbours, so that one
    that leaves the line only makes new neighbours of those beside it: O(n log n) in all cases.
    """
    row = _Row(sorted(points), farthest)
    while row.near:
        _, left, right, first, second = heappop(row.near)
        if row.is_there[first] and row.is_there[second]:
            yield left, right
            row.leave(left, is_right=False)
            row.leave(right, is_right=True)


@dataclass(slots=True)
class _Row:
    """The points in their order, and the neighbours that could be paired."""

    points: list[TimePoint]
    farthest: int
    before: list[int] = field(init=False)
    after: list[int] = field(init=False)
    is_there: list[bool] = field(init=False)
    places: dict[tuple[bool, int], list[int]] = field(init=False)
    near: list[tuple[int, int, int, int, int]] = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.points)
        self.before = list(range(-1, size - 1))
        self.after = [*range(1, size), -1] if size else []
        self.is_there = [True] * size
        self.places = {}
        self.near = []
        for place, point in enumerate(self.points):
            self.places.setdefault((point.is_right, point.who), []).append(place)
            self._meet(place - 1, place)

    def leave(self, who: int, *, is_right: bool) -> None:
        for place in self.places[is_right, who]:
            before, after = self.before[place], self.after[place]
            self.is_there[place] = False
            if before >= 0:
                self.after[before] = after
            if after >= 0:
                self.before[after] = before
            self._meet(before, after)

    def _meet(self, first: int, second: int) -> None:
        if first < 0 or second < 0:
            return
        one, other = self.points[first], self.points[second]
        apart = other.at - one.at
        if one.line != other.line or one.is_right == other.is_right or apart > self.farthest:
            return
        left, right = (other.who, one.who) if one.is_right else (one.who, other.who)
        heappush(self.near, (apart, left, right, first, second))
