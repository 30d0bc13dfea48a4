"""The register of outside bodies: who asked, on what legal basis, who decided and when [4(f)].

Where a body asked that the person concerned is not told, he does not read of it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.login.people import logins
from callrec.policy.further import FurtherParticular
from callrec.policy.request import RequestAct
from callrec.policy.reviews import REGISTERS, RegisterName
from callrec.registers.register_releases import newest_package_holder
from callrec.registers.requests import answer_to
from callrec.registers.requests_listed import read_registered_requests
from callrec.requests.clock import deadline_on_day, read_clock
from callrec.requests.model import event_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor, Practice
    from callrec.registers.requests_listed import RegisteredRequest

OUTSIDE_BODIES_ON_SCREEN: Final = (
    "request",
    "body",
    "legal_basis",
    "received_on",
    "outcome",
    "released_on",
)

_PURPOSES: Final = REGISTERS[RegisterName.OUTSIDE_BODY].purposes


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OutsideBodyEntry:
    """One request. Its repr shows nothing."""

    request: str
    state: str
    body: str | None
    """None, as all that the request says, where the reader is not to see it."""
    officer: str | None
    their_reference: str | None
    legal_basis: str | None
    received_on: date
    target_on: date | None
    due_on: date | None
    """The day that a court's order names."""
    put_right: bool
    """The day of receipt or that of the order was said again, and was another one at first; or that
    it is urgent was."""
    decided_by: str | None
    decided_role: str | None
    """What whoever decided was to the practice then."""
    decided_on: date | None
    outcome: str
    """As in the register of subject access."""
    codes: tuple[str, ...]
    broken_glass: str | None
    """``unreviewed``, ``queried`` or ``accepted``, where the Data Controller decided alone."""
    released_on: date | None
    """When it was first released."""
    handed_over_on: date | None
    """Of the newest package, as the newest says that was written down of it."""
    handed_over_channel: str | None
    handed_over_to: str | None
    """Masked where the reader is not to see it in full."""
    acknowledged_on: date | None
    subject_may_be_told: str | None
    """``yes`` or ``no``."""


def read_outside_body_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[OutsideBodyEntry]:
    """Every request of an outside body that the reader may learn of, by its number.

    Raises:
        Tampered: a request or its history is not as it was written.
    """
    for request in read_registered_requests(
        practice, actor, connection, lambda row: row.purpose in _PURPOSES
    ):
        yield _outside_body_entry(practice, actor, connection, request)


def _outside_body_entry(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest
) -> OutsideBodyEntry:
    answer = answer_to(practice, actor, connection, request)
    clock = read_clock(practice, connection, request.history)
    deadline = deadline_on_day(practice, clock, on=answer.ended_on) if clock else None
    package = newest_package_holder(practice, actor, connection, request)
    made, decided = request.history.leaves[0], answer.decided
    delivered = [leaf for leaf in request.history.leaves if leaf.act == RequestAct.DELIVERED]
    return OutsideBodyEntry(
        request=request.reference,
        state=str(request.state),
        body=request.said(FurtherParticular.BODY),
        officer=request.said(FurtherParticular.OFFICER),
        their_reference=request.said(FurtherParticular.REFERENCE),
        legal_basis=request.said(FurtherParticular.LEGAL_BASIS),
        received_on=clock.receipt.received_on if clock else _day(practice, made),
        target_on=deadline.target_on if deadline else None,
        due_on=deadline.due_on if deadline else None,
        put_right=clock is not None and clock.is_put_right,
        decided_by=logins(practice)[decided.actor] if decided else None,
        decided_role=_role(practice, decided) if decided else None,
        decided_on=_day(practice, decided) if decided else None,
        outcome=str(answer.outcome),
        codes=answer.codes,
        broken_glass=request.broken_glass(),
        released_on=_day(practice, delivered[0]) if delivered else None,
        handed_over_on=package.on,
        handed_over_channel=package.channel,
        handed_over_to=package.to_whom,
        acknowledged_on=package.acknowledged_on,
        subject_may_be_told=request.said(FurtherParticular.SUBJECT_MAY_BE_TOLD),
    )


def _role(practice: Practice, leaf: Leaf) -> str:
    return str(practice.register.person(leaf.actor, before=leaf.seq).role)


def _day(practice: Practice, leaf: Leaf) -> date:
    return event_of(leaf).at.astimezone(practice.config.time_zone).date()
