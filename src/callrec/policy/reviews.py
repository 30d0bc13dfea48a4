"""Who reads registers and dossiers, and who looks at what was done alone.

A register is read whole by whoever reads the audit log, and by whoever decides everything that is
listed in it. What a request says is shown in it as `callrec request show` would show it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callrec.errors import Refused
from callrec.policy.authority import RequestFacts, check_in_force, check_may
from callrec.policy.clause import Clause
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import Person, PersonId, Power, powers_of
from callrec.policy.words import check_reason


class RegisterName(StrEnum):
    """A register, as it is typed."""

    SUBJECT_ACCESS = "subject-access"
    OUTSIDE_BODY = "outside-body"
    DISCLOSURE = "disclosure"
    HOLDS = "holds"
    INCIDENTS = "incidents"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class RegisterTerms:
    """What a register lists, and where the policy has it from."""

    purposes: frozenset[Purpose]
    """Of the requests that it lists; none where it lists something else."""
    kept_under: Clause


RIGHTS_PURPOSES: Final = frozenset(
    {Purpose.SUBJECT_ACCESS, Purpose.DECEASED, Purpose.ERASURE, Purpose.PORTABILITY}
)
"""What a person, or who stands for him, asks for himself: the register of subject access."""

REGISTERS: Final[Mapping[RegisterName, RegisterTerms]] = MappingProxyType(
    {
        RegisterName.SUBJECT_ACCESS: RegisterTerms(RIGHTS_PURPOSES, Clause.SUBJECT_ACCESS),
        RegisterName.OUTSIDE_BODY: RegisterTerms(
            frozenset({Purpose.OUTSIDE_BODY}), Clause.OUTSIDE_BODY
        ),
        RegisterName.DISCLOSURE: RegisterTerms(frozenset(Purpose), Clause.CONTROLLED_ACCESS),
        RegisterName.HOLDS: RegisterTerms(frozenset(Purpose), Clause.CONTROLLED_ACCESS),
        RegisterName.INCIDENTS: RegisterTerms(frozenset(), Clause.INFRINGEMENT),
        RegisterName.ACCESS: RegisterTerms(frozenset(), Clause.CONTROLLED_ACCESS),
    }
)
"""One row for each register."""


def check_may_read_register(person: Person, register: RegisterName, *, on: date) -> None:
    """Who reads the audit log reads every register, and who decides all that is listed in one.

    What lists no requests is for whoever governs.

    Raises:
        Refused: the person does neither.
    """
    check_in_force(person)
    terms, powers = REGISTERS[register], powers_of(person, on)
    deciding = {TERMS[purpose].decided_with for purpose in terms.purposes} or {Power.GOVERN}
    if Power.READ_AUDIT not in powers and not deciding <= powers:
        raise Refused(
            f"the role {person.role} may not read the {register} register",
            clause=terms.kept_under,
            hint="ask the Data Controller, or whoever may read the audit log",
        )


def is_hidden_from(
    person: Person, subjects: frozenset[PersonId], *, may_be_told: bool | None
) -> bool:
    """Whether somebody is not to learn of a request.

    Where an outside body asked that somebody is not told, he does not read of it anywhere; nor
    where it is not known whether he may be.

    Args:
        person: who reads a list, a register or the request.
        subjects: the people of the practice whom it is about.
        may_be_told: whether they may be told of it; None if it is not said.

    Source: DPA 2018 Sch 2 Pt 1 para 2: to the extent that telling would be likely to prejudice.
    """
    return person.id in subjects and may_be_told is not True


def check_may_read_dossier(person: Person, request: RequestFacts, *, on: date) -> None:
    """Whoever made a request reads its dossier, who decides its purpose, and who reads the log.

    What was said in it is shown to each as `callrec request show` would show it.

    Raises:
        Refused: the person is none of these, or the request is about him and not his own.
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
            "nobody reads the dossier of a request about himself",
            clause=Clause.CONTROLLED_ACCESS,
            hint="what one may know of it comes by a subject access request",
        )


