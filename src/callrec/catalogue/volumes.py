"""What the catalogue knows of archive volumes: their rows, and which recordings lie on which."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from callrec.catalogue import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class Holding:
    """What lies on a volume, as far as rows tell."""

    bags: int
    originals_bytes: tuple[int, ...]
    """Size of the original of each recording, in bytes."""


def find_volume(connection: Connection, volume: str) -> Row[Any] | None:
    """The row of a volume by its id; None if nothing was ever written there."""
    table = tables.volume
    return connection.execute(select(table).where(table.c.id == volume)).first()


def each_volume(connection: Connection) -> Sequence[Row[Any]]:
    """The rows of all volumes, by label."""
    return connection.execute(select(tables.volume).order_by(tables.volume.c.label)).all()


def is_label_taken(connection: Connection, label: str) -> bool:
    """Whether a volume of this vault has that label."""
    table = tables.volume
    return connection.execute(select(table.c.id).where(table.c.label == label)).first() is not None


def not_archived(
    connection: Connection, volume: str, *, started_before: int | None
) -> Sequence[Row[Any, Any]]:
    """``id`` and ``ciphertext`` of the live recordings that are not on a volume yet, oldest first.

    Args:
        connection: sees one state of the catalogue throughout.
        volume: its id.
        started_before: milliseconds since 1970; None: all.
    """
    table, archived = tables.recording, tables.archived
    there = select(archived.c.recording).where(archived.c.volume == volume)
    query = select(table.c.id, table.c.ciphertext).where(
        table.c.state == "live", table.c.id.not_in(there)
    )
    if started_before is not None:
        query = query.where(table.c.started_at < started_before)
    return connection.execute(query.order_by(table.c.started_at, table.c.id)).all()


def names_by_bag(connection: Connection, volume: str) -> Mapping[str, Sequence[str]]:
    """The names of the sealed recordings in each bag of a volume, sorted."""
    table, recording = tables.archived, tables.recording
    rows = connection.execute(
        select(table.c.bag, recording.c.ciphertext)
        .join(recording, recording.c.id == table.c.recording)
        .where(table.c.volume == volume)
        .order_by(recording.c.ciphertext)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for bag, name in rows:
        found[bag].append(name)
    return found


def numbers_by_bag(connection: Connection, volume: str) -> Mapping[str, Sequence[int]]:
    """The numbers of the recordings in each bag of a volume."""
    table = tables.archived
    rows = connection.execute(
        select(table.c.bag, table.c.recording)
        .where(table.c.volume == volume)
        .order_by(table.c.recording)
    )
    found: dict[str, list[int]] = defaultdict(list)
    for bag, number in rows:
        found[bag].append(number)
    return found


def drop_bag(connection: Connection, volume: str, bag: str) -> None:
    """Forget a bag, and which recordings were in it."""
    for table, name in ((tables.archived, tables.archived.c.bag), (tables.bag, tables.bag.c.name)):
        connection.execute(table.delete().where(table.c.volume == volume, name == bag))


def holding(connection: Connection, volume: str) -> Holding:
    """How much lies on a volume."""
    table, recording = tables.archived, tables.recording
    bags = connection.execute(
        select(func.count()).select_from(tables.bag).where(tables.bag.c.volume == volume)
    ).scalar()
    sizes = connection.execute(
        select(recording.c.size_bytes)
        .join(table, table.c.recording == recording.c.id)
        .where(table.c.volume == volume)
    ).scalars()
    return Holding(bags or 0, tuple(sizes))


def save_volume(connection: Connection, volume: str, **columns: object) -> None:
    """Write a volume's row, new or again."""
    table = tables.volume
    if find_volume(connection, volume) is None:
        connection.execute(table.insert().values(id=volume, **columns))
    else:
        connection.execute(table.update().where(table.c.id == volume).values(**columns))


def put_bag(
    connection: Connection, volume: str, bag: str, *, statement: str, recordings: Iterable[int]
) -> None:
    """Write down a bag that lies on a volume, new or anew, and which recordings are in it."""
    drop_bag(connection, volume, bag)
    connection.execute(tables.bag.insert().values(volume=volume, name=bag, statement=statement))
    rows = [{"recording": number, "volume": volume, "bag": bag} for number in recordings]
    if rows:
        connection.execute(tables.archived.insert(), rows)
