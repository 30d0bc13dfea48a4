"""What the catalogue knows of archive volumes: their rows, and which recordings lie on which."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, union_all

from callrec.catalogue import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

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
    """The names of the sealed recordings in each bag of a volume, former ones too, sorted."""
    table, recording, former = tables.archived, tables.recording, tables.former
    current = (
        select(table.c.bag, recording.c.ciphertext)
        .join(recording, recording.c.id == table.c.recording)
        .where(table.c.volume == volume)
    )
    before = select(former.c.bag, former.c.ciphertext).where(former.c.volume == volume)
    rows = connection.execute(union_all(current, before).order_by("ciphertext"))
    found: dict[str, list[str]] = defaultdict(list)
    for bag, name in rows:
        found[bag].append(name)
    return found


def holding(connection: Connection, volume: str) -> Holding:
    """How much lies on a volume."""
    table, recording, former = tables.archived, tables.recording, tables.former
    bags = connection.execute(
        select(func.count()).select_from(tables.bag).where(tables.bag.c.volume == volume)
    ).scalar()
    sizes = connection.execute(
        union_all(
            *(
                select(recording.c.size_bytes)
                .join(each, each.c.recording == recording.c.id)
                .where(each.c.volume == volume)
                for each in (table, former)
            )
        )
    ).scalars()
    return Holding(bags or 0, tuple(sizes))


def save_volume(connection: Connection, volume: str, **columns: object) -> None:
    """Write a volume's row, new or again."""
    table = tables.volume
    if find_volume(connection, volume) is None:
        connection.execute(table.insert().values(id=volume, **columns))
    else:
        connection.execute(table.update().where(table.c.id == volume).values(**columns))


def make_former(connection: Connection, recordings: Collection[int]) -> None:
    """Note that what the volumes hold of these recordings is a former file of each.

    Nothing counts as archived of them any more. Law: `names_by_bag` gives the same as before, once
    their rows name other files.
    """
    archived, former, recording = tables.archived, tables.former, tables.recording
    of_these = archived.c.recording.in_(recordings)
    held = (
        select(archived.c.volume, recording.c.ciphertext, archived.c.bag, archived.c.recording)
        .join(recording, recording.c.id == archived.c.recording)
        .where(of_these)
    )
    columns = ["volume", "ciphertext", "bag", "recording"]
    connection.execute(insert(former).from_select(columns, held))
    connection.execute(archived.delete().where(of_these))


def put_unknown(connection: Connection, volume: str, bag: str, names: Iterable[str]) -> None:
    """Write down files in a bag that are no recording's that the catalogue knows."""
    table = tables.former
    rows = [{"volume": volume, "ciphertext": n, "bag": bag, "recording": None} for n in names]
    connection.execute(table.delete().where(table.c.volume == volume, table.c.bag == bag))
    if rows:
        connection.execute(table.insert(), rows)


def put_bag(
    connection: Connection, volume: str, bag: str, *, statement: str, recordings: Iterable[int]
) -> None:
    """Write down a bag that lies on a volume, new or anew, and which recordings are in it."""
    for table, name in ((tables.archived, tables.archived.c.bag), (tables.bag, tables.bag.c.name)):
        connection.execute(table.delete().where(table.c.volume == volume, name == bag))
    connection.execute(tables.bag.insert().values(volume=volume, name=bag, statement=statement))
    rows = [{"recording": number, "volume": volume, "bag": bag} for number in recordings]
    if rows:
        connection.execute(tables.archived.insert(), rows)
