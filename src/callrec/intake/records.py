"""The call records that a run is given, sealed in a temporary place.

Each file is read once, row by row, into a temporary database of this process, which SQLite spills
to the disk as it grows. It holds keyed hashes of what legs are joined by, and the legs sealed, all
under keys that never leave this process's memory: what is left of it on a disk says nothing.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from io import FileIO
from itertools import chain, islice
from pathlib import Path
from typing import Final, Self

from callrec.crypto import primitives
from callrec.dataclass import dataclass, field, replace
from callrec.errors import Failed, NotFound, Unusable
from callrec.intake.reading import telephone_setup
from callrec.intake.sources import why_not_a_file
from callrec.settings import Settings
from callrec.system.files import open_to_read
from callrec.telephone.call import Leg, System
from callrec.telephone.joining import join
from callrec.telephone.joining_facts import (
    Joined,
    Key,
    RecordingFacts,
    calls_of,
    keys_of_leg,
    keys_of_recording,
)
from callrec.telephone.reconciling import comparable_leg
from callrec.telephone.records.lines import NotUnderstood
from callrec.telephone.records.reading import read_records
from callrec.telephone.written import Setup

MAX_LISTED: Final = 20
"""Rows that were not understood and are listed one by one; all are counted."""

_MAX_CALLS: Final = 100
"""A key that more calls than this have in common tells none of them."""

_MAX_LEGS: Final = 500
"""What has more legs than this is not a call."""

_AT_ONCE: Final = 1000

_HASH_BYTES: Final = 16

_BEFORE: Final = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA cache_size = -16000",  # kibibytes
    "CREATE TABLE key (hash BLOB NOT NULL, call BLOB NOT NULL)",
    "CREATE TABLE leg (call BLOB NOT NULL, sealed BLOB NOT NULL)",
    "BEGIN",
)

_AFTER: Final = (
    "CREATE INDEX key_hash ON key (hash, call)",
    "CREATE INDEX leg_call ON leg (call)",
    "COMMIT",
)


@dataclass(slots=True)
class UnusedRows:
    """Rows of call records in which nothing could be used."""

    count: int = 0
    first: list[UnreadRow] = field(default_factory=list)


class AvailableCallRecords:
    """The call records of one run."""

    def __init__(self, database: sqlite3.Connection, tolerance: timedelta) -> None:
        """Begin with none; ``tolerance``: how far a recording and a leg may lie apart."""
        self._database = database
        self._tolerance = tolerance
        self._sealing = primitives.random_bytes(primitives.KEY_BYTES)
        self._mac = primitives.mac_function(primitives.random_bytes(primitives.KEY_BYTES))
        self.unused = UnusedRows()
        self.have_sums = False
        """Whether a record tells the MD5 of its recording."""

    @classmethod
    @contextmanager
    def of(cls, paths: Sequence[Path], setup: Setup, tolerance: timedelta) -> Iterator[Self]:
        """Those of some files."""
        # No name: SQLite's own temporary file, which is gone with the connection.
        with closing(sqlite3.connect("", isolation_level=None)) as database:
            records = cls(database, tolerance)
            with _explained():
                records._fill(paths, setup)
            yield records

    def join(self, recordings: Sequence[RecordingFacts]) -> Sequence[Joined | None]:
        """Of which leg of which call each recording is; None: no call is known of it."""
        keys = {key for facts in recordings for key in keys_of_recording(facts, self._tolerance)}
        with _explained():
            calls = {call for key in keys for call in self._calls_having(key)}
            candidates = calls_of(chain.from_iterable(map(self._legs, sorted(calls))))
        return join(recordings, candidates, self._tolerance).of_recordings

    def _fill(self, paths: Sequence[Path], setup: Setup) -> None:
        for statement in _BEFORE:
            self._database.execute(statement)
        rows = read_rows(paths, setup)
        while some := list(islice(rows, _AT_ONCE)):
            self._put(row for row in some if not isinstance(row, UnreadRow))
            unread = [row for row in some if isinstance(row, UnreadRow)]
            self.unused.count += len(unread)
            self.unused.first += unread[: MAX_LISTED - len(self.unused.first)]
        for statement in _AFTER:
            self._database.execute(statement)

    def _put(self, legs: Iterable[Leg]) -> None:
        keys, sealed = list[tuple[bytes, bytes]](), list[tuple[bytes, bytes]]()
        for leg in legs:
            # A leg that names no call is one by itself.
            same = f"{leg.call.system}\n{leg.key}" if leg.key else primitives.random_id()
            call = self._hash("call", same)
            keys += {(self._hash(*key), call) for key in keys_of_leg(leg, self._tolerance)}
            sealed.append((call, primitives.seal(self._sealing, pickle.dumps(leg), call)))
            self.have_sums = self.have_sums or "md5" in leg.call.said
        self._database.executemany("INSERT INTO key VALUES (?, ?)", keys)
        self._database.executemany("INSERT INTO leg VALUES (?, ?)", sealed)

    def _calls_having(self, key: Key) -> list[bytes]:
        query = "SELECT DISTINCT call FROM key WHERE hash = ? LIMIT ?"
        found = self._database.execute(query, (self._hash(*key), _MAX_CALLS + 1)).fetchall()
        return [call for (call,) in found] if len(found) <= _MAX_CALLS else []

    def _legs(self, call: bytes) -> list[Leg]:
        query = "SELECT sealed FROM leg WHERE call = ? LIMIT ?"
        found = self._database.execute(query, (call, _MAX_LEGS + 1)).fetchall()
        if len(found) > _MAX_LEGS:
            return []
        opened = (primitives.open_sealed(self._sealing, sealed, call) for (sealed,) in found)
        # This process wrote it: nobody else has the key.
        return [pickle.loads(leg) for leg in opened]  # noqa: S301

    def _hash(self, kind: str, value: str) -> bytes:
        return self._mac(f"{kind}\n{value}".encode())[:_HASH_BYTES]


@contextmanager
def open_call_records(
    paths: Sequence[Path], settings: Settings, *, system: str | None = None
) -> Iterator[AvailableCallRecords | None]:
    """The call records of some files, read as the practice's are; None: no file is named.

    ``system``: whose they are, if that is known; a template is only of names.

    Raises:
        NotFound, Unusable, Failed: there is no such file, it is of no kind that is known, or it
            cannot be read.
    """
    if not paths:
        yield None
        return
    tolerance = timedelta(seconds=settings.telephone.record_tolerance_seconds)
    setup = telephone_setup(settings, system=system)
    if setup.system is System.TEMPLATE:
        setup = replace(setup, system=None)
    with AvailableCallRecords.of(paths, setup, tolerance) as records:
        yield records


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Failed(
            f"the call records do not fit into the temporary folder: {error}",
            hint="name one with more room in SQLITE_TMPDIR",
        ) from None


_GIVE_A_FILE: Final = "give a file of call records to --cdr"


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row of a file that could not be used."""

    path: Path
    row: NotUnderstood


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """What files of call records say."""

    legs: list[Leg]
    """With their essence alone."""
    unread: tuple[UnreadRow, ...]
    not_understood: tuple[Path, ...]
    """The files that have rows of which none says anything."""


