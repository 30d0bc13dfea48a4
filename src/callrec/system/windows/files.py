"""Files as Windows opens, locks, names and keeps them.

Python's own `open` lets nobody remove or rename what it has open, and `os.open` changes the ends of
lines unless it is told not to. So everything is opened here, in binary and shared for deletion.
Others on the machine do as Python does: what scans for viruses holds each new file for a moment.
So a name that is refused is asked for again, for a few seconds.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import msvcrt
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, Final

assert sys.platform == "win32"

from callrec.system.windows import api
from callrec.system.windows.api import KERNEL, is_link, open_shared
from callrec.system.windows.rights import private_security

_PATIENCE_S: Final = 5.0
_PAUSE_S: Final = 0.02

_RENAME_INFO_EX: Final = 22

_RENAME_REPLACES, _RENAME_POSIX = 1, 2

_MOVE_REPLACES, _MOVE_DURABLY = 1, 8

_LOCK_AT_ONCE, _LOCK_EXCLUSIVE = 1, 2

_LOCKED_BYTE_HIGH: Final = 0x4000_0000
"""A lock keeps others from reading what it covers: it is of a byte far beyond any file's end."""


def open_to_read(
    path: Path | str, *, follows_links: bool = False, past_the_cache: bool = False
) -> FileIO:
    """Open what somebody else may have put there: no link is followed.

    What was opened may yet be no plain file: ask `os.fstat`. Nobody is kept from changing, moving
    or removing it meanwhile.

    Raises:
        OSError: it cannot be opened; ELOOP, it is a link; EINVAL, it cannot be read past the cache.
    """
    flags = api.NO_BUFFERING if past_the_cache else 0
    if not follows_links and is_link(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    descriptor = _descriptor(open_shared(path, api.GENERIC_READ, flags=flags), os.O_RDONLY)
    return _PastTheCache(descriptor) if past_the_cache else FileIO(descriptor)


class _PastTheCache(FileIO):
    """Reads no more once the end was met: from there on no offset is a whole sector's."""

    _ended = False

    def readinto(self, buffer: Any, /) -> int | None:
        if self._ended:
            return 0
        size = super().readinto(buffer)
        self._ended = (size or 0) < len(buffer)
        return size


def create_private(path: Path | str) -> int:
    """The descriptor of a new file that only its owner can read; FileExistsError where one is."""
    return _open_private(path, api.CREATE_NEW)


def open_or_create(path: Path) -> int:
    """The descriptor of a file that is read and written, and made, private, if it is not there.

    No link is followed.
    """
    if is_link(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return _open_private(path, api.OPEN_ALWAYS)


def open_folder(folder: Path) -> int:
    """The descriptor of a folder, to be synced."""
    handle = open_shared(folder, api.GENERIC_READ, flags=api.BACKUP_SEMANTICS)
    return _descriptor(handle, os.O_RDONLY)


def open_unnamed(folder: Path) -> int | None:
    """None: Windows knows no file without a name."""
    del folder
    return None


def link_unnamed(descriptor: int, target: Path) -> None:
    """There is none."""
    raise NotImplementedError


def lock(descriptor: int, *, shared: bool = False, waits: bool = True) -> None:
    """Lock an open file until it is closed, or its process ends.

    Raises:
        BlockingIOError: another has the lock, and this does not wait.
    """
    how = (0 if shared else _LOCK_EXCLUSIVE) | (0 if waits else _LOCK_AT_ONCE)
    where = api.Overlapped(offset_high=_LOCKED_BYTE_HIGH)
    handle = msvcrt.get_osfhandle(descriptor)
    if not KERNEL.LockFileEx(handle, how, 0, 1, 0, ctypes.byref(where)):
        code = ctypes.get_last_error()
        if code in (api.LOCK_VIOLATION, api.IO_PENDING):
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        raise ctypes.WinError(code)


def write_at_once(descriptor: int, data: memoryview) -> int:
    """Write to a file as much of ``data`` as it takes, and return how many bytes that was."""
    return os.write(descriptor, data)


def open_folder_lock(folder: Path) -> int:
    """The descriptor by which a folder is locked: a file in it, as a folder itself cannot be."""
    return open_or_create(folder / ".lock")


def sync_descriptor(descriptor: int) -> None:
    """Make durable what was written to an open file."""
    os.fsync(descriptor)


def sync(*paths: Path) -> None:
    """Make the bytes of each of these files durable, and the names in each of these folders.

    Of folders Windows does not promise that (FlushFileBuffers), and some file systems refuse it:
    NTFS keeps names by its own log.
    """
    for path in paths:
        is_folder = path.is_dir()
        flags = api.BACKUP_SEMANTICS if is_folder else 0
        with suppress(*[PermissionError] if is_folder else []):
            handle = open_shared(path, api.GENERIC_READ | api.GENERIC_WRITE, flags=flags)
            try:
                api.check(KERNEL.FlushFileBuffers(handle) or is_folder)
            finally:
                KERNEL.CloseHandle(handle)


def sync_filesystem(folder: int) -> bool:
    """False: Windows has no such call for who does not administer the machine."""
    del folder
    return False


def sync_tree(folder: Path) -> None:
    """Make durable all that lies under a folder, one file after the other."""
    for at, _, names in os.walk(folder, topdown=False):
        sync(*(Path(at, name) for name in names), Path(at))


def move(source: Path | str, target: Path | str) -> None:
    """Give a file or folder another name on its drive, which nothing has; durably.

    Raises:
        FileExistsError: something has it.
    """
    _patiently(lambda: _move(source, target, _MOVE_DURABLY))


def move_over(source: Path | str, target: Path) -> None:
    """Give a file another name on its drive; what had that is gone, in one step."""
    _patiently(lambda: _move_over(source, target))


def remove_file(path: Path | str, *, missing_ok: bool = False) -> None:
    """Take a file's name away; of a link, its own."""
    try:
        _patiently(lambda: os.unlink(path))  # noqa: PTH108  # of a text, too
    except FileNotFoundError:
        if not missing_ok:
            raise


def remove_folder(folder: Path, *, ignore_errors: bool = False) -> None:
    """Remove a folder with all that is in it; no link is followed."""
    import shutil  # noqa: PLC0415 - it loads what unpacks, too

    def again(function: Callable[..., Any], path: str, _: object) -> None:
        _patiently(lambda: function(path))

    with suppress(*[OSError] if ignore_errors else []):
        shutil.rmtree(folder, onerror=again)


def hard_link(source: Path, target: Path) -> None:
    """Give a file, or a link, a second name.

    Raises:
        OSError: by its number, `NO_LINKS` has it, where the drive cannot.
    """
    try:
        os.link(source, target)
    except OSError as error:
        if error.winerror in (api.INVALID_FUNCTION, api.NOT_SUPPORTED):
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP)) from error
        raise


