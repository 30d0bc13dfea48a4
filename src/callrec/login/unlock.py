"""Find out who acts: by password, by credential, or by the login that is open [policy 4(i)].

Failures are in the audit log without the name that was typed, one leaf a minute with a count, and
several in a row slow the next ones from the same place (turns). Neither the error nor the time it
takes tells whether a login exists or only its password was wrong; a login that does not exist is
asked for the second factor of somebody, who is always the same.

To log in opens a session; at their first login, new people make their own key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Row, select

from callrec.audit.leaf import NOBODY, Outcome
from callrec.audit.log import Signer
from callrec.audit.session import PASSWORD_CHANGED
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, update_row
from callrec.catalogue.tables import to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.factor import NO_FACTORS, Factors, slot_of_nobody
from callrec.crypto.identity import Identity, LockedSeed, unlock
from callrec.crypto.statement import sign_statement
from callrec.dataclass import dataclass, replace
from callrec.errors import Locked, Misconfigured, NotFound, Tampered, Unusable, WrongPassword
from callrec.login.asking import Here
from callrec.login.choosing import check_password, facts_known
from callrec.login.factors import Presents, check_has_factor, lacks_factor, presenting
from callrec.login.keyring import Credential, Session, open_session, save_session
from callrec.login.locks import (
    Beside,
    check_lock,
    lock_digest,
    new_identity,
    open_shares,
    relock,
    strengthen_lock,
)
from callrec.login.machine import machine_here
from callrec.login.sessions import begin_session, log_out
from callrec.login.turns import HINT, turn_of
from callrec.policy.role import POWERS, Person, PersonId, Power, Standing, powers_named
from callrec.practice import Actor, Practice, check_unchanged, register_now, shares_needed, writing
from callrec.record.entitled import without_lapsed_powers
from callrec.system.terminal import Place, place_of, source_here

MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True, repr=False)
class Unlocked:
    """A seed that a password opened, before it is asked what it may do."""

    person: str
    login: str
    identity: Identity
    claimed: bool
    """It is the person's own key, which nobody has confirmed yet."""
    factors: Factors = NO_FACTORS
    """The second factors of the lock, one of which was presented."""


def unlock_person(
    practice: Practice,
    *,
    login: str,
    password: str,
    source: str | None = None,
    factor: Presents | None = None,
) -> Unlocked:
    """Open a person's seed with their password, and a second factor if they have one.

    It is done at this try's turn.

    Args:
        practice: whose vault it is.
        login: whose seed.
        password: as it was typed.
        source: where it was typed, if not in this process's own session.
        factor: presents the second factor; if none is given, what is kept on this machine.

    Raises:
        Locked: a wrong password or no such login; no second factor that this lock has; or too many
            tries wait for their turn.
    """
    with turn_of(practice, login=login, source=source or source_here()):
        row, locked = _lock_of(practice, login)
        factors = _presented(practice, locked, factor)
        try:
            identity, root = unlock(locked, password, practice.vault, factors.key)
        except Locked as error:
            _log_failure(practice)
            raise _not_let_in() from error
        if row is None:
            _log_failure(practice)
            raise _not_let_in()
    _check_root(practice, root)
    claimed = row.claimed is not None
    return Unlocked(row.id, login, identity, claimed=claimed, factors=factors)


def _presented(practice: Practice, locked: LockedSeed, factor: Presents | None) -> Factors:
    if not locked.factors:
        return NO_FACTORS
    factor = factor or presenting(Here(practice.vault, practice.state_folder))
    try:
        return Factors(factor(locked.person, locked.factors), locked.factors)
    except Locked:
        _log_failure(practice)
        raise


def actor_by_password(
    practice: Practice,
    *,
    login: str,
    password: str,
    source: str | None = None,
    factor: Presents | None = None,
    is_adding_one: bool = False,
) -> Actor:
    """A person at work with everything that their password opens, signing included.

    Args as `unlock_person`, and ``is_adding_one``: all that they do is to add a second factor.

    Raises:
        Locked: a wrong password, a key that is not confirmed yet, or a disabled person; or somebody
            who may approve requests and has no second factor, where the settings ask for one.
    """
    unlocked = unlock_person(practice, login=login, password=password, source=source, factor=factor)
    actor = actor_of(practice, unlocked)
    if not is_adding_one:
        check_has_factor(practice, actor)
    strengthen_lock(practice, actor, password)
    return actor


