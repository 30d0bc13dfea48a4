"""The fourteen purposes and what follows from each.

`who_decides` says for each purpose whose decision it is, and `TERMS` where it comes from and what
follows from it. A purpose without a row fails a test; a row is the whole of what is particular to a
purpose. All of it as tables: docs/who-decides.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callrec.policy.clause import Clause, Law
from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.role import Power


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


def who_decides(purpose: Purpose) -> tuple[Power, Clause]:
    """The power that decides a purpose, and the clause that says so; what brings it is in `role`.

    The type checker sees that no purpose is left out.
    """
    match purpose:
        case (
            Purpose.PROTECT_PARTIES
            | Purpose.PERFORMANCE
            | Purpose.TRAINING
            | Purpose.ABUSIVE_CALL
            | Purpose.COMPLAINT
            | Purpose.MEDICO_LEGAL
            | Purpose.REGULATORY
        ):
            return Power.DECIDE_GENERAL, Clause.FORMALLY_AUTHORISED
        case Purpose.DISCIPLINARY:
            return Power.DECIDE_RESERVED, Clause.DISCIPLINARY
        case Purpose.SUBJECT_ACCESS:
            return Power.DECIDE_RESERVED, Clause.SUBJECT_ACCESS
        case Purpose.OUTSIDE_BODY:
            return Power.DECIDE_RESERVED, Clause.OUTSIDE_BODY
        case Purpose.DECEASED | Purpose.ERASURE | Purpose.PORTABILITY | Purpose.DISPOSAL:
            return Power.DECIDE_RESERVED, Clause.CONTROLLED_ACCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for requests of one purpose. Each claim is false unless a row says it."""

    purpose: Purpose
    sources: tuple[Clause | Law, ...]
    """The last is the most particular."""
    further: tuple[FurtherParticular, ...] = ()
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
    edits_are_decided: bool = False
    """A copy goes outside, so what is left out of it is part of the approval."""
    is_attended: bool = False
    """Somebody from outside may come to hear it, so who was there is on record."""

    @property
    def is_dated(self) -> bool:
        """The day on which it came is among what it says: somebody waits for an answer."""
        return FurtherParticular.RECEIVED in self.further

    @property
    def decided_with(self) -> Power:
        """The power that decides it."""
        return who_decides(self.purpose)[0]

    @property
    def decided_under(self) -> Clause:
        """Where it says who decides: what a refusal cites."""
        return who_decides(self.purpose)[1]

    @property
    def asked_under(self) -> Clause | Law:
        """What asks for the further particulars, and is cited where they are wanting."""
        return self.sources[-1]


_ROWS: Final = (
    Terms(
        purpose=Purpose.PROTECT_PARTIES,
        sources=(Clause.BOTH_PARTIES,),
    ),
    Terms(
        purpose=Purpose.PERFORMANCE,
        sources=(Clause.PERFORMANCE,),
        further=(FurtherParticular.LEARNING,),
        is_capped=True,
    ),
    Terms(
        purpose=Purpose.TRAINING,
        sources=(Clause.COMPLIANCE, Clause.PERFORMANCE),
        further=(FurtherParticular.LEARNING,),
        is_capped=True,
    ),
    Terms(
        purpose=Purpose.ABUSIVE_CALL,
        sources=(Clause.ABUSIVE_CALLS,),
        further=(FurtherParticular.AFFECTED,),
    ),
    Terms(
        purpose=Purpose.COMPLAINT,
        sources=(Clause.COMPLIANCE, Clause.COMPLAINT),
        further=(FurtherParticular.COMPLAINT, FurtherParticular.COMPLAINANT),
        places_hold=True,
    ),
    Terms(
        purpose=Purpose.MEDICO_LEGAL,
        sources=(Clause.MEDICO_LEGAL,),
        further=(FurtherParticular.CLAIM,),
        places_hold=True,
    ),
    Terms(
        purpose=Purpose.DISCIPLINARY,
        sources=(Clause.EMPLOYEE_CONDUCT, Clause.DISCIPLINARY),
        further=(
            *(FurtherParticular.EMPLOYEE, FurtherParticular.ALLEGATION),
            *(FurtherParticular.AGREEMENT, FurtherParticular.CONSULTED),
        ),
        needs_second_person=True,
        goes_to_manager=True,
        needs_consultation=True,
    ),
    Terms(
        purpose=Purpose.REGULATORY,
        sources=(Clause.COMPLIANCE,),
        further=(FurtherParticular.REGULATOR, FurtherParticular.REFERENCE),
    ),
    Terms(
        purpose=Purpose.SUBJECT_ACCESS,
        sources=(Clause.RETRIEVABLE, Clause.SUBJECT_ACCESS),
        further=(
            *(
                FurtherParticular.SUBJECT,
                FurtherParticular.RECEIVED,
                FurtherParticular.RECEIVED_HOW,
            ),
            *(
                FurtherParticular.IDENTITY,
                FurtherParticular.AUTHORITY,
                FurtherParticular.HEAR_OR_COPY,
            ),
        ),
        places_hold=True,
        has_statutory_clock=True,
        needs_third_party_check=True,
        needs_second_person=True,
        edits_are_decided=True,
        is_attended=True,
    ),
    Terms(
        purpose=Purpose.OUTSIDE_BODY,
        sources=(Clause.OUTSIDE_BODY,),
        further=(
            *(
                FurtherParticular.BODY,
                FurtherParticular.OFFICER,
                FurtherParticular.RANK,
                FurtherParticular.CONTACT,
            ),
            *(FurtherParticular.REFERENCE, FurtherParticular.RECEIVED),
            *(FurtherParticular.LEGAL_BASIS, FurtherParticular.ANSWER_BY, FurtherParticular.URGENT),
            *(
                FurtherParticular.NECESSITY,
                FurtherParticular.PREJUDICE,
                FurtherParticular.SUBJECT_MAY_BE_TOLD,
            ),
        ),
        places_hold=True,
        needs_second_person=True,
        edits_are_decided=True,
        is_attended=True,
    ),
    Terms(
        purpose=Purpose.DECEASED,
        sources=(Law.ACCESS_TO_HEALTH_RECORDS,),
        further=(
            *(FurtherParticular.APPLICANT, FurtherParticular.STANDING, FurtherParticular.EVIDENCE),
            FurtherParticular.RECEIVED,
        ),
        has_statutory_clock=True,
        edits_are_decided=True,
        is_attended=True,
    ),
    Terms(
        purpose=Purpose.ERASURE,
        sources=(Clause.RIGHTS,),
        further=(FurtherParticular.SUBJECT, FurtherParticular.RECEIVED),
        has_statutory_clock=True,
        is_heard=False,
    ),
    Terms(
        purpose=Purpose.PORTABILITY,
        sources=(Clause.RIGHTS,),
        further=(FurtherParticular.SUBJECT, FurtherParticular.RECEIVED),
        has_statutory_clock=True,
        edits_are_decided=True,
    ),
    Terms(
        purpose=Purpose.DISPOSAL,
        sources=(Clause.ENCRYPTED_AND_ARCHIVED, Law.RECORDS_CODE),
        is_made_by_hand=False,
        is_heard=False,
    ),
)

