"""PostgreSQL as the catalogue: what is refused, and what several machines may count on."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from callrec.archive.unfinished import archive_lock
from callrec.audit.from_the_end import verify_from_end
from callrec.audit.log import rows_of_acts, stored_size
from callrec.audit.stretch import StretchExpectations, check_stretch
from callrec.audit.whole import log_keys
from callrec.catalogue import postgres
from callrec.catalogue.engine import database_of, open_catalogue, place_of, reading, transaction
from callrec.errors import Failed, Misconfigured, Tampered
from callrec.practice import Practice, record, signing, storing
from house.commands import done, type_in
from house.postgres import (
    as_owner,
    beside,
    database_at,
    end_sessions,
    give_rights,
    name_of,
    owned,
    server,
    there,
)
from house.practices import House
from house.processes import begin
from house.requests import last_leaf
from house.spool import a_call, take_in

founded = there(None)


HOLDS_A_LOCK = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://hama:sesame@/hama", "has a password in it"),
        ("postgresql:///hama?password=sesame", "has a password in it"),
        ("postgresql://db.example/hama?sslmode=require", "to anyone who answers"),
        ("postgresql:///hama?service=hama&sslmode=prefer", "to anyone who answers"),
        ("postgresql:///hama?host=/run,db.example&sslmode=disable", "to anyone who answers"),
        ("postgresql://db.example:x/hama?nothing=such", "no address of a PostgreSQL database"),
    ],
)
def test_what_others_could_read_or_answer_is_no_address(url: str, says: str) -> None:
    with pytest.raises(Misconfigured, match=says) as refused:
        postgres.connect(url)
    assert "sesame" not in f"{refused.value.message} {refused.value.hint}"
    assert "db.example" not in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize("url", ["postgresql:///x?service=x", "postgresql://db.example/x"])
def test_over_a_network_the_server_shows_who_it_is(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever libpq's own files and variables say."""
    services = tmp_path / "services"
    services.write_text("[x]\nhost=db.example\nsslmode=disable\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGSSLMODE", "disable")
    given = dict[str, object]()

    def connect(**words: object) -> None:
        given.update(words)
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(OperationalError):
        postgres.connect(url).connect()
    assert given["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    ("host", "address", "environment", "sslmode"),
    [
        ("localhost", "192.0.2.2", "", "verify-full"),
        ("127.0.0.1,::1", "127.0.0.1,192.0.2.2", "", "verify-full"),
        ("/run", "192.0.2.2", "", "verify-full"),
        ("localhost", "127.0.0.1", "192.0.2.2", None),
        ("localhost", "", "192.0.2.2", None),
    ],
)
def test_where_it_really_goes_counts(
    host: str, address: str, environment: str, sslmode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", environment)
    given = dict[str, object]()

    def connect(**words: object) -> None:
        given.update(words)
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", connect)
    hostaddr = f"&hostaddr={address}" if address else ""
    with pytest.raises(OperationalError):
        postgres.connect(f"postgresql:///x?host={host}{hostaddr}").connect()
    assert given.get("sslmode") == sslmode
    assert given["hostaddr"] == address


class Listener:
    """What answers in a database's place: without TLS, and wants the password in clear."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.2", 0))
        self.heard = list[bytes]()
        self.thread = threading.Thread(target=self._answer)
        self.thread.start()

    @property
    def port(self) -> int:
        """Where it listens, at 127.0.0.2."""
        return int(self.socket.getsockname()[1])

    def _answer(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                connection, _ = self.socket.accept()
                with connection, suppress(OSError):
                    while said := connection.recv(1000):
                        self.heard.append(said)
                        is_asked_for_tls = said[4:8].hex() in {"04d2162f", "04d21630"}
                        connection.sendall(b"N" if is_asked_for_tls else b"R\0\0\0\x08\0\0\0\3")

    def close(self) -> None:
        """Have nobody come any more."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


def test_the_environment_leads_no_password_to_another_address(
    listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = tmp_path / "pgpass"
    passwords.write_text("*:*:*:*:sesame\n")
    passwords.chmod(0o600)
    services = tmp_path / "services"
    services.write_text("[x]\nhostaddr=127.0.0.2\n")
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.2")
    for host, service in ((str(tmp_path), ""), ("127.0.0.1", ""), ("127.0.0.1", "&service=x")):
        engine = postgres.connect(f"postgresql://hama@/x?host={host}&port={listener.port}{service}")
        with pytest.raises(OperationalError):
            engine.connect()
    assert listener.heard == []


def test_a_server_that_speaks_no_tls_or_takes_no_password_is_said_to(listener: Listener) -> None:
    here = f"postgresql://hama@/x?host=127.0.0.1&port={listener.port}&hostaddr=127.0.0.2"
    for url, says in (
        (f"{here}&sslmode=verify-full", "TLS was refused"),
        (f"{here}&passfile=/dev/null", "the password was not taken"),
    ):
        with pytest.raises(Misconfigured, match=says):
            open_catalogue(Path("nowhere"), url)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("LOCALE_PROVIDER icu ICU_LOCALE 'en-GB'", "sorts it by"),
        ("ENCODING 'SQL_ASCII' LOCALE 'C'", "keeps text in SQL_ASCII"),
    ],
)
def test_a_database_that_sorts_or_keeps_text_otherwise_is_refused(words: str, says: str) -> None:
    url = database_at()
    with as_owner(server()) as connection:
        connection.execute(f"DROP DATABASE {name_of(url)}")
        made = f"CREATE DATABASE {name_of(url)} OWNER callrec_owner TEMPLATE template0 {words}"
        connection.execute(made.encode())
    with pytest.raises(Misconfigured, match=says):
        open_catalogue(Path("nowhere"), url)


