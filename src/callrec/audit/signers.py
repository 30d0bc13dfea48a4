"""``signers.json``: how a key came to be allowed to sign, from the log's first entry on.

Leaf 0 and the vouchers that it takes, each with its proof against one head; where a later recovery
kit made a voucher, what named that kit as well. Whoever trusts leaf 0, because its SHA-256 is the
vault root that the practice publishes, can replay them as ``register.replay`` does, and has the
signer's keys. They hold ids and keys; of a name only a salted hash (docs/formats/release.md, 9).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.audit import tree
from callrec.audit.log import node_reader, read_leaf
from callrec.catalogue import tables
from callrec.crypto.canonical import canonical

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from callrec.audit.register import Kit, Register

SIGNERS_SCHEMA: Final = "callrec.signers/1"


def write_signers(connection: Connection, register: Register, person: str, size: int) -> bytes:
    """The file's bytes: canonical JSON.

    Args:
        connection: sees one state of the catalogue throughout.
        register: as the log stands.
        person: whose keys are to be shown.
        size: of the head that all proofs are against, in leaves.

    Raises:
        Tampered: a leaf or a node of the tree is missing.
    """
    seqs = [0, *_vouchers(register, person, size)]
    return canonical(
        {"entries": [_entry(connection, seq, size) for seq in seqs], "schema": SIGNERS_SCHEMA}
    )


def _vouchers(register: Register, person: str, before: int) -> list[int]:
    """Sequences of all vouchers about a person, about those who made them, and so on to leaf 0.

    Where the recovery kit made one, of the statements too that named it.
    """
    found: set[int] = set()
    waiting = [(person, before)]
    while waiting:
        whose, end = waiting.pop()
        for voucher in (*register.vouchers.get(whose, ()), *_kits(register, whose)):
            if voucher.seq < end and voucher.seq not in found:
                found.add(voucher.seq)
                waiting.append((voucher.by, voucher.seq))
    return sorted(found)


def _kits(register: Register, whose: str) -> list[Kit]:
    return register.kits if whose == register.founders.kit else []


def _entry(connection: Connection, seq: int, size: int) -> dict[str, Any]:
    leaf, body = read_leaf(connection, seq)
    hashes = tree.inclusion_proof(seq, size, node_reader(connection))
    return {
        "leaf": _base64(body),
        "proof": [_base64(each) for each in hashes],
        "seq": seq,
        "statement": _statement(connection, leaf.statement) if leaf.statement else None,
    }


def _statement(connection: Connection, digest: str) -> dict[str, str]:
    row = connection.execute(
        select(tables.statement).where(tables.statement.c.digest == digest)
    ).one()
    return {"body": _base64(bytes(row.body)), "signature": _base64(bytes(row.signature))}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
