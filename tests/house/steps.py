"""At which of its steps something is killed: a share of them in every run, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from zlib import crc32

_Any = TypeVar("_Any")

SHARE: Final = 48
"""Of so many steps one is taken where not all are."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The first step, the last, and one of so many between, from one that differs by test."""

    test: str
    one_of: int = SHARE
    first: int | None = None
    """One of the first of so many, from 0; else it differs by test."""

    @property
    def are_all(self) -> bool:
        """Whether none is left out."""
        return self.one_of == 1

    def of(self, last: int) -> list[int]:
        """Those that are taken of 1 to ``last``, in order."""
        first = crc32(self.test.encode()) if self.first is None else self.first
        between = range(1 + first % self.one_of, last + 1, self.one_of)
        return sorted({1, last, *between}) if last else []

    def some(self, of: Sequence[_Any]) -> list[_Any]:
        """What is taken of a sequence."""
        return [of[step - 1] for step in self.of(len(of))]

    def closely(self, number: int) -> bool:
        """Whether this one of those that are taken, from 0, is looked at in ways that take long."""
        return number % (7 if self.are_all else 3) == 0
