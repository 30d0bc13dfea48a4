"""One incident shown; those that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, Row

from callrec.catalogue.engine import reading
from callrec.catalogue.recordings import numbers_of
from callrec.catalogue.tables import from_millis
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.errors import Tampered, Unusable
from callrec.incidents.incident import report_due_at, reporting_grid
from callrec.incidents.log import (
    INCIDENTS,
    IncidentHistory,
    OpenIncident,
    act_of,
    hidden_incidents,
    read_incident,
    unopened_incident,
)
from callrec.login.people import logins
from callrec.policy.breach import Closing, Findings, is_late, missing_findings
from callrec.policy.incident import (
    IncidentAct,
    IncidentFacts,
    IncidentState,
    Outcome,
    check_may_read,
    may_read,
)
from callrec.policy.role import Person, PersonId, Power, powers_of
from callrec.practice import Actor, Practice, today
from callrec.record.acts import done_leaves
from callrec.record.rows import Entered

INCIDENT_SHOWN = "incident.shown"


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """What happened to an incident."""

    at: datetime
    what: IncidentAct
    by: str
    """Login."""
    added: tuple[str, ...]
    """Names of the findings that are new or others than before."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownIncident:
    """An incident as its readers see it. Its repr shows nothing."""

    reference: str
    state: IncidentState
    what: str
    noticed_at: datetime
    due_at: datetime
    """When the 72 hours end."""
    reported_at: datetime
    reported_by: str
    """Login."""
    told: str
    """Login."""
    recordings: tuple[int, ...]
    request: str
    findings: Findings
    must_be_reported: bool | None
    must_tell_people: bool | None
    still_missing: tuple[str, ...]
    """Of what UK GDPR 33(3), 33(5) and 34 want."""
    closing: Closing | None
    was_late: bool
    """The Information Commissioner was notified after the 72 hours, as far as is known."""
    history: tuple[IncidentEvent, ...]


def show_incident(practice: Practice, actor: Actor, reference: str) -> ShownIncident:
    """An incident, opened and held against the log; that it was shown is in the log first.

    Raises:
        NotFound: there is none.
        Refused: it is not the actor's to read.
        Locked: it takes their password.
        Tampered: it is not the one that was reported.
    """

    def check(row: Row[Any], history: IncidentHistory) -> None:
        check_may_read(actor.person, unopened_incident(row, history), on=today(practice))

    def read(connection: Connection) -> ShownIncident:
        incident = read_incident(practice, actor, connection, reference)
        uids = incident.body.recordings
        numbers = numbers_of(connection, uids)
        return shown_incident(practice, incident, [numbers[uid] for uid in uids if uid in numbers])

    return INCIDENTS.open_on_record(
        practice, actor, INCIDENT_SHOWN, reference, check=check, read=read
    )


def shown_incident(
    practice: Practice, incident: OpenIncident, recordings: Sequence[int]
) -> ShownIncident:
    """An opened incident in words; ``recordings`` are the numbers of those it names."""
    called, body, history = logins(practice), incident.body, incident.history
    due_at = report_due_at(practice, body.noticed_at)
    closing, zone = body.closing, practice.settings.time_zone
    grid = reporting_grid(practice, incident)
    return ShownIncident(
        reference=incident.reference,
        state=incident.facts.state,
        what=body.what,
        noticed_at=body.noticed_at,
        due_at=due_at,
        reported_at=history.entered_at,
        reported_by=called[history.entered_by],
        told=called[history.told],
        recordings=tuple(recordings),
        request=body.request,
        findings=body.findings,
        must_be_reported=grid.must_be_reported(body.findings),
        must_tell_people=grid.must_tell_people(body.findings),
        still_missing=missing_findings(body.findings, grid, closing),
        closing=closing,
        was_late=closing is not None and _was_late(closing, due_at, zone),
        history=tuple(_events(incident, called)),
    )


def _was_late(closing: Closing, due_at: datetime, zone: tzinfo) -> bool:
    """Whether the Commissioner was notified after the 72 hours, or it is not known when."""
    try:
        return closing.outcome is Outcome.REPORTED and is_late(closing, due_at, zone)
    except Unusable:
        return True


def _events(incident: OpenIncident, called: Mapping[str, str]) -> Iterator[IncidentEvent]:
    before = Findings()
    for leaf, body in zip(incident.history.leaves, incident.versions, strict=True):
        findings = body.findings.stated
        added = tuple(name for name in findings if findings[name] != before.stated.get(name))
        yield IncidentEvent(parse_instant(leaf.at), act_of(leaf), called[leaf.actor], added)
        before = body.findings


