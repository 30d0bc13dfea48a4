"""Opening, transactions, migrating; whether a catalogue is as the migrations made it.

It is a file of SQLite in the vault's folder, or a database of PostgreSQL (`postgres`).
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine, Insert, Table, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from callrec.catalogue import sqlite
from callrec.catalogue.sqlite import (
    close_cursors,
    connect,
    refuse_network_file_system,
    rewrite_file,
)
from callrec.catalogue.tables import METADATA
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Failed, Misconfigured, Tampered
from callrec.system.files import create_private, disk_errors, sync
from callrec.system.rights import check_only_we_can_change, make_private_folder, may_write

FILE_NAME: Final = "catalogue.sqlite"

TO_RESTORE: Final = (
    "move all that is called catalogue.sqlite out of the vault's folder, or catalogue out of the"
    " configuration; then callrec drive restore --from DRIVE"
)
"""What brings back an older catalogue: while there is one, `restore` fetches recordings alone."""

_T = TypeVar("_T")


class Rows(Protocol):
    """What a query gives."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> Sequence[Any]:
        """All that are left."""

    def fetchmany(self, size: int, /) -> Sequence[Any]:
        """As many as that, or what is left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A database asked directly: a million rows by way of SQLAlchemy take as long again."""

    def execute(self, query: str, values: Any = ..., /) -> Rows:
        """Ask it, in SQLite's words."""


_MAX_PARAMETERS: Final = 500

_READ, _WRITE, _MAKE = "read", "write", "make"

_BEGINNINGS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "sqlite": {_READ: ["BEGIN"], _WRITE: ["BEGIN IMMEDIATE"]},
    "postgresql": {
        _READ: ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"],
        # It takes no snapshot, so that what is read after it is what was committed before it: the
        # leaves are one sequence. Readers are not kept out.
        _WRITE: [
            # Of a machine that stopped in the middle, the server lets go: others wait for its lock.
            "BEGIN ISOLATION LEVEL REPEATABLE READ",
            "SET LOCAL idle_in_transaction_session_timeout = '5min'",
            "LOCK TABLE alembic_version IN EXCLUSIVE MODE",
        ],
        _MAKE: ["BEGIN"],
    },
}
"""How a transaction begins."""

_AT_A_TIME: Final = 1000
"""Rows that are fetched together from a database elsewhere."""

_TOGETHER: Final = 40
"""Rows that one statement inserts: beside a trigger SQLite keeps what each statement changes, page
by page, to undo it alone."""

_AS_MADE: Final = "as_made"
"""Where an engine notes that its catalogue has exactly the schema that the migrations make, and
with which `shape_writers`; and a connection what these were when its transaction began."""

_LEFT: Final = "moved_away"
"""The view that a catalogue has which was moved elsewhere."""

_HELD: Final = "held"
"""Where an engine notes what it is `alone` with: what it is, and a lock of which nobody else knows
the number."""

SCHEMA: Final = "0001"
"""The newest migration: what this callrec reads and writes."""

OLDER_SCHEMAS: Final[frozenset[str]] = frozenset()
"""Schemas that `upgrade` leads on from; none yet."""

VERSIONS: Final = (str(files("callrec.catalogue") / "migrations" / "versions"),)
"""Folders of the migrations; tests add one."""


def open_catalogue(vault: Path, url: str = "") -> Engine:
    """Open the catalogue in the vault's folder, for reading alone where it cannot be written.

    ``url``: of the database where it is instead.
    """
    engine = open_any_schema(vault, url)
    with reading(engine) as connection:
        found = schema_of(connection)
        if found == SCHEMA:
            check_schema(connection)
            engine.update_execution_options(**{_AS_MADE: frozenset()})
    if found in OLDER_SCHEMAS:
        raise Misconfigured(
            f'the vault has schema "{found}", and this callrec works with "{SCHEMA}"',
            hint="callrec practice migrate brings it there, and keeps a copy of the catalogue"
            " as it was",
        )
    if found != SCHEMA:
        raise newer_schema(found)
    return engine


