"""One value that no command writes does not keep `audit verify` from naming what else is wrong."""

from __future__ import annotations

from contextlib import closing

import pytest

from attacks.test_foreign_entries import REASON, TAMPERED, database, size_of
from house.commands import done, type_in
from house.practices import House

NOT_UTF_8 = "UPDATE person SET login = CAST(X'FF' AS TEXT) WHERE login = 'pat'"

OTHERS = {
    "UPDATE metadata SET revision = CAST(X'31FF' AS TEXT) WHERE recording = 1": "recording 1, in ",
    "UPDATE person SET failures = CAST(X'FF' AS TEXT) WHERE login = 'pat'": 'in its table "person"',
    "UPDATE person SET locked = 'x' WHERE login = 'pat'": 'of the table "person"',
    "UPDATE person SET claimed = 'x' WHERE login = 'pat'": 'of the table "person"',
    "UPDATE grant_ SET sealed = 'x'": 'of the table "grant_"',
    "UPDATE share SET sealed = 'x' WHERE key <> 'index'": 'of the table "share" is not as entry',
}


def written(house: House, statement: str) -> None:
    """It, and that the shares of the search keys are gone."""
    with closing(database(house)) as catalogue, catalogue:
        for each in (statement, "DELETE FROM share WHERE key = 'index'"):
            assert catalogue.execute(each).rowcount > 0, each


def assert_named(house: House, *what: str) -> None:
    for login, *how in (("nobody",), ("nobody", "--full"), ("dora",)):
        answer = type_in(house, login, "audit", "verify", *how)
        assert answer.status == TAMPERED, answer
        for each in (*what, 'of the table "share", which entry'):
            assert each in answer.out, answer


def test_text_that_is_not_utf_8_is_named_with_the_rest_and_put_on_record(worked: House) -> None:
    written(worked, NOT_UTF_8)
    assert_named(worked, 'of the table "person"')
    answer = type_in(worked, "dora", "audit", "resume", "--reason", REASON, "--yes")
    assert (answer.status, 'of the table "person"' in answer.out) == (0, True), answer
    assert done(worked, "dora", "audit", "verify").startswith("INTACT, resumed at")
    assert done(worked, "max", "whoami")


@pytest.mark.parametrize(("statement", "row"), OTHERS.items())
def test_a_value_of_another_type_is_named_with_the_rest(
    worked: House, statement: str, row: str
) -> None:
    written(worked, statement)
    assert_named(worked, row)


AS_SCHEMA_ALLOWS = {
    "a number as text": ("failures INTEGER", "failures TEXT", "UPDATE person SET failures = '7'"),
    "nothing": (
        "login VARCHAR(64) NOT NULL",
        "login VARCHAR(64)",
        "UPDATE person SET login = NULL",
    ),
}
"""What the schema keeps out, what it is made for a moment, and what is written then."""


@pytest.mark.parametrize(("made", "other", "statement"), AS_SCHEMA_ALLOWS.values())
def test_a_value_that_the_schema_keeps_out_is_named_as_that(
    worked: House, made: str, other: str, statement: str
) -> None:
    with closing(database(worked)) as catalogue:
        catalogue.executescript("PRAGMA writable_schema = ON")
        exchange = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'person'"
        for change in ((made, other), (other, made)):
            assert catalogue.execute(exchange, change).rowcount == 1
            catalogue.commit()
            catalogue.executescript("PRAGMA writable_schema = RESET; PRAGMA writable_schema = ON")
            if change == (made, other):
                catalogue.execute(f"{statement} WHERE login = 'pat'")
                catalogue.execute("DELETE FROM share WHERE key = 'index'")
    assert_named(worked, 'the catalogue holds what callrec never writes, in its table "person"')


def test_where_what_was_signed_for_is_in_no_form_the_log_is_counted_all_the_same(
    worked: House,
) -> None:
    written(worked, "UPDATE written SET now = 'hi' WHERE size = 5")
    answer = type_in(worked, "nobody", "audit", "verify")
    assert answer.status == TAMPERED
    assert answer.out.startswith(f"TAMPERED\n{size_of(worked)} entries, ")
    assert "what was signed for rows is not in its form" in answer.out
