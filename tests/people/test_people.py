"""Who works here, and who can open what."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from callrec.config import Passwords
from callrec.crypto.canonical import parse
from callrec.crypto.identity import LockedSeed
from callrec.crypto.statement import sign_statement
from callrec.errors import Locked, Refused, Tampered, Unusable
from callrec.keys.audit import audit_keys
from callrec.login.locks import kdf_for
from callrec.login.people import find_person, list_people
from callrec.login.unlock import log_in
from callrec.people.joining import add_person
from callrec.people.powers import disable_person
from callrec.policy.role import POWERS, Delegation, Power, Role, Standing, VaultKey, powers_of
from callrec.practice import writing
from house import practices
from house.people import change_role, confirm_person, lend_power
from house.practices import House
from house.requests import refused


def keys_of(house: House, login: str) -> set[VaultKey]:
    return {key for key, _ in house.actor(login).shares}


@pytest.mark.parametrize(
    ("login", "opens"),
    {
        "dora": {VaultKey.RECORDINGS, VaultKey.CATALOGUE, VaultKey.AUDIT, VaultKey.INDEX},
        "pat": {VaultKey.RECORDINGS, VaultKey.CATALOGUE, VaultKey.AUDIT, VaultKey.INDEX},
        "max": {VaultKey.RECORDINGS, VaultKey.CATALOGUE, VaultKey.INDEX},
        "ava": {VaultKey.AUDIT},
        "sam": set(),
        "door": {VaultKey.INDEX},
    }.items(),
)
def test_each_role_holds_the_keys_of_its_powers(
    house: House, login: str, opens: set[VaultKey]
) -> None:
    assert keys_of(house, login) == opens


def test_a_login_keeps_nothing_that_opens_sound_or_signs(house: House) -> None:
    kept = house.session("dora")
    assert {key for key, _ in kept.shares} == {VaultKey.CATALOGUE, VaultKey.INDEX}
    assert kept.identity is None


def test_whoever_loses_a_power_never_sees_the_key_that_goes_on(house: House) -> None:
    change_role(house.practice, house.actor("dora"), login="max", role=Role.STAFF)
    register = house.open().register
    assert register.newest(VaultKey.RECORDINGS).version == 2
    assert keys_of(house, "max") == set()
    max_ = house.actor("max").person.id
    assert not [s for s in register.seals.values() if (s.version, s.to) == (2, max_)]
    assert (VaultKey.RECORDINGS, 2) in house.actor("pat").shares


def test_whoever_gains_a_power_is_given_every_version(house: House) -> None:
    change_role(house.practice, house.actor("dora"), login="max", role=Role.STAFF)
    dora = house.actor("dora")
    change_role(house.practice, dora, login="sam", role=Role.MANAGER)
    versions = {v for key, v in house.actor("sam").shares if key is VaultKey.CATALOGUE}
    assert versions == {1, 2}


def test_a_disabled_person_opens_nothing(house: House) -> None:
    disable_person(house.practice, house.actor("dora"), login="max")
    with pytest.raises(Locked):
        house.actor("max")
    assert audit_keys(house.open()) == ()


@pytest.mark.parametrize("login", ["pat", "max", "sam", "ava"])
def test_only_the_data_controller_says_who_works_here(house: House, login: str) -> None:
    actor = house.actor(login)
    with pytest.raises(Refused):
        disable_person(house.practice, actor, login="mia")
    with pytest.raises(Refused):
        add_person(house.practice, actor, login="new", full_name="N", role=Role.STAFF, password="")


def test_the_practice_is_never_without_a_data_controller(house: House) -> None:
    dora = house.actor("dora")
    with pytest.raises(Refused):
        disable_person(house.practice, dora, login="dora")
    with pytest.raises(Refused):
        change_role(house.practice, dora, login="dora", role=Role.PARTNER)


@pytest.mark.parametrize(("login", "role"), [("door", Role.MANAGER), ("max", Role.INTAKE)])
def test_a_credential_file_does_not_become_a_persons_nor_a_person_a_service(
    house: House, login: str, role: Role
) -> None:
    with pytest.raises(Refused, match=r"do not become each other \[policy 4\(a\)\]"):
        change_role(house.practice, house.actor("dora"), login=login, role=role)
    assert refused(house)


def test_a_key_that_nobody_made_cannot_be_confirmed(house: House) -> None:
    dora = house.actor("dora")
    add_person(house.practice, dora, login="new", full_name="N", role=Role.STAFF, password="")
    with pytest.raises(Unusable):
        confirm_person(house.open(), dora, login="new", fingerprint="")


def test_names_are_shown_to_whoever_may_search_and_to_nobody_else(house: House) -> None:
    assert "Pat Ellison" in {c.full_name for c in list_people(house.practice, house.actor("max"))}
    assert {c.full_name for c in list_people(house.practice, house.actor("sam"))} == {""}


def test_a_new_person_waits_as_provisional(house: House) -> None:
    dora = house.actor("dora")
    add_person(house.practice, dora, login="new", full_name="N", role=Role.STAFF, password="")
    everybody = {c.login: c.standing for c in list_people(house.open(), dora)}
    assert everybody["new"] is Standing.PROVISIONAL


def test_other_words_than_those_of_the_key_that_waits_confirm_nobody(house: House) -> None:
    dora = house.actor("dora")
    password = "seven purple otters dance slowly"
    add_person(house.practice, dora, login="new", full_name="N", role=Role.STAFF, password=password)
    log_in(
        house.open(),
        login="new",
        password=password,
        new_password=lambda: "nine orange badgers sleep late",
        environ=house.environ,
    )
    with pytest.raises(Unusable):
        confirm_person(house.open(), dora, login="new", fingerprint="0" * 64)


def exchange_logins(house: House, *more: str) -> None:
    connection = sqlite3.connect(house.config.vault / "catalogue.sqlite")
    with connection:
        for old, new in (("max", "x"), ("sam", "max"), ("x", "sam")):
            connection.execute("UPDATE person SET login = ? WHERE login = ?", (new, old))
        for statement in more:
            connection.execute(statement)
    connection.close()


def test_two_logins_that_change_places_are_found_before_anybody_is_shut_out(house: House) -> None:
    exchange_logins(house)
    dora = house.actor("dora")
    with pytest.raises(Tampered, match="beside somebody else's name"):
        disable_person(house.practice, dora, login="max")


def test_they_are_found_though_their_names_are_said_to_lie_under_no_key(house: House) -> None:
    exchange_logins(house, "UPDATE person SET name_version = 9")
    dora = house.actor("dora")
    with pytest.raises(Tampered, match="under a key that there is not"):
        disable_person(house.practice, dora, login="max")


def test_whoever_can_open_recordings_is_locked_with_more_memory(tmp_path: Path) -> None:
    """Already at the first login, when the powers are not given yet [FORMATS 1]."""
    light, heavy = (
        kdf_for(Passwords(memory_mib=64, approver_memory_mib=128), POWERS[role]).memory_kib
        for role in (Role.STAFF, Role.MANAGER)
    )
    assert (light, heavy) == (64 * 1024, 128 * 1024)
    house = practices.build(tmp_path, approver_memory_mib=65)
    row, _ = find_person(house.practice, "max")
    assert LockedSeed.from_json(parse(row.locked)).kdf.memory_kib == 65 * 1024


def test_a_claim_by_somebody_who_has_his_key_counts_for_nothing(house: House) -> None:
    max_ = house.actor("max")
    assert max_.identity is not None
    claim = sign_statement(
        "claim",
        vault=house.practice.vault,
        by=max_.person.id,
        at=house.now(),
        seed=max_.identity.act,
        fields={"keys": "none at all"},
    )
    with writing(house.practice, max_.signer) as act:
        act.leaf("person.claimed", actor=max_.person.id, statement=claim)
    register = house.open().register
    assert register.claims == {}  # the one that he made when he joined was confirmed
    assert len(register.ignored) == 1


IT = frozenset({Power.MAKE_REQUEST})


def test_who_looks_after_the_computers_is_a_manager_who_opens_nothing(house: House) -> None:
    change_role(house.practice, house.actor("dora"), login="max", role=Role.MANAGER, only=IT)
    max_ = house.actor("max")
    assert (max_.person.role, max_.person.powers) == (Role.MANAGER, IT)
    assert keys_of(house, "max") == set()
    assert house.practice.register.newest(VaultKey.CATALOGUE).version == 2
    change_role(house.practice, house.actor("dora"), login="max", role=Role.MANAGER)
    assert house.actor("max").person.powers == POWERS[Role.MANAGER]


def test_whoever_is_to_hold_some_powers_alone_is_lent_no_other(house: House) -> None:
    """And the keys that it opened go on under new versions."""
    day = house.at.date()
    dora, power = house.actor("dora"), Power.DECIDE_RESERVED
    lend_power(house.practice, dora, login="sam", power=power, until=day)
    done = change_role(house.open(), house.actor("dora"), login="sam", role=Role.STAFF, only=IT)
    assert done.delegations == ()
    house.open()
    assert powers_of(house.actor("sam").person, day) == IT
    assert keys_of(house, "sam") == set()
    assert house.practice.register.newest(VaultKey.RECORDINGS).version == 2
    assert audit_keys(house.practice) == ()


def test_another_role_leaves_what_is_lent_and_tells_it(house: House) -> None:
    day = house.at.date()
    dora, power = house.actor("dora"), Power.DECIDE_RESERVED
    lend_power(house.practice, dora, login="max", power=power, until=day)
    done = change_role(house.open(), house.actor("dora"), login="max", role=Role.STAFF)
    assert done.delegations == (Delegation(power, day),)
    assert power in powers_of(house.actor("max").person, day)


def test_nobody_holds_by_their_role_what_it_does_not_bring(house: House) -> None:
    only = frozenset({Power.GOVERN, Power.SEARCH})
    with pytest.raises(Unusable, match="the role manager does not let anybody manage people"):
        change_role(house.practice, house.actor("dora"), login="max", role=Role.MANAGER, only=only)


def test_less_than_a_role_is_held_by_nobody_who_is_not_confirmed(house: House) -> None:
    dora = house.actor("dora")
    add_person(house.practice, dora, login="new", full_name="N", role=Role.STAFF, password="")
    with pytest.raises(Refused, match="not confirmed"):
        change_role(house.open(), dora, login="new", role=Role.STAFF, only=IT)


def test_a_data_controller_who_does_not_govern_is_none(house: House) -> None:
    role = Role.DATA_CONTROLLER
    with pytest.raises(Refused, match="left without a Data Controller"):
        change_role(house.practice, house.actor("dora"), login="dora", role=role, only=IT)
    change_role(house.practice, house.actor("dora"), login="pat", role=role, only=IT)
    with pytest.raises(Refused, match="left without a Data Controller"):
        disable_person(house.open(), house.actor("dora"), login="dora")


def test_a_data_controller_to_whom_it_was_lent_to_govern_is_none(house: House) -> None:
    role, rest = Role.DATA_CONTROLLER, POWERS[Role.DATA_CONTROLLER] - {Power.GOVERN}
    change_role(house.practice, house.actor("dora"), login="pat", role=role, only=rest)
    day = house.at.date()
    house.open()
    lend_power(house.practice, house.actor("dora"), login="pat", power=Power.GOVERN, until=day)
    with pytest.raises(Refused, match="left without a Data Controller"):
        change_role(house.open(), house.actor("dora"), login="dora", role=role, only=rest)
