"""Pairs on a line of time: the nearest two first, nobody twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class TimePoint(NamedTuple):
    """Where one that looks for another stands; he may stand at several places."""

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
    equally near, always the same one. Among the nearest are always neighbours, so that whoever
    leaves the line only makes new neighbours of those beside him: O(n log n), whatever the points.
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
