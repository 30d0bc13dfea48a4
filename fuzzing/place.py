"""A folder in memory, for readers that read files."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
GIVEN: Final = "FUZZING_PLACE"
"""Names the folder, to a process that libFuzzer ends before it can clear up."""


@cache
def place(name: str) -> Path:
    """The same folder each time, nobody else's."""
    folder = Path(os.environ.get(GIVEN) or _made(), name)
    folder.mkdir()
    return folder


@cache
def _made() -> str:
    made = tempfile.mkdtemp(prefix="callrec-fuzzing-", dir=MEMORY)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def laid(file: Path, data: bytes) -> Path:
    """The file with these bytes, its owner's alone."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
    return file
