"""Let the vault go of files that lie on enough volumes [policy 4(h), "archived"].

The copy on the volume that is attached is read back now, once more; of the others it is known that
each was read back when it was written, and which volumes were lost since. What lies on the vault's
own disk is no copy, and two volumes on one drive are one (`elsewhere`). In this order:

    how the volumes stand and what lies on them is held against the log
    the copies on the attached volume are read from the medium
    a leaf ``archive.removed`` with their uids and the rows' state, in one transaction
    only then the files: what a killed run left of them, the next run removes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from callrec.archive.archivist import signing_as_archivist
from callrec.archive.elsewhere import off_site_drives
from callrec.archive.survey import read_written
from callrec.archive.volume_log import check_standings
from callrec.audit.reading import Problem
from callrec.catalogue import tables
from callrec.catalogue.destruction import DESTROYED
from callrec.catalogue.engine import reading
from callrec.catalogue.times import to_millis
from callrec.catalogue.volumes import ARCHIVED, IN_USE, LIVE, each_volume, on_volume, set_archived
from callrec.errors import Tampered
from callrec.volume.bag import RECORDINGS, for_each_in_parallel
from callrec.volume.drive import drive_errors, hash_on_medium

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.catalogue.volumes import ArchivedRecording
    from callrec.practice import Actor, Practice
    from callrec.volume.volume import Volume

REMOVED: Final = "archive.removed"

RECORDINGS_PER_STEP = 200
"""Recordings in one leaf: it names each of them, and has at most 8 KiB."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What the vault let go of."""

    recordings: int = 0
    size_bytes: int = 0
    """That are free again on the vault's disk."""
    too_few_copies: int = 0
    """Recordings on this volume that stay here until they are on enough others."""
    not_counted: tuple[str, ...] = ()
    """Labels of the volumes in use that lie on the vault's own disk: no copies elsewhere."""


def remove_local(
    practice: Practice, actor: Actor, volume: Volume, *, started_before: datetime | None
) -> Removed:
    """Remove the vault's files of recordings that are on enough volumes, this one among them.

    Args:
        practice: the open vault; no other archive run is under way.
        actor: who may archive.
        volume: attached, and of this vault.
        started_before: only recordings that began before; None: all.

    Raises:
        Tampered: a copy on the volume, or what the vault says of a volume, is not as it was
            written; nothing more is removed.
        Failed: the drive cannot be read, the vault's disk cannot be written, or the actor may not
            archive any more; what is on record as removed is.
    """
    limit = None if started_before is None else to_millis(started_before)
    copies = practice.config.archive.copies
    with practice.store.lock():
        with reading(practice.engine) as connection:
            _check_counted(practice, connection)
            drives = off_site_drives(practice, connection)
            archived = on_volume(connection, volume.volume, drives, state=ARCHIVED)
            live = on_volume(connection, volume.volume, drives, state=LIVE, started_before=limit)
            in_use = [row for row in each_volume(connection) if row.standing == IN_USE]
        left = [row for row in archived if practice.store.has(row.ciphertext)]
        # What is wrong here is not found where a recording is the vault's only one.
        enough = [row for row in live if row.copies >= copies]
        left = [row for row in left if row.copies >= copies]
        size_bytes = _remove_files(practice, volume, left)
        for start in range(0, len(enough), RECORDINGS_PER_STEP):
            some = enough[start : start + RECORDINGS_PER_STEP]
            _check_copies(volume, some)
            _log(practice, actor, volume, some)
            size_bytes += _unlink(practice, some)
    return Removed(
        recordings=len(left) + len(enough),
        size_bytes=size_bytes,
        too_few_copies=len(live) - len(enough),
        not_counted=tuple(row.label for row in in_use if row.id not in drives),
    )


def _check_counted(practice: Practice, connection: Connection) -> None:
    """What is counted as a copy is what the log's statements say."""
    check_standings(practice, connection)
    for row in each_volume(connection):
        if row.standing == IN_USE:
            read_written(practice, connection, row.id)


def _check_copies(volume: Volume, rows: Sequence[ArchivedRecording]) -> None:
    def look(row: ArchivedRecording) -> None:
        path = volume.bag_path(row.bag) / RECORDINGS / row.ciphertext
        with drive_errors():
            if hash_on_medium(path) != row.ciphertext:
                raise Tampered(
                    f"the volume's copy of recording {row.id} is not what was written there",
                    hint="its file stays in the vault; archive to another drive, "
                    "and run callrec archive verify DIR",
                )

    for_each_in_parallel(rows, look)


def _log(
    practice: Practice,
    actor: Actor,
    volume: Volume,
    rows: Sequence[ArchivedRecording],
) -> None:
    with signing_as_archivist(practice, actor) as act:
        act.leaf(
            REMOVED,
            actor=actor.person.id,
            subject=[volume.volume, *(row.uid for row in rows)],
            details={"recordings": len(rows)},
        )
        set_archived(act.connection, [row.id for row in rows])


def _remove_files(practice: Practice, volume: Volume, rows: Sequence[ArchivedRecording]) -> int:
    _check_copies(volume, rows)
    return _unlink(practice, rows)


def _unlink(practice: Practice, rows: Sequence[ArchivedRecording]) -> int:
    size_bytes = 0
    for row in rows:
        path = practice.store.path(row.ciphertext)
        size_bytes += path.stat().st_size if path.is_file() else 0
        practice.store.remove(row.ciphertext)
    return size_bytes


def check_archived_rows(connection: Connection, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each recording that is on volumes only was let go of by a leaf, and none else was."""
    said = {uid for leaf in done if leaf.act == REMOVED for uid in leaf.subject[1:]}
    table = tables.recording
    query = select(table.c.id, table.c.uid, table.c.state).where(table.c.state != DESTROYED)
    for row in connection.execute(query):
        if row.state != (ARCHIVED if row.uid in said else LIVE):
            yield Problem(None, f"the state of recording {row.id} is not what the log says")
