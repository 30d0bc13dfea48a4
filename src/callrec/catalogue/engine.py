"""Opening, transactions, migrating; whether a catalogue is sound, and what a migration kept."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakSet

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Engine,
    Insert,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from callrec.catalogue.tables import METADATA
from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.errors import Failed, Misconfigured, Tampered
from callrec.system.files import check_only_we_can_change, file_system_of, sync

# Without a handler, an error while a connection is given back would be printed in full.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

FILE_NAME: Final = "catalogue.sqlite"

TO_RESTORE: Final = (
    "move all that is called catalogue.sqlite out of the vault's folder, then callrec drive restore"
    " --from DRIVE"
)
"""What brings back an older catalogue: while there is one, `restore` fetches recordings alone."""

BUSY_SECONDS: Final = 60

_T = TypeVar("_T")

_MAX_PARAMETERS: Final = 500

_CURSORS: Final = "cursors"
"""Where a connection keeps weak references to its cursors."""

_AS_MADE: Final = "as_made"
"""Where an engine notes that its catalogue has exactly the schema that the migrations make."""

SCHEMA: Final = "0001"
"""The newest migration: what this callrec reads and writes."""

SCHEMA_HASH: Final = "aa81693372122b31d85ad374cd5464165d0b4212952f68b7b90af1c4d16d5eb0"
"""SHA-256 of what the migrations make, as `schema_hash` says it; each migration changes it."""

_KINDS: Final = {"BIGINT": "integer", "BLOB": "blob", "INTEGER": "integer", "VARCHAR": "text"}
"""Type of a column -> what SQLite calls its values."""

OLDER_SCHEMAS: Final[frozenset[str]] = frozenset()
"""Schemas that `upgrade` leads on from; none yet."""

VERSIONS: Final = (str(files("callrec.catalogue") / "migrations" / "versions"),)
"""Folders of the migrations; tests add one."""

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda"),
        *("ceph", "lustre", "gpfs", "beegfs", "ocfs2", "gfs2", "orangefs", "davfs", "vboxsf"),
        *("fuse.ceph", "fuse.ceph-fuse", "fuse.curlftpfs", "fuse.davfs2", "fuse.glusterfs"),
        *("fuse.gvfsd-fuse", "fuse.juicefs", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs"),
        *("fuse.sshfs", "fuse.vmhgfs-fuse"),
    }
)
"""Where SQLite's locks cannot be relied on, as another machine may not see them (sqlite.org/faq,
question 5). 9p and virtiofs are left out: the whole disk of a container may be of that kind."""


def open_catalogue(vault: Path) -> Engine:
    """Open the catalogue in the vault's folder, for reading alone where it cannot be written."""
    engine = open_any_schema(vault)
    with reading(engine) as connection:
        found = schema_of(connection)
        if found == SCHEMA:
            check_schema(connection)
            engine.update_execution_options(**{_AS_MADE: True})
    if found in OLDER_SCHEMAS:
        raise Misconfigured(
            f'the vault has schema "{found}", and this callrec works with "{SCHEMA}"',
            hint="callrec practice migrate brings it there, and keeps a copy of the catalogue"
            " as it was",
        )
    if found != SCHEMA:
        raise newer_schema(found)
    return engine


def open_any_schema(vault: Path) -> Engine:
    """As `open_catalogue`, whatever its schema is: for `callrec practice migrate`."""
    path = vault / FILE_NAME
    try:
        there = path.is_file()
    except OSError as error:
        raise Misconfigured(
            f'"{vault}" cannot be looked into: {str(error.strerror).lower()}',
            hint="run callrec as the account that owns it",
        ) from error
    if not there:
        raise Misconfigured(
            f'there is no vault at "{vault}"',
            hint="callrec init makes one, callrec drive restore --from DRIVE brings one back;"
            " or say"
            " where it is with --vault or CALLREC_VAULT",
        )
    refuse_network_file_system(path)
    check_only_we_can_change(path)
    writable = os.access(path, os.W_OK) and os.access(vault, os.W_OK)
    return connect(path, mode="rw" if writable else "ro")


def schema_of(connection: Connection) -> str:
    """The schema that a catalogue says it has: the newest migration that was done to it."""
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found)


