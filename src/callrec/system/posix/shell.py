"""How a shell of Linux and macOS reads a line (POSIX.1, Shell Command Language)."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

assert sys.platform != "win32"

A_DRIVE: Final = "/mnt/external"
"""An external drive's folder, as an example."""

RENAME: Final = ("mv",)
"""What a person types to give a folder another name, before the old name and the new."""

EDITOR: Final = "vi"
"""What edits a text where nobody set another."""


def quoted(word: str | Path) -> str:
    """A word as it is typed in a command, with quotes if it needs any."""
    return shlex.quote(str(word))


def split_line(line: str) -> Sequence[str]:
    """The words of a command that somebody wrote, as ``code --wait``.

    Raises:
        ValueError: a quote in it is not closed.
    """
    return shlex.split(line)


def set_variable(name: str, value: str) -> str:
    """What is typed to set a variable for the commands that come next."""
    return f"export {name}={quoted(value)}"


def find_program(name: str, environ: Mapping[str, str]) -> str | None:
    """Where the program lies that a name calls; None: it is not installed."""
    return shutil.which(name, path=environ.get("PATH"))


def piped_into(line: str, environ: Mapping[str, str]) -> Sequence[str] | None:
    """What runs a command that somebody wrote to read a text, as a pager; None: there is none."""
    del environ  # the shell says that there is none
    return ("/bin/sh", "-c", line)
