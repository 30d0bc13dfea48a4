"""A file for somebody else, written whole or not at all, and readable by its owner alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from callrec.errors import Failed, Unusable
from callrec.store.disk import sync_each

if TYPE_CHECKING:
    from pathlib import Path


def check_new(to: Path, *, replace: bool) -> None:
    """Check where a file is to be written before anything is opened for it.

    Raises:
        Unusable: there is no such folder, or something has that name and is not to be replaced.
    """
    if not to.parent.is_dir():
        raise Unusable("there is no such folder to write to", hint="make it, or name another")
    if to.is_dir() or (os.path.lexists(to) and not replace):
        raise Unusable(
            "a file of that name exists already",
            hint="name a new file, or give --yes to replace it",
        )


def write_whole(to: Path, data: bytes, *, replace: bool) -> None:
    """Write a file, mode 0600, durably; what stood there before is replaced at the very end.

    Raises:
        Unusable: as `check_new`.
        Failed: it cannot be written; then whatever stood there still does.
    """
    check_new(to, replace=replace)
    beside = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        beside.replace(to)
        sync_each([to.parent])
    except OSError as error:
        raise Failed(f"the file cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