def has_catalogue(vault: Path, url: str = "") -> bool:
    """Whether there is one, in the vault's folder or wherever a URL says."""
    return bool(url) or (vault / FILE_NAME).is_file()


def open_any_schema(vault: Path, url: str = "") -> Engine:
    """As `open_catalogue`, whatever its schema is: for `callrec practice migrate`."""
    if url:
        engine = _open_database(url)
        with disk_errors():  # a machine's own, for locks and what is on its way
            make_private_folder(vault, parents=True, exist_ok=True)
        return engine
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
            " or say where it is with --vault or CALLREC_VAULT",
        )
    refuse_network_file_system(path)
    check_only_we_can_change(vault)  # what others add to it, as a journal, SQLite would use
    check_only_we_can_change(path)
    writable = may_write(path) and may_write(vault)
    return connect(path, mode="rw" if writable else "ro")


def _open_database(url: str) -> Engine:
    engine = connect_there(url)
    with reading(engine) as connection:
        if not is_made(connection):
            raise Misconfigured(
                "there is no vault in the catalogue's database",
                hint="callrec practice migrate --to URL moves one there; until then leave catalogue"
                " out of the configuration",
            )
    return engine


def connect_there(url: str) -> Engine:
    """An engine on a database that is fit for a catalogue, and may be empty."""
    from callrec.catalogue import postgres  # noqa: PLC0415 - SQLite needs none of it

    engine = postgres.connect(url)
    with reading(engine) as connection:
        postgres.check_database(connection)
    return engine


def is_made(connection: Connection) -> bool:
    """Whether there is a catalogue in a database."""
    return _has(connection, "alembic_version")


def close_for_good(connection: Connection) -> None:
    """Have nobody open or write this catalogue any more: it is another that counts."""
    connection.exec_driver_sql(f"CREATE VIEW {_LEFT} AS SELECT 1 AS one")


def is_closed(connection: Connection) -> bool:
    """Whether that was done."""
    return _has(connection, _LEFT)


def _has(connection: Connection, name: str) -> bool:
    query = f"SELECT name FROM sqlite_master WHERE name = '{name}'"  # noqa: S608
    if is_postgres(connection):
        query = f"SELECT to_regclass('public.{name}')"
    return connection.exec_driver_sql(query).scalar() is not None


def is_postgres(of: Engine | Connection) -> bool:
    """Whether it is a database of PostgreSQL; else it is a file of SQLite."""
    return of.dialect.name == "postgresql"


def schema_of(connection: Connection) -> str:
    """The schema that a catalogue says it has: the newest migration that was done to it.

    Raises:
        Tampered: it says that of more than one, or of none, or what would answer is no such table:
            any text could be kept there, and a view would do as it likes.
    """
    if is_postgres(connection):
        from callrec.catalogue import postgres  # noqa: PLC0415 - SQLite needs none of it

        is_there = postgres.has_version_table(connection)
    else:
        is_there = sqlite.has_version_table(connection)
    if not is_there:
        raise _not_as_made()
    query = text("SELECT version_num FROM alembic_version LIMIT 2")
    found = connection.execute(query).scalars().all()
    if len(found) != 1 or not re.fullmatch("[0-9]{4}", str(found[0])):
        raise damaged("the catalogue does not say one schema that it has")
    return str(found[0])


def newer_schema(found: str) -> Misconfigured:
    """The refusal to work with a schema that this callrec does not know."""
    return Misconfigured(
        f'the vault has schema "{found}", this callrec works with "{SCHEMA}"',
        hint="use the callrec that last wrote to this vault, or a newer one",
    )


class CannotWrite(Failed):
    """The vault is there to be read only."""


