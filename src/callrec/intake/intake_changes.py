"""Ask the system which files have changed, where it can tell: the edge of ``watching``.

On a network share nobody is told what another machine writes, and a system may watch only so many
folders. Then this only waits, and whoever asks has to look for himself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import Change, watch

from callrec.catalogue.engine import NETWORK_FILE_SYSTEMS
from callrec.system.files import file_system_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

TICK_SECONDS = 1


class FolderChanges:
    """What has changed in some folders, as the system tells it."""

    def __init__(self, stop: Event) -> None:
        """Waiting ends early once ``stop`` is set."""
        self._stop = stop
        self._told: Iterator[set[tuple[Change, str]]] | None = None
        self._followed: set[tuple[Path, int, int]] = set()
        self.tells_all = True
        """Whether every change is told; else look at everything now and then."""

    def follow(self, folders: Sequence[Path]) -> None:
        """Tell of these folders from the next ``wait`` on: of those that are there now.

        A folder that was made anew under its name is another one, and has to be followed again.
        """
        now = {(path, *_identity(path)) for path in folders}
        if now == self._followed:
            return
        self._followed = now
        near = [path for path in folders if file_system_of(path) not in NETWORK_FILE_SYSTEMS]
        self.tells_all = len(near) == len(folders)
        self._told = self._watch(near) if near else None

    def wait(self) -> list[Path]:
        """Wait a second, or until something changes; returns where."""
        if self._told is None:
            self._stop.wait(TICK_SECONDS)
            return []
        try:
            changes = next(self._told, set())
        except (OSError, RuntimeError):  # too many folders, or one of them is gone again
            self._told, self.tells_all = None, False
            return []
        return [Path(path) for change, path in changes if change is not Change.deleted]

    def _watch(self, folders: Sequence[Path]) -> Iterator[set[tuple[Change, str]]]:
        return watch(
            *folders,
            watch_filter=None,
            debounce=TICK_SECONDS * 1000,
            rust_timeout=TICK_SECONDS * 1000,
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )


def _identity(folder: Path) -> tuple[int, int]:
    try:
        status = folder.stat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino
