"""Incidents in a practice: sam has made a slip and tells mia of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.incidents.incident import (
    IncidentReport,
    close_incident,
    report_incident,
    update_incident,
)
from callrec.incidents.log import (
    INCIDENTS,
    IncidentVersion,
    OpenIncident,
    read_incident,
)
from callrec.login.people import find_person
from callrec.policy.breach import Closing, Findings
from callrec.policy.incident import IncidentAct, Outcome
from callrec.practice import today, writing
from house.practices import House
from house.requests import logged_in, signed_in

WHAT = "I left the recording of a patient playing in the waiting room"

WHY = "The patient was asked about it and does not mind"

ON_RECORD = Findings(facts="It played.", effects="Two heard it.", remedy="It was stopped.")

MILD = Findings(likelihood=2, impact=2)

GRAVE = Findings(likelihood=4, impact=3)


def an_incident(house: House, login: str = "sam", **said: Any) -> str:
    """Its reference; noticed an hour ago, by somebody who is logged in, no more."""
    known = {"noticed_at": house.now() - timedelta(hours=1), "what": WHAT, "tell": "mia", **said}
    return report_incident(
        house.practice, logged_in(house, login), IncidentReport(**known)
    ).reference


def own_report(house: House, login: str = "sam", *, told: str = "mia", **said: Any) -> str:
    """Its reference; by a program of their own, which checks nothing; I-1 is there already."""
    practice, actor = house.practice, signed_in(house, login)
    seen, (manager, _) = opened(house, "I-1").body, find_person(practice, told)
    with writing(practice, actor.signer) as act:
        body = seen.changed(number=len(INCIDENTS.every(act.connection)) + 1, **said)
        which = IncidentVersion(
            practice.vault, primitives.random_id(), 1, actor.person.id, manager.id
        )
        subject, what = [which.told], IncidentAct.REPORTED
        INCIDENTS.log_version(
            practice, act, actor, what=what, body=body, version_id=which, subject=subject
        )
    return f"I-{body.number}"


def found(house: House, reference: str, findings: Findings, login: str = "dora") -> None:
    update_incident(house.practice, signed_in(house, login), reference, findings)


def closed(house: House, reference: str, login: str = "dora", **said: Any) -> None:
    on = today(house.practice)
    known = {"outcome": Outcome.NOT_REPORTED, "on": on, "reason": WHY, **said}
    close_incident(house.practice, signed_in(house, login), reference, Closing(**known))


def settled(house: House) -> str:
    """An incident that was reported, assessed and closed: it need not be told."""
    reference = an_incident(house)
    found(house, reference, MILD, "mia")
    found(house, reference, ON_RECORD)
    closed(house, reference)
    return reference


def opened(house: House, reference: str, login: str = "dora") -> OpenIncident:
    actor = signed_in(house, login)
    with reading(house.practice.engine) as connection:
        return read_incident(house.practice, actor, connection, reference)
