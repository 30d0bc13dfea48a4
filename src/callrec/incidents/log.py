"""An incident's history, its sealed versions, its rows.

A leaf is an event of an incident if it was done, its act is one of `IncidentAct`, the incident
stands first in its subject, and it is attested. Each makes a version; none is ever replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, PlainSerializer
from sqlalchemy import Connection, Row

from callrec.audit.leaf import Leaf
from callrec.audit.register import Register
from callrec.audit.remembered import Problem
from callrec.catalogue import tables
from callrec.catalogue.tables import from_millis, to_millis
from callrec.crypto.canonical import format_instant, parse_instant
from callrec.crypto.context import context
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.policy.breach import Closing, Findings
from callrec.policy.incident import (
    IncidentAct,
    IncidentFacts,
    IncidentState,
    Outcome,
    check_may_be_notified,
    check_may_close,
    check_may_report,
    check_may_update,
    state_after,
)
from callrec.policy.role import PersonId, VaultKey
from callrec.practice import Actor, Practice
from callrec.record.entitled import Powers, only_by_entitled, powers_then
from callrec.record.forms import Id, InJson
from callrec.record.rows import Columns, check_row
from callrec.record.versions import Versioned, VersionHistory, WholeBody, fresh_nonces, hidden_among
from callrec.requests.model import MAX_REQUEST_RECORDINGS
from callrec.requests.open import references_hidden_from

INCIDENT_VAULT_KEYS: Final = (VaultKey.CATALOGUE, VaultKey.AUDIT)
"""People who govern read by the first, people who read the audit log by the second."""

INCIDENT_ACTS: Final = {str(act): act for act in IncidentAct}


@dataclass(frozen=True, slots=True)
class IncidentHistory(VersionHistory):
    """The events of one incident, oldest first: the leaf of each version."""

    @property
    def state(self) -> IncidentState:
        """Where it stands."""
        return state_after(tuple(act_of(leaf) for leaf in self.leaves))

    @property
    def reporter(self) -> PersonId:
        """Who reported it, as its row names them."""
        return self.entered_by

    @property
    def told(self) -> PersonId:
        """The person whom the report names, next to the incident."""
        named = self.leaves[0].subject[1:2]
        if not named:
            raise Tampered("an incident was reported to nobody")
        return PersonId(named[0])

    @property
    def concerned(self) -> tuple[PersonId, ...]:
        """To whom it is sealed besides."""
        return self.entered_by, self.told

    def version_id(self, vault: str, version: int) -> IncidentVersion:
        return IncidentVersion(vault, self.id, version, self.entered_by, self.told)


def act_of(leaf: Leaf) -> IncidentAct:
    """What the leaf of an event records."""
    return INCIDENT_ACTS[leaf.act]


def columns_of(history: IncidentHistory) -> Columns:
    """The columns of an incident that follow from its leaves."""
    return {
        "state": history.state,
        "reporter": history.entered_by,
        "told": history.told,
        "version": history.version,
    }


def hidden_incidents(practice: Practice, actor: Actor, connection: Connection) -> frozenset[str]:
    """Ids of the incidents of which somebody must not learn: each names a request that is hidden.

    Source: DPA 2018 Sch 2 Pt 1 para 2, as for `requests.open.hidden_from`.
    """
    hidden = references_hidden_from(practice, actor, connection)
    given = INCIDENTS, practice, actor, connection, IncidentBody
    return hidden_among(*given, hidden, lambda body: (body.request,))


INCIDENTS: Final = Versioned(
    versions=tables.incident_version,
    keys=tables.incident_key,
    holders=INCIDENT_VAULT_KEYS,
    table=tables.incident,
    letter="I",
    made_by=IncidentAct.REPORTED,
    acts=frozenset(INCIDENT_ACTS),
    history=IncidentHistory,
    row_of=lambda _, history: columns_of(history),
    hidden_from=hidden_incidents,
)


def unopened_incident(row: Row[Any], history: IncidentHistory) -> IncidentFacts:
    """What the rules ask, without opening the incident; what was found is not among it."""
    check_row(row, columns_of(history), INCIDENTS.called(row))
    return IncidentFacts(
        reference=f"I-{row.number}",
        state=history.state,
        reporter=history.entered_by,
        told=history.told,
    )


def check_incident_rows(powers: Powers, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each incident's columns are what its leaves come to, of what was done; none is missing.

    The people who reported, added to or closed one were entitled to; what was found lies
    sealed, and is not asked.
    """

    def may(row: Row[Any], history: IncidentHistory) -> None:
        incident = unopened_incident(row, history)
        check_reported(history, powers.register)
        for leaf in history.leaves[1:]:
            with only_by_entitled(
                f"the history of an incident has {leaf.act} by somebody who may not"
            ):
                check_changed(leaf, incident, powers, assesses=False)
        from_millis(row.aware_at)

    yield from INCIDENTS.wrong(powers.connection, done, may)


