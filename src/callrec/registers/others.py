"""The registers of incidents, of complaints, of access, of holds, and of what was set aside.

Incidents: every breach, notified to the Information Commissioner or not. One that does not open,
because its reporter sealed it with a program of their own, is listed with the others.
Complaints: those about the practice's use of personal data [DPA 2018 s.164A], likewise.
Access: what an access review asks for [policy 4(a)]: every login, disabled ones too, with what it
may do, what is lent to it until when, and when it was last used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, func, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_leaf
from callrec.catalogue import tables
from callrec.catalogue.holds import all_holds, count_held
from callrec.catalogue.tables import from_millis
from callrec.complaints.log import COMPLAINTS, OpenComplaint, read_complaint
from callrec.complaints.show import entered_complaints, shown_complaint
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass, fields
from callrec.errors import Locked, Tampered
from callrec.incidents.log import INCIDENTS, OpenIncident, read_incident
from callrec.incidents.show import entered_incidents, shown_incident
from callrec.login.factors import factors_of
from callrec.login.locks import holders
from callrec.login.people import logins, shown_colleague
from callrec.policy.hold import HoldAct
from callrec.policy.rights.complaint import ComplaintAct
from callrec.practice import Actor, Practice, today
from callrec.record.acts import attested_of, leaves_of_act
from callrec.record.versions import find_details
from callrec.registers.resuming import set_aside_items
from callrec.requests.holding import check_holds
from callrec.requests.open import hidden_from
from callrec.requests.seconds import seconds_brought_in

DOES_NOT_OPEN: Final = "does not open"

NOBODY_THERE: Final = "nobody"
"""What stands where no second person could sign, or there was nobody yet to sign for."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IncidentEntry:
    """One incident; what it says is None where it does not open. Its repr shows nothing."""

    incident: str
    state: str
    what: str | None = None
    noticed_at: datetime | None = None
    due_at: datetime | None = None
    reported_at: datetime | None
    reported_by: str | None
    told: str | None
    recordings: int | None = None
    nature: str | None = None
    people: str | None = None
    people_count: int | None = None
    records: str | None = None
    record_count: int | None = None
    contact: str | None = None
    consequences: str | None = None
    measures: str | None = None
    facts: str | None = None
    effects: str | None = None
    remedy: str | None = None
    people_told: int | None = None
    people_told_on: str | None = None
    people_told_how: str | None = None
    not_told: str | None = None
    dspt_reference: str | None = None
    likelihood: int | None = None
    impact: int | None = None
    must_be_reported: bool | None = None
    must_tell_people: bool | None = None
    outcome: str | None = None
    closed_on: date | None = None
    reason: str | None = None
    was_late: bool | None = None
    delay_reason: str | None = None
    still_missing: tuple[str, ...] = ()
    fault: str | None = None


def read_incident_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[IncidentEntry]:
    """Every incident that the actor may learn of, by number; those that do not open say why."""
    for each in entered_incidents(practice, actor, connection):
        reference = each.facts.reference
        try:
            incident = read_incident(practice, actor, connection, reference)
            yield _incident_entry(practice, incident)
        except (Locked, Tampered) as error:
            if isinstance(error, Locked) and not INCIDENTS.opens_for(actor):
                raise
            reported_at = reported_by = told = None
            with suppress(Tampered):  # its leaves say more of it
                history = INCIDENTS.read(connection, practice.register, each.id)
                called = logins(practice)
                reported_at, reported_by = history.entered_at, called.get(history.entered_by)
                told = called.get(history.told)
            yield IncidentEntry(
                incident=reference,
                state=DOES_NOT_OPEN,
                reported_at=reported_at,
                reported_by=reported_by,
                told=told,
                fault=error.message,
            )


def _incident_entry(practice: Practice, incident: OpenIncident) -> IncidentEntry:
    shown, closing = shown_incident(practice, incident, ()), incident.body.closing
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
        must_tell_people=shown.must_tell_people,
        was_late=shown.was_late,
        still_missing=shown.still_missing,
        outcome=str(closing.outcome) if closing else None,
        closed_on=closing.on if closing else None,
        reason=closing.reason if closing else None,
        delay_reason=(closing.delay_reason or None) if closing else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ComplaintEntry:
    """One complaint; what it says is None where it does not open. Its repr shows nothing."""

    complaint: str
    state: str
    received_on: date | None = None
    how: str | None = None
    complainant: str | None = None
    contact: str | None = None
    what: str | None = None
    request: str | None = None
    incident: str | None = None
    entered_at: datetime | None = None
    entered_by: str | None = None
    due_on: date | None = None
    acknowledged_on: date | None = None
    acknowledged_entered_on: date | None = None
    was_late: bool | None = None
    progress: tuple[str, ...] = ()
    outcome: str | None = None
    answered_on: date | None = None
    answered_entered_on: date | None = None
    answered_by: str | None = None
    answered_how: str | None = None
    reason: str | None = None
    fault: str | None = None


def read_complaint_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[ComplaintEntry]:
    """Every complaint that the actor may learn of, by number; those that do not open say why."""
    for each in entered_complaints(practice, actor, connection):
        reference = each.facts.reference
        try:
            complaint = read_complaint(practice, actor, connection, reference)
            yield _complaint_entry(practice, complaint)
        except (Locked, Tampered) as error:
            if isinstance(error, Locked) and not COMPLAINTS.opens_for(actor):
                raise
            entered_at = entered_by = None
            with suppress(Tampered):  # its leaves say more of it
                history = COMPLAINTS.read(connection, practice.register, each.id)
                entered_at = history.entered_at
                entered_by = logins(practice).get(history.entered_by)
            yield ComplaintEntry(
                complaint=reference,
                state=DOES_NOT_OPEN,
                entered_at=entered_at,
                entered_by=entered_by,
                fault=error.message,
            )


