"""Whose acts the leaves are; clocks set back.

Nobody can so put an act in another's name, whatever he writes into the database
(docs/formats/audit-log.md). ``verify`` asks the same of the whole log; this, of single leaves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from callrec.audit import tree
from callrec.audit.checkpoint import check_checkpoint, origin
from callrec.audit.leaf import Leaf
from callrec.audit.log import node_reader, read_leaf, stored_head
from callrec.audit.register import Register
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.crypto.primitives import SigningPublic
from callrec.errors import NotFound, Tampered


def attested_leaves(
    connection: Connection, register: Register, seqs: Iterable[int]
) -> tuple[Leaf, ...]:
    """These leaves, each shown to stand in the tree and to be its actor's.

    Raises:
        Tampered: one of them is missing, was changed, or is covered first by somebody else's
            checkpoint, or by none.
    """
    # Neighbours share most of the nodes above them, and none of these ever changes.
    read = cache(node_reader(connection))
    head = stored_head(connection)
    found = []
    for seq in seqs:
        leaf, body = read_leaf(connection, seq)
        proof = tree.inclusion_proof(seq, head.size, read)
        tree.check_inclusion(tree.leaf_hash(body), seq, head.size, proof, head.root)
        _check_attested(connection, register, leaf, read)
        found.append(leaf)
    return tuple(found)


def _check_attested(
    connection: Connection, register: Register, leaf: Leaf, read: tree.Read
) -> None:
    point = tables.checkpoint
    first = connection.execute(
        select(point).where(point.c.size > leaf.seq).order_by(point.c.size).limit(1)
    ).first()
    if first is None:
        raise Tampered(f"no checkpoint covers leaf {leaf.seq} of the audit log")
    public = _log_key(register, leaf)
    signed = check_checkpoint(bytes(first.note), public, origin(register.founders.vault))
    if (signed.size, signed.root) != (first.size, tree.root(first.size, read)):
        raise Tampered(f"the checkpoint over leaf {leaf.seq} signs another log")


def _log_key(register: Register, leaf: Leaf) -> SigningPublic:
    try:
        return register.public_keys(leaf.actor, before=leaf.seq).log
    except NotFound as error:
        raise Tampered(f"nobody vouched for the actor of leaf {leaf.seq}") from error


# When leaves say that they were written, and where a clock was set back between two of them.
#
# A leaf says itself when it was written, by the clock of whoever wrote it, and nothing can prove
# it. But others write to the same log: where the next one says an earlier time, one of the two
# clocks was wrong, and what came to its end by the later one (a request that nobody decided, a
# power that was lent) may have come to it too soon. Somebody has to look, so it is told and is no
# verdict.

_BEFORE_TIME: Final = b'"at":"'
"""Canonical JSON sorts, and no id and no act can hold this: so the first of them is the leaf's."""

_TIME_BYTES: Final = len("2026-11-24T09:05:00.000Z")

_LEEWAY: Final = timedelta(hours=1)
"""By which two machines' clocks may differ, and a long command's leaves come after others'."""


@dataclass(frozen=True, slots=True)
class ClockSetBack:
    """A leaf after which another says that it was written earlier, by more than an hour."""

    seq: int
    at: datetime
    next_at: datetime
    """When the next one says that it was written."""


def written_at() -> ColumnElement[bytes]:
    """The time in a leaf, of a query over leaves, as the leaf has it; its order is that of time."""
    leaf = tables.leaf.c
    begins = func.instr(leaf.body, _BEFORE_TIME) + len(_BEFORE_TIME)
    return func.substr(leaf.body, begins, _TIME_BYTES)


def find_clock_set_backs(connection: Connection) -> tuple[ClockSetBack, ...]:
    """Wherever that is so, in the order of the log.

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
