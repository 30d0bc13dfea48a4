"""PostgreSQL under the catalogue: opened, what it spells otherwise, what callrec made in it.

callrec's own queries are written once, as SQLite reads them; `respelt` has what PostgreSQL calls
otherwise. SQLAlchemy does that for its own. Nothing here is imported but where a URL is configured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, LargeBinary, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from callrec.catalogue.tables import METADATA, Blob
from callrec.errors import CallrecError, Failed, Misconfigured, Tampered

if TYPE_CHECKING:
    import psycopg

OLDEST: Final = 15
"""The oldest PostgreSQL whose forms of SQL these are."""

SHAPE_HASH: Final = "200e6e90824cf62ca028b0442f612a4251246a90959090ac88303e8eed37c94b"
"""SHA-256 of what callrec makes in a database, as `shape_hash` says it."""

_SETTINGS: Final = """
SELECT set_config(name, value, false) FROM (VALUES
    ('search_path', 'public, pg_temp'), ('quote_all_identifiers', 'off'),
    ('statement_timeout', '0'), ('idle_session_timeout', '0'),
    ('idle_in_transaction_session_timeout', '0'),
    ('lock_timeout', '60s'), ('max_parallel_workers_per_gather', '0'),
    ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')
) AS ours(name, value)
UNION ALL SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""
"""Of each session. A machine that vanished holds its locks for a minute at the most."""

_NOT_FREE: Final = "55P03"
"""SQLSTATE: somebody else had the lock for as long as it was waited for."""

_READ_ONLY, _ENDED = "25006", "57014"
"""SQLSTATE: nothing is written there; a query was ended by a time limit, or by a person there."""

_PATIENCE: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
    "client_encoding": "UTF8",
}
"""A server that answers nothing any more is given up after a minute, unless the URL says other; and
text is read as text, whatever the database keeps it in."""

_LOOPBACK: Final = re.compile(r"localhost|127(\.\d+){3}|::1")

_CODE_POINTS: Final = frozenset({"C", "POSIX", "C.UTF-8", "C.utf8"})
"""Collations that sort text as SQLite does."""


def connect(url: str) -> Engine:
    """An engine on a database; nothing is asked of it yet.

    Raises:
        Misconfigured: the driver is not installed, or the URL is none that callrec follows.
    """
    try:
        import psycopg  # noqa: PLC0415 - an extra, where a URL is configured
        from psycopg.types.numeric import IntLoader  # noqa: PLC0415
    except ImportError:
        raise Misconfigured(
            "the configuration names a catalogue in PostgreSQL, and its driver is not installed",
            hint="install callrec with its extra: callrec[network]",
        ) from None
    given = _checked(url, psycopg)

    def connection() -> psycopg.Connection[Any]:
        made = psycopg.connect(**given, autocommit=True)
        made.adapters.register_loader("numeric", IntLoader)  # a sum of numbers is one
        made.execute(_SETTINGS)
        return made

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connection,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        paramstyle="format",
        poolclass=QueuePool,
        use_native_hstore=False,
    )
    event.listen(engine, "before_cursor_execute", _respell, retval=True)
    return engine


def _checked(url: str, driver: Any) -> Mapping[str, Any]:
    """What libpq is to be told: over a network TLS with the server's name, whatever else is set."""
    try:
        given = driver.conninfo.conninfo_to_dict(url)
    except driver.Error:
        raise Misconfigured(
            '"catalogue" in the configuration is no address of a PostgreSQL database',
            hint='it looks like "postgresql:///hama?service=hama" (docs/network.md)',
        ) from None
    if "password" in given:
        raise Misconfigured(
            '"catalogue" in the configuration has a password in it, which others may come to read',
            hint="put it into libpq's password file, ~/.pgpass, or let a certificate log in",
        )
    hosts = str(given.get("host", "")).split(",")
    addresses = filter(None, str(given.get("hostaddr", "")).split(","))
    if all(host.startswith(("/", "@")) or _LOOPBACK.fullmatch(host) for host in hosts) and all(
        _LOOPBACK.fullmatch(address) for address in addresses
    ):  # an empty one is given, so that libpq takes none from a service or the environment
        return {**_PATIENCE, "hostaddr": "", **given, "application_name": "callrec"}
    if given.get("sslmode", "verify-full") != "verify-full":
        raise Misconfigured(
            '"catalogue" in the configuration would go over a network to anyone who answers',
            hint='leave sslmode out, or say "sslmode=verify-full"',
        )
    return {**_PATIENCE, **given, "sslmode": "verify-full", "application_name": "callrec"}


