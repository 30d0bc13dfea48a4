"""One archive run at a time, and what a killed one left half-done.

A bag appears on the drive whole, but before the audit log records it: between the two a run can be
killed. Its own note in the vault's folder is then what tells a bag that it left from one that
somebody put there. And a copy of the catalogue that no statement vouches for, or that a newer one
was to replace, may lie on the drive: the note is by what the volume owes it when something is
destroyed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection

from callrec.archive.heads import stated_volumes
from callrec.audit.log import stored_size
from callrec.catalogue import destruction
from callrec.catalogue.destruction import InterruptedRun, entries_known
from callrec.catalogue.engine import alone, reading
from callrec.errors import Failed, Tampered
from callrec.practice import Practice
from callrec.record.acts import done_leaves
from callrec.system.files import disk_errors, lock, move_over, open_or_create, remove_file, sync
from callrec.system.rights import make_private_folder
from callrec.volume.volume import FOLDERS, MARKER, Volume, is_label, time_of_run

WORK_FOLDER: Final = "archiving"

COPY_FOLDER: Final = "copy"

_LOCK_FILE: Final = "lock"

_NOTES_FILE: Final = "unfinished.json"

_ONE_AT_A_TIME: Final = "an archive run, a move, an erasure or sealing anew"
"""What holds the lock; which of them it is, the others do not know."""

BEGUN: Final = "archive.begun"
"""The act of the leaf before anything is written to a volume."""

GIVEN_UP: Final = "archive.given-up"
"""Of the leaf after which nothing is on a volume of which no statement tells: what a run had put
there was taken back, or it is lost."""


class _Note(NamedTuple):
    name: str
    label: str
    known: int


class RunNotes:
    """What an archive run notes of itself, in a folder of the vault's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def copy_folder(self) -> Path:
        """Where the copy of the catalogue lies until it is sealed."""
        return self._folder / COPY_FOLDER

    def begun(self, volume: str) -> str:
        """The name under which a run began to write to a volume and did not end; else empty."""
        note = self._read().get(volume)
        return note.name if note else ""

    def each_begun(self) -> Mapping[str, InterruptedRun]:
        """The volumes, by their ids, on which a run was begun and did not end."""
        notes = self._read()
        return {volume: InterruptedRun(note.label, note.known) for volume, note in notes.items()}

    def begin(self, volume: Volume, name: str, *, known: int) -> None:
        """Note durably that something is about to be written under that name.

        ``known``: how many entries of the log each copy of the catalogue that lies there, or is
        written now, knows at the least.
        """
        notes = self._read()
        if volume.volume in notes:  # what an earlier run left may be there yet
            known = min(known, notes[volume.volume].known)
        self._write({**notes, volume.volume: _Note(name, volume.label, known)})

    def end(self, volume: str) -> None:
        """Delete the note of a run: what it wrote is whole by now, or is gone from the volume."""
        left = {other: note for other, note in self._read().items() if other != volume}
        self._write(left)

    def _read(self) -> Mapping[str, _Note]:
        path = self._folder / _NOTES_FILE
        with disk_errors():
            data = path.read_bytes() if path.exists() else b"{}"
        try:
            return {id_: _note(id_, fields) for id_, fields in json.loads(data).items()}
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            wrong = "the vault's own note of archive runs that were cut off is damaged"
            raise Tampered(wrong) from error

    def _write(self, notes: Mapping[str, _Note]) -> None:
        path = self._folder / _NOTES_FILE
        beside = path.with_suffix(".new")
        with disk_errors():
            beside.write_text(json.dumps({each: note._asdict() for each, note in notes.items()}))
            sync(beside)
            move_over(beside, path)
            sync(self._folder)


def _note(id_: str, fields: object) -> _Note:
    match fields:
        case {"known": int(known), "label": str(label), "name": str(name)} if (
            re.fullmatch(r"[0-9a-f]{32}", id_)
            and (not label or is_label(label))
            and re.fullmatch(r"[0-9]{8}T[0-9]{6}Z-[0-9]{1,4}", name)
        ):
            return _Note(name, label, known)
        case _:
            raise ValueError


def note_run_begun(practice: Practice, notes: RunNotes, volume: Volume, name: str) -> None:
    """Note that a run begins to write to a volume, and from when the copies there are."""
    with reading(practice.engine) as connection:
        known = entries_known(connection).get(volume.volume, stored_size(connection))
    notes.begin(volume, name, known=known)


def owed_by_label(
    practice: Practice, connection: Connection, certificate: str | None = None
) -> Mapping[str, int]:
    """How many destroyed recordings each volume holds or tells of yet, by its label."""
    begun = unfinished_runs(practice, connection)
    return destruction.still_to_erase_by_label(connection, certificate, begun=begun)


def unfinished_runs(practice: Practice, connection: Connection) -> Mapping[str, InterruptedRun]:
    """The volumes, by their ids, on which a run was begun and did not end, by note or by the log.

    The note can be taken away: of a volume on which no run ended the log is asked as well, once
    something was destroyed.
    """
    noted = dict(RunNotes(practice.folder / WORK_FOLDER).each_begun())
    for volume, known in _begun_in_log(practice, connection).items():
        each = noted.get(volume, InterruptedRun("", known))
        noted[volume] = each._replace(known=min(known, each.known))
    return noted


def _begun_in_log(practice: Practice, connection: Connection) -> Mapping[str, int]:
    """How many entries of the log what lies on each of these volumes knows at the least."""
    if destruction.newest_destruction(connection) is None:
        return {}  # nothing is owed, and a long log need not be looked through
    begun: dict[str, int] = {}
    for leaf in done_leaves(connection, (BEGUN, GIVEN_UP)):
        if leaf.act == BEGUN:
            begun.setdefault(leaf.subject[0], leaf.seq + 1)
        else:
            begun.pop(leaf.subject[0], None)
    # Of what was stated the rows tell what is owed, and are held against the statements.
    stated = stated_volumes(practice, connection)
    return {volume: known for volume, known in begun.items() if volume not in stated}


@contextmanager
def archive_lock(practice: Practice) -> Iterator[RunNotes]:
    """Keep other such work out until the block ends; what is killed lets go of it."""
    folder = practice.folder / WORK_FOLDER
    with disk_errors():
        make_private_folder(folder, exist_ok=True)
        held = open_or_create(folder / _LOCK_FILE)
    try:
        try:
            lock(held, waits=False)
        except BlockingIOError as error:
            raise Failed(
                f"{_ONE_AT_A_TIME} is under way",
                hint="wait until it ends, then run the command again",
            ) from error
        with alone(practice.engine, _ONE_AT_A_TIME):
            yield RunNotes(folder)
    finally:
        os.close(held)


def is_writing(vault_folder: Path, volume: str) -> bool:
    """Whether a run that writes to a volume is under way; changes nothing."""
    folder = vault_folder / WORK_FOLDER
    with disk_errors(), suppress(FileNotFoundError), (folder / _LOCK_FILE).open("rb") as held:
        try:
            lock(held.fileno(), shared=True, waits=False)
        except BlockingIOError:
            return bool(RunNotes(folder).begun(volume))
    return False


def clear_run(volume: Volume, name: str) -> None:
    """Take back what a run put on a volume under a name before its statement was in the log.

    Its bag stays there under a hidden name: the next run does not copy it again.
    """
    volume.set_bag_aside(name)
    volume.remove_copy(time_of_run(name))


def unmake_volume(at: Path) -> None:
    """Make a volume that holds nothing a plain folder again, as far as the drive allows."""
    with suppress(OSError):
        remove_file(at / MARKER)
        for name in FOLDERS:
            (at / name).rmdir()
