"""What of this process others on the machine could get at, and may not."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from pathlib import Path
from typing import Final

_SET_DUMPABLE: Final = 4
"""The number of prctl(2)."""


def harden_process() -> None:
    """Let nobody else read what this process writes, or what it has in memory.

    Files are its owner's alone whatever the caller's umask says. No core dump is written, of which
    a crash handler would keep a copy; on Linux no other process of the same account can trace this
    one or read its memory, where passwords and keys lie while they are used. Nor does the list of
    processes, which everybody on the machine can read, show any longer what was typed.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
        _hide_what_was_typed()


def _hide_what_was_typed() -> None:
    """Overwrite the arguments in the place where the system looks; Python has its own copies."""
    stat = Path("/proc/self/stat").read_text()  # proc_pid_stat(5): fields 48 and 49
    begin, end = map(int, stat.rpartition(") ")[2].split(" ")[45:47])
    if begin == 0:
        return  # the system does not tell
    programs = len(sys.orig_argv) - len(sys.argv) + 1
    arguments = ctypes.string_at(begin, end - begin).split(b"\0")
    hidden = begin + sum(len(each) + 1 for each in arguments[:programs])
    ctypes.memset(hidden, 0, max(0, end - hidden))
