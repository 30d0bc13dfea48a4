"""Pages of the desk in a large vault, and what many logins at once take of memory."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Final

from benchmarks.desk_pages import PAGES
from benchmarks.goals import Goal, Quantity
from benchmarks.measured import Figure, Result
from benchmarks.practice import filled
from benchmarks.timing import Step, run_untimed

if TYPE_CHECKING:
    from benchmarks.bench import Bench

FULL, SMALL = 1_000_000, 50_000

YEARS: Final = 10

QUESTIONS: Final = 20

LOGINS: Final = 20

ROUNDS: Final = 3

GOALS: Final = (
    *(Goal(Quantity(f"desk, {name}", "s"), 0.15) for name in PAGES),
    Goal(Quantity(f"desk, {LOGINS} logins", "bytes"), 1e9),
)


def measure(bench: Bench) -> Result:
    size = FULL if bench.full else SMALL
    vault = filled(bench, size, YEARS)
    pages: dict[str, list[float]] = {name: [] for name in PAGES}
    memory: list[float] = []
    for number in range(ROUNDS):
        bench.say(f"the desk, {size} recordings, round {number + 1}")
        place = bench.fresh_place()
        # No page reads a sealed file.
        without = shutil.ignore_patterns("recordings")
        shutil.copytree(vault, place, dirs_exist_ok=True, ignore=without)
        words = ("-m", "benchmarks.desk_pages", place, str(QUESTIONS), str(LOGINS))
        told = json.loads(run_untimed(Step((bench.python, *words), cwd=bench.checkout), place))
        for name, seconds in told["pages"].items():
            pages[name].append(sorted(seconds)[len(seconds) // 2])
        memory.append(told["bytes"])
        bench.set_aside(place)
    figures = [Figure(f"desk, {name}", "s", tuple(each)) for name, each in pages.items()]
    figures.append(Figure(f"desk, {LOGINS} logins", "bytes", tuple(memory)))
    return Result(figures=tuple(figures))
