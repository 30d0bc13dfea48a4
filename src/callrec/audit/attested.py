"""Whose acts the leaves are; clocks set back.

Nobody can put an act in another person's name, whatever they write into the database
(docs/formats/audit-log.md). ``verify`` checks this for the whole log; this module, for single
leaves.

A leaf's time comes from the clock of its writer, and nothing can prove it. But others write to the
same log: if the next leaf has an earlier time, one of the two clocks was wrong, and something may
have ended too soon by the later one (an undecided request, a lent power). This is reported for
someone to look at, and is not a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, func, select

from callrec.audit import tree
from callrec.audit.checkpoint import check_checkpoint, origin
from callrec.audit.leaf import Leaf
from callrec.audit.log import checkpoint_over, node_reader, read_leaf, stored_head
from callrec.audit.register import Register
from callrec.audit.resumed import read_set_aside
from callrec.audit.session import SessionCertificate
from callrec.audit.sessions import checked_session
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.crypto.primitives import SigningPublic
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Tampered

_BEFORE_TIME: Final = b'"at":"'
"""Canonical JSON is sorted and no id or act can contain this, so its first place is the time's."""

_LEEWAY: Final = timedelta(hours=1)
"""Two machines' clocks may differ, and a long command's leaves come after others'."""


_Sessions: TypeAlias = dict[str, tuple[SessionCertificate, int | None]]


def attested_leaves(
    connection: Connection, register: Register, seqs: Iterable[int]
) -> tuple[Leaf, ...]:
    """Read these leaves, checking that each is in the tree and is its actor's.

    Raises:
        Tampered: one of them is missing or changed, or its first checkpoint is by someone else, or
            it has none.
    """
    wanted = tuple(seqs)
    if not wanted:  # as for most acts on most days: no root is made for nothing
        return ()
    head, read = stored_head(connection), node_reader(connection)
    sessions: _Sessions = {}
    found, aside = [], None
    for seq in wanted:
        leaf, body = read_leaf(connection, seq)
        proof = tree.inclusion_proof(seq, head.size, read)
        tree.check_inclusion(tree.leaf_hash(body), seq, head.size, proof, head.root)
        first = checkpoint_over(connection, seq)
        if first is None:
            raise Tampered(f"no checkpoint covers leaf {leaf.seq} of the audit log")
        public = _attesting_key(connection, register, leaf, sessions)
        try:
            signed = check_checkpoint(bytes(first.note), public, origin(register.founders.vault))
        except Tampered:
            aside = aside or read_set_aside(connection, register)
            if seq not in aside.unsigned:
                raise
        else:
            if (signed.size, signed.root) != (first.size, tree.root(first.size, read)):
                raise Tampered(f"the checkpoint over leaf {leaf.seq} signs another log")
        found.append(leaf)
    return tuple(found)


def _attesting_key(
    connection: Connection, register: Register, leaf: Leaf, sessions: _Sessions
) -> SigningPublic:
    """The key that the first checkpoint over a leaf must be signed with."""
    try:
        public = register.public_keys(leaf.actor, before=leaf.seq).log
    except NotFound as error:
        raise Tampered(f"nobody vouched for the actor of leaf {leaf.seq}") from error
    if not leaf.session:
        return public
    if leaf.session not in sessions:
        sessions[leaf.session] = checked_session(connection, register, leaf.session)
    session, last = sessions[leaf.session]
    session.check_attests(leaf, last)
    return session.public


@dataclass(frozen=True, slots=True)
class ClockSetBack:
    """A leaf whose next one has a time more than an hour earlier."""

    seq: int
    at: datetime
    next_at: datetime
    """The time of the next leaf."""


def written_at() -> ColumnElement[bytes]:
    """The time in a leaf's bytes, for a query over leaves; sorts by time."""
    leaf = tables.leaf.c
    begins = func.instr(leaf.body, _BEFORE_TIME) + len(_BEFORE_TIME)
    return func.substr(leaf.body, begins, len("2026-11-24T09:05:00.000Z"))


def newest_time(*leaves: ColumnElement[bool]) -> Select[bytes]:
    """The query of the latest time in leaves; PostgreSQL has no greatest of bytes."""
    at = written_at().label("at")
    return select(at).where(*leaves).order_by(at.desc()).limit(1)


def find_clock_set_backs(connection: Connection) -> tuple[ClockSetBack, ...]:
    """Find the leaves after which a clock was set back, in the order of the log.

    Raises:
        Tampered: a leaf's time is not in its form.
    """
    seq, at = tables.leaf.c.seq, written_at()
    pairs = select(seq, at.label("at"), func.lead(at).over(order_by=seq).label("next")).subquery()
    rows = connection.execute(select(pairs).where(pairs.c.next < pairs.c.at).order_by(pairs.c.seq))
    found = (ClockSetBack(seq, _time(at), _time(next_at)) for seq, at, next_at in rows)
    return tuple(each for each in found if each.at - each.next_at > _LEEWAY)


def _time(written: bytes) -> datetime:
    return parse_instant(written.decode())
