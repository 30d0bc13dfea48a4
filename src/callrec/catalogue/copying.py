"""Every row of a catalogue into another one, which may be of the other kind of database."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from callrec.catalogue.engine import (
    check_schema,
    connect_there,
    create_catalogue,
    database_of,
    insert_rows,
    is_postgres,
    making,
    schema_of,
    transaction,
    upgrade,
)
from callrec.catalogue.sqlite import connect
from callrec.catalogue.tables import METADATA
from callrec.catalogue.written import make_triggers
from callrec.errors import Failed, Tampered

_AT_A_TIME: Final = 1000


def copy_to_file(source: Connection, path: Path) -> None:
    """Copy a catalogue, as a connection sees it, into a new file of SQLite with its schema."""
    create_catalogue(path, schema_of(source))
    target = connect(path, mode="rw")
    try:
        with transaction(target) as connection:
            copy_rows(source, connection)
    finally:
        target.dispose()


def copy_to_database(source: Connection, url: str) -> None:
    """Copy a catalogue, as a connection sees it, into a database: all of it or nothing.

    Raises:
        Misconfigured: it is not empty.
    """
    from callrec.catalogue.postgres import check_empty  # noqa: PLC0415 - SQLite needs it not

    engine = connect_there(url)
    try:
        with making(engine) as target:
            check_empty(target)
            make_there(target, source)
            check_schema(target)
    finally:
        engine.dispose()


def make_there(connection: Connection, source: Connection) -> None:
    """Make a catalogue of these rows in an empty database of PostgreSQL.

    Within a transaction of the connection all of it is there when that ends, or nothing.
    """
    from callrec.catalogue.postgres import keep_no_samples  # noqa: PLC0415 - SQLite needs it not

    upgrade(connection)
    keep_no_samples(connection)
    copy_rows(source, connection)
    make_triggers(connection)


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy every row of every table into tables that are empty.

    Raises:
        Failed: there are rows in them, or not all rows came there.
    """
    for table in METADATA.sorted_tables:
        if target.execute(table.select().limit(1)).first() is not None:
            raise Failed("there is a catalogue already where one was to be made")
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        rows = database_of(source).execute(f'SELECT {columns} FROM "{table.name}"')  # noqa: S608 - names of our own
        if is_postgres(target):
            _send(target, f'COPY "{table.name}" ({columns}) FROM STDIN', rows)
        else:
            while some := rows.fetchmany(_AT_A_TIME):
                insert_rows(target, table.insert(), [tuple(row) for row in some])
        count = f'SELECT count(*) FROM "{table.name}"'  # noqa: S608 - names of our own
        if target.exec_driver_sql(count).scalar() != source.exec_driver_sql(count).scalar():
            raise Failed("not every row of the catalogue came to where it was copied")


_BUT_FOR: Final = {
    "leaf": " WHERE seq <> {seq}",
    "detail": " WHERE seq <> {seq}",
    "node": " WHERE position <> ({seq} >> CAST(level AS INTEGER))",
}
"""What one entry of the log adds to these tables is left out."""


def check_same_rows(one: Connection, other: Connection, *, seq: int) -> None:
    """Compare every row of two catalogues, but for what the entry of that number added.

    Raises:
        Tampered: they differ.
    """
    for table in METADATA.sorted_tables:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        order = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
        but_for = _BUT_FOR.get(table.name, "").format(seq=seq)
        query = f'SELECT {columns} FROM "{table.name}"{but_for} ORDER BY {order}'  # noqa: S608 - names of our own
        rows = (database_of(each).execute(query) for each in (one, other))
        if sum(tuple(here) != tuple(there) for here, there in zip_longest(*rows, fillvalue=())):
            raise Tampered(
                f'the rows of the table "{table.name}" are not the same in both catalogues',
                hint="have the one taken away that is not in use, and run the same command again",
            )


def _send(target: Connection, query: str, rows: Any) -> None:
    driver: Any = target.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(query) as into:
            for row in rows:
                into.write_row(row)
    except driver.Error as error:  # as SQLAlchemy would say it
        raise DBAPIError(query, None, error, hide_parameters=True) from error
