"""The catalogue's file: its schema, its durability, and where it may lie."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError

from callrec.catalogue import engine as catalogue
from callrec.catalogue import sqlite
from callrec.catalogue.tables import METADATA
from callrec.errors import Failed, Misconfigured, Tampered


def schema(path: Path) -> set[frozenset[str]]:
    """Each table and index as the set of its columns and constraints, whose order is no matter."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    plain = (" ".join(sql.split()).removesuffix(" )") for (sql,) in rows)
    return {frozenset(sql.split(", ")) for sql in plain if "alembic_version" not in sql}


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    catalogue.create_catalogue(tmp_path / catalogue.FILE_NAME)
    return tmp_path


def _find_damage(
    engine: Engine, begin: Callable[[Engine], AbstractContextManager[Connection]]
) -> None:
    with begin(engine) as connection:
        rows = connection.execute(text("SELECT * FROM failed_login"))
        for _ in rows:
            raise Tampered("a row is not as it was signed")


@pytest.mark.parametrize("begin", [catalogue.reading, catalogue.transaction])
def test_what_failed_half_way_through_reading_keeps_nobody_from_writing(
    vault: Path, begin: Callable[[Engine], AbstractContextManager[Connection]]
) -> None:
    engine = catalogue.open_catalogue(vault)
    with catalogue.transaction(engine) as connection:
        for minute in range(1000):
            connection.execute(text(f"INSERT INTO failed_login VALUES ({minute})"))
    with catalogue.reading(engine), pytest.raises(Tampered) as failure:
        _find_damage(engine, begin)
    # Each connection in turn writes, while the error keeps alive what was being read.
    for _ in range(2):
        with catalogue.transaction(engine) as connection:
            connection.execute(text("UPDATE failed_login SET at = at + 1000"))
    assert failure.value.message


def test_the_migrations_make_the_schema_that_the_code_works_with(vault: Path) -> None:
    direct = vault / "direct.sqlite"
    made = create_engine(f"sqlite:///{direct}")
    METADATA.create_all(made)
    made.dispose()
    assert schema(vault / catalogue.FILE_NAME) == schema(direct)


MADE_BY_SOMEBODY_ELSE = {
    "a trigger": ["CREATE TRIGGER quiet AFTER INSERT ON leaf BEGIN DELETE FROM leaf; END"],
    "a trigger of a name that SQLite keeps to itself": [
        "PRAGMA writable_schema=ON",
        (
            "INSERT INTO sqlite_master VALUES ('trigger', 'sqlite_stat9', 'leaf', 0,"
            " 'CREATE TRIGGER sqlite_stat9 AFTER INSERT ON leaf BEGIN DELETE FROM leaf; END')"
        ),
    ],
    "a view": ["CREATE VIEW told AS SELECT * FROM leaf"],
    "a view in a table's place": [
        "ALTER TABLE failed_login RENAME TO kept",
        "CREATE VIEW failed_login AS SELECT * FROM kept",
    ],
    "a virtual table in a table's place": [
        "DROP TABLE failed_login",
        "CREATE VIRTUAL TABLE failed_login USING fts5(at)",
    ],
    "a table": ["CREATE TABLE more (cell BLOB)"],
    "a column": ["ALTER TABLE person ADD COLUMN more BLOB"],
    "a computed column": [
        "ALTER TABLE grant_ DROP COLUMN lapses_at",
        "ALTER TABLE grant_ ADD COLUMN lapses_at AS (9999999999999)",
    ],
    "a table that lets go of what is written twice": [
        "DROP TABLE failed_login",
        ("CREATE TABLE failed_login (at BIGINT NOT NULL, PRIMARY KEY (at) ON CONFLICT IGNORE)"),
    ],
    "a table without its unique column": [
        "DROP TABLE hold",
        "CREATE TABLE hold (id VARCHAR(32) NOT NULL)",
    ],
    "an index": ["CREATE INDEX more ON leaf (seq) WHERE seq > 3"],
    "an index gone": ["DROP INDEX ix_leaf_statement"],
    "a table gone": ["DROP TABLE outbox"],
}


