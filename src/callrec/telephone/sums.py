"""Checksums that lie beside recordings: of one in a file of its own, or of a folder in one list.

As md5sum, sha256sum and their like write them, on whatever system: ``<hex> [ *]<name>``, BSD's
``MD5 (<name>) = <hex>``, and, in a recording's own file, the checksum alone. A name is compared
with the recording's and is never a way to anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from callrec.errors import Unusable

MAX_SUMS_BYTES: Final = 16 * 1024 * 1024
"""Of a list: about 200,000 recordings."""


class SumKind(StrEnum):
    """How a checksum is made; the word is also the suffix of its file."""

    MD5 = "md5"
    SHA256 = "sha256"

    @property
    def list_name(self) -> str:
        """What the list of a whole folder is called."""
        return f"{self.upper()}SUMS"

    @property
    def digits(self) -> int:
        """Of a checksum, in hexadecimal."""
        return 32 if self is SumKind.MD5 else 64

    @property
    def in_words(self) -> str:
        return "MD5" if self is SumKind.MD5 else "SHA-256"


def read_sums(data: bytes, kind: SumKind) -> Mapping[str, frozenset[str]]:
    """Name -> the checksums that a list has of it, in small letters; one, if the list is right.

    A line in another form is passed over, as ``md5sum --check`` does.

    Raises:
        Unusable: it is larger than any list, or is not text in UTF-8 or Windows-1252.

    Law: of what the programs write, each name gets its checksum, whatever ends the lines.
    """
    if len(data) > MAX_SUMS_BYTES:
        size = MAX_SUMS_BYTES // 1024**2
        raise Unusable(f"the list {kind.list_name} beside it is larger than {size} MiB")
    gnu, bsd = _forms(kind)
    found: dict[str, frozenset[str]] = {}
    for line in _text(data).splitlines():
        if named := gnu.fullmatch(line) or bsd.fullmatch(line):
            name = named["name"].removeprefix("./").removeprefix(".\\")
            if name:
                found[name] = found.get(name, frozenset()) | {named["sum"].lower()}
    return found


def read_own_sum(data: bytes, kind: SumKind, name: str) -> str:
    """The checksum in a recording's own file, in small letters.

    Raises:
        Unusable: it holds none, one of another file, or several.
    """
    alone = re.fullmatch(rf"\s*([0-9A-Fa-f]{{{kind.digits}}})\s*", _text(data))
    if alone:
        return alone[1].lower()
    found = read_sums(data, kind)
    if name not in found or len(found[name]) > 1:
        what = "more than one checksum of it" if name in found else "no checksum of it"
        raise Unusable(f"the .{kind} beside it has {what}")
    (own,) = found[name]
    return own


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except ValueError:
        return data.decode("cp1252", "replace")


def _forms(kind: SumKind) -> tuple[re.Pattern[str], re.Pattern[str]]:
    digits = rf"(?P<sum>[0-9A-Fa-f]{{{kind.digits}}})"
    gnu = re.compile(rf"{digits}[ \t]+\*?(?P<name>[^ \t*].*?)[ \t]*")
    return gnu, re.compile(rf"{kind.upper()} ?\((?P<name>.+)\) ?= ?{digits}[ \t]*")
