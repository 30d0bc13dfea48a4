"""``release`` of one call, to whoever it was granted to: beyond the password's Argon2.

Passwords are locked as a practice locks them. In each round Argon2id runs by itself with the same
costs, and so does the start of the process in which it does; the difference of these two is taken
off callrec's time.
"""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.corpora import RATE, Corpus, corpus_folder
from benchmarks.goals import Goal, Quantity
from benchmarks.measured import Contest, Figure, Result, growth
from benchmarks.practice import asking, by, by_intake, settle_in
from benchmarks.timing import Contender, Step, hold_contest, run_untimed

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench

MOST_S: Final = 1.0
MINUTES: Final = (2, 5, 10)
FORMS: Final = ("zip", "html")
ARGON2, ITS_START = "Argon2id alone", "its start alone"
RULES: Final = '[release]\ncontact = "telephone 01632 960000"\n'
"""Without it nobody may release anything."""
BEYOND: Final = "beyond Argon2's 256 MiB"
LOAD: Final = "from cryptography.hazmat.primitives.kdf.argon2 import Argon2id; "
DERIVE: Final = (
    "Argon2id(salt=bytes(16), length=32, iterations=3, lanes=4, memory_cost=262_144)"
    ".derive(b'seventeen herons cross the canal')"
)

GOALS: Final = (
    *(Goal(Quantity(f"release, {form}, 10 min: {BEYOND}", "s"), MOST_S) for form in FORMS),
    Goal(Quantity("release, zip: growth with length", "exponent"), 1.1),
)


def measure(bench: Bench) -> Result:
    longest = [_contest(bench, MINUTES[-1], form) for form in FORMS]
    shorter = [_contest(bench, minutes, "zip", alone=True) for minutes in MINUTES[:-1]]
    start = _contest(bench, 0, "zip", alone=True)
    figures = [
        Figure(f"{contest.name}: {BEYOND}", "s", _beyond_argon2(contest)) for contest in longest
    ]
    parts = [*shorter, longest[0]]
    figures.append(growth("release, zip: growth with length", parts, "callrec", start))
    return Result((*longest, *shorter, start), tuple(figures))


def _beyond_argon2(contest: Contest) -> tuple[float, ...]:
    rounds = zip(*(contest.runs[name] for name in ("callrec", ARGON2, ITS_START)), strict=True)
    return tuple(ours.wall_s - (argon2.wall_s - start.wall_s) for ours, argon2, start in rounds)


def _contest(bench: Bench, minutes: int, form: str, *, alone: bool = False) -> Contest:
    """A length of nought is a second: next to nothing. ``alone``: without Argon2id."""
    seconds = 60 * minutes or 1
    granted = bench.made_once(f"granted-own-{seconds}s", partial(_granted, bench, seconds))

    def prepare(place: Path) -> None:
        shutil.copytree(granted, place, dirs_exist_ok=True)
        (place / "outbox").mkdir()

    words = ("release", "R-1", "--to", "outbox", "--form", form)
    ways = ("--deliver-by", "letter", "--passphrase-by", "phone")
    ours = Contender("callrec", lambda place: [by(bench, "max", place, *words, *ways)], prepare)
    argon2 = (
        Contender(ARGON2, lambda _: [Step((bench.python, "-c", LOAD + DERIVE))]),
        Contender(ITS_START, lambda _: [Step((bench.python, "-c", LOAD))]),
    )
    contenders = [ours] if alone else [ours, *argon2]
    name = f"release, {form}, {minutes} min"
    rounds = bench.growth_rounds if alone else bench.rounds
    return hold_contest(
        bench, name, contenders, size=seconds, unit="seconds of sound", rounds=rounds
    )


def _granted(bench: Bench, seconds: int, folder: Path) -> None:
    """A practice with one call, which was asked for and granted."""
    settle_in(bench, folder, own=True)
    (folder / "rules.toml").write_text(RULES)
    apply = ("practice", "settings", "apply", "rules.toml", "--countersign", "pat", "--yes")
    run_untimed(by(bench, "dora", folder, *apply), folder)
    source = corpus_folder(bench, Corpus("one", 1, seconds * 2 * RATE))
    run_untimed(by_intake(bench, folder, "ingest", source), folder)
    run_untimed(by(bench, "max", folder, *asking("1")), folder)
    run_untimed(by(bench, "pat", folder, "approve", "R-1", "--yes"), folder)
