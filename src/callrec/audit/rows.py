"""Hold every row of the catalogue against what the log signs for (docs/formats/audit-log.md, 9).

No key is needed. A row that is not as a transaction last wrote it, that is missing or was added is
named, with the entry of the log that wrote it. What a Data Controller has put on record stands as
it was found (`resumed`).
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from callrec.audit.attested import attested_leaves
from callrec.audit.checkpoint import written_in
from callrec.audit.register import Register
from callrec.audit.remembered import Problem
from callrec.audit.resumed import FoundRow, Resumed, read_resumed
from callrec.catalogue import tables
from callrec.catalogue.engine import database_of, is_postgres
from callrec.catalogue.written import (
    HINT,
    SignedTable,
    digest,
    last_written,
    missing_rows,
    newest_written,
    signed_tables,
)
from callrec.dataclass import dataclass
from callrec.errors import Tampered

MOST_NAMED: Final = 20
"""Of one table; how many more there are is counted."""

_Stands: TypeAlias = Mapping[tuple[str, str], tuple[int, FoundRow]]
"""What stands as it was found, by table and key: since which size of the log."""

_IN_NO_FORM: Final = (
    "SELECT 1 FROM written WHERE typeof(was) NOT IN ('blob', 'null')"
    " OR typeof(now) NOT IN ('blob', 'null') OR typeof(size) <> 'integer'"
    " OR typeof(name) <> 'text' OR typeof(key) <> 'text' LIMIT 1"
)

_EARLIER: Final = "FROM written AS b WHERE b.name = w.name AND b.key = w.key AND b.size < w.size"

_BREAKS: Final = (
    f"SELECT name, key, now, size, (SELECT max(b.size) {_EARLIER}) FROM written AS w"  # noqa: S608
    f" WHERE was IS NOT (SELECT b.now {_EARLIER} ORDER BY b.size DESC LIMIT 1)"
)
"""Where a row was another when it was written than it was left before."""

_LINES: Final = (
    "SELECT size, name || ' ' || CASE WHEN was IS NULL THEN '-' ELSE lower(hex(was)) END || ' '"
    " || CASE WHEN now IS NULL THEN '-' ELSE lower(hex(now)) END || ' ' || key || char(10)"
    " FROM written WHERE {} ORDER BY name, key"
)
"""As `WrittenRow.line` has them, in their order, of some sizes."""

_SIZES_TOGETHER: Final = 50_000
"""Sizes whose lines are hashed together: one hash takes some hundred bytes of memory."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row, or rows with one digest, that is not as it was signed for."""

    row: FoundRow
    entry: int | None
    """Sequence of the entry that wrote the row last."""
    what: str
    is_added: bool = False
    """Whether no entry wrote the row."""


def check_rows(
    connection: Connection, register: Register, *, may_lack: Collection[str] = ()
) -> Iterator[Problem]:
    """Everything in the catalogue that is not as it was signed for.

    The log's leaves and checkpoints were found sound before. ``may_lack``: tables of which rows may
    be missing, in a copy that was made without them.
    """
    known = read_resumed(connection, register)
    return named(find_row_faults(connection, known, may_lack=may_lack))


def check_each_row(
    connection: Connection, register: Register, ids: Mapping[str, Iterable[str | int]]
) -> None:
    """Check that these rows, which are there, are as somebody signed for them last.

    ``ids``: by table.

    Raises:
        Tampered: one is not, or what was signed for it was changed.
    """
    last = set[int]()
    for name, id_ in ((name, id_) for name, some in ids.items() for id_ in some):
        table = signed_tables()[name]
        for row in connection.exec_driver_sql(f"{table.every()} WHERE t.id = ?", (id_,)):
            if (fault := _row_fault(connection, table, row)) is not None:
                raise Tampered(fault.what, hint=HINT)
        last.add(last_written(connection, table, str(id_)))
    sizes = sorted(last)
    attested_leaves(connection, register, [size - 1 for size in sizes])
    stands = _stands(read_resumed(connection, register))
    for fault in _sizes_faults(connection, stands, (), only=sizes):
        raise Tampered(fault.what, hint=HINT)