class Unsettled(Failed):
    """Nobody can tell whether it was committed."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the catalogue throughout and changes nothing."""
    with _between(engine, _READ, "ROLLBACK") as connection:
        yield connection


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A write transaction: durable when it ends, undone if it fails.

    The write lock is taken at once, so that what is read inside is what is changed.
    """
    with _between(engine, _WRITE, "COMMIT") as connection:
        for what, token in connection.get_execution_options().get(_HELD, ()):
            _check_held(connection, what, token)
        yield connection


@contextmanager
def trial(engine: Engine) -> Iterator[Connection]:
    """A write transaction that is always undone: what would come of a change."""
    with _between(engine, _WRITE, "ROLLBACK") as connection:
        yield connection


def settled(engine: Engine) -> AbstractContextManager[Connection]:
    """As `reading`, once none that lost the way to a server while it committed is at it yet.

    What is undone by what it says would else be undone beneath a commit that comes after.
    """
    return trial(engine) if is_postgres(engine) else reading(engine)


@contextmanager
def making(engine: Engine) -> Iterator[Connection]:
    """A transaction on a database that may be empty: all is there when it ends, or nothing."""
    with _between(engine, _MAKE, "COMMIT") as connection:
        yield connection


@contextmanager
def alone(engine: Engine, what: str, *, waits: bool = False) -> Iterator[None]:
    """Be the only one, on whichever machine, who does this, and else wait or fail.

    In a file of SQLite the vault's own folder has the lock. In a database a session has it, which
    may end: then no transaction of this engine begins any more until the block ends.

    Raises:
        Failed: somebody else does it.
    """
    if not is_postgres(engine):
        yield
        return
    token, kind = secrets.randbelow(1 << 62), zlib.crc32(what.encode()) >> 1
    how = "pg_advisory_lock(0, ?) IS NOT NULL" if waits else "pg_try_advisory_lock(0, ?)"
    with _explained(), engine.connect() as holder:
        if not holder.exec_driver_sql(f"SELECT {how}", (kind,)).scalar():
            raise Failed(
                f"{what} is under way on another machine",
                hint="wait until it ends, then run the command again",
            )
        holder.exec_driver_sql("SELECT pg_advisory_lock(?)", (token,))
        held = engine.get_execution_options().get(_HELD, ())
        engine.update_execution_options(**{_HELD: (*held, (what, token))})
        try:
            # One that lost the lock a moment ago may be at the end of a transaction: after it, none
            # of theirs begins.
            with transaction(engine):
                pass
            yield
        finally:
            engine.update_execution_options(**{_HELD: held})
            with suppress(DBAPIError):  # with the session the lock has gone, too
                holder.exec_driver_sql("SELECT pg_advisory_unlock_all()")


def _check_held(connection: Connection, what: str, token: int) -> None:
    found = connection.exec_driver_sql(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND (classid::bigint << 32) + objid::bigint = ?"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (token,),
    ).first()
    if found is None:
        raise Failed(
            f"the way to the catalogue's database broke off, and {what} may be under way elsewhere",
            hint="run the same command again: what was done stays done",
        )


def sqlite_connection(connection: Connection) -> sqlite3.Connection:
    """SQLite itself."""
    database = connection.connection.driver_connection
    assert isinstance(database, sqlite3.Connection)  # noqa: S101 - what `connect` opens
    return database


def database_of(connection: Connection) -> Database:
    """The database of a connection, to be asked directly."""
    return _Streaming(connection) if is_postgres(connection) else sqlite_connection(connection)


@dataclass(frozen=True, slots=True)
class _Streaming:
    """Without values a query may be about every row, which are not all to be held here at once."""

    connection: Connection

    def execute(self, query: str, values: Any = (), /) -> Rows:
        if values:
            return self.connection.exec_driver_sql(query, values)
        options = {"yield_per": _AT_A_TIME}
        return self.connection.exec_driver_sql(query, execution_options=options)


def place_of(database: Database) -> tuple[str, str]:
    """Where a database is, and which state of it is read there, as `opened_at` takes it."""
    if isinstance(database, _Streaming):
        driver: Any = database.connection.connection.driver_connection
        ((state,),) = database.execute("SELECT pg_export_snapshot()")
        return driver.info.dsn, state  # with no password in it
    (_, _, path), *_ = database.execute("PRAGMA database_list")
    return f"{Path(path).as_uri()}?mode=ro", ""


@contextmanager
def opened_at(place: tuple[str, str]) -> Iterator[Database]:
    """The same database in another process, to be read; PostgreSQL gives the same state of it."""
    at, state = place
    if not state:
        with closing(sqlite3.connect(at, uri=True)) as file:
            yield file
        return
    from callrec.catalogue import postgres  # noqa: PLC0415 - SQLite needs none of it

    with reading(postgres.connect(at)) as connection:
        connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{state}'")
        yield database_of(connection)


@contextmanager
def _between(engine: Engine, begin: str, end: str) -> Iterator[Connection]:
    with _explained(), engine.connect() as connection:
        for statement in _BEGINNINGS[engine.dialect.name][begin]:
            connection.exec_driver_sql(statement)
        try:
            if _AS_MADE in connection.get_execution_options():
                _check_as_made(connection, begin)
            yield connection
        except BaseException:
            _undo(connection)
            raise
        connection.exec_driver_sql(end)


def _check_as_made(connection: Connection, begin: str) -> None:
    """Check the schema at the beginning, in PostgreSQL for as long as the transaction lasts."""
    if not is_postgres(connection):
        if begin != _READ:
            check_schema(connection)
        return
    from callrec.catalogue import postgres  # noqa: PLC0415 - SQLite needs none of it

    postgres.hold_shape(connection, "ACCESS SHARE" if begin == _READ else "ROW EXCLUSIVE")
    seen = postgres.shape_writers(connection, answering=begin == _READ)
    connection.info[_AS_MADE] = seen
    as_made = connection.get_execution_options()[_AS_MADE]
    if seen not in as_made:
        check_schema(connection)
        connection.engine.update_execution_options(**{_AS_MADE: {*as_made, seen}})


def check_still_as_made(connection: Connection) -> None:
    """Check, before anybody signs, what no lock on a table keeps: functions, operators, casts.

    The transaction sees them as they were when it began, so another connection looks.

    Raises:
        Tampered: one came, went or was replaced since.
    """
    if not is_postgres(connection) or _AS_MADE not in connection.get_execution_options():
        return
    from callrec.catalogue.postgres import shape_writers  # noqa: PLC0415 - SQLite needs none of it

    with _explained(), connection.engine.connect() as now:
        if shape_writers(now, answering=False) != connection.info[_AS_MADE]:
            check_schema(now)
            raise damaged("what acts in the catalogue's database was replaced in the middle")


def sync_folder(connection: Connection) -> None:
    """Make the names in the catalogue's folder durable: that of a journal that is gone, too."""
    if is_postgres(connection):  # which does so itself
        return
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
    if is_postgres(connection):
        with suppress(DBAPIError):  # it broke off, and undid what was begun
            connection.exec_driver_sql("ROLLBACK")
        return
    close_cursors(connection.info)
    if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("ROLLBACK")


