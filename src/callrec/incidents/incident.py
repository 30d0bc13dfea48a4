"""Report, update, close [policy, last paragraph; UK GDPR 33].

To report takes no power, nobody's approval, and no key but public ones. What is found out, and the
closing, are new versions; the ones before are kept as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from callrec.audit.log import LogTransaction
from callrec.bank_holidays import scales_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import format_instant, parse_instant
from callrec.dataclass import dataclass, field, replace
from callrec.errors import NotFound, Unusable
from callrec.incidents.log import (
    INCIDENTS,
    IncidentBody,
    IncidentVersion,
    OpenIncident,
    act_of,
    read_incident,
)
from callrec.login.people import find_person, line_managers, logins
from callrec.mail.outbox import queue_mail
from callrec.policy.breach import (
    Closing,
    Findings,
    ReportingThreshold,
    check_closing,
    check_graver,
    check_told_on,
    missing_findings,
)
from callrec.policy.clock import breach_due_at
from callrec.policy.incident import (
    IncidentAct,
    IncidentState,
    check_account,
    check_may_be_notified,
    check_may_be_told_of,
    check_may_close,
    check_may_report,
    check_may_update,
    check_noticed,
)
from callrec.policy.purpose import Purpose
from callrec.policy.role import Person, Power, Role, powers_of
from callrec.practice import Actor, Practice, attempt, register_now, signing, today
from callrec.record.acts import next_number
from callrec.record.versions import fresh_nonces
from callrec.requests.ask import find_recordings
from callrec.requests.model import MAX_REQUEST_RECORDINGS
from callrec.requests.open import find_visible
from callrec.requests.telling import hours_in_words


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IncidentReport:
    """What the person who noticed it says. Its repr shows nothing."""

    noticed_at: datetime
    """Aware; the 72 hours count from then."""
    what: str
    """What happened, in a sentence."""
    tell: str | None = None
    """Login of the line manager; None: the one that the settings name is notified, else a Data
    Controller."""
    recordings: Sequence[int] = ()
    request: str | None = None
    """``R-17``, if one is concerned."""
    findings: Findings = field(default_factory=Findings)
    """What is known from the start."""


@dataclass(frozen=True, slots=True)
class ReportedIncident:
    """A new incident."""

    reference: str
    told: str
    """Login."""
    due_at: datetime
    """When the 72 hours end."""


def report_incident(practice: Practice, actor: Actor, account: IncidentReport) -> ReportedIncident:
    """Report an infringement, or what may be one.

    Raises:
        Refused: the person to notify is nobody's line manager, or does not decide the outside
            body's request that it is about; the account is no sentence, or it was noticed in the
            future.
        NotFound: there is no such person, recording or request.
        Unusable: more recordings than one entry of the log can name.
    """
    about = []  # whom its request is kept from reads of no refusal either
    if account.request is not None:
        with reading(practice.engine) as connection, suppress(NotFound):
            about = [find_visible(practice, actor, connection, account.request).id]
    with attempt(practice, actor, IncidentAct.REPORTED, subject=about):
        check_may_report(actor.person)
        with signing(practice, actor) as act:
            return open_incident(practice, act, actor, account)


def open_incident(
    practice: Practice, act: LogTransaction, actor: Actor, account: IncidentReport
) -> ReportedIncident:
    """Make an incident in a transaction in which its maker does something else besides."""
    check_account(account.what)
    check_noticed(account.noticed_at, practice.now())
    if account.tell is not None:
        notified = find_person(practice, account.tell)[1].person
    elif manager := line_managers(practice).get(actor.person.id):
        notified = practice.register.person(manager)
    else:  # a Data Controller, another person than the reporter if there is one
        notified = min(_controllers(practice), key=lambda each: each.id == actor.person.id)
    # By what the log says now: it is held against that for ever.
    register = register_now(practice, act.connection)
    notified = register.person(notified.id)
    check_may_be_notified(notified, actor.person.id)
    if account.request is not None:
        about = find_visible(practice, actor, act.connection, account.request)
        check_may_be_told_of(notified, Purpose(about.purpose))
    body = _body(practice, actor, act.connection, account)
    version_id = IncidentVersion(
        practice.vault, primitives.random_id(), 1, actor.person.id, notified.id
    )
    INCIDENTS.log_version(
        practice,
        act,
        actor,
        what=IncidentAct.REPORTED,
        body=body,
        version_id=version_id,
        subject=[notified.id, *body.recordings],
    )
    due_at, reference = report_due_at(practice, account.noticed_at), f"I-{body.number}"
    # By mail too, besides the inbox: the person who was named, and the Data Controllers.
    everybody = [notified.id, *(person.id for person in _controllers(practice))]
    queue_mail(
        practice,
        act.connection,
        to=[person for person in everybody if person != actor.person.id],
        about=reference,
        line=f"{reference} was reported{hours_in_words(practice, due_at)}",
    )
    return ReportedIncident(reference, logins(practice)[notified.id], due_at)


def report_due_at(practice: Practice, noticed_at: datetime) -> datetime:
    """UTC: when the 72 hours end that count from then [UK GDPR 33(1)]."""
    return breach_due_at(noticed_at, scales_of(practice.settings.clocks))


def _controllers(practice: Practice) -> Iterator[Person]:
    """The Data Controllers in force; there is always one."""
    on = today(practice)
    for voucher in practice.register.people():
        person = voucher.person
        if person.role is Role.DATA_CONTROLLER and Power.GOVERN in powers_of(person, on):
            yield person


def _body(
    practice: Practice, actor: Actor, connection: Connection, account: IncidentReport
) -> IncidentBody:
    found = find_recordings(practice, actor, connection, account.recordings, damaged=True)
    if len(found) > MAX_REQUEST_RECORDINGS:
        raise Unusable(
            f"a report names {MAX_REQUEST_RECORDINGS} recordings at most",
            hint="name some, and say in --what how many there are",
        )
    about = practice.settings.practice
    contact = about.data_protection_officer or about.data_protection_contact
    noticed_at = parse_instant(format_instant(account.noticed_at))  # milliseconds, as it is sealed
    return IncidentBody(
        number=next_number(connection, tables.incident.c.id, IncidentAct.REPORTED),
        what=account.what,
        noticed_at=noticed_at,
        recordings=tuple(uid for uid, _ in found),
        request=account.request or "",
        findings=replace(account.findings, contact=contact),
        closing=None,
        **fresh_nonces(),
    )


@dataclass(frozen=True, slots=True)
class UpdatedIncident:
    """An incident as it now stands."""

    reference: str
    state: IncidentState
    version: int
    must_be_reported: bool | None
    """To the Information Commissioner, by the grid; None while nobody has assessed it."""
    must_tell_people: bool | None
    """Whether the people affected must be told [UK GDPR 34]; None while nobody assessed it."""
    still_missing: tuple[str, ...]
    """Of what UK GDPR 33(3), 33(5) and 34 ask for."""


def update_incident(
    practice: Practice, actor: Actor, reference: str, found: Findings
) -> UpdatedIncident:
    """Add what was found out.

    Raises:
        NotFound: there is no such incident.
        Refused: the actor may not add to it, or not this, or it was closed for good, or before the
            people whom it affects so gravely were told.
        Unusable: nothing was found.
        Tampered: it is not the one that was reported.
    """
    subject = [INCIDENTS.id_of(practice, actor, reference)]
    with (
        attempt(practice, actor, IncidentAct.UPDATED, subject=subject),
        signing(practice, actor) as act,
    ):
        incident = read_incident(practice, actor, act.connection, reference)
        assesses = found.assessment != Findings().assessment
        check_may_update(actor.person, incident.facts, assesses=assesses, on=today(practice))
        noticed_on = incident.body.noticed_at.astimezone(practice.settings.time_zone).date()
        check_told_on(found, noticed_on=noticed_on, today=today(practice))
        body = incident.body.changed(findings=incident.body.findings.with_more(found))
        if incident.facts.state is IncidentState.CLOSED:
            check_graver(incident.body.findings, body.findings, reporting_grid(practice, incident))
        return _write(practice, act, actor, incident, body)


def close_incident(
    practice: Practice, actor: Actor, reference: str, closing: Closing
) -> UpdatedIncident:
    """Close an incident: the Information Commissioner was notified, or need not be.

    Raises:
        NotFound: there is no such incident.
        Refused: the actor may not close it, or not so.
        Unusable: whether it was in time depends on the time of the day, which is missing.
        Tampered: it is not the one that was reported.
    """
    subject = [INCIDENTS.id_of(practice, actor, reference)]
    with (
        attempt(practice, actor, IncidentAct.CLOSED, subject=subject),
        signing(practice, actor) as act,
    ):
        incident = read_incident(practice, actor, act.connection, reference)
        check_may_close(actor.person, incident.facts, on=today(practice))
        noticed_at = incident.body.noticed_at
        check_closing(
            closing,
            incident.body.findings,
            reporting_grid(practice, incident),
            noticed_at=noticed_at,
            due_at=report_due_at(practice, noticed_at),
            now=practice.now(),
            zone=practice.settings.time_zone,
        )
        body = incident.body.changed(closing=closing)
        return _write(practice, act, actor, incident, body)


def reporting_grid(practice: Practice, incident: OpenIncident) -> ReportingThreshold:
    """From which degrees on the practice reports a breach, by the rules when it was closed."""
    closed = [leaf.seq for leaf in incident.history.leaves if act_of(leaf) is IncidentAct.CLOSED]
    rules = [each for each in practice.register.settings if not closed or each.seq < closed[0]]
    config = rules[-1].settings.incidents
    return ReportingThreshold(
        likelihood=config.report_likelihood,
        impact=config.report_impact,
        tell_impact=config.tell_people_impact,
    )


def _write(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    incident: OpenIncident,
    body: IncidentBody,
) -> UpdatedIncident:
    version_id = incident.history.version_id(practice.vault, incident.history.version + 1)
    closes = body.closing is not incident.body.closing
    INCIDENTS.log_version(
        practice,
        act,
        actor,
        what=IncidentAct.CLOSED if closes else IncidentAct.UPDATED,
        body=body,
        version_id=version_id,
        before=incident.history.leaves,
    )
    grid = reporting_grid(practice, incident)
    return UpdatedIncident(
        reference=incident.reference,
        state=IncidentState.OPEN if body.closing is None else IncidentState.CLOSED,
        version=version_id.version,
        must_be_reported=grid.must_be_reported(body.findings),
        must_tell_people=grid.must_tell_people(body.findings),
        still_missing=missing_findings(body.findings, grid, body.closing),
    )
