"""A second factor: with it a password opens a person's keys, without it nothing."""

from __future__ import annotations

import stat

import pytest

from callrec.audit.leaf import Outcome
from callrec.crypto.canonical import parse
from callrec.crypto.identity import LockedSeed, unlock
from callrec.errors import Locked, WrongPassword
from callrec.login.asking import Here
from callrec.login.factors import remove_factor
from callrec.login.printed import forget_secrets
from callrec.login.unlock import actor_by_password, change_password
from house.commands import type_in
from house.factors import OnPaper, at_work, with_printed
from house.practices import House, password_of
from house.requests import last_leaf, rows
from login.test_older_locks import lock_of, put_back, refused
from login.test_relocking import kdf_of, with_passwords

NEW = "nine orange badgers sleep very late"


def lock_now(house: House, login: str) -> LockedSeed:
    return LockedSeed.from_json(parse(lock_of(house, login)))


def here_of(house: House, *typed: str) -> Here:
    return Here(house.practice.vault, house.practice.state_folder, OnPaper(*typed))


def names(house: House, login: str) -> list[str]:
    return [slot.name for slot in lock_now(house, login).factors]


def test_a_printed_key_that_was_entered_here_opens_with_the_password(house: House) -> None:
    before = house.actor("max")
    with_printed(house, "max")
    actor = actor_by_password(house.open(), login="max", password=password_of("max"))
    assert actor.identity == before.identity
    assert actor.shares == before.shares
    with pytest.raises(WrongPassword):
        actor_by_password(house.open(), login="max", password=NEW)


def test_the_password_alone_opens_nothing(house: House) -> None:
    with_printed(house, "max", keeps=False)
    with pytest.raises(Locked, match="was not entered on this machine"):
        actor_by_password(house.open(), login="max", password=password_of("max"))
    with pytest.raises(Locked):
        unlock(lock_now(house, "max"), password_of("max"), house.practice.vault)


def test_the_words_are_asked_for_until_they_are_the_ones_that_were_added(house: House) -> None:
    _, words = with_printed(house, "max", keeps=False)
    _, others = with_printed(house, "pat", keeps=False)
    mistyped = words[1] + words[0] + words[2:]
    assert at_work(house, "max", mistyped, others, words.lower()).shares
    with pytest.raises(Locked, match="no secret key was entered"):
        at_work(house, "max", others)
    with pytest.raises(WrongPassword):
        at_work(house, "max", words, password=NEW)


def test_a_missing_factor_counts_as_a_wrong_turn_and_is_on_record(house: House) -> None:
    with_printed(house, "max", keeps=False)
    with pytest.raises(Locked):
        at_work(house, "max")
    (counted,) = rows(house, "SELECT failures FROM person WHERE login = 'max'")
    assert counted.failures == 1
    assert (last_leaf(house).act, last_leaf(house).outcome) == ("login", Outcome.FAILED)


def test_what_is_kept_here_is_the_accounts_alone_and_lies_outside_the_vault(house: House) -> None:
    slot, words = with_printed(house, "max")
    kept = house.practice.state_folder / "second-factors" / slot.id
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text() == f"{words}\n"
    assert not kept.is_relative_to(house.practice.folder)
    assert forget_secrets(house.practice.state_folder) == 1
    with pytest.raises(Locked):
        actor_by_password(house.open(), login="max", password=password_of("max"))


def test_factors_outlast_a_new_password_and_a_stronger_lock(house: House) -> None:
    _, words = with_printed(house, "max", keeps=False)
    change_password(house.practice, at_work(house, "max", words), password=NEW)
    with_passwords(house, approver_memory_mib=65)
    at_work(house, "max", words, password=NEW)
    assert last_leaf(house).act == "password.relocked"
    assert kdf_of(house, "max").memory_kib == 65 * 1024
    assert at_work(house, "max", words, password=NEW).shares
    with pytest.raises(Locked):
        at_work(house, "max", password=NEW)


def test_of_two_factors_each_opens_and_the_one_that_is_left_takes_over(house: House) -> None:
    """The loss drill: the first page is lost, and the second opens the new lock alone."""
    _, lost = with_printed(house, "max", name="lost", keeps=False)
    _, safe = with_printed(house, "max", lost, name="safe", keeps=False)
    assert names(house, "max") == ["lost", "safe"]
    assert at_work(house, "max", lost).identity == at_work(house, "max", safe).identity
    actor, here = at_work(house, "max", safe), here_of(house, safe)
    remove_factor(house.practice, actor, password=password_of("max"), name="lost", here=here)
    assert last_leaf(house).act == "factor.removed"
    assert at_work(house, "max", safe).identity == actor.identity
    with pytest.raises(Locked):
        at_work(house, "max", lost)


def test_the_lock_of_before_a_factor_was_added_opens_nothing_here(house: House) -> None:
    before = lock_of(house, "max")
    with_printed(house, "max")
    assert last_leaf(house).act == "factor.added"
    assert type_in(house, "dora", "audit", "verify", "--full").status == 0
    put_back(house, "max", before)
    refused(house, "max")
