"""What goes through all there is, in a vault of a million recordings: the time and the memory.

By dora, who is logged in; some commands ask for her password none the less, and what memory
Argon2id took for that is taken off. The sealed files lie in the vault, a tenth of a second of sound
in each. Of archiving, all that is done before the first copy: the drive has no room for one, which
only root can arrange. Beside ``audit verify`` runs SQLite's own check of each page and index, which
is a part of it and the least that any verification of this file takes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from benchmarks.goals import Goal, Quantity, Ratio
from benchmarks.journaled import drive_without_room
from benchmarks.measured import Contest, Figure, Result
from benchmarks.memory import watch
from benchmarks.practice import ARGON2_BYTES, by, filled, logged_in
from benchmarks.timing import Contender, Step, hold_contest, run_untimed
from callrec.catalogue.engine import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

FULL, SMALL, YEARS = 1_000_000, 50_000, 10
ROUNDS: Final = 3
STATUS, REVIEW, PLAN, RECONCILE = "status", "retention review", "archive, planning", "reconcile"
DOCTOR, VERIFY, LIST = "doctor", "audit verify", "audit list"
FAILED, UNANCHORED = 1, 10
"""Exit statuses: there is no room; and nobody has looked at the log before."""
MOST_S: Final = {STATUS: 0.5, REVIEW: 10.0}
PAGES: Final = "sqlite3, its integrity_check"
MOST_BYTES: Final = 150e6
BOUNDED: Final = (REVIEW, PLAN, DOCTOR, VERIFY, LIST)
"""In memory."""
ASKING: Final = (PLAN, LIST, RECONCILE)
"""For the password, of somebody who is logged in."""

GOALS: Final = (
    *(Goal(Quantity(f"{what}, {FULL:,}", "s"), at_most) for what, at_most in MOST_S.items()),
    Goal(Ratio(f"{VERIFY}, {FULL:,}", PAGES), 2.0),
    Goal(Quantity(f"{RECONCILE}, each of {FULL:,}", "s"), 200e-6),
    *(Goal(Quantity(f"{what}, {FULL:,}: memory", "bytes"), MOST_BYTES) for what in BOUNDED),
)


def measure(bench: Bench) -> Result:
    size = FULL if bench.full else SMALL
    vault = filled(bench, size, YEARS)
    run_untimed(by(bench, "dora", vault, "login", "dora"), bench.fresh_place())
    contests: list[Contest] = []
    figures: list[Figure] = []
    file = vault / "vault" / FILE_NAME
    pages = Step(("sqlite3", "-readonly", file, "PRAGMA integrity_check(1)"))
    with drive_without_room(bench) as drive:
        for what, step in _steps(bench, vault, drive).items():
            contest = hold_contest(
                bench,
                f"{what}, {size:,}",
                [
                    Contender("callrec", lambda _, step=step: [step]),  # type: ignore[misc]
                    *([Contender(PAGES, lambda _: [pages])] if what == VERIFY else []),
                ],
                size=size,
                unit="recordings",
                rounds=ROUNDS,
            )
            contests.append(contest)
            wall = [run.wall_s for run in contest.runs["callrec"]]
            figures.append(Figure(contest.name, "s", tuple(wall)))
            if what == RECONCILE:
                each = tuple(seconds / size for seconds in wall)
                figures.append(Figure(f"{what}, each of {size:,}", "s", each))
            _, peak = watch(contest.name, step, bench.fresh_place())
            peak -= ARGON2_BYTES if what in ASKING else 0
            figures.append(Figure(f"{contest.name}: memory", "bytes", (float(peak),)))
    return Result(tuple(contests), tuple(figures))


def _steps(bench: Bench, vault: Path, drive: Path | None) -> Mapping[str, Step]:
    words = {
        STATUS: ("status",),
        LIST: ("audit", "list"),
        VERIFY: ("audit", "verify"),
        REVIEW: ("retention", "review"),
        DOCTOR: ("practice", "doctor"),
        RECONCILE: ("practice", "reconcile"),
    }
    steps = {
        what: by(bench, "dora", vault, *each)
        if what in ASKING
        else logged_in(bench, "dora", vault, *each)
        for what, each in words.items()
    }
    steps[VERIFY] = replace(steps[VERIFY], ends=UNANCHORED)
    if drive:
        planned = by(bench, "dora", vault, "archive", "--to", drive, "--label", "drive-a")
        steps[PLAN] = replace(planned, ends=FAILED)
    return steps
