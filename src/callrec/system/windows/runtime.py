"""Where a login is kept on Windows, which has no file system in memory.

In a folder of this account's alone, of which no other machine gets a copy, each file sealed by the
system for this account (DPAPI) and for this start of the machine. Sources (learn.microsoft.com):
CryptProtectData, KNOWNFOLDERID (FOLDERID_LocalAppData), SetFileAttributesW.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from ctypes import wintypes
from pathlib import Path
from typing import Final

import platformdirs

assert sys.platform == "win32"

from callrec.errors import Misconfigured
from callrec.system.windows.api import KERNEL, check
from callrec.system.windows.rights import check_only_we_can_change, is_private, make_private_folder
from callrec.system.windows.terminal import this_boot

KEPT: Final = "on the disk, sealed for this account until the machine is started again"

NOT_KEPT: Final = "this account's profile has no private folder for it: nobody can log in"

USES_KEY_STORE: Final = False
"""That of Windows keeps what it has when the machine is started again, and takes it elsewhere."""

_NO_QUESTIONS: Final = 1
"""CRYPTPROTECT_UI_FORBIDDEN."""

_NOT_INDEXED: Final = 0x2000
"""FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, which files that are made in the folder have as well."""


class _Bytes(ctypes.Structure):
    """``DATA_BLOB``."""

    _fields_ = (("size", wintypes.DWORD), ("at", ctypes.POINTER(ctypes.c_char)))


_CRYPT: Final = ctypes.WinDLL("crypt32", use_last_error=True)

_ARGUMENTS: Final = (
    ctypes.POINTER(_Bytes), wintypes.LPVOID, ctypes.POINTER(_Bytes), wintypes.LPVOID,
    wintypes.LPVOID, wintypes.DWORD, ctypes.POINTER(_Bytes),
)  # fmt: skip
_CRYPT.CryptProtectData.argtypes = _ARGUMENTS
_CRYPT.CryptUnprotectData.argtypes = _ARGUMENTS
KERNEL.SetFileAttributesW.argtypes = (wintypes.LPCWSTR, wintypes.DWORD)


def runtime_folder(environ: Mapping[str, str]) -> Path | None:
    """A folder of this account's alone, which does not roam; None where none can be made.

    The environment may be another account's, as ``runas`` can leave it: nothing is made in theirs.
    """
    given = environ.get("LOCALAPPDATA")
    base = Path(given) / "callrec" if given else platformdirs.user_data_path("callrec", False)  # noqa: FBT003 - no company's folder above it
    folder = base / "logins"
    try:
        check_only_we_can_change(base.parent)
        is_new = not folder.is_dir()
        make_private_folder(folder, parents=True, exist_ok=True)
        check_only_we_can_change(folder)
        if is_new:
            KERNEL.SetFileAttributesW(str(folder), _NOT_INDEXED)
        return folder if is_private(folder) else None
    except (OSError, Misconfigured):
        return None


def seal(data: bytes, bound: bytes) -> bytes:
    """Seal what is written of a login, for this account on this machine since it was started.

    Windows keeps the key under the account's password. When the machine was started is no secret:
    it only has what was left behind open to nobody by itself.

    Raises:
        OSError: Windows has no key of this account.
    """
    return _asked(_CRYPT.CryptProtectData, data, bound)


def unseal(data: bytes, bound: bytes) -> bytes | None:
    """What was sealed; None: by another account, for another use, or before the last start."""
    try:
        return _asked(_CRYPT.CryptUnprotectData, data, bound)
    except OSError:
        return None


def _asked(function: ctypes._NamedFuncPointer, data: bytes, bound: bytes) -> bytes:
    made, entropy = _Bytes(), _bytes(b"\n".join([this_boot().encode(), bound]))
    given, entropy_at, made_at = map(ctypes.byref, (_bytes(data), entropy, made))
    check(function(given, None, entropy_at, None, None, _NO_QUESTIONS, made_at))
    try:
        return ctypes.string_at(made.at, made.size)
    finally:
        KERNEL.LocalFree(made.at)


def _bytes(data: bytes) -> _Bytes:
    kept = ctypes.create_string_buffer(data, len(data))
    return _Bytes(len(data), ctypes.cast(kept, ctypes.POINTER(ctypes.c_char)))
