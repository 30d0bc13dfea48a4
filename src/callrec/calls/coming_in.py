"""How recordings came in: when, and by whom, a service or a person [policy 4(i)].

What a service takes in is what it found where the telephone system writes; what a person brought in
is marked wherever it is listed, since nobody but they know where it was from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from callrec.audit.leaf import Leaf
from callrec.audit.register import Register
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.policy.role import PersonId, Role


@dataclass(frozen=True, slots=True)
class CameIn:
    """When a recording was taken in, and what the person who did was to the practice then."""

    at: datetime
    role: Role
    by: PersonId
    batch: str
    """Id of the batch that it came in with."""


def is_by_hand(came_in: CameIn | None) -> bool:
    """Whether a person brought a recording in; of one that nobody took in, no service did."""
    return came_in is None or came_in.role is not Role.INTAKE


def brought_by_hand(
    connection: Connection, register: Register, recordings: Collection[Row[Any]]
) -> tuple[int, ...]:
    """Numbers of those that a person brought in, or nobody, in order; for lists, as `came_in`."""
    brought = came_in(connection, register, [row.uid for row in recordings])
    return tuple(sorted(row.id for row in recordings if is_by_hand(brought.get(row.uid))))


def came_in(
    connection: Connection, register: Register, uids: Collection[str]
) -> Mapping[str, CameIn]:
    """How these recordings came in, by uid; for lists and words, nothing of it is checked."""
    recording, metadata = tables.recording.c, tables.metadata.c
    batch, leaf = tables.batch.c, tables.leaf.c
    query = (
        select(recording.uid, batch.id, leaf.seq, leaf.body)
        .join(tables.metadata, metadata.recording == recording.id)
        .join(tables.batch, batch.id == metadata.batch)
        .join(tables.leaf, leaf.statement == batch.statement)
        .where(recording.uid.in_(uids), metadata.revision == 1)
    )
    found = {}
    for uid, batch_id, seq, body in connection.execute(query):
        entry = Leaf.decode(bytes(body), seq)
        role = register.person(entry.actor, before=seq).role
        found[uid] = CameIn(parse_instant(entry.at), role, PersonId(entry.actor), batch_id)
    return found
