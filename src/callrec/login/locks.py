"""What opens to one person alone: a seed under its password, vault keys as shares sealed to it.

When people give their password, their seed is locked as strongly as the settings and their powers
now ask for (docs/formats/keys.md, 4). Lowering the settings never weakens a lock. With what the
seed gives they open their shares: who holds which, and how they are given, is section 5.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.register import Register, public_half
from callrec.audit.session import PASSWORD_CHANGED
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, update_row
from callrec.config import Passwords
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.crypto.factor import NO_FACTORS, Factors
from callrec.crypto.identity import Identity, LockedSeed, lock
from callrec.crypto.parts import Part, join, split
from callrec.crypto.primitives import Kdf
from callrec.dataclass import dataclass
from callrec.errors import Failed, Locked, Tampered
from callrec.login.sessions import drop_sessions
from callrec.policy.role import (
    Power,
    Role,
    Standing,
    VaultKey,
    is_machine,
    keys_held,
    powers_of,
    powers_vouched_for,
)
from callrec.practice import Actor, Practice, writing
from callrec.record.statements import sign_statement_as

LOCK_RAISED: Final = "password.relocked"
"""Act of the leaf by which a lock became stronger under the same password."""


def strengthen_lock(practice: Practice, actor: Actor, password: str) -> None:
    """Lock somebody's seed more strongly, if the settings ask for more than its lock has."""
    with reading(practice.engine) as connection:
        locked = _locked(connection, actor)
    if _kdf(practice, actor, locked) == LockedSeed.from_json(parse(locked)).kdf:
        return
    # Where it cannot be written, or was changed meanwhile, the next time will do.
    with suppress(Failed, Locked):
        relock(practice, actor, password, LOCK_RAISED)


def relock(
    practice: Practice,
    actor: Actor,
    password: str,
    act_name: str,
    *,
    factors: Factors | None = None,
    details: Mapping[str, str] | None = None,
) -> None:
    """Lock a seed afresh, never more weakly than before; nothing else changes but its ``factors``.

    Raises:
        Locked: the lock is another one than the actor opened.
    """
    assert actor.identity is not None  # noqa: S101 - the caller asked for the password
    with reading(practice.engine) as connection:
        before = _locked(connection, actor)
    if LockedSeed.from_json(parse(before)).factors != actor.factors.slots:
        raise _changed_meanwhile()
    kdf, person = _kdf(practice, actor, before), actor.person.id
    locked = lock_seed(
        practice,
        actor.identity.seed,
        person=person,
        password=password,
        kdf=kdf,
        factors=actor.factors if factors is None else factors,
    )
    with writing(practice, actor.signer) as act:
        if _locked(act.connection, actor) != before:
            raise _changed_meanwhile()
        update_row(act.connection, tables.person, person, locked=locked)
        if act_name == PASSWORD_CHANGED:
            drop_sessions(act.connection, person=person)
        stated = sign_statement_as(practice, actor, "lock", {"lock": lock_digest(locked)})
        act.leaf(act_name, actor=person, subject=[person], statement=stated, details=details)


def _changed_meanwhile() -> Locked:
    return Locked(
        "the password or its second factor was changed a moment ago", hint="run callrec login"
    )


def new_identity(
    practice: Practice,
    *,
    person: str,
    password: str,
    powers: Iterable[Power],
    factors: Factors = NO_FACTORS,
) -> tuple[Identity, bytes]:
    """A fresh identity for a person with these powers, and how it lies locked in the catalogue."""
    identity = Identity.from_seed(primitives.random_bytes(primitives.KEY_BYTES), practice.vault)
    kdf = kdf_for(practice.config.passwords, powers)
    locked = lock_seed(
        practice, identity.seed, person=person, password=password, kdf=kdf, factors=factors
    )
    return identity, locked


def lock_seed(
    practice: Practice,
    seed: bytes,
    *,
    person: str,
    password: str,
    kdf: Kdf,
    factors: Factors = NO_FACTORS,
) -> bytes:
    """A seed locked under a password together with the vault root, as the catalogue keeps it."""
    locked = lock(
        seed,
        practice.root,
        password=password,
        person=person,
        vault=practice.vault,
        kdf=kdf,
        factors=factors,
    )
    return canonical(locked.as_json())


