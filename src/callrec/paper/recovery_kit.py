"""What a recovery kit says on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, repr=False)
class PrintedKit:
    """A kit before it is printed, the only time that its words are anywhere. Its repr shows none.

    It is shown or written once and kept nowhere.
    """

    practice: str
    vault: str
    fingerprint: str
    """The vault root in hex."""
    serial: int
    """1 for the kit that the vault was founded with, then one more for each."""
    made_at: datetime
    pages: tuple[str, ...]
    """The words: of one page, or of three pages of which any two will do."""
