"""What is known of a recording: from JSON beside it, else from its name, else its own time."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from callrec.errors import Failed
from callrec.telephone.call import System
from callrec.telephone.identified import NOT_IDENTIFIED
from callrec.telephone.records.described import MAX_DESCRIPTION_BYTES, read_description
from callrec.telephone.sidecar import read_sidecar, sidecar_for
from callrec.telephone.systems import ID_READERS, NAME_READERS, SYSTEMS_NAMING_PEOPLE

if TYPE_CHECKING:
    from pathlib import Path, PurePath

    from callrec.telephone.call import Call
    from callrec.telephone.identified import Identified
    from callrec.telephone.setup import Setup

_LONGEST_NAME: Final = 255
"""Bytes of a file name (NAME_MAX), so characters at most."""

_NO_UTF_8: Final = range(0x80, 0x100)
"""What a byte may be that stands in a name as half a surrogate (PEP 383)."""


def read_call(path: Path, setup: Setup) -> Call:
    """The call whose recording this is; its sound is not looked at.

    Args:
        path: of the recording.
        setup: how this practice's telephone systems are read.

    Raises:
        Unusable: its sidecar, or its own time, is not to be understood.
        Failed: it, or its sidecar, cannot be read.
    """
    try:
        sidecar = sidecar_for(path)
        if sidecar is not None:
            return _described(_beginning(sidecar), setup)
        call = read_name(path, setup)
        if call is not None:
            return call
        known = read_id(path, setup) or NOT_IDENTIFIED
        return known.to_call(int(path.stat().st_mtime), setup.zone)
    except OSError as problem:
        raise Failed(f"the recording's description cannot be read: {problem.strerror}") from None


def read_name(path: PurePath, setup: Setup) -> Call | None:
    """The call that a recording's name tells of, or None where no system writes such a name.

    Law: never raises.
    """
    if len(path.name) > _LONGEST_NAME:
        return None
    shown = path if path.name.isprintable() else path.with_name(_in_plain_text(path.name))
    for template in setup.templates:
        call = template.read(shown, setup) if setup.system in {None, System.TEMPLATE} else None
        if call is not None:
            return call
    for system, read in NAME_READERS.items():
        is_asked = setup.system in {None, system} and (
            shown is path or system in SYSTEMS_NAMING_PEOPLE
        )
        written = read(shown, setup) if is_asked else None
        if written is not None:
            return written.to_call(setup)
    return None


def read_id(path: PurePath, setup: Setup) -> Identified | None:
    """What a name tells that holds an id and no time, or None where no system writes such a name.

    Law: never raises.
    """
    if len(path.name) > _LONGEST_NAME or not path.name.isprintable():
        return None
    asked = (identify for system, identify in ID_READERS.items() if setup.system in {None, system})
    return next(filter(None, (identify(path, setup) for identify in asked)), None)


def _in_plain_text(name: str) -> str:
    """A name that holds what somebody is called, in signs that can be printed.

    A byte that is no UTF-8 is read as Windows-1252 has it, which shares and exports leave; every
    space is a plain one, and what cannot be shown is U+FFFD.
    """
    return "".join(sign if sign.isprintable() else _plain(sign) for sign in name)


def _plain(sign: str) -> str:
    byte = ord(sign) - 0xDC00
    shown = bytes([byte]).decode("cp1252", "replace") if byte in _NO_UTF_8 else sign
    if unicodedata.category(shown) == "Zs":
        return " "
    return shown if shown.isprintable() else "\ufffd"


def _described(data: bytes, setup: Setup) -> Call:
    """By a cloud system's own description, which says itself whose it is; else by a sidecar."""
    return read_description(data, replace(setup, system=None)) or read_sidecar(data, setup)


def _beginning(sidecar: Path) -> bytes:
    """One byte more than a description may have is enough to refuse it."""
    with sidecar.open("rb") as opened:
        return opened.read(MAX_DESCRIPTION_BYTES + 1)
