"""Whatever is changed in the log's tables, both readings of it find it: the quick and the slow.

The tables are first made anew without their keys and types, as whoever writes the database can: so
that every value may stand in every column, twice, as another type, or not at all.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from callrec.audit import log as writing_log
from callrec.audit.verify import verify_leaf_by_leaf
from callrec.audit.whole import verify_fast
from callrec.catalogue.engine import reading
from callrec.catalogue.sqlite import connect
from callrec.errors import Tampered
from callrec.people.powers import disable_person
from callrec.policy.role import Standing
from callrec.practice import writing
from house.practices import House
from house.stages import Stage, Stages
from registers.test_audit_verify import edit
from registers.test_audit_whole import short_stretches, work_on

TABLES = {
    "leaf": ("seq", "body", "statement"),
    "node": ("level", "position", "hash"),
    "checkpoint": ("size", "note"),
    "detail": ("seq",),
    "statement": ("digest", "kind", "body", "signature"),
}
"""What the log is checked by: of details, which are sealed, only that they are there."""

WORKED_ON = Stage("worked-on", work_on)
"""A log with leaves of several kinds."""


@pytest.fixture(scope="module")
def log(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The same in tables that hold anything, which no command would open. It is only copied."""
    house = stages.copy(WORKED_ON, tmp_path_factory.mktemp("log"))
    house.practice.engine.dispose()
    loosen(house.config.vault / "catalogue.sqlite")
    return house


@pytest.fixture(scope="module", autouse=True)
def _short_stretches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        short_stretches(patch, 2)
        yield


def loosen(catalogue: Path) -> None:
    """Make the log's tables anew, without keys, types and what must not be missing."""
    with closing(sqlite3.connect(catalogue)) as database:
        for table in TABLES:
            columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
            database.execute(f"CREATE TABLE anew ({', '.join(columns)})")
            database.execute(f"INSERT INTO anew SELECT * FROM {table} ORDER BY 1, 2")
            database.execute(f"DROP TABLE {table}")
            database.execute(f"ALTER TABLE anew RENAME TO {table}")
        database.commit()


Rows = dict[str, Counter[tuple[Any, ...]]]


def stored(database: sqlite3.Connection) -> Rows:
    """What the log is checked by, with the type of each value."""
    found = {}
    for table, columns in TABLES.items():
        typed = ", ".join(f"typeof({column}), hex({column})" for column in columns)
        found[table] = Counter(database.execute(f"SELECT {typed} FROM {table}").fetchall())
    return found


def is_to_be_found(before: Rows, after: Rows) -> bool:
    """All but a checkpoint that went: if the one after it is the same person's, that says as much.

    Nothing says of how many acts a transaction was.
    """
    only_fewer = after["checkpoint"] <= before["checkpoint"]
    rest = all(before[table] == after[table] for table in TABLES if table != "checkpoint")
    return not (only_fewer and rest)


def found_by(house: House, catalogue: Path) -> tuple[bool, bool]:
    """Whether the quick reading does not call this log sound, and the slow one names a problem."""
    vault = house.practice.vault
    return (
        finds(catalogue, lambda connection: verify_fast(connection, vault, None) is None),
        finds(catalogue, lambda connection: bool(verify_leaf_by_leaf(connection, vault).problems)),
    )


def finds(catalogue: Path, look: Callable[[Connection], bool]) -> bool:
    engine = connect(catalogue, mode="ro")
    try:
        with reading(engine) as connection:
            return look(connection)
    except Tampered:  # it cannot be read at all, as where a text is no text
        return True
    finally:
        engine.dispose()


ROWS = st.integers(0, 10_000)

VALUES = st.one_of(
    st.none(),
    st.integers(-3, 70),
    st.sampled_from([-(2**63), 2**63 - 1, 10**12]),
    st.floats(-3, 70, width=16),
    st.sampled_from(["", "\ud7ff", "0", "batch", "approval"]),
    st.binary(max_size=40),
)
"""Of every type that SQLite has."""

