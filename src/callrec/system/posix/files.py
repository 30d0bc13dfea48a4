"""Files as Linux and macOS open, lock, name and keep them."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

assert sys.platform != "win32"

_LIBC: Final = ctypes.CDLL(None, use_errno=True)

_MIB: Final = 1 << 20

_BEGIN: Final = (ctypes.c_int64(0), ctypes.c_int64(0), 2)
"""Of all that a file has: SYNC_FILE_RANGE_WRITE of sync_file_range(2)."""

_AT_FDCWD: Final = -100
_EXCHANGE: Final = 2
"""RENAME_EXCHANGE of renameat2(2)."""


def open_to_read(
    path: Path | str, *, follows_links: bool = False, past_the_cache: bool = False
) -> FileIO:
    """Open what somebody else may have put there: no pipe is waited for, and no link followed.

    What was opened may yet be no plain file: ask `os.fstat`. Nobody is kept from changing, moving
    or removing it meanwhile.

    Raises:
        OSError: it cannot be opened; ELOOP, it is a link; EINVAL, it cannot be read past the cache.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
    if not follows_links:
        flags |= os.O_NOFOLLOW
    if past_the_cache and sys.platform == "linux":
        flags |= os.O_DIRECT
    file = FileIO(os.open(path, flags))
    if past_the_cache and sys.platform == "darwin":
        from callrec.system.posix.macos import keep_no_copy  # noqa: PLC0415 - it is there alone

        keep_no_copy(file.fileno())
    return file


def create_private(path: Path | str) -> int:
    """The descriptor of a new file that only its owner can read; FileExistsError where one is."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, 0o600)


def open_or_create(path: Path) -> int:
    """The descriptor of a file that is read and written, and made, private, if it is not there.

    No link is followed and no pipe waited for.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.open(path, flags, 0o600)


def open_folder(folder: Path) -> int:
    """The descriptor of a folder, to be synced or locked."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def open_unnamed(folder: Path) -> int | None:
    """The descriptor of a file without a name on a folder's drive; None: it knows no such thing."""
    if sys.platform == "linux":
        with suppress(OSError):  # a drive that does not know them
            return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    return None


def link_unnamed(descriptor: int, target: Path) -> None:
    """Give a file without a name its name, never one that is taken."""
    # By way of /proc (open(2), O_TMPFILE); os.link follows a link only with a folder's descriptor.
    opened = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.link(str(descriptor), target, src_dir_fd=opened, follow_symlinks=True)
    finally:
        os.close(opened)


def write_at_once(descriptor: int, data: memoryview) -> int:
    """Write to a file as much of ``data`` as it takes, and have its disk begin with that.

    Who syncs it later waits less. A whole MiB goes past the cache where the drive can: nobody reads
    it soon, and it would be copied there for nothing. Returns how many bytes it took.
    """
    if sys.platform == "linux" and len(data) == _MIB:
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_DIRECT)
            return os.write(descriptor, data)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        finally:
            fcntl.fcntl(descriptor, fcntl.F_SETFL, 0)
    size = os.write(descriptor, data)
    # Of less the call takes longer than it saves of waiting.
    if sys.platform == "linux" and size >= _MIB >> 3:
        _LIBC.sync_file_range(descriptor, *_BEGIN)
    return size


def lock(descriptor: int, *, shared: bool = False, waits: bool = True) -> None:
    """Lock an open file or folder until it is closed, or its process ends.

    Raises:
        BlockingIOError: another has the lock, and this does not wait.
    """
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    fcntl.flock(descriptor, how if waits else how | fcntl.LOCK_NB)


open_folder_lock = open_folder
"""The descriptor by which a folder is locked."""


def sync_descriptor(descriptor: int) -> None:
    """Make durable what was written to an open file."""
    if sys.platform == "darwin":
        from callrec.system.posix.macos import full_sync  # noqa: PLC0415 - it is there alone

        full_sync(descriptor)
    else:
        os.fsync(descriptor)


def sync(*paths: Path) -> None:
    """Make the bytes of each of these files, and the names in each of these folders, durable.

    A file's name is its folder's, which the sync of the file does not make durable (fsync(2)).
    """
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            sync_descriptor(descriptor)
        finally:
            os.close(descriptor)


def sync_filesystem(folder: int) -> bool:
    """Make durable all that was written to the file system of an open folder: one call a batch.

    Linux, from 5.8 on, reports writes that failed since ``folder`` was opened: open it before
    anything is written.

    Returns:
        False where the system has no such call.
    """
    syncfs = getattr(_LIBC, "syncfs", None)
    if syncfs is None:
        return False
    if syncfs(folder) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return True


def sync_tree(folder: Path) -> None:
    """Make durable all that lies under a folder: one call for all files; it tells of no errors.

    That of macOS returns before it is done (sync(2)), so there it is one for each.
    """
    if sys.platform == "darwin":
        for at, _, names in os.walk(folder):
            sync(*(Path(at, name) for name in names), Path(at))
    else:
        os.sync()


move: Callable[[Path | str, Path | str], None] = os.rename
"""Give a file or folder another name on its drive, which nothing has."""

move_over: Callable[[Path | str, Path], None] = os.replace
"""Give a file another name on its drive; what had that is gone, in one step."""


def remove_file(path: Path | str, *, missing_ok: bool = False) -> None:
    """Take a file's name away; of a link, its own."""
    try:
        os.unlink(path)  # noqa: PTH108  # of a text, too
    except FileNotFoundError:
        if not missing_ok:
            raise


def remove_folder(folder: Path, *, ignore_errors: bool = False) -> None:
    """Remove a folder with all that is in it; no link is followed."""
    import shutil  # noqa: PLC0415 - it loads what unpacks, too

    shutil.rmtree(folder, ignore_errors=ignore_errors)


def hard_link(source: Path, target: Path) -> None:
    """Give a file, or a link, a second name.

    Raises:
        OSError: by its number, `NO_LINKS` has it, where the drive cannot.
    """
    os.link(source, target, follow_symlinks=False)


NO_LINKS: Final = frozenset(
    {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EXDEV}
)


def exchange_names(one: Path, other: Path) -> bool:
    """Let two folders change their names in one step; False where the system or drive cannot."""
    function = getattr(_LIBC, "renameat2", None)
    if function is None:
        return False
    names = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    if function(*names, _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}:
        return False
    raise OSError(code, os.strerror(code))


def will_read(descriptor: int) -> None:
    """Say that all of a file is read soon."""
    if sys.platform == "linux":
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)


def forget_cached(descriptor: int) -> None:
    """Have a file read from its disk the next time; of what is written, begin with it now."""
    if sys.platform == "linux":
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    elif sys.platform == "darwin":
        from callrec.system.posix import macos  # noqa: PLC0415 - as above

        macos.forget_cached(descriptor)


def own_memory(size_bytes: int) -> memoryview:
    """Memory that begins where a page does and that no forked process shares."""
    return memoryview(mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
