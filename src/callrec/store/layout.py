"""Names and places; what the disk does."""

from __future__ import annotations

import ctypes
import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from callrec.errors import Failed, Tampered

RECORDINGS: Final = "recordings"
INCOMING: Final = "incoming"
LOCK: Final = "ingest.lock"
JOURNAL: Final = "names"
"""In a batch's folder: the recordings about to be moved into place, one name a line."""

_NAME = re.compile(r"[0-9a-f]{64}")


def is_name(text: str) -> bool:
    """Whether ``text`` is a SHA-256 in lower-case hex."""
    return _NAME.fullmatch(text) is not None


def check_name(name: str) -> None:
    """Refuse what is no recording's name; names come out of rows that somebody may have changed."""
    if not is_name(name):
        raise Tampered("the name of a recording's file is no SHA-256")


def recording_path(root: Path, name: str) -> Path:
    """Where a sealed recording lies: ``recordings/<first two hex digits>/<name>``."""
    check_name(name)
    return root.joinpath(RECORDINGS, name[:2], name)


_FULL = "make room on the vault's disk and run the command again"

_WORDS = {
    errno.ENOSPC: ("the vault's disk is full", _FULL),
    errno.EDQUOT: ("this account may keep no more on the vault's disk", _FULL),
    errno.EROFS: (
        "the vault's disk can only be read",
        "mount it for writing; a disk that turned read-only by itself may be failing",
    ),
    errno.EACCES: (
        "this account may not use the vault's folder",
        "run the command as the account that owns the vault",
    ),
    errno.EIO: ("the vault's disk failed", "check the disk before anything else is written to it"),
}


@contextmanager
def disk_errors() -> Iterator[None]:
    """Raise what the system says of the vault's disk as ``Failed``, with no path in the words."""
    try:
        yield
    except OSError as error:
        plain = os.strerror(error.errno or errno.EIO).lower()
        message, hint = _WORDS.get(error.errno or errno.EIO, (f"the vault's disk: {plain}", ""))
        raise Failed(message, hint=hint) from error


def sync_filesystem(folder: int) -> bool:
    """Make durable all that was written to the file system of an open folder: one call a batch.

    Linux, from 5.8 on, reports writes that failed since ``folder`` was opened: open it before
    anything is written.

    Returns:
        False where the system has no such call.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    if syncfs(folder) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return True
