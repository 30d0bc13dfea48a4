"""Whose acts the leaves are: a leaf is attested if the first checkpoint covering it is its actor's.

Nobody can so put an act in another's name, whatever he writes into the database
(docs/formats/audit-log.md). ``verify`` asks the same of the whole log; this, of single leaves.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import select

from callrec.audit import tree
from callrec.audit.checkpoint import check_checkpoint, origin
from callrec.audit.log import node_reader, read_leaf, stored_head
from callrec.catalogue import tables
from callrec.errors import NotFound, Tampered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.audit.register import Register
    from callrec.crypto.primitives import SigningPublic


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
