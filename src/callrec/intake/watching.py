"""Standing intake: what comes into watched folders is taken in, round by round.

`FolderWatch` finds files, `Spool` tells which are settled, `watch_folders` runs the rounds. Each is
one run of ``ingest``, with the vault opened afresh: a person who may not ingest any more is refused
at the next. Between rounds nothing of the vault is open or locked, and no batch key is in memory.

A full disk, a busy vault, a folder that is gone: each is reported and tried again. All that this
process knows may be lost at any moment, for the vault knows what it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from itertools import takewhile
from pathlib import Path
from threading import Event
from typing import Final, Protocol, TypeAlias

from watchfiles import Change, watch

from callrec.dataclass import astuple, dataclass, field, replace
from callrec.errors import Failed, NotFound, Unusable
from callrec.intake.clearing import AfterIntake, check_after
from callrec.intake.ingest import MAX_BATCH_RECORDINGS, IntakeOrder, ingest_found
from callrec.intake.reading import sidecar_mark
from callrec.intake.records import AvailableCallRecords, open_call_records
from callrec.intake.sources import (
    Found,
    Mark,
    Quarantined,
    Refusal,
    Source,
    check_paths,
    find_changed,
    find_sources,
)
from callrec.intake.summary import Ingested, Summary, Totals, close_intake
from callrec.intake.vouching import owner_of, words_beside
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, today
from callrec.system.drives import NETWORK_FILE_SYSTEMS, file_system_of

SECONDS_BETWEEN_PASSES: Final = 300.0
"""Seconds from one pass to the next where every change is reported."""

SECONDS_BETWEEN_PASSES_UNNOTIFIED: Final = 60.0
"""The same where changes are not reported, or a folder is missing."""

SECONDS_BETWEEN_RETRIES: Final = 3600.0
"""Seconds until what was left is tried again though it did not change: a right may be given now."""

MAX_WAITING: Final = 10_000
"""Files that a pass finds before it waits until they are taken in."""


class IntakeEnvironment(Protocol):
    """What standing intake asks of the world."""

    def today(self) -> date:
        """The day that it is at the practice."""

    def enter(self) -> tuple[Practice, Actor]:
        """Open the vault afresh, and look up the actor, as they now stand."""

    def report(self, done: Ingested, waiting: int) -> None:
        """Say what a round did, with what was left and is news; ``waiting`` files are to come."""

    def sum_up(self, summary: Summary) -> None:
        """Say what is on record of the rounds since the last one."""

    def passed(self) -> float:
        """Seconds, of a clock that never goes back."""

    def follow(self, folders: Sequence[Path]) -> bool:
        """Report changes in these folders from now on; returns whether each will be reported."""

    def wait(self) -> Sequence[Path]:
        """Wait a moment, or until something changes; returns where."""

    def stopped(self) -> bool:
        """Whether this is to end."""

    def note(self, text: str) -> None:
        """Say that something is wrong, or right again."""


@dataclass(slots=True)
class FolderWatch:
    """Keeps a spool up to date with what lies in the folders.

    A pass looks through all folders: at the start, and then every few minutes, so that a change
    that the system did not tell of loses nothing. It stops for a while when so many files wait that
    they would fill the memory. In between, what has changed is looked at by itself.
    """

    world: IntakeEnvironment
    folders: Sequence[Path]
    """Absolute."""
    spool: Spool
    there: list[Path]
    """Those of the folders that were there at the last pass."""
    left: list[Quarantined] = field(default_factory=list)
    """What was found and cannot be taken in, and is not reported yet."""
    _pass: Iterator[Found] | None = None
    """One that is not at its end."""
    _next_pass: float = float("-inf")
    _next_try: float = float("-inf")

    def look(self) -> None:
        """Look at what changed since the last time; waits for it a moment."""
        self._begin_when_due()
        for path in self.world.wait():
            self.look_again(owner_of(path))
        self._go_on()

    def look_again(self, path: Path) -> None:
        """Look at a path that has changed."""
        self.spool.forget(path)
        for found in find_changed(path, self.there):
            self._see(found)

    def _begin_when_due(self) -> None:
        now = self.world.passed()
        if self._pass is not None or now < self._next_pass:
            return
        if now >= self._next_try:
            self._next_try = now + SECONDS_BETWEEN_RETRIES
            self.spool.retry_left()
        before, self.there = self.there, [path for path in self.folders if path.is_dir()]
        for position, path in enumerate(self.folders, start=1):
            if path in before and path not in self.there:
                self.world.note(f"PATH {position} is gone; it is looked for every minute")
            elif path not in before and path in self.there:
                self.world.note(f"PATH {position} is there again")
        # First of all, so that what comes while the pass goes on is reported.
        notices_all = self.world.follow(self.there) and len(self.there) == len(self.folders)
        pause = SECONDS_BETWEEN_PASSES if notices_all else SECONDS_BETWEEN_PASSES_UNNOTIFIED
        self._next_pass = now + pause
        self._pass = find_sources(self.there)
        self.spool.begin_pass()

    def _go_on(self) -> None:
        while self._pass and self.spool.waiting < MAX_WAITING and not self.world.stopped():
            if found := next(self._pass, None):
                self._see(found)
            else:
                self._pass = None
                self.spool.end_pass()

    def _see(self, found: Found) -> None:
        if isinstance(found, Source):
            stamp = stamp_of(found.path, found.mark)
            if stamp:  # else its sidecar has just gone: the next look tells
                self.spool.see(found, stamp, self.world.passed())
        elif isinstance(found, Quarantined) and self.spool.is_news(found):
            self.left.append(found)


def stamp_of(path: Path, mark: Mark | None = None) -> Stamp:
    """What tells whether a file stands still, and what lies beside it; empty if it is gone.

    ``mark``: the file's own, as it was just found; None: as it is now.
    """
    try:
        sidecar = sidecar_mark(path)
        marks = [mark or Mark.of(path.lstat()), *([sidecar] if sidecar else [])]
        marks += [Mark.of(beside.lstat()) for beside in words_beside(path)]
    except OSError:
        return ()
    return tuple(number for each in marks for number in astuple(each))


SECONDS_BETWEEN_ROUNDS: Final = 60.0
"""Seconds from one round to the next, unless a whole batch is ready: each costs a leaf."""

MAX_ROUND_SECONDS: Final = 60.0
"""Seconds after which a round is offered no more files."""

FIRST_PAUSE: Final = 5.0

LONGEST_PAUSE: Final = 300.0


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
    unrecognised: bool = False,
) -> None:
    """Take in what comes into the folders, absolute, until the world says stop.

    A file is taken in once it has stood still for ``settle_seconds``. ``cdr`` are files of call
    records, read again in each round.

    Raises:
        NotFound, Unusable: at the start, the folders will not do.
        Refused, Locked: the actor may not take in, or not any more.
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
    rounds = _Rounds(world, looking, after, system, cdr, unrecognised)
    while not world.stopped():
        looking.look()
        rounds.run_round_if_due()
        if world.today() != rounds.day:
            rounds.sum_up()
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
    unrecognised: bool
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
            self._run_round()
        elif self.looking.left:
            self._report(Ingested())

    def _run_round(self) -> None:
        offer = _Offer(self.world, self.looking, self.world.passed())
        try:
            self._report(self._taken_in(offer))
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
        done, paths = Ingested(), self.looking.there
        with _entered(self.world) as (practice, actor), ExitStack() as until:
            records = self._records(practice, until)
            order = IntakeOrder(
                paths, self.after, self.system, lambda _: None, records, self.unrecognised
            )
            ingest_found(practice, actor, offer.sources(), order, done)
        return replace(done, quarantined=offer.settle_with(done.quarantined))

    def _records(self, practice: Practice, until: ExitStack) -> AvailableCallRecords | None:
        records = open_call_records(self.cdr, practice.settings, system=self.system)
        try:
            return until.enter_context(records)
        except (Failed, NotFound, Unusable) as problem:
            # Recordings do not wait for them: callrec ingest --cdr joins them later.
            self.world.note(f"without call records: {problem.message}")
            return None

    def _report(self, done: Ingested) -> None:
        done.quarantined += self.looking.left
        self.looking.left = []
        self.totals.add(done)
        if done.recordings or done.duplicates or done.quarantined:
            self.world.report(done, self.looking.spool.waiting)


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
        spool, news = self.looking.spool, list[Quarantined]()
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


