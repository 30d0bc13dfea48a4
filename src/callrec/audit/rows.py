"""Hold every row of the catalogue against what the log signs for (docs/formats/audit-log.md, 8).

No key is needed. A row that is not as a transaction last wrote it, that is missing or was added is
named, with the entry of the log that wrote it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection

from callrec.audit.checkpoint import written_in
from callrec.audit.remembered import Problem
from callrec.catalogue.written import (
    SignedTable,
    WrittenRow,
    digest,
    missing_rows,
    signed_tables,
)
from callrec.errors import Tampered

MOST_NAMED: Final = 20
"""Of one table; how many more there are is counted."""


def check_rows(connection: Connection, *, may_lack: Collection[str] = ()) -> Iterator[Problem]:
    """Everything in the catalogue that is not as it was signed for.

    The log's leaves and checkpoints were found sound before. ``may_lack``: tables of which rows may
    be missing, in a copy that was made without them.
    """
    standing: Counter[str] = Counter()
    yield from _check_signed(connection, standing)
    for table in signed_tables():
        wanted = standing.pop(table.name, 0)
        every = _check_table(connection, table, None if table.name in may_lack else wanted)
        yield from islice(every, MOST_NAMED)
        if more := sum(1 for _ in every):
            yield Problem(None, f"and {more} more rows of {table.called}")
    for name in standing:
        yield Problem(None, f'rows of a table "{name}", which there is not, were signed for')


def _check_signed(connection: Connection, standing: Counter[str]) -> Iterator[Problem]:
    """What was signed for is what checkpoints say, and each row went on from what it was before.

    ``standing`` gets how many rows, or groups of them, each table must have.
    """
    signed: defaultdict[int, Any] = defaultdict(hashlib.sha256)
    place, before, entry = ("", ""), None, 0
    query = "SELECT name, key, was, now, size FROM written ORDER BY name, key, size"
    rows = connection.execution_options(yield_per=1000).exec_driver_sql(query)
    for name, key, was, now, size in rows:
        if {type(was), type(now)} - {bytes, type(None)} or type(size) is not int:
            raise Tampered("what was signed for rows is not in its form")
        row = WrittenRow(name, key, was, now)
        signed[size].update(row.line)
        if (name, key) != place:
            place, before, entry = (name, key), None, -1
        if was != before:
            what = f'row {key} of the table "{name}" was changed before entry {size - 1} wrote it'
            yield Problem(size - 1, f"{what}; until then it was {_as_written(entry)}")
        standing[name] += (now is not None) - (before is not None)
        before, entry = now, size - 1
    notes = "SELECT size, note FROM checkpoint WHERE instr(note, x'0A7772697474656E20') ORDER BY 1"
    for size, note in connection.exec_driver_sql(notes):
        said, found = written_in(note), signed.pop(size, None)
        if found is None or said != found.digest():
            yield Problem(size - 1, f"what entry {size - 1} wrote is not what was signed with it")
    for size in sorted(signed):
        yield Problem(size - 1, f"rows are said to be of entry {size - 1}, which wrote none")


def _check_table(
    connection: Connection, table: SignedTable, wanted: int | None
) -> Iterator[Problem]:
    """Each row of a table that is not as it was signed for, or is missing.

    ``wanted``: how many there must be, if none may be missing.
    """
    met = 0
    rows = connection.execution_options(yield_per=500).exec_driver_sql(table.every())
    for key, text, signed, size in rows:
        if signed is None:
            yield Problem(None, f"row {key} of {table.called} was written by no entry")
            continue
        met += 1
        if digest(text) != signed:
            what = f"row {key} of {table.called} is not as entry {size - 1} wrote it"
            yield Problem(size - 1, what)
    for query in table.strays():
        for key in connection.exec_driver_sql(query).scalars():
            yield Problem(None, f"row {key} of {table.called} is in some of them alone")
    if wanted not in (None, met):
        for key, size, _ in missing_rows(connection, table):
            what = (
                f'row {key} of the table "{table.name}", which entry {size - 1} wrote, is missing'
            )
            yield Problem(size - 1, what)


def _as_written(entry: int) -> str:
    return "in no entry" if entry < 0 else f"as entry {entry} wrote it"
