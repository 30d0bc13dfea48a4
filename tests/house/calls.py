"""Calls in a practice's vault, for tests: really sealed, stored, stated and catalogued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer
from callrec.intake.batch import BatchKeys, catalogue_batch
from callrec.intake.known import DuplicateMacs, Portion
from callrec.intake.sealing import Taken
from callrec.intake.sources import Mark, Source
from callrec.policy.role import VaultKey
from callrec.store.directory import DirectoryBatch
from callrec.telephone.call import Call, Direction, System, TimeConfidence
from callrec.telephone.sound.sound import Sound
from house.practices import House

NINE = datetime(2024, 1, 4, 9, tzinfo=UTC)

_sounds = count()

A_CALL = Call(
    system=System.NONE,
    direction=Direction.INBOUND,
    caller="+442079460123",
    callee="201",
    number="+442079460123",
    extension="201",
    parties=("Agnes Underhill",),
    started_at=NINE,
    local_time="2024-01-04T09:00:00",
    time_confidence=TimeConfidence.UTC_PROVEN,
    raw_time="20240104-090000",
    zone="Europe/London",
    utc_offset_minutes=0,
    contradiction=None,
    unique_id=None,
    sides=(),
    why="a test says so",
    said={},
)


def a_call(**said: Any) -> Call:
    """A call like any other; a test says only what matters to it."""
    return replace(A_CALL, **said)


def take_in(
    house: House, calls: Sequence[Call], *, by: str = "max", durations_ms: Sequence[int] = ()
) -> list[int]:
    """Put calls into the vault as one batch of one person; returns their numbers.

    ``durations_ms`` has one for each call; without it, each lasts a minute.
    """
    actor = house.actor(by)
    practice = house.practice
    keys = BatchKeys.draw()
    with practice.store.lock(), practice.store.batch(keys.batch) as batch:
        lasting = durations_ms or [60_000] * len(calls)
        taken = [
            _taken(batch, practice.vault, call, duration_ms)
            for call, duration_ms in zip(calls, lasting, strict=True)
        ]
        batch.keep()
        portion = Portion(new={each.sha256: [each] for each in taken})
        catalogue_batch(
            practice, actor, keys, portion, DuplicateMacs.of(practice, actor, marking=False)
        )
    with reading(practice.engine) as connection:
        rows = connection.execute(select(tables.recording.c.uid, tables.recording.c.id))
        numbers = {row.uid: row.id for row in rows}
    return [numbers[each.uid] for each in taken]


def plant(house: House, number: int, said: object) -> None:
    """Put metadata of one's own in a recording's place: anybody who can write the database can.

    The catalogue key's public half is no secret, so what is sealed to it here does open.
    """
    key, batch, vault = bytes(32), "f" * 32, house.practice.vault
    newest = house.practice.register.newest(VaultKey.CATALOGUE)
    info = context("batch", vault, batch=batch, key="catalogue", version=newest.version)
    row = tables.recording.c
    with transaction(house.practice.engine) as connection:
        another = connection.execute(select(tables.batch)).mappings().first()
        own = {"id": batch, "catalogue_key": primitives.hpke_seal(newest.public, key, info)}
        connection.execute(tables.batch.insert().values({**(another or {}), **own}))
        uid = connection.execute(select(row.uid).where(row.id == number)).scalar()
        sealed = primitives.seal(
            key, bytes(32) + canonical(said), context("metadata", vault, uid=uid, revision=1)
        )
        place = tables.metadata.c.recording == number
        connection.execute(tables.metadata.update().where(place).values(batch=batch, sealed=sealed))


def _taken(batch: DirectoryBatch, vault: str, call: Call, duration_ms: int) -> Taken:
    sound = f"sound {next(_sounds)}".encode()
    uid, data_key = primitives.random_id(), primitives.random_bytes(primitives.KEY_BYTES)
    sealer = StreamSealer(data_key, context("recording", vault, uid=uid))
    name = Path(f"/spool/{call.extension}-{call.number}.wav")
    mark = Mark(device=0, inode=0, size_bytes=len(sound), modified_ns=0)
    return Taken(
        source=Source(name, Path(name.name), mark),
        mark=mark,
        modified_at=call.started_at,
        uid=uid,
        data_key=data_key,
        call=call,
        sound=Sound("wav", "pcm16", 8000, 1, duration_ms),
        sealed=batch.seal(BytesIO(sound), sealer),
    )
