"""Sessions: begun with a password, opened at their own terminal, listed and ended by anyone's.

A session's key is certified by the person's own, which the log keeps; the keys that it opens lie
sealed in the vault for as long as it lasts. So what a terminal keeps of one that has ended opens
nothing and signs nothing that counts, wherever it was copied to (docs/formats/keys.md, 6).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from callrec.audit.log import Signer
from callrec.audit.session import (
    LOGIN,
    LOGOUT,
    SESSION_STATEMENT,
    SESSIONS_ENDED,
    SessionCertificate,
    session_fields,
    session_limit,
)
from callrec.audit.sessions import (
    checked_session,
    find_certificate,
    last_attestable,
    sessions_lasting,
)
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant, parse, parse_instant
from callrec.crypto.context import context
from callrec.dataclass import dataclass
from callrec.errors import Locked, Tampered
from callrec.login.keyring import Session, forget_session
from callrec.login.people import find_person, logins
from callrec.policy.authority import check_may
from callrec.policy.role import Power, Standing, VaultKey, powers_of
from callrec.practice import Actor, Practice, attempt, shares_needed, signing, today, writing
from callrec.record.entitled import without_lapsed_powers
from callrec.record.statements import sign_statement_as
from callrec.system.terminal import Place

KEYS_KEPT_BY_SESSION = (VaultKey.CATALOGUE, VaultKey.INDEX)

_ENDED = "this login has ended"


def begin_session(practice: Practice, actor: Actor, place: Place) -> tuple[Session, datetime]:
    """Begin a session of somebody who gave their password; returns it, and until when it lasts."""
    secret = primitives.random_bytes(primitives.KEY_BYTES)
    public = primitives.signing_public(_signing_seed(practice.vault, secret))
    kept = {which: key for which, key in actor.shares.items() if which[0] in KEYS_KEPT_BY_SESSION}
    sealed = primitives.seal(
        _lock(practice.vault, secret),
        canonical(_as_json(kept)),
        context("session-keys", practice.vault, person=actor.person.id, public=_base64(public)),
    )
    until = practice.now() + session_limit(place.terminal)
    fields = session_fields(
        public=public,
        until=format_instant(until),
        terminal=place.terminal,
        place=place.digest,
        sealed=primitives.sha256(sealed).hex(),
    )
    statement = sign_statement_as(practice, actor, SESSION_STATEMENT, fields)
    with writing(practice, actor.signer) as act:
        _drop_ended(practice, act.connection)
        act.leaf(LOGIN, actor=actor.person.id, statement=statement)
        row = {"statement": statement.digest, "person": actor.person.id, "sealed": sealed}
        act.connection.execute(tables.session.insert().values(row))
    session = Session(
        vault=practice.vault,
        place=place.digest,
        certificate=statement.digest,
        login=actor.login,
        root=practice.root,
        secret=secret,
        used_at=practice.now(),
    )
    return session, until


def actor_by_session(practice: Practice, session: Session) -> Actor:
    """A person at work with what their login keeps: no signing, no recordings.

    Raises:
        Locked: it has ended: by its time, by a logout, or by what became of its person.
        Tampered: the root that their seed was locked with is not this vault's; or what its
            certificate or its keys are is not what was signed.
    """
    if not primitives.constant_time_equal(session.root, practice.root):
        raise Tampered("the audit log does not begin as it did when this key was made")
    seed = _signing_seed(practice.vault, session.secret)
    with reading(practice.engine) as connection:
        sealed = _sealed_keys(connection, session)
        certificate = _open_certificate(practice, connection, session)
        if certificate.public != primitives.signing_public(seed):
            raise Tampered("this login's key is not the one that was certified")
        shares = _open_shares(practice, session, certificate, sealed)
        person = practice.register.person(certificate.person)
        person = without_lapsed_powers(practice, connection, person)
    signer = Signer(certificate.person, seed, certificate)
    needed = shares_needed(practice, person, shares)
    return Actor(person, session.login, signer, identity=None, shares=needed)


def log_out(
    practice: Practice, session: Session | None, place: Place, environ: Mapping[str, str]
) -> bool:
    """End the session of a terminal, on record; returns whether there was one."""
    ended = session is not None and end_session(practice, session)
    return forget_session(practice.vault, place.digest, environ) and ended


def end_session(practice: Practice, session: Session) -> bool:
    """End one session, on record; returns whether it was open."""
    try:
        actor = actor_by_session(practice, session)
        with writing(practice, actor.signer) as act:
            drop_sessions(act.connection, certificate=session.certificate)
            act.leaf(LOGOUT, actor=actor.person.id)
    except Locked:
        return False
    return True


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A login that is open somewhere."""

    user: str
    since: datetime
    until: datetime
    terminal: str


