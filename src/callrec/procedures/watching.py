"""Standing intake: stay, and take in each recording once it has stood still [policy 4(h)].

What was found (``intake_looking``) and is settled (``intake_settling``) is taken in by rounds. Each
is one run of ``ingest``, with the vault opened afresh: whoever may not ingest any more is refused
at the next. Between rounds nothing of the vault is open or locked, and no batch key is in memory.

What the world does not let happen, a full disk, a busy vault, a folder that is gone, is told and
tried again. All that this process knows may be lost at any moment: the vault knows what it has.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from callrec.errors import Failed, NotFound
from callrec.procedures.ingest import MOST_RECORDINGS, Ingested, ingest_found
from callrec.procedures.intake_looking import Looking, Surroundings, stamp_of
from callrec.procedures.intake_settling import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from callrec.practice import Actor, Practice
    from callrec.procedures.intake_after import After
    from callrec.procedures.intake_settling import Sight
    from callrec.procedures.intake_sources import Quarantined, Source
    from callrec.procedures.records_at_hand import RecordsAtHand

BETWEEN_ROUNDS: Final = 60.0
"""Seconds from one round to the next, unless a whole batch is ready: each costs a leaf."""
LONGEST_ROUND: Final = 60.0
"""Seconds after which a round is offered no more files."""
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 300.0


class World(Surroundings, Protocol):
    """What standing intake asks of the world besides."""

    def enter(self) -> tuple[Practice, Actor]:
        """Open the vault afresh, and look up who takes in, as he now stands."""

    def records(self, practice: Practice) -> RecordsAtHand | None:
        """The call records as they are now; None: there are none to join."""

    def tell(self, done: Ingested, waiting: int) -> None:
        """Say what a round did, with what was left and is news; ``waiting`` files are to come."""


def pause_after(failures: int) -> float:
    """Seconds to wait after so many rounds in a row that failed, one or more."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE)


def is_due(settled: int, since_last: float) -> bool:
    """Whether it is time for a round: a minute has passed, or a whole batch is ready."""
    return settled >= MOST_RECORDINGS or (settled > 0 and since_last >= BETWEEN_ROUNDS)


def watch_folders(
    world: World, folders: Sequence[Path], *, after: After, settle_seconds: float
) -> None:
    """Take in what comes into the folders, until the world says stop.

    Args:
        world: around us.
        folders: absolute, and checked.
        after: what becomes of the sources.
        settle_seconds: how long a file must have stood still.

    Raises:
        Refused, Locked: whoever takes in may not any more.
        Misconfigured, Tampered: the vault is not as it should be.
    """
    looking = Looking(world, folders, Spool(settle_seconds), there=list(folders))
    rounds = _Rounds(world, looking, after)
    while not world.stopped():
        looking.look()
        rounds.hold_if_due()


@dataclass(slots=True)
class _Rounds:
    world: World
    looking: Looking
    after: After
    last: float = float("-inf")
    """When the last one began that took something in."""
    not_before: float = float("-inf")
    failures: int = 0
    """In a row."""

    def hold_if_due(self) -> None:
        now = self.world.passed()
        settled = sum(1 for _ in self.looking.spool.settled(now))
        if now >= self.not_before and is_due(settled, now - self.last):
            self._hold()
        elif self.looking.left:
            self._tell(Ingested())

    def _hold(self) -> None:
        offer = _Offer(self.world, self.looking, self.world.passed())
        try:
            self._tell(self._taken_in(offer))
        except (Failed, NotFound) as problem:
            self.failures += 1
            pause = pause_after(self.failures)
            self.not_before = self.world.passed() + pause
            self.world.note(f"{problem.message}; tried again in {pause:.0f} s")
        else:
            self.failures = 0
            # What was not settled after all, when its turn came, need not wait for a minute.
            self.last = offer.began if offer.made else self.last

    def _taken_in(self, offer: _Offer) -> Ingested:
        practice, actor = self.world.enter()
        try:
            done = ingest_found(
                practice,
                actor,
                offer.sources(),
                paths=self.looking.there,
                after=self.after,
                records=self.world.records(practice),
                advance=lambda _: None,
            )
        finally:
            practice.engine.dispose()
        return replace(done, quarantined=offer.settle_with(done.quarantined))

    def _tell(self, done: Ingested) -> None:
        done.quarantined += self.looking.left
        self.looking.left = []
        if done.recordings or done.duplicates or done.quarantined:
            self.world.tell(done, self.looking.spool.waiting)


@dataclass(slots=True)
class _Offer:
    """The files that one round is offered."""

    world: World
    looking: Looking
    began: float
    made: dict[Path, Sight] = field(default_factory=dict)

    def sources(self) -> Iterator[Source]:
        """Those that are settled, if they still are when their turn comes."""
        for sight in list(self.looking.spool.settled(self.began)):
            if self.world.stopped() or self.world.passed() - self.began >= LONGEST_ROUND:
                return
            if stamp_of(sight.source.path) == sight.stamp:
                self.made[sight.source.path] = sight
                yield sight.source
            else:
                self.looking.see_again(sight.source)

    def settle_with(self, left: Sequence[Quarantined]) -> list[Quarantined]:
        """Note what became of each; returns those of them that were left for good, as news."""
        spool = self.looking.spool
        news = []
        for each in left:
            sight = self.made.get(each.path)
            if sight is not None and stamp_of(each.path) != sight.stamp:
                self.looking.see_again(sight.source)
            elif sight is not None and each.unsettled:
                spool.wait_again(sight.source, sight.stamp, self.world.passed())
            else:
                if sight is not None:  # else it is a sidecar
                    spool.leave(sight)
                news += [each] if spool.is_news(each) else []
        for path in self.made.keys() - {each.path for each in left}:
            spool.deal_with(self.made[path])
        return news