def check_database(connection: Connection) -> None:
    """Check that a database keeps what callrec writes as SQLite does.

    Raises:
        Misconfigured: it is too old, or sorts text, or keeps it, in another way.
    """
    version, encoding, provider, collation, role = connection.exec_driver_sql(
        "SELECT current_setting('server_version_num')::int / 10000, pg_encoding_to_char(encoding),"
        " datlocprovider, datcollate, current_setting('session_replication_role')"
        " FROM pg_database WHERE datname = current_database()"
    ).one()
    if version < OLDEST:
        raise Misconfigured(
            f"the catalogue's server is PostgreSQL {version}, and callrec works with {OLDEST}"
            " and newer",
            hint="ask the person who runs it to upgrade it",
        )
    by_code_point = provider == "b" or (provider == "c" and collation in _CODE_POINTS)
    if encoding != "UTF8" or not by_code_point:
        raise Misconfigured(
            f"the catalogue's database keeps text in {encoding} and sorts it by {collation}",
            hint="make one with: CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8'"
            " LOCALE 'C.UTF-8', and move the vault there",
        )
    if role != "origin":
        raise Misconfigured(
            "the catalogue's database does not run the triggers that callrec made",
            hint="ask the person who runs it to let session_replication_role be origin",
        )


def _respell(
    _: Connection, __: object, statement: str, values: Any, *___: object
) -> tuple[str, Any]:
    return respelt(statement), values


_COLUMN: Final = r'\w+\."\w+"'

_IS_BYTES: Final = r"""[\w."]+ >= x''"""


def _json_array(found: re.Match[str]) -> str:
    """A row's line comes to the same bytes as SQLite makes of it."""
    values = (
        f" || ',' || coalesce(CAST(to_json({column}) AS text), 'null')"
        for column in re.findall(_COLUMN, found[2])
    )
    return f"""'["{found[1]}"'{"".join(values)} || ']'"""


_OTHERWISE: Final[Sequence[tuple[str, str | Callable[[re.Match[str]], str]]]] = (
    (r"json_each\(\?\) AS (\w+) CROSS JOIN", r"json_array_elements(?::json) AS \1(value) JOIN"),
    (r"json_extract\((\w+)\.value, '\$\[(\d)\]'\)", r"CAST(\1.value ->> \2 AS bigint)"),
    (r"CROSS JOIN (\w+) ON", r"JOIN \1 ON"),
    # Where columns have types, none but those of bytes has bytes.
    (rf"CASE WHEN {_IS_BYTES}(?: OR {_IS_BYTES})* THEN .*? ELSE (.*?) END", r"\1"),
    (rf"json_array\('(\w+)'((?:, {_COLUMN})*)\)", _json_array),
    (rf"quote\(({_COLUMN})\)", r"coalesce('X''' || upper(encode(\1, 'hex')) || '''', 'NULL')"),
    (r"\binstr\((\w+), ([^()]+)\)", r"position(\2 IN \1)"),
    (r"\bhex\(([\w.]+)\)", r"encode(\1, 'hex')"),
    (r"\bgroup_concat\(", "string_agg("),
    (r"\bchar\(10\)", "chr(10)"),
    (r"\bIS NOT \(", "IS DISTINCT FROM ("),
    (r"\bIS \?", "IS NOT DISTINCT FROM ?"),
    (r"\?", "%s"),
    (r"(?<!:):(\w+)", r"%(\1)s"),
)
"""What SQLite has -> what PostgreSQL has, one after the other."""


