"""Canonical JSON: one value, one sequence of bytes."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum

import pytest

from callrec.crypto.canonical import canonical, format_instant, parse, parse_instant
from callrec.errors import Tampered
from vectors.crypto.cases import Case, cases


class Colour(StrEnum):
    RED = "red"


class Place(IntEnum):
    SECOND = 2


NO_FORM = {
    "a float": 1.5,
    "a float that is an integer": 1.0,
    "not a number": float("nan"),
    "2**53": 2**53,
    "-2**53": -(2**53),
    "bytes": b"x",
    "a set": {1},
    "a time": datetime(2026, 11, 24, tzinfo=UTC),
    "a member's name that is a number": {1: "a"},
    "a member's name that is not ASCII": {"\u00fc": 1},
    "a lone surrogate": "\ud83d",
    "a float in a list in an object": {"a": [1, (1.5,)]},
}


@pytest.mark.parametrize("case", cases("canonical"), ids=str)
def test_json_is_written_and_read_as_its_file_says(case: Case) -> None:
    if case.is_good:
        value = json.loads(case.head["value"])
        assert canonical(value) == case.body
        assert parse(case.body) == value
    else:
        with pytest.raises(Tampered):
            parse(case.body)


@pytest.mark.parametrize("value", NO_FORM.values(), ids=NO_FORM.keys())
def test_there_is_no_canonical_form_of(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - a lone surrogate has Python's own words
        canonical(value)


def test_enumerations_and_tuples_are_written_as_the_text_number_or_list_that_they_are() -> None:
    assert canonical({Colour.RED: (Colour.RED, Place.SECOND, True)}) == b'{"red":["red",2,true]}'


def test_an_instant_is_written_in_utc_and_cut_to_milliseconds() -> None:
    summer = timezone(timedelta(hours=1))
    at = datetime(2026, 7, 1, 0, 5, 9, 999_999, tzinfo=summer)
    assert format_instant(at) == "2026-06-30T23:05:09.999Z"
    assert parse_instant("2026-06-30T23:05:09.999Z") == datetime(
        2026, 6, 30, 23, 5, 9, 999_000, tzinfo=UTC
    )


def test_an_instant_does_not_depend_on_the_machines_own_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        said = format_instant(datetime(2026, 7, 1, 0, 5, tzinfo=UTC))
    time.tzset()
    assert said == "2026-07-01T00:05:00.000Z"


def test_an_instant_of_an_early_year_keeps_its_four_digits() -> None:
    assert format_instant(datetime(987, 1, 2, tzinfo=UTC)) == "0987-01-02T00:00:00.000Z"


BAD_INSTANTS = {
    "no milliseconds": "2026-11-24T09:05:00Z",
    "microseconds": "2026-11-24T09:05:00.000000Z",
    "one decimal": "2026-11-24T09:05:00.0Z",
    "an offset": "2026-11-24T09:05:00.000+00:00",
    "a small letter": "2026-11-24T09:05:00.000z",
    "a space": "2026-11-24 09:05:00.000Z",
    "no such day": "2026-02-30T09:05:00.000Z",
    "no such second": "2026-11-24T09:05:61.000Z",
    "midnight at the end of the day": "2026-11-24T24:00:00.000Z",
    "a day of a week": "2026-W47-2T09:05:00.000Z",
    "other digits": "\u0662026-11-24T09:05:00.000Z",
    "a month of one digit": "2026-1-24T09:05:00.000Z",
    "empty": "",
    "an offset beyond the calendar": "0001-01-01T00:00:00.000+01:00",
    "a number": 1795597500,
    "null": None,
}


@pytest.mark.parametrize("text", BAD_INSTANTS.values(), ids=BAD_INSTANTS.keys())
def test_an_instant_is_refused_with(text: str) -> None:
    with pytest.raises(Tampered):
        parse_instant(text)
