"""Who may do what to a file on Windows, by its security descriptor ([MS-DTYP] 2.4).

Nothing here asks the system, so that each judgement can be tried anywhere. It is stricter than
Windows is: what an entry allows counts, whatever another denies; of a kind of entry that is not
known, everything. What cannot be read lets everybody do everything.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from callrec.dataclass import dataclass

EVERYONE: Final = "S-1-1-0"
SYSTEM: Final = "S-1-5-18"
ADMINISTRATORS: Final = "S-1-5-32-544"

TRUSTED_INSTALLER: Final = (
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"  # owns Windows' own files
)

_OWNER_RIGHTS: Final = "S-1-3-4"
"""Stands for the owner, which is looked at apart."""

_CREATOR_OWNER: Final = "S-1-3-0"
"""Stands, in what is made later, for who makes it; nobody is it."""

_OF_PROGRAMS: Final = ("S-1-15-2-", "S-1-15-3-")
"""Of programs in an AppContainer and of what they may use: such an entry gives nothing to which
the account of the program has no right by another (learn.microsoft.com, AppContainer isolation)."""

READ_DATA, WRITE_DATA, APPEND_DATA, READ_EA, WRITE_EA = 0x1, 0x2, 0x4, 0x8, 0x10
"""Of a folder: to list it, to add a file to it, to add a folder to it."""
EXECUTE, DELETE_CHILD, READ_ATTRIBUTES, WRITE_ATTRIBUTES = 0x20, 0x40, 0x80, 0x100
DELETE, READ_CONTROL, WRITE_DAC, WRITE_OWNER, SYNCHRONIZE = (1 << bit for bit in range(16, 21))

EVERYTHING: Final = 0x1F01FF

_GENERIC: Final = {
    0x8000_0000: READ_CONTROL | SYNCHRONIZE | READ_DATA | READ_EA | READ_ATTRIBUTES,
    0x4000_0000: READ_CONTROL
    | SYNCHRONIZE
    | WRITE_DATA
    | APPEND_DATA
    | WRITE_EA
    | WRITE_ATTRIBUTES,
    0x2000_0000: READ_CONTROL | SYNCHRONIZE | EXECUTE | READ_ATTRIBUTES,
    0x1000_0000: EVERYTHING,
}
"""What each generic right is of a file (winnt.h, FILE_GENERIC_READ and so on)."""

_SEEING: Final = READ_EA | READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE
_READING: Final = _SEEING | READ_DATA | EXECUTE
_ADDING: Final = _READING | WRITE_DATA | APPEND_DATA | WRITE_EA | WRITE_ATTRIBUTES


class Use(Enum):
    """What callrec wants of a file or folder; its value is what others may have a right to."""

    SECRET = _SEEING
    """Nobody else reads it, or what is made in it."""
    RELIED_ON = _READING
    """Nobody else changes it, or adds anything to it."""
    PASSED = _ADDING
    """On the way to what is relied on. Others may add to it: whether they may exchange what lies
    in it, the right to delete says, here and there. They can turn no folder into a link that has
    something in it ([MS-FSA] 2.1.5.10.37)."""
    ROOT = _ADDING | DELETE
    """A drive's own folder, which nobody can delete or rename."""


_ALLOWED: Final = 0
_DENIED: Final = frozenset({1, 6, 10, 12})
"""Kinds of entries that take rights away ([MS-DTYP] 2.4.4.1)."""

_BY_OBJECT: Final = frozenset({5, 11})
"""Kinds whose identifier stands behind up to two others of 16 bytes."""

_INHERIT_ONLY: Final = 8
_HAS_LIST: Final = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """What one account or group may do."""

    kind: int
    flags: int
    mask: int
    account: str
    """As ``S-1-5-18``; empty where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The owner of a file or folder, and what is listed of rights to it."""

    owner: str
    entries: tuple[Entry, ...] | None
    """None: there is no list, and so everybody may do everything."""


WITHOUT_RIGHTS: Final = Descriptor(EVERYONE, None)
"""What Windows makes up for a file where its file system keeps no rights, as FAT."""

