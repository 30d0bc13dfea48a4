"""Rights by security descriptor: who may read and change a file on Windows.

What is read is judged in `access`. What is made private here admits this account, the system and
the administrators, who can pass every list; it takes nothing over from its folder. Sources
(learn.microsoft.com): GetKernelObjectSecurity, CreateFileW, Reparse Point Tags, QueryDosDeviceW.
"""

from __future__ import annotations

import ctypes
import msvcrt
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ctypes import wintypes
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import Final

assert sys.platform == "win32"

from callrec.errors import Misconfigured
from callrec.system.windows import access, api
from callrec.system.windows.access import ADMINISTRATORS, Descriptor, Use
from callrec.system.windows.api import KERNEL, SECURITY, is_link, open_shared

_MAX_LINKS: Final = 63
"""As Windows has it (learn.microsoft.com, Reparse Points)."""

_OWNER, _LIST = 1, 4
"""OWNER_SECURITY_INFORMATION, DACL_SECURITY_INFORMATION."""

_QUERY: Final = 8
_TOKEN_USER: Final = 1


class _Account(ctypes.Structure):
    """``TOKEN_USER``."""

    _fields_ = (("identifier", ctypes.c_void_p), ("attributes", wintypes.DWORD))


KERNEL.CreateDirectoryW.argtypes = (wintypes.LPCWSTR, ctypes.POINTER(api.SecurityAttributes))
KERNEL.QueryDosDeviceW.argtypes = (wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD)
SECURITY.GetLengthSid.argtypes = (ctypes.c_void_p,)
SECURITY.GetKernelObjectSecurity.argtypes = (
    wintypes.HANDLE, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD, wintypes.LPDWORD,
)  # fmt: skip
SECURITY.LookupAccountSidW.argtypes = (
    wintypes.LPCWSTR, ctypes.c_void_p, wintypes.LPWSTR, wintypes.LPDWORD, wintypes.LPWSTR,
    wintypes.LPDWORD, wintypes.LPDWORD,
)  # fmt: skip


def check_private(file: BufferedReader) -> None:
    """Check that nobody but this account and administrators can read or change an open file."""
    found = read_descriptor(msvcrt.get_osfhandle(file.fileno()))
    path = Path(file.name)
    _check_rights(path, found)
    others = access.others_with_more(found, this_account(), Use.SECRET)
    if others or not access.is_trusted(found.owner, this_account()):
        hint = _hint(path, others, is_folder=False)
        raise Misconfigured(f'others can read "{path}"', hint=hint)


def check_only_we_can_change(path: Path) -> None:
    """Check that nobody but this account and administrators can change a file, or exchange it.

    Every folder on the way to it is looked at, links and letters that stand for folders followed.
    On the way others may add to a folder, as to a drive's own, if they can delete and rename
    nothing of ours there.
    """
    ours, steps = this_account(), list(_way_to(path))
    for step in steps:
        found, is_folder = _descriptor_of(step), step.is_dir()
        _check_rights(step, found)
        if not access.is_trusted(found.owner, ours):
            raise Misconfigured(
                f'"{_shown(step)}" belongs to another account of this machine',
                hint="run callrec as the account that owns it",
            )
        use = Use.PASSED if step.parent != step else Use.ROOT
        if step == steps[-1] or is_link(step):
            use = Use.RELIED_ON
        if others := access.others_with_more(found, ours, use):
            what = "what is in " if is_folder else ""
            raise Misconfigured(
                f'others can change {what}"{_shown(step)}"',
                hint="keep it in a folder that is yours alone, as one in your profile is"
                if use is Use.ROOT
                else _hint(step, others, is_folder=is_folder),
            )


def is_private(path: Path) -> bool:
    """Whether nobody but this account and administrators has a right to a file or folder."""
    found, ours = _descriptor_of(path), this_account()
    others = access.others_with_more(found, ours, Use.SECRET)
    return access.is_trusted(found.owner, ours) and not others


