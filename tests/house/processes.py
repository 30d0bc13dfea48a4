"""Programs of tests, in processes of their own; and the processes that a test has started.

These are its own only, and no browser that was there before it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]

_BEFORE: set[int] = set()


def program(module: str, *words: object) -> list[str]:
    """What starts a module of the tests as a program; it finds them in such an `environment`."""
    return [sys.executable, "-m", module, *map(str, words)]


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TESTS), **variables}


def count_from_here() -> None:
    """Leave those out that are there now."""
    _BEFORE.clear()
    _BEFORE.update(_all())


def children() -> list[int]:
    """Those that the test started, whatever for, and has not seen end."""
    return [number for number in _all() if number not in _BEFORE]


def _all() -> list[int]:
    return [
        int(number)
        for task in Path(f"/proc/{os.getpid()}/task").iterdir()
        for number in _started_by(task).split()
    ]


def _started_by(thread: Path) -> str:
    try:
        return (thread / "children").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has ended meanwhile, and left what it started to another
