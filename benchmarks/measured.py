"""What was measured, as plain values, and what follows from them: no clock, file or process."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LEAST: Final = 0.05
"""Of a start: what is less beside it cannot be told from nothing."""
DISTURBING: Final = 0.1
DISTURBING_S: Final = 0.05
"""The system counts in hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Run:
    """One contender, once."""

    wall_s: float
    cpu_s: float
    """User and system, of the child and of all that it waited for."""
    peak_bytes: int
    """Resident memory of the largest process among them; ``memory.watch`` counts a whole tree."""
    user_s: float = 0
    """Of ``cpu_s`` what the system did not take, for files or for memory that is touched first."""
    others_s: float | None = None
    """Processor time that everybody else took meanwhile; None: nobody looked."""

    @property
    def is_disturbed(self) -> bool:
        """Whether others took more than a small share of one processor."""
        return (self.others_s or 0) > max(DISTURBING * self.wall_s, DISTURBING_S)


@dataclass(frozen=True, slots=True)
class Contest:
    """Contenders that did the same work in turn, so many times.

    ``runs`` has as many of each, in the order of the rounds.
    """

    name: str
    size: float
    """How much work it was, in ``unit``: what growth is counted over."""
    unit: str
    caches: str
    """"warm", or "cold" and how that was brought about."""
    runs: Mapping[str, tuple[Run, ...]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity by itself: bytes at the peak, an exponent, a percentile. One value a round."""

    name: str
    unit: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Resident memory of a process and its children over time."""

    name: str
    seconds: tuple[float, ...]
    resident_bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """All that a case measured."""

    contests: tuple[Contest, ...] = ()
    figures: tuple[Figure, ...] = ()
    traces: tuple[Trace, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    """When, on what machine, with which programs: ``kept.about``."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and the least and the most that single rounds gave."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def wall(contest: Contest, contender: str) -> Spread:
    """Seconds."""
    return spread([run.wall_s for run in contest.runs[contender]])


def cpu(contest: Contest, contender: str) -> Spread:
    """Seconds."""
    return spread([run.cpu_s for run in contest.runs[contender]])


def without_starts(contest: Contest, contender: str, peer: str, start: Contest) -> Figure:
    """The ratio of what is left when each one's own median start is taken off, a value a round."""
    ours, theirs = (wall(start, each).median for each in (contender, peer))
    values = [
        (our.wall_s - ours) / max(their.wall_s - theirs, LEAST * theirs)
        for our, their in zip(contest.runs[contender], contest.runs[peer], strict=True)
    ]
    return Figure(f"{contest.name}: beside {peer}, starts apart", "x", tuple(values))


def ratio(contest: Contest, contender: str, peer: str) -> Spread:
    """The medians' ratio, between the least and the greatest ratio of two runs of one round.

    Law: it does lie between them. A round's two runs have the same neighbours, so that what
    disturbs one often disturbs the other.
    """
    ours = [run.wall_s for run in contest.runs[contender]]
    theirs = [run.wall_s for run in contest.runs[peer]]
    each = [our / their for our, their in zip(ours, theirs, strict=True)]
    return Spread(statistics.median(ours) / statistics.median(theirs), min(each), max(each))


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log seconds over log size, by least squares: 1 where twice the work takes twice.

    Args:
        sizes: two or more, not all the same.
        seconds: above nought; what a start alone takes is subtracted by the caller.

    Law: c * size ** k has the exponent k, whatever c.
    """
    xs, ys = [math.log(size) for size in sizes], [math.log(each) for each in seconds]
    return statistics.linear_regression(xs, ys).slope


def growth(
    name: str,
    contests: Sequence[Contest],
    contender: str,
    start: Contest,
    seconds: Callable[[Run], float] = lambda run: run.wall_s,
) -> Figure:
    """The exponent over contests of rising size, ``start`` being the same with next to no work.

    One exponent for each round that all of them have, of what is left when the median of
    ``start`` is taken off; where that is less than LEAST of it, so much. Of ``seconds``: wall time
    where nothing else is said.
    """
    start_s = statistics.median(map(seconds, start.runs[contender]))
    sizes = [contest.size for contest in contests]
    values = [
        exponent(sizes, [max(seconds(run) - start_s, LEAST * start_s) for run in runs])
        for runs in zip(*(contest.runs[contender] for contest in contests), strict=False)
    ]
    return Figure(name, "exponent", tuple(values))
