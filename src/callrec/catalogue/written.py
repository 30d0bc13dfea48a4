"""Which rows a transaction writes, and what it signs for them (docs/formats/audit-log.md, 9).

Anyone who can write the database can change a row. So each transaction of the audit log signs a
digest of every row that it wrote, and a later one of another kind of row is none that was signed.
Which columns that concerns, `tables` says; a new column is signed for unless it is declared there.

The database itself notes the rows, by triggers: whatever statement writes them, none is left out.
In SQLite one connection has these for itself; in PostgreSQL they were made with the tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

from callrec.catalogue.engine import TO_RESTORE, database_of, is_postgres, sqlite_connection
from callrec.catalogue.tables import METADATA
from callrec.crypto.primitives import sha256
from callrec.dataclass import dataclass
from callrec.errors import Tampered

HARMLESS: Final = "harmless"
"""In the ``info`` of a column that is not signed for: why a change of it does no harm."""

BOUND: Final = "bound"
"""In the ``info`` of a table whose rows the log binds by itself: how."""

PART_OF: Final = "part_of"
"""In the ``info`` of a table of which many rows are written at once: the table with a row of which
they are signed for. They name it in the column of that name."""

HINT: Final = (
    f"to bring back what was there, {TO_RESTORE}; or a Data Controller runs callrec audit resume:"
    " then it stands as it is, on record"
)

_MAX_PLACES: Final = 3
"""Columns that say where a row belongs, in the table that has the most of them."""

_PLACES: Final = [f"p{number}" for number in range(_MAX_PLACES)]

_TOUCHED: Final = (
    f"CREATE TEMP TABLE touched (name TEXT, {', '.join(_PLACES)}, was TEXT,"
    f" PRIMARY KEY (name, {', '.join(_PLACES)})) WITHOUT ROWID"
)
"""The rows that were written since `watch`, each with what it was before."""

_TOUCHED_THERE: Final = (
    f"CREATE TEMP TABLE IF NOT EXISTS touched (name TEXT, {' TEXT, '.join(_PLACES)} TEXT, was TEXT,"
    f" PRIMARY KEY (name, {', '.join(_PLACES)})) ON COMMIT DELETE ROWS"
)
"""The same in PostgreSQL."""

_TOUCH: Final = (
    "INSERT INTO touched VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - names of our own
    f" ON CONFLICT (name, {', '.join(_PLACES)}) DO UPDATE SET was = excluded.was"
)

_SIGNED: Final = "="
"""What begins what a row was, where that is known by its digest alone, in hex."""

_INSERT: Final = "INSERT INTO written (name, key, size, was, now) VALUES (?, ?, ?, ?, ?)"


_BYTES: Final = "BLOB"


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
        """The line for this row in what is signed."""
        was, now = ("-" if each is None else each.hex() for each in (self.was, self.now))
        return f"{self.name} {was} {now} {self.key}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedPart:
    """How the rows of one table are signed for, in SQL."""

    name: str
    places: tuple[str, ...]
    """Columns whose values say to which digest a row belongs."""
    primary_key: tuple[str, ...]
    columns: tuple[str, ...]
    """The columns that are signed for, in the order of the table."""
    held: Mapping[str, str]
    """What each column of the table holds, as SQLite names it."""

    def lines(
        self, row: str, places: Sequence[str], *, without: str = "", typed: bool = False
    ) -> str:
        """In SQL: the lines of the rows that belong where a row is; ``without`` that row itself.

        ``typed``: the columns there are text, whatever they are here.
        """
        where = " AND ".join(
            f'r."{place}" = CAST({row}."{other}" AS {self.held[place]})'
            if typed
            else f'r."{place}" = {row}."{other}"'
            for place, other in zip(self.places, places, strict=False)
        )
        if without:
            same = " AND ".join(f'r."{key}" = {without}."{key}"' for key in self.primary_key)
            where += f" AND NOT ({same})"
        lines = f"group_concat({self.line('r')}, char(10))"
        return f'(SELECT {lines} FROM "{self.name}" AS r WHERE {where})'  # noqa: S608 - names of our own

    def line(self, row: str) -> str:
        """In SQL: the line of a row, which no other values are written like.

        JSON takes no bytes: a row that has them in the place of others gets a list within its list.
        Text in the place of bytes begins otherwise.
        """
        plain = [f'{row}."{each}"' for each in self.columns if self.held[each] != _BYTES]
        sealed = "".join(
            f' || quote({row}."{each}")' for each in self.columns if self.held[each] == _BYTES
        )
        line = f"json_array('{self.name}', {', '.join(plain)})"
        told = ", ".join(f"typeof({value}) || hex({value})" for value in plain)
        other = f"json_array('{self.name}', json_array({told}))"
        return f"{_if_bytes(plain, other, line)}{sealed}"


@dataclass(frozen=True, slots=True)
class SignedTable:
    """A table each of whose rows gets a digest, with the rows of others that are parts of it."""

    name: str
    parts: tuple[SignedPart, ...]
    """The table itself is the first."""

    def row(self, key: str) -> str:
        """As problems name what has the digest of that key."""
        if len(self.parts) == 1:
            return f'row {key} of the table "{self.name}"'
        *most, last = (f'"{part.name}"' for part in self.parts)
        return f"{self.name} {key}, in {', '.join(most)} or {last},"

    @property
    def _places(self) -> tuple[str, ...]:
        return self.parts[0].places

    def triggers(self) -> Iterator[str]:
        """What notes that rows are written."""
        for part in self.parts:
            signed = ", ".join(f'"{column}"' for column in part.columns)
            placed = ", ".join(f'"{place}"' for place in part.places)
            yield self._trigger(part, "inserted", "AFTER INSERT", "NEW")
            yield self._trigger(part, "deleted", "BEFORE DELETE", "OLD")
            yield self._trigger(part, "updated", f"BEFORE UPDATE OF {signed}", "OLD")
            yield self._trigger(part, "moved", f"AFTER UPDATE OF {placed}", "NEW")

    def _trigger(self, part: SignedPart, what: str, when: str, row: str) -> str:
        values = [f'{row}."{place}"' for place in part.places]
        # Each of two questions is answered by the table's key: to compare a number with what may be
        # text, as `sign_as_found` notes it, each row would be looked at.
        is_numbered = any("INT" in part.held[place] for place in part.places)
        known = " OR ".join(
            f"EXISTS (SELECT 1 FROM touched WHERE name = '{self.name}'{_all_are(way, values)})"  # noqa: S608 - names of our own
            for way in (("+{}", "CAST({} AS TEXT)") if is_numbered else ("{}",))
        )
        values += ["''"] * (_MAX_PLACES - len(values))
        was = self._text(row, part.places, new=part if row == "NEW" else None)
        return (
            f'CREATE TEMP TRIGGER "{part.name} {what}" {when} ON main."{part.name}"'  # noqa: S608 - names of our own
            f" WHEN NOT ({known})"
            f" BEGIN INSERT INTO touched VALUES ('{self.name}', {', '.join(values)}, {was}); END"
        )

    def triggers_there(self) -> Iterator[str]:
        """What notes the same in PostgreSQL, before any row is another."""
        for part in self.parts:
            noted = ""
            for row, unless in (("OLD", "INSERT"), ("NEW", "DELETE")):
                placed = [f'CAST({row}."{place}" AS TEXT)' for place in part.places]
                known = _all_are("{}", placed)
                values = ", ".join([*placed, *["''"] * (_MAX_PLACES - len(placed))])
                noted += (
                    f" IF TG_OP <> '{unless}' THEN INSERT INTO touched"  # noqa: S608 - names of our own
                    f" SELECT '{self.name}', {values}, {self._text(row, part.places)} WHERE NOT"
                    f" EXISTS (SELECT 1 FROM touched WHERE name = '{self.name}'{known}); END IF;"
                )
            name = f'"{part.name} written"'
            signed = ", ".join(f'"{column}"' for column in part.columns)
            yield (
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN{noted}"
                " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
            )
            yield (
                f'CREATE TRIGGER "written" BEFORE INSERT OR DELETE OR UPDATE OF {signed}'
                f' ON "{part.name}" FOR EACH ROW EXECUTE FUNCTION {name}()'
            )

    def _text(
        self,
        row: str,
        places: Sequence[str],
        *,
        new: SignedPart | None = None,
        own: str = "",
        typed: bool = False,
    ) -> str:
        """In SQL: all lines of what belongs where a row is, but for the row if it is ``new``.

        ``own``: the table's own line there, if it is known.
        """
        texts = [
            own
            if own and part is self.parts[0]
            else part.lines(row, places, without=row if part is new else "", typed=typed)
            for part in self.parts
            if part is not new or part.places != part.primary_key  # then there is no other
        ]
        if len(self.parts) == 1:
            return texts[0] if texts else "NULL"
        return " || ".join(f"coalesce({text} || char(10), '')" for text in texts)

    def written(self, *, typed: bool) -> str:
        """The query of what was touched: key, what it was and is, and what was signed for last.

        Which size of the log that was, `last_written` says. ``typed``: as `SignedPart.lines`.
        """
        places = _PLACES[: len(self._places)]
        return (
            f"SELECT t.its_key, t.was, {self._text('t', places, typed=typed)}, {_latest(self.name)}"  # noqa: S608 - names of our own
            f" FROM (SELECT *, {_key(places)} AS its_key FROM touched"
            f" WHERE name = '{self.name}') AS t"
        )

    def every(self) -> str:
        """The query of all there are: key and lines, and what was signed for last."""
        # The row itself is at hand.
        text = self._text("t", self._places, own=self.parts[0].line("t"))
        return (
            f"SELECT t.its_key, {text}, {_latest(self.name)}"  # noqa: S608 - names of our own
            f' FROM (SELECT *, {self._own_key} AS its_key FROM "{self.name}") AS t'
        )

    def keys(self) -> str:
        """The query of the keys of all there are."""
        return f'SELECT {self._own_key} FROM "{self.name}"'  # noqa: S608 - names of our own

    @property
    def _own_key(self) -> str:
        return _key([f'"{place}"' for place in self._places])

    def strays(self) -> Iterator[tuple[str, str]]:
        """Of each further part: its name, and the query of what its rows name that is not there."""
        for part in self.parts[1:]:
            (place,), (key,) = part.places, self._places
            there = f'"{place}"'
            query = (
                f'SELECT DISTINCT {_key((there,))} FROM "{part.name}"'  # noqa: S608 - names of our own
                f' WHERE {there} NOT IN (SELECT "{key}" FROM "{self.name}")'
            )
            yield part.name, query


def _key(places: Sequence[str]) -> str:
    """In SQL: the key of a row's digest, as ``19`` or ``<id>/<id>``; bytes as ``X'00'``."""
    return " || '/' || ".join(
        _if_bytes([place], f"quote({place})", f"CAST({place} AS TEXT)") for place in places
    )