def rewrite_database(engine: Engine, work: Path) -> None:
    """Rewrite the catalogue's file from its rows, and empty its journal.

    ``secure_delete`` overwrites what is deleted, but not the copies of it that a page leaves behind
    when its rows move to another.

    Raises:
        Misconfigured: a database does not let its role here do so.
        Failed: somebody else is reading.
    """
    with _explained(), engine.connect() as connection:
        if is_postgres(connection):
            from callrec.catalogue.postgres import rewrite_table  # noqa: PLC0415

            for table in METADATA.sorted_tables:
                rewrite_table(connection, table.name)
        elif not rewrite_file(connection, work):
            raise Failed("somebody else is reading the vault", hint="run the same command again")


def create_catalogue(path: Path, schema: str = "head") -> None:
    """Make a new catalogue file with a schema, or the newest, by the migrations alone.

    Its owner alone can read it.
    """
    os.close(create_private(path))
    engine = connect(path, mode="rw")
    with _explained(), engine.connect() as connection:
        upgrade(connection, schema)
    engine.dispose()


def upgrade(connection: Connection, schema: str = "head") -> None:
    """Do to a catalogue what migrations it has not had yet, up to a schema or the newest.

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
    command.upgrade(settings, schema)


@contextmanager
def _explained() -> Iterator[None]:
    """Database errors in our own words; they would quote rows otherwise."""
    try:
        yield
    except (DBAPIError, sqlite3.DatabaseError) as error:
        meant = _meaning(error if isinstance(error, DBAPIError) else _as_told(error))
        if meant is None:
            raise
        raise meant from error
    except UnicodeDecodeError as error:
        raise damaged() from error


def _as_told(error: sqlite3.DatabaseError) -> DBAPIError:
    """An error of `database_of`, as SQLAlchemy would have told it."""
    kind = OperationalError if isinstance(error, sqlite3.OperationalError) else DatabaseError
    return kind(None, None, error)


def _meaning(error: DBAPIError) -> CallrecError | None:
    """What a database's error means; None: a mistake in this program."""
    if not isinstance(error.orig, sqlite3.Error):
        from callrec.catalogue.postgres import explained  # noqa: PLC0415 - SQLite needs none of it

        return explained(error.orig)
    if isinstance(error, OperationalError):
        return _operational(error)
    if isinstance(error.orig, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        return None
    return damaged() if isinstance(error, DatabaseError) else None


def _operational(error: OperationalError) -> Failed | Tampered:
    """By the number that SQLite gives it: its words quote what anybody may have written there.

    Text that is none has no number.
    """
    kind = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if kind == sqlite3.SQLITE_ERROR:
        return damaged()
    if kind == sqlite3.SQLITE_FULL:
        return Failed(
            "the vault's disk is full; nothing was changed", hint="free some space and try again"
        )
    if kind in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Failed("the vault was busy for a minute", hint="try again")
    if kind in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}:
        return CannotWrite(
            "the vault cannot be written", hint="check the disk and who owns the folder"
        )
    why = ": disk I/O error" if kind == sqlite3.SQLITE_IOERR else ""
    return Failed(f"the catalogue could not be used{why}", hint="run callrec practice doctor")


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
    if_new: bool = False,
) -> None:
    """Insert rows, quickest in the order that the table, or its index, is kept in.

    ``if_new``: those that are there already stay as they are.
    """
    statement = str(insert.compile(connection, column_keys=columns and list(columns)))
    into, values, places = statement.partition(" VALUES ")
    known = " ON CONFLICT DO NOTHING" if if_new else ""
    whole = len(rows) - len(rows) % _TOGETHER
    together = [tuple(chain(*rows[at : at + _TOGETHER])) for at in range(0, whole, _TOGETHER)]
    for some, rows_each in ((together, _TOGETHER), (list(rows[whole:]), 1)):
        if some:
            all_places = ", ".join([places] * rows_each)
            connection.exec_driver_sql(f"{into}{values}{all_places}{known}", some)


