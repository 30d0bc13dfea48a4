"""A practice whose vault was written by the callrec that had the first schema."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House

SINCE_0001 = (
    "clock_event",
    "request_words",
    "held",
    "hold",
    "incident_version",
    "incident_key",
    "incident",
    "outbox",
)
"""Tables that came with 0002, each before those that it refers to."""


def catalogue_of(house: House) -> Path:
    return house.config.vault / "catalogue.sqlite"


def sql(house: House, *statements: str) -> list[tuple[object, ...]]:
    """What somebody does to the file without callrec; returns the rows of the last statement."""
    rows: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(catalogue_of(house))) as connection, connection:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
    return rows


def take_back_to_0001(house: House) -> None:
    """Drop what the first schema did not have; it is not to be used before it is migrated."""
    house.practice.engine.dispose()
    drops = [f"DROP TABLE {table}" for table in SINCE_0001]
    sql(house, *drops, "UPDATE alembic_version SET version_num = '0001'")
