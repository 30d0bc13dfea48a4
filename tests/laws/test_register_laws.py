"""Laws of tables: what a spreadsheet opens is what was written, and never runs."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callrec.system.spreadsheet import Cell, neutralise_formula, to_csv

LONDON = ZoneInfo("Europe/London")

WRITABLE = st.text(st.characters(exclude_categories=["Cs"]))

TELLING = st.text(st.sampled_from("=+-@\t\r\n;,\"' aZ0\u200b\u202e\uff1d\u2028"))

CELLS = st.one_of(
    WRITABLE,
    TELLING,
    st.none(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # Hypothesis adds it
    st.lists(TELLING, max_size=3).map(tuple),
)

SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")

FORMULA = (*SIGNS, "\t", "\r", "\n")


def read(data: bytes) -> list[list[str]]:
    text = data.decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline=""), strict=True))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2)))
def test_as_many_rows_and_cells_are_read_back_as_were_written(rows: list[list[Cell]]) -> None:
    header, *read_back = read(to_csv(("one", "two"), rows, LONDON))
    assert header == ["one", "two"]
    assert [len(row) for row in read_back] == [2] * len(rows)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2)))
def test_no_cell_that_is_read_back_begins_like_a_formula(rows: list[list[Cell]]) -> None:
    for row in read(to_csv(("one", "two"), rows, LONDON)):
        assert not [cell for cell in row if cell.lstrip().startswith(FORMULA)]


@given(st.lists(st.tuples(TELLING, TELLING), min_size=1))
@example([("", ",;")])
def test_nor_where_a_spreadsheet_parts_cells_by_semicolons(rows: list[tuple[str, str]]) -> None:
    """It may then take quotes for other than they are, and run lines together."""
    text = to_csv(("one", "two"), rows, LONDON).decode("utf-8-sig")
    for row in csv.reader(StringIO(text, newline=""), delimiter=";"):
        assert not [cell for cell in row if cell.lstrip(' "\r\n').startswith(SIGNS)]


@given(st.text(st.characters(categories=["L", "N"]), min_size=1), WRITABLE)
def test_plain_text_stays_as_it_is(begin: str, rest: str) -> None:
    text = begin + " ".join(rest.replace(";", "").split())
    if all(char.isprintable() for char in text):
        assert neutralise_formula(text) == text


@given(st.one_of(WRITABLE, TELLING))
def test_doing_it_twice_is_doing_it_once(text: str) -> None:
    assert neutralise_formula(neutralise_formula(text)) == neutralise_formula(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    {
        "=1+1": "'=1+1",
        "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
        "+447700900123": "'+447700900123",
        "-2": "'-2",
        "@SUM(A1)": "'@SUM(A1)",
        "\t=1": "'=1",
        "\r=1": "'=1",
        "\u200b=1": "'=1",
        "\uff1d1": "'\uff1d1",
        "x;=1": "x;'=1",
        'x;"=1': "x;'\"=1",
        "Siân O'Neill": "Siân O'Neill",
        "one\ntwo": "one two",
        "\u0646\u200c\u0645": "\u0646\u200c\u0645",
        "\u202eabc": "abc",
    }.items(),
)
def test_what_begins_like_a_formula_is_made_text(text: str, shown: str) -> None:
    assert neutralise_formula(text) == shown


def test_days_moments_and_lists_are_written_as_people_read_them() -> None:
    moment = datetime(2026, 7, 4, 13, 5, tzinfo=UTC)
    row = (date(2026, 7, 4), moment, ("a", "b"), True, False, None, 7)
    assert read(to_csv(tuple("abcdefg"), [row], LONDON))[1] == [
        *("2026-07-04", "2026-07-04 14:05", "a; b"),
        *("yes", "no", "", "7"),
    ]


def test_it_is_rfc_4180_with_a_byte_order_mark() -> None:
    data = to_csv(("name", "said"), [("Siân", 'she said "no", twice')], LONDON)
    expected = '\ufeffname,said\r\nSiân,"she said ""no"", twice"\r\n'
    assert data == expected.encode()
