"""A second factor: with it a password opens a person's keys, without it nothing."""

from __future__ import annotations

import stat

import pytest

from callrec.audit.leaf import Outcome
from callrec.crypto.canonical import parse
from callrec.crypto.factor import NO_FACTORS, Factors
from callrec.crypto.identity import LockedSeed, unlock
from callrec.errors import Locked, Refused, WrongPassword
from callrec.login.asking import Here
from callrec.login.factors import (
    make_factor,
    people_without,
    presenting,
    remove_factor,
    with_factor,
)
from callrec.login.printed import forget_secrets
from callrec.login.unlock import (
    AwaitingConfirmation,
    actor_by_password,
    change_password,
    log_in,
)
from callrec.policy.role import PersonId, Power
from callrec.restore.copy import opener_by_password, read_copy
from callrec.restore.rebuild import open_volumes
from house.commands import type_in
from house.drives import archive, drive
from house.factors import OnPaper, at_work, with_printed
from house.people import begin_again, confirm_person, reset_person
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


def test_nobodys_own_page_tells_that_a_login_does_not_exist(house: House) -> None:
    """A login that nobody has asks for somebody's second factor, and takes not even theirs."""
    everybody = [login for login in house.seeds if login != "door"]
    pages = [with_printed(house, login, keeps=False)[1] for login in everybody]
    for made_up in ("ghost", "nobody", "zed", "quinn"):
        page = OnPaper(*pages, "")
        with pytest.raises(Locked, match="no secret key was entered"):
            actor_by_password(
                house.open(),
                login=made_up,
                password="wrong",
                factor=presenting(Here(house.practice.vault, house.practice.state_folder, page)),
            )
        assert not (house.practice.state_folder / "second-factors").exists()


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
    older = at_work(house, "max", lost).factors.key
    actor, here = at_work(house, "max", safe), here_of(house, safe)
    remove_factor(house.practice, actor, password=password_of("max"), name="lost", here=here)
    assert last_leaf(house).act == "factor.removed"
    assert at_work(house, "max", safe).identity == actor.identity
    with pytest.raises(Locked):
        at_work(house, "max", lost)
    with pytest.raises(Locked):  # what the lost page still gives on a drive of before
        unlock(lock_now(house, "max"), password_of("max"), house.practice.vault, older)


def test_the_lock_of_before_a_factor_was_added_opens_nothing_here(house: House) -> None:
    before = lock_of(house, "max")
    with_printed(house, "max")
    assert last_leaf(house).act == "factor.added"
    assert type_in(house, "dora", "audit", "verify", "--full").status == 0
    put_back(house, "max", before)
    refused(house, "max")


def test_new_keys_after_a_factor_was_added_keep_it(house: House) -> None:
    """What a drive of before has is then the lock of a key that opens nothing new."""
    _, words = with_printed(house, "dora", keeps=False)
    old = at_work(house, "dora", words).identity
    begin_again(house.practice, at_work(house, "dora", words), new_password=lambda: NEW)
    assert at_work(house, "dora", words, password=NEW).identity != old
    with pytest.raises(Locked):
        at_work(house, "dora", password=NEW)


def test_where_one_is_asked_for_a_first_key_is_made_with_it(house: House) -> None:
    """Of both lost: two people reset the login, and no lock without a factor is made."""
    lost, _ = with_printed(house, "max")
    dora = house.actor("dora")
    given = reset_person(house.practice, dora, login="max", password="").password
    house.open()
    made: list[str] = []

    def add_one(person: PersonId, powers: frozenset[Power]) -> Factors:
        assert Power.DECIDE_GENERAL in powers
        new = make_factor("printed", "next", person=person, here=here_of(house))
        made.append(new.words)
        return with_factor(NO_FACTORS, new, person=person, vault=house.practice.vault)

    waits = log_in(
        house.practice,
        login="max",
        password=given,
        new_password=lambda: NEW,
        environ=house.environ,
        new_factors=add_one,
    )
    assert isinstance(waits, AwaitingConfirmation)
    confirm_person(house.open(), house.actor("dora"), login="max", fingerprint=waits.fingerprint)
    assert names(house, "max") == ["next"]
    assert at_work(house, "max", made[0], password=NEW).shares
    assert lock_now(house, "max").factors[0].id != lost.id


def test_a_restore_takes_the_password_and_the_page(archived: House) -> None:
    _, words = with_printed(archived, "max", keeps=False)
    for _ in range(2):  # a drive keeps two copies of the catalogue
        archive(archived, drive(archived))
    (volume,) = open_volumes([drive(archived)])
    found = read_copy(volume, volume.catalogue())
    with pytest.raises(WrongPassword):
        opener_by_password(password_of("max"), here_of(archived))(found)
    with pytest.raises(WrongPassword):
        opener_by_password(NEW, here_of(archived, words))(found)
    opener = opener_by_password(password_of("max"), here_of(archived, words))
    assert opener(found).person == archived.actor("max").person.id
    assert opener(found).identity == archived.actor("max").identity  # the page is asked for once


def test_who_has_no_factor_where_one_is_asked_for_can_add_one_and_nothing_else(
    house: House,
) -> None:
    house.decide(passwords={"factor": "required-for-approvers"})
    assert people_without(house.practice) == ("dora", "max", "mia", "pat")
    with pytest.raises(Locked, match="asks for a second factor"):
        actor_by_password(house.practice, login="max", password=password_of("max"))
    assert actor_by_password(house.practice, login="sam", password=password_of("sam")).identity
    with_printed(house, "max")
    assert actor_by_password(house.practice, login="max", password=password_of("max")).shares
    with pytest.raises(Refused):
        remove_factor(
            house.practice,
            at_work(house, "max"),
            password=password_of("max"),
            name="paper",
            here=here_of(house),
        )