def check_tables(connection: Connection, keys: Mapping[str, str]) -> None:
    """Check that the rows of tables are those that somebody signed for last, and none is missing.

    That the table "written" tells what was signed, `check_rows` sees.

    ``keys``: of which keys, as LIKE has them, by table.

    Raises:
        Tampered: a row is not as it was signed for, was added, or is missing.
    """
    for name, like in keys.items():
        table, met = signed_tables()[name], set[str]()
        for row in connection.exec_driver_sql(f"{table.every()} WHERE t.its_key LIKE ?", (like,)):
            met.add(row[0])
            if (fault := _row_fault(connection, table, row)) is not None:
                raise Tampered(fault.what, hint=HINT)
        for key, size, _ in missing_rows(connection, table, like, met):
            raise Tampered(_is_missing(table, key, size), hint=HINT)


def changed_rows(connection: Connection, name: str) -> frozenset[str]:
    """Keys of the rows of a table that are not as somebody signed for them last."""
    table = signed_tables()[name]
    rows = connection.exec_driver_sql(table.every())
    return frozenset(str(row[0]) for row in rows if _row_fault(connection, table, row))


def named(faults: Iterable[RowFault]) -> Iterator[Problem]:
    """Faults in words: the first of each table, and how many more there are."""
    more: Counter[str] = Counter()
    for fault in faults:
        more[fault.row.table] += 1
        if more[fault.row.table] <= MOST_NAMED:
            yield Problem(fault.entry, fault.what)
    for table, count in more.items():
        if count > MOST_NAMED:
            yield Problem(None, f'and {count - MOST_NAMED} more rows of the table "{table}"')


def find_row_faults(
    connection: Connection,
    resumed: Sequence[Resumed] = (),
    *,
    may_lack: Collection[str] = (),
    damaged: Collection[object] = (),
) -> Iterator[RowFault]:
    """Each row that is not as it was signed for, and each size for which nothing signs as it is.

    Args:
        connection: sees one state of the catalogue throughout.
        resumed: how the log went on; what stands as it was found then is no fault.
        may_lack: as `check_rows` has it.
        damaged: sizes of checkpoints that count for nothing.
    """
    stands = _stands(resumed)
    _check_form(connection)
    # How many each table must have. One query for all would sort them.
    newest = f"SELECT count(now) FROM ({newest_written(connection, 'WHERE name = ?')}) AS w"  # noqa: S608
    names = connection.exec_driver_sql("SELECT DISTINCT name FROM written").scalars().all()
    counts = {each: connection.exec_driver_sql(newest, (each,)).scalar() or 0 for each in names}
    standing = {name: count for name, count in counts.items() if count}
    yield from _written_faults(connection, stands, damaged)
    for table in signed_tables().values():
        there = standing.pop(table.name, 0)
        yield from _table_faults(connection, table, None if table.name in may_lack else there)
    for name in standing:
        what = f'rows of a table "{name}", which there is not, were signed for'
        yield RowFault(FoundRow(name, ""), None, what)


def _stands(resumed: Sequence[Resumed]) -> _Stands:
    return {
        (row.table, row.key): (each.size, row) for each in resumed for row in each.found.catalogue
    }


def _check_form(connection: Connection) -> None:
    has_types = is_postgres(connection)
    if not has_types and connection.exec_driver_sql(_IN_NO_FORM).first() is not None:
        raise Tampered("what was signed for rows is not in its form")


def _written_faults(
    connection: Connection, stands: _Stands, damaged: Collection[object]
) -> Iterator[RowFault]:
    """What was signed for is what checkpoints say, and each row went on from what it was before."""
    for name, key, now, size, before in connection.exec_driver_sql(_BREAKS):
        since, _ = stands.get((name, key), (-1, None))
        if size > since:
            written = "in no entry" if before is None else f"as entry {before - 1} wrote it"
            what = (
                f'row {key} of the table "{name}" was changed before entry {size - 1} wrote it;'
                f" until then it was {written}"
            )
            yield RowFault(FoundRow(name, key, now), size - 1, what)
    yield from _sizes_faults(connection, stands, damaged)


