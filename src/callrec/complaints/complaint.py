"""Receive, acknowledge, add, answer [DPA 2018 s.164A].

To enter a complaint takes no power, nobody's approval, and no key but public ones. What comes after
is a version of its own each; the ones before are kept as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from callrec.audit.log import LogTransaction
from callrec.bank_holidays import scales_of, working_days
from callrec.catalogue import tables
from callrec.complaints.log import COMPLAINTS, ComplaintBody, ComplaintVersion, read_complaint
from callrec.crypto import primitives
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.incidents.log import INCIDENTS
from callrec.mail.outbox import queue_mail
from callrec.policy.clock_events import Deadline
from callrec.policy.handing_over import Channel
from callrec.policy.rights.complaint import (
    ComplaintAct,
    ComplaintState,
    Finding,
    acknowledge_by,
    check_account,
    check_day,
    check_may_add,
    check_may_answer,
    check_may_enter,
    is_dated_late,
    must_be_told,
    state_after,
)
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, attempt, signing, today
from callrec.record.acts import next_number
from callrec.record.versions import fresh_nonces
from callrec.requests.open import find_visible
from callrec.requests.telling import days_in_words, people_with


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NewComplaint:
    """A complaint as the person who received it enters it. Its repr shows nothing."""

    received_on: date
    how: Channel
    """How it came."""
    complainant: str
    """By name."""
    contact: str
    """Where the complainant is written to."""
    what: str
    """What is complained of, in a sentence."""
    request: str | None = None
    """``R-17``, if it is about a request."""
    incident: str | None = None
    """``I-3``, if it is about an incident."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ComplaintStep:
    """One step after the receipt: acknowledged, progress or outcome. Its repr shows nothing."""

    act: ComplaintAct
    on: date
    how: Channel | None
    """How the complainant was told; None where they were not told of progress."""
    what: str = ""
    """What was done or found, in a sentence; of an acknowledgement it may be empty."""
    finding: Finding | None = None
    """The outcome's finding; None for every other act."""


@dataclass(frozen=True, slots=True)
class ChangedComplaint:
    """A complaint after a change: its state, version and day of acknowledgement."""

    reference: str
    state: ComplaintState
    version: int
    due_on: date | None
    """By when it is acknowledged; None where that year's bank holidays are not known, or it
    came before the law."""
    is_dated_late: bool = False
    """The complainant was told in time, and it is written down now that the time is over."""


def receive_complaint(practice: Practice, actor: Actor, new: NewComplaint) -> ChangedComplaint:
    """Enter a complaint about how the practice handles personal data.

    Raises:
        Refused: the actor is a service, the account is no sentence, or its day has not come.
        NotFound: there is no such request or incident.
        Unusable: it is not said who complains, or where they are written to.
    """
    with attempt(practice, actor, ComplaintAct.RECEIVED):
        check_may_enter(actor.person)
        check_account(new.what)
        check_day(new.received_on, today=today(practice))
        if not (new.complainant.strip() and new.contact.strip()):
            raise Unusable(
                "a complaint names who complains, and how to reach them",
                hint="give --from NAME and --contact TEXT",
            )
        with signing(practice, actor) as act:
            return _receive(practice, act, actor, new)


def _receive(
    practice: Practice, act: LogTransaction, actor: Actor, new: NewComplaint
) -> ChangedComplaint:
    if new.request is not None:
        find_visible(practice, actor, act.connection, new.request)
    if new.incident is not None:
        INCIDENTS.find_visible(practice, actor, act.connection, new.incident)
    body = ComplaintBody(
        number=next_number(act.connection, tables.complaint.c.id, ComplaintAct.RECEIVED),
        on=new.received_on,
        how=new.how,
        what=new.what,
        complainant=new.complainant,
        contact=new.contact,
        request=new.request or "",
        incident=new.incident or "",
        **fresh_nonces(),
    )
    version_id = ComplaintVersion(practice.vault, primitives.random_id(), 1, actor.person.id)
    COMPLAINTS.log_version(
        practice, act, actor, what=ComplaintAct.RECEIVED, body=body, version_id=version_id
    )
    reference, due_on = f"C-{body.number}", acknowledgement_of(practice, body.on).due_on
    deals = people_with(practice, Power.DECIDE_RESERVED)
    said = f"was received{_by(practice, due_on)}"
    _notify(practice, act, actor, said, about=reference, to=deals)
    return ChangedComplaint(reference, ComplaintState.RECEIVED, 1, due_on)


