"""Infringements and breaches: who is notified, who reads, who closes [policy, last paragraph].

"In the event that any member of staff feels he/she has accidentally breached the above policy will
be required to inform their line manager immediately." So reporting takes no power and no approval,
and informs a line manager at once. What the law asks of a breach is in `breach`.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from callrec.dataclass import dataclass
from callrec.errors import Refused, Tampered
from callrec.policy.authority import check_in_force, check_may
from callrec.policy.clause import Clause, Law
from callrec.policy.purpose import Purpose, is_never_kept
from callrec.policy.role import LINE_MANAGERS, SERVICES, Person, PersonId, Power, Role, powers_of
from callrec.policy.words import MIN_REASON_CHARACTERS, MIN_REASON_WORDS, in_words, is_sentence


class IncidentState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    CLOSED = "closed"


class IncidentAct(StrEnum):
    """What happens to an incident, as leaves name it; each creates a version."""

    REPORTED = "incident.reported"
    UPDATED = "incident.updated"
    CLOSED = "incident.closed"


class Outcome(StrEnum):
    """Whether the Information Commissioner was notified."""

    REPORTED = "reported"
    NOT_REPORTED = "not-reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """What the rules need to know of an incident."""

    reference: str
    """As it is typed, ``I-3``."""
    state: IncidentState
    reporter: PersonId
    told: PersonId
    outcome: Outcome | None = None
    """None while it is open."""


def state_after(acts: tuple[IncidentAct, ...]) -> IncidentState:
    """Where an incident stands after its acts, oldest first; Tampered if that order cannot be."""
    closed, later = acts.count(IncidentAct.CLOSED), acts[1:]
    if acts[:1] != (IncidentAct.REPORTED,) or IncidentAct.REPORTED in later or closed > 1:
        raise Tampered("what happened to an incident cannot have happened in this order")
    return IncidentState.CLOSED if closed else IncidentState.OPEN


def check_may_report(person: Person) -> None:
    """Any member of staff may report, whatever their powers; a service may not."""
    check_in_force(person)
    if person.role in SERVICES:
        raise Refused(
            "a service reports nothing",
            clause=Clause.INFRINGEMENT,
            hint="the person who noticed it logs in and runs callrec incident report",
        )


def check_account(what: str) -> None:
    """The account of what happened is a sentence."""
    if not is_sentence(what):
        raise Refused(
            "what happened is not told in a sentence",
            clause=Clause.INFRINGEMENT,
            hint=f"say it in at least {MIN_REASON_CHARACTERS} characters and {MIN_REASON_WORDS}"
            ' different words: --what "…"',
        )


def check_noticed(noticed_at: datetime, now: datetime) -> None:
    """The 72 hours count from when it was noticed, which must be in the past."""
    if noticed_at > now:
        raise Refused(
            "you cannot have noticed it in the future",
            clause=Clause.INFRINGEMENT,
            hint='say when it was noticed: --noticed "24/11/2026 9:30"',
        )


def check_may_be_notified(manager: Person, reporter: PersonId) -> None:
    """An incident is reported to another person, a line manager [policy, last paragraph].

    A Data Controller has nobody above them, so they may report to themselves.
    """
    check_in_force(manager)
    if manager.role not in LINE_MANAGERS:
        raise Refused(
            f"the role {in_words(manager.role)} is nobody's line manager",
            clause=Clause.INFRINGEMENT,
            hint="name a manager, a partner or the Data Controller: --tell USER",
        )
    if manager.id == reporter and manager.role is not Role.DATA_CONTROLLER:
        raise Refused(
            "nobody reports to themselves",
            clause=Clause.INFRINGEMENT,
            hint="name somebody else, or leave --tell out: the Data Controller is told then",
        )


def check_may_be_told_of(manager: Person, about: Purpose) -> None:
    """Who is told of an outside body's request decides such by role [DPA 2018 Sch 2 Pt 1]."""
    if not is_never_kept(about, manager):
        raise Refused(
            "an incident about the request of an outside body is told to somebody who decides it",
            clause=Law.CRIME,
            hint="name a Data Controller: --tell USER",
        )


def may_read(person: Person, incident: IncidentFacts, *, on: date) -> bool:
    """Whether `check_may_read` lets someone in force read an incident."""
    if person.id in {incident.reporter, incident.told}:
        return True
    return bool({Power.GOVERN, Power.READ_AUDIT} & powers_of(person, on))


def check_may_read(person: Person, incident: IncidentFacts, *, on: date) -> None:
    """An incident is about someone's mistake, so few people may read it."""
    check_in_force(person)
    if not may_read(person, incident, on=on):
        raise Refused(
            "an incident is read by who reported it, who was told, the Data Controller and who"
            " reads the audit log",
            clause=Clause.INFRINGEMENT,
            hint="callrec incident list shows those that you may read",
        )


def may_update(person: Person, incident: IncidentFacts, *, on: date) -> bool:
    """Whether `check_may_update` lets someone in force add to an incident that is open."""
    is_theirs = person.id in {incident.reporter, incident.told}
    return is_theirs or Power.GOVERN in powers_of(person, on)


def check_may_update(person: Person, incident: IncidentFacts, *, assesses: bool, on: date) -> None:
    """The reporter, the person notified and the Data Controller add what they find out.

    The reporter does not assess how serious it is, unless they govern. Findings may follow after
    the report to the Information Commissioner, "in phases" [UK GDPR 33(4)].
    """
    check_in_force(person)
    governs = Power.GOVERN in powers_of(person, on)
    if not may_update(person, incident, on=on):
        raise Refused(
            "an incident is added to by who reported it, who was told and the Data Controller",
            clause=Clause.INFRINGEMENT,
            hint="tell one of them what you know",
        )
    if assesses and person.id == incident.reporter and not governs:
        raise Refused(
            "who reported an incident does not say how grave it is, or why people are not told",
            clause=Clause.INFRINGEMENT,
            hint="who was told, or the Data Controller, gives --likelihood, --impact, --not-told",
        )
    if incident.outcome is Outcome.NOT_REPORTED:
        raise Refused(
            f"{incident.reference} is closed: it was found that nothing has to be reported",
            clause=Law.BREACH_IN_PHASES,
            hint="what is new is an incident of its own: callrec incident report",
        )


def check_may_close(person: Person, incident: IncidentFacts, *, on: date) -> None:
    """The Data Controller decides once whether the law requires a report."""
    check_may(person, Power.GOVERN, on=on)
    if incident.state is IncidentState.CLOSED:
        raise Refused(
            f"{incident.reference} is closed already",
            clause=Clause.INFRINGEMENT,
            hint=f"see what was found: callrec incident show {incident.reference}",
        )
