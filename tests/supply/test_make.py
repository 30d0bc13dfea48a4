"""``make`` asks for what it lacks: of root nothing, of others one line to type."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

MAKEFILE = Path(__file__).parents[2] / "Makefile"
NOT_ROOT: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []}


def judges(*lines: str, python: str = "true") -> subprocess.CompletedProcess[str]:
    """Make looks for these judges as somebody who may install nothing."""
    who = NOT_ROOT if os.geteuid() == 0 else {}
    return subprocess.run(
        ["make", "-f", "-", "judges", f"JUDGES={' '.join(lines)}", f"PYTHON={python}"],
        input=MAKEFILE.read_text(encoding="utf-8"),
        capture_output=True,
        text=True,
        cwd="/",
        # What a make above says to its own makes is not meant for this one.
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        check=False,
        **who,
    )


def test_judges_that_are_missing_are_named_in_one_line_to_type() -> None:
    done = judges("sh:dash", "no-such-judge:qpdf", "/no/such/font.ttf:fonts-none", "/etc/passwd:x")
    line = "  sudo apt-get install --no-install-recommends qpdf fonts-none\n"
    assert done.returncode != 0
    assert line in done.stderr
    assert (done.stdout, done.stderr.count("apt-get"), "dash" in done.stderr) == ("", 1, False)


def test_a_python_that_makes_no_environment_is_mended_in_the_same_line() -> None:
    done = judges("no-such-judge:qpdf", python="false")
    assert "  sudo apt-get install --no-install-recommends python3-venv qpdf\n" in done.stderr


def test_nothing_is_said_where_no_judge_is_missing() -> None:
    done = judges("sh:dash", "/etc/passwd:x")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