@dataclass(frozen=True, slots=True)
class ListedIncident:
    """An incident as its readers see it in a list."""

    reference: str
    state: IncidentState
    noticed_at: datetime | None
    """None: it is not as it was reported, as `audit verify` tells."""
    due_at: datetime | None
    """When the 72 hours end."""
    reported_by: str
    """Login."""
    told: str
    """Login."""
    recordings: int
    """How many it concerns."""

    def left(self, now: datetime) -> timedelta | None:
        """How long until then, negative if they are over; None once it is closed."""
        if self.due_at is None or self.state is IncidentState.CLOSED:
            return None
        return self.due_at - now


def list_incidents(
    practice: Practice, actor: Actor, allowed: Callable[..., bool] = may_read
) -> tuple[ListedIncident, ...]:
    """The incidents that the actor may read, or that another rule allows them; newest first."""
    on = today(practice)
    with reading(practice.engine) as connection:
        entered = reversed(entered_incidents(practice, actor, connection))
        mine = [each for each in entered if allowed(actor.person, each.facts, on=on)]
        return tuple(_listed(practice, connection, mine))


def incidents_waiting_for(
    practice: Practice, person: Person, connection: Connection, actor: Actor | None
) -> Iterator[ListedIncident]:
    """Open incidents that a person was notified of, or closes; by a loan only if logged in."""
    entered = entered_incidents(practice, actor, connection)
    waiting = [each for each in entered if each.facts.state is IncidentState.OPEN]
    held = powers_of(person, today(practice)) if actor else person.powers
    if Power.GOVERN not in held:
        waiting = [each for each in waiting if each.facts.told == person.id]
    yield from _listed(practice, connection, waiting)


def incident_warnings(practice: Practice, actor: Actor | None = None) -> Iterator[str]:
    """What was changed, and how long 72 hours last, for who is logged in; nothing personal."""
    with reading(practice.engine) as connection:
        entered = entered_incidents(practice, actor, connection)
    now, earliest = practice.now(), datetime.min.replace(tzinfo=UTC)
    for each in sorted(entered, key=lambda each: each.noticed_at or earliest):
        reference = each.facts.reference
        if each.facts.state is not IncidentState.OPEN:
            continue
        if each.noticed_at is None:
            yield f"incident {reference} is not as it was reported: callrec audit verify"
            continue
        if actor is None:
            continue
        left = report_due_at(practice, each.noticed_at) - now
        hours = abs(left.total_seconds()) // 3600
        if left.total_seconds() < 0:
            yield (
                f"incident {reference}: its 72 hours ended {hours:.0f} h ago; what is"
                " reported to the Information Commissioner now says why it was delayed"
            )
        else:
            yield (
                f"incident {reference}: {hours:.0f} h are left to report it to the"
                " Information Commissioner, or to find that it need not be"
            )


@dataclass(frozen=True, slots=True)
class EnteredIncident:
    """An incident as the log tells it."""

    id: str
    facts: IncidentFacts
    noticed_at: datetime | None
    """As its row says; None where the row is gone, or is not what the log says."""


def entered_incidents(
    practice: Practice, actor: Actor | None, connection: Connection
) -> tuple[EnteredIncident, ...]:
    """Every incident, in the order of their numbers, as `Kind.entered` finds them.

    Less those that are hidden from the actor; None: nobody in particular reads.
    """
    hidden = hidden_incidents(practice, actor, connection) if actor else frozenset()
    entered = INCIDENTS.entered(connection, practice.register)
    return tuple(_entered(each) for each in entered if each.id not in hidden)


def _entered(entered: Entered[IncidentHistory]) -> EnteredIncident:
    """Where its leaves come to nothing, it waits as if it had just been reported."""
    source: Any = entered.source
    state, noticed_at = IncidentState.OPEN, None
    told = reporter = PersonId(source.reporter)
    with suppress(Tampered):
        told, state = PersonId(source.told), IncidentState(source.state)
    # A time of no calendar in one row does not take away the lists in which others stand.
    with suppress(Tampered):
        noticed_at = from_millis(source.aware_at) if entered.is_sound else None
    facts = IncidentFacts(
        reference=f"I-{entered.number}", state=state, reporter=reporter, told=told
    )
    return EnteredIncident(entered.id, facts, noticed_at)


def _listed(
    practice: Practice, connection: Connection, entered: Sequence[EnteredIncident]
) -> Iterator[ListedIncident]:
    if not entered:
        return
    # The leaf of a report names the recordings after the incident and the person who was notified.
    reports = done_leaves(connection, (IncidentAct.REPORTED,))
    recordings = {leaf.subject[0]: len(leaf.subject[2:]) for leaf in reports}
    called = logins(practice)
    for each in entered:
        facts, noticed_at = each.facts, each.noticed_at
        yield ListedIncident(
            reference=facts.reference,
            state=facts.state,
            noticed_at=noticed_at,
            due_at=None if noticed_at is None else report_due_at(practice, noticed_at),
            reported_by=called[facts.reporter],
            told=called[facts.told],
            recordings=recordings.get(each.id, 0),
        )
