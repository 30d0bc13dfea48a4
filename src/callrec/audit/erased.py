"""The log's statements, taken in order; which details were erased.

When a recording is destroyed, the sealed details of the leaves about it go too. The leaves still
commit to them, so every proof verifies as before. Any other missing details were taken away: so a
``destruction`` statement lists what was erased. It counts only if its maker had the power to decide
it, under approvals in the log whose makers had that power too and had not made the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from callrec.audit.checkpoint import origin
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.register import Register, apply_statement, check_made_by, founders_of
from callrec.audit.session import SESSION_STATEMENT, read_certificate
from callrec.crypto.statement import Statement, read_statement
from callrec.dataclass import dataclass, field
from callrec.errors import Tampered
from callrec.policy.request import RequestAct
from callrec.policy.role import Power, Role, powers_vouched_for

KIND: Final = "destruction"


@dataclass(slots=True)
class Erasures:
    """What the log's statements allowed to be erased, read from its beginning on."""

    approved: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    """A request's id -> digest of each approval that allows destruction -> uids of the recordings
    that it grants."""
    details: set[int] = field(default_factory=set)
    """Sequences of the leaves whose details were erased."""
    uids: set[str] = field(default_factory=set)
    """Of the recordings that were destroyed."""

    def take(self, register: Register, leaf: Leaf, statement: Statement) -> None:
        """Take a statement whose signature and leaf were checked.

        Raises:
            Tampered: it says that something was destroyed, without being entitled to.
        """
        if statement.kind == "approval":
            fields = statement.fields
            request, uids = str(fields["request"]), frozenset(i["uid"] for i in fields["items"])
            if _is_decided(register, leaf, statement):
                self.approved.setdefault(request, {})[statement.digest] = uids
        elif statement.kind == KIND:
            stated = read_destruction(statement)
            check_entitled(register, leaf)
            approvals = self.approved.get(stated.request, {})
            granted = [uids for digest, uids in approvals.items() if digest in stated.approvals]
            found = len(granted) == len(stated.approvals)
            if not found or not stated.uids <= frozenset().union(*granted):
                raise Tampered("it destroys what nobody approved")
            if stated.details and max(stated.details) >= leaf.seq:
                raise Tampered("it erases what was written later")
            self.details |= stated.details
            self.uids |= stated.uids


@dataclass(frozen=True, slots=True)
class DestructionStatement:
    """What a ``destruction`` statement says."""

    certificate: str
    number: int
    request: str
    items: Mapping[str, Mapping[str, Any]]
    """Uid -> {ciphertext, category, rule, due, started_at}."""
    kept: tuple[tuple[str, str], ...]
    """Uids of what was asked for and not destroyed, each with the code of its exemption."""
    details: frozenset[int]
    approvals: frozenset[str]
    """Digests of the statements under which it was done."""
    kept_days: Mapping[str, int | None]
    """What keeps what was deleted, ``database`` or ``objects`` -> for how many days; None: nobody
    had set it."""

    @property
    def uids(self) -> frozenset[str]:
        return frozenset(self.items)


def read_destruction(statement: Statement) -> DestructionStatement:
    """Read a ``destruction`` statement.

    Raises:
        Tampered: it is not in its form.
    """
    match statement.fields:
        case {
            "certificate": str(certificate),
            "number": int(number),
            "request": str(request),
            "items": list(items),
            "kept": list(kept),
            "details": list(details),
            "approvals": list(approvals),
        }:
            try:
                return DestructionStatement(
                    certificate,
                    number,
                    request,
                    {str(item["uid"]): item for item in items},
                    tuple((str(each["uid"]), str(each["code"])) for each in kept),
                    frozenset(map(int, details)),
                    frozenset(map(str, approvals)),
                    _kept_days(statement.fields),
                )
            except (KeyError, TypeError, ValueError) as error:
                raise Tampered("a statement of what was destroyed is not in its form") from error
        case _:
            raise Tampered("a statement of what was destroyed is not in its form")


def _kept_days(fields: Mapping[str, Any]) -> Mapping[str, int | None]:
    if "kept_days" not in fields:
        return {}
    found = dict(fields["kept_days"])
    are_days = all(each is None or each > 0 for each in found.values())
    if not found or found.keys() - {"database", "objects"} or not are_days:
        raise ValueError
    return found


def _is_decided(register: Register, leaf: Leaf, approval: Statement) -> bool:
    """Whether something may be destroyed under an approval.

    A countersignature alone is not enough; people decide their own requests with broken glass only.
    """
    fields = approval.fields
    if (leaf.act, leaf.outcome) != (RequestAct.APPROVED, Outcome.DONE):
        return False
    if fields["countersigned"] == leaf.actor or not may_destroy(register, leaf):
        return False
    return fields["requester"] != leaf.actor or (
        fields["break_glass"] is True
        and register.person(leaf.actor, before=leaf.seq).role is Role.DATA_CONTROLLER
    )


def may_destroy(register: Register, leaf: Leaf) -> bool:
    """Whether the actor of a leaf had the power to decide what is destroyed."""
    voucher = register.voucher(leaf.actor, before=leaf.seq)
    return voucher is not None and Power.DECIDE_RESERVED in powers_vouched_for(voucher.person)


def check_entitled(register: Register, leaf: Leaf) -> None:
    """Check that a leaf may carry a ``destruction`` statement.

    Raises:
        Tampered: it is of another act, or its actor had no power to decide it.
    """
    if (leaf.act, leaf.outcome) != (RequestAct.CARRIED_OUT, Outcome.DONE):
        raise Tampered("its leaf is of another act")
    if not may_destroy(register, leaf):
        raise Tampered("it destroys on the word of somebody who may not decide that")


@dataclass(slots=True)
class StatementReplay:
    """The state after some of the log's statements."""

    vault: str
    trusted_up_to: int
    """Statements of leaves before this hash as they did when their signatures were checked."""
    register: Register | None = None
    """None until leaf 0 is taken."""
    erasures: Erasures = field(default_factory=Erasures)

    def take(self, leaf: Leaf, row: Any) -> None:
        """Take the next leaf; one without a statement or founders changes nothing.

        Args:
            leaf: decoded.
            row: its ``statement`` column, and ``kind``, ``signed`` and ``signature`` of that.

        Raises:
            Tampered: its statement is another, is not its actor's, or is not in its form; or the
                founders are not in their form.
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
        if self.register is None or {type(row.signed), type(row.signature)} != {bytes}:
            raise Tampered(f"the statement of leaf {leaf.seq} is missing")
        try:
            statement = self._statement(self.register, leaf, row)
            apply_statement(self.register, leaf, statement)
            self.erasures.take(self.register, leaf, statement)
            if statement.kind == SESSION_STATEMENT:
                read_certificate(leaf, statement)
        except Tampered as error:
            raise Tampered(f"the statement of leaf {leaf.seq}: {error.message}") from error
        except (LookupError, TypeError, ValueError) as error:  # its maker may have signed anything
            raise Tampered(f"the statement of leaf {leaf.seq} is not in its form") from error

    def _statement(self, register: Register, leaf: Leaf, row: Any) -> Statement:
        statement = read_statement(row.signed, row.signature, self.vault)
        if leaf.seq >= self.trusted_up_to:
            check_made_by(register, leaf, statement)
        elif statement.digest != leaf.statement:
            raise Tampered("it is not the one that the leaf carries")
        if row.kind != statement.kind:
            raise Tampered("the column beside a statement names another kind")
        return statement
