"""Which files of a watched folder may be taken in: those that stood still, each once.

A rule without a clock or a disk: it is told what was seen, and when. A file is settled if it was
seen alike twice, so many seconds apart: its size, its times, and those of the sidecar beside it.
What was dealt with is not offered again before it changes, so that nothing is told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from callrec.intake.sources import Quarantined, Source

Stamp: TypeAlias = tuple[int, ...]
"""What changes whenever somebody writes to a file, or to its sidecar."""


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as it was seen."""

    source: Source
    stamp: Stamp
    since: float
    """When it was first seen so, in seconds of a clock that never goes back."""


class Spool:
    """What is known of the files, from one look to the next.

    Laws: a file is settled only if it was last seen to change ``settle_seconds`` ago or longer;
    what was dealt with is settled again only after its stamp has changed.
    """

    def __init__(self, settle_seconds: float) -> None:
        self._settle_seconds = settle_seconds
        self._waiting: dict[Path, SeenFile] = {}
        """Those that were last seen to change the longest ago come first."""
        # Of a million files that stay where they are, each is eight bytes here and no name.
        self._dealt_with: set[int] = set()
        self._before: set[int] = set()
        """What was dealt with before this pass began."""
        self._left: set[int] = set()
        self._told: set[int] = set()

    @property
    def waiting(self) -> int:
        """How many files there are to be taken in, settled or not."""
        return len(self._waiting)

    def see(self, source: Source, stamp: Stamp, at: float) -> None:
        """A file was seen."""
        if self._is_dealt_with(_key(source, stamp)):
            self.forget(source.path)
            return
        known = self._waiting.get(source.path)
        if known is None or known.stamp != stamp:
            self.wait_again(source, stamp, at)

    def wait_again(self, source: Source, stamp: Stamp, at: float) -> None:
        """A file is not ready yet: its time begins anew."""
        self.forget(source.path)
        self._waiting[source.path] = SeenFile(source, stamp, at)

    def forget(self, path: Path) -> None:
        """A file is not there, or need not be taken in."""
        self._waiting.pop(path, None)

    def settled(self, at: float) -> Iterator[SeenFile]:
        """Those that stood still long enough, as they were seen last."""
        until = at - self._settle_seconds
        return takewhile(lambda sight: sight.since <= until, self._waiting.values())

    def mark_taken_in(self, sight: SeenFile) -> None:
        """A file was taken in."""
        self.forget(sight.source.path)
        self._dealt_with.add(_key(sight.source, sight.stamp))

    def leave(self, sight: SeenFile) -> None:
        """A file cannot be taken in as it is."""
        self.forget(sight.source.path)
        self._left.add(_key(sight.source, sight.stamp))

    def retry_left(self) -> None:
        """What was left counts as never seen."""
        self._left = set()

    def is_news(self, left: Quarantined) -> bool:
        """Whether it was not told before that this was left, and why."""
        key = hash((left.path, left.why))
        is_news = key not in self._told
        self._told.add(key)
        return is_news

    def begin_pass(self) -> None:
        """All folders are looked through from here on."""
        self._before, self._dealt_with = self._dealt_with, set()

    def end_pass(self) -> None:
        """That was all: what was not met is not there any more."""
        self._before = set()

    def _is_dealt_with(self, key: int) -> bool:
        if key in self._before:
            self._dealt_with.add(key)
        return key in self._dealt_with or key in self._left


def _key(source: Source, stamp: Stamp) -> int:
    return hash((source.path, stamp))
