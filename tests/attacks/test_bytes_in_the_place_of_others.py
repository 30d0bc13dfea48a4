"""Whoever can write to the database puts bytes where no column has them: there is still a verdict.

SQLite takes them anywhere, and its JSON, in which rows are signed for, takes them nowhere.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import product

import pytest

from attacks.everything import FULL, catalogue_of, resume
from callrec.catalogue.written import signed_tables
from callrec.errors import Tampered
from house.commands import done, type_in
from house.practices import House
from house.stages import copied

full = copied(FULL)

ON_RECORD = {
    "INSERT INTO token SELECT part, CAST(kind AS BLOB), token, recording FROM token"
    " WHERE recording = 4": 'recording 4, in "recording", "duplicate", "metadata" or "token",',
    "UPDATE token SET recording = X'FF00' WHERE recording = 4": (
        "row X'FF00' of the table \"token\" belongs to nothing"
    ),
    "UPDATE person SET login = X'FF00' WHERE login = 'sam'": 'of the table "person"',
    "UPDATE volume SET label = CAST(label AS BLOB)": 'of the table "volume"',
    "INSERT INTO grant_ SELECT X'FF00', uid, person, approval, lapses_at, sealed, state"
    " FROM grant_ LIMIT 1": "row X'FF00'/",
}
"""What is written, and how the row is named."""

LEFT_TO_A_COPY = {
    "UPDATE request SET state = CAST(state AS BLOB) WHERE number = 2": 'of the table "request"',
    "UPDATE metadata SET revision = CAST(revision AS BLOB) WHERE recording = 4": "recording 4, in ",
}
"""The same, where nobody can tell what the row was, as with other values that no command writes."""


def written(house: House, *statements: str) -> None:
    house.close()
    with closing(sqlite3.connect(catalogue_of(house))) as database, database:
        for each in statements:
            assert database.execute(each).rowcount > 0, each


def assert_named(house: House, statement: str, row: str) -> None:
    """With what else is wrong, whoever asks and however."""
    written(house, statement, "UPDATE hold SET placed_at = 1")
    for way in ([], ["--full"]):
        answer = type_in(house, "nobody", "audit", "verify", *way)
        assert answer.status == Tampered.exit_status, answer
        assert row in answer.out
        assert 'of the table "hold"' in answer.out
    assert type_in(house, "dora", "doctor").status == Tampered.exit_status


@pytest.mark.parametrize(("statement", "row"), ON_RECORD.items())
def test_the_row_is_named_with_all_else_that_is_wrong_and_put_on_record(
    statement: str, row: str, full: House
) -> None:
    assert_named(full, statement, row)
    answer = resume(full)
    assert answer.status == 0, answer
    assert "INTACT, resumed at " in done(full, "dora", "audit", "verify", "--full")


@pytest.mark.parametrize(("statement", "row"), LEFT_TO_A_COPY.items())
def test_the_row_is_named_where_only_a_copy_helps(statement: str, row: str, full: House) -> None:
    assert_named(full, statement, row)
    answer = resume(full)
    assert answer.status == 1
    assert "callrec drive restore" in answer.err


LIKE_IT = (b"a", "a", "blob61", '["blob61"]', "X'61'", b"blob61", b"", "", None, 61, "61", b"\xff")


def test_no_other_values_have_the_line_of_bytes() -> None:
    (part,) = (
        each for table in signed_tables().values() for each in table.parts if each.name == "token"
    )
    columns = ", ".join(f'? AS "{each}"' for each in part.columns)
    query = f"SELECT {part.line('r')} FROM (SELECT {columns}) AS r"
    rows = list(product(LIKE_IT, repeat=2))
    with closing(sqlite3.connect(":memory:")) as database:
        lines = [database.execute(query, (*row, 1, 4)).fetchone()[0] for row in rows]
    assert len({*lines}) == len(rows)
    assert "\n" not in "".join(lines)
    for line, row in zip(lines, rows, strict=True):
        if not any(isinstance(value, bytes) for value in row):
            assert line == json.dumps(["token", *row, 1, 4], separators=(",", ":"))


def test_a_leaf_before_the_first_is_named_as_that(full: House) -> None:
    written(full, "INSERT INTO leaf VALUES (-1, X'7b7d', NULL)")
    answer = type_in(full, "nobody", "audit", "verify")
    assert answer.status == Tampered.exit_status
    assert "leaf -1 of the audit log is one that nobody wrote" in answer.out
    assert "is missing" not in answer.out