@cache
def respelt(statement: str) -> str:
    """A query of callrec's own, as PostgreSQL reads it; any other stays as it is.

    No value stands in a query, so that none is taken for a word of it.
    """
    for sqlite_has, postgres_has in _OTHERWISE:
        statement = re.sub(sqlite_has, postgres_has, statement)
    return statement


_FOUND: Final = """
WITH ours AS (
    SELECT oid, xmin, nspname FROM pg_namespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND nspname::text !~ '^pg_(toast_temp|temp)_[0-9]+$'
), seen AS (
    SELECT * FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours) OR oid >= '16384'
    AND relnamespace::regnamespace::text IN ('pg_catalog', 'information_schema')
), found (answers, line, writer) AS (
    SELECT true, words(' ', 'schema', nspname), words(' ', oid, xmin) FROM ours
    UNION ALL SELECT true, words(' ', 'relation', relnamespace::regnamespace, relname, relkind,
        relpersistence, relrowsecurity, relforcerowsecurity, relhassubclass, relispartition,
        pg_get_viewdef(oid), pg_get_partkeydef(oid)),
        words(' ', oid, relnamespace, relname, relkind, relpersistence, relrowsecurity,
        relforcerowsecurity, relhassubclass, relispartition) FROM seen
    UNION ALL SELECT true, words(' ', 'rule', pg_get_ruledef(r.oid), ev_enabled),
        words(' ', r.oid, r.xmin) FROM pg_rewrite r JOIN seen ON seen.oid = ev_class
    UNION ALL SELECT true, words(' ', 'policy', polname, polrelid::regclass), words(' ', oid, xmin)
        FROM pg_policy
    UNION ALL SELECT true, words(' ', 'function', pronamespace::regnamespace, proname, prokind,
        prosrc, pg_get_function_identity_arguments(oid), prosecdef, proconfig),
        words(' ', oid, xmin)
        FROM pg_proc WHERE (oid >= '16384' OR prolang NOT IN ('12', '13', '14'))
        AND pronamespace::regnamespace::text !~ '^pg_temp_[0-9]+$'
    UNION ALL SELECT true, words(' ', 'operator', oid::regoperator), words(' ', oid, xmin)
        FROM pg_operator WHERE oid >= '16384'
    UNION ALL SELECT true, words(' ', 'cast', castsource::regtype, casttarget::regtype),
        words(' ', oid, xmin) FROM pg_cast WHERE oid >= '16384'
    UNION ALL SELECT false, words(' ', 'column', c.relname, a.attnum, a.attname,
        format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attidentity,
        nullif(a.attstattarget, -1), nullif(a.attcollation, '0')::regcollation,
        pg_get_expr(d.adbin, d.adrelid)), words(' ', a.attrelid, a.attnum, a.xmin, d.xmin)
        FROM seen c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind <> 'i'
    UNION ALL SELECT false, words(' ', 'index', pg_get_indexdef(indexrelid), indisvalid,
        indisready), words(' ', i.indexrelid, i.xmin)
        FROM pg_index i JOIN seen ON seen.oid = indexrelid
    UNION ALL SELECT false, words(' ', 'constraint', nullif(conrelid, '0')::regclass, conname,
        pg_get_constraintdef(o.oid), convalidated), words(' ', o.oid, o.xmin)
        FROM pg_constraint o JOIN ours ON ours.oid = connamespace WHERE contype <> 'n'
    UNION ALL SELECT false, words(' ', 'trigger', pg_get_triggerdef(t.oid), tgenabled),
        words(' ', t.oid, t.xmin) FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid
        WHERE NOT tgisinternal OR tgenabled <> 'O' OR left(proname::text, 8) <> 'RI_FKey_'
        OR prolang <> '12'
    UNION ALL SELECT false, words(' ', 'event trigger', evtname), words(' ', oid, xmin)
        FROM pg_event_trigger
    UNION ALL SELECT false, words(' ', 'statistics', stxname), words(' ', oid, xmin)
        FROM pg_statistic_ext
    UNION ALL SELECT false, words(' ', 'type', typname, typtype), words(' ', t.oid, t.xmin)
        FROM pg_type t JOIN ours ON ours.oid = typnamespace WHERE typrelid = '0' AND typelem = '0'
) SELECT """.replace("words(", "pg_catalog.concat_ws(")
"""Whatever acts when callrec writes, or answers in a table's place: whether it is the latter, how
it was made, and who wrote it last; of tables not that, which each right that is given changes.

What PostgreSQL has itself has numbers below 16384, and is in the languages 12 to 14: its own, C and
SQL. As long as this has not answered, others may have made something that is called as what it asks
with. So it names a function's schema, or gives functions and operators the very types that they are
made for: PostgreSQL's own then come first."""

