"""How long a command takes to begin: beside the bare import of the libraries that it stands on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.corpora import Corpus, corpus_folder
from benchmarks.goals import Goal, Ratio
from benchmarks.measured import Contest, Result
from benchmarks.practice import by, by_intake, settle_in
from benchmarks.timing import Contender, Step, hold_contest, run_untimed

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench

TYPER: Final = "import typer"
LIBRARIES: Final = "import 5 libraries"
"""What these two peers are called; the second is LIBRARIES_IMPORT."""
LIBRARIES_IMPORT: Final = "import typer, rich.table, sqlalchemy, pydantic, cryptography"
CALLS: Final = Corpus("calls", 24, 20_000)
ROUNDS: Final = 11
FULL_ROUNDS: Final = 21
HELP, VERSION, SEARCH, COMPLETION = "--help", "--version", "search", "completion"
AT_TAB: Final = {
    "_CALLREC_COMPLETE": "complete_bash",
    "COMP_WORDS": "callrec\nrequest\ncreate\n--pur",
    "COMP_CWORD": "3",
}
"""As bash asks."""

GOALS: Final = (
    Goal(Ratio(f"callrec {HELP}", TYPER), 1.3),
    Goal(Ratio(f"callrec {VERSION}", TYPER), 1.3),
    Goal(Ratio(f"callrec {SEARCH}", LIBRARIES), 1.3),
    Goal(Ratio(f"callrec {COMPLETION}", LIBRARIES), 0.5),
)


def measure(bench: Bench) -> Result:
    house = bench.made_once("practice-24", partial(_with_calls, bench))
    # The login stands in the machine's memory, for every copy of this vault.
    run_untimed(by(bench, "max", house, "login", "max"), bench.fresh_place())
    contests = (
        _contest(bench, HELP, Step((bench.callrec, "--help")), TYPER),
        _contest(bench, VERSION, Step((bench.callrec, "--version")), TYPER),
        _contest(bench, SEARCH, _search(bench, house), LIBRARIES),
        _contest(bench, COMPLETION, Step((bench.callrec,), AT_TAB), LIBRARIES),
    )
    run_untimed(by(bench, "max", house, "logout"), bench.fresh_place())
    return Result(contests)


def _contest(bench: Bench, what: str, step: Step, peer: str) -> Contest:
    imports = TYPER if peer == TYPER else LIBRARIES_IMPORT
    contenders = [
        Contender("callrec", lambda _: [step]),
        Contender(peer, lambda _: [Step((bench.python, "-c", imports))]),
    ]
    rounds = FULL_ROUNDS if bench.full else ROUNDS
    return hold_contest(
        bench, f"callrec {what}", contenders, size=1, unit="commands", rounds=rounds
    )


def _with_calls(bench: Bench, folder: Path) -> None:
    settle_in(bench, folder)
    run_untimed(by_intake(bench, folder, "ingest", corpus_folder(bench, CALLS)), folder)


def _search(bench: Bench, house: Path) -> Step:
    """For one call, by somebody who is logged in."""
    first = min(corpus_folder(bench, CALLS).rglob("*-*.wav"))
    kind, one, other, day, *_ = first.stem.split("-")
    words = (
        "--number",
        other if kind == "in" else one,
        "--date",
        f"{day[:4]}-{day[4:6]}-{day[6:]}",
        "--reason",
        "A patient complains that nobody called her back as promised",
    )
    environ = {"CALLREC_CONFIG": str(house / "callrec.toml"), "CALLREC_SESSION": "max"}
    return Step((bench.callrec, "search", *words), environ)
