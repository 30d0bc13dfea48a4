"""What the catalogue knows of archive volumes: their rows, and which recordings lie on which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    case,
    exists,
    func,
    insert,
    null,
    select,
    union,
    union_all,
)

from callrec.catalogue import tables
from callrec.catalogue.engine import batches, update_row
from callrec.errors import NotFound
from callrec.policy.retention import RecordingState

IN_USE: Final = "in-use"
LOST: Final = "lost"
"""How a volume stands."""


class CopyPlace(NamedTuple):
    """Where a copy of a recording lies."""

    recording: int
    bag: str
    volume: str
    label: str
    standing: str


class ArchivedRecording(NamedTuple):
    """A recording that is on a volume."""

    id: int
    uid: str
    ciphertext: str
    bag: str
    copies: int
    """On how many drives it is."""


def find_volume(connection: Connection, volume: str) -> Row[Any] | None:
    """The row of a volume by its id; None if nothing was ever written there."""
    return connection.execute(select(tables.volume).where(tables.volume.c.id == volume)).first()


def volume_labelled(connection: Connection, label: str) -> Row[Any]:
    """The row of a volume by its label."""
    table = tables.volume
    row = connection.execute(select(table).where(table.c.label == label)).first()
    if row is None:
        raise NotFound(
            "there is no drive of that label", hint="callrec archive list shows the labels"
        )
    return row


def each_volume(connection: Connection) -> Sequence[Row[Any]]:
    """The rows of all volumes, by label."""
    return connection.execute(select(tables.volume).order_by(tables.volume.c.label)).all()


def is_label_taken(connection: Connection, label: str) -> bool:
    """Whether a volume of this vault has that label."""
    table = tables.volume
    return connection.execute(select(table.c.id).where(table.c.label == label)).first() is not None


def not_archived(
    connection: Connection, volume: str, *, started_before: int | None
) -> Iterable[Row[int, str, str]]:
    """``id``, ``ciphertext``, ``state`` of the recordings not on a volume yet, oldest first.

    Those that are destroyed are not among them. They are read as they are asked for.
    """
    table, archived = tables.recording.c, tables.archived.c
    there = select(archived.recording).where(archived.volume == volume)
    query = select(table.id, table.ciphertext, table.state).where(
        # Of two states that are named, SQLite would read the index, and put a million in order.
        table.state != RecordingState.DESTROYED,
        table.id.not_in(there),
    )
    if started_before is not None:
        query = query.where(table.started_at < started_before)
    ordered = query.order_by(table.started_at, table.id)
    return connection.execute(ordered.execution_options(yield_per=1000))


def count_unarchived(connection: Connection, drives: Iterable[str]) -> int:
    """How many recordings are here and on none of these volumes."""
    those = list(drives)
    if not those:  # nearly all are live, and it is all there are that SQLite counts fastest
        every = "SELECT count(*) FROM recording"
        query = f"SELECT ({every}) - ({every} WHERE state < ?) - ({every} WHERE state > ?)"
        return int(connection.exec_driver_sql(query, (str(RecordingState.LIVE),) * 2).scalar_one())
    # Counted by an index alone, of which the oldest would be the first.
    counted = select(func.count()).where(_is_unarchived(connection, those))
    return connection.execute(counted).scalar_one()


def oldest_unarchived(connection: Connection, drives: Iterable[str]) -> str | None:
    """The digest of the statement by which the oldest of them was taken in; None: all are there."""
    table = tables.recording.c
    is_owed = _is_unarchived(connection, drives)
    oldest = select(func.min(table.id)).where(is_owed).scalar_subquery()
    of_batch = tables.batch.c.id == table.batch
    query = select(tables.batch.c.statement).where(of_batch, table.id == oldest)
    return connection.execute(query).scalar()


def _is_unarchived(connection: Connection, drives: Iterable[str]) -> ColumnElement[bool]:
    table, volume, those = tables.recording.c, tables.volume.c, list(drives)
    complete = select(func.max(volume.complete_to)).where(volume.id.in_(those))
    is_later = table.id > (connection.execute(complete).scalar() or 0)
    is_owed = (table.state == RecordingState.LIVE) & is_later
    # Where there are none all are, and there is no need to ask for each.
    return is_owed & ~_is_on(those) if those else is_owed


def _is_on(volumes: Collection[str]) -> ColumnElement[bool]:
    archived = tables.archived.c
    on_these = archived.volume.in_(volumes) & (archived.recording == tables.recording.c.id)
    return exists().where(on_these)


def state_complete(connection: Connection, volume: str) -> None:
    """Write down up to which recording a volume has all that are kept; nothing is read twice."""
    table, row = tables.recording.c, find_volume(connection, volume)
    so_far = (row and row.complete_to) or 0
    is_kept = table.state != RecordingState.DESTROYED
    lacking = select(table.id).where(is_kept, table.id > so_far, ~_is_on([volume]))
    first = connection.execute(lacking.order_by(table.id).limit(1)).scalar()
    newest = select(func.coalesce(func.max(table.id), 0))
    up_to = connection.execute(newest).scalar_one() if first is None else first - 1
    save_volume(connection, volume, complete_to=up_to)


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


def first_bag(connection: Connection, volume: str) -> str | None:
    """The name of the first bag on a volume, which begins with when it was made."""
    name: str | None = connection.execute(
        select(func.min(tables.bag.c.name)).where(tables.bag.c.volume == volume)
    ).scalar()
    return name


def numbers_by_bag(connection: Connection, volume: str) -> Mapping[str, Sequence[int]]:
    """The numbers of the recordings in each bag of a volume."""
    table = tables.archived.c
    query = select(table.bag, table.recording).where(table.volume == volume)
    found: dict[str, list[int]] = defaultdict(list)
    for bag, number in connection.execute(query.order_by(table.recording)):
        found[bag].append(number)
    return found


def drop_bag(connection: Connection, volume: str, bag: str) -> None:
    """Forget a bag, and which recordings were in it."""
    for table, name in ((tables.archived, tables.archived.c.bag), (tables.bag, tables.bag.c.name)):
        gone = connection.execute(table.delete().where(table.c.volume == volume, name == bag))
        if gone.rowcount:
            update_row(connection, tables.volume, volume, complete_to=None)


def place_of_each(
    connection: Connection, numbers: Sequence[int]
) -> Mapping[int, Sequence[CopyPlace]]:
    """On which volumes recordings lie, by their numbers; of each, by label."""
    table, volume = tables.archived, tables.volume
    query = (
        select(table.c.recording, table.c.bag, table.c.volume, volume.c.label, volume.c.standing)
        .join(volume, volume.c.id == table.c.volume)
        .order_by(table.c.recording, volume.c.label)
    )
    found: dict[int, list[CopyPlace]] = defaultdict(list)
    for some in batches(numbers):
        for row in connection.execute(query.where(table.c.recording.in_(some))):
            found[row.recording].append(CopyPlace(*row))
    return found


def labels_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The labels of the volumes on which recordings are, but for those that were lost."""
    places = place_of_each(connection, numbers)
    return {
        number: tuple(each.label for each in places.get(number, ()) if each.standing != LOST)
        for number in numbers
    }