KEPT = st.sampled_from(
    [
        "{0}",
        "CAST({0} AS TEXT)",
        "CAST({0} AS BLOB)",
        "CAST({0} AS REAL)",
        "{0} || ''",
        "upper({0})",
        "substr({0}, 2)",
        "substr({0}, 1, length({0}) - 1)",
        "CAST({0} || x'0a' AS BLOB)",
        "CAST(replace({0}, 'search', 'searck') AS BLOB)",
        "CAST(replace({0}, '\"act\":', ' \"act\":') AS BLOB)",
        "CAST(replace({0}, 'people', '\\u0070eople') AS BLOB)",
        "{0} + 1",
        "{0} - 1",
        "-{0}",
    ]
)
"""Something made of what stands there."""


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, tuple[object, ...]]:
    """One statement of SQL, and its values."""
    table = draw(st.sampled_from(sorted(TABLES)))
    column = draw(st.sampled_from(TABLES[table]))
    row, other = draw(ROWS), draw(ROWS)
    pick = f"(SELECT rowid FROM {table} LIMIT 1 OFFSET ? % (SELECT max(1, count(*)) FROM {table}))"
    which = f"WHERE rowid = {pick}"
    match draw(st.sampled_from(["set", "make", "take", "delete", "copy", "tail"])):
        case "set":
            return f"UPDATE {table} SET {column} = ? {which}", (draw(VALUES), row)
        case "make":
            return f"UPDATE {table} SET {column} = {draw(KEPT).format(column)} {which}", (row,)
        case "take":
            taken = f"(SELECT {column} FROM {table} WHERE rowid = {pick})"
            return f"UPDATE {table} SET {column} = {taken} {which}", (other, row)
        case "delete":
            return f"DELETE FROM {table} {which}", (row,)
        case "copy":
            return f"INSERT INTO {table} SELECT * FROM {table} {which}", (row,)
        case _:
            return f"DELETE FROM {table} WHERE {column} >= ?", (draw(st.integers(0, 70)),)


ONTO_ITS_NEIGHBOUR = """
    UPDATE node SET position = position + 1
    WHERE level = 0 AND position = (SELECT max(position) - 4 FROM node WHERE level = 0)
"""
"""A node moved within its stretch, of which no proof is read: all hashes stay in their order."""


