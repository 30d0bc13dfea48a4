"""Files that have no name until every byte of them is durable: whole, or not there at all.

Whatever kills the run, the system takes away what has no name (O_TMPFILE), and nothing secret lies
about half-written. Not every drive can do that, most that are made for Windows cannot; there, and
in place of a file that is to be replaced, it has a hidden name beside its target for a while.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from callrec.system.durable import sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def atomic_write(target: Path, *, replaces: bool = False) -> Iterator[BinaryIO]:
    """A file that only its owner can read, and that is ``target`` once the block ended well.

    Its name is durable then too. On any other way out nothing of it stays, and what stood there
    before still does.

    Raises:
        FileExistsError: there is something of that name, and it is not to be replaced.
        OSError: it cannot be written.
    """
    if os.path.lexists(target) and not replaces:
        raise FileExistsError
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)  # a run that had this number was killed
    descriptor = open_unnamed(target.parent)
    lies_beside = descriptor is None
    try:
        with os.fdopen(create_private(beside) if descriptor is None else descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if not lies_beside:
                lies_beside = not _appears(file.fileno(), target, beside, replaces=replaces)
        if lies_beside:
            if os.path.lexists(target) and not replaces:
                raise FileExistsError  # it came meanwhile
            beside.replace(target)
        sync(target.parent)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _appears(descriptor: int, target: Path, beside: Path, *, replaces: bool) -> bool:
    """Give the file its name; or one beside it and False, where its own is taken."""
    try:
        link_unnamed(descriptor, target)
    except FileExistsError:
        if not replaces:
            raise
        link_unnamed(descriptor, beside)
        return False
    return True


def open_unnamed(folder: Path) -> int | None:
    """The descriptor of a file without a name on a folder's drive; None: it knows no such thing."""
    with suppress(OSError, AttributeError):  # a drive, or a system, that does not know them
        return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    return None


def create_private(path: Path) -> int:
    """The descriptor of a new file that only its owner can read.

    Raises:
        OSError: it cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, 0o600)


def link_unnamed(descriptor: int, target: Path) -> None:
    """Give a file without a name its name, never one that is taken.

    Raises:
        FileExistsError: it is taken.
        OSError: the drive does not let it.
    """
    # By way of /proc (open(2), O_TMPFILE); os.link follows a link only with a folder's descriptor.
    opened = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.link(str(descriptor), target, src_dir_fd=opened, follow_symlinks=True)
    finally:
        os.close(opened)
