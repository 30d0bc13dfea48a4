"""What a restore lost; signers.json.

A volume's copy of the catalogue is older than the volume's own last entry, and everything after it
is lost. Someone who governs names the heads that were seen of it in a ``resumed`` statement: then
they are no sign of tampering, and nobody can deny later that something was lost.

``signers.json`` shows how a key came to be allowed to sign, from the log's first entry on: leaf 0
and the vouchers that follow from it, each with its proof against one head; where a later recovery
kit made a voucher, the statement that named that kit too. Someone who trusts leaf 0, because its
SHA-256 is the vault root that the practice publishes, can replay them as ``register.replay`` does
to get the signer's keys. They hold ids and keys, and of a name only a salted hash
(docs/formats/release.md, 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from callrec.audit import tree
from callrec.audit.attested import attested_leaves
from callrec.audit.checkpoint import encode_base64
from callrec.audit.leaf import Outcome
from callrec.audit.log import Head, node_reader, read_leaf
from callrec.audit.register import Register
from callrec.catalogue import tables
from callrec.crypto.canonical import canonical
from callrec.crypto.statement import read_statement
from callrec.errors import Tampered
from callrec.policy.role import Power, Standing

RESUMED_ACT: Final = "log.resumed"
"""The act of the leaf that carries the statement."""

RESUMED_STATEMENT: Final = "resumed"


@dataclass(frozen=True, slots=True)
class Resumed:
    """One restore: where the log went on, and the heads that are lost."""

    size: int
    """Entries that the log had when it went on."""
    lost: tuple[Head, ...]

    @property
    def leaves_lost(self) -> int:
        """At least how many entries are lost."""
        return lost_at_least(self.size, self.lost)


def lost_at_least(size: int, lost: Iterable[Head]) -> int:
    """At least how many entries are lost; one for a head that the log has outgrown since.

    Args:
        size: entries that the log has.
        lost: heads that it does not extend.
    """
    return max((max(1, head.size - size) for head in lost), default=0)


def resumed_fields(lost: Iterable[Head]) -> Mapping[str, Any]:
    """The fields of a ``resumed`` statement."""
    heads = sorted({(head.size, head.root.hex()) for head in lost})
    return {"lost": [{"root": root, "size": size} for size, root in heads]}


def read_resumed(connection: Connection, register: Register) -> tuple[Resumed, ...]:
    """Every restore on the log, oldest first.

    Raises:
        Tampered: a statement is not as it was signed, or its maker did not govern.
    """
    rows = connection.execute(
        select(tables.leaf.c.seq, tables.statement.c.body, tables.statement.c.signature)
        .join(tables.statement, tables.statement.c.digest == tables.leaf.c.statement)
        .where(tables.statement.c.kind == RESUMED_STATEMENT)
        .order_by(tables.leaf.c.seq)
    ).all()
    vault = register.founders.vault
    statements = {row.seq: read_statement(row.body, row.signature, vault) for row in rows}
    found = []
    for leaf in attested_leaves(connection, register, statements):
        maker = register.person(leaf.actor, before=leaf.seq)
        governs = maker.standing is Standing.CONFIRMED and Power.GOVERN in maker.powers
        if (leaf.act, leaf.outcome) != (RESUMED_ACT, Outcome.DONE) or not governs:
            raise Tampered(f"leaf {leaf.seq} of the audit log resumes it, and may not")
        fields = statements[leaf.seq].fields
        try:
            lost = [(int(each["size"]), bytes.fromhex(each["root"])) for each in fields["lost"]]
        except (KeyError, TypeError, ValueError) as error:
            raise Tampered("a statement about a restore is not in its form") from error
        found.append(Resumed(leaf.seq, tuple(Head(size, root) for size, root in lost)))
    return tuple(found)


def write_signers(connection: Connection, register: Register, person: str, size: int) -> bytes:
    """The file's bytes: canonical JSON.

    Args:
        connection: sees one state of the catalogue throughout.
        register: as the log stands.
        person: whose keys to show.
        size: of the head that all proofs are against, in leaves.

    Raises:
        Tampered: a leaf or a node of the tree is missing.
    """
    seqs = [0, *_vouchers(register, person, size)]
    entries = [_entry(connection, seq, size) for seq in seqs]
    return canonical({"entries": entries, "schema": "callrec.signers/1"})


def _vouchers(register: Register, person: str, before: int) -> list[int]:
    """Sequences of all vouchers about a person, about those who made them, and so on to leaf 0.

    Where the recovery kit made one, the statements that named the kit too.
    """
    found: set[int] = set()
    waiting = [(person, before)]
    while waiting:
        whose, end = waiting.pop()
        kits = register.kits if whose == register.founders.kit else ()
        for voucher in (*register.vouchers.get(whose, ()), *kits):
            if voucher.seq < end and voucher.seq not in found:
                found.add(voucher.seq)
                waiting.append((voucher.by, voucher.seq))
    return sorted(found)


def _entry(connection: Connection, seq: int, size: int) -> dict[str, Any]:
    leaf, body = read_leaf(connection, seq)
    statement = None
    if leaf.statement:
        table = tables.statement
        row = connection.execute(select(table).where(table.c.digest == leaf.statement)).one()
        statement = {
            "body": encode_base64(bytes(row.body)),
            "signature": encode_base64(bytes(row.signature)),
        }
    hashes = tree.inclusion_proof(seq, size, node_reader(connection))
    return {
        "leaf": encode_base64(body),
        "proof": [encode_base64(each) for each in hashes],
        "seq": seq,
        "statement": statement,
    }
