"""Files and rows put in each other's place, by whoever can write to the vault."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.login.sessions import begin_session
from callrec.people.founding import set_up_practice
from callrec.system.terminal import Place
from house.commands import done, type_in
from house.practices import House
from house.requests import by_sql, rows

TAMPERED, PARTLY = 5, 8

MEMORIES: dict[str, list[tuple[str, ...]]] = {
    "head.json": [("nobody", "doctor"), ("pat", "show", "1")],
    "verified.json": [("dora", "audit", "verify")],
    "places.json": [("max", "archive", "verify", "{house}/drive-a")],
    "volumes.json": [("max", "archive", "verify", "{house}/drive-a"), ("nobody", "status")],
    "unfinished.json": [("max", "archive", "--to", "{house}/drive-a")],
    "reindexed.json": [("dora", "keys", "rotate", "--reseal")],
    "releases/note": [("sam", "release", "R-4", "--to", "{house}/outbox"), ("nobody", "doctor")],
}
"""What an operator remembers, and commands that read it."""

RUBBISH = {
    "nothing": b"",
    "a list": b"[]",
    "an object": b"{}",
    "no text": b"\xff",
    "without end": b"[" * 100_000,
    "of no person": b'{"vault":"%s","person":[],"root":"%s","seed":"%s"}' % ((b"00" * 32,) * 3),
    "with a key too short": b'{"vault":"x","person":"y","root":"00","seed":"00"}',
}


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder of one's own in memory, where a login is kept."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def exchange_files(house: House) -> None:
    """Of the recordings 1 and 2, which are of one length."""
    names = rows(house, "SELECT ciphertext FROM recording WHERE id < 3")
    one, other = (house.practice.store.path(name) for (name,) in names)
    first, second = one.read_bytes(), other.read_bytes()
    assert len(first) == len(second)
    for path, data in ((one, second), (other, first)):
        path.chmod(0o600)
        path.write_bytes(data)


def test_the_sealed_files_of_two_recordings_exchanged_open_as_neither(worked: House) -> None:
    (worked.folder / "drive-b").mkdir()
    exchange_files(worked)
    statuses = [type_in(worked, "pat", "show", str(number)).status for number in range(1, 5)]
    assert statuses == [TAMPERED, TAMPERED, 0, 0]
    to = ("--to", str(worked.folder / "outbox"))
    assert type_in(worked, "sam", "release", "R-4", *to).status == TAMPERED
    to = ("--to", str(worked.folder / "drive-b"))
    archived = type_in(worked, "max", "archive", *to)
    assert archived.status == PARTLY
    assert "2 recordings, " in archived.out
    assert "recording 1, 2" in archived.err
    told = type_in(worked, "nobody", "doctor", "--full")
    assert told.status == TAMPERED
    assert all(f"recording {number}: " in told.out for number in (1, 2))


def test_files_of_one_length_exchanged_are_seen_by_doctor_only_where_it_reads_all(
    worked: House,
) -> None:
    """It says that each is there and of its size, and claims no more."""
    exchange_files(worked)
    told = type_in(worked, "nobody", "doctor")
    assert told.status == 0
    assert "recordings there, each of its size: 4" in told.out


def test_a_row_that_names_a_file_elsewhere_leads_to_none(worked: House) -> None:
    by_sql(worked, "UPDATE recording SET ciphertext = '../../../etc/passwd' WHERE id = 1")
    answer = type_in(worked, "pat", "show", "1")
    assert (answer.status, answer.out) == (TAMPERED, "")


def test_one_call_s_description_does_not_open_as_another_s(worked: House) -> None:
    by_sql(
        worked,
        "UPDATE metadata SET sealed = (SELECT sealed FROM metadata WHERE recording = 2)"
        " WHERE recording = 1",
    )
    answer = type_in(worked, "pat", "show", "1")
    assert (answer.status, answer.out) == (TAMPERED, "")


def test_a_log_written_anew_from_its_first_leaf_is_known_for_another(
    worked: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same vault, by its id, and with the Data Controller's own lock put under her login."""
    [dora] = rows(worked, "SELECT id, locked FROM person WHERE login = 'dora'")
    ids = [worked.practice.vault, dora.id, *("ab" * 16, "cd" * 16, "ef" * 16, "01" * 16)]
    monkeypatch.setattr(primitives, "random_id", lambda: ids.pop(0))
    forged = tmp_path / "forged"
    set_up_practice(
        worked.config.model_copy(update={"vault": forged}),
        practice_name=worked.practice.name,
        login="dora",
        full_name="Dora Whitlock",
        password="six brown foxes wander home late",
        now=worked.now,
        environ={"XDG_STATE_HOME": str(tmp_path / "his-own")},
    )
    worked.practice.engine.dispose()
    with sqlite3.connect(forged / "catalogue.sqlite") as catalogue:
        catalogue.execute("UPDATE person SET locked = ? WHERE login = 'dora'", (dora.locked,))
    catalogue.close()
    (forged / "catalogue.sqlite").replace(worked.folder / "vault" / "catalogue.sqlite")
    assert type_in(worked, "nobody", "doctor").status == TAMPERED
    for memory in (worked.folder / "state", tmp_path / "none-yet"):
        for words in (("audit", "verify"), ("user", "list")):
            answer = type_in(worked, "dora", *words, XDG_STATE_HOME=memory)
            assert answer.status == TAMPERED, (memory, words)


