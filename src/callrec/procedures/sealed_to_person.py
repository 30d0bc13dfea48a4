"""What is sealed to one person besides his shares: what was granted to him, and single keys.

Who leaves, or has lost his password, has no use of it; nor is whoever learns that password to have.
None of it is the only copy: each key of a request or an incident lies under a vault key as well,
and what was granted can be granted again.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select

from callrec.catalogue import tables
from callrec.catalogue.incidents import insert_incident_key, sealed_keys
from callrec.catalogue.requests import CATALOGUE, destroy_grants_to, find_key, put_key
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.errors import Locked, Tampered
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.role import VaultKey
from callrec.practice import vault_key
from callrec.procedures.incident_log import VAULT_HOLDERS, read_incident_history
from callrec.procedures.incident_sealed import open_incident_key, seal_incident_key
from callrec.procedures.request_log import log_request_event, read_history
from callrec.procedures.request_words import store_words
from callrec.procedures.sealed_request import (
    NONCE_BYTES,
    Version,
    open_request_key,
    seal_request_key,
)
from callrec.procedures.telling import tell
from callrec.record.acts import check_log, leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

    from callrec.audit.log import Writing
    from callrec.practice import Actor, Practice
    from callrec.procedures.request_log import History

MAY_NOT_HEAR: Final = "Whoever it was granted to may not hear recordings any more"
HAS_ANOTHER_KEY: Final = "Whoever it was granted to has another key now, which does not open it"
_GRANTED: Final = frozenset({RequestState.APPROVED, RequestState.RELEASED})


def take_back_grants(
    practice: Practice, act: Writing, actor: Actor, person: str, *, why: str
) -> tuple[str, ...]:
    """Destroy what was granted to somebody; returns under which requests, ``R-17``.

    A request under which nobody else holds anything is undecided again, as if it had been revoked.
    """
    request, grant = tables.request, tables.grant
    under = select(grant.c.request).where(grant.c.person == person)
    query = select(request).where(request.c.id.in_(under)).order_by(request.c.number)
    rows = act.connection.execute(query).all()
    for row in rows:
        history = read_history(practice, act.connection, row.id)
        destroy_grants_to(act.connection, row.id, history.requester, person)
        left = act.connection.execute(select(grant.c.uid).where(grant.c.request == row.id))
        if left.first() is None and history.state in _GRANTED:
            _log_revoked(practice, act, actor, row, history, why=why)
    return tuple(f"R-{row.number}" for row in rows)


def drop_keys_of(connection: Connection, person: str) -> None:
    """Delete every request key and incident key that is sealed to somebody."""
    for table in (tables.request_key, tables.incident_key):
        connection.execute(table.delete().where(table.c.holder == person))


def seal_keys_anew(
    practice: Practice, act: Writing, actor: Actor, *, person: str, public: bytes
) -> None:
    """Seal to a person's new key what is his by the log: his own requests, incidents that he knows.

    Args:
        practice: the open vault.
        act: the write transaction, in which nothing was written yet.
        actor: who opens it, by the vault's keys.
        person: whose requests.
        public: his new X-Wing key.

    Raises:
        Locked: the actor has not the key that opens them.
        Tampered: the log is not as it was signed, or a key is missing or does not open.
    """
    requests, incidents = tables.request, tables.incident
    asked = act.connection.execute(select(requests).where(requests.c.requester == person)).all()
    known = act.connection.execute(
        select(incidents).where(or_(incidents.c.reporter == person, incidents.c.told == person))
    ).all()
    if not asked and not known:
        return
    check_log(practice, act.connection)
    made = {leaf.subject[0]: leaf.actor for leaf in leaves_of(act.connection, [RequestAct.CREATED])}
    for row in asked:
        if made.get(row.id) != person:
            raise Tampered(f"the requester of request R-{row.number} is not what the log says")
        _seal_request_keys(practice, act.connection, actor, row, person=person, public=public)
    for row in known:
        _seal_incident_keys(practice, act.connection, actor, row, person=person, public=public)


def _seal_request_keys(
    practice: Practice,
    connection: Connection,
    actor: Actor,
    row: Row[Any],
    *,
    person: str,
    public: bytes,
) -> None:
    for version in range(1, row.version + 1):
        which = Version(practice.vault, row.id, version)
        key = _request_key(actor, connection, which)
        sealed = seal_request_key(key, which, public)
        put_key(connection, row.id, version, holder=person, key_version=0, sealed=sealed)


def _seal_incident_keys(
    practice: Practice,
    connection: Connection,
    actor: Actor,
    row: Row[Any],
    *,
    person: str,
    public: bytes,
) -> None:
    history = read_incident_history(practice, connection, row.id)
    if person not in (history.reporter, history.told):
        raise Tampered(f"incident I-{row.number} does not concern whom its row says")
    table = tables.incident_key
    place = (table.c.incident == row.id) & (table.c.holder == person)
    connection.execute(table.delete().where(place))
    for found in _openable(actor, connection, row.id):
        which = history.which(practice.vault, found.version)
        secret = vault_key(actor, VaultKey(found.holder), found.key_version)
        key = open_incident_key(bytes(found.sealed), which, secret)
        insert_incident_key(
            connection,
            row.id,
            found.version,
            holder=person,
            key_version=0,
            sealed=seal_incident_key(key, which, public),
        )


def _openable(actor: Actor, connection: Connection, incident: str) -> Iterator[Row[Any]]:
    """Of each version of an incident, its key under a vault key, one that the actor has open."""
    rows = [row for row in sealed_keys(connection, incident) if row.holder in VAULT_HOLDERS]
    for _, group in groupby(rows, key=lambda row: row.version):
        each = list(group)
        opens = [r for r in each if (VaultKey(r.holder), r.key_version) in actor.shares]
        yield (opens or each)[0]


def _request_key(actor: Actor, connection: Connection, which: Version) -> bytes:
    found = find_key(connection, which.request, which.version, CATALOGUE)
    if found is None:
        raise Tampered("a request's key is missing")
    secret = vault_key(actor, VaultKey.CATALOGUE, found.key_version)
    return open_request_key(bytes(found.sealed), which, secret)


def _log_revoked(
    practice: Practice, act: Writing, actor: Actor, row: Row[Any], history: History, *, why: str
) -> None:
    which, nonce = Version(practice.vault, row.id, row.version), primitives.fresh(NONCE_BYTES)
    words = {"reason": why}
    after = log_request_event(act, actor, history, RequestAct.REVOKED, details=words, nonce=nonce)
    with suppress(Locked):  # whoever governs and opens nothing leaves it in the log alone
        key = _request_key(actor, act.connection, which)
        store_words(act.connection, which, key, after.leaves[-1].seq, nonce + canonical(words))
    to, by = history.requester, actor.person.id
    tell(practice, act.connection, f"R-{row.number}", "was revoked", to=to, by=by)
