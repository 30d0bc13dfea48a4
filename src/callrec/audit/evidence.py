"""What somebody is given to show that a signed document stands on the practice's record.

A release and a certificate of destruction carry it: the proof of the leaf that commits to the
document, against the head that this leaf completes, and who signed what by which right.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from callrec.audit import tree
from callrec.audit.checkpoint import Proof, write_proof
from callrec.audit.log import node_reader, read_leaf
from callrec.audit.register import Register
from callrec.audit.signers import write_signers
from callrec.catalogue import tables
from callrec.crypto.canonical import canonical


@dataclass(frozen=True, slots=True)
class CommittingLeaf:
    """A leaf that commits to a document, and what opens its details to those who get that."""

    seq: int
    nonce: bytes
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a package carries to show that it stands on the practice's record."""

    seq: int
    """The leaf that commits to it."""
    proof: bytes
    """The file of its proof."""
    checkpoint: str
    """The log's head that it is for, a signed note."""
    signers: bytes
    """``signers.json``."""


def evidence_of(
    connection: Connection,
    register: Register,
    leaf: CommittingLeaf,
    *,
    carrying: Iterable[int],
    recordings: Sequence[dict[str, Any]] = (),
) -> Evidence:
    """The proof of a leaf, whose actor signed the head that it completes.

    Args:
        connection: sees one state of the catalogue throughout.
        register: as the log stands.
        leaf: what commits to the document.
        carrying: leaves that carry what others signed, or tell what they did.
        recordings: what these show of each recording.
    """
    seq, size, head = leaf.seq, leaf.seq + 1, tables.checkpoint
    of_leaf = select(head.c.note).where(head.c.size == size)
    checkpoint = bytes(connection.execute(of_leaf).scalar_one())
    entry, body = read_leaf(connection, seq)
    extra = {
        "details": dict(leaf.details),
        "leaf": base64.b64encode(body).decode(),
        "nonce": leaf.nonce.hex(),
    }
    hashes = tree.inclusion_proof(seq, size, node_reader(connection))
    return Evidence(
        seq,
        write_proof(Proof(seq, hashes, checkpoint, canonical(extra))),
        checkpoint.decode(),
        write_signers(
            connection, register, entry.actor, size, carrying=carrying, recordings=recordings
        ),
    )
