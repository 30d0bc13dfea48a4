"""What was taken in and is only on the vault's own disk yet; opens nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, select

from callrec.archive.attached import off_site_drives
from callrec.archive.volumes import ListedVolume, list_volumes
from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.volumes import count_unarchived, oldest_unarchived
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.errors import CallrecError
from callrec.policy.retention import interval_end
from callrec.practice import Practice


@dataclass(frozen=True, slots=True)
class Unarchived:
    """The recordings that are lost if the vault's disk dies."""

    recordings: int
    since: datetime
    """UTC: when the first of them was taken in."""
    due_at: datetime
    """UTC: when to archive at the latest, as `archive.every` says [policy 4(h)]."""


Copies: TypeAlias = tuple[tuple[ListedVolume, ...], Unarchived | None]
"""The volumes, and what is on none yet; without what nobody signed for as it is."""


def read_copies(
    practice: Practice, connection: Connection, due_by: datetime | None = None
) -> Copies:
    """As `list_volumes` and `read_unarchived`; where either raises, `status` warns of it."""
    volumes, left = tuple[ListedVolume, ...](), None
    with suppress(CallrecError):
        volumes = list_volumes(practice)
    with suppress(CallrecError):
        left = read_unarchived(practice, connection, due_by=due_by)
    return volumes, left


def read_unarchived(
    practice: Practice, connection: Connection, *, due_by: datetime | None = None
) -> Unarchived | None:
    """What lies on no volume that is in use and on another disk; None: all does.

    With ``due_by`` it is None as well where none is to be archived until then: nothing is counted.

    Raises:
        CallrecError: how a volume stands is not what the log says.
    """
    drives, leaf = off_site_drives(practice, connection), tables.leaf.c
    statement = oldest_unarchived(connection, drives)
    query = select(leaf.seq, leaf.body).where(leaf.statement == statement).order_by(leaf.seq)
    carried = connection.execute(query.limit(1)).first() if statement else None
    since = due_at = practice.now()  # of a batch that no leaf carries: `audit verify` finds it
    if carried is not None:
        since = parse_instant(Leaf.decode(bytes(carried.body), carried.seq).at)
        day = since.date()
        due_at = since + (interval_end(day, practice.settings.archive.every) - day)
    if due_by is not None and due_at > due_by:
        return None
    count = count_unarchived(connection, drives)
    return Unarchived(count, since, due_at) if count else None
