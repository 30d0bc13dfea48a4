"""``python -m fuzzing`` goes through the targets; ``keep`` and ``page`` take down what came of it.

It begins with the kind of input that had least processor time, and its target that had least; takes
down each run as it ends; and can be stopped at any moment: the next time it goes on from there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fuzzing import kept, page, reached
from fuzzing.place import GIVEN, MEMORY
from fuzzing.targets import KINDS, TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fuzzing.target import Target

LIVE: Final = kept.CHECKOUT / ".fuzzing" / "corpus"
"""What mutation goes on from; libFuzzer adds to it."""
FOUND: Final = kept.CHECKOUT / ".fuzzing" / "found"
LONGEST_RUN_S: Final = 60.0
"""Processor time of one run: so much is lost at the most when it is stopped."""
PAGE: Final = kept.CHECKOUT / "docs" / "evidence" / "fuzzing.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzzing", description=__doc__)
    parser.add_argument("do", nargs="?", choices=["run", "keep", "page"], default="run")
    parser.add_argument("--target", nargs="+", choices=[*TARGETS], default=[*TARGETS], metavar="T")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="processor time for each target"
    )
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and leave nothing in memory
    match chosen.do:
        case "run":
            return run(chosen.target, chosen.seconds)
        case "keep":
            for name in chosen.target:
                keep(TARGETS[name])
        case _:
            text = PAGE.read_text(encoding="utf-8")
            PAGE.write_text(page.page(text, kept.read_figures()), encoding="utf-8")
    return 0


def run(names: Iterable[str], seconds: float) -> int:
    """Each target for so much processor time; 1 if anything was found."""
    left = dict.fromkeys(names, seconds)
    failed = False
    while left:
        name = least(kept.read_figures(), left)
        asked = min(left[name], LONGEST_RUN_S)
        found = run_one(TARGETS[name], asked)
        left[name] -= asked
        if found or left[name] <= 0:
            del left[name]
        failed |= found
    return int(failed)


def least(figures: Mapping[str, kept.Figures], names: Iterable[str]) -> str:
    """The target that had least time, of the kind that had least."""
    seconds = {name: figures.get(name, kept.Figures()).seconds for name in TARGETS}
    of_kind = {
        name: sum(map(seconds.__getitem__, kind)) for kind in KINDS.values() for name in kind
    }
    return min(names, key=lambda name: (of_kind[name], seconds[name]))


def run_one(target: Target, seconds: float) -> bool:
    """One run, taken down; whether it ended with a finding."""
    live = LIVE / target.name
    live.mkdir(parents=True, exist_ok=True)
    FOUND.mkdir(exist_ok=True)
    for each in kept.known(target):
        (live / hashlib.sha1(each, usedforsecurity=False).hexdigest()).write_bytes(each)
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="callrec-fuzzing-") as folder:
        told, words = Path(folder, "told.json"), Path(folder, "words")
        words.write_text("".join(f'"{_escaped(each)}"\n' for each in target.words))
        done = subprocess.run(
            [
                *(sys.executable, "-m", "fuzzing.under_atheris"),
                *(target.name, str(seconds), str(told)),
                *(f"-artifact_prefix={FOUND}/{target.name}-", "-timeout=60", "-rss_limit_mb=0"),
                *([f"-dict={words}"] if target.words else []),
                str(live),
            ],
            env={**os.environ, GIVEN: folder},
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
        if not told.exists():
            print(done.stderr[-3000:], f"{target.name}: it ended without a word", sep="\n")
            return True
        result = json.loads(told.read_text())
    edges = max(map(int, re.findall(r" cov: (\d+)", done.stderr)), default=0)
    before = kept.read_figures()
    after = before.get(target.name, kept.Figures()).and_then(result, edges)
    kept.write_figures({**before, target.name: after})
    print(f"{target.name}: {result['inputs']} inputs in {result['seconds']:.0f} s, {edges} edges")
    if done.returncode:
        print(done.stderr[-3000:])
    return done.returncode != 0


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def keep(target: Target) -> None:
    """The inputs that are worth it, of those that are kept and those that runs added."""
    live = LIVE / target.name
    added = (file.read_bytes() for file in live.iterdir()) if live.exists() else ()
    kept.write_corpus(
        target.name,
        reached.worth_keeping(target, {*kept.read_inputs(target.name, kept.CORPUS), *added}),
    )


if __name__ == "__main__":
    sys.exit(main())
