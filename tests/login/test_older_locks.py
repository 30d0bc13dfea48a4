"""After a new password the lock of the old one opens nothing, wherever it is put back."""

from __future__ import annotations

import pytest

from callrec.errors import Locked, Tampered
from callrec.login.unlock import actor_by_password, change_password, unlock_person
from house.commands import type_in
from house.people import reset_person
from house.practices import House, password_of
from house.requests import by_sql, rows

NEW = "nine orange badgers sleep very late"


def lock_of(house: House, login: str) -> bytes:
    (row,) = rows(house, "SELECT locked FROM person WHERE login = :login", login=login)
    return bytes(row.locked)


def put_back(house: House, login: str, lock: bytes) -> None:
    by_sql(house, "UPDATE person SET locked = :lock WHERE login = :login", lock=lock, login=login)
    house.open()


def refused(house: House, login: str) -> Tampered:
    with pytest.raises(Tampered) as refusal:
        actor_by_password(house.open(), login=login, password=password_of(login))
    return refusal.value


@pytest.mark.parametrize("login", ["dora", "max", "sam"])
def test_the_lock_of_the_password_before_opens_nothing(house: House, login: str) -> None:
    before = lock_of(house, login)
    change_password(house.practice, house.actor(login), password=NEW)
    put_back(house, login, before)
    error = refused(house, login)
    assert f"the lock of {login} is not the one that the audit record names" in error.message
    assert f"callrec user reset {login}" in error.hint


def test_whoever_verifies_is_told_whose_lock_it_is(house: House) -> None:
    before = lock_of(house, "max")
    change_password(house.practice, house.actor("max"), password=NEW)
    assert type_in(house, "dora", "audit", "verify", "--full").status == 0
    put_back(house, "max", before)
    answer = type_in(house, "dora", "audit", "verify", "--full")
    assert answer.status == 5
    assert "the lock of max is not the one that the log names" in answer.out + answer.err


def test_another_person_s_lock_in_its_place_is_refused_too(house: House) -> None:
    put_back(house, "max", lock_of(house, "sam"))
    refused(house, "max")


def test_the_provisional_lock_is_none_once_a_key_was_made(house: House) -> None:
    """A reset takes the place of the password that was lost, and the new key of the reset's."""
    before = lock_of(house, "max")
    reset_person(house.practice, house.actor("dora"), login="max", password=NEW)
    provisional = lock_of(house, "max")
    put_back(house, "max", before)
    refused(house, "max")
    put_back(house, "max", provisional)
    assert unlock_person(house.practice, login="max", password=NEW).login == "max"


def test_a_lock_that_was_taken_away_is_missed(house: House) -> None:
    by_sql(house, "UPDATE person SET locked = NULL WHERE login = 'max'")
    with pytest.raises(Locked):
        unlock_person(house.open(), login="max", password=password_of("max"))
    assert type_in(house, "dora", "audit", "verify", "--full").status == 5


def test_a_new_password_at_the_same_moment_stops_nobody_else(house: House) -> None:
    """It makes no other register: who began before goes on."""
    dora, practice = house.actor("dora"), house.practice
    change_password(house.open(), house.actor("max"), password=NEW)
    reset_person(practice, dora, login="sam", password="")
