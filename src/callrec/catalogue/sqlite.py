"""SQLite under the catalogue: a file opened, rewritten, and the hash of what was made in it."""

from __future__ import annotations

import hashlib
import logging
import re
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from callrec.errors import Misconfigured
from callrec.system.drives import NETWORK_FILE_SYSTEMS, file_system_of

# Without a handler, an error while a connection is given back would be printed in full.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

BUSY_SECONDS: Final = 60

SCHEMA_HASH: Final = "76aa318270eb71000f2054b07df071b4d353e39429267911e3a1bef7936e1bbe"
"""SHA-256 of what the migrations make, as `schema_hash` says it; each migration changes it."""

_VERSION_TABLE: Final = (
    "table alembic_version alembic_version CREATE TABLE alembic_version ( version_num VARCHAR(32)"
    " NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num) )"
)
"""As `_made` says it, in every schema."""

_CURSORS: Final = "cursors"
"""Where a connection keeps weak references to its cursors."""


def connect(path: Path, *, mode: str) -> Engine:
    """An engine on one SQLite file; ``mode`` is SQLite's own: ro, rw or rwc."""
    uri = f"{path.resolve().as_uri()}?mode={mode}"

    def connection() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)

    engine = create_engine(
        "sqlite://", creator=connection, hide_parameters=True, poolclass=QueuePool
    )
    if mode != "ro":
        event.listen(engine, "connect", _choose_journal)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "invalidate", lambda _, record, __: close_cursors(record.info))
    event.listen(engine, "before_cursor_execute", _remember_cursor)
    return engine


def refuse_network_file_system(path: Path) -> None:
    """Refuse a folder or file that other machines can have open, too."""
    kind = file_system_of(path)
    if kind in NETWORK_FILE_SYSTEMS:
        raise Misconfigured(
            f"the vault lies on a network file system ({kind}): its locks cannot be relied on",
            hint="put the vault on a disk of this machine, and archive to the share instead",
        )


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite cannot lose a committed transaction in WAL mode (fixed in 3.51.3)."""
    return version >= (3, 51, 3) or version in {(3, 44, 6), (3, 50, 7)}


def close_cursors(info: Mapping[str, Any]) -> None:
    """Close every cursor of a connection, by its ``info``: each could keep its locks."""
    for cursor in tuple(info[_CURSORS]):
        cursor.close()


def _remember_cursor(connection: Connection, cursor: sqlite3.Cursor, *_: object) -> None:
    connection.info[_CURSORS].add(cursor)


def _choose_journal(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """A file has one journal or the other, so who may only read it takes the one that it has."""
    journal = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "DELETE"
    connection.execute(f"PRAGMA journal_mode={journal}")


def _prepare(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    record.info[_CURSORS] = WeakSet()
    connection.text_factory = _text
    for pragma in (
        # Beside a rollback journal FULL would not do: what was committed is undone if a power cut
        # brings the journal back, whose removal nobody made durable (sqlite.org/pragma.html).
        "synchronous=EXTRA",
        "fullfsync=ON",  # on a Mac; elsewhere it changes nothing
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-2000",  # KiB; else as the file says, by which pages could be read twice
    ):
        connection.execute(f"PRAGMA {pragma}")


def _text(value: bytes) -> str | bytes:
    """Text as it is; what is not UTF-8 as bytes, which nobody takes for text."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def schema_hash(connection: Connection) -> str:
    """Every table, index, view and trigger of a catalogue in one hash: SHA-256, lower-case hex.

    Each counts by the statement that made it, blanks aside: those of SQLite, to which any other is
    a letter. What it makes without a statement follows from the rest.
    """
    return hashlib.sha256("\n".join(_made(connection)).encode()).hexdigest()


def has_version_table(connection: Connection) -> bool:
    """Whether what says which schema there is was made by the migrations, and answers no more."""
    return _VERSION_TABLE in _made(connection)


def _made(connection: Connection) -> Sequence[str]:
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql NOT NULL ORDER BY type, name"
    )
    return [re.sub(r"[ \t\n\f\r]+", " ", " ".join(map(str, row))) for row in rows]


def rewrite_file(connection: Connection, work: Path) -> bool:
    """Rewrite a file from its rows, and empty its journal; whether nobody else was reading.

    ``work``: the folder for what it takes meanwhile.
    """
    place = str(work).replace("'", "''")
    try:
        # Not in memory, which may be smaller, nor in the system's own place for such files.
        connection.exec_driver_sql("PRAGMA temp_store=FILE")
        connection.exec_driver_sql(f"PRAGMA temp_store_directory='{place}'")
        connection.exec_driver_sql("VACUUM")
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    finally:
        if not connection.invalidated:  # by Ctrl-C, which ends the command
            connection.exec_driver_sql("PRAGMA temp_store_directory=''")
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
    return not busy
