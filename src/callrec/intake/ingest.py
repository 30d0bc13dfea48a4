"""A run of ingest: seal ahead, catalogue behind.

In this order, for each batch of at most four hundred recordings:

    leave out, unread, what stands there as it was read before, if sources are kept
    seal two files at a time, large ones in threads, many others in processes beside; a file that
        is known by name, size and time is only hashed
    give each recording its call record, where there are some at hand
    make the sealed files durable, all with one call
    catalogue them in one transaction, with the batch's statement and its leaf: the commit point
    only then, and only if the copy opens, let the sources go where ``--after`` says

A run that is killed has touched no source whose recording is not in the vault; the next run clears
away what it left half-done and takes in the rest. While a batch is catalogued the next are sealed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from functools import partial
from itertools import chain, groupby, islice
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import Row

from callrec.calls.custody import Opening
from callrec.catalogue.engine import reading
from callrec.dataclass import dataclass, field, replace
from callrec.errors import CallrecError, Tampered
from callrec.intake.alike import sort_portion
from callrec.intake.batch import BatchKeys, catalogue_batch, write_marks
from callrec.intake.beside import SealingWorkers, start_sealing_workers
from callrec.intake.bundle import Bundle
from callrec.intake.clearing import (
    AfterIntake,
    AfterIntakeKind,
    check_after,
    clear_portion,
    read_back,
    why_left,
)
from callrec.intake.joining import (
    fill_known,
    is_unrecognised,
    join_known,
    join_new,
    leave_misdated,
    leave_unrecognised,
)
from callrec.intake.known import DuplicateMacs, Portion, seen_before, unchanged_sources
from callrec.intake.reading import doubts_of, telephone_setup
from callrec.intake.records import AvailableCallRecords
from callrec.intake.sealing import (
    LARGE_BYTES,
    SMALL_BYTES,
    BatchSealer,
    Outcome,
    Seen,
    Taken,
    are_below,
    chunks,
    hash_chunk,
    portions,
)
from callrec.intake.sources import (
    Found,
    NotRecording,
    Quarantined,
    Refusal,
    Source,
    check_paths,
    find_sources,
)
from callrec.intake.summary import Ingested, Totals, close_intake
from callrec.intake.vouching import recorder_of
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, attempt, storing, sweep_store, today
from callrec.store.directory import DirectoryBatch
from callrec.telephone.written import Setup


@dataclass(frozen=True, slots=True)
class IntakeOrder:
    """What to take in, and how."""

    paths: Sequence[Path]
    after: AfterIntake
    system: str | None
    """Whose recordings these are; None: their names show it."""
    advance: Callable[[int], None]
    """Takes how many more bytes are done."""
    records: AvailableCallRecords | None
    unrecognised: bool
    """Whether files are taken in whose names no system that is known writes."""
    misdated: bool = True
    """Whether files are taken in that are dated as no call can be; else they are left."""
    reads_back: bool = False
    """Whether each recording is read back from the disk and compared with its source."""


def ingest_recordings(
    practice: Practice,
    actor: Actor,
    paths: Sequence[Path],
    *,
    after: AfterIntake,
    system: str | None = None,
    advance: Callable[[int], None],
    records: AvailableCallRecords | None = None,
    unrecognised: bool = False,
    misdated: bool = True,
    bundle: Bundle | None = None,
) -> Ingested:
    """Take in all recordings under the paths, and sign a summary of the run.

    ``bundle``: of an export instead, which stays, and of which each is read back.
    """
    done = Ingested()
    order = IntakeOrder(
        paths, after, system, advance, records, unrecognised, misdated, bundle is not None
    )
    found = find_sources(paths) if bundle is None else bundle.found
    try:
        ingest_found(practice, actor, found, order, done)
    except BaseException:
        # An order to stop is no reason to say nothing.
        if totals := Totals.of(done):
            with suppress(CallrecError):
                close_intake(practice, actor, totals, complete=False)
        raise
    if bundle is None:  # an export's are told in the order of its list
        done.quarantined.sort(key=lambda left: left.path)  # a person looks there by name
    done.summary = close_intake(practice, actor, Totals.of(done), complete=True)
    return done


def ingest_found(
    practice: Practice, actor: Actor, found: Iterable[Found], order: IntakeOrder, done: Ingested
) -> None:
    """Take in what was found under the paths; ``found`` is asked as room for more is made.

    As ``ingest_recordings``, but without a summary. ``done`` is added to, so that its caller knows
    what was done before an error.
    """
    with attempt(practice, actor, "ingest"):
        check_may(actor.person, Power.INGEST, on=today(practice))
        setup = telephone_setup(practice.settings, system=order.system)
        setup = replace(setup, recorder=recorder_of(practice.settings, practice.now()))
        check_paths(order.paths, practice.folder)
        check_after(order.after, order.paths, practice.folder)
        with storing(practice):
            sweep_store(practice)
            try:
                IngestRun(practice, actor, setup, order, done).over(found)
            except CallrecError:
                # The room is wanted at once if the disk is full.
                with suppress(CallrecError):
                    sweep_store(practice)
                raise


MAX_BATCH_RECORDINGS: Final = 400
"""A batch may have more (docs/formats/recording.md, 1), but of each something is held meanwhile."""

MAX_BATCH_BYTES: Final = 256_000_000

WORKERS: Final = 2

THREADS: Final = 4
"""That seal large files: while one waits for the drive, another hashes."""

BATCHES_AHEAD: Final = 2
"""Batches that are being sealed, or are sealed, while one is catalogued; where they are of many
recordings, of each of which something is held meanwhile, it is one."""

MIN_FILES_FOR_WORKERS: Final = 256
"""Files among the first, large ones aside, from which on processes are worth their start."""


@dataclass(slots=True)
class _Group:
    """What becomes one batch, while it is being sealed."""

    sources: int
    keys: BatchKeys
    store: ExitStack
    """Holds the store's batch once something is sealed into it."""
    batch: DirectoryBatch | None = None
    tasks: list[Future[list[Outcome]]] = field(default_factory=list)
    unread: Mapping[Source, Row[Any]] = field(default_factory=dict)
    """Sources that stand there as they were read before."""


