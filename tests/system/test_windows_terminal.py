"""Which console a process is at."""

from __future__ import annotations

import subprocess
import sys

assert sys.platform == "win32"

ASK = "from callrec.system.windows.terminal import *; print(terminal(), session())"


def asked(*, detached: bool) -> str:
    flags = subprocess.DETACHED_PROCESS if detached else subprocess.CREATE_NEW_CONSOLE
    return subprocess.check_output([sys.executable, "-c", ASK], creationflags=flags, text=True)


def test_each_console_is_a_place_of_its_own() -> None:
    assert len({asked(detached=False) for _ in range(2)}) == 2


def test_what_has_no_console_is_at_no_terminal_and_of_one_logon() -> None:
    told = asked(detached=True)
    assert told.startswith("('',) ('logon', ")
    assert told == asked(detached=True)
