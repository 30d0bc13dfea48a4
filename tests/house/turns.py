"""Which tests a commit runs of those that take turns: the ones that begin from a practice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

FROM_A_PRACTICE: Final = frozenset({"shared", "stage"})
"""The fixtures that practices and transcripts are made from: most of a run's time goes there."""

RARELY: Final = frozenset({"stage_elsewhere", "whole_story"})
"""Of these, what is played once more over another engine, or takes a minute and more: its turn
comes a sixteenth as often."""

TURNS: Final = 16
"""At each commit one in so many has its turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is at a commit. Other tests, and another case of a test, have other turns."""

    commit: str
    one_of: int = TURNS

    def of(self, fixtures: Collection[str]) -> Turn:
        """The turn of tests that begin from these."""
        return replace(self, one_of=self.one_of * TURNS) if RARELY.intersection(fixtures) else self

    def has(self, test: str) -> bool:
        """Whether it is this test's, by the name that pytest gives it."""
        return crc32(f"{self.commit} {test}".encode()) % self.one_of == 0