def test_a_locked_seed_that_would_cost_the_machine_its_memory_is_not_tried(worked: House) -> None:
    [row] = rows(worked, "SELECT locked FROM person WHERE login = 'pat'")
    said = parse(row.locked)
    said["kdf"]["memory_kib"] = 1 << 40
    by_sql(worked, "UPDATE person SET locked = :locked WHERE login = 'pat'", locked=canonical(said))
    answer = type_in(worked, "pat", "show", "1")
    assert (answer.status, answer.out) == (TAMPERED, "")
    assert "the lock of pat is not the one that the audit record names" in answer.err


def test_a_vault_set_back_to_an_older_copy_of_itself_is_noticed(
    worked: House, tmp_path: Path
) -> None:
    worked.practice.engine.dispose()
    shutil.copytree(worked.folder / "vault", tmp_path / "older")
    done(worked, "pat", "show", "1")
    worked.practice.engine.dispose()
    shutil.rmtree(worked.folder / "vault")
    shutil.copytree(tmp_path / "older", worked.folder / "vault")
    answer = type_in(worked, "pat", "audit", "verify")
    assert (answer.status, answer.out.splitlines()[0]) == (TAMPERED, "TAMPERED")
    assert type_in(worked, "sam", "listen", "R-4").status == TAMPERED


PLANTED = {
    "a trigger that unwrites the log": (
        "CREATE TRIGGER quiet AFTER INSERT ON leaf BEGIN DELETE FROM leaf WHERE seq = new.seq; END",
    ),
    "a trigger that lengthens what is approved": (
        "CREATE TRIGGER longer AFTER INSERT ON grant_ BEGIN UPDATE grant_ SET lapses_at = 0; END",
    ),
    "a view of people in which nobody is shut out": (
        "ALTER TABLE person RENAME TO people",
        "CREATE VIEW person AS SELECT * FROM people",
    ),
}

COMMANDS_THAT_OPEN = (
    ("pat", "show", "1"),
    ("max", "approve", "R-3", "--yes"),
    ("sam", "listen", "R-4"),
    ("door", "ingest", "."),
    ("dora", "audit", "verify"),
    ("nobody", "doctor"),
    ("nobody", "status"),
)


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_what_acts_or_answers_in_a_tables_place_is_not_worked_with(
    planted: tuple[str, ...], worked: House
) -> None:
    """It would do so by callrec's own hand: it is in the database that callrec opens."""
    worked.practice.engine.dispose()
    catalogue = worked.folder / "vault" / "catalogue.sqlite"
    connection = sqlite3.connect(catalogue)
    for statement in planted:
        connection.execute(statement)
    connection.commit()
    connection.close()
    as_it_was = catalogue.read_bytes()
    for login, *words in COMMANDS_THAT_OPEN:
        answer = type_in(worked, login, *words)
        assert (answer.status, answer.out) == (TAMPERED, ""), words
        assert "not those that callrec made" in answer.err
    assert catalogue.read_bytes() == as_it_was


NUMBERED = "SELECT 1 UNION ALL SELECT n + 1 FROM more"

IN_PLACE_OF_THE_SCHEMAS = {
    "nothing": "",
    "a view of what is not there": 'VIEW alembic_version AS SELECT * FROM "Sian rang 0770"',
    "a view of no JSON": "VIEW alembic_version AS SELECT json('{\"Sian') AS version_num",
    "a view that loads": "VIEW alembic_version AS SELECT load_extension('Sian') AS version_num",
    "a view in capitals": "VIEW Alembic_Version AS SELECT '0001' AS version_num",
    "a view without end": (
        f"VIEW alembic_version AS WITH RECURSIVE more (n) AS ({NUMBERED})"
        " SELECT max(n) AS version_num FROM more"
    ),
    "a virtual table": "VIRTUAL TABLE alembic_version USING fts5(version_num)",
    "a table that reckons": (
        "TABLE alembic_version (version_num VARCHAR(32) AS (json('Sian')), one VARCHAR(32))"
    ),
}


