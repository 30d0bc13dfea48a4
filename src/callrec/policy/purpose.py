"""What a recording may be used for: the purposes of 2 and 4(d)-(i), and nothing else [policy 1].

`TERMS` says for each purpose where it comes from, who decides it and what follows from it. A
purpose without a row fails a test; a row is the whole of what is particular to a purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from callrec.policy.clause import Clause, Law
from callrec.policy.further import Further
from callrec.policy.role import Power

if TYPE_CHECKING:
    from collections.abc import Mapping


class Purpose(StrEnum):
    """Why somebody asks for a recording, as it is typed."""

    PROTECT_PARTIES = "protect-parties"
    PERFORMANCE = "performance"
    TRAINING = "training"
    ABUSIVE_CALL = "abusive-call"
    COMPLAINT = "complaint"
    MEDICO_LEGAL = "medico-legal"
    DISCIPLINARY = "disciplinary"
    REGULATORY = "regulatory"
    SUBJECT_ACCESS = "subject-access"
    OUTSIDE_BODY = "outside-body"
    DECEASED = "deceased"
    ERASURE = "erasure"
    PORTABILITY = "portability"
    DISPOSAL = "disposal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for requests of one purpose. Each claim is false unless a row says it."""

    sources: tuple[Clause | Law, ...]
    """The last is the most particular."""
    decided_with: Power
    decided_under: Clause
    """Where it says who decides: what a refusal cites."""
    further: tuple[Further, ...] = ()
    """What such a request says besides the six of 4(b), in the order in which it is asked for."""
    is_made_by_hand: bool = True
    is_capped: bool = False
    """Few recordings are enough for it."""
    places_hold: bool = False
    """Its recordings may not be destroyed while it is open."""
    is_heard: bool = True
    """What is approved is listened to or handed over, not carried out."""
    has_statutory_clock: bool = False
    """The law sets a day for the answer, so it never lapses undecided."""
    needs_second_person: bool = False
    """Whoever alone approved it may not release it."""
    needs_third_party_check: bool = False
    """Before a release somebody says what he found of other people in it."""
    goes_to_manager: bool = False
    """Only the employee's manager is handed the recording [policy 2 bullet 6]."""
    needs_consultation: bool = False
    """A delegate consults the Data Controller before he approves [policy 4(g)]."""

    @property
    def asked_under(self) -> Clause | Law:
        """What asks for the further particulars, and is cited where they are wanting."""
        return self.sources[-1]


TERMS: Mapping[Purpose, Terms] = MappingProxyType(
    {
        Purpose.PROTECT_PARTIES: Terms(
            sources=(Clause.BOTH_PARTIES,),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
        ),
        Purpose.PERFORMANCE: Terms(
            sources=(Clause.PERFORMANCE,),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=(Further.LEARNING,),
            is_capped=True,
        ),
        Purpose.TRAINING: Terms(
            sources=(Clause.COMPLIANCE, Clause.PERFORMANCE),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=(Further.LEARNING,),
            is_capped=True,
        ),
        Purpose.ABUSIVE_CALL: Terms(
            sources=(Clause.ABUSIVE_CALLS,),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=(Further.AFFECTED,),
        ),
        Purpose.COMPLAINT: Terms(
            sources=(Clause.COMPLIANCE, Clause.COMPLAINT),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=(Further.COMPLAINT, Further.COMPLAINANT),
            places_hold=True,
        ),
        Purpose.MEDICO_LEGAL: Terms(
            sources=(Clause.MEDICO_LEGAL,),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=(Further.CLAIM,),
            places_hold=True,
        ),
        Purpose.DISCIPLINARY: Terms(
            sources=(Clause.EMPLOYEE_CONDUCT, Clause.DISCIPLINARY),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.DISCIPLINARY,
            further=(
                *(Further.EMPLOYEE, Further.ALLEGATION),
                *(Further.AGREEMENT, Further.CONSULTED),
            ),
            needs_second_person=True,
            goes_to_manager=True,
            needs_consultation=True,
        ),
        Purpose.REGULATORY: Terms(
            sources=(Clause.COMPLIANCE,),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=(Further.REGULATOR, Further.REFERENCE),
        ),
        Purpose.SUBJECT_ACCESS: Terms(
            sources=(Clause.RETRIEVABLE, Clause.SUBJECT_ACCESS),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.SUBJECT_ACCESS,
            further=(
                *(Further.SUBJECT, Further.RECEIVED, Further.RECEIVED_HOW),
                *(Further.IDENTITY, Further.AUTHORITY, Further.HEAR_OR_COPY),
            ),
            places_hold=True,
            has_statutory_clock=True,
            needs_third_party_check=True,
            needs_second_person=True,
        ),
        Purpose.OUTSIDE_BODY: Terms(
            sources=(Clause.OUTSIDE_BODY,),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.OUTSIDE_BODY,
            further=(
                *(Further.BODY, Further.OFFICER, Further.RANK, Further.CONTACT),
                *(Further.REFERENCE, Further.RECEIVED),
                *(Further.LEGAL_BASIS, Further.ANSWER_BY, Further.URGENT),
                *(Further.NECESSITY, Further.PREJUDICE, Further.SUBJECT_MAY_BE_TOLD),
            ),
            places_hold=True,
            needs_second_person=True,
        ),
        Purpose.DECEASED: Terms(
            sources=(Law.ACCESS_TO_HEALTH_RECORDS,),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.CONTROLLED_ACCESS,
            further=(
                *(Further.APPLICANT, Further.STANDING, Further.EVIDENCE),
                Further.RECEIVED,
            ),
            has_statutory_clock=True,
        ),
        Purpose.ERASURE: Terms(
            sources=(Clause.RIGHTS,),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.CONTROLLED_ACCESS,
            further=(Further.SUBJECT, Further.RECEIVED),
            has_statutory_clock=True,
            is_heard=False,
        ),
        Purpose.PORTABILITY: Terms(
            sources=(Clause.RIGHTS,),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.CONTROLLED_ACCESS,
            further=(Further.SUBJECT, Further.RECEIVED),
            has_statutory_clock=True,
        ),
        Purpose.DISPOSAL: Terms(
            sources=(Clause.ENCRYPTED_AND_ARCHIVED, Law.RECORDS_CODE),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.CONTROLLED_ACCESS,
            is_made_by_hand=False,
            is_heard=False,
        ),
    }
)
"""One row for each purpose."""
