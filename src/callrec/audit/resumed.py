"""What a restore lost; signers.json.

A volume's copy of the catalogue is older than the volume's own last entry, and whatever happened
after it is gone. The heads that were seen of it are named in a ``resumed`` statement by somebody
who governs: then they are no sign of tampering, and nobody can say later that nothing was lost.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from callrec.audit import tree
from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Outcome
from callrec.audit.log import Head, node_reader, read_leaf
from callrec.audit.register import Kit, Register
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
        """At the least: how many entries the longest lost head had more."""
        return lost_at_least(self.size, self.lost)


def lost_at_least(size: int, lost: Iterable[Head]) -> int:
    """How many entries are lost, at the least: one of a head that the log has grown beyond since.

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
    """Every restore that the log tells of, oldest first.

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
    said = {row.seq: read_statement(row.body, row.signature, vault) for row in rows}
    found = []
    for leaf in attested_leaves(connection, register, said):
        maker = register.person(leaf.actor, before=leaf.seq)
        governs = maker.standing is Standing.CONFIRMED and Power.GOVERN in maker.powers
        if (leaf.act, leaf.outcome) != (RESUMED_ACT, Outcome.DONE) or not governs:
            raise Tampered(f"leaf {leaf.seq} of the audit log resumes it, and may not")
        found.append(Resumed(leaf.seq, _lost(said[leaf.seq].fields)))
    return tuple(found)


def _lost(fields: Mapping[str, Any]) -> tuple[Head, ...]:
    try:
        lost = [(int(each["size"]), bytes.fromhex(each["root"])) for each in fields["lost"]]
    except (KeyError, TypeError, ValueError) as error:
        raise Tampered("a statement about a restore is not in its form") from error
    return tuple(Head(size, root) for size, root in lost)


# ``signers.json``: how a key came to be allowed to sign, from the log's first entry on.
#
# Leaf 0 and the vouchers that it takes, each with its proof against one head; where a later
# recovery kit made a voucher, what named that kit as well. Whoever trusts leaf 0, because its
# SHA-256 is the vault root that the practice publishes, can replay them as ``register.replay``
# does, and has the signer's keys. They hold ids and keys; of a name only a salted hash
# (docs/formats/release.md, 9).

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
