"""Shares of the vault keys: who holds which, and how they are given (docs/formats/keys.md, 5)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select

from callrec.audit.register import Register, public_half
from callrec.catalogue import tables
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.policy.role import VaultKey, keys_held, powers_of

KIT_HOLDS: Final = tuple(VaultKey)
"""All of them, as the person who uses the kit must be able to search too."""

Secrets = dict[tuple[VaultKey, int], bytes]


@dataclass(frozen=True, slots=True)
class Share:
    """A version of a vault key, sealed to one holder."""

    key: VaultKey
    version: int
    to: str
    sealed: bytes


def holders(register: Register, on: date) -> Mapping[str, frozenset[VaultKey]]:
    """Everybody who holds vault keys on that day, and which; the kit included."""
    people = (voucher.person for voucher in register.people())
    held = {str(person.id): keys_held(powers_of(person, on)) for person in people}
    return {**held, register.founders.kit: frozenset(KIT_HOLDS)}


def new_version(register: Register, keys: Iterable[VaultKey]) -> Secrets:
    """Fresh secrets for the next version of these keys."""
    places = [(key, max(register.versions(key), default=0) + 1) for key in sorted(keys)]
    return {place: primitives.random_bytes(primitives.KEY_BYTES) for place in places}


def seal_share(
    vault: str, place: tuple[VaultKey, int], secret: bytes, *, to: str, kem: bytes
) -> Share:
    """Seal one version of a vault key to one holder's X-Wing key."""
    key, version = place
    info = context("share", vault, key=key, version=version, to=to)
    return Share(key, version, to, primitives.hpke_seal(kem, secret, info))


def shares_for(
    register: Register, secrets: Secrets, held: Mapping[str, frozenset[VaultKey]]
) -> tuple[Share, ...]:
    """Each secret, sealed to each of its holders under the keys that their vouchers name."""
    vault = register.founders.vault
    return tuple(
        seal_share(vault, (key, version), secret, to=to, kem=register.public_keys(to).kem)
        for to, keys in held.items()
        for (key, version), secret in secrets.items()
        if key in keys
    )


def open_shares(connection: Connection, register: Register, person: str, kem: bytes) -> Secrets:
    """Open every share that lies there for a person, with their X-Wing seed."""
    vault, opened = register.founders.vault, Secrets()
    query = select(tables.share).where(tables.share.c.person == person)
    for row in connection.execute(query).all():
        key = VaultKey(row.key)
        register.check_share(row.sealed, key, row.version, person)
        info = context("share", vault, key=key, version=row.version, to=person)
        secret = primitives.hpke_open(kem, row.sealed, info)
        register.check_opened(key, row.version, secret)
        opened[key, row.version] = secret
    return opened


def store_shares(connection: Connection, shares: Iterable[Share]) -> None:
    """Put shares into the catalogue, in place of what the holder had of the same version."""
    table = tables.share
    for share in shares:
        place = {"key": share.key, "version": share.version, "person": share.to}
        there = (table.c[name] == value for name, value in place.items())
        connection.execute(table.delete().where(*there))
        connection.execute(table.insert().values(**place, sealed=share.sealed))


def key_fields(vault: str, secrets: Secrets) -> dict[str, Any]:
    """The fields of a ``key`` statement: versions that are new, and their public halves."""
    keys = []
    for (key, version), secret in secrets.items():
        public = base64.b64encode(public_half(vault, key, version, secret)).decode()
        keys.append({"key": key, "public": public, "version": version})
    return {"keys": keys}


def seal_fields(shares: Iterable[Share]) -> dict[str, Any]:
    """The fields of a ``seal`` statement: which shares were sealed, to whom."""
    listed = []
    for share in shares:
        sha256 = primitives.sha256(share.sealed).hex()
        place = {"key": share.key, "version": share.version, "to": share.to}
        listed.append({**place, "sha256": sha256})
    return {"shares": listed}
