"""What Windows' libraries are asked through, declared once (learn.microsoft.com, Win32 API)."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from contextlib import suppress
from ctypes import wintypes
from pathlib import Path
from typing import Final

assert sys.platform == "win32"

KERNEL: Final = ctypes.WinDLL("kernel32", use_last_error=True)
SECURITY: Final = ctypes.WinDLL("advapi32", use_last_error=True)

INVALID_HANDLE: Final = wintypes.HANDLE(-1).value
GENERIC_READ: Final = 0x8000_0000
GENERIC_WRITE: Final = 0x4000_0000
DELETE: Final = 0x0001_0000
SHARE_READ, SHARE_WRITE, SHARE_DELETE = 1, 2, 4
SHARE_ALL: Final = SHARE_READ | SHARE_WRITE | SHARE_DELETE
CREATE_NEW, OPEN_EXISTING, OPEN_ALWAYS = 1, 3, 4
BACKUP_SEMANTICS: Final = 0x0200_0000
OPEN_REPARSE_POINT: Final = 0x0020_0000
NO_BUFFERING: Final = 0x2000_0000

_REPARSE_POINT: Final = 0x400
_SURROGATE: Final = 0x2000_0000
"""FILE_ATTRIBUTE_REPARSE_POINT, and by IsReparseTagNameSurrogate that it names something else."""

ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION = 5, 32, 33
INVALID_FUNCTION, NOT_SUPPORTED, INVALID_PARAMETER = 1, 50, 87
DIR_NOT_EMPTY, ALREADY_EXISTS, IO_PENDING = 145, 183, 997

EXTENDED_LIMITS: Final = 9
"""Of JOBOBJECTINFOCLASS."""
KILL_ON_CLOSE, SILENT_BREAKAWAY = 0x2000, 0x1000
"""JOB_OBJECT_LIMIT_...: its processes end with the last handle; their children are not in it."""


class SecurityAttributes(ctypes.Structure):
    """``SECURITY_ATTRIBUTES``."""

    _fields_ = (
        ("length", wintypes.DWORD),
        ("descriptor", wintypes.LPVOID),
        ("inherited", wintypes.BOOL),
    )


class JobLimits(ctypes.Structure):
    """``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``."""

    _fields_ = (
        ("process_time", ctypes.c_longlong),  # of 100 ns each, in user mode
        ("job_time", ctypes.c_longlong),
        ("flags", wintypes.DWORD),
        ("working_set", ctypes.c_size_t * 2),
        ("processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority", wintypes.DWORD * 2),
        ("io_counters", ctypes.c_ulonglong * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peaks", ctypes.c_size_t * 2),
    )


class Overlapped(ctypes.Structure):
    """``OVERLAPPED``: here, from which byte on."""

    _fields_ = (
        ("internal", ctypes.c_void_p),
        ("internal_high", ctypes.c_void_p),
        ("offset", wintypes.DWORD),
        ("offset_high", wintypes.DWORD),
        ("event", wintypes.HANDLE),
    )


KERNEL.CreateFileW.restype = wintypes.HANDLE
KERNEL.CreateFileW.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.POINTER(SecurityAttributes),
    wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE,
)  # fmt: skip
KERNEL.CreateJobObjectW.restype = wintypes.HANDLE
KERNEL.CreateJobObjectW.argtypes = (ctypes.c_void_p, wintypes.LPCWSTR)
KERNEL.SetInformationJobObject.argtypes = (
    wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD,
)  # fmt: skip
KERNEL.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
KERNEL.CloseHandle.argtypes = (wintypes.HANDLE,)
KERNEL.FlushFileBuffers.argtypes = (wintypes.HANDLE,)
KERNEL.LockFileEx.argtypes = (
    wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD,
    ctypes.POINTER(Overlapped),
)  # fmt: skip
KERNEL.SetFileInformationByHandle.argtypes = (
    wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD,
)  # fmt: skip
KERNEL.MoveFileExW.argtypes = (wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD)
KERNEL.LocalFree.argtypes = (wintypes.HLOCAL,)
KERNEL.LocalFree.restype = wintypes.HLOCAL
SECURITY.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(wintypes.LPVOID), wintypes.LPVOID,
)  # fmt: skip
KERNEL.GetCurrentProcess.restype = wintypes.HANDLE
KERNEL.ReOpenFile.argtypes = (wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD)
KERNEL.ReOpenFile.restype = wintypes.HANDLE
SECURITY.SetKernelObjectSecurity.argtypes = (wintypes.HANDLE, wintypes.DWORD, wintypes.LPVOID)
SECURITY.OpenProcessToken.argtypes = (
    wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE),
)  # fmt: skip
SECURITY.GetTokenInformation.argtypes = (
    wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD, wintypes.LPDWORD,
)  # fmt: skip
SECURITY.ConvertStringSidToSidW.argtypes = (wintypes.LPCWSTR, ctypes.POINTER(ctypes.c_void_p))


def check(done: object) -> None:
    """Raise the system's last error, an OSError, unless a call of it was done."""
    if not done:
        raise ctypes.WinError(ctypes.get_last_error())


def open_shared(
    path: Path | str,
    rights: int,
    how: int = OPEN_EXISTING,
    *,
    flags: int = 0,
    security: SecurityAttributes | None = None,
) -> int:
    """A handle that lets others read, write, rename and remove the file meanwhile."""
    asked = ctypes.byref(security) if security else None
    handle = KERNEL.CreateFileW(str(path), rights, SHARE_ALL, asked, how, flags, None)
    if handle == INVALID_HANDLE:
        code = ctypes.get_last_error()
        if code == ACCESS_DENIED and os.path.isdir(path):  # noqa: PTH112  # of a text, too
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise ctypes.WinError(code)
    return int(handle)


def is_link(path: Path | str) -> bool:
    """Whether it is a link, a junction or a mounted drive, and not a file of a cloud's."""
    with suppress(FileNotFoundError):
        found = os.lstat(path)  # of a text, too
        return bool(found.st_file_attributes & _REPARSE_POINT and found.st_reparse_tag & _SURROGATE)
    return False
