"""Show one complaint; list all, and those that wait for an acknowledgement or an outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Row

from callrec.catalogue.engine import reading
from callrec.complaints.complaint import acknowledgement_of
from callrec.complaints.log import (
    COMPLAINTS,
    ComplaintBody,
    ComplaintHistory,
    OpenComplaint,
    act_of,
    hidden_complaints,
    read_complaint,
    received_on,
    unopened_complaint,
)
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.login.people import logins
from callrec.policy.clock_events import Deadline, Urgency, urgency
from callrec.policy.days import short_date
from callrec.policy.rights.complaint import (
    ComplaintAct,
    ComplaintFacts,
    ComplaintState,
    Finding,
    check_may_read,
    is_dated_late,
    may_answer,
    may_read,
    was_late,
)
from callrec.policy.role import Person, PersonId
from callrec.practice import Actor, Practice, today
from callrec.record.rows import Entered

COMPLAINT_SHOWN = "complaint.shown"


@dataclass(frozen=True, slots=True, repr=False)
class ComplaintEvent:
    """What happened to a complaint. Its repr shows nothing."""

    what: ComplaintAct
    on: date
    how: str
    """How it came, or how the complainant was told; empty where they were not."""
    said: str
    finding: str
    by: str
    """Login."""
    at: datetime
    """When it was entered here."""
    entered_on: date
    """The practice's day of `at`."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownComplaint:
    """A complaint as its readers see it. Its repr shows nothing."""

    reference: str
    state: ComplaintState
    complainant: str
    contact: str
    request: str
    incident: str
    received_on: date
    deadline: Deadline
    """By when it must be acknowledged, and why."""
    acknowledged_on: date | None
    """Or answered, where that came first."""
    acknowledged_entered_on: date | None
    """The day on which the acknowledgement was entered here."""
    was_late: bool | None
    """None of what turned out to be no complaint, which has no clock."""
    is_dated_late: bool
    """Its day is in time, but it was entered here after the last day to acknowledge it."""
    history: tuple[ComplaintEvent, ...]


def show_complaint(practice: Practice, actor: Actor, reference: str) -> ShownComplaint:
    """A complaint, opened and held against the log; that it was shown is in the log first.

    Raises:
        NotFound: there is none.
        Refused: it is not the actor's to read.
        Locked: it takes their password.
        Tampered: it is not the one that was entered.
    """

    def check(row: Row[Any], history: ComplaintHistory) -> None:
        check_may_read(actor.person, unopened_complaint(row, history), on=today(practice))

    def read(connection: Connection) -> ShownComplaint:
        return shown_complaint(practice, read_complaint(practice, actor, connection, reference))

    return COMPLAINTS.open_on_record(
        practice, actor, COMPLAINT_SHOWN, reference, check=check, read=read
    )


def shown_complaint(practice: Practice, complaint: OpenComplaint) -> ShownComplaint:
    """An opened complaint in words."""
    receipt, history = complaint.receipt, tuple(_events(practice, complaint))
    is_none = history[-1].finding == Finding.OTHER_MATTER
    told = [each for each in history if each.what in _TOLD and each.finding != Finding.OTHER_MATTER]
    first = min(told, key=attrgetter("on"), default=None)
    told_on = None if first is None else first.on
    deadline = acknowledgement_of(practice, receipt.on)
    return ShownComplaint(
        reference=complaint.reference,
        state=complaint.facts.state,
        complainant=receipt.complainant,
        contact=receipt.contact,
        request=receipt.request,
        incident=receipt.incident,
        received_on=receipt.on,
        deadline=deadline,
        acknowledged_on=told_on,
        acknowledged_entered_on=None if first is None else first.entered_on,
        was_late=None if is_none else was_late(deadline, told_on, today=today(practice)),
        is_dated_late=first is not None
        and is_dated_late(deadline, first.on, entered_on=first.entered_on),
        history=history,
    )


_TOLD: Final = frozenset({ComplaintAct.ACKNOWLEDGED, ComplaintAct.ANSWERED})


def _events(practice: Practice, complaint: OpenComplaint) -> Iterator[ComplaintEvent]:
    called, zone = logins(practice), practice.settings.time_zone
    made: Iterator[tuple[Any, ComplaintBody]]
    made = zip(complaint.history.leaves, complaint.versions, strict=True)
    for leaf, body in made:
        at = parse_instant(leaf.at)
        yield ComplaintEvent(
            what=act_of(leaf),
            on=body.on,
            how=str(body.how),
            said=body.what,
            finding=str(body.finding),
            by=called[leaf.actor],
            at=at,
            entered_on=at.astimezone(zone).date(),
        )