def _sizes_faults(
    connection: Connection,
    stands: _Stands,
    damaged: Collection[object],
    *,
    only: Sequence[int] = (),
) -> Iterator[RowFault]:
    """Where what is kept of these sizes, or of any, is not what its checkpoint signs."""
    signed = _signed_of_sizes(connection, only)
    said = _said_of_sizes(connection, stands, damaged, only)
    for size in only or sorted({*signed, *said}):
        found = signed.get(size, b"")
        if said.get(size, b"") != found:
            row = FoundRow(tables.written.name, str(size), found or None)
            what = f'of what entry {size - 1} wrote, the table "written" tells what nobody signed'
            yield RowFault(row, size - 1, what)


def _signed_of_sizes(connection: Connection, only: Sequence[int]) -> Mapping[int, bytes]:
    """The digest of what is kept of these sizes, or of each."""
    database, found = database_of(connection), dict[int, bytes]()
    every = "SELECT DISTINCT size FROM written ORDER BY size"
    sizes = only or [size for (size,) in database.execute(every)]
    for start in range(0, len(sizes), _SIZES_TOGETHER):
        some = sizes[start : start + _SIZES_TOGETHER]
        hashes = defaultdict[int, Any](hashlib.sha256)
        # A few are found by their index and sorted. Many are read by the primary key, name, key,
        # size: so nothing is sorted.
        many = f"+size BETWEEN {some[0]} AND {some[-1]}"
        these = f"size IN ({', '.join(map(str, some))})" if only else many
        for size, line in database.execute(_LINES.format(these)):
            hashes[size].update(line.encode())
        found |= {size: each.digest() for size, each in hashes.items()}
    return found


def _said_of_sizes(
    connection: Connection, stands: _Stands, damaged: Collection[object], only: Sequence[int]
) -> Mapping[int, bytes]:
    """What somebody signed that each transaction wrote, by its size."""
    said = dict[int, bytes]()
    notes = "SELECT size, note FROM checkpoint WHERE instr(note, ?) > 0"
    notes += f" AND size IN ({', '.join(map(str, only))})" if only else ""
    for size, note in connection.exec_driver_sql(notes, (b"\nwritten ",)):
        if size not in damaged:
            with suppress(Tampered):
                said[size] = written_in(note)
    for (table, key), (since, row) in stands.items():
        if table == tables.written.name and key.isdecimal() and int(key) <= since:
            said[int(key)] = row.now or b""
    return said


def _table_faults(
    connection: Connection, table: SignedTable, wanted: int | None
) -> Iterator[RowFault]:
    """Each row of a table that is not as it was signed for, or is missing.

    ``wanted``: how many there must be, if none may be missing.
    """
    met = 0
    for row in database_of(connection).execute(table.every()):
        fault = _row_fault(connection, table, row)
        met += fault is None or not fault.is_added
        if fault is not None:
            yield fault
    for name, query in table.strays():
        for key in connection.exec_driver_sql(query).scalars():
            what = f'row {key} of the table "{name}" belongs to nothing'
            yield RowFault(FoundRow(name, str(key)), None, what, is_added=True)
    if wanted not in (None, met):
        for key, size, _ in missing_rows(connection, table):
            row = FoundRow(table.name, key)
            yield RowFault(row, size - 1, _is_missing(table, key, size))


def _is_missing(table: SignedTable, key: str, size: int) -> str:
    return f'row {key} of the table "{table.name}", which entry {size - 1} wrote, is missing'


def _row_fault(connection: Connection, table: SignedTable, row: Sequence[Any]) -> RowFault | None:
    """What is wrong with a row of `SignedTable.every`, if anything is."""
    key, text, signed = row
    now = digest(text)
    if now == signed is not None:
        return None
    found = FoundRow(table.name, str(key), now)
    if signed is None:
        return RowFault(found, None, f"{table.row(key)} was written by no entry", is_added=True)
    entry = last_written(connection, table, key) - 1
    return RowFault(found, entry, f"{table.row(key)} is not as entry {entry} wrote it")


def without_an_entry(faults: Sequence[RowFault]) -> Sequence[FoundRow]:
    """The rows that no entry wrote, and that are set aside.

    Where what was signed for is damaged, too, nobody can tell which these are, but for parts of
    nothing.
    """
    is_damaged = any(fault.row.table == tables.written.name for fault in faults)
    doubtful = set(signed_tables()) if is_damaged else set()
    return [each.row for each in faults if each.is_added and each.row.table not in doubtful]
