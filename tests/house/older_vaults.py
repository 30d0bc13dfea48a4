"""Practices whose vault has the schema of an older callrec: a second schema is made up here."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from callrec.catalogue import engine, sqlite
from callrec.restore import migrate
from house.practices import House

MADE_UP = Path(__file__).parents[1] / "catalogue" / "second_schema"

SECOND = "0002"

SINCE_FIRST = ("shelf", "room")
"""Tables that the second schema adds, the last one first."""


def begin_second_schema(put: Callable[[Any, str, Any], None] = setattr) -> None:
    """From here on callrec works with the second schema, so that each vault is an older one's."""
    put(engine, "VERSIONS", (*engine.VERSIONS, str(MADE_UP)))
    for module in (engine, migrate):
        put(module, "SCHEMA", SECOND)
        put(module, "OLDER_SCHEMAS", frozenset({"0001"}))
    put(sqlite, "SCHEMA_HASH", _made())


@cache
def _made() -> str:
    """What both migrations make where there was nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, engine.FILE_NAME)
        engine.create_catalogue(path)
        made = sqlite.connect(path, mode="ro")
        with engine.reading(made) as connection:
            found = sqlite.schema_hash(connection)
        made.dispose()
    return found


def catalogue_of(house: House) -> Path:
    return house.config.vault / "catalogue.sqlite"


def sql(house: House, *statements: str) -> list[tuple[object, ...]]:
    """What somebody does to the file without callrec; returns the rows of the last statement."""
    rows: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(catalogue_of(house))) as connection, connection:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
    return rows
