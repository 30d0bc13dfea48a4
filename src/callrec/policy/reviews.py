"""Who reads registers and dossiers, and who reviews searches and lone decisions.

People read a register whole if they read the audit log, or decide everything that it lists. It
shows the content of a request only as far as `callrec request show` would.

What the Data Controller decided alone [policy 4(a), 4(b)] is shown in every report until someone
else has accepted it; a query does not end that. No rule can tell a true reason for a search from an
untrue one [policy 4(c)], so the Data Controller reads a few; their own searches are read by another
reader of the audit log.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Refused, Source
from callrec.policy.authority import RequestFacts, check_in_force, check_may
from callrec.policy.clause import Clause, Law
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import Person, PersonId, Power, powers_of
from callrec.policy.words import check_reason, in_words


class RegisterName(StrEnum):
    """A register, as it is typed."""

    RIGHTS_REQUESTS = "rights-requests"
    OUTSIDE_BODY = "outside-body"
    DISCLOSURE = "disclosure"
    HOLDS = "holds"
    INCIDENTS = "incidents"
    COMPLAINTS = "complaints"
    ACCESS = "access"
    SET_ASIDE = "set-aside"


@dataclass(frozen=True, slots=True)
class RegisterTerms:
    """What a register lists, and where the policy has it from."""

    purposes: frozenset[Purpose]
    """Of the requests that it lists; none where it lists something else."""
    kept_under: Source
    read_with: Power = Power.GOVERN
    """The power of those who read one that lists no requests."""


RIGHTS_PURPOSES: Final = frozenset(
    each for each, terms in TERMS.items() if terms.has_statutory_clock
)
"""Requests by people, or on their behalf, about themselves: the register of rights requests."""

REGISTERS: Final[Mapping[RegisterName, RegisterTerms]] = {
    RegisterName.RIGHTS_REQUESTS: RegisterTerms(RIGHTS_PURPOSES, Clause.SUBJECT_ACCESS),
    RegisterName.OUTSIDE_BODY: RegisterTerms(
        frozenset({Purpose.OUTSIDE_BODY}), Clause.OUTSIDE_BODY
    ),
    RegisterName.DISCLOSURE: RegisterTerms(frozenset(Purpose), Clause.CONTROLLED_ACCESS),
    RegisterName.HOLDS: RegisterTerms(frozenset(Purpose), Clause.CONTROLLED_ACCESS),
    RegisterName.INCIDENTS: RegisterTerms(frozenset(), Clause.INFRINGEMENT),
    RegisterName.COMPLAINTS: RegisterTerms(frozenset(), Law.COMPLAINT, Power.DECIDE_RESERVED),
    RegisterName.ACCESS: RegisterTerms(frozenset(), Clause.CONTROLLED_ACCESS),
    RegisterName.SET_ASIDE: RegisterTerms(frozenset(), Clause.CONTROLLED_ACCESS),
}


def may_read_register(person: Person, register: RegisterName, *, on: date) -> bool:
    """Whether somebody may read it; as `check_may_read_register`."""
    terms, powers = REGISTERS[register], powers_of(person, on)
    deciding = {TERMS[purpose].decided_with for purpose in terms.purposes} or {terms.read_with}
    return Power.READ_AUDIT in powers or deciding <= powers


def check_may_read_register(person: Person, register: RegisterName, *, on: date) -> None:
    """A register is for readers of the audit log, and for those who decide all that it lists.

    One that lists no requests is for those who govern; complaints, for those who decide them.
    """
    check_in_force(person)
    if not may_read_register(person, register, on=on):
        raise Refused(
            f"the role {in_words(person.role)} may not read the {register} register",
            clause=REGISTERS[register].kept_under,
            hint="ask the Data Controller, or a person who may read the audit record",
        )


REPORTED_FROM: Final = (
    *(RegisterName.RIGHTS_REQUESTS, RegisterName.OUTSIDE_BODY, RegisterName.DISCLOSURE),
    *(RegisterName.HOLDS, RegisterName.INCIDENTS, RegisterName.COMPLAINTS, RegisterName.ACCESS),
)
"""The registers whose figures the practice's report has."""


def may_report(person: Person, *, on: date) -> bool:
    """Whether somebody may have the report of a month made; as `check_may_report`."""
    return all(may_read_register(person, register, on=on) for register in REPORTED_FROM)


