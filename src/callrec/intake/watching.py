"""Standing intake: stay, and take in each recording once it has stood still [policy 4(h)].

What was found (``intake_looking``) and is settled (``intake_settling``) is taken in by rounds. Each
is one run of ``ingest``, with the vault opened afresh: whoever may not ingest any more is refused
at the next. Between rounds nothing of the vault is open or locked, and no batch key is in memory.

What the world does not let happen, a full disk, a busy vault, a folder that is gone, is told and
tried again. All that this process knows may be lost at any moment: the vault knows what it has.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from callrec.errors import Failed, NotFound, Unusable
from callrec.intake.clearing import check_after
from callrec.intake.ingest import ingest_found
from callrec.intake.intake_looking import FolderWatch, WatchEnvironment, stamp_of
from callrec.intake.intake_run import MAX_BATCH_RECORDINGS
from callrec.intake.intake_settling import Spool
from callrec.intake.records import open_call_records
from callrec.intake.sources import Refusal, check_paths
from callrec.intake.summary import Ingested, Totals, close_intake
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import today

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from callrec.intake.clearing import AfterIntake
    from callrec.intake.intake_settling import SeenFile
    from callrec.intake.records import AvailableCallRecords
    from callrec.intake.sources import Quarantined, Source
    from callrec.intake.summary import Summary
    from callrec.practice import Actor, Practice

SECONDS_BETWEEN_ROUNDS: Final = 60.0
"""Seconds from one round to the next, unless a whole batch is ready: each costs a leaf."""

MAX_ROUND_SECONDS: Final = 60.0
"""Seconds after which a round is offered no more files."""

FIRST_PAUSE: Final = 5.0

LONGEST_PAUSE: Final = 300.0


class IntakeEnvironment(WatchEnvironment, Protocol):
    """What standing intake asks of the world besides."""

    def today(self) -> date:
        """The day that it is at the practice."""

    def enter(self) -> tuple[Practice, Actor]:
        """Open the vault afresh, and look up who takes in, as he now stands."""

    def tell(self, done: Ingested, waiting: int) -> None:
        """Say what a round did, with what was left and is news; ``waiting`` files are to come."""

    def sum_up(self, summary: Summary) -> None:
        """Say what is on record of the rounds since the last one."""


def pause_after(failures: int) -> float:
    """Seconds to wait after so many rounds in a row that failed, one or more."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE)


def is_round_due(settled: int, since_last: float) -> bool:
    """Whether it is time for a round: a minute has passed, or a whole batch is ready."""
    return settled >= MAX_BATCH_RECORDINGS or (settled > 0 and since_last >= SECONDS_BETWEEN_ROUNDS)


def watch_folders(
    world: IntakeEnvironment,
    folders: Sequence[Path],
    *,
    after: AfterIntake,
    settle_seconds: float,
    system: str | None = None,
    cdr: Sequence[Path] = (),
) -> None:
    """Take in what comes into the folders, until the world says stop.

    Args:
        world: around us.
        folders: absolute.
        after: what becomes of the sources.
        settle_seconds: how long a file must have stood still.
        system: whose recordings these are; None: told by their names.
        cdr: files of call records, read anew in each round.

    Raises:
        NotFound, Unusable: at the start, the folders will not do.
        Refused, Locked: whoever takes in may not, or not any more.
        Misconfigured, Tampered: the vault is not as it should be.
    """
    with _entered(world) as (practice, actor):
        check_may(actor.person, Power.INGEST, on=today(practice))
        check_paths(folders, practice.folder)
        check_after(after, folders, practice.folder)
    if not all(path.is_dir() for path in folders):
        raise Unusable("--watch takes folders", hint="name the folder that the file lies in")
    world.note("watching")
    looking = FolderWatch(world, folders, Spool(settle_seconds), there=list(folders))
    rounds = _Rounds(world, looking, after, system, cdr)
    while not world.stopped():
        looking.look()
        rounds.run_round_if_due()
        rounds.sum_up_if_due()
    rounds.sum_up()


