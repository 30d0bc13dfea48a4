"""A folder in memory, for readers that read files; it goes when the program does."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def place(name: str) -> Path:
    """The same folder each time, nobody else's."""
    memory = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
    made = Path(tempfile.mkdtemp(prefix="callrec-fuzzing-", dir=memory if _has(memory) else None))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    folder = made / name
    folder.mkdir()
    return folder


def _has(memory: str) -> bool:
    return os.access(memory, os.W_OK)


def laid(file: Path, data: bytes) -> Path:
    """The file with these bytes, its owner's alone."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
    return file
