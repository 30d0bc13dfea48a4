"""The processes that a test has started: its own only, and no browser that was there before it."""

from __future__ import annotations

import os
from pathlib import Path

_BEFORE: set[int] = set()


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
