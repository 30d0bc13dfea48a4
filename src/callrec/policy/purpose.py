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
    decided_with: Power
    decided_under: Clause
    """Where it says who decides: what a refusal cites."""
    further: tuple[str, ...] = ()
    """What such a request says besides the six of 4(b), named as on the command line."""
    is_made_by_hand: bool = True
    is_capped: bool = False
    """Few recordings are enough for it."""
    places_hold: bool = False
    """Its recordings may not be destroyed while it is open."""
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
            further=("learning",),
            is_capped=True,
        ),
        Purpose.TRAINING: Terms(
            sources=(Clause.PERFORMANCE, Clause.COMPLIANCE),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=("learning",),
            is_capped=True,
        ),
        Purpose.ABUSIVE_CALL: Terms(
            sources=(Clause.ABUSIVE_CALLS,),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=("affected",),
        ),
        Purpose.COMPLAINT: Terms(
            sources=(Clause.COMPLAINT, Clause.COMPLIANCE),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=("complaint", "complainant"),
        ),
        Purpose.MEDICO_LEGAL: Terms(
            sources=(Clause.MEDICO_LEGAL,),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=("claim",),
            places_hold=True,
        ),
        Purpose.DISCIPLINARY: Terms(
            sources=(Clause.EMPLOYEE_CONDUCT, Clause.DISCIPLINARY),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.DISCIPLINARY,
            further=("employee", "allegation", "agreement", "consulted"),
            needs_second_person=True,
            goes_to_manager=True,
            needs_consultation=True,
        ),
        Purpose.REGULATORY: Terms(
            sources=(Clause.COMPLIANCE,),
            decided_with=Power.DECIDE_GENERAL,
            decided_under=Clause.FORMALLY_AUTHORISED,
            further=("regulator", "reference"),
        ),
        Purpose.SUBJECT_ACCESS: Terms(
            sources=(Clause.RETRIEVABLE, Clause.SUBJECT_ACCESS),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.SUBJECT_ACCESS,
            further=(
                "subject",
                "received",
                "received-how",
                "identity",
                "authority",
                "hear-or-copy",
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
                *("body", "officer", "rank", "contact", "reference"),
                *("legal-basis", "necessity", "prejudice", "subject-may-be-told"),
            ),
            places_hold=True,
            needs_second_person=True,
        ),
        Purpose.DECEASED: Terms(
            sources=(Law.ACCESS_TO_HEALTH_RECORDS,),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.CONTROLLED_ACCESS,
            further=("applicant", "standing", "evidence"),
            has_statutory_clock=True,
        ),
        Purpose.ERASURE: Terms(
            sources=(Clause.RIGHTS,),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.CONTROLLED_ACCESS,
            further=("subject", "received", "exemption"),
            has_statutory_clock=True,
        ),
        Purpose.PORTABILITY: Terms(
            sources=(Clause.RIGHTS,),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.CONTROLLED_ACCESS,
            further=("subject", "received"),
            has_statutory_clock=True,
        ),
        Purpose.DISPOSAL: Terms(
            sources=(Clause.ENCRYPTED_AND_ARCHIVED, Law.RECORDS_CODE),
            decided_with=Power.DECIDE_RESERVED,
            decided_under=Clause.CONTROLLED_ACCESS,
            is_made_by_hand=False,
        ),
    }
)
"""One row for each purpose."""
