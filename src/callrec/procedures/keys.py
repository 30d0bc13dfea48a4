"""The vault keys: their versions, and who can open what (docs/formats/keys.md, 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.audit.log import read_register
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import Tampered
from callrec.policy.role import VaultKey, keys_held, powers_vouched_for
from callrec.practice import today
from callrec.procedures.people import logins
from callrec.procedures.shares import holders

if TYPE_CHECKING:
    from sqlalchemy import Row

    from callrec.practice import Practice


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """A version of a vault key and those who hold a share of it, by login."""

    key: VaultKey
    version: int
    newest: bool
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShareProblem:
    """A share that should not be as it is."""

    key: VaultKey
    version: int
    login: str
    what: str
    is_tampering: bool = True
    """Not so where it waits for what was lent to be ended, or the kit for a newer one."""


def list_keys(practice: Practice) -> tuple[KeyInUse, ...]:
    """Every version of every vault key; opens nothing."""
    called = logins(practice)
    with reading(practice.engine) as connection:
        shares = connection.execute(select(tables.share)).all()
    register = practice.register
    return tuple(
        KeyInUse(
            key=key,
            version=version,
            newest=version == register.newest(key).version,
            holders=tuple(
                sorted(
                    called[share.person]
                    for share in shares
                    if (share.key, share.version) == (key, version)
                )
            ),
        )
        for key in VaultKey
        for version in register.versions(key)
    )


def audit_keys(practice: Practice) -> tuple[ShareProblem, ...]:
    """Every share that is not sealed by somebody entitled, is one too many, or is missing.

    The seals are signed, so this needs no key: each share's hash stands in a seal statement that
    names whom it was sealed to, and what each person should hold follows from the vouchers.
    """
    called = logins(practice)
    problems = []
    with reading(practice.engine) as connection:
        register = read_register(connection)
        shares = connection.execute(select(tables.share)).all()
    held = holders(register, today(practice))
    for share in shares:
        key = VaultKey(share.key)
        try:
            register.check_share(share.sealed, key, share.version, share.person)
        except Tampered as error:
            problems.append(ShareProblem(key, share.version, called[share.person], error.message))
        newest = share.version == register.newest(key).version
        if newest and key not in held.get(share.person, frozenset()):
            problems.append(_one_too_many(practice, share, called[share.person]))
    found = {(share.key, share.version, share.person) for share in shares}
    problems.extend(
        _missing(practice, key, person, called[person])
        for person, keys in held.items()
        for key in sorted(keys)
        if (key, register.newest(key).version, person) not in found
    )
    return tuple(problems)


def _missing(practice: Practice, key: VaultKey, person: str, login: str) -> ShareProblem:
    version = practice.register.newest(key).version
    if person == practice.register.founders.kit and key is VaultKey.INDEX:
        what = "is of before kits held this key: callrec keys kit new makes one that does"
        return ShareProblem(key, version, login, what, is_tampering=False)
    return ShareProblem(key, version, login, "lacks his share")


def _one_too_many(practice: Practice, share: Row[Any], login: str) -> ShareProblem:
    key, person = VaultKey(share.key), practice.register.voucher(share.person)
    if person is not None and key in keys_held(powers_vouched_for(person.person)):
        what = "holds the share of a power that was lent to him and has ended"
        return ShareProblem(key, share.version, login, what, is_tampering=False)
    return ShareProblem(key, share.version, login, "holds a share that no power of his needs")