def _all_are(way: str, values: Sequence[str]) -> str:
    """In SQL: that the places of a row in `touched` are these values, each compared in this way."""
    return "".join(f" AND p{place} = {way.format(each)}" for place, each in enumerate(values))


def _if_bytes(values: Sequence[str], then: str, otherwise: str) -> str:
    """In SQL: one thing if any of the values is of bytes, which SQLite sorts behind all others."""
    any_is = " OR ".join(f"{value} >= x''" for value in values)
    return f"CASE WHEN {any_is} THEN {then} ELSE {otherwise} END"


def _latest(name: str) -> str:
    """In SQL: the digest that was signed for last of a key."""
    found = f"FROM written AS w WHERE w.name = '{name}' AND w.key = t.its_key"
    return f"(SELECT w.now {found} ORDER BY w.size DESC LIMIT 1)"


def newest_written(connection: Connection, where: str = "") -> str:
    """The query of what was signed for last of every key: name, key, size, now."""
    if is_postgres(connection):
        return (
            f"SELECT DISTINCT ON (name, key) * FROM written {where} ORDER BY name, key, size DESC"  # noqa: S608
        )
    # SQLite gives the other columns of the row that has the greatest.
    return f"SELECT name, key, max(size) AS size, now FROM written {where} GROUP BY name, key"  # noqa: S608