@contextmanager
def _entered(world: IntakeEnvironment) -> Iterator[tuple[Practice, Actor]]:
    practice, actor = world.enter()
    try:
        yield practice, actor
    finally:
        practice.engine.dispose()


@dataclass(slots=True)
class _Rounds:
    world: IntakeEnvironment
    looking: FolderWatch
    after: AfterIntake
    system: str | None
    cdr: Sequence[Path]
    last: float = float("-inf")
    """When the last one began that took something in."""
    not_before: float = float("-inf")
    failures: int = 0
    """In a row."""
    totals: Totals = field(default_factory=Totals)
    """Since the last summary."""
    day: date = field(init=False)
    """Which the next summary is of."""

    def __post_init__(self) -> None:
        self.day = self.world.today()

    def sum_up_if_due(self) -> None:
        if self.world.today() != self.day:
            self.sum_up()

    def sum_up(self) -> None:
        """Sign a summary of what was done since the last one, if anything was."""
        self.day = self.world.today()
        if not self.totals:
            return
        try:
            with _entered(self.world) as (practice, actor):
                summary = close_intake(practice, actor, self.totals, complete=True)
        except (Failed, NotFound) as problem:
            self.world.note(f"{problem.message}; the next summary will say what was done")
            return
        self.totals = Totals()
        if summary is not None:
            self.world.sum_up(summary)

    def run_round_if_due(self) -> None:
        now = self.world.passed()
        settled = sum(1 for _ in self.looking.spool.settled(now))
        if now >= self.not_before and is_round_due(settled, now - self.last):
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
        with _entered(self.world) as (practice, actor), ExitStack() as records:
            done = ingest_found(
                practice,
                actor,
                offer.sources(),
                paths=self.looking.there,
                after=self.after,
                system=self.system,
                advance=lambda _: None,
                records=self._records(practice, records),
            )
        return replace(done, quarantined=offer.settle_with(done.quarantined))

    def _records(self, practice: Practice, until: ExitStack) -> AvailableCallRecords | None:
        try:
            return until.enter_context(
                open_call_records(self.cdr, practice.config, system=self.system)
            )
        except (Failed, NotFound, Unusable) as problem:
            # Recordings do not wait for them: callrec ingest --cdr joins them later.
            self.world.note(f"without call records: {problem.message}")
            return None

    def _tell(self, done: Ingested) -> None:
        done.quarantined += self.looking.left
        self.looking.left = []
        self.totals.add(done)
        if done.recordings or done.duplicates or done.quarantined:
            self.world.tell(done, self.looking.spool.waiting)


@dataclass(slots=True)
class _Offer:
    """The files that one round is offered."""

    world: IntakeEnvironment
    looking: FolderWatch
    began: float
    made: dict[Path, SeenFile] = field(default_factory=dict)

    def sources(self) -> Iterator[Source]:
        """Those that are settled, if they still are when their turn comes."""
        for sight in list(self.looking.spool.settled(self.began)):
            if self.world.stopped() or self.world.passed() - self.began >= MAX_ROUND_SECONDS:
                return
            if stamp_of(sight.source.path) == sight.stamp:
                self.made[sight.source.path] = sight
                yield sight.source
            else:
                self.looking.look_again(sight.source.path)

    def settle_with(self, left: Sequence[Quarantined]) -> list[Quarantined]:
        """Note what became of each; returns those of them that were left for good, as news."""
        spool = self.looking.spool
        news = []
        for each in left:
            sight = self.made.get(each.path)
            unsettled = each.refusal is Refusal.UNSETTLED
            if sight is not None and (unsettled or stamp_of(each.path) != sight.stamp):
                spool.wait_again(sight.source, sight.stamp, self.world.passed())
                continue
            if sight is not None:  # else it is a sidecar
                spool.leave(sight)
            news += [each] if spool.is_news(each) else []
        for path in self.made.keys() - {each.path for each in left}:
            spool.mark_taken_in(self.made[path])
        return news