def lock_digest(locked: bytes) -> str:
    """What the log says of a lock: SHA-256 of it as the catalogue keeps it, in hex."""
    return primitives.sha256(locked).hex()


def is_current_lock(register: Register, row: Row[Any]) -> bool:
    """Whether a person's lock is the one that the log names; who is shut out needs none."""
    locked, stated = row.claimed or row.locked, register.locks.get(row.id)
    voucher = register.voucher(row.id)
    if voucher is not None and voucher.person.standing is Standing.DISABLED:
        return True
    return stated == (None if locked is None else lock_digest(locked))


def check_lock(register: Register, row: Row[Any]) -> None:
    """Refuse a lock that a later password took the place of.

    Raises:
        Tampered: it is not the one that the log names.
    """
    if not is_current_lock(register, row):
        raise Tampered(
            f"the lock of {row.login} is not the one that the audit record names: an older one"
            " was put back, or another put in its place",
            hint="restore the vault from a backup, or ask the Data Controller to run"
            f" callrec user reset {row.login}",
        )


def _locked(connection: Connection, actor: Actor) -> bytes:
    person = tables.person.c
    query = select(person.locked).where(person.id == actor.person.id)
    return bytes(connection.execute(query).scalar_one())


def _kdf(practice: Practice, actor: Actor, locked: bytes) -> Kdf:
    """What the lock is to have: all that is now asked for, and no less than it has."""
    asked = kdf_for(practice.config.passwords, powers_vouched_for(actor.person))
    return stronger_lock(LockedSeed.from_json(parse(locked)).kdf, asked)


def kdf_for(settings: Passwords, powers: Iterable[Power]) -> Kdf:
    """The lock that a person's powers ask for: more memory if they can open recordings."""
    opens = keys_held(frozenset(powers))
    memory = settings.approver_memory_mib if VaultKey.RECORDINGS in opens else settings.memory_mib
    return Kdf(memory * 1024)


def stronger_lock(one: Kdf, other: Kdf) -> Kdf:
    """The greater of each parameter: a lock never becomes weaker, whatever the settings are."""
    return Kdf(
        max(one.memory_kib, other.memory_kib),
        max(one.passes, other.passes),
        max(one.lanes, other.lanes),
    )


KIT_HOLDS: Final = tuple(VaultKey)
"""All of them, as the person who uses the kit must be able to search too."""

Secrets = dict[tuple[VaultKey, int], bytes]


MACHINES_PLACE: Final = 1
"""Where the line of a key's parts is what machines hold: two machines open nothing together."""


@dataclass(frozen=True, slots=True)
class Share:
    """A version of a vault key, or a part of it, sealed to one holder."""

    key: VaultKey
    version: int
    to: str
    sealed: bytes


def holders(register: Register, on: date) -> Mapping[str, frozenset[VaultKey]]:
    """Everybody who holds vault keys on that day, and which; the kit included.

    A machine is one where the recordings key lies in parts.
    """
    people = [voucher.person for voucher in register.people()]
    held = {str(person.id): keys_held(powers_of(person, on)) for person in people}
    for person in people:
        if is_machine(person) and register.is_in_parts(VaultKey.RECORDINGS, person.id):
            held[person.id] = frozenset({VaultKey.RECORDINGS})
    return {**held, register.founders.kit: frozenset(KIT_HOLDS)}


def new_version(register: Register, keys: Iterable[VaultKey]) -> Secrets:
    """Fresh secrets for the next version of these keys."""
    places = [(key, max(register.versions(key), default=0) + 1) for key in sorted(keys)]
    return {place: primitives.random_bytes(primitives.KEY_BYTES) for place in places}


def seal_share(
    vault: str,
    place: tuple[VaultKey, int],
    secret: bytes,
    *,
    to: str,
    kem: bytes,
    kind: str = "share",
) -> Share:
    """Seal one version of a vault key, or a part of it, to one holder's X-Wing key."""
    key, version = place
    info = context(kind, vault, key=key, version=version, to=to)
    return Share(key, version, to, primitives.hpke_seal(kem, secret, info))


