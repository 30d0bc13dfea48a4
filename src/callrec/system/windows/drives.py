"""Drives as Windows knows them: which there are, what each is, how it is copied to.

A disk is told from others by the number that Windows gave it, and known again by its serial number.
Neither needs an administrator (learn.microsoft.com, Win32 API, device management).
"""

from __future__ import annotations

import ctypes
import errno
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ctypes import wintypes
from pathlib import Path
from typing import Final

from callrec.system.windows import api

assert sys.platform == "win32"

KERNEL: Final = api.KERNEL

COPY_METHODS: Final[tuple[Callable[[int, int], None], ...]] = ()
"""None: CopyFile2 takes along what was said of a file elsewhere, and replaces what lies there."""

METHOD_UNSUPPORTED: Final = frozenset[int]()

_REMOTE: Final = 4
"""What GetDriveTypeW says of a drive of another machine's."""

_GET_DEVICE_NUMBER: Final = 0x2D_1080
_GET_DISK_EXTENTS: Final = 0x56_0000
_QUERY_PROPERTY: Final = 0x2D_1400
"""IOCTL_STORAGE_GET_DEVICE_NUMBER, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
IOCTL_STORAGE_QUERY_PROPERTY: nothing need be opened for reading to ask them."""

_ANSWER_BYTES: Final = 4096
_NO_DIALOGUE: Final = 1
"""SEM_FAILCRITICALERRORS: an empty slot for cards is an error, and no window that waits."""

_BUS_USB, _BUS_SD = 7, 12
_EXTERNAL_BUSES: Final = frozenset({4, _BUS_USB, _BUS_SD, 13})
"""STORAGE_BUS_TYPE of what is plugged in: FireWire, USB, SD, MMC."""

_LONGEST_PATH: Final = 32_768

KERNEL.GetDriveTypeW.argtypes = (wintypes.LPCWSTR,)
KERNEL.SetThreadErrorMode.argtypes = (wintypes.DWORD, ctypes.POINTER(wintypes.DWORD))
KERNEL.GetVolumePathNameW.argtypes = (wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD)
KERNEL.GetVolumeNameForVolumeMountPointW.argtypes = KERNEL.GetVolumePathNameW.argtypes
KERNEL.GetVolumeInformationW.argtypes = (
    *(wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD, ctypes.POINTER(wintypes.DWORD)),
    *(ctypes.POINTER(wintypes.DWORD), ctypes.POINTER(wintypes.DWORD)),
    *(wintypes.LPWSTR, wintypes.DWORD),
)
KERNEL.GetDiskFreeSpaceW.argtypes = (wintypes.LPCWSTR, *(ctypes.POINTER(wintypes.DWORD),) * 4)
KERNEL.FindFirstVolumeW.argtypes = (wintypes.LPWSTR, wintypes.DWORD)
KERNEL.FindFirstVolumeW.restype = wintypes.HANDLE
KERNEL.FindNextVolumeW.argtypes = (wintypes.HANDLE, wintypes.LPWSTR, wintypes.DWORD)
KERNEL.FindVolumeClose.argtypes = (wintypes.HANDLE,)
KERNEL.GetVolumePathNamesForVolumeNameW.argtypes = (
    *(wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD, ctypes.POINTER(wintypes.DWORD)),
)
KERNEL.DeviceIoControl.argtypes = (
    *(wintypes.HANDLE, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD),
    *(wintypes.LPVOID, wintypes.DWORD, ctypes.POINTER(wintypes.DWORD), wintypes.LPVOID),
)


def file_system_of(path: Path) -> str:
    """Windows' word for it, such as ``NTFS`` or ``exFAT``; ``remote``: another machine's."""
    root = _root_of(path)
    if _is_remote(root):
        return "remote"
    found = _information(root)
    return found[1] if found else ""


def drives() -> tuple[Path, ...]:
    """Where this machine's drives are: their letters, and folders that lead to one.

    A share is not among them: one whose server is gone would be waited for.
    """
    roots = dict.fromkeys([*_letters(), *_volumes()])
    return tuple(Path(root) for root in roots if not _is_remote(root) and _information(root))


def external_drives() -> tuple[Path, ...]:
    """Those that somebody plugs in."""
    return tuple(each for each in drives() if _bus_of(f"{each}") in _EXTERNAL_BUSES)


