"""Re-encrypt recordings that are older than the newest recordings key (formats/recording.md, 7).

In portions, each whole or not at all:

    every recording is opened with everything checked, and sealed again under a fresh data key while
        it streams by; its SHA-256 must be the one that was stated when it came in
    the new files are made durable
    one transaction: the statement of which file replaced which, its leaf, the new batch and keys
    the old files are removed

What is held, or granted to somebody now, is left for a later run; what is on volumes only is left
for good, and reported. Cut off anywhere, each recording lies under the one data key or the other,
and the next run goes on with those that are left.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import accumulate, chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, select

from callrec.archive.unfinished import archive_lock
from callrec.audit.log import LogTransaction, read_register
from callrec.calls.custody import (
    REENCRYPTED,
    Opening,
    SealedMetadata,
    replaced_files,
    seal_data_key,
    seal_metadata,
)
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import make_former
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer, sealed_size
from callrec.dataclass import dataclass, field
from callrec.errors import Failed, Locked, NotFound, Tampered
from callrec.intake.batch import BatchKeys, batch_row
from callrec.login.together import opened_by_two
from callrec.policy.authority import check_may_vouch
from callrec.policy.retention import RecordingState
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, attempt, record, storing, vault_key, writing
from callrec.record.acts import check_whole_catalogue
from callrec.record.statements import sign_statement_as
from callrec.requests.covering import holds_covering
from callrec.requests.holding import check_holds
from callrec.requests.lapse import attempt_after_expiry
from callrec.store.directory import DirectoryBatch
from callrec.store.sealing import Buffers, open_stream
from callrec.system.files import disk_errors

REENCRYPTION_BEGUN: Final = "keys.reencrypting"

REENCRYPTION_DONE: Final = "keys.reencrypted"

RECORDINGS_PER_STEP = 200
"""Recordings in one portion."""

BYTES_PER_STEP: Final = 256_000_000
"""Of their originals, the first aside: what the disk needs for a while on top of all else."""

SPARE_BYTES: Final = 64 << 20
"""Room that is left for the catalogue to grow in."""


class WhyLeft(StrEnum):
    """Why a recording stays under the data key that it has."""

    HELD = "held"
    GRANTED = "granted to somebody"
    MISSING = "not in the vault"
    AWAY = "on drives only"
    DAMAGED = "damaged"
    CHANGED = "changed meanwhile"


@dataclass(slots=True)
class Reencrypted:
    """What a run did."""

    recordings: int = 0
    size_bytes: int = 0
    """Of their originals."""
    left: dict[WhyLeft, list[int]] = field(default_factory=dict)
    """The numbers of those that stay as they are, by the reason."""

    def leave(self, number: int, why: WhyLeft) -> None:
        self.left.setdefault(why, []).append(number)


@dataclass(frozen=True, slots=True, repr=False)
class _Resealed:
    """A recording that is re-encrypted. Its repr shows nothing."""

    row: Row[Any]
    name: str
    """SHA-256 of its new file, in hex."""
    data_key: bytes
    revision: int
    metadata: SealedMetadata

    def as_item(self) -> dict[str, Any]:
        """The item that the statement lists for it."""
        return {
            "ciphertext": self.name,
            "metadata": self.metadata.commitment,
            "revision": self.revision,
            "uid": self.row.uid,
            "was": self.row.ciphertext,
        }


def bytes_to_reencrypt(practice: Practice) -> int:
    """How much a run would look at, in bytes of originals; opens nothing."""
    with reading(practice.engine) as connection:
        total = select(func.sum(tables.recording.c.size_bytes)).where(
            *_is_older(practice, RecordingState.LIVE)
        )
        return connection.execute(total).scalar() or 0


def reencrypt(
    practice: Practice, actor: Actor, advance: Callable[[int], None], *, second: Actor | None = None
) -> Reencrypted:
    """Re-encrypt every recording whose data key is older than the newest recordings key.

    ``advance`` is called with how many more bytes of originals are done with.

    Raises:
        Refused: the actor does not govern in their own right, or it takes a ``second`` person.
        Locked: the actor has not the recordings and the catalogue key.
        Tampered: the log, a row or a hold is not as it was signed, before or after. A recording
            whose file is not is left.
        Failed: the disk has too little room, or recordings are being taken in or archived; or
            people or keys were changed meanwhile. What was done stays; run it again.
    """
    with attempt_after_expiry(practice, actor, REENCRYPTION_BEGUN):
        check_may_vouch(actor.person)
    actor = opened_by_two(practice, actor, second, REENCRYPTION_BEGUN)
    with attempt(practice, actor, REENCRYPTION_BEGUN):
        for key in (VaultKey.RECORDINGS, VaultKey.CATALOGUE):
            vault_key(actor, key, practice.register.newest(key).version)
    with attempt(practice, actor, REENCRYPTION_DONE), archive_lock(practice):
        return _Run(practice, actor, advance).carry_out()


class _Run:
    """One run; archiving is kept out all the while, taking in for each portion."""

    def __init__(self, practice: Practice, actor: Actor, advance: Callable[[int], None]) -> None:
        if actor.identity is None:
            raise Locked("what is sealed anew is signed, and that takes the password")
        self._practice = practice
        self._actor = actor
        self._advance = advance
        self._buffers = Buffers()
        self._done = Reencrypted()

    def carry_out(self) -> Reencrypted:
        practice = self._practice
        with storing(practice):
            self._sweep()
        with reading(practice.engine) as connection:
            check_whole_catalogue(practice, connection)
            check_holds(practice, connection)
        portion = self._next(0)
        if portion:
            self._begin()
        while portion:
            self._take(portion)
            self._advance(sum(row.size_bytes for row in portion))
            portion = self._next(portion[-1].id)
        self._name_the_others()
        return self._done

    def _name_the_others(self) -> None:
        """All that is older yet, provided that all there is can be seen."""
        practice, column = self._practice, tables.recording.c.id
        named = frozenset(chain.from_iterable(self._done.left.values()))
        whys = {RecordingState.LIVE: WhyLeft.CHANGED, RecordingState.ARCHIVED: WhyLeft.AWAY}
        with reading(practice.engine) as connection:
            check_whole_catalogue(practice, connection)
            for state, why in whys.items():
                older = select(column).where(*_is_older(practice, state)).order_by(column)
                for number in connection.execute(older).scalars():
                    if number not in named:
                        self._done.leave(number, why)

    def _begin(self) -> None:
        """Put it into the log, once there is room for the largest portion that may come."""
        practice = self._practice
        size = tables.recording.c.size_bytes
        query = select(func.count(), func.sum(size), func.max(size))
        with reading(practice.engine) as connection:
            due = connection.execute(query.where(*_is_older(practice, RecordingState.LIVE))).one()
        recordings, size_bytes, largest = due
        needed = sealed_size(min(size_bytes, BYTES_PER_STEP + largest)) + SPARE_BYTES
        with disk_errors():
            free = shutil.disk_usage(practice.folder).free
        if free < needed:
            raise Failed(
                f"the vault's disk has too little room: {needed >> 20} MiB are needed for a while, "
                f"{free >> 20} MiB are free",
                hint="make room, and run it again: it goes on where it is",
            )
        details = {"bytes": size_bytes, "recordings": recordings}
        record(practice, self._actor, REENCRYPTION_BEGUN, details=details)

    def _next(self, after: int) -> Sequence[Row[Any]]:
        table = tables.recording
        query = select(table).where(
            *_is_older(self._practice, RecordingState.LIVE), table.c.id > after
        )
        with reading(self._practice.engine) as connection:
            rows = connection.execute(query.order_by(table.c.id).limit(RECORDINGS_PER_STEP)).all()
        sizes = accumulate(row.size_bytes for row in rows)
        fit = sum(1 for size in sizes if size <= BYTES_PER_STEP)
        return rows[: max(fit, 1)]

    def _take(self, portion: Sequence[Row[Any]]) -> None:
        practice, keys = self._practice, BatchKeys.draw()
        replaced = set[str]()
        with storing(practice):
            with practice.store.batch(keys.batch) as batch:
                sealed = self._seal(batch, keys, portion)
                if sealed:
                    batch.keep()
                    replaced = self._write_down(keys, sealed)
            for each in sealed:
                was_replaced = each.row.uid in replaced
                practice.store.remove(each.row.ciphertext if was_replaced else each.name)

    def _seal(
        self, batch: DirectoryBatch, keys: BatchKeys, portion: Sequence[Row[Any]]
    ) -> list[_Resealed]:
        practice, anew = self._practice, list[_Resealed]()
        with reading(practice.engine) as connection:
            spared = _spared(practice, self._actor, connection, portion)
            opening = Opening(practice, self._actor, connection)
            opening.look_up(portion)
            for row in portion:
                why = spared.get(row.id)
                if why is None:
                    try:
                        anew.append(self._seal_one(batch, keys, row, opening))
                    except NotFound:
                        why = WhyLeft.MISSING
                    except Tampered:
                        why = WhyLeft.DAMAGED
                if why is not None:
                    self._done.leave(row.id, why)
        return anew

    def _seal_one(
        self, batch: DirectoryBatch, keys: BatchKeys, row: Row[Any], opening: Opening
    ) -> _Resealed:
        """Stream a recording from the data key that it has to a fresh one."""
        practice = self._practice
        opened, old_key = opening.checked(row), opening.data_key(row)
        data_key = primitives.random_bytes(primitives.KEY_BYTES)
        info = context("recording", practice.vault, uid=row.uid)
        with practice.store.open(row.ciphertext) as sealed:
            original = _Original(open_stream(sealed, old_key, info, self._buffers))
            made = batch.seal(original, StreamSealer(data_key, info))
        if (made.size_bytes, made.sha256_original) != (row.size_bytes, opened.fields["sha256"]):
            batch.drop(made.sha256_ciphertext)
            raise Tampered(f"recording {row.id} holds another sound than was taken in")
        name, revision = made.sha256_ciphertext, opened.revision + 1
        fields = {"ciphertext": name, "provenance": [], "uid": row.uid}
        of = {"vault": practice.vault, "uid": row.uid}
        metadata = seal_metadata(fields, key=keys.catalogue, **of, revision=revision)
        return _Resealed(row, name, data_key, revision, metadata)

    def _write_down(self, keys: BatchKeys, sealed: Sequence[_Resealed]) -> set[str]:
        """One transaction; returns the uids of those whose file is another now."""
        practice = self._practice
        with writing(practice, self._actor.signer) as act:
            if read_register(act.connection) != practice.register:
                raise Failed("people or keys were changed a moment ago", hint="run it again")
            spared = _spared(practice, self._actor, act.connection, [each.row for each in sealed])
            anew = [s for s in sealed if s.row.id not in spared and _stands(act.connection, s)]
            if anew:
                self._replace(act, keys, anew)
        self._done.recordings += len(anew)
        self._done.size_bytes += sum(each.row.size_bytes for each in anew)
        replaced = {each.row.uid for each in anew}
        for each in sealed:
            if each.row.uid not in replaced:
                self._done.leave(each.row.id, spared.get(each.row.id, WhyLeft.CHANGED))
        return replaced

    def _replace(self, act: LogTransaction, keys: BatchKeys, anew: Sequence[_Resealed]) -> None:
        practice, connection = self._practice, act.connection
        fields = {"batch": keys.batch, "items": [each.as_item() for each in anew]}
        statement = sign_statement_as(practice, self._actor, REENCRYPTED, fields)
        size_bytes = sum(each.row.size_bytes for each in anew)
        details = {"bytes": size_bytes, "recordings": len(anew)}
        by, about = self._actor.person.id, [keys.batch]
        act.leaf(REENCRYPTION_DONE, actor=by, subject=about, details=details, statement=statement)
        connection.execute(tables.batch.insert().values(batch_row(practice, keys, statement)))
        make_former(connection, [each.row.id for each in anew])
        table, metadata, under = tables.recording, tables.metadata, {"batch": keys.batch}
        for each in anew:
            row, place = each.row, (practice.vault, keys.batch, keys.recordings)
            data_key = seal_data_key(*place, uid=row.uid, data_key=each.data_key)
            values = {**under, "ciphertext": each.name, "data_key": data_key}
            connection.execute(table.update().where(table.c.id == row.id).values(values))
            sealed = {"revision": each.revision, "sealed": each.metadata.sealed}
            connection.execute(metadata.insert().values(recording=row.id, **under, **sealed))

    def _sweep(self) -> None:
        """Clear away what a run that was killed left: new files before, old ones after."""
        practice, column = self._practice, tables.recording.c.ciphertext
        with reading(practice.engine) as connection:
            known = frozenset(connection.execute(select(column)).scalars())
            practice.store.sweep(known.__contains__)
            strays = {name for name in practice.store.names() if name not in known}
            replaced = {name for _, name in replaced_files(connection)} if strays else set[str]()
        for name in strays & replaced:
            practice.store.remove(name)


class _Original:
    """An opened recording, to be read as a file is."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def readinto(self, buffer: memoryview, /) -> int:
        if not self._piece:
            self._piece = memoryview(next(self._pieces, b""))
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size