def test_an_empty_database_is_no_vault() -> None:
    with pytest.raises(Misconfigured, match="there is no vault"):
        open_catalogue(Path("nowhere"), database_at())


def test_a_server_that_is_not_there_is_said_to_be_so(founded: House) -> None:
    away = f'catalogue = "postgresql:///hama?host={founded.folder}"\nvault = "../../vault"\n'
    (founded.folder / "config" / "callrec" / "config.toml").write_text(away)
    answer = type_in(founded, "max", "whoami")
    assert answer.status == Failed.exit_status
    assert "cannot be reached" in answer.err
    assert str(founded.folder) not in answer.err


def test_a_file_of_sqlite_loads_no_driver_of_another_database(house: House) -> None:
    program = (
        "import pathlib, sys; from callrec.catalogue.engine import open_catalogue, reading;"
        " reading(open_catalogue(pathlib.Path(sys.argv[1]))).__enter__(); print(*sys.modules)"
    )
    words = [sys.executable, "-c", program, str(house.config.vault)]
    loaded = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    assert "sqlite3" in loaded
    assert {"psycopg", "callrec.catalogue.postgres"}.isdisjoint(loaded)


# --- what somebody put there -----------------------------------------------------------------


@pytest.mark.parametrize(
    "made",
    [
        (
            "CREATE TRIGGER x BEFORE INSERT ON public.leaf FOR EACH ROW EXECUTE FUNCTION"
            ' "share written"()'
        ),
        "CREATE RULE x AS ON INSERT TO public.leaf DO INSTEAD NOTHING",
        "CREATE POLICY x ON public.leaf",
        "ALTER TABLE public.share ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE public.share DISABLE TRIGGER written",
        "ALTER TABLE public.share DISABLE TRIGGER ALL",
        "ALTER TABLE public.share ALTER COLUMN sealed SET STATISTICS 100",
        "CREATE VIEW public.x AS SELECT 1",
        "CREATE SCHEMA x",
        (
            'CREATE OR REPLACE FUNCTION public."share written"() RETURNS trigger LANGUAGE plpgsql'
            " AS 'BEGIN RETURN NEW; END'"
        ),
        "CREATE FUNCTION public.x(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        (
            "CREATE FUNCTION public.x(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true';"
            " CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.x)"
        ),
        "CREATE CAST (text AS int) WITH INOUT AS IMPLICIT",
        (
            "CREATE FUNCTION public.x(oid, int) RETURNS bool LANGUAGE sql AS 'SELECT false';"
            " CREATE OPERATOR public.>= (LEFTARG = oid, RIGHTARG = int, FUNCTION = public.x);"
            " CREATE OPERATOR public.<> (LEFTARG = oid, RIGHTARG = int, FUNCTION = public.x);"
            " CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = int, FUNCTION = public.x)"
        ),
        (
            "CREATE FUNCTION pg_catalog.x() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
            " CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION x()"
        ),
        "DROP INDEX public.ix_leaf_statement",
        "ALTER TABLE public.checkpoint ALTER COLUMN size TYPE numeric",
        "ALTER TABLE public.share DROP CONSTRAINT share_person_fkey",
        "CREATE TABLE public.y () INHERITS (public.leaf)",
        "ALTER TABLE public.set_aside SET UNLOGGED",
        "CREATE STATISTICS public.x ON person, key FROM public.share",
        "SET allow_system_table_mods = on; CREATE TABLE pg_catalog.touched ()",
        "SET allow_system_table_mods = on; CREATE SCHEMA pg_toast_x",
        (
            "SET allow_system_table_mods = on; CREATE FUNCTION pg_catalog.x() RETURNS trigger"
            " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER x AFTER INSERT ON"
            " public.leaf FOR EACH ROW EXECUTE FUNCTION x();"
            " UPDATE pg_trigger SET tgisinternal = true, tgfoid = 9990 WHERE tgname = 'x';"
            " UPDATE pg_proc SET oid = 9990, proname = 'RI_FKey_check_del' WHERE proname = 'x'"
        ),
    ],
)
def test_nothing_acts_or_answers_there_but_what_callrec_made(founded: House, made: str) -> None:
    actor = founded.actor("max")
    with as_owner(server(), name_of(founded.config.catalogue)) as connection:
        connection.execute(made)
    with pytest.raises(Tampered, match="not those that callrec made"):
        record(founded.practice, actor, "user.shown")
    founded.close()
    with pytest.raises(Tampered, match="not those that callrec made"):
        founded.open()


