"""How cmd.exe and PowerShell read a line, and how a program reads its own (CommandLineToArgvW)."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping, Sequence
from ctypes import wintypes
from itertools import product
from pathlib import Path
from typing import Final

from callrec.system.quoting import quoted_for_windows
from callrec.system.windows import api

assert sys.platform == "win32"

A_DRIVE: Final = "E:\\"
"""An external drive's folder, as an example."""

RENAME: Final = ("cmd", "/c", "move")
"""What a person types to give a folder another name, before the old name and the new."""

EDITOR: Final = "notepad"
"""What edits a text where nobody set another."""

_ENDINGS: Final = ".COM;.EXE;.BAT;.CMD"
"""Of programs, where PATHEXT says no other."""

_SHELL: Final = ctypes.WinDLL("shell32", use_last_error=True)
_SHELL.CommandLineToArgvW.argtypes = (wintypes.LPCWSTR, ctypes.POINTER(ctypes.c_int))
_SHELL.CommandLineToArgvW.restype = ctypes.POINTER(wintypes.LPWSTR)


def quoted(word: str | Path) -> str:
    """A word as it is typed in a command, with quotes if it needs any."""
    return quoted_for_windows(str(word))


def split_line(line: str) -> Sequence[str]:
    """The words of a command that somebody wrote, as ``code --wait``.

    Raises:
        ValueError: there are none.
    """
    if not line.strip():
        raise ValueError("no word stands there")
    count = ctypes.c_int()
    words = _SHELL.CommandLineToArgvW(line.strip(), ctypes.byref(count))
    if not words:
        raise ValueError("it cannot be read")
    try:
        return [words[place] or "" for place in range(count.value)]
    finally:
        api.KERNEL.LocalFree(words)


def set_variable(name: str, value: str) -> str:
    """What is typed to set a variable for the commands that come next: in PowerShell."""
    quotes_doubled = value.replace("'", "''")
    return f"$env:{name} = '{quotes_doubled}'"


def find_program(name: str, environ: Mapping[str, str]) -> str | None:
    """Where the program lies that a name calls; None: it is not installed.

    Never in the folder where a command is typed, where Windows itself and shutil.which look first:
    it may be a drive that somebody brought, and what lies there would be given the sound.
    """
    folders = [Path(each) for each in environ.get("PATH", "").split(";")]
    places = (
        [Path()] if Path(name).parent.name else [each for each in folders if each.is_absolute()]
    )
    endings = environ.get("PATHEXT", _ENDINGS).upper().split(";")
    if Path(name).suffix.upper() in endings:
        endings = [""]
    for place, ending in product(places, endings):
        found = place / f"{name}{ending}"
        # One without bytes is an alias, by which the Store offers what is not installed.
        if found.is_file() and found.stat().st_size:
            return str(found)
    return None


def piped_into(line: str, environ: Mapping[str, str]) -> Sequence[str] | None:
    """What runs a command that somebody wrote to read a text, as a pager; None: there is none."""
    name, *rest = split_line(line)
    program = find_program(name, environ)
    return (program, *rest) if program else None