Rights = Mapping[str, int]
"""By account, what it may do."""


def read_descriptor(data: bytes) -> Descriptor:
    """Read a self-relative security descriptor ([MS-DTYP] 2.4.6)."""
    try:
        _, _, control, owner, _, _, listed = struct.unpack_from("<BBHIIII", data)
        return Descriptor(
            read_account(data, owner) if owner else "",
            _entries(data, listed) if control & _HAS_LIST and listed else None,
        )
    except (struct.error, ValueError):
        return Descriptor("", None)


def _entries(data: bytes, at: int) -> tuple[Entry, ...]:
    _, _, _, count, _ = struct.unpack_from("<BBHHH", data, at)
    found, at = [], at + 8
    for _ in range(count):
        kind, flags, size, mask = struct.unpack_from("<BBHI", data, at)
        account = 8
        if kind in _BY_OBJECT:
            (which,) = struct.unpack_from("<I", data, at + 8)
            account += 4 + 16 * (which & 3).bit_count()
        found.append(Entry(kind, flags, mask, read_account(data, at + account)))
        if size < account:
            raise ValueError("an entry is longer than it says")
        at += size
    return tuple(found)


def read_account(data: bytes, at: int = 0) -> str:
    """Read a security identifier ([MS-DTYP] 2.4.2).

    Raises:
        ValueError, struct.error: it is none.
    """
    revision, count = struct.unpack_from("<BB", data, at)
    if revision != 1:
        raise ValueError("there is one revision of identifiers")
    authority = int.from_bytes(data[at + 2 : at + 8], "big")
    parts = struct.unpack_from(f"<{count}I", data, at + 8)
    return "-".join(map(str, ("S", revision, authority, *parts)))


def is_trusted(account: str, ours: str) -> bool:
    """Whether an account is this process's, or one of those that administer the machine."""
    return account in (ours, SYSTEM, ADMINISTRATORS, TRUSTED_INSTALLER)


def others_with_more(found: Descriptor, ours: str, use: Use) -> Rights:
    """Every account beside ours and the machine's own that may do more than a use lets them.

    With what it may do. What would be made in a folder counts, but for one that is passed only.
    """
    passed = use in (Use.PASSED, Use.ROOT)
    may: dict[str, int] = {}
    if found.entries is None:
        may[EVERYONE] = EVERYTHING
    for entry in found.entries or ():
        if entry.kind in _DENIED or (passed and entry.flags & _INHERIT_ONLY):
            continue
        if entry.account not in (_OWNER_RIGHTS, _CREATOR_OWNER) and not (
            is_trusted(entry.account, ours) or entry.account.startswith(_OF_PROGRAMS)
        ):
            may[entry.account] = may.get(entry.account, 0) | _plain(entry.mask)
    return {account: mask for account, mask in may.items() if mask & ~use.value}


def _plain(mask: int) -> int:
    """A mask with its generic rights spelt out."""
    for generic, plain in _GENERIC.items():
        if mask & generic:
            mask = mask & ~generic | plain
    return mask


def private_text(ours: str, *, is_folder: bool) -> str:
    """In SDDL, what makes a new file or folder an account's alone; a folder, all in it as well."""
    flags = "OICI" if is_folder else ""
    admitted = "".join(f"(A;{flags};FA;;;{each})" for each in ("SY", "BA", ours))
    return f"O:{ours}D:P{admitted}"


def command_to_close(path: str, ours: str, others: Iterable[str], *, is_folder: bool) -> str:
    """A command line that makes what is there an account's alone, in either shell of Windows."""
    kept = "(OI)(CI)F" if is_folder else "F"
    admitted = " ".join(f'"*{each}:{kept}"' for each in (ours, SYSTEM, ADMINISTRATORS))
    command = f'icacls "{path}" /inheritance:r /grant:r {admitted}'
    gone = " ".join(f'"*{each}"' for each in sorted(others) if each)
    return f"{command} /remove:g {gone}" if gone else command
