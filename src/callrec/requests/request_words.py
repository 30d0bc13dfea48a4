"""What was said when a request was decided or dated, for whoever may read the request.

A leaf keeps such words sealed to the audit key alone. Whoever asked may not have that key, and is
told why nevertheless: the same words lie under the request key too, and count only if the leaf
commits to them (docs/formats/grant.md, 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.audit.leaf import detail_commitment
from callrec.catalogue import tables
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.errors import Tampered
from callrec.record.details import checked_details
from callrec.record.forms import NONCE_BYTES
from callrec.requests.history import log_request_event
from callrec.requests.model import DATING_ACTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.audit.log import LogTransaction
    from callrec.crypto.statement import Statement
    from callrec.policy.request import RequestAct
    from callrec.practice import Actor
    from callrec.requests.model import History, OpenRequest, RequestVersion

Words = Mapping[str, Any]


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
    """Let something happen to a request, and keep what was said beside its leaf.

    Args:
        act: the write transaction.
        actor: who does it.
        request: what it happens to.
        what: the event.
        words: what he says; empty if nothing.
        history: what happened so far, where that is more than `request` knows.
        subject: further ids beside the request's.
        statement: what the leaf carries.

    Raises:
        Refused: it cannot happen to the request as it stands.
    """
    nonce = primitives.random_bytes(NONCE_BYTES) if words else b""
    after = log_request_event(
        act,
        actor,
        history or request.history,
        what,
        subject=subject,
        details=words or None,
        nonce=nonce,
        statement=statement,
    )
    if words:
        told = nonce + canonical(dict(words))
        store_words(act.connection, request.which, request.key, after.leaves[-1].seq, told)
    return after


def store_words(
    connection: Connection, which: RequestVersion, key: bytes, seq: int, told: bytes
) -> None:
    """Seal ``nonce[32] || canonical JSON`` of a leaf under the key of the version that stands."""
    connection.execute(
        tables.request_words.insert().values(
            seq=seq,
            request=which.request,
            version=which.version,
            sealed=primitives.seal(key, told, _context(which, seq)),
        )
    )


def open_words(connection: Connection, request: OpenRequest) -> Mapping[int, tuple[bytes, bytes]]:
    """By leaf: the nonce and the canonical JSON of what was said.

    Only under the versions whose key the reader has: a version before a grant was not his to read.

    Raises:
        Tampered: they do not open, or lie at another version than the one that stood when their
            leaf was written, or at a leaf that is none of the request's.
    """
    table = tables.request_words
    versions = request.history.versions
    found = {}
    for row in connection.execute(select(table).where(table.c.request == request.id)):
        if versions.get(row.seq) != row.version:
            raise Tampered(f"words beside leaf {row.seq} are kept where nobody said them")
        key = request.keys.get(row.version)
        if key is not None:
            told = primitives.open_sealed(key, bytes(row.sealed), _context(request.which, row.seq))
            found[row.seq] = told[:NONCE_BYTES], told[NONCE_BYTES:]
    return found


def read_words(connection: Connection, request: OpenRequest) -> Mapping[int, Words]:
    """What was said by whoever decided, by the sequence of its leaf.

    What was said when a request was dated is in `request_clock`, as its leaf tells more than that.

    Raises:
        Tampered: it is not what the leaf commits to.
    """
    told = open_words(connection, request)
    return {
        leaf.seq: _held_against(leaf, request, *told[leaf.seq])
        for leaf in request.history.leaves
        if leaf.seq in told and leaf.act not in DATING_ACTS
    }


def _held_against(leaf: Leaf, request: OpenRequest, nonce: bytes, body: bytes) -> Words:
    if detail_commitment(request.which.vault, leaf.seq, nonce, body) != leaf.detail:
        raise Tampered(f"what is kept beside leaf {leaf.seq} is not what was said")
    return checked_details(parse(body))


def _context(which: RequestVersion, seq: int) -> bytes:
    return context("request-words", which.vault, request=which.request, seq=seq)
