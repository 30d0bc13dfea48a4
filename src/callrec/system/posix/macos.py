"""What macOS does otherwise: durability, its memory of files, and which disk is which.

Nobody has run this on a Mac yet: it is by Apple's manual pages, and tests/system carries it out on
Linux with what macOS lacks taken away.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import plistlib
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

assert sys.platform != "win32"

F_FULLFSYNC: Final = 51
F_NOCACHE: Final = 48
"""Commands of fcntl(2), by sys/fcntl.h."""

_NOT_THERE: Final = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY})

_READ, _SHARED = 1, 1  # PROT_READ, MAP_SHARED
_WRITE_AND_FORGET: Final = 0x10 | 2
"""MS_SYNC and MS_INVALIDATE of msync(2): by itself the second could forget what is not written."""

_NO_WAIT: Final = 2
"""MNT_NOWAIT: a share whose server is gone is told of as well."""

_DISKUTIL: Final = "/usr/sbin/diskutil"


def full_sync(descriptor: int) -> None:
    """Make an open file or folder durable: in the drive itself, and not in its memory.

    fsync(2) of macOS hands the bytes to the drive, which may keep them in its own memory and write
    them in any order; F_FULLFSYNC has it empty that. A share, and a drive that knows no such thing,
    get what they can do.
    """
    try:
        fcntl.fcntl(descriptor, F_FULLFSYNC)
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        os.fsync(descriptor)


def keep_no_copy(descriptor: int) -> None:
    """Have what is read and written by a descriptor from now on not stay in memory."""
    with suppress(OSError):  # a share; it is then read through its memory
        fcntl.fcntl(descriptor, F_NOCACHE, 1)


def forget_cached(descriptor: int) -> None:
    """Have the system write what it holds of a file in memory, and forget it (msync(2))."""
    size = os.fstat(descriptor).st_size
    if size:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = (
            *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int),
            ctypes.c_int64,
        )
        libc.msync.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        at = libc.mmap(None, size, _READ, _SHARED, descriptor, 0)
        if at != ctypes.c_void_p(-1).value:
            libc.msync(at, size, _WRITE_AND_FORGET)
            libc.munmap(at, size)


class _FileSystem(ctypes.Structure):
    """``struct statfs`` with 64-bit inodes (statfs(2))."""

    _fields_ = (
        ("counts", ctypes.c_uint64 * 6),
        ("owner_and_flags", ctypes.c_uint32 * 6),
        ("kind", ctypes.c_char * 16),
        ("point", ctypes.c_char * 1024),
        ("device", ctypes.c_char * 1024),
        ("extended", ctypes.c_uint32 * 8),
    )


def mounts() -> Iterator[tuple[str, str, str]]:
    """Device, place and kind of each file system that is mounted (getfsstat(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    ask: Any = getattr(libc, "getfsstat$INODE64", None) or getattr(libc, "getfsstat", None)
    if ask is None:
        return
    room = ask(None, 0, _NO_WAIT) + 8  # some may come meanwhile
    found = (_FileSystem * room)()
    for each in found[: ask(found, ctypes.sizeof(found), _NO_WAIT)]:
        yield os.fsdecode(each.device), os.fsdecode(each.point), each.kind.decode()


def whole_disk(device: str) -> str:
    """The disk, such as ``disk4``, of which a mounted device is a part; empty if untold."""
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(  # noqa: S603 - of the system, and a device's own name
            [_DISKUTIL, "info", "-plist", device], check=True, capture_output=True, env={}
        )
        return disk_in(said.stdout)
    return ""


def disk_in(said: bytes) -> str:
    """The disk in what diskutil says. Of an APFS volume it is the one that its container is on."""
    try:
        told = plistlib.loads(said)
        stores = told.get("APFSPhysicalStores") or [{}]
        part = stores[0].get("APFSPhysicalStore") or told.get("ParentWholeDisk") or ""
    except (plistlib.InvalidFileException, ValueError, AttributeError, TypeError):
        return ""
    found = re.match(r"disk[0-9]+", part)
    return found[0] if found else ""