TERMS: Final[Mapping[Purpose, Terms]] = MappingProxyType({row.purpose: row for row in _ROWS})
"""One row for each purpose."""

BASIS_IN_WORDS: Final[Mapping[Purpose, str]] = {
    Purpose.PROTECT_PARTIES: "protecting the interests of both parties",
    Purpose.PERFORMANCE: "improving the practice's performance",
    Purpose.TRAINING: "training",
    Purpose.ABUSIVE_CALL: "protecting staff from abusive or nuisance calls",
    Purpose.COMPLAINT: "establishing the facts of a complaint",
    Purpose.MEDICO_LEGAL: "establishing the facts of a medico-legal claim",
    Purpose.DISCIPLINARY: "a disciplinary process",
    Purpose.REGULATORY: "evidence for a regulatory investigation",
    Purpose.SUBJECT_ACCESS: "a subject access request",
    Purpose.OUTSIDE_BODY: "the request of an outside body",
    Purpose.DECEASED: "access to the records of a deceased patient",
    Purpose.ERASURE: "erasure",
    Purpose.PORTABILITY: "data portability",
    Purpose.DISPOSAL: "disposal",
}
"""What each purpose is called where a recipient reads it."""

_RIGHTS: Final[Mapping[Purpose, str]] = {
    Purpose.SUBJECT_ACCESS: "the data subject's right of access, UK GDPR 15",
    Purpose.PORTABILITY: "the data subject's right to data portability, UK GDPR 20",
    Purpose.DECEASED: "Access to Health Records Act 1990 s.3",
}


def legal_basis(purpose: Purpose, further: Mapping[str, str]) -> str:
    """On what a release for a purpose rests.

    Args:
        purpose: of the request.
        further: what was said besides the six particulars: an outside body's own basis.
    """
    if purpose in _RIGHTS:
        return _RIGHTS[purpose]
    if purpose is Purpose.OUTSIDE_BODY:
        return QUESTIONS[FurtherParticular.LEGAL_BASIS].choices[
            further[FurtherParticular.LEGAL_BASIS]
        ]
    return f"the practice's call recording policy, {TERMS[purpose].sources[-1]}"


# A request's id, which says what the request is for (docs/formats/grant.md, 3).
#
# It stands in each of the request's leaves, so that the purpose in its row is held against the log
# without opening anything.

RANDOM_BYTES: Final = 12

_BEGIN: Final = b"req".hex()

_NUMBERS: Final[Mapping[Purpose, int]] = MappingProxyType(
    {
        Purpose.PROTECT_PARTIES: 1,
        Purpose.PERFORMANCE: 2,
        Purpose.TRAINING: 3,
        Purpose.ABUSIVE_CALL: 4,
        Purpose.COMPLAINT: 5,
        Purpose.MEDICO_LEGAL: 6,
        Purpose.DISCIPLINARY: 7,
        Purpose.REGULATORY: 8,
        Purpose.SUBJECT_ACCESS: 9,
        Purpose.OUTSIDE_BODY: 10,
        Purpose.DECEASED: 11,
        Purpose.ERASURE: 12,
        Purpose.PORTABILITY: 13,
        Purpose.DISPOSAL: 14,
    }
)
"""A number is never given to another purpose."""


def request_id(purpose: Purpose, drawn: bytes) -> str:
    """The id of a new request, 32 hex digits.

    Args:
        purpose: what it is for; a request never comes to be for another.
        drawn: `RANDOM_BYTES` from the operating system's generator.
    """
    return f"{_BEGIN}{_NUMBERS[purpose]:02x}{drawn.hex()}"


def is_for(id_: str, purpose: Purpose) -> bool:
    """Whether a request of this id is for this purpose."""
    return id_.startswith(f"{_BEGIN}{_NUMBERS[purpose]:02x}")
