"""What of this process others on the machine could get at, and may not."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from typing import Final

_SET_DUMPABLE: Final = 4
"""The number of prctl(2)."""


def keep_private() -> None:
    """Let nobody else read what this process writes, or what it has in memory.

    Files are its owner's alone whatever the caller's umask says. No core dump is written, of which
    a crash handler would keep a copy; on Linux no other process of the same account can trace this
    one or read its memory, where passwords and keys lie while they are used.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
