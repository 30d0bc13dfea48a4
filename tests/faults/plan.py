"""Which faults are tried of a command whose operations were counted."""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from faults.power import Outcome
from faults.shim import Fault, Kind, Operation

_Any = TypeVar("_Any")

_CHANGING: Final = tuple(
    kind for kind in Kind if kind not in {Kind.OPEN, Kind.OPEN_TO_WRITE, Kind.LIST, Kind.READ}
)

_TAKING_ROOM: Final = (*(Kind.CREATE, Kind.WRITE, Kind.SYNC, Kind.SYNC_ALL, Kind.MKDIR, Kind.LINK),)
"""A full disk may also say so only when it is told to keep what it took."""

_NEEDING_LEAVE: Final = (
    *(Kind.OPEN_TO_WRITE, Kind.CREATE, Kind.WRITE, Kind.RENAME, Kind.LINK, Kind.UNLINK),
    *(Kind.MKDIR, Kind.RMDIR, Kind.TRUNCATE, Kind.CHMOD),
)

_OPENING: Final = (Kind.OPEN, Kind.OPEN_TO_WRITE, Kind.CREATE, Kind.LIST)


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which an operation goes wrong."""

    name: str
    fault: Fault
    kinds: Sequence[Kind]
    """Of operations that it is tried on, and that fail FROM_THEN_ON."""
    error: int = 0


WAYS: Final = (
    Way("EIO", Fault.ONCE, tuple(Kind), errno.EIO),
    Way("gone", Fault.FROM_THEN_ON, tuple(Kind), errno.EIO),
    Way("ENOSPC", Fault.FROM_THEN_ON, _TAKING_ROOM, errno.ENOSPC),
    Way("EROFS", Fault.FROM_THEN_ON, _NEEDING_LEAVE, errno.EROFS),
    Way("EMFILE", Fault.ONCE, _OPENING, errno.EMFILE),
    Way("short", Fault.SHORT, (Kind.WRITE,)),
    Way("killed", Fault.KILL, _CHANGING),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault at one operation."""

    way: str
    number: int
    kind: Kind
    path: Path
    fault: Fault
    error: int = 0
    kinds: Sequence[Kind] = tuple(Kind)
    outcome: Outcome | None = None
    """Of a power cut after the operation of this number."""
    is_last: bool = False
    """Whether the command does nothing of this kind to this path any more."""

    def __str__(self) -> str:
        last = ", the last" if self.is_last else ""
        return f"{self.way} at {self.number}, {self.kind.name.lower()} {self.path}{last}"


def trials_of(operations: Sequence[Operation], top: Path) -> Iterator[Trial]:
    """Every fault at every operation to which it can happen, but for power cuts."""
    last = {(done.kind, place_of(done, top)): done.number for done in operations}
    for way in WAYS:
        for done in operations:
            if done.kind in way.kinds:
                path = place_of(done, top)
                yield Trial(
                    *(way.name, done.number, done.kind, path),
                    *(way.fault, way.error, way.kinds),
                    is_last=last[done.kind, path] == done.number,
                )


def place_of(done: Operation, top: Path) -> Path:
    """What it was done to; of a renaming and a link, the new name."""
    return (done.path2 if done.path2.name else done.path).relative_to(top)


def share_of(trials: Sequence[Trial], most: int, *, turn: int) -> list[Trial]:
    """At most so many, spread over every way and every kind of operation; 0: all of them.

    ``turn`` differs from command to command, so that a few of each are others of each.
    """
    if not most or len(trials) <= most:
        return list(trials)
    ways = defaultdict[str, dict[Kind, list[Trial]]](dict)
    for trial in trials:
        ways[trial.way].setdefault(trial.kind, []).append(trial)
    groups = [[*_turned([*kinds.values()], turn)] for kinds in ways.values()]
    in_turn = _alternating([_alternating([*map(_from_the_middle, some)]) for some in groups])
    return [*islice(in_turn, most)]


def _turned(some: Sequence[_Any], turn: int) -> Sequence[_Any]:
    first = turn % len(some)
    return [*some[first:], *some[:first]]


def _alternating(lists: Iterable[Iterable[_Any]]) -> Iterator[_Any]:
    """One of each in turn, until all have ended."""
    rest = [iter(each) for each in lists]
    while rest:
        for each in [*rest]:
            try:
                yield next(each)
            except StopIteration:
                rest.remove(each)


def _from_the_middle(group: list[Trial]) -> Iterator[Trial]:
    """Each once: the middle, then the middles of what is left on both sides, and so on."""
    stretches = [group]
    while stretches:
        halves = []
        for stretch in stretches:
            middle = len(stretch) // 2
            yield stretch[middle]
            halves += [half for half in (stretch[:middle], stretch[middle + 1 :]) if half]
        stretches = halves
