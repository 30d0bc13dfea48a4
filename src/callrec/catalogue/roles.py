"""What a role may do in a catalogue's database: one owns the tables, another works daily.

The second adds to the log and takes nothing from it. callrec makes no role: the person who runs the
server does, by this SQL (docs/network.md); `unneeded` says what a role could do beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Final

from sqlalchemy import Connection

UPDATED: Final = (
    *("batch", "certificate", "complaint", "complaint_key", "detail", "grant_", "hold", "incident"),
    *("incident_key", "note", "note_key", "outbox", "part", "person", "recording", "request"),
    *("request_key", "subject", "subject_key", "volume"),
)
"""Tables whose rows are changed: states that follow from the log, what is sealed to newer keys."""

DELETED: Final = (
    *("archived", "bag", "category", "complaint_key", "detail", "duplicate", "failed_login"),
    *("former", "grant_", "incident_key", "metadata", "note_key", "note_version", "password_try"),
    *("request_key", "session", "share", "subject_key", "subject_token", "subject_version"),
    "token",
)
"""Tables whose rows go: keys that ended, what was erased. To the others rows are only added."""


def database_sql(practice: str) -> str:
    """Make a database and its two roles: for the person who runs the server.

    ``practice``: what the database and its daily role are called, as a plain name in SQL.
    """
    return f"""\
CREATE ROLE {practice}_owner LOGIN;
CREATE ROLE {practice} LOGIN;
CREATE DATABASE {practice} OWNER {practice}_owner
    TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE {practice} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {practice} TO {practice};
"""


def rights_sql(practice: str) -> str:
    """Give the daily role its rights: for the owner, in the database, once the tables are there.

    From PostgreSQL 17 on MAINTAIN locks and rewrites tables, and changes no row.
    """
    updated, deleted = (
        fill(f"GRANT {right} ON {', '.join(names)} TO {practice};", 100, subsequent_indent="    ")
        for right, names in (("UPDATE", UPDATED), ("DELETE", DELETED))
    )
    return f"""\
BEGIN;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {practice};
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {practice};
REVOKE INSERT ON alembic_version FROM {practice};
{updated}
{deleted}
DO $$ BEGIN
    IF current_setting('server_version_num')::int < 170000 THEN
        GRANT UPDATE ON alembic_version TO {practice};
    ELSE
        GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO {practice};
    END IF;
END $$;
COMMIT;
"""


_UNNEEDED: Final = """
WITH mine AS (SELECT * FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')),
    made AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    here AS (SELECT * FROM pg_database WHERE datname = current_database())
SELECT 1, 'rules the server, or other roles' FROM mine
    WHERE rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication
    OR rolname IN ('pg_execute_server_program', 'pg_write_server_files')
UNION SELECT 2, 'owns the tables, or the database' FROM mine
    WHERE oid IN (SELECT relowner FROM made UNION SELECT datdba FROM here)
UNION SELECT 3, 'makes tables and functions' FROM mine
    WHERE has_schema_privilege(oid, 'public', 'CREATE')
    OR has_database_privilege(oid, current_database(), 'CREATE')
UNION SELECT 3, 'leaves triggers out' FROM mine
    WHERE has_parameter_privilege(oid, 'session_replication_role', 'SET')
UNION SELECT 3, 'does more than add to ' || string_agg(DISTINCT relname, ', ')
    FROM mine JOIN made ON relkind = 'r' AND (
        has_table_privilege(mine.oid, made.oid, 'TRUNCATE, TRIGGER')
        OR relname <> ALL (?) AND has_any_column_privilege(mine.oid, made.oid, 'UPDATE')
        OR relname <> ALL (?) AND has_table_privilege(mine.oid, made.oid, 'DELETE'))
    HAVING count(*) > 0
UNION SELECT 3, 'has rights in another database, too' FROM pg_shdepend, here
    WHERE refclassid = 'pg_authid'::regclass AND refobjid IN (SELECT oid FROM mine)
    AND here.oid <> CASE dbid WHEN 0 THEN objid ELSE dbid END
    AND (dbid <> 0 OR classid = 'pg_database'::regclass)
ORDER BY 1, 2
"""
"""Of the role, and of those that it can become; `rights_sql` has what it needs."""


def unneeded(connection: Connection) -> Sequence[str]:
    """What the role of a connection could do beyond what it needs; the worst kind of it alone."""
    known = ([*UPDATED, "alembic_version"], [*DELETED])
    found = connection.exec_driver_sql(_UNNEEDED, known).all()
    return [what for kind, what in found if kind == found[0][0]]
