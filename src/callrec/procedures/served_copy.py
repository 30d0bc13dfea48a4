"""The copy of the catalogue that a vault was last rebuilt from, remembered outside the vault.

Whoever goes on with the restore may be nobody to whom it is sealed: a Data Controller whom the
recovery kit made after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.audit.remembered import write_memory
from callrec.errors import Failed
from callrec.record.forms import LogHead, as_json, recall

if TYPE_CHECKING:
    from pathlib import Path

MEMORY: Final = "rebuilt-from.json"


@dataclass(frozen=True, slots=True)
class ServedCopy:
    """A copy that was opened, whose log was read whole."""

    sealed: str
    """SHA-256 of its two files, in lower-case hex."""
    keys: str
    head: LogHead
    """Of the log in it."""


def remember_served(folder: Path, served: ServedCopy) -> None:
    """Remember a copy that has served, in place of the one before it.

    Raises:
        Failed: the folder cannot be written.
    """
    try:
        write_memory(folder / MEMORY, as_json(served))
    except OSError as error:
        raise Failed(
            f"from which copy the vault comes cannot be remembered: {error.strerror}",
            hint=f'make room for, or give yourself, "{folder}"',
        ) from error


def recall_served(folder: Path) -> ServedCopy | None:
    """The copy that this operator last rebuilt from; None where that cannot be told."""
    return recall(ServedCopy, folder / MEMORY)