def block_size(folder: Path) -> int:
    """Bytes in which a file system counts what a file takes."""
    per_cluster, per_sector, free, all_ = (wintypes.DWORD() for _ in range(4))
    answers = (ctypes.byref(each) for each in (per_cluster, per_sector, free, all_))
    api.check(KERNEL.GetDiskFreeSpaceW(_root_of(folder), *answers))
    return per_cluster.value * per_sector.value or 1


def disk_of(folder: Path) -> str:
    """What tells the disk of a folder from every other that is attached now.

    Windows' number of it; two partitions are one disk. Of what is not a disk (a share, a container
    that a program opened) it is the number of the file system, or the share itself.
    """
    number = folder.stat().st_dev
    root = _root_of(folder)
    if _is_remote(root):
        return root.casefold()
    if said := _ask(root, _GET_DEVICE_NUMBER):
        return f"disk {int.from_bytes(said[4:8], 'little')}"
    if said := _ask(root, _GET_DISK_EXTENTS):  # one volume on several: the first stands for all
        return f"disk {int.from_bytes(said[8:12], 'little')}"
    return f"file system {number:x}"


def serial_of(folder: Path) -> str | None:
    """The serial number of the drive that a folder lies on; None: it is not known.

    Where the drive tells none it is the file system's, and says so: ``file system 1A2B-3C4D``.
    Formatting gives it another, and one that is copied block by block has the same.
    """
    root = _root_of(folder)
    if _is_remote(root):
        return None
    said = _ask(root, _QUERY_PROPERTY, bytes(12))
    at = int.from_bytes(said[24:28], "little")
    serial = said[at:].partition(b"\0")[0].decode("ascii", "replace").strip() if at else ""
    if re.fullmatch(r"[!-~][ -~]{0,63}", serial):
        return serial
    found = _information(root)
    return (
        f"file system {found[0] >> 16:04X}-{found[0] & 0xFFFF:04X}" if found and found[0] else None
    )


def _bus_of(root: str) -> int:
    said = _ask(root, _QUERY_PROPERTY, bytes(12))
    return int.from_bytes(said[28:32], "little")


def _root_of(path: Path) -> str:
    r"""Where its volume begins: ``D:\``, ``C:\mnt\drive\``, ``\\server\share\``."""
    whole = path.resolve()
    if _is_share(whole.anchor):
        return whole.anchor  # it is not asked: where it does not answer, that takes long
    found = ctypes.create_unicode_buffer(_LONGEST_PATH)
    api.check(KERNEL.GetVolumePathNameW(str(whole), found, len(found)))
    return found.value


def _is_remote(root: str) -> bool:
    return _is_share(root) or bool(KERNEL.GetDriveTypeW(root) == _REMOTE)


def _is_share(anchor: str) -> bool:
    local = anchor.startswith(("\\\\?\\", "\\\\.\\"))
    return anchor.startswith("\\\\") and (not local or anchor.upper().startswith("\\\\?\\UNC\\"))


def _letters() -> Iterator[str]:
    there = KERNEL.GetLogicalDrives()
    for number in range(26):
        if there >> number & 1:
            yield f"{chr(ord('A') + number)}:\\"


def _volumes() -> Iterator[str]:
    """Everywhere that a volume is reached, by a letter or by a folder that was given to it."""
    name = ctypes.create_unicode_buffer(64)
    places = ctypes.create_unicode_buffer(_LONGEST_PATH)
    search = KERNEL.FindFirstVolumeW(name, len(name))
    if search == api.INVALID_HANDLE:
        return
    try:
        more = True
        while more:
            size = wintypes.DWORD()
            if KERNEL.GetVolumePathNamesForVolumeNameW(
                name.value, places, len(places), ctypes.byref(size)
            ):
                yield from filter(None, "".join(places[: size.value]).split("\0"))
            more = KERNEL.FindNextVolumeW(search, name, len(name))
    finally:
        KERNEL.FindVolumeClose(search)


@contextmanager
def _no_dialogue() -> Iterator[None]:
    before = wintypes.DWORD()
    KERNEL.SetThreadErrorMode(_NO_DIALOGUE, ctypes.byref(before))
    try:
        yield
    finally:
        KERNEL.SetThreadErrorMode(before.value, None)


