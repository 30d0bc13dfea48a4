"""What is sealed to one person besides their shares: their grants, and single keys.

People who leave or have lost their password have no use for it, and a finder of that password must
not have it. None of it is the only copy: each key of a request or an incident lies under a vault
key as well, and what was granted can be granted again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select

from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.requests import destroy_grants
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.errors import Locked, Tampered
from callrec.incidents.log import INCIDENTS, read_incident_history
from callrec.mail.outbox import notify
from callrec.policy.request import RequestAct, RequestState
from callrec.practice import Actor, Practice
from callrec.record.acts import check_whole_log, done_leaves
from callrec.record.forms import NONCE_BYTES
from callrec.requests.history import REQUESTS, log_request_event, read_history, store_words
from callrec.requests.model import History, RequestVersion

MAY_NOT_HEAR: Final = "Whoever it was granted to may not hear recordings any more"

HAS_ANOTHER_KEY: Final = "Whoever it was granted to has another key now, which does not open it"

_GRANTED: Final = frozenset({RequestState.APPROVED, RequestState.RELEASED})


def take_back_grants(
    practice: Practice, act: LogTransaction, actor: Actor, person: str, *, why: str
) -> tuple[str, ...]:
    """Destroy a person's grants; returns under which requests, ``R-17``.

    A request under which nobody else holds anything is undecided again, as if it had been revoked.
    """
    request, grant = tables.request, tables.grant
    under = select(grant.c.request).where(grant.c.person == person)
    query = select(request).where(request.c.id.in_(under)).order_by(request.c.number)
    rows = act.connection.execute(query).all()
    for row in rows:
        history = read_history(practice, act.connection, row.id)
        destroy_grants(act.connection, row.id, history.requester, to=person)
        left = act.connection.execute(select(grant.c.uid).where(grant.c.request == row.id))
        if left.first() is None and history.state in _GRANTED:
            _log_revoked(practice, act, actor, row, history, why=why)
    return tuple(f"R-{row.number}" for row in rows)


def drop_keys_of(connection: Connection, person: str) -> None:
    """Delete every request key and incident key that is sealed to a person."""
    for table in (tables.request_key, tables.incident_key):
        connection.execute(table.delete().where(table.c.holder == person))


def seal_keys_anew(
    practice: Practice, act: LogTransaction, actor: Actor, *, person: str, public: bytes
) -> None:
    """Seal to a person's new key what is theirs by the log: own requests, known incidents."""
    requests, incidents = tables.request, tables.incident
    asked = act.connection.execute(select(requests).where(requests.c.requester == person)).all()
    known = act.connection.execute(
        select(incidents).where(or_(incidents.c.reporter == person, incidents.c.told == person))
    ).all()
    if not asked and not known:
        return
    check_whole_log(practice, act.connection)
    made = {
        leaf.subject[0]: leaf.actor for leaf in done_leaves(act.connection, [RequestAct.CREATED])
    }
    for row in asked:
        if made.get(row.id) != person:
            raise Tampered(f"the requester of request R-{row.number} is not what the log says")
        for version in range(1, row.version + 1):
            which = RequestVersion(practice.vault, row.id, version)
            key = REQUESTS.key_by_vault(actor, act.connection, which)
            REQUESTS.put_key(act.connection, which, key, public, holder=person)
    for row in known:
        history = read_incident_history(practice, act.connection, row.id)
        if person not in (history.reporter, history.told):
            raise Tampered(f"incident I-{row.number} does not concern whom its row says")
        for version in range(1, history.version + 1):
            of_it = history.which(practice.vault, version)
            key = INCIDENTS.key_by_vault(actor, act.connection, of_it)
            INCIDENTS.put_key(act.connection, of_it, key, public, holder=person)


def _log_revoked(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    row: Row[Any],
    history: History,
    *,
    why: str,
) -> None:
    which = RequestVersion(practice.vault, row.id, row.version)
    nonce = primitives.random_bytes(NONCE_BYTES)
    words = {"reason": why}
    after = log_request_event(act, actor, history, RequestAct.REVOKED, details=words, nonce=nonce)
    with suppress(Locked):  # an actor who opens nothing leaves it in the log alone
        key = REQUESTS.key_by_vault(actor, act.connection, which)
        store_words(act.connection, which, key, after.leaves[-1].seq, nonce + canonical(words))
    to, by = history.requester, actor.person.id
    notify(practice, act.connection, f"R-{row.number}", "was revoked", to=to, by=by)
