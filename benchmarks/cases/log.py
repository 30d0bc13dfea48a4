"""What somebody looks at each day, where a million entries of the log were written before.

Beside the same in a log of ten thousand entries, of the same shape: what a practice's work makes.
By dora, the Data Controller, who is logged in: of them `status` tells the most.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.audit_log import LIVED, PASSWORD, fill, found_vault
from benchmarks.goals import Goal, Ratio
from benchmarks.measured import Result
from benchmarks.practice import SETTINGS, at_home, by, logged_in
from benchmarks.timing import Contender, hold_contest, run_untimed
from callrec.system.files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.measured import Contest
    from benchmarks.timing import Step

LEAST, SMALL, FULL = 10_000, 100_000, 1_000_000
MOST: Final = 1.2
WORDS: Final = ("inbox", "status")
BESIDE: Final = f"the same with {LEAST:,}"
GOALS: Final = tuple(Goal(Ratio(f"{word}, {FULL:,} entries", BESIDE), MOST) for word in WORDS)


def measure(bench: Bench) -> Result:
    size = FULL if bench.full else SMALL
    logs = {"callrec": _filled(bench, size), BESIDE: _filled(bench, LEAST)}
    for log in logs.values():
        run_untimed(by(bench, "dora", log, "login", "dora"), log)
    return Result(tuple(_looking(bench, word, size, logs) for word in WORDS))


def _looking(bench: Bench, word: str, size: int, logs: dict[str, Path]) -> Contest:
    def at(log: Path) -> Callable[[Path], list[Step]]:
        return lambda _: [at_home(logged_in(bench, "dora", log, word), log)]

    contenders = [Contender(name, at(log)) for name, log in logs.items()]
    return hold_contest(bench, f"{word}, {size:,} entries", contenders, size=size, unit="entries")


def _filled(bench: Bench, size: int) -> Path:
    return bench.made_once(f"log-{size}", partial(_fill, size))


def _fill(size: int, folder: Path) -> None:
    fill(found_vault(folder), size, shape=LIVED)
    (folder / "callrec.toml").write_text(SETTINGS)
    write_private(folder / "dora.password", PASSWORD.encode())
