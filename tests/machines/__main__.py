"""Two machines and what befalls them, for minutes or an hour: ``make machines``.

python -m machines killed|ingest|standby [--minutes M] [--every SECONDS] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

import pytest

from house import memory, once, practices
from machines import killed, rounds, standby

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it

DEEDS = {
    "killed": killed.killed_each_minute,
    "ingest": rounds.take_in_rounds,
    "standby": standby.fail_over,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m machines")
    parser.add_argument("deed", choices=[*DEEDS])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument(
        "--every", type=float, default=60, help="seconds between two kills, on the average"
    )
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two acts")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    random.seed(chosen.seed)
    with tempfile.TemporaryDirectory(dir=MEMORY) as work, pytest.MonkeyPatch.context() as patch:
        once.remember(patch)
        Path(work, "founded").mkdir()
        memory.begin()
        try:
            chosen.founded = practices.kept(Path(work, "founded"))
            sys.stdout.write(json.dumps(DEEDS[chosen.deed](Path(work), chosen), indent=1))
        finally:
            memory.end()


if __name__ == "__main__":
    main()