def _complaint_entry(practice: Practice, complaint: OpenComplaint) -> ComplaintEntry:
    shown, outcome = shown_complaint(practice, complaint), complaint.said(ComplaintAct.ANSWERED)
    came, *since = shown.history
    return ComplaintEntry(
        complaint=shown.reference,
        state=str(shown.state),
        received_on=shown.received_on,
        how=came.how,
        complainant=shown.complainant,
        contact=shown.contact,
        what=came.said,
        request=shown.request or None,
        incident=shown.incident or None,
        entered_at=came.at,
        entered_by=came.by,
        due_on=shown.deadline.due_on,
        acknowledged_on=shown.acknowledged_on,
        acknowledged_entered_on=shown.acknowledged_entered_on,
        was_late=shown.was_late,
        progress=tuple(
            f"{each.on} {each.said}" for each in since if each.what is ComplaintAct.PROGRESSED
        ),
        outcome=str(outcome.finding) if outcome else None,
        answered_on=outcome.on if outcome else None,
        answered_entered_on=shown.history[-1].entered_on if outcome else None,
        answered_by=shown.history[-1].by if outcome else None,
        answered_how=(str(outcome.how) or None) if outcome else None,
        reason=outcome.what if outcome else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AccessEntry:
    """One login. Its repr shows nothing."""

    login: str
    full_name: str | None
    role: str
    standing: str
    powers: tuple[str, ...]
    lent: tuple[str, ...]
    vault_keys: tuple[str, ...]
    joined_at: datetime
    vouched_at: datetime
    vouched_by: str
    key_given_by: str
    """Who gave them the key that they have, or the password for it."""
    countersigned_by: str
    """Who signed for that beside them."""
    brought_in: tuple[str, ...]
    last_login_at: datetime | None
    last_seen_at: datetime | None
    wrong_passwords: int
    second_factors: tuple[str, ...]
    """The kinds, without one of which the password opens nothing."""


def read_access_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[AccessEntry]:
    """Everybody who has a login, in the order in which they joined."""
    leaf, rows = tables.leaf.c, {row.id: row for row in connection.execute(select(tables.person))}
    newest = {
        leaf.actor: leaf.seq
        for leaf in leaves_of_act(connection, "login")
        if leaf.outcome is Outcome.DONE
    }
    leaves = attested_leaves(connection, practice.register, newest.values())
    last_logins = {leaf.actor: parse_instant(leaf.at) for leaf in leaves}
    called = {**logins(practice), practice.register.founders.kit: "recovery kit"}
    seconds, factors = seconds_brought_in(practice, connection), factors_of(practice)
    held = holders(practice.register, today(practice))
    for voucher in practice.register.people():
        person = voucher.person
        row = rows.get(person.id)
        if row is None:
            raise Tampered("a person who was vouched for is missing from the catalogue")
        shown = shown_colleague(practice, actor, row, voucher)
        key = practice.register.key_voucher(person.id)
        is_theirs = func.instr(leaf.body, f'"actor":"{person.id}"'.encode()) > 0
        last_seen = connection.execute(select(func.max(leaf.seq)).where(is_theirs)).scalar()
        yield AccessEntry(
            login=shown.login,
            full_name=shown.full_name or None,
            role=str(shown.role),
            standing=str(shown.standing),
            powers=shown.powers,
            lent=tuple(f"{lent.power} until {lent.until}" for lent in shown.delegations),
            vault_keys=tuple(
                f"part of {key}" if practice.register.is_in_parts(key, person.id) else str(key)
                for key in sorted(held[person.id])
            ),
            joined_at=_at(connection, practice.register.vouchers[person.id][0].seq),
            vouched_at=_at(connection, voucher.seq),
            vouched_by=called[voucher.by],
            key_given_by=called[key.by],
            countersigned_by=called[key.second] if key.second else NOBODY_THERE,
            brought_in=tuple(each.text for each in seconds if each.subject == person.id),
            last_login_at=last_logins.get(person.id),
            last_seen_at=None if last_seen is None else _at(connection, last_seen),
            wrong_passwords=row.failures,
            second_factors=tuple(slot.kind for slot in factors.get(person.id, ())),
        )


def _at(connection: Connection, seq: int) -> datetime:
    leaf, _ = read_leaf(connection, seq)
    return parse_instant(leaf.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEntry:
    """One hold."""

    hold: str
    request: str | None
    purpose: str | None
    state: str
    recordings: int
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: tuple[str, ...]
    brought_in: tuple[str, ...]


def read_hold_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[HoldEntry]:
    """Every hold, lifted or not, that the actor may learn of, in the order they were placed."""
    check_holds(practice, connection)
    called, counts = logins(practice), count_held(connection)
    seconds = seconds_brought_in(practice, connection)
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
            brought_in=tuple(each.text for each in seconds if each.subject == row.id),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideRegisterEntry:
    """One thing that was found in the audit record, not as anybody signed it."""

    what: str
    at: datetime
    by: str
    entry: int
    """The entry that put it on record."""
    reason: str | None
    """The reason that its maker gave; None for people without the audit key."""


def read_set_aside_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[SetAsideRegisterEntry]:
    """All that was ever found and set aside, in the order in which it was put on record."""
    for item in set_aside_items(practice):
        leaf, _ = read_leaf(connection, item.at_entry)
        details = find_details(practice, actor, connection, leaf) or {}
        yield SetAsideRegisterEntry(
            what=item.what,
            at=parse_instant(item.at),
            by=item.by,
            entry=item.at_entry,
            reason=details.get("reason"),
        )
