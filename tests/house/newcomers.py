"""Somebody who comes, or comes by another key, after a copy of the catalogue was made."""

from __future__ import annotations

from callrec.login.unlock import AwaitingConfirmation, log_in, unlock_person
from callrec.people.joining import add_person
from callrec.policy.role import Role
from house.people import confirm_person, reset_person
from house.practices import House, password_of

_PROVISIONAL = "seven purple otters dance slowly"

_PASSWORD = password_of("somebody new")


def nell_comes(house: House) -> None:
    """A manager more, ``nell``, with a key of their own."""
    dora = house.actor("dora")
    add_person(
        house.practice,
        dora,
        login="nell",
        full_name="Nell Ashworth",
        role=Role.MANAGER,
        password=_PROVISIONAL,
    )
    _makes_a_key(house, "nell")


def max_is_given_another_key(house: House) -> None:
    """The password was forgotten."""
    reset_person(house.practice, house.actor("dora"), login="max", password=_PROVISIONAL)
    _makes_a_key(house, "max")


def _makes_a_key(house: House, login: str) -> None:
    waiting = log_in(
        house.open(),
        login=login,
        password=_PROVISIONAL,
        new_password=lambda: _PASSWORD,
        environ=house.environ,
    )
    assert isinstance(waiting, AwaitingConfirmation)
    dora = house.actor("dora")
    confirm_person(house.open(), dora, login=login, fingerprint=waiting.fingerprint)
    unlocked = unlock_person(house.open(), login=login, password=_PASSWORD)
    house.seeds = {**house.seeds, login: unlocked.identity.seed}
