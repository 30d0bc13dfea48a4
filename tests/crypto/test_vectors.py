"""The files of known answers are what their script makes, and it does not rest on our code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from vectors.crypto.cases import HERE
from vectors.crypto.made_hpke import HPKE_SEALED
from vectors.crypto.make import made

RECORDED = {f"hpke/{kind}.txt" for kind in HPKE_SEALED}


def test_every_file_is_what_the_script_makes_or_was_recorded() -> None:
    found = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in HERE.glob("*/*.txt")}
    expected = made()
    assert found.keys() == expected.keys() | RECORDED
    assert {name: found[name] for name in expected} == expected


def test_the_script_knows_nothing_of_callrec() -> None:
    code = (
        "import sys, vectors.crypto.make; sys.exit(any('callrec' in name for name in sys.modules))"
    )
    tests = Path(__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=tests, check=False).returncode == 0
