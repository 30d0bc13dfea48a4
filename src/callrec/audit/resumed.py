"""What a restore lost of the audit log, and who said so (docs/formats/archive.md, 7).

A volume's copy of the catalogue is older than the volume's own last entry, and whatever happened
after it is gone. The heads that were seen of it are named in a ``resumed`` statement by somebody
who governs: then they are no sign of tampering, and nobody can say later that nothing was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Outcome
from callrec.audit.log import Head
from callrec.catalogue import tables
from callrec.crypto.statement import read_statement
from callrec.errors import Tampered
from callrec.policy.role import Power, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from callrec.audit.register import Register

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
