"""Practices at the stages that tests begin from: each is made once in a run, and copied.

All processes of a run share them. A test that needs another has a `Stage` of its own, and its
fixture by `copied` or `looked_at`.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from house import practices
from house.by_two import by_two
from house.drives import archived_twice, on_two_drives, one_more_call
from house.erasures import to_be_erased
from house.holds import with_two_callers
from house.listening import granted_spoken
from house.lived_in import lived_in
from house.practices import House
from house.requests import approved, with_recordings
from house.retention import later
from house.vault_keys import busy


@dataclass(frozen=True, slots=True)
class Stage:
    """What was done to a practice since an earlier stage; else since it was founded."""

    name: str
    """Its own: no two stages share one."""
    do: Callable[[House], object]
    after: Stage | None = None


STOCKED = Stage("stocked", with_recordings)
"""It holds recordings 1, 2 and 3."""

GRANTED = Stage("granted", approved, after=STOCKED)
"""max has approved R-1, which sam made for recordings 1 and 2."""

BY_TWO = Stage("by-two", by_two, after=STOCKED)
"""It takes two to open recordings; this computer is one of the practice's machines."""

BUSY = Stage("busy", busy, after=GRANTED)
"""There is something under every vault key."""

CALLERS = Stage("callers", with_two_callers)
"""Ann's calls 1 and 2, and Bob's 3 and 4."""

ALL_DUE = Stage("all-due", later, after=CALLERS)
"""The same, when none of them is to be kept any longer."""

ARCHIVED = Stage("archived", archived_twice)
"""Four recordings; its drive-a holds two bags: all that is in the vault."""

WAITING = Stage("waiting", one_more_call, after=ARCHIVED)
"""One recording more than drive-a holds."""

ON_TWO_DRIVES = Stage("on-two-drives", on_two_drives)
"""Four recordings, all of them on drive-a and drive-b."""

SPOKEN = Stage("spoken", granted_spoken)
"""R-1 is sam's, for recordings 1, which lasts 25 seconds, and 2."""

LIVED_IN = Stage("lived-in", lived_in)
"""Everything of house/lived_in.py; it is noon on 1 April 2027."""

TO_BE_ERASED = Stage("to-be-erased", to_be_erased)
"""dora has approved R-1: that Ann's calls 1, 2 and 5 are erased."""


class Stages:
    """The practices of a run, in a folder that all its processes share."""

    def __init__(self, folder: Path, founded: House) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._founded = founded
        self._stages: dict[str, Stage] = {}
        self._houses: dict[str, House] = {}
        self.made: list[Path] = []
        """The folders of those that this process made."""

    def at(self, stage: Stage | None) -> House:
        """The practice at a stage: it is only copied."""
        if stage is None:
            return self._founded
        if self._stages.setdefault(stage.name, stage) != stage:
            raise ValueError(f"two stages are called {stage.name}")
        if stage.name not in self._houses:
            folder = self._folder / stage.name
            with locked(self._folder / f"{stage.name}.lock"):
                if not practices.is_written_down(folder):
                    self._make(stage, folder)
                self._houses[stage.name] = practices.written_down(folder)
        return self._houses[stage.name]

    def copy(self, stage: Stage | None, folder: Path) -> House:
        """A practice of one's own at this stage."""
        return practices.copy(self.at(stage), folder)

    def _make(self, stage: Stage, folder: Path) -> None:
        house = self.copy(stage.after, folder)
        stage.do(house)
        house.close()
        practices.write_down(house)
        self.made.append(folder)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Nobody else has this file locked meanwhile."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def copied(stage: Stage | None) -> object:
    """A fixture: a practice of one's own at this stage, for each test."""

    @pytest.fixture
    def own(stages: Stages, tmp_path: Path) -> House:
        return stages.copy(stage, tmp_path / "house")

    return own


def looked_at(stage: Stage) -> object:
    """A fixture: one practice at this stage for all tests of a process that change nothing."""

    @pytest.fixture(scope="session")
    def shown(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> House:
        return stages.copy(stage, tmp_path_factory.mktemp(stage.name) / "house")

    return shown
