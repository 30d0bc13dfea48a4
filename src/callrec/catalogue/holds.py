"""Rows of holds, and of the recordings that each covers (docs/formats/holds.md).

They follow from the audit log's leaves, with which `requests.holding` compares them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, literal, select

from callrec.catalogue import tables
from callrec.errors import NotFound
from callrec.policy.hold import HoldState


def find_hold(connection: Connection, number: int) -> Row[Any]:
    """The row of a hold, with ``request_number`` and ``purpose`` of its request if it has one."""
    query = _with_request().where(tables.hold.c.number == number)
    row: Row[Any] | None = connection.execute(query).first()
    if row is None:
        raise hold_not_found(number)
    return row


def hold_not_found(number: int) -> NotFound:
    """The error for a hold that does not exist or is hidden from the reader."""
    return NotFound(f"there is no hold H-{number}", hint="run callrec hold list")


def state_of(connection: Connection, hold: str) -> HoldState:
    """The state column."""
    query = select(tables.hold.c.state).where(tables.hold.c.id == hold)
    return HoldState(connection.execute(query).scalar_one())


def all_holds(connection: Connection) -> Sequence[Row[Any]]:
    """Every hold, as `find_hold` gives it, in the order of their numbers."""
    return connection.execute(_with_request().order_by(tables.hold.c.number)).all()


def add_to_hold(connection: Connection, hold: str, uids: Collection[str]) -> None:
    """Let a hold name these recordings, none of which it names yet."""
    recording = tables.recording.c
    chosen = select(literal(hold), recording.id).where(recording.uid.in_(uids))
    connection.execute(insert(tables.held).from_select(["hold", "recording"], chosen))


def hold_of(connection: Connection, request: str) -> Row[Any] | None:
    """The hold that a request placed, as `find_hold` gives it; None if its purpose places none."""
    query = _with_request().where(tables.hold.c.request == request)
    row: Row[Any] | None = connection.execute(query).first()
    return row


def uids_held(connection: Connection, hold: str) -> frozenset[str | None]:
    """The recordings that a hold names, lifted or not; None stands for one that there is not."""
    held, recording = tables.held, tables.recording
    query = select(recording.c.uid).select_from(
        held.join(recording, recording.c.id == held.c.recording, isouter=True)
    )
    return frozenset(connection.execute(query.where(held.c.hold == hold)).scalars())


def count_held(connection: Connection) -> Mapping[str, int]:
    """For each hold that names any: how many recordings."""
    held = tables.held.c
    rows = connection.execute(select(held.hold, func.count().label("count_")).group_by(held.hold))
    return {row.hold: row.count_ for row in rows}


def holds_naming(
    connection: Connection, recordings: Collection[int] | None = None
) -> Sequence[Row[Any]]:
    """The holds that are not lifted and name one of these, or any: rows with ``recording``."""
    held = tables.held.c
    query = _with_request(held.recording).join(tables.held, held.hold == tables.hold.c.id)
    query = query.where(tables.hold.c.state != HoldState.LIFTED)
    if recordings is not None:
        query = query.where(held.recording.in_(recordings))
    return connection.execute(query).all()


def holds_in_state(connection: Connection, *states: HoldState) -> Sequence[Row[Any]]:
    """The holds that stand there, in the order of their numbers."""
    query = _with_request().where(tables.hold.c.state.in_(states))
    return connection.execute(query.order_by(tables.hold.c.number)).all()


def rows_keeping(recording: int | None = None) -> Mapping[str, str]:
    """Which rows say how long a recording is kept, or all: keys as LIKE has them, by table."""
    number = "%" if recording is None else str(recording)
    named = {tables.held.name: f"%/{number}", tables.category.name: number}
    return {tables.request.name: "%", tables.hold.name: "%", **named}


def newest_recording(connection: Connection) -> Row[Any] | None:
    """The recording that came in last; None where there is none."""
    recording = tables.recording
    return connection.execute(select(recording).order_by(recording.c.id.desc()).limit(1)).first()


def came_in_since(connection: Connection, *, after: int, before: int) -> bool:
    """Whether recordings later than ``after`` came in that began before a time, in ms."""
    recording = tables.recording.c
    # Few came in since, many began before: without its index the latter is not looked through.
    began_before = recording.started_at + 0 < before
    query = select(recording.id).where(recording.id > after, began_before)
    return connection.execute(query.limit(1)).first() is not None


def _with_request(*columns: ColumnElement[Any]) -> Select[Any]:
    request = tables.request
    return select(
        tables.hold, request.c.number.label("request_number"), request.c.purpose, *columns
    ).join(request, request.c.id == tables.hold.c.request, isouter=True)
