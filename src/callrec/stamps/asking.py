"""Ask for a stamp and keep what came of it, or why nothing did, for the people who look later."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from callrec.crypto.canonical import canonical, format_instant
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Failed, Misconfigured
from callrec.policy.days import check_clock
from callrec.settings import Timestamp
from callrec.stamps.authority import Stamp, ask_for_stamp
from callrec.stamps.kept import keep_waiting
from callrec.stamps.waiting import TRIED, TriedInVain, folder_of, folder_to_write
from callrec.system.files import remove_file, write_private

_CUT_OFF: Final = "the last attempt was cut off, or goes on"


@dataclass(frozen=True, slots=True)
class Stamped:
    """What came of asking for a stamp that nothing waits for."""

    stamp: Stamp | None = None
    why_not: str = ""
    """Empty: there is one, or none is set up."""


def stamp_checkpoint(
    timestamp: Timestamp, vault: Path, note: bytes, size: int, at: datetime
) -> Stamp:
    """Have a checkpoint stamped; the stamp waits in the vault's folder to go on record.

    Args:
        timestamp: whom to ask.
        vault: the vault's folder.
        note: the checkpoint.
        size: how many leaves it is over.
        at: when this is by this machine's clock, to be kept where it is in vain.

    Raises:
        Misconfigured: nobody is set up to be asked, there is no ``openssl`` here, or the place of
            stamps is a link.
        Failed: the authority gave none, its clock or this one is wrong, or it cannot be kept.
    """
    if timestamp.url:
        with suppress(OSError):
            folder_to_write(vault)
        _note_tried(vault, TriedInVain(at, _CUT_OFF))
    try:
        stamp = ask_for_stamp(timestamp, note, size)
        check_clock("the time-stamping authority", stamp.at, at)
    except (Failed, Misconfigured) as problem:
        if timestamp.url:
            _note_tried(vault, TriedInVain(at, problem.message))
        raise
    keep_waiting(vault, stamp)
    with suppress(OSError):
        remove_file(folder_of(vault) / TRIED, missing_ok=True)
    return stamp


def stamp_if_possible(
    timestamp: Timestamp, vault: Path, note: bytes, size: int, at: datetime
) -> Stamped:
    """The same, for what goes out without a stamp as well; where none is set up nobody is asked."""
    if not timestamp.url:
        return Stamped()
    try:
        return Stamped(stamp_checkpoint(timestamp, vault, note, size, at))
    except (Failed, Misconfigured) as problem:
        return Stamped(why_not=problem.message)


def _note_tried(vault: Path, tried: TriedInVain) -> None:
    said = canonical({"at": format_instant(tried.at), "why": tried.why})
    with suppress(OSError, CallrecError):
        write_private(folder_to_write(vault) / TRIED, said)
