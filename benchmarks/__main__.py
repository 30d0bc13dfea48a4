"""``python -m benchmarks``: run the cases and print the table of goals."""

from __future__ import annotations

import argparse
import sys
import sysconfig
from pathlib import Path
from typing import Final

from benchmarks import kept, machine
from benchmarks.bench import Bench
from benchmarks.cases import CASES
from benchmarks.goals import judge, table
from benchmarks.timing import WentWrong

CHECKOUT: Final = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes that are published")
    parser.add_argument("--only", nargs="+", choices=[*CASES], default=[*CASES], metavar="CASE")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep the results; cases that are not run stay"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=CHECKOUT / ".bench",
        metavar="DIR",
        help="where corpora and vaults are made, on the disk that is measured",
    )
    chosen = parser.parse_args()
    run(Bench(chosen.cache.resolve(), chosen.full), chosen.only, chosen.json)


def run(bench: Bench, names: list[str], file: Path | None) -> None:
    """Each case, kept as soon as it is done; then the goals of all that the file holds."""
    bench.clear()
    bench.cache.mkdir(parents=True, exist_ok=True)
    machine.compile_everything(CHECKOUT / "src", Path(sysconfig.get_path("purelib")))
    about = kept.about(full=bench.full, folder=bench.cache)
    results = dict(kept.read(file).results) if file and file.exists() else {}
    failed: list[str] = []
    for name in names:
        try:
            results[name] = CASES[name].measure(bench)
        except WentWrong as error:
            bench.say(f"{name} is given up: {error}")
            failed.append(name)
        if file:
            kept.write(file, kept.Kept(about, results))
    bench.clear()
    outcomes = [
        each
        for name, case in CASES.items()
        if name in results
        for each in judge(case.GOALS, results[name])
    ]
    print(table(outcomes))
    if failed:
        sys.exit(f"given up: {', '.join(failed)}")


if __name__ == "__main__":
    main()