@pytest.mark.parametrize("made", IN_PLACE_OF_THE_SCHEMAS.values(), ids=IN_PLACE_OF_THE_SCHEMAS)
def test_what_answers_which_schema_there_is_is_looked_at_before_it_is_asked(
    made: str, stocked: House
) -> None:
    stocked.close()
    connection = sqlite3.connect(stocked.config.vault / "catalogue.sqlite")
    connection.execute("DROP TABLE alembic_version")
    if made:
        connection.execute(f"CREATE {made}")
    connection.commit()
    connection.close()
    is_refused(stocked)


def test_a_catalogue_of_no_bytes_is_not_worked_with(stocked: House) -> None:
    stocked.close()
    (stocked.config.vault / "catalogue.sqlite").write_bytes(b"")
    is_refused(stocked)


def is_refused(house: House) -> None:
    for words in ("audit verify", "audit verify --json", "doctor", "status", "migrate"):
        answer = type_in(house, "nobody", *words.split())
        assert (answer.status, answer.out) == (TAMPERED, ""), words
        assert "not those that callrec made" in answer.err
        assert "Sian" not in answer.err


@pytest.mark.parametrize("words", ["keys list", "audit list --limit 200"])
def test_a_login_written_into_the_catalogue_does_not_act_on_a_terminal(
    words: str, worked: House
) -> None:
    """These name her; ``user list`` says TAMPERED and no login."""
    by_sql(worked, "UPDATE person SET login = :login WHERE login = 'ava'", login="\x1b]0;owned\x07")
    answer = type_in(worked, "dora", *words.split())
    assert r"\x1b]0;owned\x07" in answer.out
    assert "\x1b" not in answer.out + answer.err
    assert "\x07" not in answer.out + answer.err


@pytest.mark.parametrize("what", ["certificate", "root", "secret"])
def test_a_session_rewritten_is_nobody_s(what: str, worked: House, memory: Path) -> None:
    assert type_in(worked, "mia", "login", XDG_RUNTIME_DIR=memory).status == 0
    [file] = (memory / "callrec").iterdir()
    session = json.loads(file.read_bytes())
    pats, _ = begin_session(worked.open(), worked.actor("pat"), Place("pts/7", "7e" * 32))
    rewritten = {"certificate": pats.certificate, "root": "00" * 32, "secret": "5e" * 32}
    file.write_text(json.dumps({**session, what: rewritten[what]}))
    answer = type_in(worked, "nobody", "show", "1", XDG_RUNTIME_DIR=memory)
    assert answer.status in {TAMPERED, 6}
    assert answer.out == ""


def test_a_session_of_a_time_that_no_system_knows_is_none(worked: House, memory: Path) -> None:
    assert type_in(worked, "mia", "login", XDG_RUNTIME_DIR=memory).status == 0
    [file] = (memory / "callrec").iterdir()
    session = json.loads(file.read_bytes())
    file.write_text(json.dumps({**session, "used": 1e18}))
    assert type_in(worked, "nobody", "inbox", XDG_RUNTIME_DIR=memory).status == 6


def test_a_credential_rewritten_to_a_person_s_is_nobody_s(worked: House) -> None:
    said = json.loads(worked.credential.read_bytes())
    [row] = rows(worked, "SELECT id FROM person WHERE login = 'pat'")
    worked.credential.write_text(json.dumps({**said, "person": row.id}))
    answer = type_in(worked, "door", "show", "1")
    assert (answer.status, answer.out) == (TAMPERED, "")


@pytest.mark.parametrize("data", RUBBISH.values(), ids=RUBBISH)
def test_a_session_or_credential_of_rubbish_is_none_and_no_bug(
    data: bytes, house: House, memory: Path
) -> None:
    assert type_in(house, "pat", "login", XDG_RUNTIME_DIR=memory).status == 0
    [file] = (memory / "callrec").iterdir()
    file.write_bytes(data)
    house.credential.write_bytes(data)
    assert type_in(house, "nobody", "inbox", XDG_RUNTIME_DIR=memory).status in {6, 7}
    assert type_in(house, "door", "ingest", str(house.folder)).status == 7


@pytest.mark.parametrize("data", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize("file", MEMORIES)
def test_rubbish_where_an_operator_remembers_is_told_or_passed_over_and_no_bug(
    file: str, data: bytes, worked: House
) -> None:
    path = worked.practice.state_folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    for login, *words in MEMORIES[file]:
        answer = type_in(worked, login, *(word.format(house=worked.folder) for word in words))
        assert answer.status in {0, TAMPERED}, answer
        assert "bug" not in answer.err