@pytest.mark.parametrize("statements", MADE_BY_SOMEBODY_ELSE.values(), ids=MADE_BY_SOMEBODY_ELSE)
def test_a_catalogue_with_what_no_migration_made_is_refused(
    vault: Path, statements: list[str]
) -> None:
    connection = sqlite3.connect(vault / catalogue.FILE_NAME)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    with pytest.raises(Tampered, match="not those that callrec made"):
        catalogue.open_catalogue(vault)


def test_nothing_is_written_where_a_trigger_was_planted_since_it_was_opened(vault: Path) -> None:
    opened = catalogue.open_catalogue(vault)
    with catalogue.transaction(opened) as connection:
        connection.execute(text("INSERT INTO failed_login VALUES (1)"))
    [planted] = MADE_BY_SOMEBODY_ELSE["a trigger"]
    with sqlite3.connect(vault / catalogue.FILE_NAME) as other:
        other.execute(planted)
    other.close()
    with (
        pytest.raises(Tampered, match="not those that callrec made"),
        catalogue.transaction(opened) as connection,
    ):
        connection.execute(text("DELETE FROM failed_login"))
    with catalogue.reading(opened) as connection:
        assert connection.execute(text("SELECT count(*) FROM failed_login")).scalar() == 1


def test_every_transaction_is_synced_and_what_is_deleted_is_overwritten(vault: Path) -> None:
    kept = {"secure_delete": 1, "foreign_keys": 1, "temp_store": 2, "cache_size": -2000}
    catalogue.open_catalogue(vault).dispose()
    with closing(sqlite3.connect(vault / "catalogue.sqlite")) as another:
        another.execute("PRAGMA default_cache_size=1")
    with catalogue.reading(catalogue.open_catalogue(vault)) as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("synchronous", "fullfsync", *kept)
        }
    assert pragmas == {"synchronous": 3, "fullfsync": 1, **kept}


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 46, 1), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((3, 44, 6), True),
        ((3, 50, 7), True),
        ((3, 50, 6), False),
    ],
)
def test_wal_is_used_only_where_it_cannot_lose_a_transaction(
    version: tuple[int, ...], *, safe: bool
) -> None:
    assert sqlite.wal_is_safe(version) is safe


@pytest.mark.parametrize("made_with_wal", [True, False])
def test_a_catalogue_is_read_by_who_may_not_write_it_whichever_journal_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, made_with_wal: bool
) -> None:
    """Made on a machine whose SQLite uses the one journal, read on one that uses the other."""
    path = tmp_path / catalogue.FILE_NAME
    monkeypatch.setattr(sqlite, "wal_is_safe", lambda _: made_with_wal)
    catalogue.create_catalogue(path)
    monkeypatch.setattr(sqlite, "wal_is_safe", lambda _: not made_with_wal)
    engine = sqlite.connect(path, mode="ro")
    with catalogue.reading(engine) as connection:
        assert catalogue.schema_of(connection) == catalogue.SCHEMA
    engine.dispose()


def test_no_vault_is_a_matter_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="there is no vault"):
        catalogue.open_catalogue(tmp_path)


def test_another_schema_is_refused(vault: Path) -> None:
    connection = sqlite3.connect(vault / catalogue.FILE_NAME)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(Misconfigured, match='schema "9999"'):
        catalogue.open_catalogue(vault)


def test_a_file_that_is_no_database_is_damaged(vault: Path) -> None:
    (vault / catalogue.FILE_NAME).write_bytes(b"no database" * 100)
    with pytest.raises(Tampered, match="the catalogue is damaged"):
        catalogue.open_catalogue(vault)


def test_a_transaction_that_fails_leaves_nothing(vault: Path) -> None:
    engine = catalogue.open_catalogue(vault)
    insert = text("INSERT INTO failed_login VALUES (1)")

    def fail_halfway() -> None:
        with catalogue.transaction(engine) as connection:
            connection.execute(insert)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    with catalogue.reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM failed_login")).scalar() == 0


def test_a_vault_that_cannot_be_written_can_be_read(vault: Path) -> None:
    engine = sqlite.connect(vault / catalogue.FILE_NAME, mode="ro")
    with catalogue.reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM leaf")).scalar() == 0
    with pytest.raises(Failed, match="cannot be written"), catalogue.transaction(engine) as writing:
        writing.execute(text("DELETE FROM leaf"))


