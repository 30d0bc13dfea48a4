"""Open an incident and hold it against the audit log (docs/formats/incidents.md, 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from callrec.catalogue.incidents import find_incident
from callrec.catalogue.times import to_millis
from callrec.errors import Locked, Tampered
from callrec.incidents.incident_sealed import IncidentBody
from callrec.incidents.log import (
    INCIDENT_VAULT_KEYS,
    INCIDENTS,
    IncidentHistory,
    act_of,
    check_changed,
    check_reported,
    read_incident_history,
    unopened_incident,
)
from callrec.policy.incident import IncidentAct, IncidentFacts, IncidentState
from callrec.record.entitled import by_who_might, powers_then

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from callrec.policy.incident import Outcome
    from callrec.practice import Actor, Practice

_REPORT: Final = attrgetter("number", "what", "noticed_at", "recordings", "request")
"""What the report alone says; versions after it add findings and the closing."""


@dataclass(frozen=True, slots=True, repr=False)
class OpenIncident:
    """An incident as it stands, opened and checked, with all its versions. Shows nothing."""

    id: str
    facts: IncidentFacts
    history: IncidentHistory
    versions: tuple[IncidentBody, ...]
    """Oldest first, each made by the leaf of the history in the same place."""

    @property
    def body(self) -> IncidentBody:
        """The version that stands."""
        return self.versions[-1]

    @property
    def reference(self) -> str:
        return self.facts.reference


def read_incident(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> OpenIncident:
    """Open an incident by any key of the actor's to which it is sealed.

    Whether he may is not asked: `check_may_read` comes first.

    Args:
        practice: the open vault.
        actor: who reads it.
        connection: sees one state of the catalogue throughout.
        reference: ``I-3``.

    Raises:
        NotFound: there is none.
        Locked: it takes his password, or is sealed to nobody that he is.
        Tampered: it is not the one that was reported, or a column says otherwise than the log.
    """
    row = find_incident(connection, reference)
    history = read_incident_history(practice, connection, row.id)
    facts = unopened_incident(row, history)
    try:
        versions = tuple(_versions(practice, actor, connection, history))
    except Tampered as error:
        raise Tampered(
            f"incident {reference} does not open: {error.message}",
            hint="tell the Data Controller; what is known of it is an incident of its own:"
            " callrec incident report",
        ) from error
    if (row.number, row.aware_at) != (versions[-1].number, to_millis(versions[-1].noticed_at)):
        raise Tampered(f"a column of incident {reference} is not what was sealed with it")
    if (versions[-1].closing is None) is not (facts.state is IncidentState.OPEN):
        raise Tampered(f"incident {reference} is closed in one place and open in another")
    _check_entitled(practice, connection, facts, history, versions)
    facts = replace(facts, outcome=_outcome(versions[-1]))
    return OpenIncident(row.id, facts, history, versions)


def can_open_incidents(actor: Actor) -> bool:
    """Whether what a login keeps is enough."""
    return any(key in INCIDENT_VAULT_KEYS for key, _ in actor.shares)


def _versions(
    practice: Practice, actor: Actor, connection: Connection, history: IncidentHistory
) -> list[IncidentBody]:
    opened = []
    for number, leaf in enumerate(history.leaves, start=1):
        which = history.which(practice.vault, number)
        key = INCIDENTS.key(actor, connection, which)
        if key is None:
            raise Locked(
                "this incident opens with the password of somebody whom it concerns",
                hint="type it, or set CALLREC_USER and CALLREC_PASSWORD_FILE",
            )
        body = IncidentBody.open(INCIDENTS.sealed(connection, which), key, which)
        if body.commitment(which.vault, leaf.seq, body.digest(which)) != leaf.detail:
            raise Tampered(f"its version {number} is not the one that was made")
        opened.append(body)
    return opened


def _check_entitled(
    practice: Practice,
    connection: Connection,
    facts: IncidentFacts,
    history: IncidentHistory,
    versions: tuple[IncidentBody, ...],
) -> None:
    """Check who made each version, and what it changed."""
    check_reported(history, practice.register)
    if versions[0].findings.assesses or versions[0].closing is not None:
        raise Tampered("an incident was assessed or closed by its report")
    might = powers_then(practice, connection)
    for before, body, leaf in zip(versions, versions[1:], history.leaves[1:], strict=False):
        stood = replace(facts, outcome=_outcome(before))
        degrees = {(b.findings.likelihood, b.findings.impact) for b in (before, body)}
        with by_who_might("an incident was changed by somebody who may not"):
            check_changed(leaf, stood, might, assesses=len(degrees) > 1)
        _check_adds(act_of(leaf), before, body)


def _check_adds(act: IncidentAct, before: IncidentBody, body: IncidentBody) -> None:
    """Check that an update changes nothing but findings, and a closing nothing but the closing."""
    if act is IncidentAct.CLOSED:
        adds = before.closing is None and before.findings == body.findings
    else:
        adds = before.closing == body.closing
    if not adds or _REPORT(before) != _REPORT(body):
        raise Tampered("an incident was reported or closed otherwise than it says now")


def _outcome(body: IncidentBody) -> Outcome | None:
    return body.closing.outcome if body.closing else None
