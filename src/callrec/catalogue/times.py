"""Milliseconds of a row, and instants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from callrec.errors import Tampered

_YEARS: Final = range(1800, 3000)
"""Of times in the catalogue: more than ever were, with room for all that is reckoned from them."""


def from_millis(value: int) -> datetime:
    """A column's time, aware, in UTC."""
    try:
        at = datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        at = None
    if at is None or at.year not in _YEARS:
        raise Tampered("a time in the catalogue is in no calendar")
    return at


def to_millis(at: datetime) -> int:
    """A time as a column holds it: milliseconds since 1970."""
    return int(at.timestamp() * 1000)