def test_an_error_of_the_database_quotes_no_row(vault: Path) -> None:
    engine = catalogue.open_catalogue(vault)
    insert = text("INSERT INTO failed_login (at) VALUES (:minute)")
    rows = [{"minute": 447700900123}] * 2
    with pytest.raises(IntegrityError) as failure, catalogue.transaction(engine) as connection:
        connection.execute(insert, rows)
    assert "447700900123" not in str(failure.value)


@pytest.mark.parametrize("query", ["SELECT json('{')", 'SELECT * FROM "the disk is full"'])
def test_an_error_of_the_database_is_told_in_no_words_of_its_own(vault: Path, query: str) -> None:
    engine = catalogue.open_catalogue(vault)
    with (
        pytest.raises(Tampered, match=r"^the catalogue is damaged$"),
        catalogue.reading(engine) as connection,
    ):
        connection.exec_driver_sql(query)


def test_what_fails_while_a_connection_is_given_back_is_not_told_by_a_library(vault: Path) -> None:
    program = """
import sys
from pathlib import Path
from callrec.catalogue.sqlite import connect
with connect(Path(sys.argv[1]), mode="rw").connect() as connection:
    connection.connection.driver_connection.close()
"""
    command = [sys.executable, "-c", program, str(vault / catalogue.FILE_NAME)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""


def test_text_that_is_no_text_is_damage_and_is_not_quoted(vault: Path) -> None:
    connection = sqlite3.connect(vault / catalogue.FILE_NAME)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = CAST(x'ff41' AS TEXT)")
    connection.close()
    with pytest.raises(Tampered, match=r"^the catalogue does not say one schema that it has$"):
        catalogue.open_catalogue(vault)


def test_what_was_deleted_is_in_no_page_once_the_file_is_written_anew(vault: Path) -> None:
    """As a page keeps it whose rows have moved: there secure_delete does not reach."""
    path, secret = vault / catalogue.FILE_NAME, b"a key that is to be forgotten" * 9
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("CREATE TABLE moved (cell BLOB)")
        connection.execute("INSERT INTO moved VALUES (?)", (secret,))
        connection.commit()
        connection.execute("DELETE FROM moved")
    connection.close()
    assert secret in path.read_bytes()
    catalogue.rewrite_database(catalogue.open_any_schema(vault), vault)
    assert [each.name for each in vault.iterdir() if secret in each.read_bytes()] == []


def _find_at(engine: Engine, begin: Callable[[Engine], AbstractContextManager[Connection]]) -> None:
    with begin(engine) as connection:
        if begin is not catalogue.reading:
            connection.execute(text("INSERT INTO failed_login VALUES (3)"))
        connection.execute(text("SELECT * FROM failed_login WHERE at > 0"))


@pytest.mark.parametrize("begin", [catalogue.reading, catalogue.transaction, catalogue.trial])
def test_ctrl_c_in_a_statement_is_what_is_raised_and_keeps_nobody_from_writing(
    vault: Path, begin: Callable[[Engine], AbstractContextManager[Connection]]
) -> None:
    engine = catalogue.open_catalogue(vault)
    with catalogue.transaction(engine) as connection:
        connection.execute(text("INSERT INTO failed_login VALUES (1), (2)"))

    def pressed(_connection: Connection, _cursor: object, said: str, *_: object) -> None:
        if "at > 0" in said:  # a signal is taken once the statement returned
            signal.raise_signal(signal.SIGINT)

    event.listen(engine, "after_cursor_execute", pressed)
    with pytest.raises(KeyboardInterrupt) as failure:
        _find_at(engine, begin)
    other = catalogue.open_catalogue(vault)
    with catalogue.transaction(other) as connection:
        assert connection.execute(text("SELECT count(*) FROM failed_login")).scalar() == 2
        connection.execute(text("UPDATE failed_login SET at = at + 1000"))
    with catalogue.transaction(engine) as connection:
        connection.execute(text("DELETE FROM failed_login"))
    assert failure.value is not None
