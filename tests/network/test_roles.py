"""The role that works daily in a catalogue's database adds to the log and takes nothing from it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import DBAPIError

from callrec.catalogue.engine import connect_there, reading, rewrite_database
from callrec.catalogue.postgres import explained
from callrec.catalogue.roles import DELETED, UPDATED, database_sql, rights_sql, unneeded
from callrec.catalogue.tables import METADATA
from callrec.errors import CallrecError, Misconfigured
from callrec.practice import record
from house.commands import done, type_in
from house.packages import release
from house.postgres import as_owner, configure, name_of, owned, server, there
from house.practices import House
from house.requests import last_leaf
from house.stages import GRANTED

PAGE = Path(__file__).parents[2] / "docs" / "network.md"

LOG = {"leaf", "node", "checkpoint", "written", "statement", "set_aside", "destroyed", "held"}
"""What was logged, what proves it, and what follows from it for good."""

away = there(GRANTED)


@pytest.fixture
def role() -> Iterator[str]:
    """A name for a role of a test's own, as all tests have one server."""
    name = f"hama_{token_hex(4)}"
    yield name
    with as_owner(server()) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        for each in (name, f"{name}_owner"):
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (each,)).fetchone():
                connection.execute(f"DROP OWNED BY {each}")
                connection.execute(f"DROP ROLE {each}")


def psql(role: str, database: str, script: str) -> None:
    words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(server()), "-U", role]
    subprocess.run([*words, "-d", database], input=script, text=True, check=True)


def test_a_practice_works_in_what_the_sql_of_the_page_makes(role: str, granted: House) -> None:
    """Run as it stands there by the server's own program, but for the practice's name."""
    makes, gives = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert (makes, gives) == (database_sql("hama"), rights_sql("hama"))
    psql("postgres", "postgres", re.sub(r"\bhama", role, makes))
    url = f"postgresql://{role}@/{role}?host={server()}"
    by_owner = url.replace("@", "_owner@")
    granted.close()
    refused = type_in(granted, "nobody", "practice", "migrate", "--to", url)
    assert refused.status == Misconfigured.exit_status
    assert "docs/network.md has what a role needs" in refused.err
    done(granted, "nobody", "practice", "migrate", "--to", by_owner)
    psql(f"{role}_owner", role, re.sub(r"\bhama", role, gives))
    configure(granted, url)
    release(granted)
    assert "INTACT" in done(granted, "dora", "audit", "verify")
    assert "its role here only add to the log" in done(granted, "nobody", "practice", "doctor")
    engine = connect_there(url)
    with reading(engine) as connection:
        version = connection.dialect.server_version_info or ()
    may: AbstractContextManager[object] = nullcontext()
    with may if version >= (17,) else pytest.raises(Misconfigured, match="keeps what was deleted"):
        rewrite_database(engine, granted.folder)
    engine.dispose()


