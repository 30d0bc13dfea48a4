"""Who works here: logins, and the names that lie sealed beside them."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from unicodedata import normalize

from sqlalchemy import Connection, select

from callrec.audit.checkpoint import decode_base64
from callrec.audit.register import Voucher
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Tampered
from callrec.policy.further import is_named
from callrec.policy.role import (
    SERVICES,
    Delegation,
    PersonId,
    Power,
    Role,
    Standing,
    VaultKey,
    powers_of,
)
from callrec.practice import Actor, Practice, record, today


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person as shown to people who may see the register."""

    login: str
    full_name: str
    role: Role
    standing: Standing
    powers: tuple[str, ...]
    delegations: tuple[Delegation, ...]
    fingerprint: str
    claimed_fingerprint: str
    """Of the key that waits to be confirmed; empty if none does."""


def list_people(practice: Practice, actor: Actor) -> tuple[Colleague, ...]:
    """Everybody, with role and powers; written to the log first, as names are opened."""
    record(practice, actor, "people.listed")
    with reading(practice.engine) as connection:
        return tuple(everybody(practice, actor, connection).values())


def show_person(practice: Practice, actor: Actor, *, login: str) -> Colleague:
    """One person.

    Raises:
        NotFound: nobody has that login.
    """
    row, voucher = find_person(practice, login)
    record(practice, actor, "person.shown", subject=[row.id])
    return shown_colleague(practice, actor, row, voucher)


def find_person(practice: Practice, login: str) -> tuple[Any, Voucher]:
    """The row and the newest voucher of a login."""
    query = select(tables.person).where(tables.person.c.login == login)
    with reading(practice.engine) as connection:
        row = connection.execute(query).first()
    voucher = practice.register.voucher(row.id) if row else None
    if row is None or voucher is None:
        raise NotFound("nobody has that login", hint="run callrec user list")
    return row, voucher


def logins(practice: Practice) -> Mapping[str, str]:
    """Everybody's login by id: what people are called in lists."""
    with reading(practice.engine) as connection:
        rows = connection.execute(select(tables.person.c.id, tables.person.c.login))
        return _Logins((row.id, row.login) for row in rows)


def awaiting_confirmation(practice: Practice) -> str:
    """Whose keys wait to be confirmed, and who does that, in words; empty where none waits."""
    called, on = logins(practice), today(practice)
    people = [voucher.person for voucher in practice.register.people()]
    waiting = [
        called[person.id]
        for person in people
        if person.standing is Standing.PROVISIONAL and person.id in practice.register.claims
    ]
    if not waiting:
        return ""
    confirm = [called[each.id] for each in people if Power.GOVERN in powers_of(each, on)]
    verb = "key waits" if len(waiting) == 1 else "keys wait"
    whose, by = " and ".join(waiting), " or ".join(confirm)
    return f"{whose}'s {verb} for {by} to run callrec user confirm {' '.join(waiting)}"


def people_who_log_in(practice: Practice, may: Power | None = None) -> Mapping[str, Role]:
    """The login and role of everybody who has not been shut out; a service does not log in.

    ``may``: of those who may do that today.
    """
    called = logins(practice)
    people = [voucher.person for voucher in practice.register.people()]
    found = {
        called[person.id]: person.role
        for person in people
        if person.role not in SERVICES and person.standing is not Standing.DISABLED
        if may is None or may in powers_of(person, today(practice))
    }
    return dict(sorted(found.items()))


def line_managers(practice: Practice) -> Mapping[PersonId, PersonId]:
    """Whose line manager is who, as the practice's settings name them; who has left is none."""
    ids = {login: PersonId(id_) for id_, login in logins(practice).items()}
    here = {
        voucher.person.id
        for voucher in practice.register.people()
        if voucher.person.standing is Standing.CONFIRMED
    }
    named = [(ids[each.person], ids[each.manager]) for each in practice.settings.line_manager]
    return {person: manager for person, manager in named if manager in here}


def people_named(
    practice: Practice, actor: Actor, connection: Connection, texts: Sequence[str]
) -> frozenset[PersonId]:
    """Who of the practice is named by one of these texts.

    By login always; by full name where the actor holds the catalogue key, as everybody who may
    decide does.
    """
    known = everybody(practice, actor, connection) if texts else {}
    return frozenset(
        person
        for person, each in known.items()
        if any(is_named(text, login=each.login, full_name=each.full_name) for text in texts)
    )


