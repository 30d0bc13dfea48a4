"""The copy of the catalogue that a vault was last rebuilt from, remembered outside the vault.

Whoever goes on with the restore may be nobody to whom it is sealed: a Data Controller whom the
recovery kit made after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.audit.remembered import write_json_atomically
from callrec.errors import Failed
from callrec.record.forms import LogHead, as_json, recall

if TYPE_CHECKING:
    from pathlib import Path

RESTORED_COPY_FILE: Final = "rebuilt-from.json"


@dataclass(frozen=True, slots=True)
class RestoredCopy:
    """A copy that was opened, whose log was read whole."""

    sealed: str
    """SHA-256 of its two files, in lower-case hex."""
    keys: str
    head: LogHead
    """Of the log in it."""


def remember_restored_copy(folder: Path, served: RestoredCopy) -> None:
    """Remember a copy that has served, in place of the one before it.

    Raises:
        Failed: the folder cannot be written.
    """
    try:
        write_json_atomically(folder / RESTORED_COPY_FILE, as_json(served))
    except OSError as error:
        raise Failed(
            f"from which copy the vault comes cannot be remembered: {error.strerror}",
            hint=f'make room for, or give yourself, "{folder}"',
        ) from error


def last_restored_copy(folder: Path) -> RestoredCopy | None:
    """The copy that this operator last rebuilt from; None where that cannot be told."""
    return recall(RestoredCopy, folder / RESTORED_COPY_FILE)
