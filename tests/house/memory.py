"""Where the logins of a test's practice are kept: on a memory file system, in a folder of its own.

Copies of one practice are one vault: in the user's own folder the logins of two tests at once would
be one login.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

_NAME = "MEMORY_OF_TESTS"


def begin() -> None:
    """For a run of pytest, whose workers have the same."""
    os.environ[_NAME] = tempfile.mkdtemp(prefix="callrec-tests-", dir="/dev/shm")


def end() -> None:
    """Take away all that was kept."""
    shutil.rmtree(os.environ.pop(_NAME), ignore_errors=True)


def runtime_of(folder: Path) -> dict[str, str]:
    """``XDG_RUNTIME_DIR`` for the practice in a folder; nothing outside a run of pytest."""
    if _NAME not in os.environ:
        return {}
    place = Path(os.environ[_NAME], hashlib.sha256(os.fsencode(folder)).hexdigest()[:16])
    place.mkdir(mode=0o700, exist_ok=True)
    return {"XDG_RUNTIME_DIR": str(place)}
