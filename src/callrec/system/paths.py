"""Names and paths that people give, and which folder lies in which."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Final

if sys.platform == "win32":
    from callrec.system.windows.paths import *
else:
    from callrec.system.posix.paths import *

MOST_BELOW: Final = 120
"""Characters of the longest path that callrec makes within a vault or a drive."""


def plain_file(path: str) -> os.stat_result | None:
    """What is told of a file of its own: no link, which might lead out of its folder, no pipe.

    None: no such file has this name.
    """
    try:
        status = os.lstat(path)
    except OSError:  # missing, or its name has grown too long
        return None
    return status if S_ISREG(status.st_mode) else None


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