_HASH_OF: Final = (
    "pg_catalog.encode(sha256(pg_catalog.convert_to(pg_catalog.string_agg({0}, E'\\n'"
    " ORDER BY {0} COLLATE \"C\"), 'UTF8')), 'hex') FROM found"
)


def shape_hash(connection: Connection) -> str:
    """All that was made in a database, in one hash: SHA-256, lower-case hex."""
    return str(connection.exec_driver_sql(_FOUND + _HASH_OF.format("line")).scalar())


def has_version_table(connection: Connection) -> bool:
    """Whether what says which schema there is is a table, in which nothing else answers."""
    query = (
        "SELECT relkind = 'r' AND NOT relrowsecurity AND NOT relhassubclass"
        " AND relnamespace::regnamespace::text = 'public'"
        " FROM pg_class WHERE oid = to_regclass('alembic_version')::oid"
    )
    return bool(connection.exec_driver_sql(query).scalar())


def shape_writers(connection: Connection, *, answering: bool) -> str:
    """The same by who wrote it last; ``answering``: only what may answer in a table's place.

    Where it is the same, so is the shape, and what was put back as it was has another. It takes a
    half of what the shape takes, or a quarter.
    """
    query = _FOUND + _HASH_OF.format("writer") + (" WHERE answers" if answering else "")
    return str(connection.exec_driver_sql(query).scalar())


def hold_shape(connection: Connection, mode: str) -> None:
    """Let nobody alter callrec's tables, nor what acts on them, until the transaction ends.

    All at once, and after the one by which writers wait for each other: none waits in the middle.
    It takes no snapshot, so that what is looked at next is what is held.
    """
    names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
    connection.exec_driver_sql(f"LOCK TABLE {names} IN {mode} MODE")


def check_empty(connection: Connection) -> None:
    """Check that nobody made anything in a database yet.

    Raises:
        Misconfigured: there is something.
    """
    if connection.exec_driver_sql(f"{_FOUND}line FROM found").scalars().all() != ["schema public"]:
        raise Misconfigured(
            "the database is not empty: there is a table, function, extension or the like in it",
            hint="have it made anew, for nothing but the catalogue (docs/network.md)",
        )


