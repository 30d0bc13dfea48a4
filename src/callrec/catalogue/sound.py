"""Whether a catalogue is sound: read page by page and row by row, whatever was signed for.

A database of PostgreSQL is left out of most of it: it has checksums of its pages, numbers nothing,
lets no reference break and no value be of another type; an index of it has other rows than its
table only where the person who runs the server sees to that.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, String, select

from callrec.catalogue.engine import damaged, database_of, is_postgres, opened_at, place_of
from callrec.catalogue.tables import METADATA
from callrec.catalogue.written import HARMLESS
from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.errors import Failed, Tampered

_KINDS: Final = {"BIGINT": "integer", "BLOB": "blob", "INTEGER": "integer", "VARCHAR": "text"}
"""Type of a column -> what SQLite calls its values."""


_READ_PAGES: Final = "PRAGMA integrity_check(1)"


def check_indexes(connection: Connection) -> None:
    """Read every page: each index has the rows of its table and no others.

    Anyone who writes to the file can give an index other rows than its table has, under its old
    name and text; what is then found by it, and what is read from the table, are two catalogues.

    Raises:
        Tampered: they differ, or something is damaged.
        Failed: the disk does not give a page.
    """
    if not is_postgres(connection):
        _check_said(str(connection.exec_driver_sql(_READ_PAGES).scalar()))


@contextmanager
def checking_indexes(connection: Connection) -> Iterator[None]:
    """Do `check_indexes` in a thread beside what is done within; what it finds is told first.

    SQLite reads all pages in one call, which leaves Python to others. Where that cannot be, as
    while somebody waits to write, it is done at the end.
    """
    if is_postgres(connection):
        yield
        return
    with ThreadPoolExecutor(1) as beside:
        said = beside.submit(_integrity_at, place_of(database_of(connection)))
        try:
            yield
        finally:
            if found := said.result():
                _check_said(found)
            else:
                check_indexes(connection)


def _integrity_at(place: tuple[str, str]) -> str:
    with suppress(sqlite3.Error), opened_at(place) as database:
        ((said,),) = database.execute(_READ_PAGES)
        return str(said)
    return ""


def _check_said(said: str) -> None:
    unread = re.search(r"unable to get the page\. error code=(\d+)", said)
    if unread and int(unread[1]) & 0xFF == sqlite3.SQLITE_IOERR:  # which nobody made
        raise Failed(
            "the catalogue could not be read from its disk", hint="run callrec practice doctor"
        )
    if of_value := re.fullmatch(r"[A-Z]+ value in (\w+)\.\w+", said):
        raise _never_written(of_value[1])
    if said != "ok":
        raise damaged("the catalogue is damaged, or an index of it has other rows than its table")


def check_numbering(connection: Connection) -> None:
    """The next recording gets the number after the last one's, which is never taken away.

    SQLite's own table of that has one whole number for each table that is numbered so, as messages
    are as well, and nothing else.

    Raises:
        Tampered: it would not, or that table holds more.
    """
    if is_postgres(connection):
        return
    numbered = {*_NUMBERED}
    for name, seq in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence"):
        if name not in numbered or not isinstance(seq, int):
            raise damaged("SQLite's own table of last numbers holds what callrec never writes")
        numbered.remove(name)
    is_other = connection.exec_driver_sql(
        "SELECT (SELECT seq FROM sqlite_sequence WHERE name IS 'recording')"
        " IS NOT (SELECT max(id) FROM recording)"
    )
    if is_other.scalar():
        raise damaged("the next recording would get a number that does not follow the last one's")


_NUMBERED: Final = frozenset(
    table.name
    for table in METADATA.sorted_tables
    if table.dialect_options["sqlite"]["autoincrement"]
)
"""The tables of which SQLite never gives a number twice."""


def check_integrity(connection: Connection) -> None:
    """Read every page, and follow every reference from one row to another."""
    if is_postgres(connection):
        return
    check_indexes(connection)
    check_numbering(connection)
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise damaged()


def check_values(connection: Connection, *, unsigned: bool = False) -> None:
    """Check that each value is of its column's type, and each number one that JSON tells exactly.

    SQLite takes anything anywhere. Every row is read: for when something has gone wrong; or if
    ``unsigned``, the few columns that nobody signs for, of which no other check tells.
    """
    if is_postgres(connection):
        return
    for table in METADATA.sorted_tables:
        columns = [each for each in table.columns if not unsigned or HARMLESS in each.info]
        wrong = " OR ".join(_is_another(each, connection.dialect) for each in columns) or "0"
        found = connection.exec_driver_sql(f'SELECT 1 FROM "{table.name}" WHERE {wrong} LIMIT 1')  # noqa: S608 - names of our own
        if found.first() is not None or _has_other_text(connection, columns):
            raise _never_written(table.name)


def _never_written(table: str) -> Tampered:
    return damaged(f'the catalogue holds what callrec never writes, in its table "{table}"')


def _has_other_text(connection: Connection, columns: Iterable[Column[Any]]) -> bool:
    """Whether text of a table is not UTF-8: to SQLite that is text like any other."""
    texts = [each for each in columns if isinstance(each.type, String)]
    rows = connection.execute(select(*texts)) if texts else ()
    return any(bytes in map(type, row) for row in rows)


def _is_another(column: Column[Any], dialect: Dialect) -> str:
    """In SQL, whether a value is not of its column's type."""
    name, kind = f'"{column.name}"', _KINDS[column.type.compile(dialect).partition("(")[0]]
    is_another = f"typeof({name}) NOT IN ('{kind}', 'null')"
    if kind != "integer":
        return is_another
    return f"{is_another} OR {name} NOT BETWEEN {-LARGEST_INTEGER} AND {LARGEST_INTEGER}"


def row_counts(connection: Connection) -> Mapping[str, int]:
    """How many rows each table has, by its name."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if is_postgres(connection):
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return {
        name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0  # noqa: S608 - names of our own
        for (name,) in connection.exec_driver_sql(tables).all()
    }


def check_no_rows_lost(connection: Connection, before: Mapping[str, int]) -> None:
    """Check that every table that there was has as many rows as it had."""
    after = row_counts(connection)
    if any(after.get(name) != count for name, count in before.items()):
        raise Failed(
            "the migration did not keep every row, so nothing was changed",
            hint="report it, with what callrec practice doctor says",
        )
    check_integrity(connection)
