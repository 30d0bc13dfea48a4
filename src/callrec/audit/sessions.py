"""Sessions in the log: their certificates, and which leaf is the last that each may attest.

A session is over with the first leaf after its login that is later than its end, that says so
(``logout`` under it, ``session.ended``, ``password.changed``), or that gives the person other keys
or none. What its key signs after that is TAMPERED, whatever time it gives (docs/formats/
audit-log.md, 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, select

from callrec.audit import tree
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import node_reader, read_leaf, stored_head
from callrec.audit.register import Register, Voucher, check_made_by
from callrec.audit.session import (
    LOGOUT,
    PASSWORD_CHANGED,
    SESSION_STATEMENT,
    SESSIONS_ENDED,
    SessionCertificate,
    read_certificate,
)
from callrec.catalogue import tables
from callrec.crypto.primitives import SigningPublic
from callrec.crypto.statement import Statement, read_statement
from callrec.errors import Tampered
from callrec.policy.role import Power, Standing, powers_vouched_for

_AT: Final = "substr(body, instr(body, :at) + 6, 24)"

_MAY_END: Final = (
    "SELECT seq FROM leaf WHERE seq > :seq AND ("  # noqa: S608 - constants of this module
    f"{_AT} > :until OR (instr(body, :named) > 0 AND ({_AT} < :since OR"
    " substr(body, 1, length(:logout)) = :logout))"
    " OR substr(body, 1, length(:changed)) = :changed"
    " OR (substr(body, 1, length(:ended)) = :ended AND instr(body, :person) > 0)"
    ") ORDER BY seq"
)
"""Leaves that may end a session; the first one that is later than its end does in any case."""

_NAMED: Final = (
    "SELECT DISTINCT substr(body, instr(body, :member) + length(:member), 64)"
    " FROM leaf WHERE seq >= :first AND instr(body, :member) > 0"
)

_LASTING: Final = (
    "SELECT digest FROM statement WHERE kind = :kind"
    " AND substr(body, instr(body, :member) + length(:member), 24) >= :now"
)


def find_certificate(connection: Connection, vault: str, digest: str) -> SessionCertificate:
    """The certificate that a leaf names; who signed it is not checked.

    Raises:
        Tampered: there is none, no leaf carries it, or it is not in its form.
    """
    leaf, statement = _carried(connection, vault, digest)
    return read_certificate(leaf, statement)


def check_certificate(
    connection: Connection, register: Register, certificate: SessionCertificate
) -> None:
    """Check that a session's person signed its certificate, and that its leaf is in the tree.

    Raises:
        Tampered: they did not, or it is not.
    """
    leaf, statement = _carried(connection, register.founders.vault, certificate.digest)
    check_made_by(register, leaf, statement)
    head, read = stored_head(connection), node_reader(connection)
    proof = tree.inclusion_proof(leaf.seq, head.size, read)
    tree.check_inclusion(tree.leaf_hash(leaf.encode()), leaf.seq, head.size, proof, head.root)


def checked_session(
    connection: Connection, register: Register, digest: str
) -> tuple[SessionCertificate, int | None]:
    """A session that a leaf names, and the last leaf that it may attest.

    Raises:
        Tampered: its certificate is missing, or not as its person signed it.
    """
    session = find_certificate(connection, register.founders.vault, digest)
    check_certificate(connection, register, session)
    return session, last_attestable(connection, register, session)


def last_attestable(
    connection: Connection, register: Register, session: SessionCertificate
) -> int | None:
    """The last leaf that a session's key may attest; None while the session is open."""
    vouched = last_by_voucher(register, session)
    ends = (vouched, next(_ended_in_log(connection, register, session), None))
    return min((end for end in ends if end is not None), default=None)


def sessions_named(
    connection: Connection, vault: str, *, since: int
) -> Mapping[str, SessionCertificate]:
    """The sessions by whose keys leaves from ``since`` on are attested, by their digests."""
    values = {"member": b'"session":"', "first": since}
    rows = connection.exec_driver_sql(_NAMED, values).all()
    digests = [bytes(found).decode(errors="replace") for (found,) in rows]
    return {digest: find_certificate(connection, vault, digest) for digest in digests}


