"""Whether a catalogue is sound, and whether a migration kept what was in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect

from callrec.catalogue.tables import METADATA
from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.errors import Failed, Tampered

SCHEMA_HASH: Final = "1da9c6dc5704f6cc67a56a7310cb23977d12185313bd6c7e50ca11de8764d666"
"""SHA-256 of what the migrations make, as `schema_hash` says it; each migration changes it."""

_KINDS: Final = {"BIGINT": "integer", "BLOB": "blob", "INTEGER": "integer", "VARCHAR": "text"}
"""Type of a column -> what SQLite calls its values."""


def damaged(what: str = "the catalogue is damaged") -> Tampered:
    """The catalogue is not to be worked with."""
    return Tampered(what, hint="restore it from an archive volume or a backup")


def schema_hash(connection: Connection) -> str:
    """Every table, index, view and trigger of a catalogue in one hash: SHA-256, lower-case hex.

    Each counts by the statement that made it, blanks aside. What SQLite makes by itself follows
    from the rest.
    """
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
        " WHERE type IN ('view', 'trigger') OR name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        " ORDER BY type, name"
    )
    made = "\n".join(" ".join(" ".join(map(str, row)).split()) for row in rows)
    return hashlib.sha256(made.encode()).hexdigest()


def check_schema(connection: Connection) -> None:
    """Check that nothing of a catalogue was made by anybody but the migrations.

    A trigger acts with callrec's own hand whenever callrec writes, and a view or a virtual table
    in a table's place can answer anything.
    """
    if schema_hash(connection) != SCHEMA_HASH:
        raise damaged(
            "the catalogue's tables, indexes, views or triggers are not those that callrec made"
        )


def check_integrity(connection: Connection) -> None:
    """Read every page, and follow every reference from one row to another."""
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if found != "ok" or dangling is not None:
        raise damaged()


def check_values(connection: Connection) -> None:
    """Check that each value is of its column's type, and each number one that JSON tells exactly.

    SQLite takes anything anywhere. Every row is read: for when something has gone wrong.
    """
    for table in METADATA.sorted_tables:
        wrong = " OR ".join(_is_another(each, connection.dialect) for each in table.columns)
        found = connection.exec_driver_sql(f'SELECT 1 FROM "{table.name}" WHERE {wrong} LIMIT 1')  # noqa: S608 - names of our own
        if found.first() is not None:
            raise damaged(
                f'the catalogue holds what callrec never writes, in its table "{table.name}"'
            )


def _is_another(column: Column[Any], dialect: Dialect) -> str:
    """In SQL, whether a value is not of its column's type."""
    name, kind = f'"{column.name}"', _KINDS[column.type.compile(dialect).partition("(")[0]]
    is_another = f"typeof({name}) NOT IN ('{kind}', 'null')"
    if kind != "integer":
        return is_another
    return f"{is_another} OR {name} NOT BETWEEN {-LARGEST_INTEGER} AND {LARGEST_INTEGER}"


def row_counts(connection: Connection) -> Mapping[str, int]:
    """How many rows each table has, by its name."""
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0  # noqa: S608 - names of our own
        for (name,) in names.all()
    }


def check_no_rows_lost(connection: Connection, before: Mapping[str, int]) -> None:
    """Check that every table that there was has as many rows as it had."""
    after = row_counts(connection)
    if any(after.get(name) != count for name, count in before.items()):
        raise Failed(
            "the migration did not keep every row, so nothing was changed",
            hint="report it, with what callrec doctor says",
        )
    check_integrity(connection)
