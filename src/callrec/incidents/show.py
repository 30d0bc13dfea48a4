"""Show an incident: what was reported, what was found out, by when it is reported, who did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.incidents import find_incident
from callrec.crypto.canonical import parse_instant
from callrec.errors import Unusable
from callrec.incidents.incident import report_due_at
from callrec.incidents.incident_open import read_incident
from callrec.incidents.incident_update import incident_id_of, reporting_grid
from callrec.incidents.log import act_of, read_incident_history, unopened_incident
from callrec.login.people import logins
from callrec.policy.breach import Findings, is_late, missing_findings
from callrec.policy.incident import IncidentState, Outcome, check_may_read
from callrec.practice import attempt, record, today

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy import Connection

    from callrec.incidents.incident_open import OpenIncident
    from callrec.policy.breach import Closing
    from callrec.policy.incident import IncidentAct
    from callrec.practice import Actor, Practice

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
    still_missing: tuple[str, ...]
    """Of what UK GDPR 33(3) and 33(5) want."""
    closing: Closing | None
    was_late: bool
    """Told to the Information Commissioner after the 72 hours, as far as anybody can tell."""
    history: tuple[IncidentEvent, ...]


def show_incident(practice: Practice, actor: Actor, reference: str) -> ShownIncident:
    """An incident, opened and held against the log; that it was shown is in the log first.

    Raises:
        NotFound: there is none.
        Refused: it is not the actor's to read.
        Locked: it takes his password.
        Tampered: it is not the one that was reported.
    """
    incident_id = incident_id_of(practice, reference)
    with (
        attempt(practice, actor, INCIDENT_SHOWN, subject=[incident_id]),
        reading(practice.engine) as connection,
    ):
        row = find_incident(connection, reference)
        facts = unopened_incident(row, read_incident_history(practice, connection, row.id))
        check_may_read(actor.person, facts, on=today(practice))
    record(practice, actor, INCIDENT_SHOWN, subject=[incident_id])
    with (
        attempt(practice, actor, INCIDENT_SHOWN, subject=[incident_id]),
        reading(practice.engine) as connection,
    ):
        incident = read_incident(practice, actor, connection, reference)
        numbers = _numbers(connection, incident.body.recordings)
    return shown_incident(practice, incident, numbers)


def shown_incident(
    practice: Practice, incident: OpenIncident, recordings: Sequence[int]
) -> ShownIncident:
    """An opened incident in words; ``recordings`` are the numbers of those it names."""
    called, body, history = logins(practice), incident.body, incident.history
    due_at = report_due_at(practice, body.noticed_at)
    closing, zone = body.closing, practice.config.time_zone
    return ShownIncident(
        reference=incident.reference,
        state=incident.facts.state,
        what=body.what,
        noticed_at=body.noticed_at,
        due_at=due_at,
        reported_at=history.reported_at,
        reported_by=called[history.reporter],
        told=called[history.told],
        recordings=tuple(recordings),
        request=body.request,
        findings=body.findings,
        must_be_reported=reporting_grid(practice).must_be_reported(body.findings),
        still_missing=missing_findings(body.findings, reporting_grid(practice), closing),
        closing=closing,
        was_late=closing is not None and _was_late(closing, due_at, zone),
        history=tuple(_events(incident, called)),
    )


def _was_late(closing: Closing, due_at: datetime, zone: tzinfo) -> bool:
    """Whether the Commissioner was told after the 72 hours, or nobody can tell that he was not."""
    try:
        return closing.outcome is Outcome.REPORTED and is_late(closing, due_at, zone)
    except Unusable:
        return True


def _events(incident: OpenIncident, called: Mapping[str, str]) -> Iterator[IncidentEvent]:
    before = Findings()
    for leaf, body in zip(incident.history.leaves, incident.versions, strict=True):
        said = body.findings.said
        yield IncidentEvent(
            at=parse_instant(leaf.at),
            what=act_of(leaf),
            by=called[leaf.actor],
            added=tuple(name for name in said if said[name] != before.said.get(name)),
        )
        before = body.findings


def _numbers(connection: Connection, uids: Sequence[str]) -> tuple[int, ...]:
    """Of these recordings, as people call them."""
    recording = tables.recording.c
    rows = connection.execute(select(recording.uid, recording.id).where(recording.uid.in_(uids)))
    numbers = {row.uid: row.id for row in rows}
    return tuple(numbers[uid] for uid in uids if uid in numbers)
