"""``python -m benchmarks`` runs the cases and prints the goals; ``page`` writes the page."""

from __future__ import annotations

import argparse
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks import kept, machine
from benchmarks.bench import Bench
from benchmarks.cases import CASES
from benchmarks.goals import judge, table
from benchmarks.timing import WentWrong

CHECKOUT: Final = Path(__file__).parents[1]
PAGE: Final = CHECKOUT / "docs" / "evidence" / "benchmarks.md"
KEPT: Final = CHECKOUT / "docs" / "evidence" / "benchmarks"
"""A file a release, and the plots of the newest."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("do", nargs="?", choices=["run", "page"], default="run")
    parser.add_argument("--full", action="store_true", help="the sizes that are published")
    parser.add_argument("--only", nargs="+", choices=[*CASES], default=[*CASES], metavar="CASE")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep the results; those of other cases stay"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=CHECKOUT / ".bench",
        metavar="DIR",
        help="where corpora and vaults are made, on the disk that is measured",
    )
    chosen = parser.parse_args()
    if chosen.do == "page":
        write_page(chosen.json or newest())
    else:
        run(Bench(chosen.cache.resolve(), chosen.full), chosen.only, chosen.json)


def run(bench: Bench, names: list[str], file: Path | None) -> None:
    """Each case, kept as soon as it is done; then the goals of all that the file holds."""
    bench.clear()
    bench.cache.mkdir(parents=True, exist_ok=True)
    machine.compile_everything(CHECKOUT / "src", Path(sysconfig.get_path("purelib")))
    about = kept.about(full=bench.full, folder=bench.cache)
    results = kept.read(file) if file and file.exists() else {}
    failed: list[str] = []
    for name in names:
        try:
            results[name] = replace(CASES[name].measure(bench), about=about)
        except WentWrong as error:
            bench.say(f"{name} is given up: {error}")
            failed.append(name)
        if file:
            kept.write(file, results)
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


def newest() -> Path:
    """The result of the newest release."""
    return max(KEPT.glob("*.json"), key=lambda file: [*map(int, file.stem.split("."))])


def write_page(file: Path) -> None:
    from benchmarks import page  # noqa: PLC0415 - a run needs none of it, and is to stay small

    results = kept.read(file)
    PAGE.write_text(page.page(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    for name, drawing in page.drawings(results).items():
        (KEPT / name).write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    main()