def on_volume(
    connection: Connection,
    volume: str,
    drives: Mapping[str, str],
    *,
    state: RecordingState,
    started_before: int | None = None,
) -> Sequence[ArchivedRecording]:
    """A volume's recordings of one state, oldest first."""
    table, here = tables.recording, tables.archived
    copies = _copies_on(drives).label("copies")
    query = (
        select(table.c.id, table.c.uid, table.c.ciphertext, here.c.bag, copies)
        .join(here, here.c.recording == table.c.id)
        .where(here.c.volume == volume, table.c.state == state)
    )
    if started_before is not None:
        query = query.where(table.c.started_at < started_before)
    rows = connection.execute(query.order_by(table.c.started_at, table.c.id))
    return [ArchivedRecording(*row) for row in rows]


def calls_on(connection: Connection, volume: str) -> Sequence[Row[Any, Any, Any, Any]]:
    """``id, state, started_at, copies`` of each recording a volume holds a file of, oldest first.

    Whatever became of it here since: that it was sealed anew, or destroyed, takes nothing off a
    volume that was not attached. ``copies``: on how many volumes it is that are in use.
    """
    table, archived, volumes = tables.recording, tables.archived, tables.volume
    held = union(
        *(
            select(each.c.recording).where(each.c.volume == volume)
            for each in (archived, tables.former)
        )
    )
    every = archived.alias("every")
    copies = (
        select(func.count())
        .select_from(every.join(volumes, volumes.c.id == every.c.volume))
        .where(every.c.recording == table.c.id, volumes.c.standing == IN_USE)
        .scalar_subquery()
    )
    return connection.execute(
        select(table.c.id, table.c.state, table.c.started_at, copies.label("copies"))
        .where(table.c.id.in_(held))
        .order_by(table.c.started_at, table.c.id)
    ).all()


