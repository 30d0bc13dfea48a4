"""How long a command takes to begin, beside the bare import of the libraries that it stands on.

Every day's commands are held beside a program that uses each of these libraries once, which takes
longer than 1.3 times their import (``benchmarks/least.py``).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.corpora import Corpus, corpus_folder
from benchmarks.goals import Goal, Ratio
from benchmarks.measured import Contest, Result
from benchmarks.practice import REASON, asking, at_home, by, by_intake, logged_in, settle_in
from benchmarks.timing import Contender, Step, hold_contest, run_untimed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.bench import Bench

TYPER: Final = "import typer"
LIBRARIES: Final = "import 5 libraries"
"""What these two peers are called; the second is LIBRARIES_IMPORT."""
LIBRARIES_IMPORT: Final = "import typer, rich.table, sqlalchemy, pydantic, cryptography"
LEAST: Final = "a program that uses them once"
NUMBER: Final = "07700900123"
CALLS: Final = Corpus("calls", 24, 20_000)
ROUNDS: Final = 11
FULL_ROUNDS: Final = 21
HELP, VERSION, COMPLETION, REFUSAL = "--help", "--version", "completion", "a refusal"
APPROVE: Final = "approve, up to its password"
EVERYDAY: Final = ("search", "show", "inbox", "request list", "status", "whoami", APPROVE)
ITS_HELP: Final = "callrec --help"
MISUSED, NO_PASSWORD = 2, 6
"""Exit statuses."""
AT_TAB: Final = {
    "_CALLREC_COMPLETE": "complete_bash",
    "COMP_WORDS": "callrec\nrequest\ncreate\n--pur",
    "COMP_CWORD": "3",
}
"""As bash asks."""

GOALS: Final = (
    Goal(Ratio(f"callrec {HELP}", TYPER), 1.3),
    Goal(Ratio(f"callrec {VERSION}", TYPER), 1.3),
    *(Goal(Ratio(f"callrec {what}", LEAST), 1.3) for what in EVERYDAY),
    Goal(Ratio(f"callrec, {REFUSAL}", ITS_HELP), 1.5),
    Goal(Ratio(f"callrec {COMPLETION}", LIBRARIES), 0.5),
)


def measure(bench: Bench) -> Result:
    house = bench.made_once("practice-asked", partial(_asked, bench))
    # The logins stand in the machine's memory, for every copy of this vault.
    for login in ("max", "pat"):
        run_untimed(by(bench, login, house, "login", login), bench.fresh_place())
    typer = Contender(TYPER, lambda _: [Step((bench.python, "-c", TYPER))])
    libraries = Contender(LIBRARIES, lambda _: [Step((bench.python, "-c", LIBRARIES_IMPORT))])
    calls = bench.made_once("least", _one_call) / "calls.db"
    program = (bench.python, bench.checkout / "benchmarks" / "least.py", calls, "--number", NUMBER)
    least = Contender(LEAST, lambda _: [Step(program)])
    help_ = Step((bench.callrec, "--help"))
    refused = Step((bench.callrec, "search", "--unheard-of"), ends=MISUSED)
    contests = (
        _contest(bench, f"callrec {HELP}", help_, typer),
        _contest(bench, f"callrec {VERSION}", Step((bench.callrec, "--version")), typer),
        *(
            _contest(bench, f"callrec {what}", step, libraries, least)
            for what, step in zip(EVERYDAY, _everyday(bench, house), strict=True)
        ),
        _contest(bench, f"callrec {COMPLETION}", Step((bench.callrec,), AT_TAB), libraries),
        _contest(bench, f"callrec, {REFUSAL}", refused, Contender(ITS_HELP, lambda _: [help_])),
    )
    for login in ("max", "pat"):
        run_untimed(by(bench, login, house, "logout"), bench.fresh_place())
    return Result(contests)


def _contest(bench: Bench, name: str, step: Step, *peers: Contender) -> Contest:
    contenders = [Contender("callrec", lambda _: [step]), *peers]
    rounds = FULL_ROUNDS if bench.full else ROUNDS
    return hold_contest(bench, name, contenders, size=1, unit="commands", rounds=rounds)


def _one_call(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "calls.db")) as database:
        database.execute("CREATE TABLE call (id INTEGER PRIMARY KEY, number TEXT)")
        database.execute("INSERT INTO call VALUES (1, ?)", (NUMBER,))
        database.commit()


def _everyday(bench: Bench, house: Path) -> Iterator[Step]:
    """Those of EVERYDAY, in its order; to approve, pat would need the password."""
    for words in (
        _search(bench),
        ("show", "1"),
        ("inbox",),
        ("request", "list"),
        ("status",),
        ("whoami",),
    ):
        yield at_home(logged_in(bench, "max", house, *words), house)
    approving = logged_in(bench, "pat", house, "approve", "R-1", ends=NO_PASSWORD)
    yield at_home(approving, house)


def _asked(bench: Bench, folder: Path) -> None:
    """A practice with some calls, one of which max has asked for."""
    settle_in(bench, folder)
    run_untimed(by_intake(bench, folder, "ingest", corpus_folder(bench, CALLS)), folder)
    run_untimed(by(bench, "max", folder, *asking("1")), folder)


def _search(bench: Bench) -> Sequence[str]:
    """For one call, by its number and day."""
    first = min(corpus_folder(bench, CALLS).rglob("*-*.wav"))
    kind, one, other, day, *_ = first.stem.split("-")
    number = other if kind == "in" else one
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return ("search", "--number", number, "--date", date, "--reason", REASON)