def private_hint(folder: Path) -> str:
    """What to do where a folder, or what is in it, is not private."""
    others = access.others_with_more(_descriptor_of(folder), this_account(), Use.SECRET)
    return _hint(folder, others, is_folder=True)


def make_private_folder(path: Path, *, parents: bool = False, exist_ok: bool = False) -> None:
    """Make a folder that is this account's alone, as all is that is made in it.

    With ``parents`` what is missing on the way to it is made so, too.

    Raises:
        FileExistsError: something has its name, which is no folder or was to be new.
    """
    if parents and not path.parent.is_dir():
        make_private_folder(path.parent, parents=True, exist_ok=True)
    with private_security(is_folder=True) as security:
        made = KERNEL.CreateDirectoryW(str(path), ctypes.byref(security))
        code = ctypes.get_last_error()
    if not made and not (code == api.ALREADY_EXISTS and exist_ok and path.is_dir()):
        raise ctypes.WinError(code)


def may_write(path: Path) -> bool:
    """Whether this account may change a file, or add to a folder."""
    try:
        handle = open_shared(path, access.WRITE_DATA, flags=api.BACKUP_SEMANTICS)
    except OSError as error:
        return error.winerror == api.SHARING_VIOLATION
    KERNEL.CloseHandle(handle)
    return True


def account_of(path: Path) -> tuple[str, bool]:
    """Whose a file or folder is, by name, and whether that is the account of this process.

    What an administrator made belongs to all of them.
    """
    owner = _descriptor_of(path).owner
    return _name_of(owner), owner in (this_account(), ADMINISTRATORS)


def let_read_like(descriptor: int, like: Path) -> None:
    """Let those read and change an open file who may read and change another."""
    with _opened(like, access.READ_CONTROL) as handle:
        listed = _security_of(handle, _LIST)
    ours = msvcrt.get_osfhandle(descriptor)
    again = KERNEL.ReOpenFile(ours, access.WRITE_DAC, api.SHARE_ALL, 0)
    api.check(again != api.INVALID_HANDLE)
    try:
        api.check(SECURITY.SetKernelObjectSecurity(again, _LIST, listed))
    finally:
        KERNEL.CloseHandle(again)


@contextmanager
def private_security(*, is_folder: bool) -> Iterator[api.SecurityAttributes]:
    """What makes a new file or folder this account's alone."""
    descriptor, ours = wintypes.LPVOID(), this_account()
    text = access.private_text(ours, is_folder=is_folder)
    convert = SECURITY.ConvertStringSecurityDescriptorToSecurityDescriptorW
    api.check(convert(text, 1, ctypes.byref(descriptor), None))
    try:
        size = ctypes.sizeof(api.SecurityAttributes)
        yield api.SecurityAttributes(length=size, descriptor=descriptor.value)
    finally:
        KERNEL.LocalFree(descriptor)


@cache
def this_account() -> str:
    """The account of this process, as ``S-1-5-21-…``."""
    told = about_token(_TOKEN_USER)  # which points into itself
    found = _Account.from_buffer(told).identifier
    return access.read_account(ctypes.string_at(found, SECURITY.GetLengthSid(found)))


def about_token(what: int) -> ctypes.Array[ctypes.c_char]:
    """What a ``TOKEN_INFORMATION_CLASS`` tells of this process's token."""
    token = wintypes.HANDLE()
    api.check(SECURITY.OpenProcessToken(KERNEL.GetCurrentProcess(), _QUERY, ctypes.byref(token)))
    try:
        size = wintypes.DWORD()
        SECURITY.GetTokenInformation(token, what, None, 0, ctypes.byref(size))
        told = ctypes.create_string_buffer(size.value)
        api.check(SECURITY.GetTokenInformation(token, what, told, size, ctypes.byref(size)))
        return told
    finally:
        KERNEL.CloseHandle(token)


def read_descriptor(handle: int) -> Descriptor:
    """Owner and list of what is open."""
    try:
        return access.read_descriptor(_security_of(handle, _OWNER | _LIST))
    except OSError as error:
        if error.winerror in (api.INVALID_FUNCTION, api.NOT_SUPPORTED):
            return access.WITHOUT_RIGHTS  # a file system that is no disk's
        raise


