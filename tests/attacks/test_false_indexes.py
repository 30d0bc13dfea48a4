"""An index that is not of its table's rows, or that steers what reads them, is found before use."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from callrec.errors import Tampered
from callrec.policy.purpose import Purpose
from house.commands import type_in
from house.holds import by_hand
from house.listening import hear
from house.practices import House
from house.requests import a_request, approve, approved

TAMPERED = 5


def with_a_false_index(house: House, index: str, rows: str) -> None:
    """Rows leave their table, or come into it, behind an index's back; its text stays as it was."""
    file = house.practice.folder / "catalogue.sqlite"
    house.close()
    root, table, text = _run(
        file, f"SELECT rootpage, tbl_name, sql FROM sqlite_master WHERE name = '{index}'"
    )[0]
    _run(file, f"DELETE FROM sqlite_master WHERE name = '{index}'")
    _run(
        file,
        rows,
        f"INSERT INTO sqlite_master VALUES ('index', '{index}', '{table}', {root}, '{text}')",
    )


def _run(file: Path, *statements: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA writable_schema = ON")
    answers = [connection.execute(each).fetchall() for each in statements]
    connection.commit()
    connection.close()
    return answers[-1]


def partial(index: str, table: str, *columns: str, rows: str = "") -> tuple[str, ...]:
    """An index of no row, or of some, under the text of the one that callrec made."""
    said = f"CREATE INDEX {index} ON {table} ({', '.join(columns)})"
    as_text = said.replace("'", "''")
    return (
        f"DROP INDEX {index}",
        f"{said} WHERE {rows or f'{columns[0]} < 0'}",
        f"UPDATE sqlite_master SET sql = '{as_text}' WHERE name = '{index}'",
    )


def hide(house: House, what: str) -> None:
    """What was done so is not found by the index of acts any more."""
    file = house.practice.folder / "catalogue.sqlite"
    house.close()
    act = """substr(body, 1, instr(body, '"actor"'))"""
    but_one = f"""{act} <> x'{f'{{"act":"{what}","'.encode().hex()}'"""
    _run(file, *partial("leaf_act", "leaf", act, "seq", rows=but_one))


def is_found(house: House) -> None:
    """`audit verify` says so to anybody, and no copy is made."""
    assert type_in(house, "nobody", "audit", "verify").status == TAMPERED
    drive = house.folder / "drive"
    drive.mkdir()
    assert type_in(house, "max", "backup", "--to", str(drive)).status == TAMPERED


def test_a_call_hidden_behind_the_index_of_search_tokens_is_found(stocked: House) -> None:
    with_a_false_index(stocked, "ix_token_recording", "DELETE FROM token WHERE recording = 1")
    is_found(stocked)


def test_a_call_hidden_from_its_day_is_found(stocked: House) -> None:
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(file, *partial("recording_started_at", "recording", "started_at", "state"))
    is_found(stocked)


def test_what_is_held_is_not_destroyed_behind_a_false_index(stocked: House) -> None:
    by_hand(stocked, 1)
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(file, *partial("held_recording", "held", "recording"))
    is_found(stocked)


def test_what_is_restricted_is_not_heard_while_the_index_of_acts_hides_that(
    stocked: House,
) -> None:
    complaint = approved(stocked)
    approve(stocked, a_request(stocked, "mia", purpose=Purpose.RESTRICTION), "dora")
    hide(stocked, "request.in-effect")
    with pytest.raises(Tampered, match="an index of it has other rows"):
        hear(stocked, complaint)
    is_found(stocked)


def test_what_is_restricted_is_not_shown_as_free(stocked: House) -> None:
    restriction = a_request(stocked, "mia", purpose=Purpose.RESTRICTION)
    approve(stocked, restriction, "dora")
    assert f"by {restriction}: nobody hears" in type_in(stocked, "max", "show", "1").out
    hide(stocked, "request.in-effect")
    assert type_in(stocked, "max", "show", "1").status == TAMPERED


def test_no_register_is_read_by_an_index_that_hides_what_stands_in_it(stocked: House) -> None:
    register = ("practice", "register", "disclosure")
    hear(stocked, approved(stocked))
    assert "heard" in type_in(stocked, "dora", *register).out
    hide(stocked, "listen")
    read = type_in(stocked, "dora", *register)
    assert (read.status, read.out) == (TAMPERED, "")


def test_nobody_steers_how_rows_are_found(stocked: House) -> None:
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(file, "ANALYZE")
    is_found(stocked)


@pytest.mark.parametrize("blank", ["\x85", "\xa0", "\u3000"], ids=ascii)
def test_no_constraint_is_taken_off_by_what_is_no_blank_to_sqlite(
    stocked: House, blank: str
) -> None:
    """To SQLite it is a letter, here of a type that it does not know."""
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(
        file,
        f"UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', 'NOT{blank}NULL')"
        " WHERE name = 'detail'",
    )
    is_found(stocked)


@pytest.mark.parametrize("kind", ["trigger", "TRIGGER"])
def test_nothing_acts_under_a_name_that_sqlite_keeps_to_itself(stocked: House, kind: str) -> None:
    """SQLite tells kinds apart without regard to capitals."""
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(
        file,
        f"INSERT INTO sqlite_master VALUES ('{kind}', 'sqlite_x', 'leaf', 0,"
        " 'CREATE TRIGGER sqlite_x AFTER INSERT ON leaf BEGIN DELETE FROM detail; END')",
    )
    is_found(stocked)


def test_that_recordings_were_counted_is_not_taken_away(stocked: House) -> None:
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(file, "DELETE FROM sqlite_sequence WHERE name = 'recording'")
    is_found(stocked)


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO alembic_version VALUES ('Sian Roberts rang 0770')",
        "UPDATE alembic_version SET version_num = 'Sian Roberts rang 0770'",
        "DELETE FROM alembic_version",
    ],
)
def test_nothing_is_kept_beside_the_schema_that_the_catalogue_says_it_has(
    stocked: House, change: str
) -> None:
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(file, change)
    is_found(stocked)


@pytest.mark.parametrize("last", [2**53 - 1, 2**63 - 2])
def test_a_number_that_no_recording_has_had_is_not_counted_on_from(
    stocked: House, last: int
) -> None:
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(file, f"UPDATE sqlite_sequence SET seq = {last} WHERE name = 'recording'")
    is_found(stocked)


@pytest.mark.parametrize(
    "row", ["x'5ea1ed', x'c0ffee'", "'outbox', x'c0ffee'", "'recording', 3", "'person', 3"]
)
def test_nothing_is_kept_in_the_table_that_counts_recordings(stocked: House, row: str) -> None:
    file = stocked.practice.folder / "catalogue.sqlite"
    stocked.close()
    _run(file, f"INSERT INTO sqlite_sequence VALUES ({row})")
    is_found(stocked)