def attempts() -> Iterator[str]:
    """What a person tries who has a machine's way into the database, and means it ill."""
    for table in METADATA.sorted_tables:
        name, column = f'public."{table.name}"', f'"{next(iter(table.columns)).name}"'
        if table.name not in UPDATED:
            yield f"UPDATE {name} SET {column} = {column}"
        if table.name not in DELETED:
            yield f"DELETE FROM {name}"
            yield f"MERGE INTO {name} USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE"
        yield f"TRUNCATE {name} CASCADE"
        yield f"DROP TABLE {name} CASCADE"
        yield f"ALTER TABLE {name} ADD COLUMN x int"
        yield f"ALTER TABLE {name} DISABLE TRIGGER ALL"
        yield f"ALTER TABLE {name} OWNER TO CURRENT_USER"
        yield f"CREATE RULE x AS ON INSERT TO {name} DO INSTEAD NOTHING"
        yield (
            f"CREATE TRIGGER x BEFORE UPDATE ON {name} FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        )
    yield from (
        "INSERT INTO leaf SELECT * FROM leaf ON CONFLICT (seq) DO UPDATE SET body = ''",
        "SELECT * FROM leaf FOR UPDATE",
        "SET session_replication_role = replica",
        "SET ROLE callrec_owner",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "CREATE TABLE public.x ()",
        "CREATE SCHEMA x",
        "DROP TRIGGER written ON share",
        "DROP SCHEMA public CASCADE",
        "CREATE FUNCTION public.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        'DROP FUNCTION public."share written"() CASCADE',
        "COPY leaf FROM PROGRAM 'echo'",
        "DELETE FROM alembic_version",
    )


def test_nobody_who_comes_by_a_machine_s_credential_takes_anything_from_the_log(
    away: House,
) -> None:
    assert LOG.isdisjoint({*UPDATED, *DELETED})
    size, name = last_leaf(away).seq, name_of(away.config.catalogue)
    done_all_the_same = []
    with psycopg.connect(away.config.catalogue, autocommit=True) as connection:
        for each in attempts():
            try:
                connection.execute(each.encode())
                done_all_the_same.append(each)
            except InsufficientPrivilege:
                pass
        # Where a role has other rights, PostgreSQL only warns that it gave nothing.
        connection.execute("GRANT ALL ON leaf, node, checkpoint TO PUBLIC")
        connection.execute(f"GRANT CREATE ON DATABASE {name} TO PUBLIC")
    assert done_all_the_same == []
    with reading(away.practice.engine) as seen:
        found = [each for each in unneeded(seen) if "another role" not in each]  # of other tests
    assert found == ["the role here has rights in another database, too"]
    assert last_leaf(away).seq == size
    assert "INTACT" in done(away, "dora", "audit", "verify", "--full")


BEYOND = {
    "SELECT 1": "",
    "ALTER ROLE {role} SUPERUSER": "rules the server, or other roles",
    "ALTER ROLE {role} CREATEROLE": "rules the server, or other roles",
    "ALTER ROLE {role} CREATEDB": "makes databases",
    "GRANT pg_execute_server_program TO {role}": "belongs to pg_execute_server_program",
    "GRANT pg_read_server_files TO {role}": "belongs to pg_read_server_files",
    "GRANT pg_signal_backend TO {role}": "belongs to pg_signal_backend",
    "GRANT pg_write_all_data TO {role}": "belongs to pg_write_all_data",
    "GRANT {role}_owner TO {role}": "owns the tables, or the database",
    "ALTER ROLE {role} NOINHERIT; GRANT {role}_owner TO {role}": "owns the tables, or the database",
    "GRANT {other} TO {role} WITH ADMIN OPTION": "lets others become {other}",
    "GRANT CREATE ON SCHEMA public TO {role}": "has CREATE on schema public",
    "GRANT CREATE ON DATABASE {role} TO {role}": "has CREATE on database {role}",
    "GRANT CONNECT ON DATABASE postgres TO {role}": "has rights in another database, too",
    "GRANT CREATE ON TABLESPACE pg_default TO {role}": "has CREATE on tablespace pg_default",
    "GRANT SET ON PARAMETER session_replication_role TO {role}": (
        "has SET on parameter session_replication_role"
    ),
    "GRANT ALTER SYSTEM ON PARAMETER archive_command, fsync TO PUBLIC": (
        "has ALTER SYSTEM on parameter archive_command and 1 more"
    ),
    "GRANT UPDATE (body) ON leaf TO {role}": "has UPDATE on column body of table leaf",
    "GRANT DELETE ON node TO PUBLIC": "has DELETE on table node",
    "GRANT TRUNCATE ON token TO {role}": "has TRUNCATE on table token",
    "GRANT TRIGGER ON leaf, person TO {role}": "has TRIGGER on table leaf and 1 more",
    "GRANT INSERT ON leaf TO {role} WITH GRANT OPTION": (
        "has INSERT, and may give it, on table leaf"
    ),
    "GRANT SELECT ON pg_authid TO {role}": "has SELECT on table pg_authid",
    "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC": (
        "has EXECUTE on function pg_read_file(text)"
    ),
    "ALTER ROLE {role} SET statement_timeout = '1h'": "was given a setting: statement_timeout",
}
"""What is given -> what the role here then does beyond its work."""

_ENTERS = "GRANT CONNECT ON DATABASE {role} TO {other};"

OTHERS = {
    "GRANT SELECT ON leaf TO {other}": "",  # it does not come in
    _ENTERS: "",
    f"{_ENTERS} GRANT UPDATE (body) ON leaf TO {{other}}": "{other}",
    f"{_ENTERS} GRANT pg_read_all_data TO {{other}}": "{other}",
    "GRANT {role} TO {other}": "{other}",
    f"{_ENTERS} ALTER ROLE {{other}} NOINHERIT; GRANT {{role}}_owner TO {{other}}": "{other}",
}
"""What another role is given -> who is then told of."""


def test_each_right_beyond_its_work_is_found_and_each_other_role_at_the_tables(
    role: str, house: House
) -> None:
    """Each is given, looked at by the role itself, and taken back with its transaction."""
    psql("postgres", "postgres", database_sql(role))
    url = f"postgresql://{role}@/{role}?host={server()}"
    house.close()
    done(house, "nobody", "practice", "migrate", "--to", url.replace("@", "_owner@"))
    psql(f"{role}_owner", role, rights_sql(role))
    names = {"role": role, "other": f"{role}_other"}
    found = dict[str, object]()
    engine = connect_there(url.replace(f"{role}@", "postgres@"))
    with reading(engine) as connection:
        driver: Any = connection.connection.driver_connection
        for given in (*BEYOND, *OTHERS):
            driver.execute("ROLLBACK")
            driver.execute("BEGIN")
            driver.execute("CREATE ROLE {other} LOGIN; ".format(**names) + given.format(**names))
            driver.execute(f"SET LOCAL ROLE {role}")
            found[given] = unneeded(connection)
    engine.dispose()
    expected = {given: f"the role here {says}" * bool(says) for given, says in BEYOND.items()}
    for given, says in OTHERS.items():
        expected[given] = f"another role gets at the tables: {says}" * bool(says)
    assert found == {
        given: [says.format(**names)] if says else [] for given, says in expected.items()
    }


def test_the_doctor_says_what_is_done_beyond_the_work_and_what_was_left(
    role: str, away: House
) -> None:
    name = name_of(away.config.catalogue)
    with as_owner(server(), name) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN IN ROLE callrec")
        connection.execute(f"GRANT TRUNCATE ON leaf TO {role}")
        connection.execute("SELECT lo_create(0)")
    said = done(away, "nobody", "practice", "doctor")
    assert "more may be done in the catalogue's database than has to be: another role gets" in said
    assert "somebody left a large object in the database" in said
    configure(away, away.config.catalogue.replace("callrec@", f"{role}@"))
    assert "the role here has TRUNCATE on table leaf" in done(away, "nobody", "practice", "doctor")


def test_what_the_role_sets_for_itself_hinders_nothing_or_is_said_to(away: House) -> None:
    def sets(what: str) -> None:
        away.close()
        with psycopg.connect(away.config.catalogue, autocommit=True) as connection:
            database = name_of(away.config.catalogue)
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {database} {what}".encode())

    def say() -> str:
        try:
            record(away.practice, away.actor("dora"), "user.shown")
        except CallrecError as error:
            return error.message
        return "done"

    sets("SET default_transaction_read_only = on")
    assert "lets nothing be written: it is a standby, or was set so" in say()
    assert "given a setting: default_transaction_r" in done(away, "nobody", "practice", "doctor")
    sets("RESET ALL")
    limits = ("statement_timeout", "idle_session_timeout", "idle_in_transaction_session_timeout")
    for each in limits:
        sets(f"SET {each} = '1s'")
    assert say() == "done"
    with reading(away.practice.engine) as connection:
        for each in limits:
            assert connection.exec_driver_sql(f"SHOW {each}").scalar() == "0"
        connection.exec_driver_sql("SET LOCAL statement_timeout = 1")
        with pytest.raises(DBAPIError) as ended:
            connection.exec_driver_sql("SELECT pg_sleep(5)")
    assert "ended what was under way" in str(explained(ended.value.orig))


def test_a_move_back_that_a_role_may_not_end_is_ended_by_the_tables_owner(away: House) -> None:
    url, size = away.config.catalogue, last_leaf(away).seq
    away.close()
    refused = type_in(away, "nobody", "practice", "migrate", "--to", "sqlite")
    assert refused.status == Misconfigured.exit_status
    assert "its role here not do this" in refused.err
    assert last_leaf(away).seq == size
    configure(away, owned(url))
    done(away, "nobody", "practice", "migrate", "--to", "sqlite")
    configure(away, "")
    assert last_leaf(away).seq == size + 1
    assert "INTACT" in done(away, "dora", "audit", "verify")
