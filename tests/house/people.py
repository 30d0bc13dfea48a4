"""People join, change and leave, with the second person at hand who has to sign for it."""

from __future__ import annotations

from typing import Any, Final

from callrec.crypto.identity import Identity
from callrec.login.people import Colleague, find_person
from callrec.login.unlock import Unlocked, actor_of, unlock_person
from callrec.package.whole import key_words
from callrec.people import joining, powers, seen
from callrec.people.joining import AddedPerson, PasswordReset
from callrec.people.powers import RoleChange
from callrec.people.vouching import who_may_second
from callrec.practice import Actor, Practice
from house.practices import password_of

_SEEDS: Final[dict[tuple[str, str], bytes]] = {}
"""By the key's fingerprint and the login: a password is stretched once."""


def second_person(practice: Practice, actor: Actor, login: str) -> Actor | None:
    """Somebody of the house who may sign beside the actor, if anybody may."""
    may = [each for each in who_may_second(practice, actor, login=login) if each != "nell"]
    return person_at_hand(practice, may[-1]) if may else None


def person_at_hand(practice: Practice, login: str) -> Actor:
    """Somebody of the house who gave their password."""
    row, voucher = find_person(practice, login)
    place = voucher.keys.fingerprint, login
    if place not in _SEEDS:
        unlocked = unlock_person(practice, login=login, password=password_of(login))
        _SEEDS[place] = unlocked.identity.seed
    identity = Identity.from_seed(_SEEDS[place], practice.vault)
    return actor_of(practice, Unlocked(row.id, login, identity, claimed=False))


def confirm_person(practice: Practice, actor: Actor, *, login: str, fingerprint: str) -> Colleague:
    words = key_words(fingerprint) if fingerprint else ""
    second = second_person(practice, actor, login)
    return joining.confirm_person(practice, actor, login=login, words=words, second=second)


def reset_person(practice: Practice, actor: Actor, *, login: str, **given: Any) -> PasswordReset:
    second = second_person(practice, actor, login)
    return joining.reset_person(practice, actor, login=login, second=second, **given)


def begin_again(practice: Practice, actor: Actor, **given: Any) -> tuple[str, ...]:
    second = second_person(practice, actor, actor.login)
    return seen.begin_again(practice, actor, second=second, **given)


def add_intake(practice: Practice, actor: Actor, *, login: str, **given: Any) -> AddedPerson:
    second = second_person(practice, actor, login)
    return joining.add_intake(practice, actor, login=login, second=second, **given)


def lend_power(practice: Practice, actor: Actor, *, login: str, **given: Any) -> None:
    second = second_person(practice, actor, login)
    powers.lend_power(practice, actor, login=login, second=second, **given)


def change_role(practice: Practice, actor: Actor, *, login: str, **given: Any) -> RoleChange:
    second = second_person(practice, actor, login)
    return powers.change_role(practice, actor, login=login, second=second, **given)
