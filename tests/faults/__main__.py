"""Every fault at every operation of every command: ``make faults``, for minutes or hours.

python -m faults [--share FIRST/OF/MOST] [--only PATTERN] [CASE...]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from faults.cases import CASES
from faults.shim import build, environment
from house import practices
from house.practices import House
from house.processes import TESTS, program

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
"""Where thousands of practices come and go, and no disk is waited for."""


class Theatre:
    """A stage that plays what it is asked for; it is a program of its own, with the library."""

    def __init__(self, template: House, work: Path, share: str, only: str = "") -> None:
        work.mkdir(exist_ok=True)
        self._stage = subprocess.Popen(
            program("faults.stage", template.folder, work, share, only),
            env={
                **{name: value for name, value in os.environ.items() if "CALLREC_" not in name},
                **environment(build(work), work / "control"),
                "PYTHONPATH": str(TESTS),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def played(self, name: str) -> Iterator[dict[str, Any]]:
        """What the stage prints of a case, line by line, to its end."""
        assert self._stage.stdin is not None
        assert self._stage.stdout is not None
        print(name, file=self._stage.stdin, flush=True)
        for line in map(json.loads, self._stage.stdout):
            if "status" not in line:
                yield line
            elif line["status"] == 0:
                return
            else:
                raise RuntimeError(line)
        raise RuntimeError(f"the stage ended: {self._stage.wait()}")

    def close(self) -> None:
        """Let it end."""
        self._stage.communicate()


def main() -> int:
    """Play what was asked for, one case for each processor at a time; say what was wrong."""
    asking = argparse.ArgumentParser(prog="faults")
    asking.add_argument("--share", default="0/1/0", help="FIRST/OF/MOST: some of the trials")
    asking.add_argument("--only", default="", metavar="PATTERN", help="trials that are called so")
    asking.add_argument("cases", nargs="*", choices=[[], *CASES], metavar="CASE")
    asked = asking.parse_args()
    processors, names = len(os.sched_getaffinity(0)), iter(asked.cases or CASES)
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        ThreadPoolExecutor(processors) as several,
    ):
        template = practices.kept(Path(folder) / "practice")

        def play(number: int) -> int:
            wrong, theatre = (
                0,
                Theatre(template, Path(folder, str(number)), asked.share, asked.only),
            )
            for name in names:
                for line in theatre.played(name):
                    print(f"{name}: {json.dumps(line)}", flush=True)  # noqa: T201
                    wrong += "problems" in line
            theatre.close()
            return wrong

        return min(1, sum(several.map(play, range(processors))))


if __name__ == "__main__":
    sys.exit(main())
