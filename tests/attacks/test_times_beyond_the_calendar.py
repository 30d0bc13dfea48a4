"""Whoever can write to the database writes a time that no calendar has: that is tampering."""

from __future__ import annotations

import pytest

from callrec.errors import Tampered
from house.commands import type_in
from house.practices import House
from house.requests import by_sql

SHOWN_BY = {
    "recording.started_at": "retention review",
    "request.created_at": "request list",
    "grant_.lapses_at": "inbox",
    "hold.placed_at": "hold list",
    "volume.written_at": "archive list",
    "volume.seen_at": "archive list",
}
"""A column, and a command that reads it."""

TIMES = {"after all": 2**62, "before all": -(2**62), "at the end of years": 253_402_300_799_999}
"""Milliseconds since 1970."""


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("where", SHOWN_BY)
def test_a_time_that_no_calendar_has_is_tampering_and_no_bug(
    worked: House, where: str, time: int
) -> None:
    table, column = where.split(".")
    by_sql(worked, f"UPDATE {table} SET {column} = :time", time=time)
    answer = type_in(worked, "dora", *SHOWN_BY[where].split())
    assert answer.status == Tampered.exit_status, answer
    named = ("a time in the catalogue is in no calendar", f'of the table "{table}" is not as entry')
    assert any(each in answer.err for each in named)
