"""What was taken in and is only on the vault's own disk yet; opens nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from callrec.archive.attached import off_site_drives
from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.volumes import unarchived
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
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


def read_unarchived(practice: Practice, connection: Connection) -> Unarchived | None:
    """What lies on no volume that is in use and on another disk; None: all does.

    Raises:
        CallrecError: how a volume stands is not what the log says.
    """
    count, statement = unarchived(connection, off_site_drives(practice, connection))
    leaf = tables.leaf.c
    query = select(leaf.seq, leaf.body).where(leaf.statement == statement).order_by(leaf.seq)
    carried = connection.execute(query.limit(1)).first() if count else None
    if carried is None:  # a batch that no leaf carries is found by `audit verify`
        return Unarchived(count, practice.now(), practice.now()) if count else None
    since = parse_instant(Leaf.decode(bytes(carried.body), carried.seq).at)
    day = since.date()
    until = interval_end(day, practice.settings.archive.every) - day
    return Unarchived(count, since, since + until)
