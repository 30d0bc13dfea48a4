"""Check and audit what is installed; write what is made from the code, or a release."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from supply import house, manual, reference, schemas, terminal, weaknesses
from supply.distributions import CALLREC, differences, installed, pinned
from supply.licences import licences, page, refused
from supply.release import NotTheSame, git, make
from supply.results import RESULTS

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


def release() -> int:
    if git(CHECKOUT, "status", "--porcelain"):
        print("Not released: something here is not committed.")
        return 1
    try:
        make(CHECKOUT, CHECKOUT / "dist")
    except NotTheSame as difference:
        print(f"Not released: built twice, and not the same: {difference}.")
        return 1
    print((CHECKOUT / "dist" / "SHA256SUMS").read_text(encoding="utf-8"), end="")
    return 0


DEEDS: Final = {
    "check": check,
    "audit": audit,
    "licences": write_licences,
    "house": draw_house,
    "reference": write_reference,
    "release": release,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m supply", description=__doc__)
    parser.add_argument("do", choices=DEEDS)
    return DEEDS[parser.parse_args().do]()


if __name__ == "__main__":
    sys.exit(main())
