"""What the log says happened to volumes, and the rows that follow (docs/formats/archive.md, 9).

    volume.kept      who has it and where it lies was written down, sealed
    volume.lost      it was reported lost: what lies on it is not a copy any more
    volume.found     it came back, and all of it was read back
    archive.removed  the vault let go of files that are on enough volumes

Anybody who has a key can write a leaf of any act with another program. By these leaves it is known
which volumes count as copies, and on which something may lie of which no statement tells: so they
count only where their actor might archive. What a volume owes of a destruction is found by rows,
and a certificate says that nothing is owed: so all rows of volumes are held against the log before
(docs/formats/destruction.md, 4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, select

from callrec.archive.attached import off_site_drives
from callrec.archive.heads import VOLUME_STATEMENT, signing_as_archivist, was_authorised_to_archive
from callrec.archive.survey import check_rows, read_written
from callrec.archive.unfinished import BEGUN, GIVEN_UP
from callrec.audit.leaf import Leaf
from callrec.audit.remembered import Problem
from callrec.calls.custody import replaced_files
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import to_millis
from callrec.catalogue.volumes import (
    IN_USE,
    LOST,
    ArchivedRecording,
    each_volume,
    on_volume,
    set_archived,
    with_copies,
)
from callrec.crypto.canonical import parse
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Tampered
from callrec.policy.retention import RecordingState
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, storing
from callrec.record.acts import attested_of, done_leaves
from callrec.record.entitled import Powers, powers_then
from callrec.record.rows import check_none
from callrec.record.statements import carried
from callrec.volume.bag import RECORDINGS, for_each_in_parallel
from callrec.volume.drive import drive_errors, hash_on_medium
from callrec.volume.volume import Volume

REMOVED: Final = "archive.removed"

RECORDINGS_PER_STEP = 200
"""Recordings in one leaf, which names each of them and stays short."""


class VolumeAct(StrEnum):
    """What happens to a volume besides being written to, as leaves name it."""

    KEPT = "volume.kept"
    LOST = "volume.lost"
    FOUND = "volume.found"


STANDING_AFTER = {VolumeAct.LOST: LOST, VolumeAct.FOUND: IN_USE}
"""How a volume stands after each."""

_OF_ARCHIVISTS: Final = frozenset((*map(str, VolumeAct), BEGUN, GIVEN_UP, REMOVED))


@dataclass(frozen=True, slots=True)
class Removed:
    """What the vault let go of."""

    recordings: int = 0
    size_bytes: int = 0
    """Bytes that are free again on the vault's disk."""
    too_few_copies: int = 0
    """Recordings on this volume that stay here until they are on enough others."""
    not_counted: tuple[str, ...] = ()
    """Labels of the volumes in use that lie on the vault's own disk: no copies elsewhere."""


def remove_local(
    practice: Practice, actor: Actor, volume: Volume, *, started_before: datetime | None
) -> Removed:
    """Remove the vault's files of recordings that are on enough volumes, this one among them.

    The copy on this volume is read back once more; each of the others was read back when it was
    written. What lies on the vault's own disk is not a copy, and two volumes on one drive are one.
    In this order:

        how the volumes stand and what lies on them is held against the log
        the copies on the attached volume are read from the medium
        a leaf ``archive.removed`` with their uids and the rows' state, in one transaction
        only then the files: what a killed run left of them, the next run removes
    """
    limit = None if started_before is None else to_millis(started_before)
    copies = practice.settings.archive.copies
    with storing(practice):
        with reading(practice.engine) as connection:
            drives = _checked_drives(practice, connection)
            in_use = [row for row in each_volume(connection) if row.standing == IN_USE]
            archived = on_volume(connection, volume.volume, drives, state=RecordingState.ARCHIVED)
            live = on_volume(
                connection, volume.volume, drives, state=RecordingState.LIVE, started_before=limit
            )
        # What is wrong here is not found where a recording is the vault's only one.
        enough = [row for row in live if row.copies >= copies]
        gone = [row for row in archived if row.copies >= copies]
        left = [row for row in gone if practice.store.has(row.ciphertext)]
        _check_copies(volume, left)
        size_bytes = _unlink(practice, left)
        for start in range(0, len(enough), RECORDINGS_PER_STEP):
            some = enough[start : start + RECORDINGS_PER_STEP]
            _check_copies(volume, some)
            with signing_as_archivist(practice, actor) as act:
                subject = [volume.volume, *(row.uid for row in some)]
                details = {"recordings": len(some)}
                act.leaf(REMOVED, actor=actor.person.id, subject=subject, details=details)
                set_archived(act.connection, [row.id for row in some])
            size_bytes += _unlink(practice, some)
    return Removed(
        recordings=len(left) + len(enough),
        size_bytes=size_bytes,
        too_few_copies=len(live) - len(enough),
        not_counted=tuple(row.label for row in in_use if row.id not in drives),
    )


def uids_with_enough_copies(practice: Practice, uids: Collection[str]) -> frozenset[str]:
    """Those of the recordings that lie on as many drives as the practice keeps, by the log.

    Raises:
        Tampered: how a volume stands, or what lies on it, is not what the log says.
    """
    with reading(practice.engine) as connection:
        drives = _checked_drives(practice, connection)
        return with_copies(connection, uids, practice.settings.archive.copies, drives)


def _checked_drives(practice: Practice, connection: Connection) -> Mapping[str, str]:
    """The drives that count as copies, by label; what lies on them is held against the log."""
    check_standings(practice, connection)
    for row in each_volume(connection):
        if row.standing == IN_USE:  # what counts as a copy is what the log's statements say
            read_written(practice, connection, row.id)
    return off_site_drives(practice, connection)


