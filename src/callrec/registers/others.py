"""The register of incidents, with what UK GDPR 33(3) and 33(5) want [policy, last paragraph].

Every breach stands in it, whether the Information Commissioner was told of it or not; and one that
does not open, as whoever reported it sealed it with a program of his own, takes no other away.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from callrec.catalogue.incidents import all_incidents
from callrec.errors import Locked, Tampered
from callrec.incidents.log import can_open_incidents, read_incident, read_incident_history
from callrec.incidents.show import shown_incident
from callrec.login.people import logins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from callrec.incidents.log import OpenIncident
    from callrec.practice import Actor, Practice

DOES_NOT_OPEN: Final = "does not open"

INCIDENTS_ON_SCREEN: Final = (
    "incident",
    "state",
    "noticed_at",
    "due_at",
    "outcome",
    "likelihood",
    "impact",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IncidentEntry:
    """One incident. Its repr shows nothing."""

    incident: str
    state: str
    """``open``, ``closed`` or `DOES_NOT_OPEN`."""
    what: str | None = None
    """This and what follows is None where it does not open, but for who reported it to whom."""
    noticed_at: datetime | None = None
    due_at: datetime | None = None
    """When the 72 hours end [33(1)]."""
    reported_at: datetime | None
    """When it was entered here; None, as the next two, where its leaves do not tell either."""
    reported_by: str | None
    told: str | None
    """The line manager, or the Data Controller."""
    recordings: int | None = None
    nature: str | None = None
    """To ``measures``: [33(3)]; empty or None where nothing is said yet."""
    people: str | None = None
    people_count: int | None = None
    records: str | None = None
    record_count: int | None = None
    contact: str | None = None
    consequences: str | None = None
    measures: str | None = None
    facts: str | None = None
    """To ``remedy``: [33(5)]."""
    effects: str | None = None
    remedy: str | None = None
    likelihood: int | None = None
    impact: int | None = None
    must_be_reported: bool | None = None
    """By the NHS's grid; None while it is not assessed."""
    outcome: str | None = None
    """``reported`` to the Information Commissioner or ``not-reported``; None while it is open."""
    closed_on: date | None = None
    reason: str | None = None
    was_late: bool | None = None
    """Told to the Commissioner after the 72 hours, as far as anybody can tell."""
    delay_reason: str | None = None
    still_missing: tuple[str, ...] = ()
    fault: str | None = None
    """Why it does not open; None: it does."""


def read_incident_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[IncidentEntry]:
    """Every incident, in the order of their numbers; those that do not open say why.

    Raises:
        Locked: the actor has no key to which they are sealed.
    """
    for row in all_incidents(connection):
        try:
            yield _incident_entry(
                practice, read_incident(practice, actor, connection, f"I-{row.number}")
            )
        except (Locked, Tampered) as error:
            if isinstance(error, Locked) and not can_open_incidents(actor):
                raise
            yield _unopened(practice, connection, row, error.message)


def _unopened(
    practice: Practice, connection: Connection, row: Row[Any], fault: str
) -> IncidentEntry:
    """What its leaves tell of it."""
    reported_at = reported_by = told = None
    with suppress(Tampered):
        history, called = read_incident_history(practice, connection, row.id), logins(practice)
        reported_at, reported_by = history.reported_at, called.get(history.reporter)
        told = called.get(history.told)
    return IncidentEntry(
        incident=f"I-{row.number}",
        state=DOES_NOT_OPEN,
        reported_at=reported_at,
        reported_by=reported_by,
        told=told,
        fault=fault,
    )


def _incident_entry(practice: Practice, incident: OpenIncident) -> IncidentEntry:
    shown, closing = shown_incident(practice, incident, ()), incident.body.closing
    found = shown.findings
    return IncidentEntry(
        incident=shown.reference,
        state=str(shown.state),
        what=shown.what,
        noticed_at=shown.noticed_at,
        due_at=shown.due_at,
        reported_at=shown.reported_at,
        reported_by=shown.reported_by,
        told=shown.told,
        recordings=len(incident.body.recordings),
        nature=found.nature,
        people=found.people,
        people_count=found.people_count,
        records=found.records,
        record_count=found.record_count,
        contact=found.contact,
        consequences=found.consequences,
        measures=found.measures,
        facts=found.facts,
        effects=found.effects,
        remedy=found.remedy,
        likelihood=found.likelihood,
        impact=found.impact,
        must_be_reported=shown.must_be_reported,
        outcome=str(closing.outcome) if closing else None,
        closed_on=closing.on if closing else None,
        reason=closing.reason if closing else None,
        was_late=shown.was_late,
        delay_reason=(closing.delay_reason or None) if closing else None,
        still_missing=shown.still_missing,
    )