def keep_no_samples(connection: Connection) -> None:
    """Let no statistics be gathered of bytes: samples of keys would outlive their rows."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary | Blob):
                connection.exec_driver_sql(
                    f'ALTER TABLE "{table.name}" ALTER COLUMN "{column.name}" SET STATISTICS 0'
                )


_PAUSES: Final = (1, 2, 4, 8, 16, 32)
"""Seconds, before a table is written anew once more: a minute in all."""


def rewrite_table(connection: Connection, table: str) -> None:
    """Write a table's file anew from its rows, and see that no deleted one is left in it.

    The server keeps what is deleted as long as a transaction from before may look at it, here or,
    by ``hot_standby_feedback``, on a standby; a table that is not the role's it passes over. It
    tells so, whatever its language, by the number that a notice's detail begins with.

    Raises:
        Misconfigured: the role here may not rewrite it.
        Failed: deleted rows are left after a minute, or somebody has had the table all along.
    """
    details: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:  # which is empty once this returns
        details.extend(filter(None, [notice.message_detail]))

    driver: Any = connection.connection.driver_connection
    driver.add_notice_handler(hear)
    try:
        for pause in (0, *_PAUSES):
            details.clear()
            connection.exec_driver_sql("SELECT pg_sleep(?)", (pause,))
            if not _vacuumed(connection, table):
                continue
            if not details:
                raise Misconfigured(
                    "the catalogue's database keeps what was deleted: its role here may not rewrite"
                    " tables",
                    hint="run the same command again as the role that owns them, with callrec"
                    " --config (docs/network.md)",
                )
            if all(re.match("0\\D", each) for each in details):
                return
    finally:
        driver.remove_notice_handler(hear)
    raise Failed("somebody else is reading the vault", hint="run the same command again")


def _vacuumed(connection: Connection, table: str) -> bool:
    """Whether the table was free for it.

    It waits for a moment only: all who come after wait behind it, and one of them may be at work
    for the very transaction that it waits for.
    """
    connection.exec_driver_sql("SET lock_timeout = '1s'")
    try:
        connection.exec_driver_sql(f'VACUUM (FULL, VERBOSE) "{table}"')
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_FREE:
            raise
        return False
    finally:
        if not connection.invalidated:
            connection.exec_driver_sql(_SETTINGS)
    return True


def explained(error: object) -> CallrecError | None:
    """What a driver's error means, in our own words; None: a mistake in this program."""
    state = str(getattr(error, "sqlstate", None) or "")
    if state.startswith("53") or state in {_READ_ONLY, _ENDED}:
        return _hindered(state)
    if state in {_NOT_FREE, "40001", "40P01"}:
        return Failed("the vault was busy for a minute", hint="try again")
    if state.startswith(("28", "3D")) or state == "42501":
        return Misconfigured(
            "the catalogue's database does not let callrec in, or its role here not do this",
            hint="docs/network.md has what a role needs, and what is done as the tables' owner",
        )
    if state.startswith("XX"):
        return Tampered(
            "the catalogue is damaged", hint="restore it from an archive drive or a backup"
        )
    if state.startswith(("22", "23", "42", "0A")):
        return None
    return _not_reached("" if state else str(error))


def _hindered(state: str) -> CallrecError:
    """What the person who runs the server puts right."""
    if state == _READ_ONLY:
        return Misconfigured(
            "the catalogue's server lets nothing be written: it is a standby, or was set so",
            hint="give the address of the one that does, or have default_transaction_read_only"
            " taken away from the role, database or server (docs/network.md)",
        )
    if state == _ENDED:
        return Failed(
            "the catalogue's server ended what was under way, for its length or at a person's word",
            hint="try again; if it comes again, have statement_timeout taken away from the role,"
            " database or server (docs/network.md)",
        )
    return Failed(
        "the database's disk or memory is full; nothing was changed",
        hint="ask the person who runs it, and try again",
    )


def _not_reached(said: str) -> CallrecError:
    """As libpq says it in its own words, which have no number."""
    if "pg_hba" not in said and re.search("SSL|certificate", said):
        return Misconfigured(
            "TLS was refused by the catalogue's server, or it has no certificate for its name that"
            " is trusted here",
            hint='a server on this machine is named in the address itself: "host=127.0.0.1"'
            " (docs/network.md)",
        )
    if re.search("passw", said, re.IGNORECASE):
        return Misconfigured(
            "the password was not taken by the catalogue's server, or there is none",
            hint="put the role's password into libpq's password file, ~/.pgpass (docs/network.md)",
        )
    return Failed(
        "the catalogue's database cannot be reached, or broke off",
        hint="see that it runs and is reached from here, and try again",
    )