def actor_by_credential(practice: Practice, credential: Credential) -> Actor:
    """An intake service at work.

    Raises:
        Misconfigured: the credential is another vault's.
        Locked: it was disabled.
    """
    if credential.vault != practice.vault:
        raise Misconfigured("this credential belongs to another vault")
    _check_root(practice, credential.root)
    identity = Identity.from_seed(credential.seed, practice.vault)
    person = tables.person.c
    query = select(person.login).where(person.id == credential.person)
    with reading(practice.engine) as connection:
        login = connection.execute(query).scalar() or ""
    return actor_of(practice, Unlocked(credential.person, login, identity, claimed=False))


def actor_of(practice: Practice, unlocked: Unlocked, beside: Beside = ()) -> Actor:
    """What an opened seed may do now, with the parts of this machine and of those ``beside``."""
    beside = (*beside, *machine_here(practice))
    with reading(practice.engine) as connection:
        check_unchanged(practice, connection)  # or new shares would look forged
        person = _confirmed(practice, unlocked)
        kem = unlocked.identity.kem
        shares = open_shares(connection, practice.register, person.id, kem, beside)
        person = without_lapsed_powers(practice, connection, person)
    identity, needed = unlocked.identity, shares_needed(practice, person, shares)
    signer, factors = Signer(person.id, identity.log), unlocked.factors
    return Actor(person, unlocked.login, signer, identity, needed, factors, beside)


def _confirmed(practice: Practice, unlocked: Unlocked) -> Person:
    """Whose seed was opened, if they may act with it."""
    try:
        person = practice.register.person(unlocked.person)
    except NotFound as error:
        raise Tampered("nobody vouched for this login") from error
    if person.standing is Standing.DISABLED:
        raise Locked("this login is disabled", hint="a Data Controller can say why")
    if unlocked.claimed or person.standing is not Standing.CONFIRMED:
        raise Locked(
            "this key is not confirmed yet",
            hint=f"read its six words, which callrec login shows, to the Data Controller, who runs"
            f" callrec user confirm {unlocked.login}",
        )
    if practice.register.public_keys(person.id) != unlocked.identity.public:
        raise Tampered("this login's key is not the one that was vouched for")
    return person


def _check_root(practice: Practice, root: bytes) -> None:
    if not primitives.constant_time_equal(root, practice.root):
        raise Tampered("the audit log does not begin as it did when this key was made")


def _lock_of(practice: Practice, login: str) -> tuple[Row[tuple[object, ...]] | None, LockedSeed]:
    """A person's row and lock; for a login without a password no row, and another person's lock.

    Whose lock depends on the login alone, so that the same login always takes as long.
    """
    person = tables.person
    query = select(person).where(person.c.locked.is_not(None)).order_by(person.c.id)
    with reading(practice.engine) as connection:
        rows, register = connection.execute(query).all(), register_now(practice, connection)
    if not rows:
        raise Tampered("nobody has a password any more: somebody took their locks away")
    row = next((row for row in rows if row.login == login), None)
    if row is not None:
        check_lock(register, row)
    place = primitives.sha256(practice.root, login.encode(errors="replace"))
    shown = rows[int.from_bytes(place) % len(rows)] if row is None else row
    locked = LockedSeed.from_json(parse(shown.claimed or shown.locked))
    if row is None:  # or who owns the second factor that is shown would see it answer
        locked = replace(locked, factors=tuple(slot_of_nobody(s, place) for s in locked.factors))
    return row, locked


def _not_let_in() -> WrongPassword:
    return WrongPassword("no such login, or a wrong password", hint=HINT)


def _log_failure(practice: Practice) -> None:
    with writing(practice, None) as act:
        if count := _count_failure(act.connection, to_millis(practice.now())):
            act.leaf("login", actor=NOBODY, details={"count": count}, outcome=Outcome.FAILED)


