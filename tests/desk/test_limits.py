"""How much may be asked of the desk, and how long a password counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callrec.desk.guard import Allowances
from callrec.desk.seat import DECISIONS, UNLOCKED_FOR, PasswordNeeded
from callrec.errors import WrongPassword
from callrec.policy.role import Role
from house.desks import visit
from house.people import change_role
from house.practices import House, password_of


def test_some_may_be_asked_for_at_once_and_then_so_much_a_second() -> None:
    at = 0.0
    allowances = Allowances(most=3, a_second=0.5, clock=lambda: at)
    assert [allowances.take("a") for _ in range(4)] == [True, True, True, False]
    assert allowances.take("b")
    at = 2.0
    assert [allowances.take("a") for _ in range(2)] == [True, False]
    allowances.of("a").give_back()
    assert allowances.take("a")


def test_a_password_counts_for_ten_decisions(house: House) -> None:
    seat = visit(house, "pat").seat
    seat.begin_page()
    assert seat.signer(password_of("pat")).identity is not None
    for _ in range(DECISIONS - 1):
        assert seat.signer("").identity is not None
    with pytest.raises(PasswordNeeded):
        seat.signer("")


def test_a_password_counts_for_five_minutes(house: House) -> None:
    seat = visit(house, "pat").seat
    seat.begin_page()
    seat.signer(password_of("pat"))
    house.at += UNLOCKED_FOR - timedelta(seconds=1)
    seat.begin_page()
    assert seat.signer("").identity is not None
    house.at += timedelta(seconds=1)
    seat.begin_page()
    with pytest.raises(PasswordNeeded):
        seat.signer("")


def test_a_password_that_is_not_theirs_opens_nothing(house: House) -> None:
    seat = visit(house, "pat").seat
    seat.begin_page()
    with pytest.raises(WrongPassword):
        seat.signer(password_of("max"))
    assert not seat.is_unlocked


def test_a_power_that_was_taken_away_is_gone_though_the_password_still_counts(
    house: House,
) -> None:
    seat = visit(house, "pat").seat
    seat.begin_page()
    before = seat.signer(password_of("pat")).person
    change_role(house.practice, house.actor("dora"), login="pat", role=Role.STAFF)
    seat.begin_page()
    assert seat.signer("").person.role is Role.STAFF is not before.role
