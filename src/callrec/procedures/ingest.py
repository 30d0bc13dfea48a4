"""Take recordings in: sealed on the way, durable before they are catalogued [policy 4(h), 4(i)].

In this order, for each batch of at most a thousand recordings:

    seal two files at a time, in threads; a file that is known by name and size is only hashed
    make the sealed files durable, all with one call
    catalogue them in one transaction, with the batch's statement and its leaf: the commit point
    only then, and only if the copy opens, let the sources go where ``--after`` says

A run that is killed has touched no source whose recording is not in the vault; the next run clears
away what it left half-done and takes in the rest. While a batch is catalogued the next is sealed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.errors import CallrecError, Tampered
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import attempt, today
from callrec.procedures.intake_after import AfterKind, check_after
from callrec.procedures.intake_batch import BatchKeys, catalogue_batch
from callrec.procedures.intake_clearing import clear_portion, left_because
from callrec.procedures.intake_joining import join_known, join_new
from callrec.procedures.intake_known import (
    Duplicates,
    Portion,
    marks_known,
    seen_before,
    sort_out,
    sounds_known,
    write_macs,
)
from callrec.procedures.intake_reading import telephone_setup
from callrec.procedures.intake_sealing import (
    Hashed,
    Outcome,
    Sealing,
    Seen,
    Taken,
    are_small,
    chunks,
    hash_chunk,
    portions,
)
from callrec.procedures.intake_sources import (
    NotRecording,
    Quarantined,
    Source,
    check_paths,
    find_sources,
)
from callrec.procedures.intake_summary import sum_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from callrec.practice import Actor, Practice
    from callrec.procedures.intake_after import After
    from callrec.procedures.intake_sources import Found
    from callrec.procedures.records_at_hand import RecordsAtHand
    from callrec.store import Batch
    from callrec.telephone.setup import Setup
    from callrec.telephone.sound import Finding

MOST_RECORDINGS: Final = 1000
MOST_BYTES: Final = 256_000_000
WORKERS: Final = 2


@dataclass(slots=True)
class Ingested:
    """What a run did."""

    recordings: int = 0
    duplicates: int = 0
    """Files whose sound the vault had already."""
    size_bytes: int = 0
    """Of the originals that became recordings."""
    quarantined: list[Quarantined] = field(default_factory=list)
    ignored: int = 0
    """Files that are plainly no recordings."""
    damaged: int = 0
    """Sealed copies that were read back and are not whole."""
    batches: list[str] = field(default_factory=list)
    joined: int = 0
    """Recordings whose call was found among the call records that were given."""
    began: tuple[datetime, datetime] | None = None
    """When the first and the last of the recordings began, aware, UTC; None: there are none."""
    findings: dict[Finding, list[int]] = field(default_factory=dict)
    """What is to be known of the sound of which recordings, by their numbers."""

    summary: int | None = None
    """The leaf that sums the run up; None: there was nothing to say."""

    def note_starts(self, starts: Iterable[datetime]) -> None:
        """Widen the time that the recordings are from."""
        every = sorted([*(self.began or ()), *starts])
        if every:
            self.began = every[0], every[-1]

    @property
    def unreadable(self) -> int:
        """How many of the quarantined could not be read at all."""
        return sum(each.unreadable for each in self.quarantined)


def ingest_recordings(
    practice: Practice,
    actor: Actor,
    paths: Sequence[Path],
    *,
    after: After,
    setup: Setup | None = None,
    records: RecordsAtHand | None = None,
    advance: Callable[[int], None],
) -> Ingested:
    """Take in all recordings under the paths, and write down at the end what was done.

    Args:
        practice: the vault.
        actor: with the identity that signs what is taken in.
        paths: files, and folders with all that is in them.
        after: what becomes of the sources.
        setup: how this practice's telephone systems are read; None: as it is configured.
        records: call records to join; None: there are none at hand.
        advance: is told, from any thread, how many bytes more are done.

    Raises:
        Refused: the actor may not ingest.
        NotFound, Unusable: the paths will not do.
        Failed: the vault cannot be written; what was catalogued before stays.
    """
    done = Ingested()
    try:
        ingest_found(
            practice,
            actor,
            find_sources(paths),
            paths=paths,
            after=after,
            setup=setup,
            records=records,
            advance=advance,
            done=done,
        )
    except CallrecError:
        if done.batches:
            sum_up(practice, actor, done, was_cut_short=True)
        raise
    if done.batches or done.quarantined:
        done.summary = sum_up(practice, actor, done, was_cut_short=False)
    return done


def ingest_found(
    practice: Practice,
    actor: Actor,
    found: Iterable[Found],
    *,
    paths: Sequence[Path],
    after: After,
    setup: Setup | None = None,
    records: RecordsAtHand | None = None,
    advance: Callable[[int], None],
    done: Ingested | None = None,
) -> Ingested:
    """Take in what was found under the paths; ``found`` is asked as room for more is made.

    As ``ingest_recordings`` for all else; nothing is summed up. ``done`` is added to as it is done,
    and is what is returned.
    """
    with attempt(practice, actor, "ingest"):
        check_may(actor.person, Power.INGEST, on=today(practice))
        check_paths(paths, practice.folder)
        check_after(after, paths, practice.folder)
        with practice.store.lock():
            _sweep(practice)
            try:
                read_as = setup or telephone_setup(practice.config)
                done = Ingested() if done is None else done
                return _Run(practice, actor, after, read_as, records, advance, done).over(found)
            except CallrecError:
                # The room is wanted at once if the disk is full.
                with suppress(CallrecError):
                    _sweep(practice)
                raise


def _sweep(practice: Practice) -> None:
    """Clear away what a killed run left half-done."""
    column = tables.recording.c.ciphertext
    with reading(practice.engine) as connection:
        practice.store.sweep(
            lambda name: (
                connection.execute(select(column).where(column == name)).first() is not None
            )
        )


@dataclass(slots=True)
class _Group:
    """What becomes one batch, while it is being sealed."""

    keys: BatchKeys
    store: ExitStack
    """Holds the store's batch once something is sealed into it."""
    unread: list[tuple[Source, Row[Any]]]
    """Sources that are known by their mark."""
    batch: Batch | None = None
    tasks: list[Future[list[Outcome]]] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """One run over the sources."""

    practice: Practice
    actor: Actor
    after: After
    setup: Setup
    records: RecordsAtHand | None
    advance: Callable[[int], None]
    done: Ingested
    duplicates: Duplicates = field(init=False)
    small_files: Lock = field(default_factory=Lock)
    pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self.duplicates = Duplicates.of(self.practice, self.actor)

    def over(self, found: Iterable[Found]) -> Ingested:
        with ExitStack() as stores, _workers() as self.pool:
            before: _Group | None = None
            for sources in portions(self._sources(found), MOST_RECORDINGS, MOST_BYTES):
                group = self._begin(sources, stores.enter_context(ExitStack()))
                if before is not None:
                    self._finish(before)
                before = group
            if before is not None:
                self._finish(before)
        return self.done

    def _sources(self, found: Iterable[Found]) -> Iterator[Source]:
        for each in found:
            match each:
                case Source():
                    yield each
                case Quarantined():
                    self.done.quarantined.append(each)
                case NotRecording():
                    self.done.ignored += 1

    def _begin(self, sources: Sequence[Source], store: ExitStack) -> _Group:
        with reading(self.practice.engine) as connection:
            marked = self._unread(connection, sources)
            sources = [source for source in sources if source not in marked]
            known = seen_before(connection, self.duplicates, sources)
        group = _Group(BatchKeys.draw(), store, unread=list(marked.items()))
        hashing = partial(hash_chunk, advance=self.advance)
        group.tasks += self._submit(hashing, [s for s in sources if s in known])
        new = [source for source in sources if source not in known]
        if new:
            group.tasks += self._submit(self._sealing(group).take, new)
        return group

    def _unread(self, connection: Connection, sources: Sequence[Source]) -> dict[Source, Row[Any]]:
        """Those that need not be read again; what is to go is always read back."""
        if self.after.kind is not AfterKind.KEEP:
            return {}
        marked = marks_known(connection, self.duplicates, sources)
        for source in marked:
            self.advance(source.mark.size_bytes)
        return marked

    def _submit(
        self, work: Callable[[Sequence[Source]], list[Outcome]], sources: Sequence[Source]
    ) -> list[Future[list[Outcome]]]:
        return [self.pool.submit(self._in_turn, work, chunk) for chunk in chunks(sources)]

    def _in_turn(
        self, work: Callable[[Sequence[Source]], list[Outcome]], chunk: Sequence[Source]
    ) -> list[Outcome]:
        # Two threads at small files wait for the interpreter's lock more than they gain.
        with self.small_files if are_small(chunk) else nullcontext():
            return work(chunk)

    def _sealing(self, group: _Group) -> Sealing:
        if group.batch is None:
            store = self.practice.store
            group.batch = group.store.enter_context(store.batch(group.keys.batch))
        with_md5 = self.records is not None and self.records.tells_md5
        return Sealing(self.practice.vault, self.setup, group.batch, self.advance, with_md5)

    def _finish(self, group: _Group) -> None:
        seen: list[Seen] = []
        for task in group.tasks:
            seen += self._put_aside(task.result())
        portion = self._told_apart(group, seen)
        if self.records is not None:
            self._join(group, portion, self.records)
        if group.batch is not None:
            for taken in portion.surplus:
                group.batch.drop(taken.sealed.sha256_ciphertext)
            if portion.new:
                group.batch.keep()
        if not portion.is_empty:
            numbers = catalogue_batch(
                self.practice, self.actor, group.keys, portion, self.duplicates
            )
            self.done.batches.append(group.keys.batch)
            self._note_findings(portion, numbers)
        self._note_marks(portion)
        group.store.close()
        self.done.recordings += len(portion.new)
        self.done.duplicates += portion.duplicates
        self.done.joined += len(portion.joined) + len(portion.records)
        self.done.note_starts(taken.call.started_at for taken in portion.recordings)
        self.done.size_bytes += sum(taken.sealed.size_bytes for taken in portion.recordings)
        if self.after.kind is not AfterKind.KEEP:
            self._clear(portion)

    def _join(self, group: _Group, portion: Portion, records: RecordsAtHand) -> None:
        for taken, wrong in join_new(portion, records):
            self.done.quarantined.append(wrong)
            if group.batch is not None:
                group.batch.drop(taken.sealed.sha256_ciphertext)
        with reading(self.practice.engine) as connection:
            join_known(connection, self.duplicates, portion, records, self.setup)

    def _note_marks(self, portion: Portion) -> None:
        """Know next time what was only touched meanwhile, and need not be read again."""
        macs = {
            self.duplicates.mark(seen.source, seen.mark)[0]: row.id for seen, row in portion.held
        }
        if macs:
            with transaction(self.practice.engine) as connection:
                write_macs(connection, macs)

    def _note_findings(self, portion: Portion, numbers: Mapping[str, int]) -> None:
        for taken in portion.recordings:
            for finding in sorted(taken.sound.findings):
                self.done.findings.setdefault(finding, []).append(numbers[taken.uid])

    def _put_aside(self, outcomes: Sequence[Outcome]) -> list[Seen]:
        self.done.quarantined += [each for each in outcomes if isinstance(each, Quarantined)]
        return [each for each in outcomes if not isinstance(each, Quarantined)]

    def _told_apart(self, group: _Group, seen: list[Seen]) -> Portion:
        with reading(self.practice.engine) as connection:
            known = sounds_known(connection, self.duplicates, seen)
            # Under a name and size that were known lies another sound by now.
            changed = [s.source for s in seen if isinstance(s, Hashed) and s.sha256 not in known]
            if changed:
                again = self._put_aside(self._sealing(group).take(changed))
                seen = [s for s in seen if isinstance(s, Taken) or s.sha256 in known] + again
                known = sounds_known(connection, self.duplicates, seen)
            portion = sort_out(connection, self.duplicates, seen, known)
        portion.unread = group.unread
        return portion

    def _clear(self, portion: Portion) -> None:
        left = clear_portion(self.practice, self.actor, self.after, portion, self.pool)
        for path, problem in left:
            self.done.damaged += isinstance(problem, Tampered)
            self.done.quarantined.append(Quarantined(path, left_because(problem)))


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(WORKERS)
    try:
        yield pool
    finally:
        # What is under way ends before the store's batches are cleared away.
        pool.shutdown(wait=True, cancel_futures=True)
