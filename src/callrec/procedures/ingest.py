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
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import CallrecError, Tampered
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import attempt, today
from callrec.procedures.intake_after import AfterKind, check_after
from callrec.procedures.intake_batch import BatchKeys, catalogue_batch
from callrec.procedures.intake_clearing import clear_portion, left_because
from callrec.procedures.intake_known import (
    Duplicates,
    Portion,
    seen_before,
    sort_out,
    sounds_known,
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from callrec.practice import Actor, Practice
    from callrec.procedures.intake_after import After
    from callrec.procedures.intake_sources import Found
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
    findings: dict[Finding, list[int]] = field(default_factory=dict)
    """What is to be known of the sound of which recordings, by their numbers."""

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
    system: str | None = None,
    advance: Callable[[int], None],
) -> Ingested:
    """Take in all recordings under the paths.

    Args:
        practice: the vault.
        actor: with the identity that signs what is taken in.
        paths: files, and folders with all that is in them.
        after: what becomes of the sources.
        system: whose recordings these are, a template's name too; None: told by their names.
        advance: is told, from any thread, how many bytes more are done.

    Raises:
        Refused: the actor may not ingest.
        NotFound, Unusable: the paths will not do.
        Failed: the vault cannot be written; what was catalogued before stays.
    """
    return ingest_found(
        practice,
        actor,
        find_sources(paths),
        paths=paths,
        after=after,
        system=system,
        advance=advance,
    )


def ingest_found(
    practice: Practice,
    actor: Actor,
    found: Iterable[Found],
    *,
    paths: Sequence[Path],
    after: After,
    system: str | None = None,
    advance: Callable[[int], None],
) -> Ingested:
    """Take in what was found under the paths; ``found`` is asked as room for more is made.

    As ``ingest_recordings`` for all else.
    """
    with attempt(practice, actor, "ingest"):
        check_may(actor.person, Power.INGEST, on=today(practice))
        setup = telephone_setup(practice.config, system=system)
        check_paths(paths, practice.folder)
        check_after(after, paths, practice.folder)
        with practice.store.lock():
            _sweep(practice)
            try:
                return _Run(practice, actor, setup, after, advance).over(found)
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
    batch: Batch | None = None
    tasks: list[Future[list[Outcome]]] = field(default_factory=list)


class _Run:
    """One run over the sources."""

    def __init__(
        self,
        practice: Practice,
        actor: Actor,
        setup: Setup,
        after: After,
        advance: Callable[[int], None],
    ) -> None:
        self._practice = practice
        self._actor = actor
        self._after = after
        self._advance = advance
        self._setup = setup
        self._duplicates = Duplicates.of(practice, actor)
        self._small_files = Lock()
        self._done = Ingested()

    def over(self, found: Iterable[Found]) -> Ingested:
        with ExitStack() as stores, _workers() as self._pool:
            before: _Group | None = None
            for sources in portions(self._sources(found), MOST_RECORDINGS, MOST_BYTES):
                group = self._begin(sources, stores.enter_context(ExitStack()))
                if before is not None:
                    self._finish(before)
                before = group
            if before is not None:
                self._finish(before)
        return self._done

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
        with reading(self._practice.engine) as connection:
            known = seen_before(connection, self._duplicates, sources)
        group = _Group(BatchKeys.draw(), store)
        hashing = partial(hash_chunk, advance=self._advance)
        group.tasks += self._submit(hashing, [s for s in sources if s in known])
        new = [source for source in sources if source not in known]
        if new:
            group.tasks += self._submit(self._sealing(group).take, new)
        return group

    def _submit(
        self, work: Callable[[Sequence[Source]], list[Outcome]], sources: Sequence[Source]
    ) -> list[Future[list[Outcome]]]:
        return [self._pool.submit(self._in_turn, work, chunk) for chunk in chunks(sources)]

    def _in_turn(
        self, work: Callable[[Sequence[Source]], list[Outcome]], chunk: Sequence[Source]
    ) -> list[Outcome]:
        # Two threads at small files wait for the interpreter's lock more than they gain.
        with self._small_files if are_small(chunk) else nullcontext():
            return work(chunk)

    def _sealing(self, group: _Group) -> Sealing:
        if group.batch is None:
            store = self._practice.store
            group.batch = group.store.enter_context(store.batch(group.keys.batch))
        return Sealing(self._practice.vault, self._setup, group.batch, self._advance)

    def _finish(self, group: _Group) -> None:
        seen: list[Seen] = []
        for task in group.tasks:
            seen += self._put_aside(task.result())
        portion = self._told_apart(group, seen)
        if group.batch is not None:
            for taken in portion.surplus:
                group.batch.drop(taken.sealed.sha256_ciphertext)
            if portion.new:
                group.batch.keep()
        if not portion.is_empty:
            numbers = catalogue_batch(
                self._practice, self._actor, group.keys, portion, self._duplicates
            )
            self._done.batches.append(group.keys.batch)
            self._note_findings(portion, numbers)
        group.store.close()
        self._done.recordings += len(portion.new)
        self._done.duplicates += portion.duplicates
        self._done.size_bytes += sum(taken.sealed.size_bytes for taken in portion.recordings)
        if self._after.kind is not AfterKind.KEEP:
            self._clear(portion)

    def _note_findings(self, portion: Portion, numbers: Mapping[str, int]) -> None:
        for taken in portion.recordings:
            for finding in sorted(taken.sound.findings):
                self._done.findings.setdefault(finding, []).append(numbers[taken.uid])

    def _put_aside(self, outcomes: Sequence[Outcome]) -> list[Seen]:
        self._done.quarantined += [each for each in outcomes if isinstance(each, Quarantined)]
        return [each for each in outcomes if not isinstance(each, Quarantined)]

    def _told_apart(self, group: _Group, seen: list[Seen]) -> Portion:
        with reading(self._practice.engine) as connection:
            known = sounds_known(connection, self._duplicates, seen)
            # Under a name and size that were known lies another sound by now.
            changed = [s.source for s in seen if isinstance(s, Hashed) and s.sha256 not in known]
            if changed:
                again = self._put_aside(self._sealing(group).take(changed))
                seen = [s for s in seen if isinstance(s, Taken) or s.sha256 in known] + again
                known = sounds_known(connection, self._duplicates, seen)
            return sort_out(connection, self._duplicates, seen, known)

    def _clear(self, portion: Portion) -> None:
        left = clear_portion(self._practice, self._actor, self._after, portion, self._pool)
        for path, problem in left:
            self._done.damaged += isinstance(problem, Tampered)
            self._done.quarantined.append(Quarantined(path, left_because(problem)))


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(WORKERS)
    try:
        yield pool
    finally:
        # What is under way ends before the store's batches are cleared away.
        pool.shutdown(wait=True, cancel_futures=True)