@pytest.mark.parametrize(
    "made",
    [
        "ALTER TABLE alembic_version RENAME TO x; CREATE VIEW alembic_version AS SELECT 1/0 AS n",
        "ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE y () INHERITS (alembic_version)",
        (
            "SET allow_system_table_mods = on; CREATE TABLE pg_catalog.alembic_version AS"
            " SELECT '9999' AS version_num"
        ),
        "DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('Sian rang 0770')",
    ],
)
def test_what_answers_there_which_schema_it_has_is_looked_at_first(
    founded: House, made: str
) -> None:
    with as_owner(server(), name_of(founded.config.catalogue)) as connection:
        connection.execute(made)
    founded.close()
    with pytest.raises(Tampered, match=r"not those that callrec made|does not say one schema"):
        founded.open()


@pytest.mark.parametrize(
    ("held", "made"),
    [
        (
            transaction,
            (
                "CREATE TRIGGER x AFTER INSERT ON public.leaf FOR EACH ROW EXECUTE FUNCTION"
                ' "share written"()'
            ),
        ),
        (transaction, "CREATE RULE x AS ON INSERT TO public.token DO INSTEAD NOTHING"),
        (transaction, "LOCK TABLE public.leaf IN SHARE ROW EXCLUSIVE MODE"),
        (reading, "CREATE POLICY x ON public.token USING (recording <> 21)"),
        (reading, "ALTER TABLE public.token FORCE ROW LEVEL SECURITY"),
    ],
)
def test_nothing_comes_to_act_or_answer_in_the_middle(
    founded: House, held: Callable[..., Any], made: str
) -> None:
    """Nor is callrec held up by a lock while somebody makes it."""
    founded.open()
    with (
        held(founded.practice.engine),
        as_owner(server(), name_of(founded.config.catalogue)) as connection,
    ):
        connection.execute("SET lock_timeout = 1")
        with pytest.raises(LockNotAvailable), connection.transaction():
            connection.execute(made)


def test_what_came_while_callrec_waited_to_begin_is_found(founded: House) -> None:
    actor, engine = founded.actor("max"), founded.practice.engine
    begun = list[str]()

    @event.listens_for(engine, "before_cursor_execute")
    def come(_: object, __: object, statement: str, *___: object) -> None:
        if "ROW EXCLUSIVE" in statement and not begun:
            begun.append(statement)
            with as_owner(server(), name_of(founded.config.catalogue)) as connection:
                connection.execute("CREATE RULE x AS ON DELETE TO public.token DO INSTEAD NOTHING")

    with pytest.raises(Tampered, match="not those that callrec made"):
        record(founded.practice, actor, "user.shown")


