"""How a command is typed here, and which program a name calls."""

from __future__ import annotations

import sys
from collections.abc import Iterable

if sys.platform == "win32":
    from callrec.system.windows.shell import *
else:
    from callrec.system.posix.shell import *


def joined(words: Iterable[str]) -> str:
    """A command as it is typed."""
    return " ".join(map(quoted, words))
