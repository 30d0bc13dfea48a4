"""What a drive does: takes, gives back, fails; which disk, which serial."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from callrec.errors import Failed, NotFound, Tampered
from callrec.system import drives
from callrec.system.drives import code_of, copy_bytes
from callrec.system.files import (
    Stored,
    forget_cached,
    move_over,
    open_to_read,
    own_memory,
    remove_file,
    remove_folder,
    sync,
    will_read,
)

PARTIAL_SUFFIX = ".partial"
"""How the name of what is not whole yet ends; it begins with a dot."""

_READ_BYTES = 1 << 20  # 1 MiB
SMALL_FILE_BYTES = 4 << 20  # 4 MiB; nothing that is read in one piece comes near it
_DRIVE_FULL_HINT = "make room on it or use a larger one, then run the command again"

_ERROR_MESSAGES = {
    errno.ENOSPC: ("the drive is full", _DRIVE_FULL_HINT),
    errno.EDQUOT: ("this account may keep no more on the drive", _DRIVE_FULL_HINT),
    errno.EROFS: (
        "the drive can only be read",
        "lift its write protection, or mount it for writing",
    ),
    errno.EACCES: ("this account may not use that folder of the drive", "choose another folder"),
    errno.EIO: ("the drive failed", "check its cable, then use another drive"),
    **dict.fromkeys(
        (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESTALE),
        ("the drive is gone", "attach it again, then run the command again: it goes on from there"),
    ),
    errno.EFBIG: ("the drive takes no file of that size: file too large", "format it as exFAT"),
}


@contextmanager
def drive_errors() -> Iterator[None]:
    """Raise what the system says of the drive as ``Failed``, with no path in the words."""
    try:
        yield
    except OSError as error:
        code = code_of(error)
        plain = f"the drive: {os.strerror(code).lower()}"
        message, hint = _ERROR_MESSAGES.get(code, (plain, "check that it is still attached"))
        raise Failed(message, hint=hint) from error


def device_of(at: Path) -> int:
    """The system's number of the file system that a folder lies on."""
    with drive_errors():
        return at.stat().st_dev


def disk_of(folder: Path) -> str:
    """What tells the disk of a folder from every other that is attached now."""
    with drive_errors():
        return drives.disk_of(folder)


def check_attached(at: Path, device: int) -> None:
    """Check that a drive is still there: else the machine's own disk would be written to."""
    if device_of(at) != device:
        raise Failed("the drive is gone", hint="attach it again, then run the command again")


def is_full(error: BaseException) -> bool:
    """Whether it says that a drive can take no more of this."""
    full, cause = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}, error.__cause__
    return isinstance(cause, OSError) and code_of(cause) in full


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it is there; no link is followed."""
    if path.is_dir() and not path.is_symlink():
        remove_folder(path)
    else:
        remove_file(path, missing_ok=True)


def require_space(at: Path, needed_bytes: int) -> None:
    """Refuse to begin what will not fit."""
    with drive_errors():
        free = shutil.disk_usage(at).free
    if free < needed_bytes:
        amounts = f"{_amount(needed_bytes)} are needed, {_amount(free)} are free"
        raise Failed(f"the drive has too little room: {amounts}", hint=_DRIVE_FULL_HINT)


def _amount(size: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size:,} bytes"


def copy_file(source: Path | str | Stored, target: Path | str) -> None:
    """Copy to a new file by the fastest way that the two file systems allow; not durable yet."""
    if not isinstance(source, Path | str):
        with source.open() as stream, Path(target).open("xb") as copied:
            shutil.copyfileobj(stream, copied, _READ_BYTES)
        return
    with FileIO(source) as reading, FileIO(target, "xb") as writing:
        will_read(reading.fileno())
        copy_bytes(reading.fileno(), writing.fileno())
        # The drive begins to write while the next is copied, and not only when all is synced.
        forget_cached(writing.fileno())


def hash_on_medium(path: Path | str) -> str:
    """SHA-256, lower-case hex, of what lies on the drive itself, not of the system's memory of it.

    Where a file system does not let itself be read past the cache, the cache lets go of the file
    first: only of what is durable, so sync first what was just written.
    """
    try:
        return hash_of_file(path, past_the_cache=True)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    return hash_of_file(path)


def reads_as(path: Path, sha256: str) -> bool:
    """Whether a drive gives a file with that SHA-256, in hex; False where it gives none."""
    try:
        return hash_on_medium(path) == sha256
    except OSError:
        return False


def hash_of_file(path: Path | str, *, past_the_cache: bool = False) -> str:
    """As `hash_on_medium`, by one of the two ways."""
    with open_untrusted(path, past_the_cache=past_the_cache) as file:
        forget_cached(file.fileno())
        digest, piece = hashlib.sha256(), _READING.piece
        while size := file.readinto(piece):
            digest.update(piece[:size])
        return digest.hexdigest()


def open_untrusted(
    path: Path | str, *, follows_links: bool = False, past_the_cache: bool = False
) -> FileIO:
    """Open a file of a drive. It comes from outside: a link would lead off it, a pipe never end."""
    file = open_to_read(path, follows_links=follows_links, past_the_cache=past_the_cache)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return file


class _Reading(threading.local):
    """What each thread reads into, again and again: the first touch of memory is dear."""

    def __init__(self) -> None:
        self.piece = own_memory(_READ_BYTES)  # reading past the cache asks for whole pages


_READING = _Reading()


class AtomicFile:
    """A file of the drive being written; errors of the drive are raised in our words."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: bytes | memoryview, /) -> int:
        self._digest.update(data)
        with drive_errors():
            return self._file.write(data)

    @property
    def sha256(self) -> str:
        """SHA-256 of what was written, lower-case hex."""
        return self._digest.hexdigest()


@contextmanager
def atomic_file(path: Path) -> Iterator[AtomicFile]:
    """Write ``path`` so that it appears whole, durable and read back, or not at all."""
    partial = path.with_name(f".{path.name}{PARTIAL_SUFFIX}")
    try:
        with drive_errors():
            # Not written through: it could be a link off the drive.
            remove_file(partial, missing_ok=True)
            file = partial.open("xb")
        whole = AtomicFile(file)
        try:
            yield whole
        finally:
            with drive_errors():
                file.close()
        with drive_errors():
            sync(partial)
            check_read_back(partial, whole.sha256)
            move_over(partial, path)
            sync(path.parent)
    except BaseException:
        with suppress(OSError):
            remove_file(partial, missing_ok=True)
        raise


def check_read_back(path: Path | str, sha256: str) -> None:
    """Compare what lies on the drive with what was written there."""
    if hash_on_medium(path) != sha256:
        raise Failed(
            "the drive does not give back what was written to it",
            hint="use another drive; what was being written is not kept on this one",
        )


def read_small(path: Path) -> bytes:
    """All of a file that cannot be large; no link is followed, no pipe waited for."""
    with drive_errors():
        try:
            found = path.lstat()
        except FileNotFoundError as error:
            raise NotFound(f"the drive holds no {path.name}") from error
        if not stat.S_ISREG(found.st_mode):
            raise Tampered(f"{path.name} on the drive is no plain file")
        with path.open("rb") as file:
            data = file.read(SMALL_FILE_BYTES + 1)
    if len(data) > SMALL_FILE_BYTES:
        raise Tampered(f"{path.name} on the drive is larger than it can be")
    return data