def place_of_part(register: Register, person: str) -> int:
    """Where on the line of a key's parts somebody's part is: their id, of a machine always 1."""
    voucher = register.voucher(person)
    is_machine = voucher is not None and voucher.person.role is Role.MACHINE
    return MACHINES_PLACE if is_machine else int(person, 16)


def shares_for(
    register: Register,
    secrets: Secrets,
    held: Mapping[str, frozenset[VaultKey]],
    kems: Mapping[str, bytes] = MappingProxyType({}),
) -> tuple[Share, ...]:
    """Each secret, sealed to each of its holders, or in parts where it takes two of them.

    ``kems``: the X-Wing keys of those who have others by now than their vouchers name.
    """
    shares: list[Share] = []
    lines = {place: _line(register, place[0], secret, held) for place, secret in secrets.items()}
    for to, keys in held.items():
        for place, secret in secrets.items():
            if place[0] not in keys:
                continue
            what, kind = secret, "share"
            if register.is_in_parts(place[0], to):
                what, kind = lines[place][place_of_part(register, to)], "share-part"
            kem = kems.get(to) or register.public_keys(to).kem
            share = seal_share(register.founders.vault, place, what, to=to, kem=kem, kind=kind)
            shares.append(share)
    return tuple(shares)


def _line(
    register: Register, key: VaultKey, secret: bytes, held: Mapping[str, frozenset[VaultKey]]
) -> Mapping[int, bytes]:
    """The parts of a key, by place; none where each of its holders has it whole."""
    to = [each for each, keys in held.items() if key in keys and register.is_in_parts(key, each)]
    places = {place_of_part(register, each) for each in to}
    return {part.place: part.value for part in split(secret, places)}


def shares_given(
    register: Register,
    secrets: Secrets,
    held: Mapping[str, frozenset[VaultKey]],
    *,
    to: str,
    kem: bytes,
) -> tuple[Share, ...]:
    """What is sealed so that one more person has these secrets.

    To them alone; or, of a key in parts, to each holder but the kit, as parts that were made at
    different times open nothing together.
    """
    people = {each: keys for each, keys in held.items() if each != register.founders.kit}
    shares: list[Share] = []
    for place, secret in secrets.items():
        among = people if register.is_in_parts(place[0], to) else {to: frozenset({place[0]})}
        shares += shares_for(register, {place: secret}, among, {to: kem})
    return tuple(shares)


Beside = tuple[tuple[str, bytes], ...]
"""Others whose parts open with somebody's: a machine, a second person. Id and X-Wing seed."""


def open_shares(
    connection: Connection, register: Register, person: str, kem: bytes, beside: Beside = ()
) -> Secrets:
    """Open every share that lies there for a person, with their X-Wing seed.

    Of a key in parts, what their part and one ``beside`` give.
    """
    vault, opened = register.founders.vault, Secrets()
    parts: defaultdict[tuple[VaultKey, int], dict[int, Part]] = defaultdict(dict)
    for holder, seed in ((person, kem), *beside):
        query = select(tables.share).where(tables.share.c.person == holder)
        for row in connection.execute(query).all():
            key = VaultKey(row.key)
            is_part = register.is_in_parts(key, holder)
            if holder != person and not is_part:
                continue
            register.check_share(row.sealed, key, row.version, holder)
            kind = "share-part" if is_part else "share"
            info = context(kind, vault, key=key, version=row.version, to=holder)
            secret = primitives.hpke_open(seed, row.sealed, info)
            if is_part:
                place = place_of_part(register, holder)
                parts[key, row.version][place] = Part(place, secret)
                continue
            register.check_opened(key, row.version, secret)
            opened[key, row.version] = secret
    for (key, version), there in parts.items():
        if len(there) > 1:
            secret = join(*list(there.values())[:2])
            register.check_opened(key, version, secret)
            opened[key, version] = secret
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