@dataclass(frozen=True, slots=True)
class ListedComplaint:
    """A complaint in a list: state and days, nothing that was said."""

    reference: str
    state: ComplaintState
    received_on: date | None
    """None: it is not as it was entered, as `audit verify` tells."""
    due_on: date | None
    """By when it is acknowledged; None where it came before the law, or that is unknown."""
    is_unknown: bool
    """It is not as it was entered, or that year's bank holidays are not known."""
    urgency: Urgency | None
    """How pressing the acknowledgement is; None once there is one, or where no day is known."""
    entered_by: str
    """Login."""


def list_complaints(
    practice: Practice, actor: Actor, allowed: Callable[..., bool] = may_read
) -> tuple[ListedComplaint, ...]:
    """The complaints that the actor may read, or that another rule allows them; newest first."""
    on = today(practice)
    with reading(practice.engine) as connection:
        entered = entered_complaints(practice, actor, connection)
    mine = [each for each in reversed(entered) if allowed(actor.person, each.facts, on=on)]
    return tuple(_listed(practice, mine))


def complaints_waiting_for(
    practice: Practice, person: Person, connection: Connection, actor: Actor | None
) -> Iterator[ListedComplaint]:
    """Open complaints that a person deals with, as `incidents.show.incidents_waiting_for`."""
    on = today(practice)
    entered = entered_complaints(practice, actor, connection)
    person = person if actor else replace(person, delegations=())
    waiting = [each for each in entered if each.facts.state is not ComplaintState.CLOSED]
    yield from _listed(practice, [e for e in waiting if may_answer(person, e.facts, on=on)])


def complaint_warnings(practice: Practice, actor: Actor | None = None) -> Iterator[str]:
    """Which were changed, and which to acknowledge, for who is logged in; nothing personal."""
    with reading(practice.engine) as connection:
        entered = entered_complaints(practice, actor, connection)
    for each in _listed(practice, entered):
        due = each.due_on and short_date(each.due_on)
        if each.received_on is None:
            yield f"complaint {each.reference} is not as it was entered: callrec audit verify"
        elif actor is None:
            continue
        elif each.state is ComplaintState.RECEIVED and each.is_unknown:
            yield (
                f"complaint {each.reference}: by when it is acknowledged is unknown, as that"
                " year's bank holidays are"
            )
        elif each.urgency is Urgency.OVERDUE:
            yield f"complaint {each.reference}: its acknowledgement is overdue since {due}"
        elif each.urgency is Urgency.DUE_SOON:
            yield f"complaint {each.reference}: acknowledge it by {due}"


@dataclass(frozen=True, slots=True)
class EnteredComplaint:
    """A complaint as the log tells it."""

    id: str
    facts: ComplaintFacts
    received_on: date | None
    """As its row says; None where the row is gone, or is not what the log says."""


def entered_complaints(
    practice: Practice, actor: Actor | None, connection: Connection
) -> tuple[EnteredComplaint, ...]:
    """As `incidents.show.entered_incidents`: every complaint that is not hidden from the actor."""
    hidden = hidden_complaints(practice, actor, connection) if actor else frozenset()
    entered = COMPLAINTS.entered(connection, practice.register)
    return tuple(_entered(each) for each in entered if each.id not in hidden)


def _entered(entered: Entered[ComplaintHistory]) -> EnteredComplaint:
    """Where its leaves come to nothing, it waits as if it had just come."""
    told: Any = entered.source
    state, came_on = ComplaintState.RECEIVED, None
    with suppress(Tampered):
        state = ComplaintState(told.state)
    # A day of no calendar in one row does not take away the lists in which others stand.
    with suppress(Tampered):
        came_on = received_on(told) if entered.is_sound else None
    facts = ComplaintFacts(
        reference=f"C-{entered.number}", state=state, entered_by=PersonId(told.entered_by)
    )
    return EnteredComplaint(entered.id, facts, came_on)


def _listed(practice: Practice, entered: Iterable[EnteredComplaint]) -> Iterator[ListedComplaint]:
    called, on, warn_days = logins(practice), today(practice), practice.settings.clocks.warn_days
    for each in entered:
        facts, came_on = each.facts, each.received_on
        deadline = None if came_on is None else acknowledgement_of(practice, came_on)
        waits = deadline is not None and facts.state is ComplaintState.RECEIVED
        yield ListedComplaint(
            reference=facts.reference,
            state=facts.state,
            received_on=came_on,
            due_on=None if deadline is None else deadline.due_on,
            is_unknown=deadline is None or deadline.is_unknown,
            urgency=urgency(deadline, on, warn_days=warn_days) if deadline and waits else None,
            entered_by=called[facts.entered_by],
        )
