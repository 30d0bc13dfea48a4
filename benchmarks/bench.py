"""Where a whole run of the benchmarks happens, and what it tells meanwhile."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.machine import empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROUNDS: Final = 5
GROWTH_ROUNDS: Final = 3
"""In small: an exponent is no ratio to a peer."""


@dataclass(slots=True)
class Bench:
    """Folders and sizes of one run."""

    cache: Path
    """Corpora and vaults, made once and kept."""
    full: bool
    rounds: int = ROUNDS
    disk: Path | None = None
    """Where runs are, if not beside what is made once."""
    repeats: bool = True
    """Whether a run that others disturbed is repeated."""
    _places: Iterator[int] = field(default_factory=count)

    @property
    def python(self) -> str:
        return sys.executable

    @property
    def checkout(self) -> Path:
        """From which the benchmarks' own modules are run."""
        return Path(__file__).parents[1]

    @property
    def callrec(self) -> Path:
        """The command, as a person types it."""
        return Path(sys.executable).with_name("callrec")

    @property
    def growth_rounds(self) -> int:
        return self.rounds if self.full else min(self.rounds, GROWTH_ROUNDS)

    @property
    def runs(self) -> Path:
        return (self.disk or self.cache) / "runs"

    def fresh_place(self) -> Path:
        """An empty folder that none had before."""
        place = self.runs / f"{next(self._places):04d}"
        place.mkdir(parents=True)
        return place

    def set_aside(self, place: Path) -> None:
        """Done with: out of the way, and empty, but nothing is unlinked before the end."""
        aside = self.runs / "aside"
        aside.mkdir(exist_ok=True)
        empty(place.rename(aside / place.name))

    def made_once(self, name: str, make: Callable[[Path], None]) -> Path:
        """A folder of the cache, made by ``make`` where it is not there yet.

        It is made under another name, so that one that was begun is not taken for a finished one.
        """
        folder = self.cache / name
        if not folder.exists():
            self.say(f"making {name}")
            begun = self.cache / f"{name}.begun"
            if begun.exists():
                shutil.rmtree(begun)
            begun.mkdir(parents=True)
            make(begun)
            begun.rename(folder)
        return folder

    def clear(self) -> None:
        """Delete what the runs left."""
        if self.runs.exists():
            shutil.rmtree(self.runs)

    def say(self, what: str) -> None:
        print(f"# {what}", file=sys.stderr, flush=True)

    def say_round(self, number: int, wall_s: Mapping[str, float]) -> None:
        times = ", ".join(f"{name} {seconds:.2f}" for name, seconds in wall_s.items())
        self.say(f"  round {number + 1}: {times}")
