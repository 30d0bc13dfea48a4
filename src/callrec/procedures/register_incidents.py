"""The register of incidents, with what UK GDPR 33(3) and 33(5) want [policy, last paragraph].

Every breach stands in it, whether the Information Commissioner was told of it or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.catalogue.incidents import all_incidents
from callrec.procedures.incident_open import read_incident
from callrec.procedures.incident_show import shown_incident

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy import Connection

    from callrec.practice import Actor, Practice
    from callrec.procedures.incident_open import OpenIncident

ON_SCREEN: Final = ("incident", "state", "noticed_at", "due_at", "outcome", "likelihood", "impact")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IncidentEntry:
    """One incident. Its repr shows nothing."""

    incident: str
    state: str
    what: str
    noticed_at: datetime
    due_at: datetime
    """When the 72 hours end [33(1)]."""
    reported_at: datetime
    """When it was entered here."""
    reported_by: str
    told: str
    """The line manager, or the Data Controller."""
    recordings: int
    nature: str
    """To ``measures``: [33(3)]; empty or None where nothing is said yet."""
    people: str
    people_count: int | None
    records: str
    record_count: int | None
    contact: str
    consequences: str
    measures: str
    facts: str
    """To ``remedy``: [33(5)]."""
    effects: str
    remedy: str
    likelihood: int | None
    impact: int | None
    must_be_reported: bool | None
    """By the NHS's grid; None while it is not assessed."""
    outcome: str | None
    """``reported`` to the Information Commissioner or ``not-reported``; None while it is open."""
    closed_on: date | None
    reason: str | None
    was_late: bool
    """Told to the Commissioner after the 72 hours."""
    delay_reason: str | None
    still_missing: tuple[str, ...]


def read_incidents(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[IncidentEntry]:
    """Every incident, in the order of their numbers.

    Raises:
        Locked: the actor has no key to which they are sealed.
        Tampered: one is not as it was reported.
    """
    for row in all_incidents(connection):
        yield _entry(practice, read_incident(practice, actor, connection, f"I-{row.number}"))


def _entry(practice: Practice, incident: OpenIncident) -> IncidentEntry:
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
