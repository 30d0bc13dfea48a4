"""Every fault at every operation of every command: ``make faults``, for minutes or hours.

python -m faults [--share PART/OF/MOST] [--only PATTERN] [CASE...]
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


def played(
    name: str, template: House, work: Path, share: str, only: str = ""
) -> Iterator[dict[str, Any]]:
    """What the stage prints of a case, line by line.

    Raises:
        RuntimeError: it ended before its end.
    """
    work.mkdir(exist_ok=True)
    words = program("faults.stage", name, template.folder, work, share, only)
    variables = {
        **{key: value for key, value in os.environ.items() if not key.startswith("CALLREC_")},
        **environment(build(work), work / "control"),
        "PYTHONPATH": str(TESTS),
    }
    with (
        (work / "complaints").open("w+", encoding="utf-8") as complaints,
        subprocess.Popen(
            words, env=variables, stdout=subprocess.PIPE, stderr=complaints, text=True
        ) as stage,
    ):
        assert stage.stdout is not None
        for line in stage.stdout:
            yield json.loads(line)
        if stage.wait() != 0:
            complaints.seek(0)
            raise RuntimeError(complaints.read())


def main() -> int:
    """Play what was asked for, one case for each processor at a time; say what was wrong."""
    asking = argparse.ArgumentParser(prog="faults")
    asking.add_argument("--share", default="0/1/0", help="PART/OF/MOST: some of the trials")
    asking.add_argument("--only", default="", metavar="PATTERN", help="trials that are called so")
    asking.add_argument("cases", nargs="*", choices=[[], *CASES], metavar="CASE")
    asked = asking.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        ThreadPoolExecutor(len(os.sched_getaffinity(0))) as several,
    ):
        template = practices.kept(Path(folder) / "practice")

        def play(name: str) -> int:
            wrong = 0
            for line in played(name, template, Path(folder) / name, asked.share, asked.only):
                print(f"{name}: {json.dumps(line)}", flush=True)  # noqa: T201
                wrong += "problems" in line
            return wrong

        return min(1, sum(several.map(play, asked.cases or CASES)))


if __name__ == "__main__":
    sys.exit(main())
