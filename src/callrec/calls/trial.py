"""Open what is sealed on trial: a spoilt key is found while a drive has a sound copy of it.

A key that was sealed, and a file that opens with it, are only proven by opening them. Nothing that
is opened here is kept or shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, union

from callrec.calls.custody import open_batch_key, open_data_key
from callrec.catalogue import tables
from callrec.catalogue.engine import TO_RESTORE, batches
from callrec.crypto.context import context
from callrec.dataclass import dataclass, field
from callrec.errors import Tampered
from callrec.policy.retention import RecordingState
from callrec.policy.role import VaultKey
from callrec.store.sealing import Readable, open_stream

_SIDES = (VaultKey.RECORDINGS, VaultKey.CATALOGUE)


@dataclass(frozen=True, slots=True)
class KeyTrial:
    """Which recordings' keys opened."""

    of: int
    """Recordings whose keys were tried."""
    spoilt: tuple[int, ...]
    """Numbers of the recordings that cannot be opened with what is sealed of their keys."""
    data_keys: Mapping[int, bytes] = field(repr=False)
    """Of each recording that was asked for and whose key opened."""

    @property
    def opened(self) -> int:
        return self.of - len(self.spoilt)

    def check(self) -> None:
        """Raise where a key is spoilt: what is restored from this would not be heard again."""
        if self.spoilt:
            raise spoilt_key(self.spoilt[0])


def spoilt_key(number: int) -> Tampered:
    """The error of a recording whose key does not open."""
    return Tampered(
        f"the key of recording {number} does not open, so nobody can hear it",
        hint=f"keep every drive as it is; {TO_RESTORE} brings back the newest sound copy",
    )


def try_keys(
    connection: Connection,
    vault: str,
    shares: Mapping[tuple[VaultKey, int], bytes],
    *,
    numbers: Collection[int] | None = None,
    keep: bool = False,
) -> KeyTrial:
    """Open each batch's keys and each recording's data key with the vault's keys.

    Args:
        connection: sees one state of the catalogue throughout.
        vault: the vault's id.
        shares: the vault's keys that are open, by key and version.
        numbers: the recordings that are tried; None: every one that has not been destroyed.
        keep: give back the data keys.
    """
    batch_keys, lost = _try_batches(connection, vault, shares)
    spoilt, kept, of = list[int](), dict[int, bytes](), 0
    for row in _rows(connection, numbers):
        of += 1
        key = None if row.id in lost else batch_keys.get(row.batch)
        data_key = _opened(row, vault, key)
        if data_key is None:
            spoilt.append(row.id)
        elif keep:
            kept[row.id] = data_key
    return KeyTrial(of, tuple(spoilt), kept)


def _opened(row: Row[Any], vault: str, batch_key: bytes | None) -> bytes | None:
    if batch_key is None or row.data_key is None:
        return None
    try:
        return open_data_key(row, vault, batch_key)
    except Tampered:
        return None


def _try_batches(
    connection: Connection, vault: str, shares: Mapping[tuple[VaultKey, int], bytes]
) -> tuple[Mapping[str, bytes], Collection[int]]:
    """The recordings' keys of batches; and the recordings under those of which a key is spoilt.

    That may be a batch of what was only learnt of them later.
    """
    keys, spoilt = dict[str, bytes](), set[str]()
    for row in connection.execute(select(tables.batch)):
        for side in _SIDES:
            try:
                secret = shares[side, getattr(row, f"{side}_version")]
                opened = open_batch_key(row, vault, side, secret)
            except (Tampered, KeyError):
                spoilt.add(row.id)
                continue
            if side is VaultKey.RECORDINGS:
                keys[row.id] = opened
    return keys, _recordings_under(connection, sorted(spoilt))


def _recordings_under(connection: Connection, ids: Sequence[str]) -> Collection[int]:
    recording, metadata, found = tables.recording.c, tables.metadata.c, set[int]()
    for some in batches(ids):
        sound = select(recording.id).where(recording.batch.in_(some))
        learnt = select(metadata.recording).where(metadata.batch.in_(some))
        found |= {*connection.execute(union(sound, learnt)).scalars()}
    return found


def _rows(connection: Connection, numbers: Collection[int] | None) -> Iterable[Row[Any]]:
    table = tables.recording.c
    query: Any = select(table.id, table.uid, table.batch, table.data_key).order_by(table.id)
    query = query.where(table.state != RecordingState.DESTROYED)
    if numbers is None:
        yield from connection.execute(query.execution_options(yield_per=1000))
        return
    for some in batches(sorted(numbers)):
        yield from connection.execute(query.where(table.id.in_(some)))


def try_first_segment(source: Readable, row: Row[Any], vault: str, data_key: bytes) -> bool:
    """Whether the first segment of a recording's sealed file opens with its key."""
    associated = context("recording", vault, uid=row.uid)
    try:
        next(open_stream(source, data_key, associated))
    except Tampered:
        return False
    return True
