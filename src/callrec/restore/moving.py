"""Move a vault's catalogue from its folder into a database of PostgreSQL, and back.

Nobody writes meanwhile. Every row is copied, and what came there is compared, before either is
durable; then the one that was left is closed for good: it is kept, and says that it was left.
Killed between the two, both are there, and the same command ends what it began. As `migrate`, it
opens nothing that is sealed and takes no key.

So it is with the recordings, which go from the folder into a bucket, and back: each is read back
from where it came to before the log says so, and what is there already is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from callrec.archive.unfinished import WORK_FOLDER, archive_lock
from callrec.audit import tree
from callrec.audit.leaf import NOBODY
from callrec.audit.log import Head, node_reader, read_leaf, stored_head
from callrec.audit.remembered import forget_seen_head, load_seen_head, save_seen_head
from callrec.catalogue import tables
from callrec.catalogue.copying import check_same_rows, copy_to_database, copy_to_file
from callrec.catalogue.engine import (
    FILE_NAME,
    check_schema,
    close_for_good,
    connect_there,
    is_closed,
    is_made,
    is_postgres,
    reading,
)
from callrec.catalogue.sqlite import connect
from callrec.config import Config, with_recordings
from callrec.crypto.canonical import format_instant
from callrec.crypto.primitives import random_id
from callrec.dataclass import replace
from callrec.errors import Failed, Misconfigured, Tampered
from callrec.policy.retention import RecordingState
from callrec.practice import (
    Practice,
    check_remembered_head,
    open_practice,
    report_unsaved_head,
    store_of,
    storing,
    sweep_store,
    writing,
)
from callrec.restore.migrate import MIGRATED, Migrated
from callrec.restore.resume import is_beyond_log
from callrec.store.directory import DirectoryStore
from callrec.system.files import move, remove_file, sync
from callrec.volume.bag import for_each_in_parallel

SQLITE: Final = "sqlite"
"""What is said for the catalogue in the vault's folder, in place of a database's URL."""

FOLDER: Final = "folder"
"""What is said for the recordings in the vault's folder, in place of a bucket."""

_DATABASE, _BUCKET = "database", "bucket"

_AT_A_TIME: Final = 100
"""Recordings that are copied before the next ones are."""

_ON_ITS_WAY: Final = "catalogue.moving"


def move_catalogue(
    config: Config, to: str, *, now: Callable[[], datetime], environ: Mapping[str, str]
) -> Migrated:
    """Move the catalogue to where ``to`` says: a database's URL, or `SQLITE`.

    Raises:
        Misconfigured: it is there already, something else is, or the database is not to be used.
        Tampered: the catalogue is damaged, or its log is behind what was seen before.
        Failed: somebody brings in or archives, or the copy is not whole; then it is where it was.
    """
    practice = open_practice(config, now, environ)
    check_remembered_head(practice)
    moved = Migrated(*((FOLDER, _DATABASE) if to != SQLITE else (_DATABASE, FOLDER)), None)
    if is_postgres(practice.engine) is (to != SQLITE):
        raise _is_there("catalogue is", moved.after)
    with archive_lock(practice), storing(practice):
        there = _heads_there(practice, to)
        with writing(practice, None) as act:
            before = stored_head(act.connection)
            if there is None:
                details = {"from": moved.before, "to": moved.after}
                act.leaf(MIGRATED, actor=NOBODY, details=details)
                if to == SQLITE:
                    _into_folder(practice, act.connection)
                else:
                    copy_to_database(act.connection, to)
                there = _heads_there(practice, to)
            # Of a run that was killed, the leaf that it added is there alone.
            if there is None or there[0] != before or act.head not in (before, there[1]):
                raise Misconfigured(
                    f"there is another catalogue in that {moved.after}",
                    hint="have it taken away, and run the same command again",
                )
            _check_rows_there(practice, to, act.connection, before.size)
            close_for_good(act.connection)
    practice.engine.dispose()
    report_unsaved_head(practice)
    return moved


@contextmanager
def _reading_there(practice: Practice, to: str) -> Iterator[Connection]:
    file = practice.folder / FILE_NAME
    engine = connect(file, mode="ro") if to == SQLITE else connect_there(to)
    try:
        with reading(engine) as connection:
            yield connection
    finally:
        engine.dispose()


def _check_rows_there(practice: Practice, to: str, source: Connection, seq: int) -> None:
    """Every row is as it was, and what was added is the leaf of that number, which says so."""
    with _reading_there(practice, to) as there:
        leaf, body = read_leaf(there, seq)
        if leaf.act != MIGRATED or tree.leaf_hash(body) != node_reader(there)(0, seq):
            raise Tampered("the last entry of the log is not the one by which it was moved")
        check_same_rows(source, there, seq=seq)