def _count_failure(connection: Connection, now: int) -> int:
    """Count one failure; returns how many a leaf must now tell of, or 0 if this minute has one."""
    table = tables.failed_login
    counted = connection.execute(select(table.c.at).order_by(table.c.at)).scalars().all()
    if told := [at for at in counted if at // MINUTE_MS == now // MINUTE_MS]:
        connection.execute(table.insert().values(at=max(now, told[-1] + 1)))
        return 0
    connection.execute(table.delete())
    connection.execute(table.insert().values(at=now))
    return max(len(counted), 1)


NewFactors = Callable[[PersonId, frozenset[Power]], Factors]
"""Adds the second factor of a person's own key, by their id and what they will be able to do."""


def no_new_factors(_person: PersonId, _powers: frozenset[Power]) -> Factors:
    """None is added."""
    return NO_FACTORS


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """An open login."""

    login: str
    role: str
    ends_at: datetime
    """At the latest; ten minutes without a command end it earlier."""
    terminal: str
    must_add_factor: bool
    """They can do nothing that takes the password until they add a second factor."""


@dataclass(frozen=True, slots=True)
class AwaitingConfirmation:
    """A person's own key, which the Data Controller has to compare and confirm."""

    login: str
    fingerprint: str
    made_now: bool


def log_in(
    practice: Practice,
    *,
    login: str,
    password: str,
    new_password: Callable[[], str],
    environ: Mapping[str, str],
    factor: Presents | None = None,
    new_factors: NewFactors = no_new_factors,
) -> LoggedIn | AwaitingConfirmation:
    """Open a login at this terminal, or take a new person's first step; one that was open ends.

    The first time, ``password`` is the provisional one, ``new_password`` is asked for the password
    of their own key, and ``new_factors`` for its second factor. ``factor``: as `unlock_person`.

    Raises:
        Locked: a wrong password, or a disabled person.
        Unusable: the new password will not do.
    """
    place = place_of(environ)
    if place is None:
        raise Unusable(
            "a login belongs to a terminal, and there is none here",
            hint="set CALLREC_USER and CALLREC_PASSWORD_FILE for each command,"
            " or CALLREC_SESSION to a name of the script's own",
        )
    unlocked = unlock_person(practice, login=login, password=password, factor=factor)
    # Or what is typed next here would be somebody else's.
    before = open_session(practice.vault, place.digest, practice.now(), environ)
    log_out(practice, before, place, environ)
    begun = begin(
        practice,
        unlocked,
        password=password,
        new_password=new_password,
        new_factors=new_factors,
        place=place,
    )
    if isinstance(begun, AwaitingConfirmation):
        return begun
    session, logged_in = begun
    save_session(session, environ)
    return logged_in


def begin(
    practice: Practice,
    unlocked: Unlocked,
    *,
    password: str,
    new_password: Callable[[], str],
    place: Place,
    new_factors: NewFactors = no_new_factors,
) -> tuple[Session, LoggedIn] | AwaitingConfirmation:
    """Begin a session of whom a password opened, or take a new person's first step.

    Raises:
        Locked: the person is disabled.
        Unusable: the new password will not do.
    """
    standing = practice.register.person(unlocked.person).standing
    if unlocked.claimed:
        fingerprint = unlocked.identity.public.fingerprint
        return AwaitingConfirmation(unlocked.login, fingerprint, made_now=False)
    if standing is Standing.PROVISIONAL:
        return _claim(practice, unlocked, new_password(), new_factors)
    actor = actor_of(practice, unlocked)
    strengthen_lock(practice, actor, password)
    session, until = begin_session(practice, actor, place)
    lacks = lacks_factor(practice, actor)
    return session, LoggedIn(unlocked.login, actor.person.role, until, place.terminal, lacks)


def change_password(practice: Practice, actor: Actor, *, password: str) -> None:
    """Lock the actor's seed under another password; all their sessions end.

    Raises:
        Unusable: the new password will not do.
    """
    check_password(password, facts_known(practice, actor, practice.now()))
    relock(practice, actor, password, PASSWORD_CHANGED)


def _claim(
    practice: Practice, unlocked: Unlocked, password: str, new_factors: NewFactors
) -> AwaitingConfirmation:
    """Make the person's own key; the provisional one signs this claim and nothing else."""
    person = practice.register.person(unlocked.person)
    check_password(password, facts_known(practice, None, practice.now()))
    powers = POWERS[person.role]
    factors = new_factors(person.id, powers_named(person) or powers)
    own, locked = new_identity(
        practice, person=person.id, password=password, powers=powers, factors=factors
    )
    vault, now, seed = practice.vault, practice.now(), unlocked.identity.act
    fields = {"keys": own.public.as_json(), "lock": lock_digest(locked)}
    claim = sign_statement("claim", vault=vault, by=person.id, at=now, seed=seed, fields=fields)
    with writing(practice, Signer(person.id, unlocked.identity.log)) as act:
        update_row(act.connection, tables.person, person.id, claimed=locked)
        act.leaf("person.claimed", actor=person.id, subject=[person.id], statement=claim)
    return AwaitingConfirmation(unlocked.login, own.public.fingerprint, made_now=True)