def damaged(what: str = "the catalogue is damaged") -> Tampered:
    """The catalogue is not to be worked with."""
    return Tampered(what, hint="restore it from an archive drive or a backup")


def check_schema(connection: Connection) -> None:
    """Check that nothing of a catalogue was made by anybody but the migrations.

    A trigger acts with callrec's own hand whenever callrec writes, and a view or a virtual table
    in a table's place can answer anything.
    """
    if is_postgres(connection):
        from callrec.catalogue import postgres  # noqa: PLC0415 - SQLite needs none of it

        made, expected = postgres.shape_hash(connection), postgres.SHAPE_HASH
    else:
        made, expected = sqlite.schema_hash(connection), sqlite.SCHEMA_HASH
    if made != expected:
        if is_closed(connection):
            raise Misconfigured(
                "the vault's catalogue was moved away from here",
                hint='say in the configuration where it is: "catalogue", or none for the folder',
            )
        raise _not_as_made()


def _not_as_made() -> Tampered:
    return damaged(
        "the catalogue's tables, indexes, views or triggers are not those that callrec made"
    )


def size_of(connection: Connection) -> int:
    """Bytes that the catalogue takes where it is."""
    query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    if is_postgres(connection):
        query = "SELECT pg_database_size(current_database())"
    return int(connection.exec_driver_sql(query).scalar_one())