def list_sessions(
    practice: Practice, actor: Actor, *, login: str | None = None
) -> tuple[OpenSession, ...]:
    """Who is logged in, and where: everybody's for those who govern, else the actor's own.

    Of the person whose login is given alone, if one is.

    Raises:
        NotFound: nobody has that login.
    """
    if login is not None:
        find_person(practice, login)
    sees_all = Power.GOVERN in powers_of(actor.person, today(practice))
    called = logins(practice)
    with reading(practice.engine) as connection:
        return tuple(
            OpenSession(
                called[each.person],
                parse_instant(each.since),
                parse_instant(each.until),
                each.terminal,
            )
            for each in _open_ones(practice, connection)
            if (sees_all or each.person == actor.person.id) and login in (None, called[each.person])
        )


def end_sessions(practice: Practice, actor: Actor, *, login: str) -> int:
    """End every session of a person, wherever it is open; returns how many there were.

    Raises:
        NotFound: nobody has that login.
        Refused: it is somebody else's, and the actor does not govern.
    """
    row, _ = find_person(practice, login)
    with (
        attempt(practice, actor, SESSIONS_ENDED, subject=[row.id]),
        signing(practice, actor) as act,
    ):
        if row.id != actor.person.id:
            check_may(actor.person, Power.GOVERN, on=today(practice))
        ended = [each for each in _open_ones(practice, act.connection) if each.person == row.id]
        drop_sessions(act.connection, person=row.id)
        act.leaf(SESSIONS_ENDED, actor=actor.person.id, subject=[row.id])
    return len(ended)


def drop_sessions(connection: Connection, *, person: str = "", certificate: str = "") -> None:
    """Delete what one session, or every session of a person, keeps sealed in the vault."""
    rows = tables.session
    which = rows.c.person == person if person else rows.c.statement == certificate
    connection.execute(rows.delete().where(which))


def check_session_rows(connection: Connection, vault: str) -> None:
    """Check that what lies sealed for sessions is what their certificates say.

    Raises:
        Tampered: it is not.
    """
    for row in connection.execute(select(tables.session)):
        stated = find_certificate(connection, vault, row.statement)
        sealed = primitives.sha256(bytes(row.sealed)).hex()
        if (stated.person, stated.sealed) != (row.person, sealed):
            raise Tampered("what lies sealed for a session is not what its certificate says")


def _open_certificate(
    practice: Practice, connection: Connection, session: Session
) -> SessionCertificate:
    """The certificate of a session that is still open; Locked if it has ended."""
    certificate, last = checked_session(connection, practice.register, session.certificate)
    now, standing = format_instant(practice.now()), practice.register.person(certificate.person)
    is_now = certificate.since <= now <= certificate.until and certificate.place == session.place
    if last is not None or not is_now or standing.standing is not Standing.CONFIRMED:
        raise Locked(_ENDED, hint="run callrec login")
    return certificate


def _sealed_keys(connection: Connection, session: Session) -> bytes:
    """What lies sealed for a session until it ends.

    A catalogue that was restored, and is older than the login, knows nothing of it either.
    """
    rows = tables.session.c
    query = select(rows.sealed).where(rows.statement == session.certificate)
    sealed: bytes | None = connection.execute(query).scalar()
    if sealed is None:
        raise Locked(_ENDED, hint="run callrec login")
    return sealed


def _open_shares(
    practice: Practice, session: Session, certificate: SessionCertificate, sealed: bytes
) -> Mapping[tuple[VaultKey, int], bytes]:
    public = _base64(certificate.public)
    info = context("session-keys", practice.vault, person=certificate.person, public=public)
    opened = primitives.open_sealed(_lock(practice.vault, session.secret), sealed, info)
    shares = {
        (VaultKey(each["key"]), int(each["version"])): base64.b64decode(each["secret"])
        for each in parse(opened)["shares"]
    }
    for (key, version), secret in shares.items():
        practice.register.check_opened(key, version, secret)
    return shares


def _open_ones(practice: Practice, connection: Connection) -> Iterator[SessionCertificate]:
    now = format_instant(practice.now())
    for each in sessions_lasting(connection, practice.vault, now):
        if last_attestable(connection, practice.register, each) is None:
            yield each


def _drop_ended(practice: Practice, connection: Connection) -> None:
    """Delete what sessions that are over by now have left."""
    rows = tables.session
    lasting = [each.digest for each in _open_ones(practice, connection)]
    connection.execute(rows.delete().where(rows.c.statement.not_in(lasting)))


def _signing_seed(vault: str, secret: bytes) -> bytes:
    return primitives.derive(secret, context("session sign", vault))


def _lock(vault: str, secret: bytes) -> bytes:
    return primitives.derive(secret, context("session lock", vault))


def _as_json(shares: Mapping[tuple[VaultKey, int], bytes]) -> dict[str, Any]:
    listed = [
        {"key": key, "secret": _base64(secret), "version": version}
        for (key, version), secret in sorted(shares.items())
    ]
    return {"shares": listed}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
