"""Add to an incident what is found out, and close it [policy, last paragraph; UK GDPR 33].

Each is a new version; the ones before it are kept as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.catalogue.engine import reading
from callrec.catalogue.incidents import find_incident
from callrec.incidents.incident import report_due_at
from callrec.incidents.incident_open import OpenIncident, read_incident
from callrec.incidents.log import log_incident_version
from callrec.policy.breach import Findings, ReportingThreshold, check_closing, missing_findings
from callrec.policy.incident import IncidentAct, IncidentState, check_may_close, check_may_update
from callrec.practice import attempt, signing, today

if TYPE_CHECKING:
    from callrec.audit.log import LogTransaction
    from callrec.incidents.incident_sealed import IncidentBody
    from callrec.policy.breach import Closing
    from callrec.practice import Actor, Practice


@dataclass(frozen=True, slots=True)
class UpdatedIncident:
    """An incident as it now stands."""

    reference: str
    state: IncidentState
    version: int
    must_be_reported: bool | None
    """To the Information Commissioner, by the grid; None while nobody has assessed it."""
    still_missing: tuple[str, ...]
    """Of what UK GDPR 33(3) and 33(5) want said."""


def update_incident(
    practice: Practice, actor: Actor, reference: str, found: Findings
) -> UpdatedIncident:
    """Add what was found out.

    Raises:
        NotFound: there is no such incident.
        Refused: the actor may not add to it, or not this, or it was closed for good.
        Unusable: nothing was found.
        Tampered: it is not the one that was reported.
    """
    with (
        attempt(
            practice, actor, IncidentAct.UPDATED, subject=[incident_id_of(practice, reference)]
        ),
        signing(practice, actor) as act,
    ):
        incident = read_incident(practice, actor, act.connection, reference)
        check_may_update(actor.person, incident.facts, assesses=found.assesses, on=today(practice))
        body = incident.body.changed(findings=incident.body.findings.with_more(found))
        return _write(practice, act, actor, incident, body)


def close_incident(
    practice: Practice, actor: Actor, reference: str, closing: Closing
) -> UpdatedIncident:
    """Close an incident: the Information Commissioner was told, or need not be.

    Raises:
        NotFound: there is no such incident.
        Refused: the actor may not close it, or not so.
        Unusable: whether it was in time depends on the time of the day, which is not said.
        Tampered: it is not the one that was reported.
    """
    with (
        attempt(practice, actor, IncidentAct.CLOSED, subject=[incident_id_of(practice, reference)]),
        signing(practice, actor) as act,
    ):
        incident = read_incident(practice, actor, act.connection, reference)
        check_may_close(actor.person, incident.facts, on=today(practice))
        noticed_at = incident.body.noticed_at
        check_closing(
            closing,
            incident.body.findings,
            reporting_grid(practice),
            noticed_at=noticed_at,
            due_at=report_due_at(practice, noticed_at),
            now=practice.now(),
            zone=practice.config.time_zone,
        )
        body = incident.body.changed(closing=closing)
        return _write(practice, act, actor, incident, body)


def reporting_grid(practice: Practice) -> ReportingThreshold:
    """From which degrees on the practice reports a breach."""
    said = practice.config.incidents
    return ReportingThreshold(likelihood=said.report_likelihood, impact=said.report_impact)


def incident_id_of(practice: Practice, reference: str) -> str:
    """Its id.

    Raises:
        NotFound: there is none.
    """
    with reading(practice.engine) as connection:
        return str(find_incident(connection, reference).id)


def _write(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    incident: OpenIncident,
    body: IncidentBody,
) -> UpdatedIncident:
    which = incident.history.which(practice.vault, incident.history.version + 1)
    closes = body.closing is not incident.body.closing
    log_incident_version(
        practice,
        act,
        actor,
        what=IncidentAct.CLOSED if closes else IncidentAct.UPDATED,
        body=body,
        which=which,
        before=incident.history,
    )
    return UpdatedIncident(
        reference=incident.reference,
        state=IncidentState.OPEN if body.closing is None else IncidentState.CLOSED,
        version=which.version,
        must_be_reported=reporting_grid(practice).must_be_reported(body.findings),
        still_missing=missing_findings(body.findings, reporting_grid(practice), body.closing),
    )