def _descriptor_of(path: Path) -> Descriptor:
    with _opened(path, access.READ_CONTROL) as handle:
        return read_descriptor(handle)


def _security_of(handle: int, what: int) -> bytes:
    size = wintypes.DWORD()
    SECURITY.GetKernelObjectSecurity(handle, what, None, 0, ctypes.byref(size))
    told = ctypes.create_string_buffer(size.value)
    api.check(SECURITY.GetKernelObjectSecurity(handle, what, told, size, ctypes.byref(size)))
    return told.raw


@contextmanager
def _opened(path: Path, rights: int) -> Iterator[int]:
    """A handle of a file or folder; of a link itself."""
    flags = api.BACKUP_SEMANTICS | api.OPEN_REPARSE_POINT
    handle = open_shared(path, rights, flags=flags)
    try:
        yield handle
    finally:
        KERNEL.CloseHandle(handle)


def _check_rights(path: Path, found: Descriptor) -> None:
    if found == access.WITHOUT_RIGHTS:
        raise Misconfigured(
            f'everybody can read and change "{_shown(path)}": its drive keeps no rights',
            hint="keep it on a drive with NTFS, such as this machine's own",
        )


def _hint(path: Path, others: Iterable[str], *, is_folder: bool) -> str:
    command = access.command_to_close(_shown(path), this_account(), others, is_folder=is_folder)
    return f"run {command}"


def _name_of(account: str) -> str:
    identifier = ctypes.c_void_p()
    if not SECURITY.ConvertStringSidToSidW(account, ctypes.byref(identifier)):
        return account
    try:
        name, domain = (ctypes.create_unicode_buffer(256) for _ in range(2))
        sizes, kind = [wintypes.DWORD(256) for _ in range(2)], wintypes.DWORD()
        found = SECURITY.LookupAccountSidW(
            None, identifier, name, ctypes.byref(sizes[0]), domain, ctypes.byref(sizes[1]),
            ctypes.byref(kind),
        )  # fmt: skip
        return name.value if found else account
    finally:
        KERNEL.LocalFree(identifier)


def _way_to(path: Path) -> Iterator[Path]:
    """Every folder that is gone through to a file, from its drive's on, links, and the file."""
    at, parts, links = Path(), deque(_parts(path)), 0
    while parts:
        part = parts.popleft()
        step = at.parent if part == ".." else at / part
        leads_to = _letter_of(step) if step.parent == step else None
        if leads_to is None:
            yield step
            leads_to = step.parent / _target(step) if is_link(step) else None
        if leads_to is None:
            at = step
            continue
        links += 1
        if links > _MAX_LINKS:
            raise Misconfigured(f'"{path}" leads through too many links')
        at, parts = Path(), deque([*leads_to.parts, *parts])


def _parts(path: Path) -> tuple[str, ...]:
    return Path(os.path.abspath(path)).parts  # noqa: PTH100  # Path.resolve would follow links


def _target(link: Path) -> Path:
    try:
        return link.readlink()
    except ValueError as error:  # of Linux beside Windows (WSL), or not known yet
        raise Misconfigured(f'"{_shown(link)}" is a link that Windows cannot follow') from error


def _letter_of(root: Path) -> Path | None:
    """The folder for which a drive's letter stands, as by ``subst``; None where it is a drive."""
    letter = root.drive[-2:]
    device = ctypes.create_unicode_buffer(1 << 15)
    if letter.endswith(":") and KERNEL.QueryDosDeviceW(letter, device, len(device)):
        stands_for = device.value
        if stands_for.startswith("\\??\\"):
            return Path("\\\\?\\" + stands_for.removeprefix("\\??\\") + "\\")
    return None


def _shown(path: Path) -> str:
    """As people know it."""
    text = str(path)
    return text.removeprefix("\\\\?\\") if text[5:6] == ":" else text
