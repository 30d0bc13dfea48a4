"""Names and paths that people give, and which folder lies in which."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    from callrec.system.windows.paths import *
else:
    from callrec.system.posix.paths import *

MOST_BELOW: Final = 120
"""Characters of the longest path that callrec makes within a vault or a drive."""


def path_of(text: str) -> Path:
    """``Path(text)`` of one of many in a folder: that folder is taken apart once, and not again."""
    folder, name = os.path.split(text)
    return _any_in(folder).with_name(name) if name else Path(text)


@lru_cache(8)
def _any_in(folder: str) -> Path:
    return Path(folder, "-")


def lies_in(path: Path, folder: Path) -> bool:
    """Whether a path is a folder or within it, links followed.

    By which folder it is: capitals may differ where a drive does not tell them apart, as may names
    where one is mounted twice.
    """
    real = Path(os.path.realpath(path))
    if real.is_relative_to(os.path.realpath(folder)):
        return True
    with suppress(OSError):
        wanted = folder.stat()
        for each in (real, *real.parents):
            with suppress(OSError):  # it may not be there yet
                if wanted.st_ino and os.path.samestat(each.stat(), wanted):
                    return True
    return False
