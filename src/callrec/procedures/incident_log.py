"""What happened to an incident, as the log's leaves say it (docs/formats/incidents.md, 3).

A leaf is an event of an incident if it was done, its act is one of `IncidentAct`, the incident
stands first in its subject, and it is attested. Each makes a version; none is ever replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.attested import attested_leaves
from callrec.audit.reading import Problem
from callrec.catalogue.incidents import (
    all_incidents,
    insert_incident_key,
    insert_incident_version,
)
from callrec.crypto import primitives
from callrec.crypto.canonical import parse_instant
from callrec.errors import NotFound, Refused, Tampered
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
from callrec.policy.role import PersonId, Standing, VaultKey
from callrec.practice import register_now
from callrec.procedures.custody import from_millis
from callrec.procedures.incident_sealed import IncidentBody, IncidentVersion, seal_incident_key
from callrec.procedures.lent_day import day_of
from callrec.procedures.numbering import check_number, numbers_of
from callrec.procedures.request_log import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy import Connection, Row

    from callrec.audit.leaf import Leaf
    from callrec.audit.log import Writing
    from callrec.audit.register import Register
    from callrec.practice import Actor, Practice

VAULT_HOLDERS: Final = (VaultKey.CATALOGUE, VaultKey.AUDIT)
"""Whoever governs reads by the first, whoever reads the audit log by the second."""
OF_INCIDENTS: Final = {str(act): act for act in IncidentAct}


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
    return OF_INCIDENTS[leaf.act]


def read_incident_history(
    practice: Practice, connection: Connection, incident: str
) -> IncidentHistory:
    """Everything that happened to an incident.

    Raises:
        Tampered: a leaf is not as it was written or not its actor's, or there is none at all.
    """
    about = [leaf.seq for leaf in leaves_of(connection, OF_INCIDENTS) if _is_of(leaf, incident)]
    history = IncidentHistory(incident, attested_leaves(connection, practice.register, about))
    _ = history.state  # read once here, so that nothing is made of a history that cannot be
    return history


def unopened_incident(row: Row[Any], history: IncidentHistory) -> IncidentFacts:
    """What the rules ask, without opening the incident; what was found is not among it.

    Raises:
        Tampered: a column says otherwise than the log.
    """
    projected = {
        "state": history.state,
        "reporter": history.reporter,
        "told": history.told,
        "version": history.version,
    }
    for column, value in projected.items():
        if getattr(row, column) != value:
            raise Tampered(f"the {column} of incident I-{row.number} is not what the log says")
    return IncidentFacts(
        reference=f"I-{row.number}",
        state=history.state,
        reporter=history.reporter,
        told=history.told,
    )


def log_incident_version(
    practice: Practice,
    act: Writing,
    actor: Actor,
    *,
    what: IncidentAct,
    body: IncidentBody,
    which: IncidentVersion,
    subject: Sequence[str] = (),
) -> int:
    """Write the leaf that makes a version, and the version under a new key; returns the leaf's seq.

    Args:
        practice: the open vault.
        act: the write transaction.
        actor: who does it.
        what: the event.
        body: the version.
        which: its place.
        subject: further ids beside the incident's.
    """
    seq = act.leaf(
        str(what),
        actor=actor.person.id,
        subject=[which.incident, *subject],
        details=body.details(body.digest(which)),
        nonce=body.log_nonce,
    )
    key = primitives.fresh(primitives.KEY_BYTES)
    insert_incident_version(act.connection, which.incident, which.version, body.seal(key, which))
    for holder, key_version, public in _holders(register_now(practice, act.connection), which):
        insert_incident_key(
            act.connection,
            which.incident,
            which.version,
            holder=holder,
            key_version=key_version,
            sealed=seal_incident_key(key, which, public),
        )
    return seq


def check_incident_rows(
    connection: Connection, register: Register, zone: tzinfo, done: Iterable[Leaf]
) -> Iterator[Problem]:
    """Each incident's columns are what its leaves come to, of what was done; none is missing.

    Whoever reported, added to or closed one might do so; what he found lies sealed, and is not
    asked.
    """
    leaves = [leaf for leaf in done if leaf.act in OF_INCIDENTS]
    numbers = numbers_of(leaves, IncidentAct.REPORTED)
    reported = set(numbers)
    for row in all_incidents(connection):
        reported.discard(row.id)
        about = tuple(leaf for leaf in leaves if _is_of(leaf, row.id))
        history = IncidentHistory(row.id, about)
        try:
            incident = unopened_incident(row, history)
            _check_done_by_entitled(connection, history, incident, register, zone)
            check_number(row, numbers, "incident I")
            from_millis(row.aware_at)
        except Tampered as error:
            yield Problem(None, error.message)
    if reported:
        yield Problem(None, f"{len(reported)} incidents of the log are in no row")


def check_reported(history: IncidentHistory, register: Register) -> None:
    """Check that whoever reported an incident might, and told somebody who is a line manager.

    Raises:
        Tampered: so it is not, by the vouchers before that leaf.
    """
    seq = history.leaves[0].seq
    try:
        check_may_report(register.person(history.reporter, before=seq))
        check_is_told(register.person(history.told, before=seq), history.reporter)
    except (Refused, NotFound) as error:
        # Our own commands do not let it come to that.
        raise Tampered(
            "an incident was reported by somebody who may not, or to nobody's line manager"
        ) from error


def _check_done_by_entitled(
    connection: Connection,
    history: IncidentHistory,
    incident: IncidentFacts,
    register: Register,
    zone: tzinfo,
) -> None:
    check_reported(history, register)
    open_ = replace(incident, state=IncidentState.OPEN)  # that it closes once, the state shows
    for leaf in history.leaves[1:]:
        on = day_of(connection, register, leaf, zone)
        try:
            person = register.person(leaf.actor, before=leaf.seq)
            if act_of(leaf) is IncidentAct.CLOSED:
                check_may_close(person, open_, on=on)
            else:
                check_may_update(person, open_, assesses=False, on=on)
        except (Refused, NotFound) as error:
            # Our own commands do not let it come to that.
            raise Tampered(
                f"the history of an incident has {leaf.act} by somebody who may not"
            ) from error


def _is_of(leaf: Leaf, incident: str) -> bool:
    return leaf.subject[:1] == (incident,)


def _holders(register: Register, which: IncidentVersion) -> Iterator[tuple[str, int, bytes]]:
    for key in VAULT_HOLDERS:
        newest = register.newest(key)
        yield str(key), newest.version, newest.public
    for person in dict.fromkeys((which.reporter, which.told)):
        # Whoever was shut out keeps his seed, and somebody else knows a provisional password.
        if register.person(person).standing is not Standing.CONFIRMED:
            continue
        yield person, 0, register.public_keys(person).kem
