"""The lock of a seed under its password: one value, never weaker than it was."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.catalogue.sqlite import connect
from callrec.config import Config, Passwords
from callrec.crypto.canonical import parse
from callrec.crypto.identity import LockedSeed
from callrec.crypto.primitives import Kdf
from callrec.errors import Locked
from callrec.login.locks import stronger_lock
from callrec.login.unlock import actor_by_password, change_password, log_in
from callrec.policy.role import Power
from callrec.practice import Actor, practice_on
from house.people import lend_power
from house.practices import NOON, House, password_of
from house.requests import last_leaf, rows

NEW = "nine orange badgers sleep very late"


def kdf_of(house: House, login: str) -> Kdf:
    """What stands in the stored blob."""
    (row,) = rows(house, "SELECT locked FROM person WHERE login = :login", login=login)
    return LockedSeed.from_json(parse(bytes(row.locked))).kdf


def with_passwords(house: House, **settings: int) -> House:
    passwords = Passwords(**{"approver_memory_mib": 64, **settings})
    house.config = Config(vault=house.config.vault, passwords=passwords)
    house.open()
    return house


def at_work(house: House, login: str, password: str = "") -> Actor:
    return actor_by_password(house.open(), login=login, password=password or password_of(login))


def everything(house: House) -> dict[str, set[Any]]:
    tables = [
        row.name for row in rows(house, "SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    return {name: set(map(tuple, rows(house, f"SELECT * FROM {name}"))) for name in tables}


def test_a_new_password_changes_one_row_besides_its_leaf(house: House) -> None:
    before = everything(house)
    change_password(house.practice, house.actor("max"), password=NEW)
    after = everything(house)
    changed = {
        name: len(after[name] - before[name]) for name in before if after[name] != before[name]
    }
    nodes = changed.pop("node")
    assert changed == {"person": 1, "leaf": 1, "statement": 1, "checkpoint": 1, "written": 1}
    assert nodes >= 1
    ((old,), (new,)) = before["person"] - after["person"], after["person"] - before["person"]
    assert [a == b for a, b in zip(old, new, strict=True)].count(False) == 1
    assert at_work(house, "max", NEW).shares == house.actor("max").shares
    with pytest.raises(Locked):
        at_work(house, "max")


def test_a_setting_that_rises_is_met_when_the_password_is_given_next(house: House) -> None:
    with_passwords(house, approver_memory_mib=65)
    assert kdf_of(house, "max") == Kdf(64 * 1024, 3, 4)
    at_work(house, "max")
    assert kdf_of(house, "max") == Kdf(65 * 1024, 3, 4)
    assert last_leaf(house).act == "password.relocked"
    size = last_leaf(house).seq
    at_work(house, "max")  # the same password, and nothing is left to be done
    assert last_leaf(house).seq == size


def test_a_login_counts_as_well(house: House) -> None:
    with_passwords(house, memory_mib=65)
    log_in(
        house.practice,
        login="sam",
        password=password_of("sam"),
        new_password=lambda: "",
        environ=house.environ,
    )
    assert kdf_of(house, "sam").memory_kib == 65 * 1024


def test_a_setting_that_is_lowered_weakens_no_lock(house: House) -> None:
    with_passwords(house, approver_memory_mib=65)
    at_work(house, "max")
    with_passwords(house)
    at_work(house, "max")
    change_password(house.practice, house.actor("max"), password=NEW)
    assert kdf_of(house, "max") == Kdf(65 * 1024, 3, 4)


def test_whoever_is_lent_what_opens_recordings_is_locked_as_they_are(house: House) -> None:
    with_passwords(house, approver_memory_mib=65)
    dora, until = house.actor("dora"), NOON.date()
    lend_power(house.practice, dora, login="sam", power=Power.DECIDE_GENERAL, until=until)
    at_work(house, "sam")
    assert kdf_of(house, "sam").memory_kib == 65 * 1024


def test_of_each_parameter_the_greater_is_taken() -> None:
    one, other = Kdf(64 * 1024, 5, 4), Kdf(128 * 1024, 3, 8)
    assert stronger_lock(one, other) == stronger_lock(other, one) == Kdf(128 * 1024, 5, 8)


def test_where_the_vault_cannot_be_written_the_password_opens_it_all_the_same(
    house: House,
) -> None:
    with_passwords(house, approver_memory_mib=65)
    engine = connect(house.config.vault / "catalogue.sqlite", mode="ro")
    practice = practice_on(engine, house.config, house.now, house.environ)
    assert actor_by_password(practice, login="max", password=password_of("max")).shares
    assert kdf_of(house, "max").memory_kib == 64 * 1024
