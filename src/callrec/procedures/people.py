"""Who works here: added, confirmed, given another role, shut out [policy 4(a)].

Each is a new voucher. Who gains a power is given shares in the same transaction; when somebody
loses one, each vault key that he held goes on under a new version that he never sees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.identity import Identity, PublicKeys, lock
from callrec.crypto.statement import Statement, state
from callrec.errors import NotFound, Refused, Tampered, Unusable
from callrec.keyring import Credential, write_credential
from callrec.policy.authority import check_may_vouch
from callrec.policy.role import (
    POWERS,
    Person,
    PersonId,
    Role,
    Standing,
    VaultKey,
    keys_held,
    powers_of,
)
from callrec.practice import Actor, Practice, attempt, record, today, vault_key, writing
from callrec.procedures.found import check_login
from callrec.procedures.passwords import check_password, kdf_for
from callrec.procedures.shares import (
    Secrets,
    holders,
    key_fields,
    new_version,
    seal_fields,
    seal_share,
    shares_for,
    store_shares,
)
from callrec.procedures.vouching import Names, fresh_names, open_names, seal_names, voucher_fields
from callrec.release.passphrase import fresh_passphrase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from callrec.audit.log import Writing
    from callrec.audit.register import Voucher


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody as shown to those who may see the register."""

    login: str
    full_name: str
    role: Role
    standing: Standing
    powers: tuple[str, ...]
    delegations: tuple[tuple[str, str], ...]
    fingerprint: str
    claimed_fingerprint: str
    """Of the key that waits to be confirmed; empty if none does."""


@dataclass(frozen=True, slots=True, repr=False)
class Added:
    """A new person with the password to hand over; an intake service with its credential file."""

    login: str
    role: Role
    password: str


def add_person(
    practice: Practice, actor: Actor, *, login: str, full_name: str, role: Role, password: str
) -> Added:
    """Add a person under a provisional password, which opens nothing but the first login.

    Raises:
        Refused: the actor does not govern.
        Unusable: the login is taken or not in the form, or the password will not do.
    """
    with attempt(practice, actor, "person.added"):
        check_may_vouch(actor.person)
    check_login(login)
    password = password or _provisional_password()
    check_password(password, role=role, known=(login, *full_name.split(), practice.name))
    person = Person(
        PersonId(primitives.fresh_id()), role, frozenset(), standing=Standing.PROVISIONAL
    )
    identity = Identity.from_seed(primitives.fresh(primitives.KEY_BYTES), practice.vault)
    locked = lock(
        identity.seed,
        practice.root,
        password=password,
        person=person.id,
        vault=practice.vault,
        kdf=kdf_for(practice.config.passwords, ()),
    )
    names = fresh_names(login, full_name)
    with writing(practice, actor.signer) as act:
        _insert_person(practice, act, person, names, canonical(locked.as_json()))
        _vouch(
            practice,
            act,
            actor,
            "person.added",
            person=person,
            keys=identity.public,
            name=names.digest,
        )
    return Added(login, role, password)


def add_intake(
    practice: Practice, actor: Actor, *, login: str, full_name: str, credential: Path
) -> Added:
    """Add an intake service: it writes its credential to a file and can ingest, no more.

    Raises:
        Refused: the actor does not govern.
        Misconfigured: the file exists or cannot be written; then nobody was added.
    """
    with attempt(practice, actor, "person.added"):
        check_may_vouch(actor.person)
    check_login(login)
    person = Person(PersonId(primitives.fresh_id()), Role.INTAKE, POWERS[Role.INTAKE])
    seed = primitives.fresh(primitives.KEY_BYTES)
    public = Identity.from_seed(seed, practice.vault).public
    names = fresh_names(login, full_name)
    with writing(practice, actor.signer) as act:
        _insert_person(practice, act, person, names, None)
        _vouch(practice, act, actor, "person.added", person=person, keys=public, name=names.digest)
        _share(practice, act, actor, person, public)
        write_credential(credential, Credential(practice.vault, person.id, practice.root, seed))
    return Added(login, Role.INTAKE, "")