def namesakes(
    practice: Practice, actor: Actor, connection: Connection, people: Collection[PersonId]
) -> frozenset[PersonId]:
    """Who else has the full name of one of these people, including people who have left.

    Nobody, where the actor does not hold the catalogue key.
    """
    known = everybody(practice, actor, connection)
    names = [known[person].full_name for person in people if person in known]
    return frozenset(
        person
        for person, each in known.items()
        if person not in people
        and any(name and is_named(name, login="", full_name=each.full_name) for name in names)
    )


def names_known_to(
    practice: Practice, actor: Actor | None, connection: Connection
) -> Iterator[str]:
    """Everybody's login, and their full name if the actor holds the catalogue key."""
    yield from connection.execute(select(tables.person.c.login)).scalars()
    if actor is not None:
        yield from (each.full_name for each in everybody(practice, actor, connection).values())


def name_of(practice: Practice, actor: Actor, connection: Connection, person: PersonId) -> str:
    """Somebody's full name if the actor holds the catalogue key, else their login."""
    each = everybody(practice, actor, connection)[person]
    return each.full_name or each.login


def everybody(
    practice: Practice, actor: Actor, connection: Connection
) -> Mapping[PersonId, Colleague]:
    """By id, everybody who is in the register and in the catalogue."""
    rows = {row.id: row for row in connection.execute(select(tables.person))}
    return {
        voucher.person.id: shown_colleague(practice, actor, rows[voucher.person.id], voucher)
        for voucher in practice.register.people()
        if voucher.person.id in rows
    }


class _Logins(dict[str, str]):
    """Logins by id; callrec wrote no row that names anybody else."""

    def __missing__(self, person: str) -> str:
        raise Tampered("a row of the catalogue names somebody who does not stand in it")


def shown_colleague(practice: Practice, actor: Actor, row: Any, voucher: Voucher) -> Colleague:
    """A person by row and newest voucher; without their name where the actor cannot open it."""
    vault, version = practice.vault, row.name_version
    if (VaultKey.CATALOGUE, version) not in practice.register.keys:
        # Else nobody could tell whose login it is.
        raise Tampered("a name is sealed under a key that there is not")
    full_name, sealed = "", row.name_sealed
    if secret := actor.shares.get((VaultKey.CATALOGUE, version)):
        names = open_names(sealed, secret=secret, voucher=voucher, vault=vault, version=version)
        if names.login != row.login:
            raise Tampered("a login stands beside somebody else's name")
        full_name = names.full_name
    claimed = practice.register.claims.get(row.id) if row.claimed is not None else None
    person = voucher.person
    return Colleague(
        login=row.login,
        full_name=full_name,
        role=person.role,
        standing=Standing.CLAIMED if claimed else person.standing,
        powers=tuple(sorted(powers_of(person, today(practice)))),
        delegations=person.delegations,
        fingerprint=voucher.keys.fingerprint,
        claimed_fingerprint=claimed.fingerprint if claimed else "",
    )


NONCE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Names:
    """A person's login and full name, with the nonce that keeps their hash from being guessed."""

    login: str
    full_name: str
    nonce: bytes

    @property
    def digest(self) -> str:
        """SHA-256(nonce || login || full name) in hex: what the voucher holds."""
        return primitives.sha256(self.nonce, self.login.encode(), self.full_name.encode()).hex()


def fresh_names(login: str, full_name: str) -> Names:
    return Names(login, normalize("NFC", full_name), primitives.random_bytes(NONCE_BYTES))


def person_row(
    names: Names, *, person: str, vault: str, public: bytes, version: int
) -> dict[str, Any]:
    """The row of a person without a password.

    The names are sealed to the catalogue key, so that a thief of the disk learns no staff list.
    """
    nonce = base64.b64encode(names.nonce).decode()
    body = canonical({"full_name": names.full_name, "login": names.login, "nonce": nonce})
    info = context("person", vault, person=person, version=version)
    return {
        "id": person,
        "login": names.login,
        "locked": None,
        "name_version": version,
        "name_sealed": primitives.hpke_seal(public, body, info),
        "failures": 0,
    }


def open_names(
    sealed: bytes, *, secret: bytes, voucher: Voucher, vault: str, version: int
) -> Names:
    """Open a person's names."""
    info = context("person", vault, person=voucher.person.id, version=version)
    match parse(primitives.hpke_open(secret, sealed, info)):
        case {"login": str(login), "full_name": str(full_name), "nonce": str(nonce)}:
            names = Names(login, full_name, decode_base64(nonce))
            if names.digest == voucher.name:
                return names
        case _:
            pass
    raise Tampered("a person's name is not the one that was vouched for")