def read_legs(paths: Sequence[Path], setup: Setup) -> ReadFiles:
    """The legs of all files, and the rows that say nothing."""
    legs, unread, understood = list[Leg](), list[UnreadRow](), set[Path]()
    for path in paths:
        for row in read_rows([path], setup):
            if isinstance(row, UnreadRow):
                unread.append(row)
            else:
                legs.append(comparable_leg(row))
                understood.add(path)
    silent = dict.fromkeys(row.path for row in unread if row.path not in understood)
    return ReadFiles(legs, tuple(unread), tuple(silent))


def read_rows(paths: Iterable[Path], setup: Setup) -> Iterator[Leg | UnreadRow]:
    """Each row of all files, as it comes."""
    for path in paths:
        with _opened(path) as file:
            try:
                for row in read_records(file, setup):
                    yield UnreadRow(path, row) if isinstance(row, NotUnderstood) else row
            except Unusable as error:
                raise Unusable(f'"{path}": {error}', hint=error.hint) from None


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    try:
        with open_to_read(path, follows_links=True) as file:
            if why := why_not_a_file(os.fstat(file.fileno())):
                raise Unusable(f'"{path}": {why}', hint=_GIVE_A_FILE)
            yield file
    except FileNotFoundError:
        raise NotFound(f'there is no file "{path}"', hint="check its name") from None
    except IsADirectoryError:
        raise Unusable(f'"{path}" is a folder', hint=_GIVE_A_FILE) from None
    except OSError as error:
        raise Failed(f'"{path}" cannot be read: {error.strerror}') from None