def confirm_person(practice: Practice, actor: Actor, *, login: str, fingerprint: str) -> Colleague:
    """Confirm the key that a new person made, once its fingerprint was compared.

    Raises:
        Refused: the actor does not govern.
        Unusable: nobody is waiting under that login, or the fingerprint is another.
        Tampered: the key that waits is not the one that was claimed.
    """
    row, voucher = find_person(practice, login)
    with attempt(practice, actor, "person.confirmed", subject=[row.id]):
        check_may_vouch(actor.person)
    claimed = practice.register.claims.get(row.id)
    if claimed is None or row.claimed is None:
        raise Unusable(
            f"{login} has not made a key yet", hint=f"{login} runs callrec login {login} first"
        )
    if claimed.fingerprint != fingerprint:
        raise Tampered(f"the key of {login} is not the one whose fingerprint was compared")
    role = voucher.person.role
    person = replace(voucher.person, powers=POWERS[role], standing=Standing.CONFIRMED)
    with writing(practice, actor.signer) as act:
        act.connection.execute(
            tables.person.update()
            .where(tables.person.c.id == row.id)
            .values(locked=row.claimed, claimed=None)
        )
        _vouch(
            practice,
            act,
            actor,
            "person.confirmed",
            person=person,
            keys=claimed,
            name=voucher.name,
        )
        _share(practice, act, actor, person, claimed)
    return replace(_colleague(practice, actor, row, voucher), standing=Standing.CONFIRMED)


def change_role(practice: Practice, actor: Actor, *, login: str, role: Role) -> None:
    """Give a person another role: new powers, and new versions of each key that he loses.

    Raises:
        Refused: the actor does not govern, or would leave the practice without a Data Controller.
    """
    _, voucher = find_person(practice, login)
    confirmed = voucher.person.standing is Standing.CONFIRMED
    person = replace(
        voucher.person, role=role, powers=POWERS[role] if confirmed else voucher.person.powers
    )
    _revise(practice, actor, "person.role", voucher, person)


def disable_person(practice: Practice, actor: Actor, *, login: str) -> None:
    """Shut a person out: no powers, no login, and new versions of each key that he held.

    Raises:
        Refused: the actor does not govern, or would leave the practice without a Data Controller.
    """
    _, voucher = find_person(practice, login)
    person = replace(voucher.person, powers=frozenset(), delegations=(), standing=Standing.DISABLED)
    _revise(practice, actor, "person.disabled", voucher, person)


def list_people(practice: Practice, actor: Actor) -> tuple[Colleague, ...]:
    """Everybody, with role and powers; written to the log first, as names are opened."""
    record(practice, actor, "people.listed")
    with reading(practice.engine) as connection:
        rows = connection.execute(select(tables.person)).all()
    found = {row.id: row for row in rows}
    return tuple(
        _colleague(practice, actor, found[voucher.person.id], voucher)
        for voucher in practice.register.people()
        if voucher.person.id in found
    )


def show_person(practice: Practice, actor: Actor, *, login: str) -> Colleague:
    """One person.

    Raises:
        NotFound: nobody has that login.
    """
    row, voucher = find_person(practice, login)
    record(practice, actor, "person.shown", subject=[row.id])
    return _colleague(practice, actor, row, voucher)


def find_person(practice: Practice, login: str) -> tuple[Any, Voucher]:
    """The row and the newest voucher of a login.

    Raises:
        NotFound: nobody has it.
    """
    with reading(practice.engine) as connection:
        row = connection.execute(
            select(tables.person).where(tables.person.c.login == login)
        ).first()
    voucher = practice.register.voucher(row.id) if row else None
    if row is None or voucher is None:
        raise NotFound("nobody has that login", hint="run callrec user list")
    return row, voucher


def logins(practice: Practice) -> Mapping[str, str]:
    """Everybody's login by id: what people are called in lists."""
    with reading(practice.engine) as connection:
        rows = connection.execute(select(tables.person.c.id, tables.person.c.login))
        return {row.id: row.login for row in rows}


def _revise(
    practice: Practice, actor: Actor, act_name: str, voucher: Voucher, person: Person
) -> None:
    with attempt(practice, actor, act_name, subject=[person.id]):
        check_may_vouch(actor.person)
        _check_controller_remains(practice, person)
    day = today(practice)
    before, after = keys_held(powers_of(voucher.person, day)), keys_held(powers_of(person, day))
    fresh = new_version(practice.register, before - after)
    with writing(practice, actor.signer) as act:
        _vouch(practice, act, actor, act_name, person=person, keys=voucher.keys, name=voucher.name)
        if fresh:
            _renew(
                practice, act, actor, fresh, {**holders(practice.register, day), person.id: after}
            )
        if after - before:
            _share(practice, act, actor, person, voucher.keys)
        if person.standing is Standing.DISABLED:
            gone = tables.share.c.person == person.id
            act.connection.execute(tables.share.delete().where(gone))


