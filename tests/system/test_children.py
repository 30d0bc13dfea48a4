"""The processes of one that serves: what passes between them, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_one_that_serves_speaks_to_one_that_was_started_for_it_and_each_comes_to_its_end() -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", "from house.first_process import main; main()"],
        stderr=subprocess.PIPE,
        env=environ,
        cwd=Path(__file__).parents[1],
        check=True,
    )
    said = ended.stderr.decode().split("\n")
    assert [line.strip() for line in said if "serving" in line.split(":")[0]] == [
        "serving: 3000000 came",
        "serving: no more comes",
    ]
    assert {"login: serving has gone", "first: serving is over"} <= {line.strip() for line in said}
    assert said[-2].strip() == "first: all are over"