# Who looks at what the Data Controller decided alone [policy 4(a), 4(b)].
#
# What stands in for a second person where there is none is shown in every report until somebody
# else has accepted it. That it was queried does not end that.


class GlassVerdict(StrEnum):
    """What somebody else says of a broken glass."""

    ACCEPTED = "accepted"
    QUERIED = "queried"

    @property
    def act(self) -> str:
        """Of the leaf that records it, so that lists need not open its details."""
        return f"glass.{self}"


def may_review_glass(person: Person, broken_by: PersonId, *, on: date) -> bool:
    """Whether it is for this person to look at: he reads the audit log, and did not break it."""
    return person.id != broken_by and Power.READ_AUDIT in powers_of(person, on)


def check_may_review_glass(person: Person, broken_by: PersonId, *, on: date) -> None:
    """Somebody else looks at it, who may read the audit log [policy 4(b)].

    Raises:
        Refused: the person may not read it, or broke the glass himself.
    """
    check_may(person, Power.READ_AUDIT, on=on)
    if person.id == broken_by:
        raise Refused(
            "whoever broke the glass does not review it",
            clause=Clause.FORMALLY_AUTHORISED,
            hint="ask somebody else who may read the audit log: a partner, or the auditor",
        )


def check_glass_verdict(verdict: GlassVerdict, reason: str | None) -> None:
    """Whoever queries it says what he asks about it.

    Raises:
        Refused: it is queried, and the reason is none.
    """
    if verdict is GlassVerdict.QUERIED:
        check_reason(reason, Clause.FORMALLY_AUTHORISED)


# Who looks at searches afterwards [policy 4(c)].
#
# No rule can tell a true reason from an untrue one, so somebody reads a few of them: the Data
# Controller, and of his own searches whoever else may read the audit log.


class Verdict(StrEnum):
    """What a reviewer says of a search."""

    ACCEPTED = "accepted"
    QUERIED = "queried"


def may_review_search(person: Person, searcher: Person, *, on: date) -> bool:
    """Whether a search of ``searcher`` is for ``person`` to review.

    Who governs has nobody above him: whoever reads the log looks at what he looked for.

    Law: nobody reviews his own.
    """
    powers = powers_of(person, on)
    governed = Power.GOVERN not in powers_of(searcher, on)
    needed = {Power.READ_AUDIT, Power.GOVERN} if governed else {Power.READ_AUDIT}
    return person.id != searcher.id and needed <= powers


def check_may_review_search(person: Person, searcher: Person, *, on: date) -> None:
    """A search is reviewed by the Data Controller, and his own by somebody else [policy 4(c)].

    Raises:
        Refused: it is the person's own, or not for him to review.
    """
    if may_review_search(person, searcher, on=on):
        return
    check_may(person, Power.READ_AUDIT, on=on)
    own = person.id == searcher.id
    raise Refused(
        "nobody reviews a search of his own" if own else "this search is not for you to review",
        clause=Clause.NO_BROWSING,
        hint=f"ask {'somebody else who may read the audit log' if own else 'the Data Controller'}",
    )


def check_verdict(verdict: Verdict, reason: str | None) -> None:
    """Whoever queries a search says what he asks about it [policy 4(c)].

    Raises:
        Refused: it is queried, and the reason is none.
    """
    if verdict is Verdict.QUERIED:
        check_reason(reason, Clause.NO_BROWSING)


def check_was_shown(search: int, shown: Container[int]) -> None:
    """What nobody looked at was not reviewed [policy 4(c)].

    Args:
        search: the sequence of its leaf.
        shown: those that were drawn for the reviewer.

    Raises:
        Refused: it is none of them.
    """
    if search not in shown:
        raise Refused(
            f"nobody reviews what he was not shown, and entry {search} was not drawn for him",
            clause=Clause.NO_BROWSING,
            hint="callrec audit review-searches draws some and shows them",
        )
