"""Check and audit what is installed; write what is made from the code, or a release."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from supply import house, manual, reference, schemas, terminal, weaknesses
from supply.distributions import CALLREC, differences, installed, pinned
from supply.licences import licences, page, refused
from supply.release import SUMS, NotReleased, make, ready
from supply.results import RESULTS
from supply.signing import NotSigned

CHECKOUT: Final = Path(__file__).parents[1]
CONSTRAINTS: Final = CHECKOUT / "constraints.txt"


def check() -> int:
    want = pinned(CONSTRAINTS.read_text(encoding="utf-8"))
    have = {name: each.version for name, each in installed().items() if name != CALLREC}
    wrong = [*differences(have, want), *refused(licences())]
    if wrong:
        print(*wrong, sep="\n")
        return 1
    print(f"All {len(want)} distributions are as pinned, under licences on the list.")
    # Without a network nothing is known either way, and that is said.
    return weaknesses.KNOWN if audit() == weaknesses.KNOWN else 0


def audit() -> int:
    done = weaknesses.ask(CONSTRAINTS)
    status, words = weaknesses.judge(done.returncode, done.stdout, done.stderr)
    print(*words, sep="\n")
    return status


def write_licences() -> int:
    (CHECKOUT / "docs" / "licences.md").write_text(page(), encoding="utf-8")
    return 0


def draw_house() -> int:
    (CHECKOUT / "docs" / "architecture.svg").write_text(house.draw(CHECKOUT), encoding="utf-8")
    (CHECKOUT / "docs" / "terminal.svg").write_text(terminal.draw(CHECKOUT), encoding="utf-8")
    return 0


def write_reference() -> int:
    for path, text in manual.installed_files(CHECKOUT).items():
        file = CHECKOUT / "packaging" / "data" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for name, text in reference.pages(CHECKOUT).items():
        (CHECKOUT / "docs" / "reference" / name).write_text(text, encoding="utf-8")
    for path, text in schemas.files(RESULTS).items():
        (CHECKOUT / path).parent.mkdir(exist_ok=True)
        (CHECKOUT / path).write_text(text, encoding="utf-8")
    return 0


DEEDS: Final = {
    "check": check,
    "audit": audit,
    "licences": write_licences,
    "house": draw_house,
    "reference": write_reference,
}


def release(arguments: argparse.Namespace) -> int:
    """What is not signed never lies in dist/."""
    into = CHECKOUT / ("build/unsigned" if arguments.unsigned else "dist")
    try:
        ready(CHECKOUT, key=arguments.key, unsigned=arguments.unsigned)
        if arguments.ready:
            return 0
        told = make(
            *(CHECKOUT, into),
            debian=arguments.debian,
            key=arguments.key,
            windows=arguments.windows,
        )
    except (NotReleased, NotSigned) as why:
        print(f"Not released: {why}.")
        return 1
    print((into / SUMS).read_text(encoding="utf-8"), *told, sep="")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m supply", description=__doc__)
    doing = parser.add_subparsers(dest="do", required=True)
    for each in DEEDS:
        doing.add_parser(each)
    releasing = doing.add_parser("release")
    how = releasing.add_mutually_exclusive_group()
    how.add_argument("--key", type=Path)
    how.add_argument("--unsigned", action="store_true")
    releasing.add_argument("--debian", type=Path)
    releasing.add_argument("--windows", type=Path)
    releasing.add_argument("--ready", action="store_true")
    arguments = parser.parse_args()
    return release(arguments) if arguments.do == "release" else DEEDS[arguments.do]()


if __name__ == "__main__":
    sys.exit(main())
