"""Look for what is to be taken in while folders are watched: passes, and changes that are told.

A pass looks through all folders: at the start, and then every few minutes, so that a change that
nobody told of loses nothing. It stops for a while when so many files wait that they would fill the
memory. In between, what has changed is looked at by itself.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from callrec.intake.reading import sidecar_mark
from callrec.intake.sources import Mark, Quarantined, Source, find_changed, find_sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from callrec.intake.intake_settling import Spool, Stamp
    from callrec.intake.sources import Found

SECONDS_BETWEEN_PASSES: Final = 300.0
"""Seconds from one pass to the next where every change is told."""

SECONDS_BETWEEN_PASSES_UNNOTIFIED: Final = 60.0
"""The same where changes are not told, or a folder is missing."""

SECONDS_BETWEEN_RETRIES: Final = 3600.0
"""Seconds until what was left is tried again though it did not change: a right may be given now."""

MAX_WAITING: Final = 10_000
"""Files that a pass finds before it waits until they are taken in."""


class WatchEnvironment(Protocol):
    """What watching asks of the world."""

    def passed(self) -> float:
        """Seconds, of a clock that never goes back."""

    def follow(self, folders: Sequence[Path]) -> bool:
        """Tell of changes in these folders from now on; returns whether every one will be told."""

    def wait(self) -> Sequence[Path]:
        """Wait a moment, or until something changes; returns where."""

    def stopped(self) -> bool:
        """Whether this is to end."""

    def note(self, text: str) -> None:
        """Say that something is wrong, or right again."""


@dataclass(slots=True)
class FolderWatch:
    """Keeps a spool up to date with what lies in the folders."""

    around: WatchEnvironment
    folders: Sequence[Path]
    """Absolute."""
    spool: Spool
    there: list[Path]
    """Those of the folders that were there at the last pass."""
    left: list[Quarantined] = field(default_factory=list)
    """What was found and cannot be taken in, and nobody was told of yet."""
    _pass: Iterator[Found] | None = None
    """One that is not at its end."""
    _next_pass: float = float("-inf")
    _next_try: float = float("-inf")

    def look(self) -> None:
        """Look at what changed since the last time; waits for it a moment."""
        self._begin_when_due()
        for path in self.around.wait():
            self.look_again(path)
        self._go_on()

    def look_again(self, path: Path) -> None:
        """Look at a path that has changed."""
        self.spool.forget(path)
        for found in find_changed(path, self.there):
            self._see(found)

    def _begin_when_due(self) -> None:
        now = self.around.passed()
        if self._pass is not None or now < self._next_pass:
            return
        if now >= self._next_try:
            self._next_try = now + SECONDS_BETWEEN_RETRIES
            self.spool.retry_left()
        self._note_missing()
        # First of all, so that what comes while the pass goes on is told.
        tells_all = self.around.follow(self.there) and len(self.there) == len(self.folders)
        pause = SECONDS_BETWEEN_PASSES if tells_all else SECONDS_BETWEEN_PASSES_UNNOTIFIED
        self._next_pass = now + pause
        self._pass = find_sources(self.there)
        self.spool.begin_pass()

    def _note_missing(self) -> None:
        before = self.there
        self.there = [path for path in self.folders if path.is_dir()]
        for position, path in enumerate(self.folders, start=1):
            if path in before and path not in self.there:
                self.around.note(f"PATH {position} is gone; it is looked for every minute")
            elif path not in before and path in self.there:
                self.around.note(f"PATH {position} is there again")

    def _go_on(self) -> None:
        if self._pass is None:
            return
        while self.spool.waiting < MAX_WAITING and not self.around.stopped():
            found = next(self._pass, None)
            if found is None:
                self._pass = None
                self.spool.end_pass()
                return
            self._see(found)

    def _see(self, found: Found) -> None:
        if isinstance(found, Source):
            stamp = stamp_of(found.path, found.mark)
            if stamp:  # else its sidecar has just gone: the next look tells
                self.spool.see(found, stamp, self.around.passed())
        elif isinstance(found, Quarantined) and self.spool.is_news(found):
            self.left.append(found)


def stamp_of(path: Path, mark: Mark | None = None) -> Stamp:
    """What tells whether a file stands still, and the sidecar beside it; empty if it is gone.

    ``mark``: the file's own, as it was just found; None: as it is now.
    """
    try:
        sidecar = sidecar_mark(path)
        marks = [mark or Mark.of(path.lstat()), *([sidecar] if sidecar else [])]
    except OSError:
        return ()
    return tuple(number for each in marks for number in astuple(each))
