"""Searches in vaults of three sizes: in one process, and as the commands that people type.

A vault is ten times as large after ten times as many years, or where ten times as many people make
ten times as many calls: both are measured. The index is parted by months, so that the first should
cost nothing. With the second each calls as often as before, so that as much is found by a number;
by its last four digits, and by a name that others bear too, up to ten times as much.

Beside the ``sqlite3`` shell, which asks a plain table of the same calls in the clear, with an index
on number and start and one on the start alone. callrec writes what was asked for, and how much was
found, into its log, durably, and decides on what it opens.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.fill import write_plain_table
from benchmarks.goals import Goal, Quantity
from benchmarks.measured import Contest, Figure, Result, exponent
from benchmarks.practice import REASON, at_home, by, filled, logged_in
from benchmarks.searches import ALL_YEARS, Wanted, criteria_of, wanted_of
from benchmarks.timing import Contender, Step, hold_contest, run_untimed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.bench import Bench
    from callrec.policy.search import Criteria


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Of a vault."""

    recordings: int
    years: int = 10

    def __str__(self) -> str:
        return f"{self.recordings} in {self.years} years"


FULL: Final = (Size(1_000_000), Size(4_000_000), Size(10_000_000))

SMALL: Final = (Size(50_000), Size(200_000), Size(500_000))

ROUNDS: Final = 3

COMMANDS: Final = 11

QUERIES: Final = 40

FEWER: Final = 20

KINDS: Final = ("number, day", "last four digits, month", "name, quarter")
"""Those that are bounded: what they take must not grow with the vault as it does."""

OVER_YEARS, MORE_CALLS = "10x years", "10x calls and people"

OPENED: Final = "opened, not found"
"""Calls that the index proposes and that turn out to be others': 19 searches in 20 open fewer."""

GOALS: Final = (
    *(
        Goal(Quantity(f"search, {kind}: {growth}", "x"), at_most)
        for growth, at_most in ((OVER_YEARS, 2.0), (MORE_CALLS, 2.2))
        for kind in KINDS
    ),
    *(Goal(Quantity(f"search, {kind}: {OPENED}", "calls"), 32) for kind in KINDS),
)

Seen = dict[tuple[str, Size], list[list[float]]]
"""Kind and size -> the seconds of each search, or the calls that it opened, by round."""


def measure(bench: Bench) -> Result:
    sizes = FULL if bench.full else SMALL
    young = Size(sizes[-1].recordings // 10, 1)
    vaults = {size: filled(bench, size.recordings, size.years) for size in (*sizes, young)}
    times: Seen = {}
    beyond: Seen = {}
    for number in range(ROUNDS):
        for size, vault in vaults.items():
            bench.say(f"search in one process, {size}, round {number + 1}")
            for seen, told in zip(
                (times, beyond), _searched(bench, vault, size, number), strict=True
            ):
                for kind, each in told.items():
                    seen.setdefault((kind, size), []).append(each)
    contests = [contest for size in sizes for contest in _commands(bench, vaults[size], size)]
    opened = (
        Figure(f"search, {kind}: {OPENED}", "calls", tuple(map(_slow, beyond[kind, sizes[-1]])))
        for kind in KINDS
    )
    return Result(tuple(contests), (*_figures(times, sizes, young), *opened))


def _searched(bench: Bench, vault: Path, size: Size, seed: int) -> list[dict[str, list[float]]]:
    queries = QUERIES if bench.full else FEWER
    words = (vault, str(size.recordings), str(size.years), str(queries), str(seed))
    step = Step((bench.python, "-m", "benchmarks.searches", *words), cwd=bench.checkout)
    seen: list[dict[str, list[float]]] = json.loads(run_untimed(step, bench.fresh_place()))
    return seen


def _slow(values: Sequence[float]) -> float:
    """What one in twenty exceeds."""
    return statistics.quantiles(values, n=20)[-1]


def _figures(times: Seen, sizes: Sequence[Size], young: Size) -> Iterator[Figure]:
    least, *_, most = sizes
    for kind in (*KINDS, ALL_YEARS):
        medians = {}
        for size in (*sizes, young):
            medians[size] = [statistics.median(each) for each in times[kind, size]]
            slow = map(_slow, times[kind, size])
            yield Figure(f"search, {kind}, {size}: p50", "s", tuple(medians[size]))
            yield Figure(f"search, {kind}, {size}: p95", "s", tuple(slow))
        for growth, before in ((OVER_YEARS, young), (MORE_CALLS, least)):
            pairs = zip(medians[most], medians[before], strict=True)
            yield Figure(f"search, {kind}: {growth}", "x", tuple(a / b for a, b in pairs))
        rounds = zip(*(medians[size] for size in sizes), strict=True)
        slopes = (exponent([size.recordings for size in sizes], each) for each in rounds)
        yield Figure(f"search, {kind}: growth with calls", "exponent", tuple(slopes))


def _commands(bench: Bench, vault: Path, size: Size) -> list[Contest]:
    """Whole processes: another call in each round, the same for both."""
    table = f"table-{size.recordings}-{size.years}"
    file = bench.made_once(table, partial(_plain_table, size)) / "calls.db"
    # The login stands in the machine's memory.
    run_untimed(by(bench, "dora", vault, "login", "dora"), bench.fresh_place())
    contests = [
        hold_contest(
            bench,
            f"callrec search, {kind}, {size}",
            [
                Contender("callrec", partial(_callrec, bench, vault, kind, _each_round(size))),
                Contender("sqlite3", partial(_sqlite, file, kind, _each_round(size))),
            ],
            size=size.recordings,
            unit="recordings",
            rounds=COMMANDS,
        )
        for kind in (*KINDS, ALL_YEARS)
    ]
    run_untimed(by(bench, "dora", vault, "logout"), bench.fresh_place())
    return contests


def _plain_table(size: Size, folder: Path) -> None:
    write_plain_table(folder / "calls.db", size.recordings, size.years)


def _each_round(size: Size) -> Iterator[Wanted]:
    return wanted_of(size.recordings, size.years, seed=COMMANDS)


def _callrec(bench: Bench, vault: Path, kind: str, wanted: Iterator[Wanted], _: Path) -> list[Step]:
    asked = criteria_of(next(wanted))[kind]
    words = ["search", "--reason", REASON]
    if asked.number or asked.tail:
        words += ["--number", asked.number or f"...{asked.tail}"]
    if asked.party:
        words += ["--party", asked.party]
    if asked.days:
        words += ["--from", str(asked.days.first), "--to", str(asked.days.last)]
    return [at_home(logged_in(bench, "dora", vault, *words), vault)]


def _sqlite(file: Path, kind: str, wanted: Iterator[Wanted], _: Path) -> list[Step]:
    return [Step(("sqlite3", "-readonly", file, _sql(criteria_of(next(wanted))[kind])))]


def _sql(asked: Criteria) -> str:
    """The newest fifty, and how many there are."""
    conditions = []
    if asked.number:
        conditions.append(f"number = '{asked.number}'")
    if asked.tail:
        conditions.append(f"number LIKE '%{asked.tail}'")
    if asked.party:
        conditions.append(f"'{asked.party}' IN (caller_name, callee_name)")
    if asked.days:
        first, last = asked.days.first, asked.days.last
        conditions.append(
            f"start >= unixepoch('{first}') AND start < unixepoch('{last}', '+1 day')"
        )
    where = " AND ".join(conditions)
    return (
        f"SELECT * FROM calls WHERE {where} ORDER BY start DESC LIMIT 50;"
        f" SELECT count(*) FROM calls WHERE {where};"
    )
