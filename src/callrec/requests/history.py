"""Write what happens to a request, and the words beside it; read them back.

A leaf is an event of a request if it was done, its act is one of `RequestAct`, the request stands
in its subject with all else that such an act names, and it is attested: a person who writes the
database can add none in another's name.

A leaf keeps the words of a decision sealed to the audit key alone. People who asked may not have
that key, and are shown the reason nevertheless: the same words lie under the request key too, and
count only if the leaf commits to them (docs/formats/grant.md, 4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.leaf import Leaf, detail_commitment
from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.requests import reference_of
from callrec.catalogue.tables import to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.crypto.statement import Statement, entries_in
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.holds.log import lift_with_request
from callrec.policy.hold import LIFTING_ACTS
from callrec.policy.purpose import purpose_of
from callrec.policy.request import RequestAct, check_can_happen
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice
from callrec.record.acts import done_leaves, log_leaf
from callrec.record.forms import NONCE_BYTES
from callrec.record.rows import Columns
from callrec.record.versions import Versioned, checked_details
from callrec.requests.model import (
    DATING_ACTS,
    MAKING_ACTS,
    History,
    OpenRequest,
    RequestVersion,
    uids_asked_for,
)


def columns_of(history: History) -> Columns:
    """The columns of a request that follow from its leaves."""
    return {
        "purpose": purpose_of(history.request),
        "state": history.state,
        "created_at": to_millis(history.events[0].at),
        "requester": history.requester,
        "version": history.version,
    }


REQUESTS: Final = Versioned(
    versions=tables.request_version,
    keys=tables.request_key,
    holders=(VaultKey.CATALOGUE,),
    table=tables.request,
    letter="R",
    made_by=RequestAct.CREATED,
    acts=frozenset(RequestAct),
    history=History,
    row_of=lambda _, history: columns_of(history),
    named_among=None,
)


def decides_each_recording(
    leaf: Leaf, fields: Mapping[str, Any], about: Iterable[Leaf], *lists: str
) -> bool:
    """Whether a statement names what the version asks for that stood then, each recording once."""
    asked: tuple[str, ...] | None = None
    for each in about:
        if each.act in MAKING_ACTS and each.seq < leaf.seq:
            asked = uids_asked_for(each)
    decided = [uid for name in lists for (uid,) in entries_in(fields, name, "uid")]
    return asked is not None and sorted(decided) == sorted(asked)


def read_history(practice: Practice, connection: Connection, request: str) -> History:
    """Everything that happened to a request."""
    return REQUESTS.read(connection, practice.register, request)


def log_request_event(
    act: LogTransaction,
    actor: Actor,
    history: History,
    what: RequestAct,
    *,
    subject: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
    nonce: bytes = b"",
    statement: Statement | None = None,
) -> History:
    """Let something happen to a request: its leaf, and the columns that follow from it.

    What ends it lifts its hold, too.
    """
    check_can_happen(history.events, what, reference_of(act.connection, history.request))
    subject = [history.request, *subject]
    leaf = log_leaf(act, actor, what, subject, details=details, nonce=nonce, statement=statement)
    after = replace(history, leaves=(*history.leaves, leaf))
    REQUESTS.update(act.connection, history.request, after)
    if what in LIFTING_ACTS:
        lift_with_request(act, actor, request=history.request)
    return after


@dataclass(frozen=True, slots=True)
class RequestOutline:
    """What the leaves tell of a request that nobody opened: enough for lists, and for no more."""

    makers: frozenset[str]
    uids: tuple[str, ...]
    """Of the recordings that the version that stands asks for."""
    is_gathered: bool
    """That version came of a gathering: all that matches was looked for, whatever was found."""


def read_versions(connection: Connection) -> Mapping[str, Sequence[Leaf]]:
    """By request: the leaf that made each of its versions, oldest first."""
    versions = defaultdict[str, list[Leaf]](list)
    for leaf in done_leaves(connection, MAKING_ACTS):
        versions[leaf.subject[0]].append(leaf)
    return versions


def read_outlines(connection: Connection) -> Mapping[str, RequestOutline]:
    """Who made or changed each request, and how many recordings it asks for."""
    return {
        request: RequestOutline(
            makers=frozenset(leaf.actor for leaf in made if leaf.act != RequestAct.GATHERED),
            uids=uids_asked_for(made[-1]),
            is_gathered=made[-1].act == RequestAct.GATHERED,
        )
        for request, made in read_versions(connection).items()
    }


def outline_of(makings: Mapping[str, RequestOutline], row: Row[Any]) -> RequestOutline:
    """Of one request."""
    if row.id not in makings:
        raise Tampered(f"request R-{row.number} is in no leaf")
    return makings[row.id]


def log_with_words(
    act: LogTransaction,
    actor: Actor,
    request: OpenRequest,
    what: RequestAct,
    words: Mapping[str, Any],
    *,
    history: History | None = None,
    subject: Sequence[str] = (),
    statement: Statement | None = None,
) -> History:
    """Log an act on a request, and keep its words beside the leaf."""
    nonce = primitives.random_bytes(NONCE_BYTES) if words else b""
    history = history or request.history
    after = log_request_event(
        act,
        actor,
        history,
        what,
        subject=subject,
        details=words or None,
        nonce=nonce,
        statement=statement,
    )
    if words:
        plain = nonce + canonical(dict(words))
        store_words(act.connection, request.version_id, request.key, after.leaves[-1].seq, plain)
    return after


def store_words(
    connection: Connection, version_id: RequestVersion, key: bytes, seq: int, words: bytes
) -> None:
    """Seal ``nonce[32] || canonical JSON`` of a leaf under the key of the version that stands."""
    place = {"seq": seq, "request": version_id.request, "version": version_id.version}
    sealed = primitives.seal(key, words, _context(version_id, seq))
    connection.execute(tables.request_words.insert().values(**place, sealed=sealed))


def open_words(connection: Connection, request: OpenRequest) -> Mapping[int, tuple[bytes, bytes]]:
    """By leaf: the nonce and the canonical JSON of its words.

    Only under the versions whose key the reader has: one before a grant was not theirs to read.
    """
    table, versions, found = tables.request_words, request.history.versions, {}
    for row in connection.execute(select(table).where(table.c.request == request.id)):
        if versions.get(row.seq) != row.version:
            raise Tampered(f"words beside leaf {row.seq} are kept where nobody said them")
        key = request.keys.get(row.version)
        if key is not None:
            info = _context(request.version_id, row.seq)
            opened = primitives.open_sealed(key, bytes(row.sealed), info)
            found[row.seq] = opened[:NONCE_BYTES], opened[NONCE_BYTES:]
    return found


def read_words(connection: Connection, request: OpenRequest) -> Mapping[int, Mapping[str, Any]]:
    """The words of people who decided, by leaf; of dates, see `clock.read_dates`.

    Nor of letters, which `letters.log` reads.
    """
    opened, found = open_words(connection, request), {}
    for leaf in request.history.leaves:
        if leaf.seq not in opened or leaf.act in (*DATING_ACTS, RequestAct.LETTER_WRITTEN):
            continue
        nonce, body = opened[leaf.seq]
        if detail_commitment(request.version_id.vault, leaf.seq, nonce, body) != leaf.detail:
            raise Tampered(f"what is kept beside leaf {leaf.seq} is not what was said")
        found[leaf.seq] = checked_details(parse(body))
    return found


def _context(version_id: RequestVersion, seq: int) -> bytes:
    return context("request-words", version_id.vault, request=version_id.request, seq=seq)