def check_reported(history: IncidentHistory, register: Register) -> None:
    """Check that the reporter of an incident was entitled to, and notified a line manager."""
    seq = history.leaves[0].seq
    what = "an incident was reported by somebody who may not, or to nobody's line manager"
    with only_by_entitled(what):
        check_may_report(register.person(history.entered_by, before=seq))
        check_may_be_notified(register.person(history.told, before=seq), history.entered_by)


def check_changed(leaf: Leaf, facts: IncidentFacts, powers: Powers, *, assesses: bool) -> None:
    """Ask the rules of a leaf after the report, of an incident that is open as far as they go.

    That it closes once, the state shows.
    """
    (person, on), open_ = powers.actor(leaf), replace(facts, state=IncidentState.OPEN)
    if act_of(leaf) is IncidentAct.CLOSED:
        check_may_close(person, open_, on=on)
    else:
        check_may_update(person, open_, assesses=assesses, on=on)


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

    Whether they may is not asked: `check_may_read` comes first.
    """
    row = INCIDENTS.find(connection, reference)
    history = INCIDENTS.read(connection, practice.register, row.id)
    facts = unopened_incident(row, history)
    try:
        versions = INCIDENTS.opened(actor, connection, IncidentBody, history.made(practice.vault))
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


def _check_entitled(
    practice: Practice,
    connection: Connection,
    facts: IncidentFacts,
    history: IncidentHistory,
    versions: tuple[IncidentBody, ...],
) -> None:
    """Check who made each version, and what it changed."""
    check_reported(history, practice.register)
    if versions[0].findings.assessment != Findings().assessment or versions[0].closing:
        raise Tampered("an incident was assessed or closed by its report")
    powers = powers_then(practice, connection)
    for before, body, leaf in zip(versions, versions[1:], history.leaves[1:], strict=False):
        stood = replace(facts, outcome=_outcome(before))
        assesses = before.findings.assessment != body.findings.assessment
        with only_by_entitled("an incident was changed by somebody who may not"):
            check_changed(leaf, stood, powers, assesses=assesses)
        # An update changes nothing but findings, and a closing nothing but the closing.
        if act_of(leaf) is IncidentAct.CLOSED:
            adds = before.closing is None and before.findings == body.findings
        else:
            adds = before.closing == body.closing
        if not adds or _REPORT(before) != _REPORT(body):
            raise Tampered("an incident was reported or closed otherwise than it says now")


def _outcome(body: IncidentBody) -> Outcome | None:
    return body.closing.outcome if body.closing else None


def _time(text: str) -> datetime:
    """An instant of the years that lists know too, with room for what is reckoned from it."""
    at = parse_instant(text)
    from_millis(to_millis(at))
    return at


def _closing(details: Mapping[str, str]) -> Closing:
    return Closing(
        outcome=Outcome(details["outcome"]),
        on=date.fromisoformat(details["on"]),
        at=_time(details["at"]) if details["at"] else None,
        reason=details["reason"],
        delay_reason=details["delay_reason"],
    )


def _closing_json(closing: Closing) -> Mapping[str, str]:
    return {
        "at": "" if closing.at is None else format_instant(closing.at),
        "delay_reason": closing.delay_reason,
        "on": closing.on.isoformat(),
        "outcome": closing.outcome,
        "reason": closing.reason,
    }


@dataclass(frozen=True, slots=True)
class IncidentVersion:
    """Which version of which incident: what its sealing and its digest are bound to."""

    vault: str
    incident: str
    version: int
    reporter: str
    """Id of who reported it."""
    told: str
    """Id of the person they notified."""

    called: ClassVar = "an incident"

    @property
    def context(self) -> bytes:
        return context("incident", self.vault, incident=self.incident, version=self.version)

    @property
    def people(self) -> tuple[str, ...]:
        return self.reporter, self.told


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IncidentBody(WholeBody):
    """One version of an incident, as it is sealed. Its repr shows nothing."""

    what: str
    """What happened, in a sentence."""
    noticed_at: Annotated[datetime, InJson(_time, format_instant)]
    """UTC; the 72 hours count from then."""
    recordings: Annotated[tuple[Id, ...], Field(max_length=MAX_REQUEST_RECORDINGS)]
    """Uids of the recordings concerned."""
    request: str
    """``R-17``, if one is concerned; else empty."""
    findings: Annotated[Findings, PlainSerializer(lambda found: dict(found.stated))]
    closing: Annotated[Closing, InJson(_closing, _closing_json, dict[str, str])] | None

    @property
    def columns(self) -> Columns:
        return {"aware_at": to_millis(self.noticed_at)}

    def changed(self, **changes: Any) -> IncidentBody:
        """The next version, with fresh nonces."""
        return replace(self, **fresh_nonces(), **changes)