@pytest.mark.parametrize(
    ("acts", "says"),
    [
        (("{evil}",), "not those that"),
        (("{evil}", "{as_it_was}"), "in the middle"),
        (
            ("ALTER SCHEMA public RENAME TO x", "ALTER SCHEMA x RENAME TO public"),
            "in the middle",
        ),
    ],
)
def test_nobody_signs_for_what_acted_in_the_middle(
    founded: House, acts: tuple[str, ...], says: str
) -> None:
    actor, size = founded.actor("max"), last_leaf(founded).seq
    evil = (
        'CREATE OR REPLACE FUNCTION public."share written"() RETURNS trigger LANGUAGE plpgsql'
        " AS 'BEGIN DELETE FROM token; RETURN NEW; END'"
    )
    with as_owner(server(), name_of(founded.config.catalogue)) as connection:
        query = "SELECT pg_get_functiondef('public.\"share written\"'::regproc)"
        (as_it_was,) = connection.execute(query).fetchone() or ("",)

        def act_meanwhile() -> None:
            with signing(founded.practice, actor) as act:
                act.leaf("user.shown", actor=actor.person.id)
                for each in acts:
                    connection.execute(each.format(evil=evil, as_it_was=as_it_was).encode())

        with pytest.raises(Tampered, match=says):
            act_meanwhile()
        founded.close()
        connection.execute(str(as_it_was).encode())
    assert last_leaf(founded).seq == size


def test_rights_that_are_given_meanwhile_are_no_false_alarm(founded: House) -> None:
    actor, size = founded.actor("max"), last_leaf(founded).seq
    with signing(founded.practice, actor) as act:
        act.leaf("user.shown", actor=actor.person.id)
        give_rights(owned(founded.config.catalogue))
    assert last_leaf(founded).seq == size + 1


def test_a_setting_of_the_database_s_own_is_no_false_alarm(founded: House) -> None:
    name = name_of(founded.config.catalogue)
    with as_owner(server()) as connection:
        connection.execute(f"ALTER DATABASE {name} SET quote_all_identifiers = on")
    founded.close()
    record(founded.practice, founded.actor("max"), "user.shown")


