"""Numbers that are filled in."""

from __future__ import annotations

from callrec.desk.exchange import Asked
from callrec.errors import Unusable


def number_filled_in(asked: Asked, name: str, least: int, most: int) -> int | None:
    """A number that was filled in, if one was.

    Raises:
        Unusable: it is none, or too small or too large.
    """
    text = asked.first(name)
    if not text:
        return None
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Unusable(f"that is no number from {least} to {most}", hint="type it in figures")
    return int(text)
