"""Somebody joins, is confirmed, or begins again after a lost password."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from callrec.audit.log import LogTransaction
from callrec.audit.register import Voucher
from callrec.catalogue import tables
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.identity import Identity, PublicKeys, lock
from callrec.errors import Tampered, Unusable
from callrec.login.keyring import Credential, write_credential
from callrec.login.locks import check_password, kdf_for
from callrec.login.people import (
    Colleague,
    Names,
    find_person,
    fresh_names,
    seal_names,
    shown_colleague,
)
from callrec.package.whole import fresh_passphrase
from callrec.people.founding import check_login
from callrec.people.leaving import HAS_ANOTHER_KEY, drop_keys_of, seal_keys_anew, take_back_grants
from callrec.people.powers import check_controller_remains, current_voucher
from callrec.people.vouching import give_shares, governing, vouch
from callrec.policy.authority import check_may_vouch
from callrec.policy.role import POWERS, Person, PersonId, Role, Standing, VaultKey
from callrec.practice import Actor, Practice, attempt


@dataclass(frozen=True, slots=True, repr=False)
class AddedPerson:
    """A new person with the password to hand over; an intake service with its credential file."""

    login: str
    role: Role
    password: str


def add_person(
    practice: Practice, actor: Actor, *, login: str, full_name: str, role: Role, password: str
) -> AddedPerson:
    """Add a person under a provisional password, which opens nothing but the first login.

    Raises:
        Refused: the actor does not govern.
        Unusable: the login is taken or not in the form, or the password will not do.
    """
    with attempt(practice, actor, "person.added"):
        check_may_vouch(actor.person)
    check_login(login)
    password = password or fresh_passphrase()
    check_password(password, role=role, known=(login, *full_name.split(), practice.name))
    person = Person(
        PersonId(primitives.random_id()), role, frozenset(), standing=Standing.PROVISIONAL
    )
    public, locked = provisional_identity(practice, person.id, password)
    names = fresh_names(login, full_name)
    with governing(practice, actor) as act:
        insert_person(practice, act, person, names, locked)
        vouch(practice, act, actor, "person.added", person=person, keys=public, name=names.digest)
    return AddedPerson(login, role, password)


def provisional_identity(
    practice: Practice, person: str, password: str
) -> tuple[PublicKeys, bytes]:
    """A key that signs one claim and nothing else, and how it lies locked in the catalogue."""
    identity = Identity.from_seed(primitives.random_bytes(primitives.KEY_BYTES), practice.vault)
    locked = lock(
        identity.seed,
        practice.root,
        password=password,
        person=person,
        vault=practice.vault,
        kdf=kdf_for(practice.config.passwords, ()),
    )
    return identity.public, canonical(locked.as_json())


def add_intake(
    practice: Practice, actor: Actor, *, login: str, full_name: str, credential: Path
) -> AddedPerson:
    """Add an intake service: it writes its credential to a file and can ingest, no more.

    Raises:
        Refused: the actor does not govern.
        Misconfigured: the file exists or cannot be written; then nobody was added.
    """
    with attempt(practice, actor, "person.added"):
        check_may_vouch(actor.person)
    check_login(login)
    person = Person(PersonId(primitives.random_id()), Role.INTAKE, POWERS[Role.INTAKE])
    seed = primitives.random_bytes(primitives.KEY_BYTES)
    public = Identity.from_seed(seed, practice.vault).public
    names = fresh_names(login, full_name)
    with governing(practice, actor) as act:
        insert_person(practice, act, person, names, None)
        vouch(practice, act, actor, "person.added", person=person, keys=public, name=names.digest)
        give_shares(practice, act, actor, person, public)
        write_credential(credential, Credential(practice.vault, person.id, practice.root, seed))
    return AddedPerson(login, Role.INTAKE, "")


def confirm_person(practice: Practice, actor: Actor, *, login: str, fingerprint: str) -> Colleague:
    """Confirm the key that a person made, once its fingerprint was compared.

    Whoever was somebody before he lost his password has the powers that he had, and the keys of his
    own requests and incidents.

    Raises:
        Refused: the actor does not govern.
        Unusable: nobody is waiting under that login: he made no key, or was shut out since.
        Tampered: the key that waits is not the one whose fingerprint was compared.
    """
    row, voucher = find_person(practice, login)
    with attempt(practice, actor, "person.confirmed", subject=[row.id]):
        check_may_vouch(actor.person)
    if voucher.person.standing is Standing.DISABLED:
        raise Unusable("this login is disabled", hint="add the person anew: callrec user add")
    if voucher.person.standing is Standing.CONFIRMED:
        raise Unusable(f"{login} is confirmed already", hint=f"callrec user show {login}")
    claimed = practice.register.claims.get(row.id)
    if voucher.person.standing is not Standing.PROVISIONAL or not (claimed and row.claimed):
        raise Unusable(
            f"{login} has not made a key yet", hint=f"{login} runs callrec login {login} first"
        )
    if claimed.fingerprint != fingerprint:
        raise Tampered(f"the key of {login} is not the one whose fingerprint was compared")
    powers = voucher.person.powers or POWERS[voucher.person.role]
    person = replace(voucher.person, powers=powers, standing=Standing.CONFIRMED)
    with governing(practice, actor) as act:
        seal_keys_anew(practice, act, actor, person=row.id, public=claimed.kem)
        act.connection.execute(
            tables.person.update()
            .where(tables.person.c.id == row.id)
            .values(locked=row.claimed, claimed=None)
        )
        vouch(
            practice,
            act,
            actor,
            "person.confirmed",
            person=person,
            keys=claimed,
            name=voucher.name,
        )
        give_shares(practice, act, actor, person, claimed)
    return replace(shown_colleague(practice, actor, row, voucher), standing=Standing.CONFIRMED)


def check_login_is_free(connection: Connection, login: str) -> None:
    """Nobody has, or had, this login."""
    taken = select(tables.person.c.id).where(tables.person.c.login == login)
    if connection.execute(taken).first() is not None:
        raise Unusable("that login is taken", hint="choose another; logins are never used twice")


def insert_person(
    practice: Practice, act: LogTransaction, person: Person, names: Names, locked: bytes | None
) -> None:
    """Put somebody into the catalogue, his names sealed; the voucher is made apart from it."""
    check_login_is_free(act.connection, names.login)
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


# Somebody has forgotten his password: a new identity, and nothing else lost [policy 4(a)].
#
# His seed is locked under that password and nowhere else, so nobody can open it again: not the Data
# Controller, not the kit. He is given a provisional password, makes a new key at his next login and
# is confirmed, as one who joins; role and powers stay what they were. What was granted to him was
# sealed to the old key alone and has to be approved again.

PERSON_RESET: Final = "person.reset"


@dataclass(frozen=True, slots=True, repr=False)
class PasswordReset:
    """Somebody who begins again, with the provisional password to hand over."""

    login: str
    password: str
    taken_back: tuple[str, ...]
    """The requests under which something had been granted to him, ``R-17``."""


def reset_person(practice: Practice, actor: Actor, *, login: str, password: str) -> PasswordReset:
    """Give somebody who lost his password a provisional one; he has no powers till confirmed.

    Args:
        practice: the open vault.
        actor: who governs, with his password given.
        login: whose password is lost.
        password: the provisional one; empty: one is made.

    Raises:
        NotFound: nobody has that login.
        Refused: the actor does not govern, or would leave the practice without a Data Controller.
        Unusable: it is the actor himself, a service, or somebody shut out; or the password will not
            do.
    """
    voucher = current_voucher(practice, actor, login)
    person = replace(voucher.person, standing=Standing.PROVISIONAL)
    with attempt(practice, actor, PERSON_RESET, subject=[person.id]):
        check_may_vouch(actor.person)
        _check_has_password(actor, login, voucher)
        check_controller_remains(practice, person)
    password = password or fresh_passphrase()
    check_password(password, role=person.role, known=(login, practice.name))
    public, locked = provisional_identity(practice, person.id, password)
    with governing(practice, actor) as act:
        vouch(practice, act, actor, PERSON_RESET, person=person, keys=public, name=voucher.name)
        taken_back = take_back_grants(practice, act, actor, person.id, why=HAS_ANOTHER_KEY)
        _forget(act, person.id, locked)
    return PasswordReset(login, password, taken_back)


def _forget(act: LogTransaction, person: str, locked: bytes) -> None:
    """Put the provisional key in place of everything that opens under the lost one."""
    row, share = tables.person, tables.share
    drop_keys_of(act.connection, person)
    act.connection.execute(share.delete().where(share.c.person == person))
    act.connection.execute(
        row.update()
        .where(row.c.id == person)
        .values(locked=locked, claimed=None, failures=0, failed_at=None)
    )


def _check_has_password(actor: Actor, login: str, voucher: Voucher) -> None:
    person = voucher.person
    if person.id == actor.person.id:
        raise Unusable("you have just given your password", hint="run callrec user password")
    if person.role is Role.INTAKE:
        raise Unusable(
            "an intake service has a credential file and no password",
            hint=f"run callrec user disable {login}, and add another with callrec user add",
        )
    if person.standing is Standing.DISABLED:
        raise Unusable("this login is disabled", hint="add the person anew: callrec user add")
