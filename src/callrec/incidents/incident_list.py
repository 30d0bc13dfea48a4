"""Incidents in a list, and those that wait. Nothing sealed is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callrec.catalogue.engine import reading
from callrec.catalogue.incidents import all_incidents
from callrec.catalogue.times import from_millis
from callrec.errors import Tampered
from callrec.incidents.incident import report_due_at
from callrec.login.people import logins
from callrec.policy.incident import IncidentAct, IncidentFacts, IncidentState, may_read
from callrec.policy.role import PersonId, Power, powers_of
from callrec.practice import today
from callrec.record.acts import done_leaves

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Row

    from callrec.policy.role import Person
    from callrec.practice import Actor, Practice


@dataclass(frozen=True, slots=True)
class ListedIncident:
    """An incident as its readers see it in a list."""

    reference: str
    state: IncidentState
    noticed_at: datetime | None
    """None: its row has a time of no calendar, as `audit verify` tells."""
    due_at: datetime | None
    """When the 72 hours end."""
    reported_by: str
    """Login."""
    told: str
    """Login."""
    recordings: int
    """How many it concerns."""

    def left(self, now: datetime) -> timedelta | None:
        """How long till then, less than nothing if they are over; None once it is closed."""
        if self.due_at is None or self.state is IncidentState.CLOSED:
            return None
        return self.due_at - now


@dataclass(frozen=True, slots=True)
class _ReadOnce:
    """What lists read once."""

    logins: Mapping[str, str]
    recordings: Mapping[str, int]


def list_incidents(practice: Practice, actor: Actor) -> tuple[ListedIncident, ...]:
    """The incidents that the actor may read, the newest first."""
    on = today(practice)
    with reading(practice.engine) as connection:
        rows = all_incidents(connection)
        seen = _ReadOnce(logins(practice), _named(connection))
    return tuple(
        _listed(practice, row, seen)
        for row in reversed(rows)
        if may_read(actor.person, _facts(row), on=on)
    )


def incidents_waiting_for(
    practice: Practice, person: Person, connection: Connection
) -> Iterator[ListedIncident]:
    """Open incidents of which somebody was told, or that are his to close as Data Controller."""
    rows = [row for row in all_incidents(connection) if row.state == IncidentState.OPEN]
    if Power.GOVERN not in powers_of(person, today(practice)):
        rows = [row for row in rows if row.told == person.id]
    if rows:
        seen = _ReadOnce(logins(practice), _named(connection))
        yield from (_listed(practice, row, seen) for row in rows)


def incident_warnings(practice: Practice) -> Iterator[str]:
    """How long the 72 hours of each open incident still last, soonest first; nothing personal."""
    with reading(practice.engine) as connection:
        rows = [row for row in all_incidents(connection) if row.state == IncidentState.OPEN]
    now = practice.now()
    for row in sorted(rows, key=lambda row: (row.aware_at, row.number)):
        noticed_at = _noticed_at(row)
        if noticed_at is None:
            yield f"incident I-{row.number}: nobody knows when it was noticed: callrec audit verify"
            continue
        left = report_due_at(practice, noticed_at) - now
        hours = abs(left.total_seconds()) // 3600
        if left.total_seconds() < 0:
            yield (
                f"incident I-{row.number}: its 72 hours ended {hours:.0f} h ago; what is"
                " reported to the Information Commissioner now says why it was delayed"
            )
        else:
            yield (
                f"incident I-{row.number}: {hours:.0f} h are left to report it to the"
                " Information Commissioner, or to find that it need not be"
            )


def _facts(row: Row[Any]) -> IncidentFacts:
    return IncidentFacts(
        reference=f"I-{row.number}",
        state=row.state,
        reporter=PersonId(row.reporter),
        told=PersonId(row.told),
    )


def _named(connection: Connection) -> Mapping[str, int]:
    """How many recordings each report names: its leaf says, after the incident and who was told."""
    reports = done_leaves(connection, (IncidentAct.REPORTED,))
    return {leaf.subject[0]: len(leaf.subject[2:]) for leaf in reports}


def _listed(practice: Practice, row: Row[Any], seen: _ReadOnce) -> ListedIncident:
    noticed_at = _noticed_at(row)
    return ListedIncident(
        reference=f"I-{row.number}",
        state=row.state,
        noticed_at=noticed_at,
        due_at=None if noticed_at is None else report_due_at(practice, noticed_at),
        reported_by=seen.logins[row.reporter],
        told=seen.logins[row.told],
        recordings=seen.recordings.get(row.id, 0),
    )


def _noticed_at(row: Row[Any]) -> datetime | None:
    """One whose row has a time of no calendar takes no list away in which others stand."""
    try:
        return from_millis(row.aware_at)
    except Tampered:
        return None