@settings(
    max_examples=settings().max_examples * 6 // 5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(st.lists(edits(), min_size=1, max_size=3))
@example([(ONTO_ITS_NEIGHBOUR, ())])
def test_whatever_is_changed_both_readings_find(
    log: House, tmp_path: Path, changes: list[tuple[str, tuple[object, ...]]]
) -> None:
    catalogue = tmp_path / f"{uuid4().hex}.sqlite"  # an error may keep the one before open
    shutil.copyfile(log.config.vault / "catalogue.sqlite", catalogue)
    with closing(sqlite3.connect(catalogue)) as database:
        before = stored(database)
        for sql, values in changes:
            database.execute(sql, values)
        database.commit()
        after = stored(database)
    quick, slow = found_by(log, catalogue)
    catalogue.unlink()
    assert quick == slow
    assert slow or not is_to_be_found(before, after)


def test_as_it_was_written_both_readings_find_nothing(log: House) -> None:
    assert found_by(log, log.config.vault / "catalogue.sqlite") == (False, False)


EDITS = {
    "a leaf that is text": "UPDATE leaf SET body = CAST(body AS TEXT) WHERE seq = 7",
    "a leaf that is a number": "UPDATE leaf SET body = 1000000000000 WHERE seq = 7",
    "a leaf that is nothing": "UPDATE leaf SET body = NULL WHERE seq = 7",
    "founders that are text": "UPDATE leaf SET body = CAST(body AS TEXT) WHERE seq = 0",
    "a fraction for a number": "UPDATE leaf SET seq = 7.0 WHERE seq = 7",
    "a fraction for the number of a leaf without a statement": (
        "UPDATE leaf SET seq = seq + 0.0 WHERE seq = (SELECT max(seq) - 3 FROM leaf)"
    ),
    "text for a number": "UPDATE leaf SET seq = '7' WHERE seq = 7",
    "a leaf before the first": "INSERT INTO leaf SELECT -1, body, NULL FROM leaf WHERE seq = 7",
    "a leaf of no number": "INSERT INTO leaf SELECT NULL, body, NULL FROM leaf WHERE seq = 7",
    "a leaf twice": "INSERT INTO leaf SELECT * FROM leaf WHERE seq = 7",
    "a leaf behind a gap": "INSERT INTO leaf SELECT 900, body, NULL FROM leaf WHERE seq = 7",
    "no statement, but not nothing": (
        "UPDATE leaf SET statement = '' WHERE seq = (SELECT max(seq) FROM leaf)"
    ),
    "a statement's name as bytes": (
        "UPDATE leaf SET statement = CAST(statement AS BLOB) WHERE statement NOT NULL"
    ),
    "a statement of no name": "INSERT INTO statement SELECT NULL, 'x', 'x', 'x'",
    "a statement that is text": "UPDATE statement SET body = CAST(body AS TEXT)",
    "a signature that is nothing": "UPDATE statement SET signature = NULL",
    "a statement twice": "INSERT INTO statement SELECT * FROM statement LIMIT 1",
    "a checkpoint over nothing": "INSERT INTO checkpoint SELECT 0, note FROM checkpoint LIMIT 1",
    "a checkpoint over less": "INSERT INTO checkpoint SELECT -5, note FROM checkpoint LIMIT 1",
    "a checkpoint over half a leaf": (
        "INSERT INTO checkpoint SELECT 5.5, note FROM checkpoint LIMIT 1"
    ),
    "a checkpoint of no size": "INSERT INTO checkpoint SELECT NULL, note FROM checkpoint LIMIT 1",
    "a checkpoint beyond the end": "UPDATE checkpoint SET size = 900 WHERE size = 5",
    "two checkpoints of one size": "INSERT INTO checkpoint SELECT * FROM checkpoint LIMIT 1",
    "a note that is a number": "UPDATE checkpoint SET note = 5 WHERE size = 5",
    "a note that is text": "UPDATE checkpoint SET note = CAST(note AS TEXT) WHERE size = 5",
    "details without a leaf": "INSERT INTO detail SELECT 900, 1, sealed FROM detail LIMIT 1",
    "details before the first": "INSERT INTO detail SELECT -1, 1, sealed FROM detail LIMIT 1",
    "details of no number": "INSERT INTO detail SELECT NULL, 1, sealed FROM detail LIMIT 1",
    "details twice": "INSERT INTO detail SELECT * FROM detail LIMIT 1",
    "details that are wiped": "UPDATE detail SET sealed = X'', key_version = 0",
    "details that are empty": "UPDATE detail SET sealed = X''",
    "details that are one byte": "UPDATE detail SET sealed = X'00'",
    "details too short by one byte": "UPDATE detail SET sealed = zeroblob(1167)",
    "details that are a number": "UPDATE detail SET sealed = 7",
    "details that are text": "UPDATE detail SET sealed = hex(sealed)",
    "details that are nothing": "UPDATE detail SET sealed = NULL",
    "details under no key": "UPDATE detail SET key_version = 'x'",
    "details under a key that there is not": "UPDATE detail SET key_version = 2",
    "the top of the tree is gone": ("DELETE FROM node WHERE level = (SELECT max(level) FROM node)"),
    "a lowest node beyond the end": (
        "INSERT INTO node SELECT 0, max(position) + 1, hash FROM node WHERE level = 0"
    ),
    "a node before the first": "INSERT INTO node SELECT 0, -1, hash FROM node LIMIT 1",
    "a node below the lowest": "INSERT INTO node SELECT -1, 0, hash FROM node LIMIT 1",
    "a node at a fraction": "UPDATE node SET position = 3.0 WHERE level = 1 AND position = 3",
    "a node that would fill the memory": (
        "UPDATE node SET hash = 1000000000000 WHERE level = 0 AND position = 3"
    ),
    "a node twice": "INSERT INTO node SELECT * FROM node WHERE level = 1 AND position = 0",
}


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_what_no_writer_writes_both_readings_find(log: House, tmp_path: Path, change: str) -> None:
    catalogue = tmp_path / "catalogue.sqlite"
    shutil.copyfile(log.config.vault / "catalogue.sqlite", catalogue)
    with closing(sqlite3.connect(catalogue)) as database:
        assert database.execute(change).rowcount
        database.commit()
    assert found_by(log, catalogue) == (True, True)


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "a space": lambda leaf: leaf.replace(b'":', b'": ', 1),
    "a newline after it": lambda leaf: leaf + b"\n",
    "a newline before it": lambda leaf: b"\n" + leaf,
    "a line before it": lambda leaf: leaf + b"\n" + leaf,
    "a letter that is escaped": lambda leaf: leaf.replace(b"people", b"\\u0070eople"),
    "a member twice": lambda leaf: leaf.replace(b'"v":1', b'"v":1,"v":1'),
    "a member more": lambda leaf: leaf.replace(b'"v":1', b'"v":1,"w":1'),
    "a member less": lambda leaf: leaf.replace(b',"v":1', b""),
    "another order": lambda leaf: b'{"v":1,' + leaf[1:].replace(b',"v":1', b""),
    "another version": lambda leaf: leaf.replace(b'"v":1', b'"v":2'),
    "a version that is true": lambda leaf: leaf.replace(b'"v":1', b'"v":true'),
    "a fraction": lambda leaf: re.sub(rb'"seq":(\d+)', rb'"seq":\1.0', leaf),
    "a leading zero": lambda leaf: re.sub(rb'"seq":(\d+)', rb'"seq":0\1', leaf),
    "text for a number": lambda leaf: re.sub(rb'"seq":(\d+)', rb'"seq":"\1"', leaf),
    "another place": lambda leaf: re.sub(rb'"seq":\d+', rb'"seq":3', leaf),
    "another log": lambda leaf: re.sub(rb"callrec/.{32}", b"callrec/" + b"0" * 32, leaf),
    "no day": lambda leaf: leaf.replace(b"-11-24T", b"-02-30T"),
    "no year": lambda leaf: leaf.replace(b'"2026-', b'"0000-'),
    "no hour": lambda leaf: leaf.replace(b"T12:", b"T24:"),
    "another zone": lambda leaf: leaf.replace(b"000Z", b"000+00:00"),
    "founders": lambda leaf: leaf.replace(b'"log":', b'"founders":{},"log":'),
    "capital letters": lambda leaf: re.sub(
        rb'"actor":"(.{32})"', lambda found: found[0].upper().replace(b"ACTOR", b"actor"), leaf
    ),
    "a mark of its encoding": lambda leaf: b"\xef\xbb\xbf" + leaf,
    "another encoding": lambda leaf: leaf.decode().encode("utf-16"),
    "no text": lambda leaf: leaf.replace(b"people", b"peopl\xe9"),
    "too long": lambda leaf: leaf.replace(b"people", b"p" * 65536),
    "empty": lambda _: b"",
    "no object": lambda _: b"[]",
}
"""Of a leaf by somebody who may write leaves, hashed and signed as it should be."""


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_leaf_that_is_not_in_its_form_both_readings_find(
    house: House, monkeypatch: pytest.MonkeyPatch, form: Callable[[bytes], bytes]
) -> None:
    max_ = house.actor("max")
    with monkeypatch.context() as patch:
        patch.setattr(writing_log, "_encoded", lambda leaf: form(leaf.encode()))
        with writing(house.practice, max_.signer) as act:
            act.leaf("people.listed", actor=max_.person.id)
    house.practice.engine.dispose()
    assert found_by(house, house.config.vault / "catalogue.sqlite") == (True, True)


