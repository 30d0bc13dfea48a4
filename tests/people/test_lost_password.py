"""A forgotten password: a new identity, and nothing else lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from callrec.catalogue.engine import reading
from callrec.complaints.log import read_complaint
from callrec.errors import Locked, NotFound, Refused, Tampered, Unusable
from callrec.incidents.log import read_incident
from callrec.keys.audit import audit_keys
from callrec.login.unlock import AwaitingConfirmation, LoggedIn, actor_by_password, log_in
from callrec.people.joining import PasswordReset
from callrec.people.powers import disable_person
from callrec.policy.role import Power, Role, Standing, VaultKey
from callrec.practice import Actor
from callrec.requests.amend import attach_recordings
from callrec.requests.open import read_request
from house.complaints import WRONG, a_complaint
from house.holds import verified
from house.incidents import MILD, WHAT, an_incident, found
from house.people import change_role, confirm_person, lend_power, reset_person
from house.practices import House, password_of
from house.requests import a_request, approve, by_sql, grants_of, pass_days, rows, state_of
from people.test_leaving import id_of, sealed_to

PROVISIONAL = "seven purple otters dance slowly"

NEW = "nine orange badgers sleep very late"


def reset(house: House, login: str, by: str = "dora") -> PasswordReset:
    actor = house.actor(by)
    done = reset_person(house.practice, actor, login=login, password=PROVISIONAL)
    house.open()
    return done


def first_login(house: House, login: str) -> str:
    """The fingerprint of the key that he made."""
    waiting = log_in(
        house.open(),
        login=login,
        password=PROVISIONAL,
        new_password=lambda: NEW,
        environ=house.environ,
    )
    assert isinstance(waiting, AwaitingConfirmation)
    return waiting.fingerprint


def begins_again(house: House, login: str, by: str = "dora") -> Actor:
    """Reset, logged in for the first time, confirmed, and at work with the new password."""
    reset(house, login, by)
    fingerprint = first_login(house, login)
    actor = house.actor(by)
    confirm_person(house.practice, actor, login=login, fingerprint=fingerprint)
    return actor_by_password(house.open(), login=login, password=NEW)


@pytest.mark.parametrize("login", ["pat", "max", "sam", "ava"])
def test_powers_and_shares_are_what_they_were(house: House, login: str) -> None:
    before = house.actor(login)
    after = begins_again(house, login)
    assert (after.person, after.shares) == (before.person, before.shares)
    assert after.signer.seed != before.signer.seed
    assert audit_keys(house.practice) == ()


def test_the_old_password_opens_nothing_any_more(granted: House) -> None:
    reset(granted, "sam")
    for password in (password_of("sam"), PROVISIONAL):
        with pytest.raises(Locked):
            actor_by_password(granted.open(), login="sam", password=password)
    assert sealed_to(granted, "sam") == []


def test_between_reset_and_confirmation_a_person_may_nothing(house: House) -> None:
    reset(house, "max")
    first_login(house, "max")
    with pytest.raises(Locked, match="not confirmed yet"):
        actor_by_password(house.open(), login="max", password=NEW)
    assert sealed_to(house, "max") == []


def test_what_concerns_him_opens_again(granted: House) -> None:
    mine, entered = an_incident(granted, "sam"), a_complaint(granted, "sam")
    sam, mia = begins_again(granted, "sam"), begins_again(granted, "mia")  # whom he told
    with reading(granted.practice.engine) as connection:
        assert read_request(granted.practice, sam, connection, "R-1").requester == sam.person.id
        for person in (sam, mia):
            alone = replace(person, shares={})
            assert read_incident(granted.practice, alone, connection, mine).body.what == WHAT
        alone = replace(sam, shares={})
        assert read_complaint(granted.practice, alone, connection, entered).receipt.what == WRONG
    assert audit_keys(granted.practice) == ()


def test_what_is_changed_meanwhile_is_sealed_to_the_key_that_is_confirmed(stocked: House) -> None:
    a_request(stocked, "sam")
    mine = an_incident(stocked, "sam")
    reset(stocked, "sam")
    attach_recordings(stocked.practice, stocked.actor("max"), "R-1", [3])
    found(stocked, mine, MILD)
    assert sealed_to(stocked, "sam") == []  # somebody else knows the provisional password
    assert audit_keys(stocked.practice) == ()
    fingerprint = first_login(stocked, "sam")
    confirm_person(stocked.open(), stocked.actor("dora"), login="sam", fingerprint=fingerprint)
    sam = actor_by_password(stocked.open(), login="sam", password=NEW)
    with reading(stocked.practice.engine) as connection:
        assert set(read_request(stocked.practice, sam, connection, "R-1").keys) == {1, 2}
        assert len(read_incident(stocked.practice, sam, connection, mine).versions) == 2


def test_what_was_granted_to_the_old_key_is_listed_and_can_be_granted_again(granted: House) -> None:
    assert reset(granted, "sam").taken_back == ("R-1",)
    assert state_of(granted, "R-1") == "submitted"
    fingerprint = first_login(granted, "sam")
    dora = granted.actor("dora")
    confirm_person(granted.practice, dora, login="sam", fingerprint=fingerprint)
    granted.open()
    approve(granted, "R-1")
    assert len(rows(granted, "SELECT * FROM grant_")) == 2


def test_a_grant_to_the_old_key_that_is_put_back_opens_nothing(granted: House) -> None:
    kept = rows(granted, "SELECT * FROM grant_")
    approve(granted, "R-1", to="mia")
    begins_again(granted, "sam")
    with granted.practice.engine.begin() as connection:
        for row in kept:
            marks = ", ".join("?" * len(row))
            connection.exec_driver_sql(f"INSERT INTO grant_ VALUES ({marks})", tuple(row))
    sam = actor_by_password(granted.open(), login="sam", password=NEW)
    granted.seeds = {**granted.seeds, "sam": sam.identity.seed if sam.identity else b""}
    with pytest.raises(Refused, match="has another key now"):
        grants_of(granted, "R-1")


def test_whoever_held_less_than_his_role_brings_holds_no_more(house: House) -> None:
    only = frozenset({Power.MAKE_REQUEST})
    dora = house.actor("dora")
    change_role(house.practice, dora, login="max", role=Role.MANAGER, only=only)
    assert begins_again(house, "max").person.powers == only


def test_a_role_that_changes_meanwhile_brings_its_own_powers(house: House) -> None:
    reset(house, "max")
    change_role(house.practice, house.actor("dora"), login="max", role=Role.STAFF)
    fingerprint = first_login(house, "max")
    confirm_person(house.open(), house.actor("dora"), login="max", fingerprint=fingerprint)
    max_ = actor_by_password(house.open(), login="max", password=NEW)
    assert (max_.person.role, max_.shares) == (Role.STAFF, {})


def _demoted(house: House) -> None:
    change_role(house.open(), house.actor("dora"), login="max", role=Role.STAFF)


def _disabled(house: House) -> None:
    disable_person(house.open(), house.actor("dora"), login="max")


@pytest.mark.parametrize("lose", [_demoted, _disabled])
def test_who_loses_powers_before_he_is_confirmed_again_opens_nothing_that_comes_after(
    house: House, lose: Callable[[House], None]
) -> None:
    kept = house.actor("max").shares  # as he copied them
    reset(house, "max")
    lose(house)
    register = house.open().register
    assert {register.newest(key).version for key, _ in kept} == {2}
    assert audit_keys(house.practice) == ()


def test_what_was_lent_and_lapses_before_he_is_confirmed_again_opens_nothing_either(
    house: House,
) -> None:
    day = house.at.date()
    dora = house.actor("dora")
    lend_power(house.practice, dora, login="sam", power=Power.READ_AUDIT, until=day)
    house.open()
    reset(house, "sam")
    pass_days(house, 2)
    disable_person(house.open(), house.actor("dora"), login="mia")
    assert house.open().register.newest(VaultKey.AUDIT).version == 2


def test_what_he_signed_before_is_his_still(granted: House) -> None:
    begins_again(granted, "max")  # who approved R-1, and took the recordings in
    assert len(grants_of(granted, "R-1")) == 2
    assert verified(granted).problems == ()


def test_a_data_controller_is_helped_by_another_alone(house: House) -> None:
    with pytest.raises(Unusable, match="just given your password"):
        reset(house, "dora")
    dora = house.actor("dora")
    change_role(house.practice, dora, login="pat", role=Role.DATA_CONTROLLER)
    house.open()
    assert begins_again(house, "dora", by="pat").person.role is Role.DATA_CONTROLLER


@pytest.mark.parametrize("login", ["max", "sam", "ava", "pat"])
def test_nobody_else_resets_anybody(house: House, login: str) -> None:
    with pytest.raises(Refused):
        reset(house, "mia", by=login)


def test_neither_a_service_nor_somebody_shut_out_has_a_password_to_lose(house: House) -> None:
    with pytest.raises(Unusable, match="credential file"):
        reset(house, "door")
    disable_person(house.practice, house.actor("dora"), login="max")
    with pytest.raises(Unusable, match="disabled"):
        reset(house, "max")
    with pytest.raises(NotFound):
        reset(house, "nobody")


def test_a_provisional_password_can_be_lost_too(house: House) -> None:
    reset(house, "max")
    reset(house, "max")
    assert house.practice.register.person(id_of(house, "max")).standing is Standing.PROVISIONAL
    assert first_login(house, "max")


def test_an_old_claim_cannot_be_confirmed_again(house: House) -> None:
    """Whoever writes the database puts the old seed back as if it waited."""
    old = rows(house, "SELECT locked FROM person WHERE login = 'max'")[0].locked
    fingerprint = house.actor("max").identity.public.fingerprint  # type: ignore[union-attr]
    reset(house, "max")
    by_sql(house, "UPDATE person SET claimed = :old WHERE login = 'max'", old=old)
    with pytest.raises(Unusable, match="has not made a key yet"):
        confirm_person(house.open(), house.actor("dora"), login="max", fingerprint=fingerprint)


def test_who_is_shut_out_while_his_key_waits_is_not_confirmed(house: House) -> None:
    """Nor, if he held less than his role brings, given all of it."""
    only = frozenset({Power.MAKE_REQUEST})
    dora = house.actor("dora")
    change_role(house.practice, dora, login="max", role=Role.MANAGER, only=only)
    reset(house, "max")
    fingerprint = first_login(house, "max")
    disable_person(house.open(), house.actor("dora"), login="max")
    assert rows(house, "SELECT claimed FROM person WHERE login = 'max'")[0].claimed is None
    house.open()
    with pytest.raises(Unusable, match="this login is disabled"):
        confirm_person(house.practice, house.actor("dora"), login="max", fingerprint=fingerprint)
    with pytest.raises(Locked, match="this login is disabled"):
        log_in(
            house.practice,
            login="max",
            password=PROVISIONAL,
            new_password=lambda: NEW,
            environ=house.environ,
        )


def test_nobody_is_given_the_request_of_somebody_else(granted: House) -> None:
    """Whoever writes the database says that it was made by the one who begins again."""
    reset(granted, "mia")
    fingerprint = first_login(granted, "mia")
    by_sql(granted, "UPDATE request SET requester = :mia", mia=id_of(granted, "mia"))
    with pytest.raises(Tampered, match="requester of request R-1"):
        confirm_person(granted.open(), granted.actor("dora"), login="mia", fingerprint=fingerprint)


def test_a_session_from_before_has_ended(house: House) -> None:
    done = log_in(
        house.practice,
        login="max",
        password=password_of("max"),
        new_password=lambda: "",
        environ=house.environ,
    )
    assert isinstance(done, LoggedIn)
    session = house.session
    begins_again(house, "max")
    with pytest.raises(Tampered):
        session("max")
