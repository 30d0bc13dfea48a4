"""What macOS does otherwise than Linux."""

from __future__ import annotations

import fcntl
import sys
from typing import Final

assert sys.platform != "win32"

_FULL_SYNC: Final = 51
"""F_FULLFSYNC of fcntl(2): there fsync(2) leaves what it writes in the drive's own memory."""


def full_sync(descriptor: int) -> None:
    """Make durable what was written to an open file."""
    fcntl.fcntl(descriptor, _FULL_SYNC)
