"""Making a voucher: what a Data Controller says of a person (docs/formats/keys.md, 5).

In the same transaction go the shares that a new power needs, and when a power is lost, new versions
of each vault key that it opened.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

from callrec.audit.log import read_register
from callrec.catalogue import tables
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.crypto.statement import Statement, state
from callrec.errors import Failed, Tampered
from callrec.policy.delegation import lapsed, without_lapsed
from callrec.policy.role import Power, VaultKey, keys_held, powers_of, powers_vouched_for
from callrec.practice import today, vault_key, writing
from callrec.procedures.shares import (
    holders,
    key_fields,
    new_version,
    seal_fields,
    seal_share,
    shares_for,
    store_shares,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from callrec.audit.log import Writing
    from callrec.audit.register import Voucher
    from callrec.crypto.identity import PublicKeys
    from callrec.policy.role import Person
    from callrec.practice import Actor, Practice
    from callrec.procedures.shares import Secrets

NONCE_BYTES = 32
UNDELEGATED: Final = "person.undelegated"
"""Act of the leaf by which something that was lent ends."""


@dataclass(frozen=True, slots=True)
class Names:
    """A person's login and full name, with the nonce that keeps their hash from being guessed."""

    login: str
    full_name: str
    nonce: bytes

    @property
    def digest(self) -> str:
        """SHA-256(nonce || login || full name) in hex: what the voucher holds."""
        both = self.login.encode(), self.full_name.encode()
        return primitives.sha256(self.nonce, *both).hex()


def fresh_names(login: str, full_name: str) -> Names:
    return Names(login, normalize("NFC", full_name), primitives.fresh(NONCE_BYTES))


def seal_names(names: Names, *, public: bytes, vault: str, person: str, version: int) -> bytes:
    """Seal the names to the catalogue key, so that a thief of the disk learns no staff list."""
    body = canonical(
        {
            "full_name": names.full_name,
            "login": names.login,
            "nonce": base64.b64encode(names.nonce).decode(),
        }
    )
    info = context("person", vault, person=person, version=version)
    return primitives.hpke_seal(public, body, info)


def open_names(
    sealed: bytes, *, secret: bytes, voucher: Voucher, vault: str, version: int
) -> Names:
    """Open a person's names.

    Raises:
        Tampered: they are not those that were vouched for.
    """
    info = context("person", vault, person=voucher.person.id, version=version)
    value = parse(primitives.hpke_open(secret, sealed, info))
    names = Names(value["login"], value["full_name"], base64.b64decode(value["nonce"]))
    if names.digest != voucher.name:
        raise Tampered("a person's name is not the one that was vouched for")
    return names


def voucher_fields(
    person: Person, keys: PublicKeys, *, names_digest: str, previous: Voucher | None
) -> dict[str, Any]:
    """The fields of a ``voucher`` statement that follows ``previous``."""
    return {
        "delegations": [
            {"power": lent.power, "until": lent.until.isoformat()} for lent in person.delegations
        ],
        "keys": keys.as_json(),
        "name": names_digest,
        "person": person.id,
        "powers": sorted(person.powers),
        "previous": previous.digest if previous else "",
        "role": person.role,
        "serial": previous.serial + 1 if previous else 1,
        "standing": person.standing,
    }


@contextmanager
def governing(practice: Practice, actor: Actor) -> Iterator[Writing]:
    """A write transaction about people or keys, begun only if nobody changed them meanwhile.

    It also ends what was lent until a day that is over.

    Raises:
        Failed: somebody did; a voucher made now would not follow the newest.
    """
    with writing(practice, actor.signer) as act:
        check_unchanged(practice, act)
        yield act
        _end_lapsed(replace(practice, register=read_register(act.connection)), act, actor)


def check_unchanged(practice: Practice, act: Writing) -> None:
    """Check that people and keys are still as they were when the practice was opened.

    Raises:
        Failed: somebody changed them; a statement made now would not follow the newest.
    """
    if read_register(act.connection) != practice.register:
        raise Failed(
            "people or keys were changed a moment ago, so nothing was done", hint="try again"
        )


