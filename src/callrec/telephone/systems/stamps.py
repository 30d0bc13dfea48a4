"""Dates and times as names hold them: digits with nothing between, of the years 1900 to 2099."""

from __future__ import annotations

from datetime import datetime

from callrec.telephone.written import WrittenTime

_FIRST_YEAR, _LAST_YEAR = 1900, 2099


def local_from_digits(day: str, time: str) -> datetime | None:
    """Of ``YYYYMMDD`` and ``HHMMSS``; None: there is no such day, or no such time."""
    try:
        at = datetime.fromisoformat(f"{day}T{time}")
    except ValueError:
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None


def time_from_digits(raw: str, day: str, time: str) -> WrittenTime | None:
    """The same, with what was written.

    Args:
        raw: day and time, character by character.
        day: eight digits.
        time: six digits.
    """
    at = local_from_digits(day, time)
    return None if at is None else WrittenTime(raw=raw, local=at)
