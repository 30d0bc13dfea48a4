"""A console of Windows, at which what is typed is put in as its keyboard does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

assert sys.platform == "win32"

PROGRAM = """
import ctypes, sys
from ctypes import wintypes
from callrec.system.console import *
from callrec.system.windows import api, console

def press(*keys):
    for key in keys:
        code, character = (key, "\\0") if isinstance(key, int) else (0, key)
        for is_down in (1, 0):
            event = console._Event(1, is_down, 1, code, 0, character, 0)
            api.KERNEL.WriteConsoleInputW(
                wintypes.HANDLE(console.msvcrt.get_osfhandle(0)), ctypes.byref(event), 1,
                ctypes.byref(wintypes.DWORD()),
            )

with console_prepared(), open(sys.argv[1], "w", encoding="utf-8") as said:
    before = console._mode(0), console._mode(1)
    print({shown}, file=said)
    print(before == (console._mode(0), console._mode(1)), file=said)
"""


def at_a_console(shown: str, folder: Path) -> list[str]:
    """What a program says that has a console of its own."""
    said = folder / "said"
    subprocess.run(
        [sys.executable, "-c", PROGRAM.format(shown=shown), str(said)],
        check=True,
        creationflags=subprocess.CREATE_NEW_CONSOLE,
        timeout=120,
    )
    return said.read_text(encoding="utf-8").splitlines()


def test_it_acts_on_escape_sequences_and_is_ours(tmp_path: Path) -> None:
    shown = "terminal_kind({}), terminal_kind({'TERM': 'dumb'}), has_keyboard(0)"
    assert at_a_console(shown, tmp_path) == ["xterm-256color dumb True", "True"]


def test_keys_are_told_from_letters(tmp_path: Path) -> None:
    shown = "press('à', 0x25, 'q', 0x26, ' ') or ascii([read_key(0) for _ in range(5)])"
    expected = ascii(["à", "left", "q", "up", " "])
    assert at_a_console(shown, tmp_path) == [expected, "True"]


def test_what_no_key_gives_is_no_key(tmp_path: Path) -> None:
    shown = "press(0x10), console.key_waits(0), press('m'), console.key_waits(0), read_key(0)"
    assert at_a_console(shown, tmp_path) == ["None False None True m", "True"]


def test_what_was_typed_ahead_is_dropped(tmp_path: Path) -> None:
    shown = "press('s', 'o'), forget_typed(0), console.key_waits(0)"
    assert at_a_console(shown, tmp_path) == ["None None False", "True"]
