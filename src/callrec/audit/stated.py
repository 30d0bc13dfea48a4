"""The statements that leaves carry, taken in the log's order: who is who, and what was erased."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from callrec.audit.checkpoint import origin
from callrec.audit.erased import Erasures
from callrec.audit.register import Register, apply_statement, check_made_by, founders_of
from callrec.crypto.statement import Statement, read_statement
from callrec.errors import Tampered

if TYPE_CHECKING:
    from callrec.audit.leaf import Leaf


@dataclass(slots=True)
class StatementReplay:
    """What the log's statements come to, as far as they were taken."""

    vault: str
    trusted_up_to: int
    """Statements of leaves before this are known to hash as when their signatures were checked."""
    register: Register | None = None
    """None until leaf 0 was taken."""
    erasures: Erasures = field(default_factory=Erasures)

    def take(self, leaf: Leaf, row: Any) -> None:
        """Take a leaf that is in its form; one without a statement or founders says nothing.

        Args:
            leaf: the next that there is to take.
            row: its ``statement`` column, and ``kind``, ``said`` and ``signature`` of that.

        Raises:
            Tampered: its statement is not the one that it carries, is not its actor's, or is not in
                its form; or the founders are not.
        """
        if leaf.log != origin(self.vault):
            raise Tampered(f"leaf {leaf.seq} is of another log")
        if leaf.seq == 0:
            self.register = Register(founders_of(leaf))
        if row.statement != (leaf.statement or None):
            raise Tampered(f"the column beside leaf {leaf.seq} names another statement")
        if leaf.statement:
            self._take_statement(leaf, row)

    def _take_statement(self, leaf: Leaf, row: Any) -> None:
        if self.register is None or {type(row.said), type(row.signature)} != {bytes}:
            raise Tampered(f"the statement of leaf {leaf.seq} is missing")
        try:
            statement = self._statement(self.register, leaf, row)
            apply_statement(self.register, leaf.seq, statement)
            self.erasures.take(self.register, leaf, statement)
        except Tampered as error:
            raise Tampered(f"the statement of leaf {leaf.seq}: {error.message}") from error
        except (LookupError, TypeError, ValueError) as error:  # its maker may have signed anything
            raise Tampered(f"the statement of leaf {leaf.seq} is not in its form") from error

    def _statement(self, register: Register, leaf: Leaf, row: Any) -> Statement:
        statement = read_statement(row.said, row.signature, self.vault)
        if leaf.seq >= self.trusted_up_to:
            check_made_by(register, leaf, statement)
        elif statement.digest != leaf.statement:
            raise Tampered("it is not the one that the leaf carries")
        if row.kind != statement.kind:
            raise Tampered("the column beside a statement names another kind")
        return statement
