"""What the desk tells its administrator: on stderr, and nothing personal."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from traceback import walk_tb


def say(line: str) -> None:
    """One line."""
    with suppress(OSError):  # nobody is left to read it
        sys.stderr.write(f"callrec desk: {line}\n")
        sys.stderr.flush()


def say_bug(bug: BaseException) -> str:
    """Where something went wrong that should not: file and line, and no word of what it held."""
    frame, line = list(walk_tb(bug.__traceback__))[-1]
    told = f"a bug: {type(bug).__name__} at {Path(frame.f_code.co_filename).name}:{line}"
    say(told)
    return told