def newer_schema(found: str) -> Misconfigured:
    """The refusal to work with a schema that this callrec does not know."""
    return Misconfigured(
        f'the vault has schema "{found}", this callrec works with "{SCHEMA}"',
        hint="use the callrec that last wrote to this vault, or a newer one",
    )


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
    event.listen(engine, "invalidate", _close_cursors)
    event.listen(engine, "before_cursor_execute", _remember_cursor)
    return engine


class CannotWrite(Failed):
    """The vault is there to be read only."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the catalogue throughout and changes nothing."""
    with _between(engine, "BEGIN", "ROLLBACK") as connection:
        yield connection


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A write transaction: durable when it ends, undone if it fails.

    The write lock is taken at once, so that what is read inside is what is changed.
    """
    with _between(engine, "BEGIN IMMEDIATE", "COMMIT") as connection:
        if _AS_MADE in connection.get_execution_options():
            check_schema(connection)
        yield connection


@contextmanager
def trial(engine: Engine) -> Iterator[Connection]:
    """A write transaction that is always undone: what would come of a change."""
    with _between(engine, "BEGIN IMMEDIATE", "ROLLBACK") as connection:
        yield connection


def sqlite_connection(connection: Connection) -> sqlite3.Connection:
    """SQLite itself: a million rows by way of SQLAlchemy take as long again."""
    database = connection.connection.driver_connection
    assert isinstance(database, sqlite3.Connection)  # noqa: S101 - what `connect` opens
    return database


@contextmanager
def _between(engine: Engine, begin: str, end: str) -> Iterator[Connection]:
    with _explained(), engine.connect() as connection:
        connection.exec_driver_sql(begin)
        try:
            yield connection
        except BaseException:
            _undo(connection)
            raise
        connection.exec_driver_sql(end)


def sync_folder(connection: Connection) -> None:
    """Make the names in the catalogue's folder durable: that of a journal that is gone, too."""
    (_, _, path), *_ = connection.exec_driver_sql("PRAGMA database_list").all()
    sync(Path(path).parent)


def _undo(connection: Connection) -> None:
    """Undo what was begun, and let go of every lock.

    An error keeps alive what was being read when it was raised, and that would keep its lock even
    after a ROLLBACK: nobody could write, not even that something is wrong. What Ctrl-C came into
    has no connection any more: SQLAlchemy has closed it, by which SQLite undoes what was begun.
    """
    if connection.invalidated:
        return
    for cursor in tuple(connection.info[_CURSORS]):
        cursor.close()
    if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("ROLLBACK")


def rewrite_database(engine: Engine, work: Path) -> None:
    """Rewrite the catalogue's file from its rows, and empty its journal.

    ``secure_delete`` overwrites what is deleted, but not the copies of it that a page leaves behind
    when its rows move to another.
    """
    place = str(work).replace("'", "''")
    with _explained(), engine.connect() as connection:
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
    if busy:
        raise Failed("somebody else is reading the vault", hint="run the same command again")


def create_catalogue(path: Path) -> None:
    """Make a new catalogue file with the newest schema, by the migrations alone."""
    engine = connect(path, mode="rwc")
    with _explained(), engine.connect() as connection:
        upgrade(connection)
    engine.dispose()


def upgrade(connection: Connection) -> None:
    """Do to a catalogue what migrations it has not had yet.

    Within a transaction of the connection they are part of it: all is done when that ends, or
    nothing.
    """
    from alembic import command  # noqa: PLC0415 - a third of a second that only this needs
    from alembic.config import Config  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(files("callrec.catalogue") / "migrations"))
    settings.set_main_option("path_separator", "newline")
    settings.set_main_option("version_locations", "\n".join(VERSIONS))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


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


def _close_cursors(_: object, record: ConnectionPoolEntry, __: object) -> None:
    """Or the connection would not be closed with it, nor let go of its locks."""
    for cursor in tuple(record.info[_CURSORS]):
        cursor.close()


def _remember_cursor(connection: Connection, cursor: sqlite3.Cursor, *_: object) -> None:
    connection.info[_CURSORS].add(cursor)


