"""What callrec is to reach, what was measured of it, and the table that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.measured import Spread, ratio, spread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.measured import Result

WIDTH: Final = 80
MEGABYTE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Ratio:
    """The wall time of a contender over that of its peer, in a contest of this name."""

    contest: str
    peer: str
    contender: str = "callrec"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure of this name, in its unit."""

    figure: str
    unit: str


@dataclass(frozen=True, slots=True)
class Goal:
    """So much at the most."""

    measure: Ratio | Quantity
    at_most: float

    @property
    def words(self) -> str:
        match self.measure:
            case Ratio(contest, peer):
                return f"{contest}: beside {peer}"
            case Quantity(figure):
                return figure

    @property
    def unit(self) -> str:
        return self.measure.unit if isinstance(self.measure, Quantity) else "x"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A goal beside what was measured; None where it was not."""

    goal: Goal
    measured: Spread | None

    @property
    def holds(self) -> bool | None:
        return None if self.measured is None else self.measured.median <= self.goal.at_most

    @property
    def is_clear(self) -> bool:
        """Whether every round by itself says the same."""
        if self.measured is None:
            return False
        return self.measured.high <= self.goal.at_most or self.measured.low > self.goal.at_most


def judge(goals: Iterable[Goal], result: Result) -> list[Outcome]:
    """Each goal of a case with its outcome, in their order."""
    return [_judge(goal, result) for goal in goals]


def _judge(goal: Goal, result: Result) -> Outcome:
    match goal.measure:
        case Ratio(name, peer, contender):
            for contest in result.contests:
                if contest.name == name and peer in contest.runs:
                    return Outcome(goal, ratio(contest, contender, peer))
        case Quantity(name):
            for figure in result.figures:
                if figure.name == name:
                    return Outcome(goal, spread(figure.values))
    return Outcome(goal, None)


def shown(value: float, unit: str) -> str:
    """A value with its unit, in seven characters or so."""
    match unit:
        case "x":
            return f"{value:.2f} x"
        case "bytes":
            return f"{value / MEGABYTE:.0f} MB"
        case "s":
            return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"  # noqa: PLR2004 - from here down seconds say little
        case "exponent":
            return f"n^{value:.2f}"
        case _:
            return f"{value:g} {unit}".rstrip()


def verdict(outcome: Outcome) -> str:
    """Whether it holds; with a question mark where some round by itself says otherwise."""
    if outcome.holds is None:
        return "-"
    return ("yes" if outcome.holds else "NO") + ("" if outcome.is_clear else "?")


NOT_YET: Final = "not measured yet"
WORDS: Final = 42
"""Columns for what a goal is about; where it needs more, the figures follow on a second line."""
HEAD: Final = f"{'goal':<{WORDS}} {'at most':>8} {'median':>8} {'rounds':>13} holds"


def row(outcome: Outcome) -> str:
    """A line of the table, or two, no wider than WIDTH."""
    measured, unit = outcome.measured, outcome.goal.unit
    words, limit = outcome.goal.words, shown(outcome.goal.at_most, unit)
    words = f"{words:<{WORDS}}" if len(words) <= WORDS else f"{words}\n{'':<{WORDS}}"
    if measured is None:
        return f"{words} {limit:>8} {NOT_YET:>22}"
    low, high = shown(measured.low, unit), shown(measured.high, unit)
    between = f"{low.split(' ')[0].removeprefix('n^')}-{high.split(' ')[0].removeprefix('n^')}"
    return f"{words} {limit:>8} {shown(measured.median, unit):>8} {between:>13} {verdict(outcome)}"


def table(outcomes: Iterable[Outcome]) -> str:
    """What ``make bench`` prints at the end."""
    return "\n".join([HEAD, "-" * WIDTH, *map(row, outcomes)])
