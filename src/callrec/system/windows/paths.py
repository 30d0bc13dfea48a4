"""Paths as Windows takes them (learn.microsoft.com, Maximum Path Length Limitation)."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from callrec.system.file_names import name_problem

assert sys.platform == "win32"

_MOST: Final = 259
"""Characters of a path, without the NUL behind it (MAX_PATH)."""

_NATIVE: Final = ctypes.WinDLL("ntdll")


def path_problem(path: Path, *, below: int = 0) -> tuple[str, str]:
    """Why no such path can be used, and what to do; empty: it can be.

    Windows takes many of them for another, without a word.

    ``below``: so many characters are to come behind it.
    """
    for part in path.parts[bool(path.anchor) :]:
        if wrong := name_problem(part):
            return f"Windows has no file with {wrong}", "name another"
    longest = len(str(path.absolute())) + below
    if longest > _MOST and not str(path).startswith("\\\\?\\") and not _takes_long_paths():
        hint = (
            f"use a folder with a path of at most {_MOST - below} characters, or have an"
            " administrator switch long paths on (LongPathsEnabled)"
        )
        return "that path is too long for Windows", hint
    return "", ""


def _takes_long_paths() -> bool:
    """Whether this machine, and this program, take paths longer than that."""
    with suppress(AttributeError):  # Windows is older than that
        return bool(_NATIVE.RtlAreLongPathsEnabled())
    return False