def _heads_there(practice: Practice, to: str) -> tuple[Head, Head] | None:
    """Of the catalogue that is there already: its log before its last leaf, and now."""
    if to == SQLITE and not (practice.folder / FILE_NAME).is_file():
        return None
    with _reading_there(practice, to) as connection:
        if is_postgres(connection) and not is_made(connection):
            return None
        if is_closed(connection):
            raise Misconfigured(
                "a catalogue that was left is there yet",
                hint=f"move all that is called {FILE_NAME} out of the vault's folder, or have"
                " the database made anew; then run the same command again",
            )
        check_schema(connection)
        now = stored_head(connection)
        return Head(now.size - 1, tree.root(now.size - 1, node_reader(connection))), now


def move_recordings(
    config: Config, to: str, *, now: Callable[[], datetime], environ: Mapping[str, str]
) -> Migrated:
    """Move the recordings to where ``to`` says: ``s3://BUCKET``, or `FOLDER`.

    Raises:
        Misconfigured: they are there already, or were moved from here, or that is no bucket. A
            bucket where they are, and which has lost its mark, is marked again.
        Tampered: a recording is not what its name says, where it was or where it came to.
        Failed: some are not here, or somebody brings in or archives; what was copied stays there.
    """
    practice = open_practice(config, now, environ)
    check_remembered_head(practice)
    moved = Migrated(*((FOLDER, _BUCKET) if to != FOLDER else (_BUCKET, FOLDER)), None)
    recordings = "" if to == FOLDER else to
    if recordings == config.recordings:
        if to == FOLDER or _are_in_folder(practice) or not practice.store.claim(_live(practice)):
            raise _is_there("recordings are", moved.after)
        return replace(moved, before=_BUCKET)
    target = store_of(with_recordings(config, recordings), practice.vault)
    with archive_lock(practice):
        with storing(practice):
            sweep_store(practice)
        target.claim(_live(practice))
        with storing(replace(practice, store=target)):
            names = sorted(_live(practice))
            _copy(practice.store, target, names)
            for_each_in_parallel(names, target.check)
            _say_moved(practice, moved)
            practice.store.close_for_good()
            forget_seen_head(_noted(practice, moved.after))
            for name in {*names} - _live(practice):  # erased, or let go of, meanwhile
                target.remove(name)
    practice.engine.dispose()
    report_unsaved_head(practice)
    return moved


def _say_moved(practice: Practice, moved: Migrated) -> None:
    """Have the log say so, unless it does already: a run that was killed noted at which head."""
    forget_seen_head(_noted(practice, moved.before))  # of a way that was gone back since
    note = _noted(practice, moved.after)
    seen = load_seen_head(note)
    if seen is not None and not is_beyond_log(practice, seen.head):
        return
    forget_seen_head(note)
    with writing(practice, None) as act:
        act.leaf(MIGRATED, actor=NOBODY, details={"from": moved.before, "to": moved.after})
        save_seen_head(note, act.head, format_instant(practice.now()))


def _noted(practice: Practice, to: str) -> Path:
    """Where a move of the recordings notes the head with its leaf, until it has ended."""
    return practice.folder / WORK_FOLDER / f"moving-to-{to}"


def _live(practice: Practice) -> AbstractSet[str]:
    column = tables.recording.c
    query = select(column.ciphertext).where(column.state == RecordingState.LIVE)
    with reading(practice.engine) as connection:
        return frozenset(connection.execute(query).scalars())


def _are_in_folder(practice: Practice) -> bool:
    """Whether recordings are in the vault's folder, and were not moved away from there."""
    folder = DirectoryStore(practice.folder)
    try:
        folder.check_open()
    except Misconfigured:
        return False
    return not _live(practice).isdisjoint(folder.names())


def _copy(source: DirectoryStore, target: DirectoryStore, names: Sequence[str]) -> None:
    there = {*target.names()}
    lacking = [name for name in names if name not in there]
    here = {*source.names()} if lacking else set[str]()
    due = [name for name in lacking if name in here]
    for start in range(0, len(due), _AT_A_TIME):
        with target.batch(random_id()) as batch:
            for name in due[start : start + _AT_A_TIME]:
                with source.open(name) as sealed:
                    if batch.put(sealed) != name:
                        raise Tampered(f"the recording's file {name} is not what its name says")
            batch.keep()
    if len(due) != len(lacking):
        raise Failed(
            f"{len(lacking) - len(due)} recordings are not here; the others were copied",
            hint="run the same command on the machine that brought them in, or fetch them from a"
            " drive: callrec practice doctor --repair --from DIR",
        )


def _is_there(what: str, kind: str) -> Misconfigured:
    return Misconfigured(
        f"the {what} in a {kind} already, by the configuration",
        hint="callrec config show says where; if that is not so yet, take it out first",
    )


def _into_folder(practice: Practice, source: Connection) -> None:
    beside = practice.folder / _ON_ITS_WAY
    for left in practice.folder.glob(f"{_ON_ITS_WAY}*"):
        remove_file(left)
    copy_to_file(source, beside)
    move(beside, practice.folder / FILE_NAME)
    sync(practice.folder)