def _check_copies(volume: Volume, rows: Sequence[ArchivedRecording]) -> None:
    def look(row: ArchivedRecording) -> None:
        path = volume.bag_path(row.bag) / RECORDINGS / row.ciphertext
        with drive_errors():
            if hash_on_medium(path) != row.ciphertext:
                raise Tampered(
                    f"the drive's copy of recording {row.id} is not what was written there",
                    hint="its file stays in the vault; archive to another drive, "
                    "and run callrec archive verify DIR",
                )

    for_each_in_parallel(rows, look)


def _unlink(practice: Practice, rows: Sequence[ArchivedRecording]) -> int:
    size_bytes = 0
    for row in rows:
        with suppress(NotFound):
            size_bytes += practice.store.size(row.ciphertext)
        practice.store.remove(row.ciphertext)
    return size_bytes


def check_archived_rows(connection: Connection, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each recording that is on volumes only was let go of by a leaf, and no other was."""
    removed = {uid for leaf in done if leaf.act == REMOVED for uid in leaf.subject[1:]}
    table = tables.recording.c
    query = select(table.id, table.uid, table.state).execution_options(yield_per=1000)
    if not removed:  # then those that are as nearly all are need no look
        query = query.where(table.state != RecordingState.LIVE)
    for row in connection.execute(query.where(table.state != RecordingState.DESTROYED)):
        if row.state != (RecordingState.ARCHIVED if row.uid in removed else RecordingState.LIVE):
            thing = f"recording {row.id}"
            yield Problem(None, f"the state of {thing} is not what the log says", thing)


def check_standings(practice: Practice, connection: Connection) -> None:
    """Check how volumes stand before anything rests on it: a lost one must not count as a copy."""
    leaves = attested_of(practice, connection, STANDING_AFTER)
    counting = (leaf for leaf in leaves if was_authorised_to_archive(practice, connection, leaf))
    check_none(check_volume_rows(connection, counting))


def check_volume_rows(connection: Connection, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each volume stands as its leaves, among what was done, say; they were found sound before."""
    acts = {leaf.subject[0]: VolumeAct(leaf.act) for leaf in done if leaf.act in STANDING_AFTER}
    standing = {volume: STANDING_AFTER[act] for volume, act in acts.items()}
    for row in each_volume(connection):
        if row.standing != standing.get(row.id, IN_USE):
            yield Problem(None, "a drive does not stand as the log says: lost, or in use")


def newest_keeper_leaves(practice: Practice, connection: Connection) -> Mapping[str, int]:
    """For each volume of which it was written down who has it: the sequence of the last leaf."""
    kept = done_leaves(connection, (VolumeAct.KEPT,))
    counting = (leaf for leaf in kept if was_authorised_to_archive(practice, connection, leaf))
    return {leaf.subject[0]: leaf.seq for leaf in counting}


def check_volumes(practice: Practice, connection: Connection) -> None:
    """Check of every volume that a row or a statement names what the catalogue says of it."""
    check_standings(practice, connection)
    leaves = attested_of(practice, connection, _OF_ARCHIVISTS)
    check_none(check_archivists(powers_then(practice, connection), leaves))
    for volume in _stated(connection):
        read_written(practice, connection, volume)
    _check_former(connection)


def check_rows_of_volumes(connection: Connection) -> Iterator[Problem]:
    """The same where the whole log is read: its statements were found sound before."""
    for volume, runs in _stated(connection).items():
        manifests = {name: manifest for name, (_, manifest) in runs.items()}
        last = max((seq + 1 for seq, _ in runs.values()), default=0)
        try:
            check_rows(connection, volume, manifests, last)
        except Tampered as error:
            yield Problem(None, error.message)
    _check_former(connection)


def _stated(connection: Connection) -> Mapping[str, Mapping[str, tuple[int, str]]]:
    """The runs of each volume that a row or a statement names, by volume and by name.

    Of each, the sequence of its newest statement and the manifest that this one names.
    """
    found = {row.id: dict[str, tuple[int, str]]() for row in each_volume(connection)}
    for statement in carried(connection, VOLUME_STATEMENT):
        fields = parse(statement.body)
        runs = found.setdefault(str(fields.get("volume")), {})
        runs[str(fields.get("bag"))] = (statement.seq, str(fields.get("manifest")))
    return found


def _check_former(connection: Connection) -> None:
    """Each former file is its recording's, as statements say; of no recording, as none says."""
    former, recording = tables.former, tables.recording
    query: Any = select(former.c.ciphertext, recording.c.uid)
    query = query.outerjoin(recording, recording.c.id == former.c.recording)
    rows = connection.execute(query).all()
    if not rows:  # nearly always, and then the other rows need not be read
        return
    current = select(recording.c.ciphertext, recording.c.uid)
    owners = {row.ciphertext: row.uid for row in connection.execute(current)}
    owners |= {name: uid for uid, name in replaced_files(connection)}
    if any(owners.get(row.ciphertext) != row.uid for row in rows):
        raise Tampered("whose a file on a drive was does not follow from the audit log")


def check_archivists(powers: Powers, leaves: Iterable[Leaf]) -> Iterator[Problem]:
    """A problem for each of the attested leaves by a person who was not allowed to archive then."""
    for leaf in leaves:
        if leaf.act in _OF_ARCHIVISTS and Power.ARCHIVE not in powers.of(leaf):
            yield Problem(leaf.seq, f"{leaf.act} is by somebody who may not archive")
