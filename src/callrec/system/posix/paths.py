"""Paths as Linux and macOS take them."""

from __future__ import annotations

import sys
from pathlib import Path

assert sys.platform != "win32"


def path_problem(path: Path, *, below: int = 0) -> tuple[str, str]:
    """Why no such path can be used, and what to do; empty: it can be.

    ``below``: so many characters are to come behind it.
    """
    del path, below
    return "", ""  # the system says so when it is used
