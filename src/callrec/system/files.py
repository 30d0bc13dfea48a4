"""Files that are whole and durable or not there at all.

A file that is being written has no name until every byte of it is durable (O_TMPFILE): whatever
kills the run, the system takes it away, and nothing secret lies about half-written. Not every drive
can do that, most that are made for Windows cannot; there, and in place of a file that is to be
replaced, it has a hidden name beside its target for a while.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from callrec.errors import Failed, Misconfigured, Unusable
from callrec.system.drives import code_of

if sys.platform == "win32":
    from callrec.system.windows.files import *
else:
    from callrec.system.posix.files import *


@contextmanager
def atomic_write(target: Path, *, replaces: bool = False) -> Iterator[BinaryIO]:
    """A file that only its owner can read, and that is ``target`` once the block ended well.

    Its name is durable then too. On any other way out nothing of it stays, and what stood there
    before still does.
    """
    if os.path.lexists(target) and not replaces:
        raise FileExistsError
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    remove_file(beside, missing_ok=True)  # a run that had this number was killed
    descriptor = open_unnamed(target.parent)
    lies_beside = descriptor is None
    try:
        with os.fdopen(create_private(beside) if descriptor is None else descriptor, "w+b") as file:
            yield file
            file.flush()
            sync_descriptor(file.fileno())
            if not lies_beside:
                lies_beside = not _appears(file.fileno(), target, beside, replaces=replaces)
        if lies_beside:
            if os.path.lexists(target) and not replaces:
                raise FileExistsError  # it came meanwhile
            (move_over if replaces else move)(beside, target)
        sync(target.parent)
    finally:
        with suppress(OSError):
            remove_file(beside, missing_ok=True)


def check_new(to: Path, *, replace: bool) -> None:
    """Check where a file is to be written before anything is opened for it.

    Unusable if there is no such folder, something has that name and is not to be replaced, or no
    file can have it.
    """
    try:
        inside, is_folder = to.parent.is_dir(), to.is_dir()
    except OSError as error:
        raise Unusable(
            f"a file of that name cannot be written there: {str(error.strerror).lower()}",
            hint="name another",
        ) from error
    if not inside:
        raise Unusable("there is no such folder to write to", hint="make it, or name another")
    if is_folder or (os.path.lexists(to) and not replace):
        raise Unusable("a file of that name exists already", hint="name a new file")


def write_whole(to: Path, data: bytes, *, replace: bool) -> None:
    """Write a file, mode 0600, durably; what stood there before is replaced at the very end.

    Failed if it cannot be written; then what stood there before still does.
    """
    with whole_file(to, replace=replace) as file:
        file.write(data)


def write_private(path: Path, data: bytes, *, new: bool = False) -> None:
    """Write a file of secrets whole, readable by its owner alone.

    Raises:
        Misconfigured: it exists though it should be new, or it cannot be written.
    """
    try:
        with atomic_write(path, replaces=not new) as file:
            file.write(data)
    except FileExistsError as error:
        hint = "name a file that does not exist"
        raise Misconfigured(f'"{path}" exists already', hint=hint) from error
    except OSError as error:
        raise Misconfigured(f'"{path}" cannot be written: {error.strerror}') from error


@contextmanager
def whole_file(to: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """The same, for a file that is written in the block."""
    check_new(to, replace=replace)
    try:
        with atomic_write(to, replaces=replace) as file:
            yield file
    except FileExistsError:
        check_new(to, replace=replace)  # it came meanwhile
        raise
    except OSError as error:
        raise Failed(f"the file cannot be written: {error.strerror}") from error


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


def has_name(descriptor: int, path: Path) -> bool:
    """Whether an open file is what lies under a name: nobody took it away or replaced it."""
    try:
        return os.fstat(descriptor).st_ino == path.lstat().st_ino
    except (FileNotFoundError, PermissionError):  # Windows refuses what is about to go
        return False


class Stored(Protocol):
    """A file that lies on no disk of this machine."""

    def size(self) -> int:
        """Bytes of it."""

    def open(self) -> BufferedReader:
        """Its bytes, from the first; the caller closes."""


_FULL: Final = "make room on the vault's disk and run the command again"

_WORDS: Final = {
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


class disk_errors:  # noqa: N801  # as nullcontext; a generator takes four times as long
    """Raise what the system says of the vault's disk as ``Failed``, with no path in the words."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if isinstance(error, OSError):
            code = code_of(error)
            plain = os.strerror(code).lower()
            message, hint = _WORDS.get(code, (f"the vault's disk: {plain}", ""))
            raise Failed(message, hint=hint) from error