def add_to_complaint(
    practice: Practice, actor: Actor, reference: str, step: ComplaintStep
) -> ChangedComplaint:
    """Acknowledge a complaint, say what was done since, or tell its outcome.

    Raises:
        NotFound: there is no such complaint.
        Refused: the actor may not do this to it, or not as it stands, or not on that day.
        Tampered: it is not the one that was entered.
    """
    subject = [COMPLAINTS.id_of(practice, actor, reference)]
    with attempt(practice, actor, step.act, subject=subject), signing(practice, actor) as act:
        complaint = read_complaint(practice, actor, act.connection, reference)
        if step.act is ComplaintAct.ANSWERED:
            check_may_answer(actor.person, complaint.facts, on=today(practice))
        else:
            check_may_add(actor.person, complaint.facts, step.act, on=today(practice))
        if step.what or step.act is not ComplaintAct.ACKNOWLEDGED:
            check_account(step.what)
        if step.how is None and must_be_told(step.act, step.finding):
            raise Unusable("it is missing how they were told", hint="give --how CHANNEL")
        check_day(step.on, today=today(practice), since=complaint.receipt.on)
        history = complaint.history
        version_id = history.version_id(practice.vault, history.version + 1)
        COMPLAINTS.log_version(
            practice,
            act,
            actor,
            what=step.act,
            body=ComplaintBody(
                number=complaint.receipt.number,
                on=step.on,
                how=step.how or "",
                what=step.what,
                finding=step.finding or "",
                **fresh_nonces(),
            ),
            version_id=version_id,
            before=history.leaves,
        )
        if step.act is ComplaintAct.ANSWERED:
            to = [history.entered_by]
            _notify(practice, act, actor, "was answered", about=reference, to=to)
        deadline = acknowledgement_of(practice, complaint.receipt.on)
        return ChangedComplaint(
            reference=reference,
            state=state_after((*history.acts, step.act)),
            version=version_id.version,
            due_on=deadline.due_on,
            is_dated_late=_tells_first(step, complaint.said(ComplaintAct.ACKNOWLEDGED))
            and is_dated_late(deadline, step.on, entered_on=today(practice)),
        )


def _tells_first(step: ComplaintStep, acknowledged: ComplaintBody | None) -> bool:
    """Whether the complainant hears by a step, before all else, that their complaint came."""
    if step.act is ComplaintAct.PROGRESSED or step.finding is Finding.OTHER_MATTER:
        return False
    return acknowledged is None or step.on < acknowledged.on


def acknowledgement_of(practice: Practice, received_on: date) -> Deadline:
    """By when to acknowledge a complaint that came on that day [DPA 2018 s.164A]."""
    clocks = practice.settings.clocks
    return acknowledge_by(received_on, working_days(clocks), scales_of(clocks))


def _by(practice: Practice, due_on: date | None) -> str:
    due = days_in_words(due_on, None, today(practice))
    return due and f"; its acknowledgement{due.replace(',', ' is', 1)}"


def _notify(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    line: str,
    *,
    about: str,
    to: Iterable[str],
) -> None:
    """Tell people by mail, besides the inbox; not the actor."""
    people = [person for person in to if person != actor.person.id]
    queue_mail(practice, act.connection, to=people, about=about, line=f"{about} {line}")