TICK_SECONDS = 1


class FolderChanges:
    """What has changed in some folders, as the system tells it.

    Of a network share it does not tell what another machine writes, and it may watch only so many
    folders. Then this only waits, and the caller has to look.
    """

    def __init__(self, stop: Event) -> None:
        """Waiting ends early once ``stop`` is set."""
        self._stop = stop
        self._changes: Iterator[set[tuple[Change, str]]] | None = None
        self._followed: set[tuple[Path, int, int]] = set()
        self.notices_all = True
        """Whether every change is reported; else look at everything now and then."""

    def follow(self, folders: Sequence[Path]) -> None:
        """Tell of these folders from the next ``wait`` on: of those that are there now.

        A folder that was made again under its name is another one, and has to be followed again.
        """
        now = {(path, *_identity(path)) for path in folders}
        if now == self._followed:
            return
        self._followed = now
        near = [path for path in folders if file_system_of(path) not in NETWORK_FILE_SYSTEMS]
        self.notices_all = len(near) == len(folders)
        self._changes = None
        if near:
            self._changes = watch(
                *near,
                watch_filter=None,
                debounce=TICK_SECONDS * 1000,
                rust_timeout=TICK_SECONDS * 1000,
                yield_on_timeout=True,
                stop_event=self._stop,
                raise_interrupt=False,
                ignore_permission_denied=True,
            )

    def wait(self) -> list[Path]:
        """Wait a second, or until something changes; returns where."""
        if self._changes is None:
            self._stop.wait(TICK_SECONDS)
            return []
        try:
            changes = next(self._changes, set())
        except (OSError, RuntimeError):  # too many folders, or one of them is gone again
            self._changes, self.notices_all = None, False
            return []
        return [Path(path) for change, path in changes if change is not Change.deleted]


def _identity(folder: Path) -> tuple[int, int]:
    try:
        status = folder.stat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


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
    """Which files of the watched folders may be taken in: those that stood still, each once.

    It has no clock and no disk: it is given what was seen, and when. A file is settled if it was
    seen alike twice, so many seconds apart: its size, its times, and those of its sidecar.
    What was dealt with is not offered again before it changes, so that nothing is reported twice.

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
        self._reported: set[int] = set()

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
        """A file is not ready yet: its time begins again."""
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
        """Whether it was not reported before that this was left, and why."""
        before = len(self._reported)
        self._reported.add(hash((left.path, left.why)))
        return len(self._reported) > before

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