def _check_controller_remains(practice: Practice, changed: Person) -> None:
    remaining = [
        voucher.person
        for voucher in practice.register.people()
        if voucher.person.id != changed.id
        and voucher.person.role is Role.DATA_CONTROLLER
        and voucher.person.standing is Standing.CONFIRMED
    ]
    if changed.role is Role.DATA_CONTROLLER and changed.standing is Standing.CONFIRMED:
        return
    if not remaining:
        raise Refused(
            "the practice would be left without a Data Controller",
            clause="4(a)",
            hint="make somebody else Data Controller first",
        )


def _insert_person(
    practice: Practice, act: Writing, person: Person, names: Names, locked: bytes | None
) -> None:
    taken = select(tables.person.c.id).where(tables.person.c.login == names.login)
    if act.connection.execute(taken).first() is not None:
        raise Unusable("that login is taken", hint="choose another; logins are never used twice")
    key = practice.register.newest(VaultKey.CATALOGUE)
    sealed = seal_names(
        names, public=key.public, vault=practice.vault, person=person.id, version=key.version
    )
    act.connection.execute(
        tables.person.insert().values(
            id=person.id,
            login=names.login,
            locked=locked,
            name_version=key.version,
            name_sealed=sealed,
            failures=0,
        )
    )


def _vouch(
    practice: Practice,
    act: Writing,
    actor: Actor,
    act_name: str,
    *,
    person: Person,
    keys: PublicKeys,
    name: str,
) -> None:
    previous = practice.register.voucher(person.id)
    fields = voucher_fields(person, keys, names_digest=name, previous=previous)
    act.leaf(
        act_name,
        actor=actor.person.id,
        subject=[person.id],
        statement=_state(practice, actor, "voucher", fields),
    )


def _share(
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
        seals = _state(practice, actor, "seal", seal_fields(shares))
        act.leaf("keys.shared", actor=actor.person.id, subject=[person.id], statement=seals)


def _renew(
    practice: Practice,
    act: Writing,
    actor: Actor,
    fresh: Secrets,
    held: Mapping[str, frozenset[VaultKey]],
) -> None:
    """Begin new versions of vault keys, sealed to those who hold them from now on."""
    keys = _state(practice, actor, "key", key_fields(practice.vault, fresh))
    act.leaf("keys.made", actor=actor.person.id, statement=keys)
    shares = shares_for(practice.register, fresh, held)
    store_shares(act.connection, shares)
    seals = _state(practice, actor, "seal", seal_fields(shares))
    subject = sorted({share.to for share in shares})
    act.leaf("keys.shared", actor=actor.person.id, subject=subject, statement=seals)


def _state(practice: Practice, actor: Actor, kind: str, fields: Mapping[str, Any]) -> Statement:
    assert actor.identity is not None  # noqa: S101 - the caller asked for the password
    return state(
        kind,
        vault=practice.vault,
        by=actor.person.id,
        at=practice.now(),
        seed=actor.identity.act,
        fields=fields,
    )


def _colleague(practice: Practice, actor: Actor, row: Any, voucher: Voucher) -> Colleague:
    secret = actor.shares.get((VaultKey.CATALOGUE, row.name_version))
    full_name = ""
    if secret is not None:
        full_name = open_names(
            row.name_sealed,
            secret=secret,
            voucher=voucher,
            vault=practice.vault,
            version=row.name_version,
        ).full_name
    claimed = practice.register.claims.get(row.id)
    waiting = claimed is not None and row.claimed is not None
    person = voucher.person
    return Colleague(
        login=row.login,
        full_name=full_name,
        role=person.role,
        standing=Standing.CLAIMED if waiting else person.standing,
        powers=tuple(sorted(powers_of(person, today(practice)))),
        delegations=tuple((d.power, d.until.isoformat()) for d in person.delegations),
        fingerprint=voucher.keys.fingerprint,
        claimed_fingerprint=claimed.fingerprint if claimed and waiting else "",
    )


def _provisional_password() -> str:
    return fresh_passphrase()
