"""The terminal that somebody sits at: its keys, what it shows, and what is printed there."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

if sys.platform == "win32":
    from callrec.system.windows.console import *
else:
    from callrec.system.posix.console import *


def let_go(stream: TextIO) -> None:
    """What cannot be written goes nowhere, or Python itself complains of it at its end."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
