"""What somebody is given to show that a signed document stands on the practice's record.

A release and a certificate of destruction carry it: the proof of the leaf that commits to the
document, against the head that this leaf completes, and who signed what by which right.

The file signers.json shows who signed what, from the log's first entry on. Leaf 0 and the vouchers
that follow from it show how a key came to be allowed to sign, each with its proof against one head;
where a later recovery kit made a voucher, the statement that named that kit too. Among them stand
the leaves that carry what was signed: each with the head that its writer signed, and the proof that
the log goes on from there. Someone who trusts leaf 0, because its SHA-256 is the vault root that
the practice publishes, can replay them as ``register.replay`` does. They hold ids and keys, and of
a name only a salted hash (docs/formats/release.md, 11).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from callrec.audit import tree
from callrec.audit.checkpoint import Proof, encode_base64, write_proof
from callrec.audit.leaf import Leaf
from callrec.audit.log import checkpoint_over, node_reader, read_leaf
from callrec.audit.register import Register, Voucher
from callrec.catalogue import tables
from callrec.crypto.canonical import canonical
from callrec.crypto.statement import read_statement
from callrec.dataclass import dataclass
from callrec.errors import Tampered


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
    cosigned: bytes = b""
    """What witnesses outside saw of the log (`record.cosigned`); empty: none of them did."""


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


def write_signers(
    connection: Connection,
    register: Register,
    person: str,
    size: int,
    *,
    carrying: Iterable[int] = (),
    recordings: Sequence[dict[str, Any]] = (),
) -> bytes:
    """The bytes of signers.json, which is canonical JSON.

    Args:
        connection: sees one state of the catalogue throughout.
        register: as the log stands.
        person: whose keys to show.
        size: of the head that all proofs are against, in leaves.
        carrying: leaves that carry what others signed, whose keys are shown as well.
        recordings: what these show of each recording.

    Raises:
        Tampered: a leaf, a statement or a node of the tree is missing.
    """
    signed = {seq: read_leaf(connection, seq)[0].actor for seq in carrying}
    people = [(person, size), *((actor, seq) for seq, actor in signed.items())]
    seqs = {0, *signed, *_vouchers(register, people)}
    entries = [_entry(connection, seq, size, with_head=seq in signed) for seq in sorted(seqs)]
    return canonical(
        {"entries": entries, "recordings": [*recordings], "schema": "callrec.signers/1"}
    )


def _vouchers(register: Register, people: Iterable[tuple[str, int]]) -> set[int]:
    """Sequences of all vouchers about these people, each before a leaf, and about their makers.

    With each stands what a second person signed for it, and all vouchers about them; where the
    recovery kit made one, the statements that named the kit.
    """
    found: set[int] = set()
    waiting = [*people]
    while waiting:
        whose, end = waiting.pop()
        kits = register.kits if whose == register.founders.kit else ()
        for voucher in (*register.vouchers.get(whose, ()), *kits):
            if voucher.seq < end and voucher.seq not in found:
                found.add(voucher.seq)
                waiting.append((voucher.by, voucher.seq))
                if isinstance(voucher, Voucher) and voucher.second:
                    found.add(register.seconds[voucher.digest, voucher.second])
                    waiting.append((voucher.second, voucher.seq))
    return found


def _entry(connection: Connection, seq: int, size: int, *, with_head: bool) -> dict[str, Any]:
    leaf, body = read_leaf(connection, seq)
    hashes = tree.inclusion_proof(seq, size, node_reader(connection))
    return {
        "head": _head(connection, seq, size) if with_head else None,
        "leaf": encode_base64(body),
        "proof": [encode_base64(each) for each in hashes],
        "seq": seq,
        "statement": _statement(connection, leaf) if leaf.statement and seq else None,
    }


def _statement(connection: Connection, leaf: Leaf) -> dict[str, str]:
    """What is signed of a statement, which tells less than the statement where it should."""
    table = tables.statement
    row = connection.execute(select(table).where(table.c.digest == leaf.statement)).first()
    if row is None:
        raise Tampered(f"the statement of leaf {leaf.seq} is missing")
    said = read_statement(bytes(row.body), bytes(row.signature), leaf.log.partition("/")[2])
    return {"body": encode_base64(said.signed), "signature": encode_base64(said.signature)}


def _head(connection: Connection, seq: int, size: int) -> dict[str, Any]:
    """The first head that covers a leaf, which its writer signed, and that the log goes on."""
    first = checkpoint_over(connection, seq)
    if first is None:
        raise Tampered(f"no checkpoint covers leaf {seq} of the audit log")
    hashes = tree.consistency_proof(first.size, size, node_reader(connection))
    return {
        "note": encode_base64(bytes(first.note)),
        "proof": [encode_base64(each) for each in hashes],
    }