def test_a_row_that_nobody_signed_for_is_named(founded: House) -> None:
    with as_owner(server(), name_of(founded.config.catalogue)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE share SET sealed = sealed || 'x' WHERE key = 'index'")
    answer = type_in(founded, "dora", "audit", "verify")
    assert answer.status == Tampered.exit_status
    assert 'of the table "share" is not as entry' in answer.out + answer.err


def test_a_server_that_runs_no_triggers_is_refused(founded: House) -> None:
    name = name_of(founded.config.catalogue)
    with as_owner(server()) as connection:
        connection.execute(f"ALTER DATABASE {name} SET session_replication_role = replica")
    with pytest.raises(Misconfigured, match="does not run the triggers"):
        founded.open()


# --- one sequence of leaves ------------------------------------------------------------------


def test_eight_processes_write_one_sequence(founded: House) -> None:
    founded.close()

    def write() -> None:
        actor = founded.actor("max")
        for _ in range(5):
            record(founded.practice, actor, "user.shown")

    size = last_leaf(founded).seq
    founded.close()
    assert [child.ended().failure for child in [begin(write) for _ in range(8)]] == [""] * 8
    assert last_leaf(founded).seq == size + 40
    assert "INTACT" in done(founded, "dora", "audit", "verify")


def test_who_reads_waits_for_nobody_and_sees_one_state(founded: House) -> None:
    actor = founded.actor("max")
    one = founded.practice.engine
    other = open_catalogue(founded.config.vault, founded.config.catalogue)
    count = text("SELECT count(*) FROM leaf")
    with reading(other) as seen:
        before = seen.execute(count).scalar_one()
        with transaction(one):
            assert seen.execute(count).scalar() == before
        record(founded.practice, actor, "user.shown")
        assert seen.execute(count).scalar() == before
    with reading(other) as seen:
        assert seen.execute(count).scalar() == before + 1
    other.dispose()


def test_what_breaks_off_before_it_is_committed_has_not_happened(founded: House) -> None:
    actor, size = founded.actor("max"), last_leaf(founded).seq
    begun = transaction(founded.practice.engine)
    begun.__enter__().execute(text("DELETE FROM failed_login"))
    assert end_sessions(founded, "state = 'idle in transaction'") == 1
    with pytest.raises(Failed, match="cannot be reached"):
        begun.__exit__(None, None, None)
    assert last_leaf(founded).seq == size
    record(founded.practice, actor, "user.shown")
    assert last_leaf(founded).seq == size + 1


@pytest.mark.parametrize("lock", [nullcontext, storing])
def test_what_broke_off_after_it_was_committed_is_done(
    founded: House, lock: Callable[[Practice], AbstractContextManager[None]]
) -> None:
    """The answer to COMMIT is lost, and the lock of an intake with it: callrec asks whether it is
    there."""
    actor, size = founded.actor("max"), last_leaf(founded).seq
    engine = founded.practice.engine

    def cut(_: object, cursor: Any, statement: str, *__: object) -> None:
        if statement == "COMMIT":
            event.remove(engine, "after_cursor_execute", cut)
            end_sessions(founded, "true")
            cursor.connection.execute("SELECT 1")

    with lock(founded.practice):
        event.listen(engine, "after_cursor_execute", cut)
        record(founded.practice, actor, "user.shown")
    assert last_leaf(founded).seq == size + 1


# --- one at a time, on whichever machine -----------------------------------------------------


@pytest.mark.parametrize("lock", [storing, archive_lock])
def test_one_machine_at_a_time(founded: House, lock: Callable[..., Any]) -> None:
    other = beside(founded)
    with (
        lock(founded.practice),
        pytest.raises(Failed, match="under way on another machine"),
        lock(other.practice),
    ):
        pass
    with lock(other.practice):
        pass
    other.close()


def test_who_lost_the_lock_writes_nothing_more(founded: House) -> None:
    other = beside(founded)
    actor = founded.actor("max")
    with storing(founded.practice):
        record(founded.practice, actor, "user.shown")
        assert end_sessions(founded, HOLDS_A_LOCK) == 1
        size = last_leaf(founded).seq
        with storing(other.practice):
            with pytest.raises(Failed, match="may be under way elsewhere"):
                record(founded.practice, actor, "user.shown")
            assert last_leaf(founded).seq == size
    record(founded.practice, actor, "user.shown")
    assert last_leaf(founded).seq == size + 1
    other.close()


def test_two_machines_with_one_spool_take_each_call_once(founded: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    for call in range(110):
        a_call(spool, call)
    other = beside(founded)
    founded.close()

    def ingest(house: House) -> int:
        try:
            return take_in(house, spool).recordings
        except Failed as refusal:
            assert "on another machine" in refusal.message  # noqa: PT017
            return 0

    both = [begin(partial(ingest, house)) for house in (founded, other)]
    first, second = (child.ended() for child in both)
    assert (first.failure, second.failure) == ("", "")
    assert first.told + second.told == 110
    again = take_in(founded, spool)
    assert (again.recordings, again.duplicates) == (0, 110)


# --- verifying -------------------------------------------------------------------------------


def test_entries_are_found_by_their_acts_in_an_index(founded: House) -> None:
    asked: list[Any] = []
    with reading(founded.practice.engine) as connection:
        # Of a table as small as this one, each row would be read.
        connection.exec_driver_sql("SET enable_seqscan = off")
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2:4]))
        rows_of_acts(connection, ["login", "request.created"])
        query, values = asked[0]
        plan = connection.exec_driver_sql(f"EXPLAIN {query}", values).scalars().all()
    assert any("leaf_act" in line for line in plan), plan


def test_the_other_process_that_verifies_sees_the_same_state(founded: House) -> None:
    """Whatever was written since: here a leaf that is no leaf."""
    actor = founded.actor("max")
    for _ in range(40):
        record(founded.practice, actor, "user.shown")
    with reading(founded.practice.engine) as connection:
        database, size = database_of(connection), stored_size(connection)
        keys = log_keys(founded.practice.register)
        expected = StretchExpectations(founded.practice.vault, size, keys, 0, {})
        place = place_of(database)
        with as_owner(server(), name_of(founded.config.catalogue)) as other:
            other.execute("UPDATE leaf SET body = 'x' WHERE seq = 1")
        out = io.BytesIO()
        verify_from_end(place, expected, out)
        found = [json.loads(line) for line in out.getvalue().splitlines()]
        assert found == [json.loads(json.dumps(asdict(check_stretch(database, 0, expected))))]
    verify_from_end(place, expected, out := io.BytesIO())
    assert out.getvalue() == b""  # that state is not kept any longer, and nothing is said of it