def _copies_on(drives: Mapping[str, str]) -> ScalarSelect[int]:
    every = tables.archived.alias("every")
    drive = case(drives, value=every.c.volume) if drives else null()
    return (
        select(func.count(drive.distinct()))
        .where(every.c.recording == tables.recording.c.id)
        .scalar_subquery()
    )


def set_archived(connection: Connection, numbers: Iterable[int]) -> None:
    """Write down that recordings are on volumes only."""
    table = tables.recording
    connection.execute(
        table.update().where(table.c.id.in_(list(numbers))).values(state=RecordingState.ARCHIVED)
    )


def count_with_too_few_copies(
    connection: Connection, copies: int, drives: Mapping[str, str]
) -> int:
    """How many recordings that are on volumes only are on fewer than so many of these drives."""
    table = tables.recording
    query = select(func.count()).where(
        table.c.state == RecordingState.ARCHIVED, _copies_on(drives) < copies
    )
    return connection.execute(query).scalar_one()


def with_copies(
    connection: Connection, uids: Collection[str], copies: int, drives: Mapping[str, str]
) -> frozenset[str]:
    """Those of the recordings that are on so many of these drives at the least."""
    table = tables.recording
    enough = select(table.c.uid).where(_copies_on(drives) >= copies)
    return frozenset(
        uid
        for some in batches(sorted(uids))
        for uid in connection.execute(enough.where(table.c.uid.in_(some))).scalars()
    )


def volume_contents(connection: Connection, volume: str) -> tuple[int, Sequence[int]]:
    """How many bags lie on a volume, and the size of each recording's original, in bytes."""
    recording = tables.recording
    bags = select(func.count()).select_from(tables.bag).where(tables.bag.c.volume == volume)
    sizes = union_all(
        *(
            select(recording.c.size_bytes)
            .join(each, each.c.recording == recording.c.id)
            .where(each.c.volume == volume)
            for each in (tables.archived, tables.former)
        )
    )
    return connection.execute(bags).scalar_one(), connection.execute(sizes).scalars().all()


def save_volume(connection: Connection, volume: str, **columns: object) -> None:
    """Write a volume's row, new or rewritten."""
    if find_volume(connection, volume) is None:
        connection.execute(tables.volume.insert().values(id=volume, **columns))
    else:
        update_row(connection, tables.volume, volume, **columns)


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
    if connection.execute(archived.delete().where(of_these)).rowcount:
        connection.execute(tables.volume.update().values(complete_to=None))


def add_unknown_files(connection: Connection, volume: str, bag: str, names: Iterable[str]) -> None:
    """Write down files in a bag that are no recording's now; whose they were stays, where known."""
    table = tables.former
    of_this_bag = (table.c.volume == volume) & (table.c.bag == bag)
    known = connection.execute(select(table.c.ciphertext, table.c.recording).where(of_this_bag))
    were = {row.ciphertext: row.recording for row in known}
    rows = [
        {"volume": volume, "ciphertext": name, "bag": bag, "recording": were.get(name)}
        for name in names
    ]
    connection.execute(table.delete().where(of_this_bag))
    if rows:
        connection.execute(table.insert(), rows)


def save_bag(
    connection: Connection, volume: str, bag: str, *, statement: str, recordings: Sequence[int]
) -> None:
    """Write down a bag that lies on a volume, new or rewritten, and which recordings are in it."""
    drop_bag(connection, volume, bag)
    connection.execute(tables.bag.insert().values(volume=volume, name=bag, statement=statement))
    for some in batches(recordings):
        rows = [{"recording": number, "volume": volume, "bag": bag} for number in some]
        connection.execute(tables.archived.insert(), rows)
