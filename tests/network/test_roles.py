"""The role that works daily in a catalogue's database adds to the log and takes nothing from it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from callrec.catalogue.engine import connect_there, reading, rewrite_database
from callrec.catalogue.roles import DELETED, UPDATED, database_sql, rights_sql, unneeded
from callrec.catalogue.tables import METADATA
from callrec.errors import Misconfigured
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
        assert unneeded(seen) == ["has rights in another database, too"]
    assert last_leaf(away).seq == size
    assert "INTACT" in done(away, "dora", "audit", "verify", "--full")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("ALTER ROLE {role} SUPERUSER", "rules the server, or other roles"),
        ("ALTER ROLE {role} CREATEROLE", "rules the server, or other roles"),
        ("GRANT pg_execute_server_program TO {role}", "rules the server, or other roles"),
        ("GRANT callrec_owner TO {role}", "owns the tables, or the database"),
        (
            (
                "CREATE ROLE {role}_owner NOINHERIT IN ROLE callrec_owner;"
                " GRANT {role}_owner TO {role}"
            ),
            "owns the tables, or the database",
        ),
        ("GRANT CREATE ON SCHEMA public TO {role}", "makes tables and functions"),
        ("GRANT CREATE ON DATABASE {database} TO {role}", "makes tables and functions"),
        ("GRANT SET ON PARAMETER session_replication_role TO {role}", "leaves triggers out"),
        ("GRANT UPDATE (body) ON leaf TO {role}", "does more than add to leaf"),
        ("GRANT DELETE ON node TO PUBLIC", "does more than add to node"),
        ("GRANT TRUNCATE ON token TO {role}", "does more than add to token"),
        ("GRANT TRIGGER ON leaf, person TO {role}", "does more than add to leaf, person"),
        (
            "GRANT pg_write_all_data TO {role}",
            "does more than add to alembic_version, archived, bag,",
        ),
    ],
)
def test_the_doctor_says_what_a_role_could_do_beyond_its_work(
    role: str, away: House, given: str, says: str
) -> None:
    name = name_of(away.config.catalogue)
    with as_owner(server(), name) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN IN ROLE callrec")
        connection.execute(given.format(role=role, database=name))
    configure(away, away.config.catalogue.replace("callrec@", f"{role}@"))
    said = done(away, "nobody", "practice", "doctor")
    assert "could remove or change more than it has to: it " in said
    assert says in said


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
