"""Which rows a transaction writes, and what it signs for them (docs/formats/audit-log.md, 5).

Anyone who can write the database can change a row. So each transaction of the audit log signs a
digest of every row that it wrote, and a later one of another kind of row is none that was signed.
Which columns that concerns, `tables` says; a new column is signed for unless it is declared there.

SQLite itself notes the rows, by triggers that one connection has for itself: whatever statement
writes them, none is left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import Connection, Table

from callrec.catalogue.tables import METADATA
from callrec.crypto.primitives import sha256
from callrec.errors import Tampered

HARMLESS: Final = "harmless"
"""In the ``info`` of a column that is not signed for: why a change of it does no harm."""

BOUND: Final = "bound"
"""In the ``info`` of a table whose rows the log binds by itself: how."""

TOGETHER: Final = "together"
"""In the ``info`` of a table of which many rows are written at once: rows that are alike in these
columns get one digest."""

_MOST_PLACES: Final = 3
"""Columns that say where a row belongs, in the table that has the most of them."""

_PLACES: Final = [f"p{number}" for number in range(_MOST_PLACES)]

_TOUCHED: Final = (
    f"CREATE TEMP TABLE touched (name TEXT, {', '.join(_PLACES)}, was TEXT,"
    f" PRIMARY KEY (name, {', '.join(_PLACES)})) WITHOUT ROWID"
)
"""The rows that were written since `watch`, each with what it was before."""

_INSERT: Final = "INSERT INTO written (name, key, size, was, now) VALUES (?, ?, ?, ?, ?)"


class WrittenRow(NamedTuple):
    """What a transaction made of a row, or of rows that get one digest."""

    name: str
    """Of the table."""
    key: str
    was: bytes | None
    """The digest of what was there before; none: nothing was."""
    now: bytes | None

    @property
    def line(self) -> bytes:
        """As it counts in what is signed."""
        was, now = ("-" if each is None else each.hex() for each in (self.was, self.now))
        return f"{self.name} {was} {now} {self.key}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedTable:
    """How the rows of one table are signed for, in SQL."""

    name: str
    places: tuple[str, ...]
    """Columns whose values say to which digest a row belongs: its primary key, mostly."""
    primary_key: tuple[str, ...]
    columns: tuple[str, ...]
    """Those that are signed for, in the order of the table."""

    @property
    def is_by_row(self) -> bool:
        """Each row has a digest of its own."""
        return self.places == self.primary_key

    def key(self, row: str) -> str:
        """In SQL: the key of a row's digest, as ``19`` or ``<id>/<id>``."""
        return " || '/' || ".join(f'CAST({row}."{place}" AS TEXT)' for place in self.places)

    def line(self, row: str) -> str:
        """In SQL: a row's signed columns, written so that no other values are written alike."""
        return " || ',' || ".join(
            f"CASE typeof({row}.\"{column}\") WHEN 'text' THEN 't' || hex({row}.\"{column}\")"
            f' ELSE quote({row}."{column}") END'
            for column in self.columns
        )

    def text(self, place: str, *, without: str = "") -> str:
        """In SQL: the lines of the rows that belong where a row is; ``without`` that row itself."""
        where = _same("r", place, self.places)
        if without:
            where += f" AND NOT ({_same('r', without, self.primary_key)})"
        lines = f"group_concat({self.line('r')}, char(10))"
        return f'(SELECT {lines} FROM "{self.name}" AS r WHERE {where})'  # noqa: S608 - names of our own

    def triggers(self) -> Iterator[str]:
        """What notes that rows are written."""
        signed = ", ".join(f'"{column}"' for column in self.columns)
        placed = ", ".join(f'"{place}"' for place in self.places)
        new = "NULL" if self.is_by_row else self.text("NEW", without="NEW")
        yield self._trigger("inserted", "AFTER INSERT", "NEW", new)
        yield self._trigger("deleted", "BEFORE DELETE", "OLD", self.text("OLD"))
        yield self._trigger("updated", f"BEFORE UPDATE OF {signed}", "OLD", self.text("OLD"))
        yield self._trigger("moved", f"AFTER UPDATE OF {placed}", "NEW", new)

    def _trigger(self, what: str, when: str, row: str, was: str) -> str:
        known = "".join(
            f' AND {column} = {row}."{place}"'
            for column, place in zip(_PLACES, self.places, strict=False)
        )
        values = [f'{row}."{place}"' for place in self.places]
        values += ["''"] * (_MOST_PLACES - len(values))
        return (
            f'CREATE TEMP TRIGGER "{self.name} {what}" {when} ON main."{self.name}"'  # noqa: S608 - names of our own
            f" WHEN NOT EXISTS (SELECT 1 FROM touched WHERE name = '{self.name}'{known})"
            f" BEGIN INSERT INTO touched VALUES ('{self.name}', {', '.join(values)}, {was}); END"
        )

    def written(self) -> str:
        """The query of what was touched: key, what it was and is, and what was signed for last."""
        of_touched = dict(zip(self.places, _PLACES, strict=False))
        key = " || '/' || ".join(f"CAST({column} AS TEXT)" for column in of_touched.values())
        where = " AND ".join(f'r."{place}" = t.{column}' for place, column in of_touched.items())
        lines = f"group_concat({self.line('r')}, char(10))"
        return (
            f'SELECT t.key, t.was, (SELECT {lines} FROM "{self.name}" AS r WHERE {where}),'  # noqa: S608 - names of our own
            f" {latest(self.name, 't.key')} FROM (SELECT *, {key} AS key FROM touched"
            f" WHERE name = '{self.name}') AS t ORDER BY t.key"
        )

    def every(self) -> str:
        """The query of all there are: key and lines, and what was signed for last."""
        lines, group = self.line("r"), ""
        if not self.is_by_row:
            lines = f"group_concat({lines}, char(10))"
            group = " GROUP BY " + ", ".join(f'r."{place}"' for place in self.places)
        rows = f'SELECT {self.key("r")} AS key, {lines} AS lines FROM "{self.name}" AS r{group}'  # noqa: S608 - names of our own
        return f"SELECT t.key, t.lines, {latest(self.name, 't.key')} FROM ({rows}) AS t"  # noqa: S608