@dataclass(frozen=True, slots=True)
class Revision:
    """A person as he is to be from now on, and the newest voucher about him."""

    act: str
    """Of the leaf."""
    voucher: Voucher
    person: Person


def revise(practice: Practice, act: Writing, actor: Actor, revisions: Sequence[Revision]) -> None:
    """Vouch for people anew: shares for whoever gains a power, new keys where one loses one.

    Whoever no longer needs a key keeps no share of any of its versions.
    """
    day = today(practice)
    held, lost = dict(holders(practice.register, day)), set[VaultKey]()
    gaining = []
    for revised in revisions:
        person, voucher = revised.person, revised.voucher
        vouch(
            practice, act, actor, revised.act, person=person, keys=voucher.keys, name=voucher.name
        )
        before = keys_held(powers_vouched_for(voucher.person))
        after = held[person.id] = keys_held(powers_of(person, day))
        lost |= before - after
        if after - before:
            gaining.append(revised)
        _drop_shares(act.connection, person, after)
    if lost:
        renew_keys(practice, act, actor, new_version(practice.register, lost), held)
    for revised in gaining:
        give_shares(practice, act, actor, revised.person, revised.voucher.keys)


def _drop_shares(connection: Connection, person: Person, needed: frozenset[VaultKey]) -> None:
    share = tables.share
    connection.execute(
        share.delete().where(share.c.person == person.id, share.c.key.not_in(sorted(needed)))
    )


def _end_lapsed(practice: Practice, act: Writing, actor: Actor) -> None:
    """End what was lent until a day that is over; not by one who has just ceased to govern."""
    day = today(practice)
    over = [
        Revision(UNDELEGATED, voucher, without_lapsed(voucher.person, day))
        for voucher in practice.register.people()
        if lapsed(voucher.person, day)
    ]
    if over and Power.GOVERN in powers_vouched_for(practice.register.person(actor.person.id)):
        revise(practice, act, actor, over)


def vouch(
    practice: Practice,
    act: Writing,
    actor: Actor,
    act_name: str,
    *,
    person: Person,
    keys: PublicKeys,
    name: str,
) -> None:
    """Vouch for a person: the leaf ``act_name`` with a voucher that follows the newest."""
    previous = practice.register.voucher(person.id)
    fields = voucher_fields(person, keys, names_digest=name, previous=previous)
    act.leaf(
        act_name,
        actor=actor.person.id,
        subject=[person.id],
        statement=signed(practice, actor, "voucher", fields),
    )


def give_shares(
    practice: Practice, act: Writing, actor: Actor, person: Person, keys: PublicKeys
) -> None:
    """Seal to a person every version of each key that his powers need."""
    held = keys_held(powers_of(person, today(practice)))
    shares = [
        seal_share(practice.vault, place, vault_key(actor, *place), to=person.id, kem=keys.kem)
        for place in sorted((k, v) for k in held for v in practice.register.versions(k))
    ]
    if shares:
        store_shares(act.connection, shares)
        seals = signed(practice, actor, "seal", seal_fields(shares))
        act.leaf("keys.shared", actor=actor.person.id, subject=[person.id], statement=seals)


def renew_keys(
    practice: Practice,
    act: Writing,
    actor: Actor,
    fresh: Secrets,
    held: Mapping[str, frozenset[VaultKey]],
) -> None:
    """Begin new versions of vault keys, sealed to those who hold them from now on."""
    keys = signed(practice, actor, "key", key_fields(practice.vault, fresh))
    act.leaf("keys.made", actor=actor.person.id, statement=keys)
    shares = shares_for(practice.register, fresh, held)
    store_shares(act.connection, shares)
    seals = signed(practice, actor, "seal", seal_fields(shares))
    subject = sorted({share.to for share in shares})
    act.leaf("keys.shared", actor=actor.person.id, subject=subject, statement=seals)


def signed(practice: Practice, actor: Actor, kind: str, fields: Mapping[str, Any]) -> Statement:
    """A statement by somebody who gave his password."""
    assert actor.identity is not None  # noqa: S101 - the caller asked for the password
    return state(
        kind,
        vault=practice.vault,
        by=actor.person.id,
        at=practice.now(),
        seed=actor.identity.act,
        fields=fields,
    )