def _is_older(practice: Practice, state: RecordingState) -> Sequence[ColumnElement[bool]]:
    """Recordings of a state that were sealed before the newest recordings key was made."""
    recording, batch, leaf = tables.recording.c, tables.batch.c, tables.leaf.c
    newest = practice.register.newest(VaultKey.RECORDINGS).seq
    older = select(batch.id).join(tables.leaf, leaf.statement == batch.statement)
    older = older.where(leaf.seq < newest)
    return (recording.state == state, recording.data_key.is_not(None), recording.batch.in_(older))


def _spared(
    practice: Practice, actor: Actor, connection: Connection, rows: Sequence[Row[Any]]
) -> Mapping[int, WhyLeft]:
    """By number, each recording whose file is not to be touched now, and why."""
    held = holds_covering(practice, actor, connection, [row.id for row in rows])
    # A grant opens the data key that the recording has, so it must have it as long.
    uid = tables.grant.c.uid
    query = select(uid).where(uid.in_([row.uid for row in rows]))
    granted = frozenset(connection.execute(query).scalars())
    spared = {row.id: WhyLeft.GRANTED for row in rows if row.uid in granted}
    return {**spared, **dict.fromkeys(held, WhyLeft.HELD)}


def _stands(connection: Connection, anew: _Resealed) -> bool:
    """Whether the recording is still what was re-encrypted."""
    table, metadata = tables.recording, tables.metadata.c
    row = connection.execute(select(table).where(table.c.id == anew.row.id)).first()
    newest = select(func.max(metadata.revision)).where(metadata.recording == anew.row.id)
    revision = connection.execute(newest).scalar()
    return row == anew.row and revision == anew.revision - 1
