"""The search index and the duplicate MACs, written anew under the newest index key.

Their rows do not name the version that they were written under, and look-ups try every version. So
this begins with the first recording. The operator's own folder remembers how far it came, with one
MAC that it wrote: a catalogue that lacks it is an older copy, or is under another key by now, and
everything is done again. That changes nothing. What an erased recording left behind stays under the
old version, as nothing is left that its MAC could be made from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, func, select

from callrec.audit.remembered import write_json_atomically
from callrec.calls.custody import OpenedRecording, Opening
from callrec.calls.find import indexed_call
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.catalogue.index import drop_misplaced_tokens, replace_calls
from callrec.intake.known import DuplicateMacs, write_macs
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, vault_key
from callrec.record.forms import Hex, as_json, recall

_MEMORY: Final = "reindexed.json"

ROWS_PER_STEP = 500
"""Recordings in one transaction: a fraction of a second for everybody else."""


@dataclass(frozen=True, slots=True)
class Reindexed:
    """What was done, in recordings."""

    moved: int
    failed: int
    """Those whose metadata do not open."""


@dataclass(frozen=True, slots=True)
class _Done:
    """How far it came."""

    version: int
    """Of the index key."""
    recording: int = 0
    """Number of the last one that was looked at."""
    mac: Hex = b""
    """One that it wrote, under that key."""


def count_to_reindex(practice: Practice) -> int:
    """How many recordings are still to be looked at; none where there is one version only."""
    if len(practice.register.versions(VaultKey.INDEX)) == 1:
        return 0
    recording = tables.recording.c
    with reading(practice.engine) as connection:
        to_come = recording.id > _recall(practice, connection).recording
        query = select(func.count(recording.id)).where(to_come, recording.data_key.is_not(None))
        return connection.execute(query).scalar_one()


def reindex(practice: Practice, actor: Actor, advance: Callable[[int], None]) -> Reindexed:
    """Go on where the last run left off, until every recording is under the newest index key."""
    moved = failed = 0
    with reading(practice.engine) as connection:
        done = _recall(practice, connection)
    while True:
        with transaction(practice.engine) as connection:
            recording = tables.recording
            # Without those that are erased.
            is_next = (recording.c.id > done.recording) & recording.c.data_key.is_not(None)
            query = select(recording).where(is_next).order_by(recording.c.id)
            rows = connection.execute(query.limit(ROWS_PER_STEP)).all()
            opened = Opening(practice, actor, connection).sound_metadata(rows)
            written = _write(practice, actor, connection, opened)
            if not rows:
                drop_misplaced_tokens(connection)
        if not rows:
            return Reindexed(moved, failed)
        done = replace(done, recording=rows[-1].id, mac=max(written, default=done.mac))
        write_json_atomically(practice.state_folder / _MEMORY, as_json(done))
        moved += len(opened)
        failed += len(rows) - len(opened)
        advance(len(rows))


def _write(
    practice: Practice, actor: Actor, connection: Connection, opened: Sequence[OpenedRecording]
) -> Collection[bytes]:
    """Write the index and the MACs of these; returns the MACs under the newest key."""
    newest = practice.register.newest(VaultKey.INDEX).version
    key, zone = vault_key(actor, VaultKey.INDEX, newest), practice.config.time_zone
    calls = [indexed_call(each) for each in opened]
    replace_calls(connection, key, practice.vault, calls, zone)
    duplicates, table = DuplicateMacs.of(practice, actor, marking=False), tables.duplicate
    fresh: dict[bytes, int] = {}
    for each in opened:
        macs = duplicates.of_metadata(each.uid, each.fields)
        fresh |= {under[0]: each.id for under in macs}
        old = [mac for under in macs for mac in under[1:]]
        is_old = (table.c.recording == each.id) & table.c.mac.in_(old)
        connection.execute(table.delete().where(is_old))
    write_macs(connection, fresh)
    return fresh


def _recall(practice: Practice, connection: Connection) -> _Done:
    """How far it came for the key that is newest now, in this catalogue."""
    newest = practice.register.newest(VaultKey.INDEX).version
    done = recall(_Done, practice.state_folder / _MEMORY)
    if done is None or done.version != newest:
        return _Done(newest)  # then everything is done again
    table = tables.duplicate.c
    is_there = connection.execute(select(table.mac).where(table.mac == done.mac)).first()
    return done if is_there else _Done(newest)