def last_written(connection: Connection, table: SignedTable, key: str) -> int:
    """The size of the log in which somebody signed last for that digest; 0: nobody did."""
    query = "SELECT max(size) FROM written WHERE name = ? AND key = ?"
    return connection.exec_driver_sql(query, (table.name, key)).scalar() or 0


def digest(text: str | bytes | None) -> bytes | None:
    """Of the lines of one or several rows, which bytes are if they are not UTF-8; none: no rows."""
    found = text.encode() if isinstance(text, str) else text or b""
    lines = sorted(filter(None, found.split(b"\n")))
    return sha256(b"\n".join(lines)) if lines else None


@cache
def signed_tables() -> Mapping[str, SignedTable]:
    """Every table whose rows are signed for by the transactions that write them, by its name."""
    found = {
        table.name: _part(table)
        for table in METADATA.sorted_tables
        if BOUND not in table.info and any(HARMLESS not in each.info for each in table.columns)
    }
    belong = {name: METADATA.tables[name].info.get(PART_OF, name) for name in found}
    return {
        name: SignedTable(name, (found[name], *(found[n] for n in found if n != name == belong[n])))
        for name in found
        if belong[name] == name
    }


def _part(table: Table) -> SignedPart:
    key = tuple(column.name for column in table.primary_key.columns)
    columns = tuple(column.name for column in table.columns if HARMLESS not in column.info)
    places = (table.info[PART_OF],) if PART_OF in table.info else key
    held = {column.name: column.type.compile(sqlite.dialect()) for column in table.columns}
    return SignedPart(table.name, places, key, columns, held)


