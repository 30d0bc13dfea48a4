"""What happened to an incident, as the log's leaves say it (docs/formats/incidents.md, 3).

A leaf is an event of an incident if it was done, its act is one of `IncidentAct`, the incident
stands first in its subject, and it is attested. Each makes a version; none is ever replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from callrec.catalogue import tables
from callrec.catalogue.times import from_millis, to_millis
from callrec.crypto.canonical import parse_instant
from callrec.errors import Tampered
from callrec.incidents.incident_sealed import IncidentBody, IncidentVersion
from callrec.policy.incident import (
    IncidentAct,
    IncidentFacts,
    IncidentState,
    check_is_told,
    check_may_close,
    check_may_report,
    check_may_update,
    state_after,
)
from callrec.policy.role import PersonId, VaultKey
from callrec.practice import register_now
from callrec.record.acts import log_leaf
from callrec.record.entitled import Powers, by_who_might
from callrec.record.rows import check_row
from callrec.record.versions import Versioned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from callrec.audit.leaf import Leaf
    from callrec.audit.log import LogTransaction
    from callrec.audit.reading import Problem
    from callrec.audit.register import Register
    from callrec.practice import Actor, Practice
    from callrec.record.rows import Columns

INCIDENT_VAULT_KEYS: Final = (VaultKey.CATALOGUE, VaultKey.AUDIT)
"""Whoever governs reads by the first, whoever reads the audit log by the second."""

INCIDENT_ACTS: Final = {str(act): act for act in IncidentAct}


@dataclass(frozen=True, slots=True)
class IncidentHistory:
    """The events of one incident, oldest first: the leaf of each version."""

    incident: str
    leaves: tuple[Leaf, ...]

    @property
    def state(self) -> IncidentState:
        """Where it stands.

        Raises:
            Tampered: the events cannot have happened in this order.
        """
        return state_after(tuple(act_of(leaf) for leaf in self.leaves))

    @property
    def version(self) -> int:
        return len(self.leaves)

    @property
    def reporter(self) -> PersonId:
        """The actor of the leaf that reported it; `state` shows that it is the first."""
        return PersonId(self.leaves[0].actor)

    @property
    def told(self) -> PersonId:
        """Whom the report names, next to the incident.

        Raises:
            Tampered: it names nobody.
        """
        named = self.leaves[0].subject[1:2]
        if not named:
            raise Tampered("an incident was reported to nobody")
        return PersonId(named[0])

    def which(self, vault: str, version: int) -> IncidentVersion:
        """What a version of it is bound to."""
        return IncidentVersion(vault, self.incident, version, self.reporter, self.told)

    @property
    def reported_at(self) -> datetime:
        return parse_instant(self.leaves[0].at)


def act_of(leaf: Leaf) -> IncidentAct:
    """What the leaf of an event records."""
    return INCIDENT_ACTS[leaf.act]


def columns_of(history: IncidentHistory) -> Columns:
    """The columns of an incident that follow from its leaves.

    Raises:
        Tampered: the events cannot have happened in this order.
    """
    return {
        "state": history.state,
        "reporter": history.reporter,
        "told": history.told,
        "version": history.version,
    }


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
    in_no_leaf="what happened to an incident cannot have happened in this order",
)


def read_incident_history(
    practice: Practice, connection: Connection, incident: str
) -> IncidentHistory:
    """Everything that happened to an incident.

    Raises:
        Tampered: a leaf is not as it was written or not its actor's, or there is none at all.
    """
    return INCIDENTS.read(connection, practice.register, incident)


def unopened_incident(row: Row[Any], history: IncidentHistory) -> IncidentFacts:
    """What the rules ask, without opening the incident; what was found is not among it.

    Raises:
        Tampered: a column says otherwise than the log.
    """
    check_row(row, columns_of(history), INCIDENTS.called(row))
    return IncidentFacts(
        reference=f"I-{row.number}",
        state=history.state,
        reporter=history.reporter,
        told=history.told,
    )


def log_incident_version(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    *,
    what: IncidentAct,
    body: IncidentBody,
    which: IncidentVersion,
    subject: Sequence[str] = (),
    before: IncidentHistory | None = None,
) -> None:
    """Write the leaf that makes a version, the row that follows, and the version under a new key.

    Args:
        practice: the open vault.
        act: the write transaction.
        actor: who does it.
        what: the event.
        body: the version.
        which: its place.
        subject: further ids beside the incident's.
        before: what happened to it so far; None: this reports it.
    """
    details = body.details(body.digest(which))
    leaf = log_leaf(
        act, actor, what, [which.incident, *subject], details=details, nonce=body.log_nonce
    )
    if before is None:
        history = IncidentHistory(which.incident, (leaf,))
        aware_at = to_millis(body.noticed_at)
        others = {"number": body.number, "aware_at": aware_at}
        INCIDENTS.insert(act.connection, which.incident, history, **others)
    else:
        after = replace(before, leaves=(*before.leaves, leaf))
        INCIDENTS.update(act.connection, which.incident, after)
    register = register_now(practice, act.connection)
    INCIDENTS.store(act.connection, register, which, body, (which.reporter, which.told))


def check_incident_rows(might: Powers, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each incident's columns are what its leaves come to, of what was done; none is missing.

    Whoever reported, added to or closed one might do so; what was found lies sealed, and is not
    asked.
    """

    def may(row: Row[Any], history: IncidentHistory) -> None:
        _check_done_by_entitled(history, unopened_incident(row, history), might)
        from_millis(row.aware_at)

    yield from INCIDENTS.wrong(might.connection, done, may)


def check_reported(history: IncidentHistory, register: Register) -> None:
    """Check that whoever reported an incident might, and told somebody who is a line manager.

    Raises:
        Tampered: so it is not, by the vouchers before that leaf.
    """
    seq = history.leaves[0].seq
    with by_who_might(
        "an incident was reported by somebody who may not, or to nobody's line manager"
    ):
        check_may_report(register.person(history.reporter, before=seq))
        check_is_told(register.person(history.told, before=seq), history.reporter)


def check_changed(leaf: Leaf, facts: IncidentFacts, might: Powers, *, assesses: bool) -> None:
    """Ask the rules of a leaf after the report, of an incident that is open as far as they go.

    That it closes once, the state shows.

    Raises:
        NotFound, Refused: its actor may not do that.
    """
    (person, on), open_ = might.actor(leaf), replace(facts, state=IncidentState.OPEN)
    if act_of(leaf) is IncidentAct.CLOSED:
        check_may_close(person, open_, on=on)
    else:
        check_may_update(person, open_, assesses=assesses, on=on)


def _check_done_by_entitled(
    history: IncidentHistory, incident: IncidentFacts, might: Powers
) -> None:
    check_reported(history, might.register)
    for leaf in history.leaves[1:]:
        with by_who_might(f"the history of an incident has {leaf.act} by somebody who may not"):
            check_changed(leaf, incident, might, assesses=False)
