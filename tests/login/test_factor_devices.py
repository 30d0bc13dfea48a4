"""A security key or a card beside the password: from the device to the person's keys."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from pathlib import Path

import pytest

from callrec.crypto.canonical import canonical, parse
from callrec.crypto.identity import LockedSeed, unlock
from callrec.errors import CallrecError, Locked, WrongPassword
from callrec.login.asking import Here
from callrec.login.factors import add_factor, make_factor, present, presenting, remove_factor
from callrec.login.unlock import actor_by_password
from callrec.practice import Actor
from house.at_the_device import AtTheDevice
from house.cards import MODULE, Card, Reader
from house.commands import type_in
from house.practices import House, password_of
from house.requests import last_leaf
from house.security_keys import SoftwareKey, plug_in
from login.test_older_locks import lock_of, put_back, refused

PIN = "123456"


def here_of(house: House, *types: str) -> Here:
    person = AtTheDevice([*types] or [PIN], card_module=MODULE)
    return Here(house.practice.vault, house.practice.state_folder, person)


def at_work(house: House, login: str, *types: str, password: str = "") -> Actor:
    return actor_by_password(
        house.open(),
        login=login,
        password=password or password_of(login),
        factor=presenting(here_of(house, *types)),
        is_adding_one=True,
    )


def add(house: House, login: str, kind: str, name: str, *presents: str) -> None:
    """``presents``: what they type of the factor that they have already."""
    actor = at_work(house, login, *presents)
    slots, here = actor.factors.slots, here_of(house)
    new = make_factor(kind, name, person=actor.person.id, here=here, beside=slots)
    add_factor(house.practice, actor, password=password_of(login), new=new)
    house.open()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> SoftwareKey:
    key = SoftwareKey().set_pin(PIN)
    plug_in(monkeypatch, key)
    return key


@pytest.fixture
def devices(key: SoftwareKey, card: Card) -> None:
    """Both, plugged in."""
    del key, card


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Card:
    folder = tmp_path / "reader"
    folder.mkdir()
    card = Reader.of(folder, monkeypatch).put_in(pin=PIN)
    card.make_key("secp256r1")
    return card


def test_the_password_and_the_key_open_and_neither_does_alone(
    house: House, key: SoftwareKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = house.actor("max")
    add(house, "max", "fido2", "blue-key")
    assert at_work(house, "max").identity == before.identity
    with pytest.raises(WrongPassword):
        at_work(house, "max", password="a guess that is wrong")
    plug_in(monkeypatch)
    with pytest.raises(Locked, match="no security key is plugged in"):
        at_work(house, "max")
    with pytest.raises(Locked, match="needs somebody at a terminal"):
        actor_by_password(house.open(), login="max", password=password_of("max"))
    assert last_leaf(house).act == "login"
    key.plug_in()


def test_the_loss_drill_a_card_is_lost_and_the_key_takes_over(
    house: House, key: SoftwareKey, card: Card
) -> None:
    add(house, "max", "pkcs11", "card")
    add(house, "max", "fido2", "blue-key")
    card.take_out()
    actor = at_work(house, "max")
    assert actor.shares
    here = here_of(house)
    remove_factor(house.practice, actor, password=password_of("max"), name="card", here=here)
    assert [slot.name for slot in lock_now(house, "max").factors] == ["blue-key"]
    assert at_work(house, "max").identity == actor.identity
    assert type_in(house, "dora", "audit", "verify", "--full").status == 0
    card.put_back()
    key.pin = os.urandom(16)
    with pytest.raises(Locked):
        at_work(house, "max", "0000", "1111", "2222")


def test_the_loss_drill_a_key_is_blocked_and_the_card_takes_over(
    house: House, key: SoftwareKey, card: Card
) -> None:
    add(house, "max", "fido2", "blue-key")
    add(house, "max", "pkcs11", "card")
    key.tries = 0
    person = AtTheDevice([PIN], card_module=MODULE)
    here = Here(house.practice.vault, house.practice.state_folder, person)
    factor, password = presenting(here), password_of("max")
    opened = actor_by_password(house.open(), login="max", password=password, factor=factor)
    assert opened.shares
    assert person.shown == ["PIN of your smart card"]
    card.take_out()
    with pytest.raises(Locked):
        at_work(house, "max")


def lock_now(house: House, login: str) -> LockedSeed:
    return LockedSeed.from_json(parse(lock_of(house, login)))


@pytest.mark.usefixtures("devices")
@pytest.mark.parametrize("kind", ["fido2", "pkcs11"])
def test_the_slot_of_another_person_opens_nothing_in_its_place(house: House, kind: str) -> None:
    """Sam has a key of their own, Max's password, and the vault to write to or a drive of it."""
    add(house, "sam", kind, "mine")
    add(house, "max", kind, "mine")
    here, lock, own = here_of(house, PIN, PIN), lock_now(house, "max"), lock_now(house, "sam")
    theirs = present(here, own.person, own.factors)
    with pytest.raises(Locked, match="not the one that was added"):
        present(here, lock.person, own.factors)
    with pytest.raises(Locked):
        unlock(replace(lock, factors=own.factors), password_of("max"), house.practice.vault, theirs)
    put_back(house, "max", canonical(replace(lock, factors=own.factors).as_json()))
    refused(house, "max")


@pytest.mark.usefixtures("devices")
@pytest.mark.parametrize(
    ("kind", "field", "other"),
    [
        ("fido2", "salt", base64.b64encode(bytes(32)).decode()),
        ("pkcs11", "wrapped", base64.b64encode(b"\x04" + bytes(64)).decode()),
    ],
)
def test_a_slot_that_asks_the_device_something_else_opens_nothing(
    house: House, kind: str, field: str, other: str
) -> None:
    add(house, "max", kind, "mine")
    lock = lock_now(house, "max")
    (slot,) = lock.factors
    changed = replace(slot, public={**slot.public, field: other})
    with pytest.raises(CallrecError):
        present(here_of(house), lock.person, [changed])
