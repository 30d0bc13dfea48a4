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
    made AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'),
    here AS (SELECT * FROM pg_database WHERE datname = current_database()),
    ruled AS (SELECT oid FROM mine UNION SELECT relowner FROM made UNION SELECT datdba FROM here),
    entering AS MATERIALIZED (
        SELECT * FROM pg_roles WHERE rolcanlogin AND NOT rolsuper
        AND oid NOT IN (SELECT oid FROM ruled)
        AND has_database_privilege(oid, current_database(), 'CONNECT')),
    lists (class, id, part, list) AS (
        SELECT 'pg_class'::regclass::oid, oid, 0, relacl FROM pg_class
        WHERE relnamespace <> 'information_schema'::regnamespace
        UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, attacl FROM pg_attribute
        UNION ALL SELECT 'pg_proc'::regclass, oid, 0, proacl FROM pg_proc
        UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, nspacl FROM pg_namespace
        UNION ALL SELECT 'pg_database'::regclass, oid, 0, datacl FROM here
        UNION ALL SELECT 'pg_tablespace'::regclass, oid, 0, spcacl FROM pg_tablespace
        UNION ALL SELECT 'pg_parameter_acl'::regclass, oid, 0, paracl FROM pg_parameter_acl),
    given AS (
        SELECT class, id, part, privilege_type AS may, is_grantable AS gives
        FROM lists, aclexplode(list)
        WHERE grantee = 0 OR grantee IN (SELECT oid FROM mine WHERE oid >= 16384)
        EXCEPT SELECT classoid, objoid, objsubid, privilege_type, is_grantable
        FROM pg_init_privs, aclexplode(initprivs) WHERE grantee = 0),
    beyond AS (
        SELECT may || CASE WHEN gives THEN ', and may give it,' ELSE '' END AS may,
            pg_describe_object(class, id, part) AS what
        FROM given LEFT JOIN made ON class = 'pg_class'::regclass AND id = made.oid AND part = 0
        WHERE gives OR NOT CASE
            WHEN relname IS NOT NULL THEN may IN ('SELECT', 'MAINTAIN')
                OR may = 'INSERT' AND relname <> 'alembic_version'
                OR may = 'UPDATE' AND relname = ANY (?) OR may = 'DELETE' AND relname = ANY (?)
            WHEN class = 'pg_database'::regclass THEN may IN ('CONNECT', 'TEMPORARY')
            ELSE class = 'pg_namespace'::regclass AND may = 'USAGE' END),
    found (kind, what, which) AS (
        SELECT 1, 'the role here rules the server, or other roles', '' FROM mine
        WHERE rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication
        UNION SELECT 2, 'the role here owns the tables, or the database', '' FROM mine
        WHERE oid IN (SELECT relowner FROM made UNION SELECT datdba FROM here)
        UNION SELECT 3, 'the role here makes databases', '' FROM mine WHERE rolcreatedb
        UNION SELECT 3, 'the role here belongs to ', rolname FROM mine WHERE oid < 16384
        UNION SELECT 3, 'the role here lets others become ', roleid::regrole::text
        FROM pg_auth_members WHERE admin_option AND member IN (SELECT oid FROM mine)
        UNION SELECT 3, 'the role here has ' || may || ' on ', what FROM beyond
        UNION SELECT 3, 'the role here has rights in another database, too', ''
        FROM pg_shdepend, here
        WHERE refclassid = 'pg_authid'::regclass AND refobjid IN (SELECT oid FROM mine)
        AND here.oid <> CASE dbid WHEN 0 THEN objid ELSE dbid END
        AND (dbid <> 0 OR classid = 'pg_database'::regclass)
        UNION SELECT 3, 'the role here was given a setting: ', split_part(setting, '=', 1)
        FROM pg_db_role_setting, here, unnest(setconfig) AS setting
        WHERE setrole IN (SELECT oid FROM mine) AND setdatabase IN (0, here.oid)
        UNION SELECT 3, 'another role gets at the tables: ', rolname FROM entering AS other
        WHERE EXISTS (SELECT FROM ruled WHERE pg_has_role(other.oid, ruled.oid, 'MEMBER'))
        OR EXISTS (SELECT FROM made WHERE has_any_column_privilege(other.oid, made.oid,
                'SELECT, INSERT, UPDATE, REFERENCES')
            OR has_table_privilege(other.oid, made.oid, 'DELETE, TRUNCATE, TRIGGER'))
        UNION SELECT 3, 'somebody left a large object in the database', ''
        FROM pg_largeobject_metadata)
SELECT kind, what || min(which)
    || CASE count(*) WHEN 1 THEN '' ELSE ' and ' || count(*) - 1 || ' more' END
FROM found GROUP BY kind, what ORDER BY 1, 2
"""
"""Of the role, and of those that it can become, and of PUBLIC: each right on anything but what
`rights_sql` gives and PostgreSQL itself; its own roles, as pg_monitor, have numbers below 16384.
The person who runs the server, a superuser, is nobody else."""


def unneeded(connection: Connection) -> Sequence[str]:
    """What the role of a connection could do beyond what it needs, or another role at its tables.

    Each is a sentence without its stop; of the worst kind alone, as that has all of the others.
    """
    known = ([*UPDATED, "alembic_version"], [*DELETED])
    found = connection.exec_driver_sql(_UNNEEDED, known).all()
    return [what for kind, what in found if kind == found[0][0]]