def test_a_voucher_that_only_an_index_hides_both_readings_find(house: House) -> None:
    """Every command looks vouchers up; whoever hides one there has the disabled go on."""
    disable_person(house.practice, house.actor("dora"), login="pat")
    vouchers = "SELECT digest FROM statement WHERE kind = 'voucher'"
    where = f"WHERE seq = (SELECT max(seq) FROM leaf WHERE statement IN ({vouchers}))"
    index = "type = 'index' AND name = 'ix_leaf_statement'"
    edit(
        house,
        f"CREATE TABLE said AS SELECT seq, statement FROM leaf {where}",
        f"UPDATE leaf SET statement = NULL {where}",
        "PRAGMA writable_schema=ON",
        f"CREATE TABLE hidden AS SELECT * FROM sqlite_master WHERE {index}",
        f"DELETE FROM sqlite_master WHERE {index}",
    )
    edit(
        house,
        "UPDATE leaf SET statement = said.statement FROM said WHERE leaf.seq = said.seq",
        "PRAGMA writable_schema=ON",
        "INSERT INTO sqlite_master SELECT * FROM hidden",
        "DROP TABLE said",
        "DROP TABLE hidden",
    )
    assert house.actor("pat").person.standing is Standing.CONFIRMED
    house.practice.engine.dispose()
    assert found_by(house, house.config.vault / "catalogue.sqlite") == (True, True)