def watch(connection: Connection) -> None:
    """Note from now on, within this transaction, which rows are written."""
    if is_postgres(connection):
        connection.exec_driver_sql(_TOUCHED_THERE)
        connection.exec_driver_sql("DELETE FROM touched")
        return
    there = "SELECT 1 FROM sqlite_temp_master WHERE name = 'touched'"
    if connection.exec_driver_sql(there).first() is not None:
        connection.exec_driver_sql("DELETE FROM touched")
        return
    for statement in (_TOUCHED, *_every_trigger()):
        sqlite_connection(connection).execute(statement)


def make_triggers(connection: Connection) -> None:
    """Have PostgreSQL note from now on which rows are written, by any program."""
    for table in signed_tables().values():
        for statement in table.triggers_there():
            connection.exec_driver_sql(statement)


@cache
def _every_trigger() -> Sequence[str]:
    return [statement for table in signed_tables().values() for statement in table.triggers()]


def written_rows(connection: Connection) -> list[WrittenRow]:
    """What was written since `watch`, or since this was asked last, by table and key.

    Raises:
        Tampered: a row that was written again, or taken away, was not as it was signed for.
    """
    touched = connection.exec_driver_sql("SELECT DISTINCT name FROM touched").scalars().all()
    found = []
    for table in signed_tables().values():
        if table.name not in touched:
            continue
        query = table.written(typed=is_postgres(connection))
        for key, before, after, signed in connection.exec_driver_sql(query):
            was = _digest_before(before)
            now = digest(after)
            if now in (was, signed):  # nothing was made of it, or it was put right again
                continue
            if was != signed:
                raise Tampered(
                    _changed(table, key, last_written(connection, table, key)), hint=HINT
                )
            if "\n" in key:
                raise Tampered(f"{table.row(repr(key))} has a key that none has")
            found.append(WrittenRow(table.name, key, was, now))
    connection.exec_driver_sql("DELETE FROM touched")
    return sorted(found)