def latest(name: str, key: str) -> str:
    """In SQL: the digest that was signed for last of a key, and in which size of the log."""
    found = f"FROM written AS w WHERE w.name = '{name}' AND w.key = {key}"
    found += " ORDER BY w.size DESC LIMIT 1"
    return f"(SELECT w.now {found}), (SELECT w.size {found})"


def digest(text: str | None) -> bytes | None:
    """Of the lines of one or several rows; none where there are no rows."""
    if text is None:
        return None
    return sha256("\n".join(sorted(text.split("\n"))).encode())


@cache
def signed_tables() -> tuple[SignedTable, ...]:
    """Every table whose rows are signed for by the transactions that write them."""
    return tuple(
        _signed(table)
        for table in METADATA.sorted_tables
        if BOUND not in table.info and any(HARMLESS not in each.info for each in table.columns)
    )


def _signed(table: Table) -> SignedTable:
    key = tuple(column.name for column in table.primary_key.columns)
    columns = tuple(column.name for column in table.columns if HARMLESS not in column.info)
    return SignedTable(table.name, tuple(table.info.get(TOGETHER, key)), key, columns)


def watch(connection: Connection) -> None:
    """Note from now on, within this transaction, which rows are written."""
    there = "SELECT 1 FROM sqlite_temp_master WHERE name = 'touched'"
    if connection.exec_driver_sql(there).first() is not None:
        connection.exec_driver_sql("DELETE FROM touched")
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101  # no other database yet
    # By way of SQLAlchemy they take ten times as long.
    for statement in (_TOUCHED, *_every_trigger()):
        driver.execute(statement)


@cache
def _every_trigger() -> Sequence[str]:
    return [statement for table in signed_tables() for statement in table.triggers()]


def written_rows(connection: Connection) -> list[WrittenRow]:
    """What was written since `watch`, or since this was asked last, by table and key.

    Raises:
        Tampered: a row that was written again, or taken away, was not as it was signed for.
    """
    touched = connection.exec_driver_sql("SELECT DISTINCT name FROM touched").scalars().all()
    found = []
    for table in signed_tables():
        if table.name not in touched:
            continue
        for key, before, after, signed, size in connection.exec_driver_sql(table.written()):
            was, now = digest(before), digest(after)
            if was == now:
                continue
            if was != signed:
                raise Tampered(_changed(table.name, key, size))
            if "\n" in key:
                raise Tampered(f'a row of the table "{table.name}" has a key that none has')
            found.append(WrittenRow(table.name, key, was, now))
    connection.exec_driver_sql("DELETE FROM touched")
    return sorted(found)


def _changed(name: str, key: str, size: int | None) -> str:
    if size is None:
        return f'row {key} of the table "{name}" was written by no entry of the log'
    return f'row {key} of the table "{name}" is not as entry {size - 1} wrote it'


def save_written_rows(connection: Connection, rows: Sequence[WrittenRow], size: int) -> None:
    """Keep what the checkpoint over so many leaves signs for."""
    connection.exec_driver_sql(
        _INSERT, [(row.name, row.key, size, row.was, row.now) for row in rows]
    )


def rows_digest(rows: Sequence[WrittenRow]) -> bytes:
    """What a checkpoint says of the rows that were written before it."""
    return sha256(*(row.line for row in rows))


def _same(row: str, other: str, columns: Sequence[str]) -> str:
    return " AND ".join(f'{row}."{column}" = {other}."{column}"' for column in columns)
