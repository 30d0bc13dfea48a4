"""Rows of incidents, their versions and their keys (docs/formats/incidents.md).

What a row says is believed only after it was compared with the audit log (incidents/log.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from callrec.catalogue import tables
from callrec.errors import NotFound


def find_incident(connection: Connection, reference: str) -> Row[Any]:
    """The row of an incident, ``I-3``."""
    table, number = tables.incident, int(reference.removeprefix("I-"))
    row = connection.execute(select(table).where(table.c.number == number)).first()
    if row is None:
        raise NotFound(f"there is no incident {reference}", hint="run callrec incident list")
    return row


def all_incidents(connection: Connection) -> Sequence[Row[Any]]:
    """Every incident, in the order of their numbers."""
    table = tables.incident
    return connection.execute(select(table).order_by(table.c.number)).all()
