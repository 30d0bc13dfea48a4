"""What is fuzzed: one reader of bytes from outside, and what must hold whatever the bytes are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.crypto.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader."""

    name: str
    reads: str
    """What the bytes are, and who may have written them; for the page."""
    holds: str
    """The laws, beside that of every target: a value or callrec's own error, in time."""
    one: Callable[[bytes], None]
    """Reads some bytes; whatever it raises is a finding."""
    seeds: Callable[[], Iterable[bytes]]
    """What mutation begins with: vectors, and what callrec itself writes."""
    longest: int = 4096
    """Bytes."""
    words: tuple[bytes, ...] = ()
    """Pieces that such bytes are made of."""


def in_one_form(data: bytes) -> bytes:
    """The canonical form of what JSON says, so that mutation need not hit on it; else the bytes."""
    try:
        return canonical(json.loads(data))
    except (ValueError, RecursionError):
        return data


class Script:
    """Bytes taken as choices: how something well made is to be spoilt."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Whether anything is left of it."""
        return self._at < len(self._data)

    def number(self, size: int) -> int:
        """Of so many bytes; nought where there are no more."""
        return int.from_bytes(self.take(size), "big")

    def below(self, limit: int) -> int:
        """From nought on, below ``limit``, which is at least one."""
        return self.number(3) % limit

    def take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece

    def spoil(self, data: bytes) -> bytes:
        """One change: bytes replaced, left out, put in, or taken from elsewhere in the same."""
        how, place = self.number(1) % 4, self.below(len(data) + 1)
        length = self.number(1) + 1
        before, after = data[:place], data[place:]
        if how == 0:
            piece = self.take(length)
            return before + piece + after[len(piece) :]
        if how == 1:
            return before + after[length * length :]
        if how == 2:  # noqa: PLR2004 - the third way
            return before + self.take(length) + after
        source = self.below(len(data) + 1)
        return before + data[source : source + length * length] + after
