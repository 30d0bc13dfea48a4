"""People join, are confirmed, or begin again after a lost password [policy 4(a)].

A seed is locked under its owner's password and nowhere else, so after a lost password nobody can
open it again: not the Data Controller, not the kit. The person is given a provisional password,
makes a new key at the next login and is confirmed like a new person; role and powers stay. What was
granted to them was sealed to the old key alone and has to be approved again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from callrec.audit.log import LogTransaction, read_register
from callrec.audit.session import PASSWORD_SEEN
from callrec.catalogue import tables
from callrec.catalogue.engine import update_row
from callrec.crypto import primitives
from callrec.crypto.identity import Identity
from callrec.dataclass import dataclass, replace
from callrec.errors import Unusable
from callrec.login.choosing import check_password, facts_known
from callrec.login.keyring import Credential, write_credential
from callrec.login.locks import new_identity
from callrec.login.machine import check_no_machine_here, keep_machine
from callrec.login.people import (
    Colleague,
    Names,
    find_person,
    fresh_names,
    person_row,
    shown_colleague,
)
from callrec.login.together import joined, opened_by_two
from callrec.package.whole import fresh_passphrase, key_words, normalise_passphrase
from callrec.people.founding import check_login
from callrec.people.powers import check_controller_remains, current_voucher
from callrec.people.seen import retire_keys_of
from callrec.people.vouching import (
    HAS_ANOTHER_KEY,
    check_seconded,
    drop_keys_of,
    give_shares,
    governing,
    reseal_keys,
    take_back_grants,
    vouch,
)
from callrec.policy.authority import check_may_vouch
from callrec.policy.role import POWERS, SERVICES, Person, PersonId, Role, Standing, VaultKey
from callrec.policy.words import in_words
from callrec.practice import Actor, Practice, attempt

PERSON_CONFIRMED: Final = "person.confirmed"

PERSON_RESET: Final = "person.reset"

_ADD_ANEW: Final = "add the person anew: callrec user add"


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
    if role in SERVICES:
        raise Unusable(
            f"no person has the role {in_words(role)}",
            hint="callrec user add NAME --name TEXT --role intake --credential-file FILE; on that"
            " computer itself: callrec user add NAME --name TEXT --role machine",
        )
    check_login(login)
    password = password or fresh_passphrase()
    known = facts_known(practice, actor, practice.now())
    check_password(password, [*known, login, full_name])
    id_ = PersonId(primitives.random_id())
    person = Person(id_, role, frozenset(), standing=Standing.PROVISIONAL)
    # Of a key that signs one claim and nothing else.
    claims, locked = new_identity(practice, person=person.id, password=password, powers=())
    names = fresh_names(login, full_name)
    with governing(practice, actor) as act:
        insert_person(practice, act, person, names, locked)
        vouch(
            practice,
            act,
            actor,
            "person.added",
            person=person,
            keys=claims.public,
            name=names.digest,
            locked=locked,
        )
    return AddedPerson(login, role, password)


def add_intake(
    practice: Practice,
    actor: Actor,
    *,
    login: str,
    full_name: str,
    credential: Path,
    second: Actor | None = None,
) -> AddedPerson:
    """Add an intake service: it writes its credential to a file and can ingest, no more.

    Raises:
        Refused: the actor does not govern, or a second person who may has not signed for it.
        Misconfigured: the file exists or cannot be written; then nobody was added.
    """
    person = Person(PersonId(primitives.random_id()), Role.INTAKE, POWERS[Role.INTAKE])
    keep = partial(write_credential, credential)
    return _add_service(
        practice, actor, person, login=login, full_name=full_name, keep=keep, second=second
    )


def add_machine(
    practice: Practice, actor: Actor, *, login: str, full_name: str, second: Actor | None = None
) -> AddedPerson:
    """Make this computer one of the practice's machines: beside one approver it opens recordings.

    It holds a part of the recordings key where that lies in parts, and nothing else ever.

    Raises:
        Refused: the actor does not govern, or it takes a ``second`` person.
        Unusable: this computer is one of them already.
    """
    person = Person(PersonId(primitives.random_id()), Role.MACHINE, POWERS[Role.MACHINE])
    with attempt(practice, actor, "person.added"):
        check_may_vouch(actor.person)
        check_no_machine_here(practice)
    actor = opened_by_two(practice, actor, second, "person.added")
    keep = partial(keep_machine, practice)
    return _add_service(
        practice, actor, person, login=login, full_name=full_name, keep=keep, second=second
    )


def _add_service(
    practice: Practice,
    actor: Actor,
    person: Person,
    *,
    login: str,
    full_name: str,
    keep: Callable[[Credential], None],
    second: Actor | None,
) -> AddedPerson:
    """Vouch for what is no person; ``keep`` writes its identity to a file."""
    with attempt(practice, actor, "person.added"):
        check_may_vouch(actor.person)
        check_seconded(practice, actor, person, second=second)
    check_login(login)
    seed = primitives.random_bytes(primitives.KEY_BYTES)
    public = Identity.from_seed(seed, practice.vault).public
    names = fresh_names(login, full_name)
    with governing(practice, actor) as act:
        vouch(
            practice,
            act,
            actor,
            "person.added",
            person=person,
            keys=public,
            name=names.digest,
            second=second,
        )
        insert_person(practice, act, person, names, None)
        now = replace(practice, register=read_register(act.connection))
        give_shares(now, act, actor, person, public)
        keep(Credential(practice.vault, person.id, practice.root, seed))
    return AddedPerson(login, person.role, "")


def confirm_person(
    practice: Practice, actor: Actor, *, login: str, words: str, second: Actor | None = None
) -> Colleague:
    """Confirm the key that a person made, by the words of it that they read out.

    Nobody is told these words beforehand but the person, by their own login: who confirms types
    what they hear. A person who lost their password gets back the powers that they had, and the
    keys of their own requests and incidents.

    Raises:
        Refused: the actor does not govern, or a second person who may has not signed for it.
        Unusable: nobody is waiting under that login: no key was made, or it was disabled since; or
            the words are not those of the key that waits.
    """
    row, voucher = find_person(practice, login)
    with attempt(practice, actor, PERSON_CONFIRMED, subject=[row.id]):
        check_may_vouch(actor.person)
    if voucher.person.standing is Standing.DISABLED:
        raise Unusable("this login is disabled", hint=_ADD_ANEW)
    if voucher.person.standing is Standing.CONFIRMED:
        raise Unusable(f"{login} is confirmed already", hint=f"callrec user show {login}")
    claimed = practice.register.claims.get(row.id)
    if voucher.person.standing is not Standing.PROVISIONAL or not (claimed and row.claimed):
        hint = f"{login} runs callrec login {login} first"
        raise Unusable(f"{login} has not made a key yet", hint=hint)
    powers = voucher.person.powers or POWERS[voucher.person.role]
    person = replace(voucher.person, powers=powers, standing=Standing.CONFIRMED)
    with attempt(practice, actor, PERSON_CONFIRMED, subject=[row.id]):
        check_seconded(practice, actor, person, second=second, has_other_keys=True)
        if normalise_passphrase(words) != key_words(claimed.fingerprint).encode():
            raise Unusable(
                f"these are not the words of the key that waits for {login}",
                hint=f"hear them again; if they stay so, somebody else made this key: callrec user"
                f" reset {login}",
            )
    actor = joined(practice, actor, second)
    with governing(practice, actor) as act:
        reseal_keys(practice, act, actor, person=row.id, public=claimed.kem)
        update_row(act.connection, tables.person, row.id, locked=row.claimed, claimed=None)
        vouch(practice, act, actor, PERSON_CONFIRMED, person=person, keys=claimed, second=second)
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
    """Put a person into the catalogue, names sealed; the voucher is made separately."""
    check_login_is_free(act.connection, names.login)
    key, vault = practice.register.newest(VaultKey.CATALOGUE), practice.vault
    row = person_row(names, person=person.id, vault=vault, public=key.public, version=key.version)
    act.connection.execute(tables.person.insert().values(row | {"locked": locked}))


@dataclass(frozen=True, slots=True, repr=False)
class PasswordReset:
    """A person who begins again, with the provisional password to hand over."""

    login: str
    password: str
    taken_back: tuple[str, ...]
    """The requests under which something had been granted to them, ``R-17``."""


def reset_person(
    practice: Practice,
    actor: Actor,
    *,
    login: str,
    password: str,
    was_seen: bool = False,
    second: Actor | None = None,
) -> PasswordReset:
    """Give a person who lost their password a provisional one; no powers until confirmed.

    Where ``password`` is empty, one is made. Where somebody else may know the old one, every vault
    key that it opened goes on under a new version.

    Raises:
        NotFound: nobody has that login.
        Refused: the actor does not govern, or would leave the practice without a Data Controller,
            or a second person who may has not signed for it.
        Unusable: it is the actor, a service or a disabled person; or the password will not do.
    """
    voucher = current_voucher(practice, actor, login)
    person = replace(voucher.person, standing=Standing.PROVISIONAL)
    act_name = PASSWORD_SEEN if was_seen else PERSON_RESET
    with attempt(practice, actor, act_name, subject=[person.id]):
        check_may_vouch(actor.person)
        if person.id == actor.person.id:
            seen = " --seen" if was_seen else ""
            hint = f"run callrec user password{seen}"
            raise Unusable("you have just given your password", hint=hint)
        if person.role in SERVICES:
            raise Unusable(
                "an intake service has a credential file and no password",
                hint=f"run callrec user disable {login}, and add another with callrec user add",
            )
        if voucher.person.standing is Standing.DISABLED:
            raise Unusable("this login is disabled", hint=_ADD_ANEW)
        check_controller_remains(practice, person)
        check_seconded(practice, actor, person, second=second, has_other_keys=True)
    password = password or fresh_passphrase()
    check_password(password, facts_known(practice, actor, practice.now()))
    claims, locked = new_identity(practice, person=person.id, password=password, powers=())
    with governing(practice, actor) as act:
        keys = claims.public
        vouch(
            practice, act, actor, act_name, person=person, keys=keys, locked=locked, second=second
        )
        taken_back = take_back_grants(practice, act, actor, person.id, why=HAS_ANOTHER_KEY)
        # The provisional key takes the place of everything that opens under the lost one.
        drop_keys_of(act.connection, person.id)
        shares = tables.share
        act.connection.execute(shares.delete().where(shares.c.person == person.id))
        changed = {"locked": locked, "claimed": None, "failures": 0}
        update_row(act.connection, tables.person, person.id, **changed)
        if was_seen:
            now = replace(practice, register=read_register(act.connection))
            retire_keys_of(now, act, actor, voucher.person)
    return PasswordReset(login, password, taken_back)
