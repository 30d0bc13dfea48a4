"""Rows of requests, their versions, their keys and the grants under them.

What a row says is believed only after it was compared with the audit log (requests/open.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.catalogue import tables
from callrec.errors import NotFound
from callrec.policy.request import ENDED_STATES

CATALOGUE: Final = "catalogue"
"""Holder of a request key that is sealed to the catalogue key; every other holder is a person."""

GRANTED: Final = "granted"
PREPARED: Final = "prepared"
"""State of a grant while a package is made from it: out of use."""

ROWS_OF_REQUESTS: Final = dict.fromkeys(("request", "grant_", "clock_event"), "%")
"""What lists of requests are read from, for `audit.rows.check_tables`. They are not held against
leaves: one that somebody wrote with a program of their own would end them for all others."""


def number_of(reference: str) -> int:
    """17 of ``R-17``."""
    return int(reference.removeprefix("R-"))


def find_request(connection: Connection, reference: str) -> Row[Any]:
    """The row of a request."""
    query = select(tables.request).where(tables.request.c.number == number_of(reference))
    row = connection.execute(query).first()
    if row is None:
        raise request_not_found(reference)
    return row


def request_not_found(reference: str) -> NotFound:
    """The error for a request that does not exist or is hidden from the reader."""
    return NotFound(f"there is no request {reference}", hint="run callrec request list")


def reference_of(connection: Connection, request: str) -> str:
    """``R-17``, as it is typed, of a request by its id, which there is."""
    query = select(tables.request.c.number).where(tables.request.c.id == request)
    return f"R-{connection.execute(query).scalar_one()}"


def requests_ended(connection: Connection) -> frozenset[str]:
    """Ids of the requests that nothing leads on from, by the state column."""
    request = tables.request.c
    ended = select(request.id).where(request.state.in_(sorted(ENDED_STATES)))
    return frozenset(connection.execute(ended).scalars())


def put_grant(connection: Connection, **columns: object) -> None:
    """Put a grant in place of what the person held for that recording under that request."""
    table = tables.grant
    place = [table.c[key] == columns[key] for key in ("request", "uid", "person")]
    connection.execute(table.delete().where(*place))
    connection.execute(table.insert().values(state=GRANTED, **columns))


def grants_to(connection: Connection, request: str, person: str) -> Sequence[Row[Any]]:
    """A person's grants under one request, in the recordings' order."""
    return connection.execute(
        select(tables.grant)
        .join(tables.recording, tables.recording.c.uid == tables.grant.c.uid)
        .where(tables.grant.c.request == request, tables.grant.c.person == person)
        .order_by(tables.recording.c.id)
    ).all()


def set_grants_state(connection: Connection, request: str, person: str, state: str) -> None:
    """Take a person's grants under a request out of use, or put them back into it."""
    grant = tables.grant
    theirs = (grant.c.request == request) & (grant.c.person == person)
    connection.execute(grant.update().where(theirs).values(state=state))


def destroy_grants(
    connection: Connection, request: str, requester: str, *, to: str | None = None
) -> int:
    """Destroy the grants under a request, of one person or all, and the request keys with them.

    Returns how many grants there were. The requester keeps the keys of their own request.
    """
    key, grant = tables.request_key, tables.grant
    keys = (key.c.request == request) & key.c.holder.not_in((CATALOGUE, requester))
    grants = grant.c.request == request
    if to is not None:
        keys, grants = keys & (key.c.holder == to), grants & (grant.c.person == to)
    connection.execute(key.delete().where(keys))
    return connection.execute(grant.delete().where(grants)).rowcount
