"""Which terminal this is on Windows, whose, and since which start of the machine.

A tab of Windows Terminal, a window of its own, a terminal in an editor and a login over the network
each have a console of their own, which knows the processes at it. The oldest of them, which is the
shell, stands for it: a process is at one console, and its number and when it began are never both
given again. Where it has ended, as the others go on, a login is not found any more. Sources
(learn.microsoft.com): GetConsoleProcessList, GetProcessTimes, NtQuerySystemInformation,
TOKEN_STATISTICS; for BootTimeBias phnt (ntexapi.h).
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from ctypes import wintypes
from typing import Final

assert sys.platform == "win32"

from callrec.system.windows.api import KERNEL
from callrec.system.windows.rights import about_token, this_account

_SEE: Final = 0x1000
"""PROCESS_QUERY_LIMITED_INFORMATION."""

_TIME_OF_DAY: Final = 3
"""SystemTimeOfDayInformation."""

_TOKEN_STATISTICS: Final = 10

_SYSTEM: Final = ctypes.WinDLL("ntdll")


class _TimeOfDay(ctypes.Structure):
    """``SYSTEM_TIMEOFDAY_INFORMATION``."""

    _fields_ = (
        ("boot", ctypes.c_int64),
        ("now", ctypes.c_int64),
        ("zone_bias", ctypes.c_int64),
        ("zone", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("boot_bias", ctypes.c_int64),
        ("sleep_bias", ctypes.c_int64),
    )


KERNEL.GetConsoleProcessList.argtypes = (wintypes.LPDWORD, wintypes.DWORD)
KERNEL.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
KERNEL.OpenProcess.restype = wintypes.HANDLE
KERNEL.GetProcessTimes.argtypes = (wintypes.HANDLE, *[ctypes.POINTER(wintypes.FILETIME)] * 4)
_SYSTEM.NtQuerySystemInformation.argtypes = (
    ctypes.c_int, wintypes.LPVOID, wintypes.ULONG, wintypes.LPVOID,
)  # fmt: skip
_SYSTEM.NtQuerySystemInformation.restype = ctypes.c_int32


def account() -> str:
    """The account of this process, by its security identifier."""
    return this_account()


def terminal() -> tuple[str, ...]:
    """The console's name, and when the process began that stands for it."""
    if leader := _leader():
        began, process = leader
        return f"terminal {process}", str(began)
    return ("",)


def session() -> tuple[str, ...]:
    """The session that this process is of: a console, or else what Windows counts as one logon."""
    if leader := _leader():
        return tuple(map(str, leader))
    # The identifier of the logon is the second of its members ([MS-DTYP], TOKEN_STATISTICS).
    return ("logon", about_token(_TOKEN_STATISTICS).raw[8:16].hex())


def this_boot() -> str:
    """When the machine was started, by its clock at that time: setting the clock does not move it.

    Raises:
        OSError: it does not tell.
    """
    told = _TimeOfDay()
    size = ctypes.sizeof(told)
    status = _SYSTEM.NtQuerySystemInformation(_TIME_OF_DAY, ctypes.byref(told), size, None)
    if status < 0:
        raise OSError(f"the system does not say when it was started ({status & 0xFFFF_FFFF:#x})")
    return str(told.boot - told.boot_bias)


def _leader() -> tuple[int, int] | None:
    """When the oldest process at this console began, and its number; None: there is no console."""
    return min(_at_console(), default=None)


def _at_console() -> Iterator[tuple[int, int]]:
    size = 64
    while True:
        processes = (wintypes.DWORD * size)()
        count = KERNEL.GetConsoleProcessList(processes, size)
        if count <= size:
            break
        size = 2 * count
    for process in processes[:count]:
        if (began := _began(process)) is not None:
            yield began, process


def _began(process: int) -> int | None:
    """When a process began, in 100 ns; None: it has ended meanwhile, or may not be seen."""
    handle = KERNEL.OpenProcess(_SEE, False, process)  # noqa: FBT003 - the API's
    if not handle:
        return None
    try:
        began, *others = (wintypes.FILETIME() for _ in range(4))
        if not KERNEL.GetProcessTimes(handle, *map(ctypes.byref, (began, *others))):
            return None
        return began.dwHighDateTime << 32 | began.dwLowDateTime
    finally:
        KERNEL.CloseHandle(handle)