NO_LINKS: Final = frozenset({errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV})


def exchange_names(one: Path, other: Path) -> bool:
    """False: Windows cannot do it in one step."""
    del one, other
    return False


def will_read(descriptor: int) -> None:
    """Windows reads ahead by itself."""
    del descriptor


def forget_cached(descriptor: int) -> None:
    """Windows cannot be asked: `open_to_read` can read past the cache."""
    del descriptor


def own_memory(size_bytes: int) -> memoryview:
    """Memory that begins where a page does and that no other process shares."""
    return memoryview(mmap.mmap(-1, size_bytes))


def _open_private(path: Path | str, how: int) -> int:
    rights = api.GENERIC_READ | api.GENERIC_WRITE
    with private_security(is_folder=False) as security:
        return _descriptor(open_shared(path, rights, how, security=security), os.O_RDWR)


def _descriptor(handle: int, mode: int) -> int:
    return msvcrt.open_osfhandle(handle, mode | os.O_BINARY | os.O_NOINHERIT)


def _move(source: Path | str, target: Path | str, how: int) -> None:
    api.check(KERNEL.MoveFileExW(str(source), str(target), how))


def _move_over(source: Path | str, target: Path) -> None:
    """As POSIX does where the file system can: who has the old file open keeps it."""
    rights = api.DELETE | api.GENERIC_WRITE
    handle = open_shared(source, rights, flags=api.BACKUP_SEMANTICS)
    try:
        name = os.path.abspath(target).encode("utf-16-le")  # noqa: PTH100  # links stay
        asked = (
            (_RENAME_REPLACES | _RENAME_POSIX).to_bytes(8, "little")  # with what fills it up
            + bytes(8)
            + len(name).to_bytes(4, "little")
            + name
            + bytes(2)
        )
        if KERNEL.SetFileInformationByHandle(handle, _RENAME_INFO_EX, asked, len(asked)):
            KERNEL.FlushFileBuffers(handle)
            return
        code = ctypes.get_last_error()
    finally:
        KERNEL.CloseHandle(handle)
    if code not in (api.INVALID_FUNCTION, api.NOT_SUPPORTED, api.INVALID_PARAMETER):
        raise ctypes.WinError(code)
    _move(source, target, _MOVE_DURABLY | _MOVE_REPLACES)


def _patiently(act: Callable[[], None]) -> None:
    """Again for a while, where somebody has the file open just now."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            act()
        except OSError as error:
            held = (api.ACCESS_DENIED, api.SHARING_VIOLATION, api.DIR_NOT_EMPTY)
            if error.winerror not in held or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(_PAUSE_S)
