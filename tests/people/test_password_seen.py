"""A password that somebody else may know: what it opened is retired, and what it opens is named."""

from __future__ import annotations

import pytest

from callrec.archive.opened import drives_still_opened
from callrec.catalogue.engine import reading
from callrec.errors import Failed, Refused
from callrec.keys.audit import audit_keys
from callrec.login.unlock import AwaitingConfirmation, actor_by_password, log_in
from callrec.policy.role import keys_held
from callrec.practice import Actor
from callrec.registers.verify import Verdict
from callrec.requests.decide import Decision, approve_request
from callrec.requests.open import read_request
from house.commands import type_in
from house.drives import archive, drive
from house.holds import verified
from house.people import begin_again, confirm_person, reset_person
from house.practices import House, password_of
from house.requests import a_request, approve, state_of
from login.test_older_locks import lock_of, put_back, refused

NEW = "nine orange badgers sleep very late"


def has_another_key(house: House, login: str) -> Actor:
    """They have a new identity, under the password NEW."""
    actor = _begun_again(house, login)
    assert actor.identity is not None
    house.seeds = {**house.seeds, login: actor.identity.seed}
    return actor


def _begun_again(house: House, login: str) -> Actor:
    if login == "dora":
        begin_again(house.practice, house.actor("dora"), new_password=lambda: NEW)
        return actor_by_password(house.open(), login="dora", password=NEW)
    given = reset_person(
        house.practice, house.actor("dora"), login=login, password="", was_seen=True
    ).password
    waits = log_in(
        house.open(),
        login=login,
        password=given,
        new_password=lambda: NEW,
        environ=house.environ,
    )
    assert isinstance(waits, AwaitingConfirmation)
    dora = house.actor("dora")
    confirm_person(house.practice, dora, login=login, fingerprint=waits.fingerprint)
    return actor_by_password(house.open(), login=login, password=NEW)


@pytest.mark.parametrize("login", ["dora", "max", "sam"])
def test_whoever_kept_the_old_key_opens_nothing_of_what_is_sealed_from_now_on(
    stocked: House, login: str
) -> None:
    before, register = stocked.actor(login), stocked.practice.register
    held = keys_held(before.person.powers)
    newest = {(key, register.newest(key).version) for key in held}
    after = has_another_key(stocked, login)
    assert after.person == before.person
    assert audit_keys(stocked.practice) == ()
    fresh = {(key, version + 1) for key, version in newest}
    assert set(after.shares) == {*before.shares, *fresh}
    assert verified(stocked).verdict is Verdict.INTACT


@pytest.mark.parametrize("login", ["dora", "max"])
def test_the_old_key_signs_nothing_any_more(stocked: House, login: str) -> None:
    reference = a_request(stocked, "sam")
    before = stocked.actor(login)
    has_another_key(stocked, login)
    with pytest.raises(Failed, match="your password was set anew"):
        approve_request(stocked.open(), before, reference, Decision())
    assert state_of(stocked, reference) == "submitted"


def test_the_lock_of_the_password_that_was_seen_opens_nothing_where_it_is_put_back(
    house: House,
) -> None:
    before = lock_of(house, "dora")
    has_another_key(house, "dora")
    put_back(house, "dora", before)
    assert "the lock of dora is not the one" in refused(house, "dora").message


def test_what_was_granted_to_the_data_controller_is_taken_back_and_own_requests_open(
    stocked: House,
) -> None:
    reference = a_request(stocked, "dora")
    approve(stocked, reference, "pat")
    dora = has_another_key(stocked, "dora")
    assert state_of(stocked, reference) == "submitted"
    with reading(stocked.practice.engine) as connection:
        assert read_request(stocked.practice, dora, connection, reference).reference == reference


def test_others_are_told_who_gives_them_another_key(house: House) -> None:
    with pytest.raises(Refused) as refusal:
        begin_again(house.practice, house.actor("max"), new_password=lambda: NEW)
    assert refusal.value.hint == "ask the Data Controller to run callrec user reset max --seen"
    actor_by_password(house.open(), login="max", password=password_of("max"))


def test_a_drive_is_named_until_none_of_its_copies_opens(stocked: House) -> None:
    for day in (25, 26):
        stocked.at = stocked.at.replace(day=day)
        archive(stocked, drive(stocked))
    stocked.at = stocked.at.replace(day=27)
    has_another_key(stocked, "max")
    left = []
    for day in (28, 29, 30):
        drives = drives_still_opened(stocked.open())
        left += [(each.login, each.label, each.runs) for each in drives]
        stocked.at = stocked.at.replace(day=day)
        archive(stocked, drive(stocked))
    assert left == [("max", "drive-a", 2), ("max", "drive-a", 1)]


def test_a_person_who_opens_no_recording_opened_no_drive(stocked: House) -> None:
    archive(stocked, drive(stocked))
    has_another_key(stocked, "sam")
    assert list(drives_still_opened(stocked.practice)) == []


def test_status_says_so(stocked: House) -> None:
    archive(stocked, drive(stocked))
    has_another_key(stocked, "max")
    warned = type_in(stocked, "nobody", "status").out
    assert 'the copies of the catalogue on "drive-a" still open with the password of max' in warned
