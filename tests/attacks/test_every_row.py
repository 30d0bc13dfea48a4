"""Whoever can write to the database changes, takes away or adds a row: `audit verify` names it.

The tables and columns are those of the schema, so that a new one is tried like the others. What is
not signed for is listed in docs/threat-model.md, with what a change of it does.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import chdir, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Table

from attacks.everything import FULL, catalogue_of, resume
from callrec.catalogue.tables import METADATA
from callrec.catalogue.written import BOUND, HARMLESS, digest, signed_tables
from callrec.errors import Tampered
from callrec.registers.verify import Verdict, Verification
from house.commands import done, reset_by_two, type_in
from house.drives import archive, contents
from house.holds import verified
from house.practices import House
from house.stages import copied

MOST_HARMLESS = 10

full = copied(FULL)

SIGNED = [
    (table, column)
    for table in METADATA.sorted_tables
    for column in table.columns
    if HARMLESS not in column.info and BOUND not in table.info
]

TABLES = sorted({table.name for table, _ in SIGNED})

BOUND_TABLES = [table for table in METADATA.sorted_tables if BOUND in table.info]


verify = partial(verified, root=None)


@contextmanager
def tampering(house: House) -> Iterator[sqlite3.Connection]:
    """The database as anybody has it who can write it; it is as it was afterwards."""
    house.close()
    path = catalogue_of(house)
    kept = path.with_suffix(".kept")
    shutil.copy(path, kept)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        yield database
    kept.replace(path)


def another(value: Any, column: Column[Any]) -> Any:
    """A value of the same kind that is another; where there is none, one that could be."""
    if value is None:
        return b"\x00" * 80 if "BLOB" in str(column.type) or "Blob" in repr(column.type) else 1
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value[:-1] + ("0" if not value.endswith("0") else "1")
    return bytes([*value[:-1], value[-1] ^ 1])


def assert_names(found: Verification, table: str) -> None:
    assert found.verdict is Verdict.TAMPERED
    assert any(f'"{table}"' in each.what for each in found.problems), found.problems


def test_nothing_is_found_where_nothing_was_changed(full: House) -> None:
    with closing(sqlite3.connect(catalogue_of(full))) as database:
        for name in (*TABLES, *(table.name for table in BOUND_TABLES)):
            assert database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0], name
    assert verify(full).problems == ()


@pytest.mark.parametrize("name", TABLES)
def test_each_changed_value_is_found_and_its_table_named(name: str, full: House) -> None:
    table = METADATA.tables[name]
    for column in (column for of, column in SIGNED if of is table):
        with tampering(full) as database:
            change_one(database, table, column)
            assert_names(verify(full), name)


def change_one(database: sqlite3.Connection, table: Table, column: Column[Any]) -> None:
    key = [each.name for each in table.primary_key.columns]
    where = " AND ".join(f'"{each}" IS ?' for each in key)
    columns = ", ".join(f'"{each}"' for each in key)
    *place, value = database.execute(
        f'SELECT {columns}, "{column.name}" FROM "{table.name}" LIMIT 1'
    ).fetchone()
    changed = f'UPDATE OR IGNORE "{table.name}" SET "{column.name}" = ? WHERE {where}'
    now = another(value, column)
    while not database.execute(changed, (now, *place)).rowcount:
        now = another(now, column)
    assert database.total_changes == 1


@pytest.mark.parametrize("name", TABLES)
def test_a_row_that_was_taken_away_is_found(name: str, full: House) -> None:
    with tampering(full) as database:
        rows = database.execute(f'SELECT * FROM "{name}"').fetchall()
        take_away(database, METADATA.tables[name], rows[-1])
        assert_names(verify(full), name)


def take_away(database: sqlite3.Connection, table: Table, row: tuple[Any, ...]) -> None:
    names = [each.name for each in table.columns]
    where = " AND ".join(f'"{each}" IS ?' for each in names)
    assert database.execute(f'DELETE FROM "{table.name}" WHERE {where}', row).rowcount == 1


@pytest.mark.parametrize("name", TABLES)
def test_a_row_that_was_added_is_found(name: str, full: House) -> None:
    table = METADATA.tables[name]
    with tampering(full) as database:
        row = list(database.execute(f'SELECT * FROM "{name}"').fetchone())
        add = f'INSERT OR IGNORE INTO "{name}" VALUES ({", ".join("?" * len(row))})'
        alone = [
            place for place, each in enumerate(table.columns) if each.primary_key or each.unique
        ]
        while not database.execute(add, row).rowcount:
            for place in alone:
                row[place] = another(row[place], table.columns[place])
        assert_names(verify(full), name)


@pytest.mark.parametrize("table", BOUND_TABLES, ids=lambda table: table.name)
def test_what_the_log_binds_by_itself_is_found_too(table: Table, full: House) -> None:
    for column in table.columns:
        if (table.name, column.name) in OPENED:
            continue
        with tampering(full) as database:
            change_one(database, table, column)
            assert verify(full).verdict is Verdict.TAMPERED, column


OPENED = {("detail", "key_version"), ("detail", "sealed")}
"""Found by whoever has the key to open them."""


def test_a_spoilt_detail_is_found_by_whoever_opens_it(full: House) -> None:
    with tampering(full) as database:
        database.execute(
            "UPDATE detail SET sealed = randomblob(length(sealed))"
            " WHERE seq = (SELECT max(seq) FROM detail)"
        )
        assert type_in(full, "dora", "audit", "list").status == 5


def test_few_columns_are_harmless_and_the_threat_model_lists_each() -> None:
    reasons: dict[str, list[str]] = {}
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if HARMLESS in column.info:
                reasons.setdefault(column.info[HARMLESS], []).append(f"{table.name}.{column.name}")
    assert sum(map(len, reasons.values())) <= MOST_HARMLESS
    page = Path("docs/threat-model.md").read_text(encoding="utf-8")
    said = " ".join(page.split())
    for reason, names in reasons.items():
        assert reason in said
        assert all(f"`{name}`" in said for name in names)


SPOILT = {
    "a recording's key": (
        "UPDATE recording SET data_key = randomblob(length(data_key)) WHERE id = 3",
        "recording 3, in ",
    ),
    "a batch's key": (
        "UPDATE batch SET recordings_key = randomblob(length(recordings_key))",
        '"batch"',
    ),
    "why a call is held": ("UPDATE hold SET sealed = randomblob(length(sealed))", '"hold"'),
    "what a request says": (
        "UPDATE request_version SET sealed = randomblob(length(sealed))",
        '"request_version"',
    ),
    "a request's words": (
        "UPDATE request_words SET sealed = randomblob(length(sealed))",
        '"request_words"',
    ),
    "a written agreement": (
        "UPDATE request_file SET sealed = randomblob(length(sealed))",
        '"request_file"',
    ),
    "exchanged metadata": (
        (
            "UPDATE metadata SET sealed = (SELECT m.sealed FROM metadata AS m WHERE m.recording ="
            " 7 - metadata.recording) WHERE recording IN (3, 4)"
        ),
        "recording 3, in ",
    ),
    "a drive's serial": ("UPDATE volume SET serial = 'another'", '"volume"'),
    "when an erasure was done": (
        "UPDATE certificate SET done_at = coalesce(done_at, 0) + 1",
        '"certificate"',
    ),
    "a recording's state": ("UPDATE recording SET state = 'archived' WHERE id = 3", "recording 3"),
    "a row of the index": (
        "UPDATE token SET token = token + 1 WHERE recording = 3",
        "recording 3, in ",
    ),
    "a duplicate's mark": ("INSERT INTO duplicate VALUES (randomblob(16), 4)", "recording 4, in "),
    "a grant's state": ("UPDATE grant_ SET state = 'lapsed'", '"grant_"'),
}


@pytest.mark.parametrize(("statement", "named"), SPOILT.values(), ids=SPOILT)
def test_what_is_spoilt_is_named_without_a_key_and_reaches_no_drive(
    statement: str, named: str, full: House
) -> None:
    with tampering(full) as database:
        database.execute(statement)
        assert database.total_changes
        answer = type_in(full, "sam", "audit", "verify")
        assert (answer.status, named in answer.out) == (Tampered.exit_status, True), answer
        before = contents(full.folder / "drive-a")
        for command in ("backup", "archive"):
            with chdir(full.folder):
                refused = type_in(full, "max", command, "--to", "drive-a")
            if "grant_" in statement:  # which no copy has
                assert refused.status == 0, refused
                continue
            assert refused.status == Tampered.exit_status, refused
            assert "the vault is not as it was signed: " in refused.err
            assert "callrec drive restore" in refused.err
            assert contents(full.folder / "drive-a") == before


def test_who_writes_a_row_again_does_not_sign_for_what_others_made_of_it(full: House) -> None:
    with tampering(full) as database:
        database.execute("UPDATE volume SET serial = 'another'")
        with pytest.raises(Tampered, match='of the table "volume" is not as entry'):
            archive(full, full.folder / "drive-a")
        assert_names(verify(full), "volume")


def test_what_was_signed_for_unseen_is_found_for_ever(full: House) -> None:
    """The enemy has the digest agree while somebody writes, and puts it back."""
    newest = (
        "SELECT key, size, now FROM written WHERE name = 'person'"
        " AND key = (SELECT id FROM person WHERE login = 'max') ORDER BY size DESC LIMIT 1"
    )
    put = "UPDATE written SET now = ? WHERE name = 'person' AND key = ? AND size = ?"
    with tampering(full) as database:
        key, size, signed = database.execute(newest).fetchone()
        database.execute("UPDATE person SET claimed = x'00' WHERE id = ?", (key,))
        person = signed_tables()["person"]
        found = {row[0]: row[1] for row in database.execute(person.every())}
        database.execute(put, (digest(found[key]), key, size))
        assert reset_by_two(full, "max").status == 0
        database.execute(put, (signed, key, size))
        assert any("was changed before entry" in each.what for each in verify(full).problems)


HARMLESS_CHANGES = {
    "person": "UPDATE person SET failures = 7 WHERE login = 'max'",
    "password_try": "INSERT INTO password_try VALUES (randomblob(32), 1000)",
    "failed_login": "INSERT INTO failed_login VALUES (1)",
    "outbox": (
        "INSERT INTO outbox (person, line, made_at, tried_at, taken_at)"
        " SELECT id, 'R-1 awaits your decision', 1, 1, 1 FROM person WHERE login = 'max'"
    ),
}


def test_each_table_with_harmless_columns_is_tried() -> None:
    having = {each.table.name for table in METADATA.tables.values() for each in table.columns
              if HARMLESS in each.info}  # fmt: skip
    assert having == {*HARMLESS_CHANGES}


@pytest.mark.parametrize("statement", HARMLESS_CHANGES.values(), ids=HARMLESS_CHANGES)
def test_what_nobody_signs_for_changes_nothing_that_is_relied_on(
    statement: str, full: House
) -> None:
    with tampering(full) as database:
        before = type_in(full, "max", "inbox")
        database.execute(statement)
        assert verify(full).problems == ()
        assert type_in(full, "max", "inbox") == before
        assert done(full, "max", "whoami")


PUT_ON_RECORD = {
    "a person": "UPDATE person SET name_version = 7 WHERE login = 'max'",
    "a volume": "UPDATE volume SET serial = 'another'",
    "a mark": "INSERT INTO duplicate VALUES (randomblob(16), 4)",
    "a mark of nothing": "INSERT INTO duplicate VALUES (randomblob(16), 400)",
    "a row too many": "INSERT INTO set_aside VALUES ('ab', x'00')",
    "a row too few": "DELETE FROM set_aside",
    "a recording's state": "UPDATE recording SET state = 'archived' WHERE id = 4",
    "a request's state": "UPDATE request SET state = 'approved' WHERE number = 3",
    "what was signed for, gone": "DELETE FROM written WHERE name = 'share'",
    "what was signed for, changed": "UPDATE written SET now = zeroblob(32) WHERE name = 'volume'",
    "what was signed for, made up": "INSERT INTO written VALUES ('volume', 'x', 9, NULL, x'00')",
}


@pytest.mark.parametrize("statement", PUT_ON_RECORD.values(), ids=PUT_ON_RECORD)
def test_a_spoilt_row_is_put_on_record_and_the_practice_goes_on(
    statement: str, full: House
) -> None:
    with tampering(full) as database:
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute(statement)
        found = verify(full)
        assert found.verdict is Verdict.TAMPERED
        answer = resume(full)
        assert answer.status == 0, answer
        assert all(each.what in answer.out for each in found.problems)
        after = type_in(full, "dora", "audit", "verify", "--full")
        assert after.status == 0, after
        assert after.out.startswith("INTACT, resumed at ")
        archive(full, full.folder / "drive-a")
        full.close()
        assert verify(full).problems == ()


def test_who_is_kept_out_by_a_spoilt_row_is_let_in_again(full: House) -> None:
    """Nobody writes over it; a Data Controller puts it on record, and a password is made anew."""
    with tampering(full) as database:
        database.execute("UPDATE person SET locked = x'00' WHERE login = 'max'")
        refused = reset_by_two(full, "max")
        assert refused.status == Tampered.exit_status
        assert "callrec audit resume" in refused.err
        assert resume(full).status == 0
        assert reset_by_two(full, "max").status == 0
        assert verify(full).problems == ()


def test_what_was_put_on_record_once_excuses_nothing_later(full: House) -> None:
    with tampering(full) as database:
        database.execute("UPDATE volume SET serial = 'another'")
        assert resume(full).status == 0
        full.close()
        database.execute("UPDATE volume SET serial = 'a third'")
        assert_names(verify(full), "volume")
        database.execute("UPDATE volume SET serial = 'another'")
        assert verify(full).problems == ()
        database.execute("DELETE FROM written WHERE name = 'share' AND size < 12")
        assert resume(full).status == 0
        assert verify(full).problems == ()
        database.execute("DELETE FROM share WHERE rowid = (SELECT max(rowid) FROM share)")
        assert_names(verify(full), "share")