def _digest_before(before: str | bytes | None) -> bytes | None:
    if isinstance(before, str) and before.startswith(_SIGNED):
        return bytes.fromhex(before.removeprefix(_SIGNED)) or None
    return digest(before)


def missing_rows(
    connection: Connection, table: SignedTable, like: str = "%", met: Collection[str] = ()
) -> Iterator[tuple[str, int, bytes]]:
    """Rows that were signed for and are not there: key, size of the log, and digest.

    Of the keys that are ``like`` that; ``met``: those that were found, if they are known.
    """
    there = met or {key for (key,) in database_of(connection).execute(table.keys())}
    latest = newest_written(connection, "WHERE name = ? AND key LIKE ?")
    for row in connection.exec_driver_sql(latest, (table.name, like)):
        if row.now is not None and row.key not in there:
            yield row.key, row.size, row.now


def give_up_missing_rows(connection: Connection, names: Collection[str]) -> int:
    """Sign, with this transaction, that rows of these tables are gone; returns how many.

    For a restored catalogue, whose copy was made without them (`catalogue.backup`).
    """
    gone = [
        (name, key) for name in names for key, *_ in missing_rows(connection, signed_tables()[name])
    ]
    sign_as_found(connection, gone)
    return len(gone)


def sign_as_found(connection: Connection, places: Iterable[tuple[str, str]]) -> None:
    """Sign, with this transaction, for rows as they stand: table and key of each."""
    newest = "SELECT now FROM written WHERE name = ? AND key = ? ORDER BY size DESC LIMIT 1"
    for name, key in places:
        was = connection.exec_driver_sql(newest, (name, key)).scalar()
        columns = [*key.split("/"), *[""] * _MAX_PLACES][:_MAX_PLACES]
        known = None if was is None else f"{_SIGNED}{was.hex()}"
        connection.exec_driver_sql(_TOUCH, (name, *columns, known))


def rows_of(connection: Connection, name: str, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows that get the digest of that key, or that are in that part of some, by table."""
    for table in signed_tables().values():
        for part in table.parts:
            if name in (table.name, part.name):
                columns = [column.name for column in METADATA.tables[part.name].columns]
                where = _key([f'"{place}"' for place in part.places])
                listed = ", ".join(f'"{column}"' for column in columns)
                query = f'SELECT {listed} FROM "{part.name}" WHERE {where} = ?'  # noqa: S608 - names of our own
                for row in connection.exec_driver_sql(query, (key,)):
                    yield part.name, dict(zip(columns, row, strict=True))


def made_anew(connection: Connection, name: str) -> None:
    """What the rows that were touched of this table had become does not count.

    For rows that are made anew from what is signed elsewhere, where somebody had spoilt them.
    """
    key = _key(_PLACES[: len(signed_tables()[name].parts[0].places)])
    latest = (
        f"SELECT '{_SIGNED}' || hex(w.now) FROM written AS w"  # noqa: S608 - names of our own
        f" WHERE w.name = touched.name AND w.key = {key}"
        " ORDER BY w.size DESC LIMIT 1"
    )
    connection.exec_driver_sql(f"UPDATE touched SET was = ({latest}) WHERE name = ?", (name,))  # noqa: S608


def _changed(table: SignedTable, key: str, size: int) -> str:
    if not size:
        return f"{table.row(key)} was written by no entry of the log"
    return f"{table.row(key)} is not as entry {size - 1} wrote it"


def save_written_rows(connection: Connection, rows: Sequence[WrittenRow], size: int) -> None:
    """Keep what the checkpoint over so many leaves signs for."""
    connection.exec_driver_sql(
        _INSERT, [(row.name, row.key, size, row.was, row.now) for row in rows]
    )


def rows_digest(rows: Sequence[WrittenRow]) -> bytes:
    """What a checkpoint says of the rows that were written before it."""
    return sha256(*(row.line for row in rows))
