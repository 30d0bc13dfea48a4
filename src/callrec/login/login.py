"""Log in and out; at their first login, new people make their own key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from callrec.audit.log import Signer
from callrec.catalogue import tables
from callrec.catalogue.engine import update_row
from callrec.crypto import primitives
from callrec.crypto.identity import Identity
from callrec.crypto.statement import sign_statement
from callrec.login.keyring import SESSION_LIMIT, end_session, save_session
from callrec.login.locks import check_password, kdf_for, lock_seed, relock, strengthen_lock
from callrec.login.unlock import Unlocked, actor_of, session_of, unlock_person
from callrec.policy.role import POWERS, Standing
from callrec.practice import Actor, Practice, record, writing


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """An open login."""

    login: str
    role: str
    ends_at: datetime
    """At the latest; ten minutes without a command end it earlier."""


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
) -> LoggedIn | AwaitingConfirmation:
    """Open a login, or take a new person's first step; any login that was open ends.

    Args:
        practice: the open vault.
        login: who.
        password: their password, or the provisional one that they were given.
        new_password: asked only the first time: the password of their own key.
        environ: where the session may be kept.

    Raises:
        Locked: a wrong password, or a disabled person.
        Unusable: the new password will not do.
    """
    unlocked = unlock_person(practice, login=login, password=password)
    standing = practice.register.person(unlocked.person).standing
    if unlocked.claimed or standing is Standing.PROVISIONAL:
        end_session(practice.vault, environ)  # or what is typed next would be somebody else's
    if unlocked.claimed:
        return AwaitingConfirmation(login, unlocked.identity.public.fingerprint, made_now=False)
    if standing is Standing.PROVISIONAL:
        return _claim(practice, unlocked, new_password())
    actor = actor_of(practice, unlocked)
    record(practice, actor, "login")
    strengthen_lock(practice, actor, password)
    session = session_of(practice, actor)
    save_session(session, environ)
    return LoggedIn(login, actor.person.role, session.opened_at + SESSION_LIMIT)


def log_out(practice: Practice, environ: Mapping[str, str]) -> bool:
    """Forget the open login; returns whether there was one."""
    return end_session(practice.vault, environ)


def change_password(practice: Practice, actor: Actor, *, password: str) -> None:
    """Lock the actor's seed under another password; nothing else changes.

    Raises:
        Unusable: the new password will not do.
    """
    check_password(password, role=actor.person.role, known=(actor.login, practice.name))
    relock(practice, actor, password, "password.changed")


def _claim(practice: Practice, unlocked: Unlocked, password: str) -> AwaitingConfirmation:
    """Make the person's own key; the provisional one signs this claim and nothing else."""
    person = practice.register.person(unlocked.person)
    check_password(password, role=person.role, known=(unlocked.login, practice.name))
    own = Identity.from_seed(primitives.random_bytes(primitives.KEY_BYTES), practice.vault)
    kdf = kdf_for(practice.config.passwords, POWERS[person.role])
    locked = lock_seed(practice, own.seed, person=person.id, password=password, kdf=kdf)
    claim = sign_statement(
        "claim",
        vault=practice.vault,
        by=person.id,
        at=practice.now(),
        seed=unlocked.identity.act,
        fields={"keys": own.public.as_json()},
    )
    with writing(practice, Signer(person.id, unlocked.identity.log)) as act:
        update_row(act.connection, tables.person, person.id, claimed=locked)
        act.leaf("person.claimed", actor=person.id, subject=[person.id], statement=claim)
    return AwaitingConfirmation(unlocked.login, own.public.fingerprint, made_now=True)