def sessions_lasting(
    connection: Connection, vault: str, now: str
) -> tuple[SessionCertificate, ...]:
    """Every session whose certificate says that it is not over by this instant."""
    values = {"kind": SESSION_STATEMENT, "member": b'"until":"', "now": now.encode()}
    rows = connection.exec_driver_sql(_LASTING, values).all()
    return tuple(find_certificate(connection, vault, digest) for (digest,) in rows)


def all_sessions(connection: Connection, vault: str) -> Iterator[SessionCertificate]:
    """All sessions that there ever were, the newest first; who signed for them is not checked."""
    leaf, said = tables.leaf.c, tables.statement.c
    query = select(said.digest).where(said.digest == leaf.statement, said.kind == SESSION_STATEMENT)
    for digest in connection.execute(query.order_by(leaf.seq.desc())).scalars():
        yield find_certificate(connection, vault, digest)


def session_keys(connection: Connection, vault: str) -> Iterator[SigningPublic]:
    """The keys of all sessions that there ever were, the newest first."""
    return (session.public for session in all_sessions(connection, vault))


def _ends(register: Register, session: SessionCertificate, voucher: Voucher) -> bool:
    """Whether a voucher gives the person other keys, or shuts them out."""
    before = register.public_keys(session.person, before=session.seq)
    return voucher.person.standing is not Standing.CONFIRMED or voucher.keys != before


def _ended_in_log(
    connection: Connection, register: Register, session: SessionCertificate
) -> Iterator[int]:
    """The last leaf that may be attested, by each leaf that ends the session."""
    person = session.person
    values = {
        "seq": session.seq,
        "at": b'"at":"',
        "since": session.since.encode(),
        "until": session.until.encode(),
        "named": f'"session":"{session.digest}"'.encode(),
        "logout": f'{{"act":"{LOGOUT}",'.encode(),
        "changed": f'{{"act":"{PASSWORD_CHANGED}","actor":"{person}",'.encode(),
        "ended": f'{{"act":"{SESSIONS_ENDED}",'.encode(),
        "person": person.encode(),
    }
    for (seq,) in connection.exec_driver_sql(_MAY_END, values):
        last = last_by_leaf(register, session, read_leaf(connection, seq)[0])
        if last is not None:
            yield last


def last_by_leaf(register: Register, session: SessionCertificate, leaf: Leaf) -> int | None:
    """The last leaf that a session's key may attest, by a later leaf; None if that ends nothing."""
    is_before = leaf.session == session.digest and leaf.at < session.since
    if leaf.at > session.until or is_before:
        return leaf.seq - 1
    if leaf.outcome is Outcome.DONE and _says_so(register, session, leaf):
        return leaf.seq if leaf.act == LOGOUT else leaf.seq - 1
    return None


def last_by_voucher(register: Register, session: SessionCertificate) -> int | None:
    """The last leaf that a session may attest, by the vouchers about its person."""
    ends = (
        voucher.seq - 1
        for voucher in register.vouchers.get(session.person, ())
        if voucher.seq > session.seq and _ends(register, session, voucher)
    )
    return next(ends, None)


def _says_so(register: Register, session: SessionCertificate, leaf: Leaf) -> bool:
    if leaf.act == LOGOUT:
        return leaf.session == session.digest
    if leaf.act == PASSWORD_CHANGED:
        return leaf.actor == session.person
    if leaf.act != SESSIONS_ENDED or session.person not in leaf.subject:
        return False
    return leaf.actor == session.person or _governs(register, leaf)


def _governs(register: Register, leaf: Leaf) -> bool:
    voucher = register.voucher(leaf.actor, before=leaf.seq)
    return voucher is not None and Power.GOVERN in powers_vouched_for(voucher.person)


def _carried(connection: Connection, vault: str, digest: str) -> tuple[Leaf, Statement]:
    said, seq = tables.statement, tables.leaf.c.seq
    row = connection.execute(select(said).where(said.c.digest == digest)).first()
    carrying = select(seq).where(tables.leaf.c.statement == digest).order_by(seq).limit(1)
    found = connection.execute(carrying).scalar()
    if row is None or found is None:
        raise Tampered("a session is named of which the audit log has no certificate")
    statement = read_statement(row.body, row.signature, vault)
    if statement.digest != digest or statement.kind != SESSION_STATEMENT:
        raise Tampered("a session's certificate is not the one that was signed")
    leaf, _ = read_leaf(connection, found)
    if leaf.statement != digest or leaf.actor != statement.by:
        raise Tampered("a session's certificate is not the one that its leaf carries")
    return leaf, statement
