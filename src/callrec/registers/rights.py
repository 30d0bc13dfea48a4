"""The registers of rights requests and of outside bodies.

Rights requests are those for access, erasure, portability, correction, restriction and objection,
and for access to the record of someone who has died: for each, the law asks when it came, when it
was answered, and on what ground something was refused. The register of outside bodies says who
asked, on what legal basis and why, who decided and when [4(f)]. Where a body asked that the person
concerned is not told, that person does not read of it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from sqlalchemy import Connection

from callrec.dataclass import dataclass
from callrec.login.people import logins
from callrec.policy.clock_events import Awaited, waits_of
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestAct
from callrec.policy.reviews import REGISTERS, RIGHTS_PURPOSES, RegisterName
from callrec.practice import Actor, Practice, today
from callrec.registers.disclosure import holder_columns, read_packages
from callrec.registers.requests import RegisteredRequest, answer_to, read_registered_requests
from callrec.requests.clock import (
    day_of_leaf,
    deadline_on_day,
    is_dated_late,
    read_clock,
    read_clocks,
)
from callrec.requests.model import Clock


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RightsRequestEntry:
    """One request. Its repr shows nothing."""

    request: str
    purpose: str
    state: str
    received_on: date
    received_how: str | None
    subject: str | None
    identity_checked_on: date | None
    waiting_for: str | None
    due_on: date | None
    extended: bool
    answered_on: date | None
    outcome: str
    codes: tuple[str, ...]
    broken_glass: str | None
    brought_in: tuple[str, ...]
    days: int
    days_late: int
    in_time: bool | None
    put_right: bool
    handed_over_on: date | None
    handed_over_channel: str | None
    handed_over_to: str | None
    acknowledged_on: date | None


def read_rights_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[RightsRequestEntry]:
    """Every request of people for their own calls, in the order of their numbers."""
    for request in read_registered_requests(
        practice, actor, connection, lambda row: row.purpose in RIGHTS_PURPOSES
    ):
        clock = read_clock(practice, connection, request.history)
        if clock is None:
            continue
        answer = answer_to(practice, actor, connection, request)
        until = answer.ended_on or today(practice)
        deadline, received_on = (
            deadline_on_day(practice, clock, on=until),
            clock.receipt.received_on,
        )
        late = max(0, (until - deadline.due_on).days) if deadline.due_on else 0
        packages = read_packages(practice, actor, connection, request)
        is_dead = request.purpose is Purpose.DECEASED
        subject = FurtherParticular.APPLICANT if is_dead else FurtherParticular.SUBJECT
        yield RightsRequestEntry(
            request=request.reference,
            purpose=str(request.purpose),
            state=str(request.state),
            received_on=received_on,
            received_how=request.answer(FurtherParticular.RECEIVED_HOW),
            subject=request.named(subject),
            identity_checked_on=_identity_checked_on(practice, connection, request, clock),
            waiting_for=str(deadline.waiting_for) if deadline.waiting_for else None,
            due_on=deadline.due_on,
            extended=deadline.is_extended,
            answered_on=answer.answered_on,
            outcome=str(answer.outcome),
            codes=answer.codes,
            broken_glass=request.broken_glass(),
            brought_in=request.brought_in(),
            days=(until - received_on).days,
            days_late=late,
            in_time=late == 0 if deadline.due_on and (answer.answered_on or late) else None,
            put_right=clock.is_put_right or is_dated_late(practice, connection, request.history),
            **holder_columns(request, packages[-1] if packages else None),
        )


def _identity_checked_on(
    practice: Practice, connection: Connection, request: RegisteredRequest, clock: Clock
) -> date | None:
    """The day on which proof came; else that of receipt where it had come by then."""
    waits = [wait for wait in waits_of(clock.events) if wait.awaited is Awaited.IDENTITY]
    if waits:
        return waits[-1].answered_on
    asked = FurtherParticular.IDENTITY in TERMS[request.purpose].further
    if not asked or Awaited.IDENTITY in clock.receipt.awaits:
        return None
    # Nobody dated it, but the request was changed to say that it had come: it had by then.
    clocks = read_clocks(practice, connection, request.history)
    stated_on = [
        day_of_leaf(practice, leaf)
        for (_, before), (leaf, after) in pairwise(clocks)
        if Awaited.IDENTITY in before.receipt.awaits - after.receipt.awaits
    ]
    return stated_on[-1] if stated_on else clock.receipt.received_on


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OutsideBodyEntry:
    """One request. Its repr shows nothing."""

    request: str
    state: str
    body: str | None
    officer: str | None
    rank: str | None
    their_reference: str | None
    legal_basis: str | None
    confidentiality: str | None
    necessity: str | None
    prejudice: str | None
    received_on: date
    target_on: date | None
    due_on: date | None
    put_right: bool
    decided_by: str | None
    decided_role: str | None
    decided_on: date | None
    outcome: str
    codes: tuple[str, ...]
    broken_glass: str | None
    brought_in: tuple[str, ...]
    released_on: date | None
    handed_over_on: date | None
    handed_over_channel: str | None
    handed_over_to: str | None
    acknowledged_on: date | None
    subject_may_be_told: str | None


def read_outside_body_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[OutsideBodyEntry]:
    """Every request of an outside body that the reader may learn of, by its number."""
    purposes = REGISTERS[RegisterName.OUTSIDE_BODY].purposes
    for request in read_registered_requests(
        practice, actor, connection, lambda row: row.purpose in purposes
    ):
        answer = answer_to(practice, actor, connection, request)
        clock = read_clock(practice, connection, request.history)
        deadline = deadline_on_day(practice, clock, on=answer.ended_on) if clock else None
        packages = read_packages(practice, actor, connection, request)
        decided, leaves, role = answer.decided, request.history.leaves, None
        if decided is not None:
            role = str(practice.register.person(decided.actor, before=decided.seq).role)
        delivered = [leaf for leaf in leaves if leaf.act == RequestAct.DELIVERED]
        yield OutsideBodyEntry(
            request=request.reference,
            state=str(request.state),
            body=request.answer(FurtherParticular.BODY),
            officer=request.answer(FurtherParticular.OFFICER),
            rank=request.answer(FurtherParticular.RANK),
            their_reference=request.answer(FurtherParticular.REFERENCE),
            legal_basis=request.answer(FurtherParticular.LEGAL_BASIS),
            confidentiality=request.answer(FurtherParticular.CONFIDENTIALITY),
            necessity=request.answer(FurtherParticular.NECESSITY),
            prejudice=request.answer(FurtherParticular.PREJUDICE),
            received_on=clock.receipt.received_on if clock else day_of_leaf(practice, leaves[0]),
            target_on=deadline.target_on if deadline else None,
            due_on=deadline.due_on if deadline else None,
            put_right=clock is not None and clock.is_put_right,
            decided_by=logins(practice)[decided.actor] if decided else None,
            decided_role=role,
            decided_on=day_of_leaf(practice, decided) if decided else None,
            outcome=str(answer.outcome),
            codes=answer.codes,
            broken_glass=request.broken_glass(),
            brought_in=request.brought_in(),
            released_on=day_of_leaf(practice, delivered[0]) if delivered else None,
            **holder_columns(request, packages[-1] if packages else None),
            subject_may_be_told=request.answer(FurtherParticular.SUBJECT_MAY_BE_TOLD),
        )
