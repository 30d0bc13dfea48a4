"""The registers of incidents, of access, and of holds.

Incidents: every breach, whether the Information Commissioner was told of it or not. One that does
not open, because its reporter sealed it with a program of their own, is listed with the others.
Access: what an access review asks for [policy 4(a)]: every login, disabled ones too, with what it
may do, what is lent to it until when, and when it was last used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_leaf
from callrec.catalogue import tables
from callrec.catalogue.holds import all_holds, count_held
from callrec.catalogue.incidents import all_incidents
from callrec.catalogue.times import from_millis
from callrec.crypto.canonical import parse_instant
from callrec.errors import Locked, Tampered
from callrec.incidents.log import (
    OpenIncident,
    can_open_incidents,
    read_incident,
    read_incident_history,
)
from callrec.incidents.show import shown_incident
from callrec.login.people import logins, shown_colleague
from callrec.policy.hold import HoldAct
from callrec.policy.role import keys_held, powers_of
from callrec.practice import Actor, Practice, today
from callrec.record.acts import attested_of, leaves_of_act
from callrec.requests.holding import check_holds
from callrec.requests.open import hidden_from

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
    """None, like most of what follows, where the incident does not open."""
    noticed_at: datetime | None = None
    due_at: datetime | None = None
    """When the 72 hours end [33(1)]."""
    reported_at: datetime | None
    """When it was entered here; None, like the next two, where its leaves do not say either."""
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
    """Reported to the Commissioner after the 72 hours, as far as is known."""
    delay_reason: str | None = None
    still_missing: tuple[str, ...] = ()
    fault: str | None = None
    """Why it does not open; None: it does."""


def read_incident_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[IncidentEntry]:
    """Every incident, in the order of their numbers; those that do not open say why."""
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
    """What the leaves of an incident say of it."""
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
    closed: dict[str, Any] = {}
    if closing is not None:
        closed = {
            "outcome": str(closing.outcome),
            "closed_on": closing.on,
            "reason": closing.reason,
            "delay_reason": closing.delay_reason or None,
        }
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
        **{each.name: getattr(shown.findings, each.name) for each in fields(shown.findings)},
        must_be_reported=shown.must_be_reported,
        was_late=shown.was_late,
        still_missing=shown.still_missing,
        **closed,
    )


ACCESS_ON_SCREEN: Final = ("login", "role", "standing", "powers", "last_login_at")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AccessEntry:
    """One login. Its repr shows nothing."""

    login: str
    full_name: str | None
    """None where the reader does not have what opens it."""
    role: str
    standing: str
    powers: tuple[str, ...]
    """In force today, those that are lent included."""
    lent: tuple[str, ...]
    """``search until 2026-12-31``, each its last day; one that is over counts for nothing."""
    vault_keys: tuple[str, ...]
    """Which of the vault's keys these powers open."""
    joined_at: datetime
    vouched_at: datetime
    """When it was last said what this login may do."""
    vouched_by: str
    last_login_at: datetime | None
    last_seen_at: datetime | None
    """The last entry in the audit log by this login, whatever it was."""
    wrong_passwords: int
    """Since the last right one."""


def read_access_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[AccessEntry]:
    """Everybody who has a login, in the order in which they joined."""
    rows = {row.id: row for row in connection.execute(select(tables.person))}
    last_logins = _last_logins(practice, connection)
    called = {**logins(practice), practice.register.founders.kit: "recovery kit"}
    for voucher in practice.register.people():
        person = voucher.person
        row = rows.get(person.id)
        if row is None:
            raise Tampered("a person who was vouched for is missing from the catalogue")
        shown = shown_colleague(practice, actor, row, voucher)
        yield AccessEntry(
            login=shown.login,
            full_name=shown.full_name or None,
            role=str(shown.role),
            standing=str(shown.standing),
            powers=shown.powers,
            lent=tuple(f"{lent.power} until {lent.until}" for lent in shown.delegations),
            vault_keys=tuple(sorted(keys_held(powers_of(person, today(practice))))),
            joined_at=_at(connection, practice.register.vouchers[person.id][0].seq),
            vouched_at=_at(connection, voucher.seq),
            vouched_by=called[voucher.by],
            last_login_at=last_logins.get(person.id),
            last_seen_at=_last_seen(connection, person.id),
            wrong_passwords=row.failures,
        )


def _last_logins(practice: Practice, connection: Connection) -> Mapping[str, datetime]:
    newest = {
        leaf.actor: leaf.seq
        for leaf in leaves_of_act(connection, "login")
        if leaf.outcome is Outcome.DONE
    }
    leaves = attested_leaves(connection, practice.register, newest.values())
    return {leaf.actor: parse_instant(leaf.at) for leaf in leaves}


def _last_seen(connection: Connection, person: str) -> datetime | None:
    leaf = tables.leaf
    is_theirs = func.instr(leaf.c.body, f'"actor":"{person}"'.encode()) > 0
    seq = connection.execute(select(func.max(leaf.c.seq)).where(is_theirs)).scalar()
    return None if seq is None else _at(connection, seq)


def _at(connection: Connection, seq: int) -> datetime:
    leaf, _ = read_leaf(connection, seq)
    return parse_instant(leaf.at)


HOLDS_ON_SCREEN: Final = ("hold", "request", "state", "recordings", "placed_at", "lifted_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEntry:
    """One hold."""

    hold: str
    request: str | None
    """The request that placed it; None if it was placed by hand."""
    purpose: str | None
    state: str
    recordings: int
    """How many it names; it may cover all there are (docs/formats/holds.md)."""
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: tuple[str, ...]
    """Two people where it was placed by hand."""


def read_hold_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[HoldEntry]:
    """Every hold, lifted or not, in the order in which they were placed.

    Not those of a request of which the actor must not learn.
    """
    check_holds(practice, connection)
    called, counts = logins(practice), count_held(connection)
    hidden, lifted = hidden_from(practice, actor, connection), defaultdict[str, list[Leaf]](list)
    for leaf in attested_of(practice, connection, [HoldAct.LIFTED]):
        lifted[leaf.subject[0]].append(leaf)
    for row in all_holds(connection):
        if row.request in hidden:
            continue
        leaves = lifted[row.id]
        yield HoldEntry(
            hold=f"H-{row.number}",
            request=f"R-{row.request_number}" if row.request else None,
            purpose=str(row.purpose) if row.request else None,
            state=str(row.state),
            recordings=counts.get(row.id, 0),
            placed_at=from_millis(row.placed_at),
            placed_by=called[row.placed_by],
            lifted_at=parse_instant(leaves[-1].at) if leaves else None,
            lifted_by=tuple(called[leaf.actor] for leaf in leaves),
        )
