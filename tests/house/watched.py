"""A world for standing intake whose clock ticks when it is asked to wait, with things that happen.

The folders, the files and the vault are real; only the clock is not, and nobody tells of changes
unless the test says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from callrec.intake.clearing import AfterIntake
from callrec.intake.summary import Ingested, Summary
from callrec.intake.watching import watch_folders
from callrec.login.keyring import read_credential
from callrec.login.unlock import actor_by_credential
from callrec.practice import Actor, Practice, open_practice
from house.practices import House
from house.spool import KEEP

SETTLE = 5


@dataclass
class World:
    """Ends after so many seconds of its own clock."""

    house: House
    until: int
    happens: Mapping[int, Callable[[], object]] = field(default_factory=dict)
    """Second -> what happens then; paths that it returns are told as changed."""
    notices_all: bool = True
    midnight: int = 86_400
    """The second at which the next day begins."""
    at: int = 0
    rounds: list[tuple[int, int, int]] = field(default_factory=list)
    """When, how many were taken in, how many are to come."""
    left: list[tuple[int, str, str]] = field(default_factory=list)
    """When, the file's name, and why."""
    notes: list[tuple[int, str]] = field(default_factory=list)
    entered: list[int] = field(default_factory=list)
    followed: list[Sequence[Path]] = field(default_factory=list)
    summaries: list[tuple[int, Summary]] = field(default_factory=list)

    @property
    def is_in_a_round(self) -> bool:
        """Or after the first."""
        return len(self.entered) > 1

    def passed(self) -> float:
        return self.at

    def follow(self, folders: Sequence[Path]) -> bool:
        self.followed.append(list(folders))
        return self.notices_all

    def today(self) -> date:
        return date(2026, 11, 24 + (self.at >= self.midnight))

    def wait(self) -> Sequence[Path]:
        self.at += 1
        changed = self.happens.get(self.at, lambda: None)()
        return changed if isinstance(changed, list) else []

    def stopped(self) -> bool:
        return self.at >= self.until

    def note(self, text: str) -> None:
        if text != "watching":
            self.notes.append((self.at, text))

    def enter(self) -> tuple[Practice, Actor]:
        self.entered.append(self.at)
        practice = open_practice(self.house.config, self.house.now, self.house.environ)
        return practice, actor_by_credential(practice, read_credential(self.house.credential))

    def report(self, done: Ingested, waiting: int) -> None:
        if done.recordings or done.duplicates:
            self.rounds.append((self.at, done.recordings, waiting))
        self.left += [(self.at, each.path.name, each.why) for each in done.quarantined]

    def sum_up(self, summary: Summary) -> None:
        self.summaries.append((self.at, summary))


def watched(
    world: World,
    *folders: Path,
    after: AfterIntake = KEEP,
    cdr: Sequence[Path] = (),
    unrecognised: bool = True,
) -> World:
    """Watch until the world ends."""
    watch_folders(
        world,
        folders,
        after=after,
        settle_seconds=SETTLE,
        cdr=cdr,
        unrecognised=unrecognised,
    )
    return world