class IngestRun:
    """One run over the sources."""

    def __init__(
        self, practice: Practice, actor: Actor, setup: Setup, order: IntakeOrder, done: Ingested
    ) -> None:
        self._practice, self._actor, self._setup, self._done = practice, actor, setup, done
        self._order, self._advance, self._records = order, order.advance, order.records
        self._keeps = order.after.kind is AfterIntakeKind.KEEP
        self._duplicates = DuplicateMacs.of(practice, actor, marking=self._keeps)
        self._small_files = Lock()

    def over(self, found: Iterable[Found]) -> None:
        all_sources = portions(self._sources(found), MAX_BATCH_RECORDINGS, MAX_BATCH_BYTES)
        first = list(islice(all_sources, 1))
        # Forked before there are threads, of whose locks it would have copies.
        with ExitStack() as stores, self._workers(first) as self._beside, ExitStack() as threads:
            self._pool = ThreadPoolExecutor(THREADS)
            # What is under way ends before the store's batches are cleared away.
            threads.callback(self._pool.shutdown, wait=True, cancel_futures=True)
            begun: deque[_Group] = deque()
            # Nobody else holds what is begun: of many sources that would be much.
            while sources := first.pop() if first else next(all_sources, ()):
                begun.append(self._begin(sources, stores.enter_context(ExitStack())))
                under_way = sum(group.sources for group in begun)
                if len(begun) > BATCHES_AHEAD or under_way > MAX_BATCH_RECORDINGS:
                    self._finish(begun.popleft())
            while begun:
                self._finish(begun.popleft())

    def _workers(
        self, first: Iterable[Sequence[Source]]
    ) -> AbstractContextManager[SealingWorkers | None]:
        """Processes, if the first portion promises that there is enough for them."""
        some = [source for sources in first for source in sources]
        theirs = [source for source in some if source.mark.size_bytes < LARGE_BYTES]
        # An export is open here alone: another process would move where this one reads.
        if len(theirs) < MIN_FILES_FOR_WORKERS or any(source.member for source in some):
            return nullcontext()
        # Of small files one seals as many as are catalogued meanwhile.
        processes = 1 if are_below(SMALL_BYTES, theirs) else WORKERS
        vault, with_md5 = self._practice.vault, self._with_md5
        return start_sealing_workers(vault, self._setup, processes, with_md5=with_md5)

    @property
    def _with_md5(self) -> bool:
        return self._records is not None and self._records.have_sums

    def _sources(self, found: Iterable[Found]) -> Iterator[Source]:
        for each in found:
            match each:
                case Source():
                    yield each
                case Quarantined():
                    self._done.quarantined.append(each)
                case NotRecording():
                    self._done.ignored += 1

    def _begin(self, sources: Sequence[Source], store: ExitStack) -> _Group:
        group = _Group(len(sources), BatchKeys.draw(), store)
        with reading(self._practice.engine) as connection:
            if self._keeps and not self._order.reads_back:
                group.unread = unchanged_sources(connection, self._duplicates, sources)
            # To ask for a source costs more than all else here, and of most nothing is known.
            left = [s for s in sources if s not in group.unread] if group.unread else sources
            known = seen_before(connection, self._duplicates, left)
        if group.unread:
            self._advance(sum(source.mark.size_bytes for source in group.unread))
        hashing = partial(hash_chunk, advance=self._advance)
        group.tasks += self._submit(hashing, [s for s in left if s in known] if known else ())
        if new := [s for s in left if s not in known] if known else left:
            group.tasks += self._sealed(group, new)
        return group

    def _sealed(self, group: _Group, sources: Sequence[Source]) -> Iterator[Future[list[Outcome]]]:
        sealing = self._sealing(group)
        if self._beside is None or group.batch is None:
            yield from self._submit(sealing.take, sources)
            return
        elsewhere = partial(self._beside.take, group.batch, group.keys, self._advance)
        for is_theirs, some in groupby(chunks(sources), partial(are_below, LARGE_BYTES)):
            if is_theirs:
                yield self._pool.submit(elsewhere, list(chain(*some)))
            else:
                yield from (self._pool.submit(sealing.take, chunk) for chunk in some)

    def _submit(
        self, work: Callable[[Sequence[Source]], list[Outcome]], sources: Sequence[Source]
    ) -> list[Future[list[Outcome]]]:
        return [self._pool.submit(self._in_turn, work, chunk) for chunk in chunks(sources)]

    def _in_turn(
        self, work: Callable[[Sequence[Source]], list[Outcome]], chunk: Sequence[Source]
    ) -> list[Outcome]:
        with self._small_files if are_below(SMALL_BYTES, chunk) else nullcontext():
            return work(chunk)

    def _sealing(self, group: _Group) -> BatchSealer:
        if group.batch is None:
            store = self._practice.store
            group.batch = group.store.enter_context(store.batch(group.keys.batch))
        vault, setup = self._practice.vault, self._setup
        return BatchSealer(vault, setup, group.batch, self._advance, self._with_md5)

    def _finish(self, group: _Group) -> None:
        seen: list[Seen] = []
        for task in group.tasks:
            self._help_in(group)
            seen += self._put_aside(task.result())
        portion = self._sorted(group, seen)
        unjoined = self._join(portion)
        self._doubt_calls(portion)
        if group.batch is not None:
            for taken in portion.surplus:
                group.batch.drop(taken.sealed.sha256_ciphertext)
            if portion.new:
                group.batch.keep()
        numbers: Mapping[str, int] = {}
        if not portion.is_empty:
            keys, duplicates = group.keys, self._duplicates
            numbers = catalogue_batch(self._practice, self._actor, keys, portion, duplicates)
            self._done.batches.append(keys.batch)
        group.store.close()
        if portion.is_empty and portion.marks:
            write_marks(self._practice, self._actor, portion.marks)
        self._count(portion, unjoined, numbers)
        self._look_back(portion)

    def _help_in(self, group: _Group) -> None:
        """Seal here what else would be waited for: one process may not be enough for two cores."""
        if self._beside is not None and group.batch is not None:
            while self._beside.help(self._sealing(group)):
                pass

    def _join(self, portion: Portion) -> int:
        """Add what call records and other names tell.

        Returns of how many recordings no call record is known, where there are some at hand.
        """
        unjoined, duplicates, records, setup = 0, self._duplicates, self._records, self._setup
        with reading(self._practice.engine) as connection:
            if records is not None:
                self._done.quarantined += join_new(portion, records)
            if not self._order.unrecognised:  # a call record may have told whose it is
                self._done.quarantined += leave_unrecognised(portion)
            if not self._order.misdated:
                self._done.quarantined += leave_misdated(portion, self._practice.now())
            if records is not None:
                unjoined = join_known(connection, duplicates, portion, records, setup)
                unjoined += sum(taken.record is None for taken in portion.recordings)
            opening = Opening(self._practice, self._actor, connection)
            self._done.told_less += fill_known(connection, opening, duplicates, portion, setup)
        return unjoined

    def _doubt_calls(self, portion: Portion) -> None:
        """Find what is dated as no call can be, and numbers that could not be read."""
        now = self._practice.now()
        for uid, (first, *others) in portion.new.items():
            if doubts := doubts_of(first.call, now):
                sound = first.sound.with_findings(doubts)
                portion.new[uid] = [replace(first, sound=sound, metadata=None), *others]

    def _count(self, portion: Portion, unjoined: int, numbers: Mapping[str, int]) -> None:
        done = self._done
        done.recordings += len(portion.new)
        done.duplicates += portion.duplicates
        done.size_bytes += sum(taken.sealed.size_bytes for taken in portion.recordings)
        done.same_sound += sorted(numbers[uid] for uid in portion.same_sound if uid in portion.new)
        signed = [[w for w in taken.words if w.kind.is_signature] for taken in portion.recordings]
        done.vouched += sum(any(word.vouches for word in words) for words in signed)
        done.signed_in_vain += sum(
            bool(words) and not any(word.vouches for word in words) for words in signed
        )
        done.joined += len(portion.joined)
        done.unjoined += unjoined
        odd = [len(s) for s in portion.new.values() if is_unrecognised(s[0].call, s[0].record)]
        done.dated_by_file += sum(odd)
        for taken in portion.recordings:
            for finding in sorted(taken.sound.findings):
                done.findings.setdefault(finding, []).append(numbers[taken.uid])

    def _put_aside(self, outcomes: Sequence[Outcome]) -> list[Seen]:
        self._done.quarantined += [each for each in outcomes if isinstance(each, Quarantined)]
        return [each for each in outcomes if not isinstance(each, Quarantined)]

    def _sorted(self, group: _Group, seen: list[Seen]) -> Portion:
        with reading(self._practice.engine) as connection:
            opening = Opening(self._practice, self._actor, connection)
            sort = partial(
                sort_portion,
                connection,
                opening,
                self._duplicates,
                setup=self._setup,
                records=self._records,
            )
            portion = sort(seen)
            if unsealed := portion.unsealed:
                # Under a name and size that were known lies another sound by now, or call.
                seen = [s for s in seen if isinstance(s, Taken) or s.source not in unsealed]
                seen += self._put_aside(self._sealing(group).take(unsealed))
                portion = sort(seen)
        self._done.quarantined += portion.quarantined
        portion.unread = group.unread
        return portion

    def _look_back(self, portion: Portion) -> None:
        """Read the sealed copies back, where that is asked for, and let the sources go."""
        if self._order.reads_back:
            compared = read_back(self._practice, self._actor, portion, self._pool)
            self._done.read_back += compared
            self._done.damaged += sum(isinstance(each.problem, Tampered) for each in compared)
        if self._keeps:
            return
        after = self._order.after
        left = clear_portion(self._practice, self._actor, after, portion, self._pool)
        for path, problem in left:
            self._done.damaged += isinstance(problem, Tampered)
            self._done.quarantined.append(Quarantined(path, why_left(problem), Refusal.LEFT))
