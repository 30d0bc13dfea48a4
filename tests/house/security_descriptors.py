"""Security descriptors of Windows, made of the text that ``icacls`` and PowerShell show (SDDL)."""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

ACCOUNTS = {
    "AC": "S-1-15-2-1",
    "AU": "S-1-5-11",
    "BA": "S-1-5-32-544",
    "BG": "S-1-5-32-546",
    "BU": "S-1-5-32-545",
    "CG": "S-1-3-1",
    "CO": "S-1-3-0",
    "IU": "S-1-5-4",
    "OW": "S-1-3-4",
    "PU": "S-1-5-32-547",
    "SY": "S-1-5-18",
    "WD": "S-1-1-0",
}

_RIGHTS = {
    "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80,
    "CR": 0x100, "SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000, "FA": 0x1F01FF,
    "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0, "GA": 0x10000000, "GX": 0x20000000,
    "GW": 0x40000000, "GR": 0x80000000,
}  # fmt: skip
"""[MS-DTYP] 2.5.1.1; of files, the first nine are to read, write and so on, by their number."""

_KINDS = {"A": 0, "D": 1, "OA": 5, "OD": 6, "XA": 9, "XD": 10, "ZA": 11}

_FLAGS = {"OI": 1, "CI": 2, "NP": 4, "IO": 8, "ID": 16}


def descriptor(text: str) -> bytes:
    """The self-relative descriptor of ``O:…D:…``; ``D:NO_ACCESS_CONTROL`` is no list at all."""
    found = re.fullmatch(r"O:([A-Z]{2}|S-[-0-9]+)D:([A-Z_]*)(\(.*\))?", text)
    assert found is not None
    owner, control, listed = _account(found[1]), found[2], found[3] or ""
    head = struct.Struct("<BBHIIII")
    if control == "NO_ACCESS_CONTROL":
        return head.pack(1, 0, 0x8004, head.size, 0, 0, 0) + owner
    entries = [_entry(each) for each in re.findall(r"\(([^)]*)\)", listed)]
    return (
        head.pack(1, 0, 0x8004, head.size, 0, 0, head.size + len(owner)) + owner + a_list(entries)
    )


if sys.platform == "win32":
    import ctypes

    _SECURITY = ctypes.WinDLL("advapi32", use_last_error=True)

    def set_list(path: Path, text: str) -> None:
        """Give a file or folder another list, ``D:…``."""
        data = descriptor(f"O:SY{text}")
        if not _SECURITY.SetFileSecurityW(ctypes.c_wchar_p(str(path)), 4, data):
            raise ctypes.WinError(ctypes.get_last_error())


def let_everybody_read(path: Path) -> None:
    """Let every account of this machine read a file."""
    if sys.platform == "win32":
        set_list(path, "D:P(A;;FA;;;SY)(A;;FR;;;WD)")
    else:
        path.chmod(0o644)


def a_list(entries: Sequence[bytes]) -> bytes:
    """An access control list."""
    body = b"".join(entries)
    return struct.pack("<BBHHH", 2, 0, 8 + len(body), len(entries), 0) + body


def an_entry(kind: int, flags: int, mask: int, account: str, *, objects: int = 0) -> bytes:
    """An entry of a list; of an object's kind, with so many identifiers of objects before it."""
    more = (
        struct.pack("<I", (1 << objects) - 1) + bytes(16) * objects if kind in (5, 6, 11) else b""
    )
    body = struct.pack("<I", mask) + more + _account(account)
    return struct.pack("<BBH", kind, flags, 4 + len(body)) + body


def _entry(text: str) -> bytes:
    kind, flags, rights, _, _, account, *_ = [*text.split(";"), ""]
    given = sum(_FLAGS[each] for each in re.findall("..", flags))
    mask = 0
    if rights.startswith("0x"):
        mask = int(rights, 16)
    else:
        for each in re.findall("..", rights):
            mask |= _RIGHTS[each]
    return an_entry(_KINDS[kind], given, mask, account)


def _account(text: str) -> bytes:
    _, revision, authority, *parts = ACCOUNTS.get(text, text).split("-")
    numbers = [int(part) for part in parts]
    head = struct.pack("<BB", int(revision), len(numbers)) + int(authority).to_bytes(6, "big")
    return head + struct.pack(f"<{len(numbers)}I", *numbers)