def check_may_report(person: Person, *, on: date) -> None:
    """The report of a month is for those who may read every register that it counts from."""
    check_in_force(person)
    if not may_report(person, on=on):
        raise Refused(
            f"the role {in_words(person.role)} may not have the report made, which counts from"
            " every register",
            clause=Clause.CONTROLLED_ACCESS,
            hint="ask the Data Controller, or a person who may read the audit record",
        )


_People = frozenset[PersonId]


def people_kept_from(parties: _People, *, deciders: _People, may_be_told: bool) -> _People:
    """Who must not learn of the request of an outside body, which may be about them.

    It does not say whom it is about: that may be each who took part in the call, but for those
    whose own role decides such, not a loan. They may learn of it only where it says so.

    Source: DPA 2018 Sch 2 Pt 1 para 2: to the extent that telling would be likely to prejudice.
    """
    return frozenset() if may_be_told else parties - deciders


def check_may_read_dossier(person: Person, request: RequestFacts, *, on: date) -> None:
    """A dossier is for the request's makers, its deciders and readers of the audit log.

    Each sees its content only as far as `callrec request show` would show it. Nobody reads one
    about themselves that is not theirs.
    """
    check_in_force(person)
    if person.id in request.makers:
        return
    if not powers_of(person, on) & {Power.READ_AUDIT, TERMS[request.purpose].decided_with}:
        raise Refused(
            "a dossier is read by who made the request, who decides it and who reads the audit log",
            clause=Clause.CONTROLLED_ACCESS,
            hint="callrec request list --mine shows yours",
        )
    if person.id in request.subjects:
        raise Refused(
            "you cannot read the dossier of a request about yourself",
            clause=Clause.CONTROLLED_ACCESS,
            hint="what one may know of it comes by a subject access request",
        )


class ReviewVerdict(StrEnum):
    """What a reviewer says of a lone decision, or of a search."""

    ACCEPTED = "accepted"
    QUERIED = "queried"

    @property
    def glass_act(self) -> str:
        """Of the leaf that records it of a decision, so that lists need not open its details."""
        return f"glass.{self}"


def may_review_glass(person: Person, broken_by: PersonId, *, on: date) -> bool:
    """Whether this person may review it: they read the audit log, and did not break the glass."""
    return person.id != broken_by and Power.READ_AUDIT in powers_of(person, on)


def check_may_review_glass(person: Person, broken_by: PersonId, *, on: date) -> None:
    """Another person who may read the audit log reviews it [policy 4(b)]."""
    check_may(person, Power.READ_AUDIT, on=on)
    if person.id == broken_by:
        raise Refused(
            "you cannot review the glass that you broke",
            clause=Clause.FORMALLY_AUTHORISED,
            hint="ask somebody else who may read the audit log: a partner, or the auditor",
        )


def check_glass_verdict(verdict: ReviewVerdict, reason: str | None) -> None:
    """A query takes a reason."""
    if verdict is ReviewVerdict.QUERIED:
        check_reason(reason, Clause.FORMALLY_AUTHORISED)


def may_review_search(person: Person, searcher: Person, *, on: date) -> bool:
    """Whether a search of ``searcher`` is for ``person`` to review.

    Nobody is above those who govern, so readers of the audit log review their searches.

    Law: nobody reviews their own.
    """
    powers = powers_of(person, on)
    governed = Power.GOVERN not in powers_of(searcher, on)
    needed = {Power.READ_AUDIT, Power.GOVERN} if governed else {Power.READ_AUDIT}
    return person.id != searcher.id and needed <= powers


def check_may_review_search(person: Person, searcher: Person, *, on: date) -> None:
    """The Data Controller reviews searches, and another person theirs [policy 4(c)]."""
    if may_review_search(person, searcher, on=on):
        return
    check_may(person, Power.READ_AUDIT, on=on)
    own = person.id == searcher.id
    raise Refused(
        "you cannot review your own search" if own else "this search is not for you to review",
        clause=Clause.NO_BROWSING,
        hint=f"ask {'somebody else who may read the audit log' if own else 'the Data Controller'}",
    )


def check_verdict(verdict: ReviewVerdict, reason: str | None) -> None:
    """A query takes a reason [policy 4(c)]."""
    if verdict is ReviewVerdict.QUERIED:
        check_reason(reason, Clause.NO_BROWSING)


def check_was_shown(search: int, shown: Container[int]) -> None:
    """Reviewers judge only searches, by their leaves' sequence, that they were shown [4(c)]."""
    if search not in shown:
        raise Refused(
            f"you cannot review what you were not shown, and entry {search} was not drawn for you",
            clause=Clause.NO_BROWSING,
            hint="callrec audit review-searches draws some and shows them",
        )
