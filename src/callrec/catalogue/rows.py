"""Many rows at once, as the driver takes them: all else costs more than SQLite itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Insert


def insert_rows(
    connection: Connection,
    insert: Insert,
    rows: Sequence[tuple[Any, ...]],
    *,
    columns: Sequence[str] | None = None,
) -> None:
    """Insert rows, quickest in the order that the table, or its index, is kept in.

    Args:
        connection: within a transaction.
        insert: into one table, without values.
        rows: at least one; values in the order of the table's columns, and of the types themselves
            that SQLite knows: for a word or number of an enumeration its driver first asks around.
        columns: those that the rows have; None: all.
    """
    said = insert.compile(connection, column_keys=columns and list(columns))
    connection.exec_driver_sql(str(said), list(rows))
