"""Which recording is of which leg of which call."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from heapq import heappop, heappush
from itertools import chain
from typing import NamedTuple

from callrec.telephone.call import Leg
from callrec.telephone.joining_facts import (
    CallRecord,
    Joined,
    JoinedBy,
    Joining,
    Key,
    Order,
    RecordingFacts,
    ends_in_time,
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


class _Place(NamedTuple):
    """Of a leg."""

    call: int
    leg: int


def join(
    recordings: Sequence[RecordingFacts], calls: Sequence[CallRecord], tolerance: timedelta
) -> Joining:
    """Which recordings and calls belong together, and what is left over on both sides.

    By ids and names first; several recordings may be of one leg. Then, by number and time, those
    that are left: the nearest first, each at most once.

    Laws: the order of both does not matter; a recording is of one call at most; what an id joins
    stays joined whatever else is given.
    """
    if not calls:
        return Joining(of_recordings=(None,) * len(recordings), of_calls=())
    table = _Table(recordings, calls, tolerance)
    table.join_by_ids()
    table.join_by_time(answered=True, same_extension=True)
    table.join_by_time(answered=True)
    table.join_by_time(answered=False)
    table.join_by_extension()
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
        self._tolerance = tolerance
        self._joined: dict[int, tuple[_Place, JoinedBy]] = {}

    def joining(self) -> Joining:
        of_calls: list[list[int]] = [[] for _ in self._calls]
        of_recordings: list[Joined | None] = [None] * len(self._recordings)
        for recording, (place, joined_by) in sorted(self._joined.items()):
            of_calls[place.call].append(recording)
            of_recordings[recording] = Joined(
                call=self._calls[place.call], leg_index=place.leg, joined_by=joined_by
            )
        return Joining(of_recordings=tuple(of_recordings), of_calls=tuple(map(tuple, of_calls)))

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
                self._joined[recording] = self._best(facts, having[surest]), surest[0]

    def join_by_time(self, *, answered: bool, same_extension: bool = False) -> None:
        """The nearest first."""

        def lines(numbers: frozenset[str], extension: str | None) -> frozenset[str]:
            if not same_extension:
                return numbers
            return frozenset(f"{number} {extension}" for number in numbers if extension)

        recordings, legs = self._recordings_left(), self._legs_left(answered=answered)
        points = [
            TimePoint(line, since_epoch(at), is_right=False, who=who)
            for who, facts in enumerate(map(self._recordings.__getitem__, recordings))
            for line in lines(public_ends(facts.numbers), facts.extension)
            for at in instants_of_recording(facts)
        ]
        points += [
            TimePoint(line, since_epoch(at), is_right=True, who=who)
            for who, leg in enumerate(map(self._leg, legs))
            for line in lines(public_ends([outside_number(leg.call)]), leg.call.extension)
            for at in instants_of_leg(leg)
        ]
        for recording, leg in nearest_pairs(points, microseconds(self._tolerance)):
            self._joined[recordings[recording]] = legs[leg], JoinedBy.NUMBER_AND_TIME

    def join_by_extension(self) -> None:
        """Without a public number: only where nothing else could be meant, on either side."""
        near: defaultdict[Key, list[_Place]] = defaultdict(list)
        for place in self._legs_left(answered=True):
            leg = self._leg(place)
            ends, instants = inside_ends_of_leg(leg), instants_of_leg(leg)
            for key in ends_in_time(ends, instants, self._tolerance):
                near[key].append(place)
        could_be: dict[int, list[_Place]] = {}
        for recording in self._recordings_left():
            facts = self._recordings[recording]
            ends, instants = inside_ends_of_recording(facts), instants_of_recording(facts)
            keys = ends_in_time(ends, instants, self._tolerance, around=1)
            found = {place for key in keys for place in near.get(key, ())}
            could_be[recording] = [
                place for place in found if self._could_be(facts, self._leg(place))
            ]
        calls_of = {
            recording: {place.call for place in places} for recording, places in could_be.items()
        }
        asked_for = Counter(chain.from_iterable(calls_of.values()))
        for recording, calls in calls_of.items():
            if len(calls) == 1 and asked_for[calls.pop()] == 1:
                best = self._best(self._recordings[recording], could_be[recording])
                self._joined[recording] = best, JoinedBy.NUMBER_AND_TIME

    def _recordings_left(self) -> list[int]:
        """In an order that is theirs, however they were given."""
        left = set(range(len(self._recordings))) - self._joined.keys()
        return sorted(left, key=lambda place: order_of_recording(self._recordings[place]))

    def _legs_left(self, *, answered: bool) -> list[_Place]:
        """Likewise; of those that nobody answered, only where no part of the call is recorded."""
        taken = {place for place, _ in self._joined.values()}
        taken_calls = {place.call for place in taken}
        left = [
            place
            for place, leg in self._legs()
            if leg.answered == answered
            and place not in taken
            and (answered or place.call not in taken_calls)
        ]
        return sorted(left, key=lambda place: order_of_leg(self._leg(place)))

    def _could_be(self, facts: RecordingFacts, leg: Leg) -> bool:
        """Whether it began near enough, and has every public number of the recording's."""
        has_numbers = public_ends(facts.numbers) <= public_ends((leg.call.caller, leg.call.callee))
        return has_numbers and _apart(facts, leg) <= self._tolerance

    def _best(self, facts: RecordingFacts, places: Sequence[_Place]) -> _Place:
        return min(places, key=lambda place: _fit(facts, self._leg(place)))

    def _leg(self, place: _Place) -> Leg:
        return self._calls[place.call].legs[place.leg]

    def _legs(self) -> Iterator[tuple[_Place, Leg]]:
        for number, call in enumerate(self._calls):
            for index, leg in enumerate(call.legs):
                yield _Place(number, index), leg


def _fit(facts: RecordingFacts, leg: Leg) -> Order:
    """The least fits best: the leg that names the file, has the same ends, began nearest."""
    call = leg.call
    names = {key for key in ids_of_recording(facts) if key[0] is JoinedBy.FILE_NAME}
    ends = {call.caller, call.callee, call.extension} & {*facts.numbers, facts.extension}
    return (
        names.isdisjoint(ids_of_leg(leg)),
        -len(ends - {None}),
        not leg.answered,
        _apart(facts, leg),
        order_of_leg(leg),
    )


def _apart(facts: RecordingFacts, leg: Leg) -> timedelta:
    return min(
        abs(one - other) for one in instants_of_leg(leg) for other in instants_of_recording(facts)
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
    """The pairs, left and right, no farther apart than ``farthest``.

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


class _Row:
    """The points in their order, and the neighbours that could be paired."""

    def __init__(self, points: list[TimePoint], farthest: int) -> None:
        size = len(points)
        self.points, self.farthest = points, farthest
        self.before = list(range(-1, size - 1))
        self.after = [*range(1, size), -1] if size else []
        self.is_there = [True] * size
        self.places: defaultdict[tuple[bool, int], list[int]] = defaultdict(list)
        self.near: list[tuple[int, int, int, int, int]] = []
        for place, point in enumerate(points):
            self.places[point.is_right, point.who].append(place)
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