def _information(root: str) -> tuple[int, str] | None:
    """A volume's serial number and the kind of its file system; None: there is none in it now."""
    serial, longest, flags = wintypes.DWORD(), wintypes.DWORD(), wintypes.DWORD()
    answers = (ctypes.byref(each) for each in (serial, longest, flags))
    kind = ctypes.create_unicode_buffer(64)
    with _no_dialogue():
        if not KERNEL.GetVolumeInformationW(root, None, 0, *answers, kind, len(kind)):
            return None
    return serial.value, kind.value


def _ask(root: str, what: int, question: bytes = b"") -> bytes:
    """What the device of a volume answers; empty where it does not."""
    name = ctypes.create_unicode_buffer(64)
    if not KERNEL.GetVolumeNameForVolumeMountPointW(root, name, len(name)):
        if len(root) != len("D:\\"):
            return b""
        name.value = f"\\\\.\\{root}"
    with _no_dialogue():
        handle = KERNEL.CreateFileW(
            name.value.rstrip("\\"), 0, api.SHARE_ALL, None, api.OPEN_EXISTING, 0, None
        )
        if handle == api.INVALID_HANDLE:
            return b""
        answer, size = ctypes.create_string_buffer(_ANSWER_BYTES), wintypes.DWORD()
        asked = (question, len(question), answer, len(answer), ctypes.byref(size), None)
        try:
            done = KERNEL.DeviceIoControl(handle, what, *asked)
        finally:
            KERNEL.CloseHandle(handle)
    return answer.raw[: size.value] if done else b""


_GONE: Final = (15, 20, 21, 22, 53, 55, 59, 64, 67, 121, 433, 1006, 1110, 1112, 1167, 1231, 1617)
"""ERROR_INVALID_DRIVE, _BAD_UNIT, _NOT_READY, _BAD_COMMAND, _BAD_NETPATH, _DEV_NOT_EXIST,
_UNEXP_NET_ERR, _NETNAME_DELETED, _BAD_NET_NAME, _SEM_TIMEOUT, _NO_SUCH_DEVICE, _FILE_INVALID,
_MEDIA_CHANGED, _NO_MEDIA_IN_DRIVE, _DEVICE_NOT_CONNECTED, _NETWORK_UNREACHABLE, _DEVICE_REMOVED."""

_FAILED: Final = (23, 25, 26, 27, 29, 30, 31, 323, 483, 1005, 1117, 1127, 1128, 1392, 1393)
"""ERROR_CRC, _SEEK, _NOT_DOS_DISK, _SECTOR_NOT_FOUND, _WRITE_FAULT, _READ_FAULT, _GEN_FAILURE,
_DATA_CHECKSUM_ERROR, _DEVICE_HARDWARE_ERROR, _UNRECOGNIZED_VOLUME, _IO_DEVICE,
_DISK_OPERATION_FAILED, _DISK_RESET_FAILED, _FILE_CORRUPT, _DISK_CORRUPT."""

_MEANS: Final = {
    19: errno.EROFS,  # ERROR_WRITE_PROTECT
    **dict.fromkeys(_GONE, errno.ENODEV),
    **dict.fromkeys(_FAILED, errno.EIO),
    **dict.fromkeys((39, 112), errno.ENOSPC),  # ERROR_HANDLE_DISK_FULL, _DISK_FULL
    **dict.fromkeys((223, 665), errno.EFBIG),  # ERROR_FILE_TOO_LARGE, _FILE_SYSTEM_LIMITATION
    1295: errno.EDQUOT,  # ERROR_DISK_QUOTA_EXCEEDED
}
"""What Python takes for EACCES or EINVAL, as the C runtime does, and is something else."""


def code_of(error: OSError) -> int:
    """What a drive said, as a number of `errno`.

    Python asks Windows itself where it opens a file. Where it reads and writes it asks the C
    runtime, and has its number alone; the runtime still knows what Windows said.
    """
    said = error.winerror or 0
    if not said and error.errno in (errno.EACCES, errno.EINVAL):
        last = ctypes.c_ulong()
        with suppress(AttributeError):
            ctypes.cdll.ucrtbase._get_doserrno(ctypes.byref(last))  # noqa: SLF001 - it is called so
            said = last.value
    return _MEANS.get(said, error.errno or errno.EIO)
