"""Whoever types wrong passwords has to wait, and nobody is shut out for good by that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Locked
from callrec.login.unlock import MAX_WAIT, unlock_person, wait_after
from house.practices import House, password_of
from house.requests import by_sql

MILLISECOND = timedelta(milliseconds=1)

COLUMN = 2**63 - 1
"""The most that a whole number of SQLite's can be."""


def logs_in(house: House, login: str = "max") -> bool:
    try:
        unlock_person(house.practice, login=login, password=password_of(login))
    except Locked:
        return False
    return True


def after_wrong_ones(house: House, count: int, milliseconds: int) -> None:
    by_sql(
        house,
        "UPDATE person SET failures = :count, failed_at = :at WHERE login = 'max'",
        count=count,
        at=milliseconds,
    )


@pytest.mark.parametrize("count", [11, 49, 1100, COLUMN])
def test_after_however_many_the_right_one_opens_when_the_wait_is_over(
    house: House, count: int
) -> None:
    after_wrong_ones(house, count, round(house.at.timestamp() * 1000))
    house.at += MAX_WAIT - MILLISECOND
    assert not logs_in(house)
    house.at += MILLISECOND
    assert logs_in(house)


def test_a_login_that_is_no_unicode_is_none(house: House) -> None:
    """As the environment may name one."""
    with pytest.raises(Locked, match="no such login"):
        unlock_person(house.practice, login="R\udce4del", password=password_of("max"))


@given(st.integers(0, COLUMN))
def test_a_wait_never_grows_shorter_nor_longer_than_the_longest(failures: int) -> None:
    assert wait_after(failures) <= wait_after(failures + 1) <= MAX_WAIT


@pytest.mark.parametrize("later", [timedelta(days=365 * 50), COLUMN * timedelta(microseconds=1)])
def test_a_clock_that_was_wrong_when_the_password_was_shuts_nobody_out(
    house: House, later: timedelta
) -> None:
    after_wrong_ones(house, 5, round(house.at.timestamp() * 1000) + later // MILLISECOND)
    assert logs_in(house)