def _choose_journal(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """A file has one journal or the other, so who may only read it takes the one that it has."""
    journal = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "DELETE"
    connection.execute(f"PRAGMA journal_mode={journal}")


def _prepare(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    record.info[_CURSORS] = WeakSet()
    for pragma in (
        # Beside a rollback journal FULL would not do: what was committed is undone if a power cut
        # brings the journal back, whose removal nobody made durable (sqlite.org/pragma.html).
        "synchronous=EXTRA",
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _explained() -> Iterator[None]:
    """Database errors in our own words; they would quote rows otherwise."""
    try:
        yield
    except OperationalError as error:
        raise _operational(error) from error
    except UnicodeDecodeError as error:
        raise damaged() from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        raise damaged() from error


def _operational(error: OperationalError) -> Failed | Tampered:
    message = str(error.orig)
    if "decode" in message:  # what is not valid text; SQLite would quote it
        return damaged()
    if "full" in message:
        return Failed(
            "the vault's disk is full; nothing was changed", hint="free some space and try again"
        )
    if "locked" in message or "busy" in message:
        return Failed("the vault was busy for a minute", hint="try again")
    if "readonly" in message or "unable to open" in message:
        return CannotWrite(
            "the vault cannot be written", hint="check the disk and who owns the folder"
        )
    return Failed(f"the catalogue could not be used: {message}", hint="run callrec practice doctor")


def update_row(connection: Connection, table: Table, id_: object, **columns: object) -> None:
    """Change columns of the row with this id."""
    connection.execute(table.update().where(table.c.id == id_).values(**columns))


def batches(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The values, no more at a time than any SQLite takes as parameters."""
    for start in range(0, len(values), _MAX_PARAMETERS):
        yield values[start : start + _MAX_PARAMETERS]


def insert_rows(
    connection: Connection,
    insert: Insert,
    rows: Sequence[tuple[Any, ...]],
    *,
    columns: Sequence[str] | None = None,
) -> None:
    """Insert rows, quickest in the order that the table, or its index, is kept in."""
    statement = insert.compile(connection, column_keys=columns and list(columns))
    connection.exec_driver_sql(str(statement), list(rows))


def damaged(what: str = "the catalogue is damaged") -> Tampered:
    """The catalogue is not to be worked with."""
    return Tampered(what, hint="restore it from an archive drive or a backup")


def schema_hash(connection: Connection) -> str:
    """Every table, index, view and trigger of a catalogue in one hash: SHA-256, lower-case hex.

    Each counts by the statement that made it, blanks aside. What SQLite makes by itself follows
    from the rest, but for statistics, which nobody gathers and which say how rows are to be found.
    """
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
        " WHERE type IN ('view', 'trigger') OR name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        " OR name LIKE 'sqlite!_stat%' ESCAPE '!'"
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


def check_indexes(connection: Connection) -> None:
    """Read every page: each index has the rows of its table and no others.

    Anyone who writes to the file can give an index other rows than its table has, under its old
    name and text; what is then found by it, and what is read from the table, are two catalogues.

    Raises:
        Tampered: they differ, or something is damaged.
        Failed: the disk does not give a page.
    """
    said = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
    unread = re.search(r"unable to get the page\. error code=(\d+)", said)
    if unread and int(unread[1]) & 0xFF == sqlite3.SQLITE_IOERR:  # which nobody made
        raise Failed(
            "the catalogue could not be read from its disk", hint="run callrec practice doctor"
        )
    if said != "ok":
        raise damaged("the catalogue is damaged, or an index of it has other rows than its table")


def check_numbering(connection: Connection) -> None:
    """The next recording gets the number after the last one's, which is never taken away.

    SQLite's own table of that has one whole number for each table that is numbered so, as messages
    are as well, and nothing else.

    Raises:
        Tampered: it would not, or that table holds more.
    """
    numbered = {*_NUMBERED}
    for name, seq in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence"):
        if name not in numbered or not isinstance(seq, int):
            raise damaged("SQLite's own table of last numbers holds what callrec never writes")
        numbered.remove(name)
    beyond = connection.exec_driver_sql(
        "SELECT 1 FROM sqlite_sequence WHERE name IS 'recording'"
        " AND seq IS NOT (SELECT max(id) FROM recording)"
    )
    if beyond.first() is not None:
        raise damaged("the next recording would get a number that does not follow the last one's")


_NUMBERED: Final = frozenset(
    table.name
    for table in METADATA.sorted_tables
    if table.dialect_options["sqlite"]["autoincrement"]
)
"""The tables of which SQLite never gives a number twice."""


def check_integrity(connection: Connection) -> None:
    """Read every page, and follow every reference from one row to another."""
    check_indexes(connection)
    check_numbering(connection)
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
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
            hint="report it, with what callrec practice doctor says",
        )
    check_integrity(connection)
