"""The table of what may be withheld: purpose, ground, law [policy 4(b), 4(e), 4(i)].

`grounds_for` is the whole of it: for each purpose the grounds that fit, and for each what it rests
on, what the person who asked reads, and when it fits at all. A purpose without its grounds is an
error of types; each cell is a row of tests/policy/test_grounds.py.

Source of what the Acts say: legislation.gov.uk. Nothing here is legal advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Source
from callrec.policy.clause import Clause, Law
from callrec.policy.purpose import Purpose
from callrec.policy.words import Worded


class Ground(Worded):
    """Why a recording is withheld, as approvals carry it; it is withheld "because …"."""

    NOT_APPROVED = "not-approved", "nobody has approved it"
    NOT_RELEVANT = "not-relevant", "the purpose does not need it, or it is about somebody else"
    THIRD_PARTY = (
        "third-party",
        (
            "it would tell of another person who has not agreed, and it is not reasonable to"
            " disclose it without their agreement"
        ),
    )
    SERIOUS_HARM = "serious-harm", "hearing it would be likely to cause somebody serious harm"
    PRIVILEGE = "privilege", "it is legally privileged"
    CRIME = (
        "crime",
        (
            "telling the subject would be likely to prejudice the prevention or detection of crime,"
            " or catching or prosecuting offenders"
        ),
    )
    EXPECTATIONS = (
        "expectations",
        "the patient expected it not to reach the person asking for them",
    )
    EXPRESSION = "expression", "freedom of expression and information needs it"
    LEGAL_OBLIGATION = "legal-obligation", "the law or a public task needs it to be kept"
    PUBLIC_HEALTH = "public-health", "public health needs it"
    HEALTH_CARE = "health-care", "care needs it, under a duty of professional secrecy"
    ARCHIVING = "archiving", "archives or research in the public interest need it"
    CLAIMS = "claims", "legal claims need it, to be made or defended"
    DAMAGED = "damaged", "it is damaged and cannot be played"
    NOT_HELD = "not-held", "nothing that was asked for is held"
    UNFOUNDED = "unfounded", "the request is manifestly unfounded or excessive"
    NO_RIGHT = "no-right", "this right does not apply to it"
    COMPELLING = (
        "compelling",
        "the practice has compelling legitimate grounds, which weigh more than the objection",
    )
    PATIENT_OBJECTED = (
        "patient-objected",
        "the patient had it noted that they did not want it to be given",
    )

    @property
    def is_disclosed(self) -> bool:
        """Whether the recipient is told of it: to name these, or to count them, would reveal them.

        To a parent, "the patient expected you not to hear it" tells that their child rang in
        confidence.

        Source: DPA 2018 Sch 2 Pt 1 para 2 and Sch 3 Pt 2 para 4, which lift UK GDPR 15(1) and so
        the duty to say that there is anything; Access to Health Records Act 1990 s.5(3).
        """
        return self not in (Ground.CRIME, Ground.EXPECTATIONS)


class OnlyIf(Enum):
    """When a ground fits at all."""

    ALWAYS = auto()
    ANOTHER_ASKS = auto()
    """Somebody asks on the patient's behalf."""
    CLAIMANT = auto()
    """The applicant may have a claim that arises from the death."""
    OPINION = auto()
    """A health professional says so (`withholding.check_opinion`)."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a ground rests on for a purpose."""

    source: Source
    words: str = ""
    """What the person who asked reads, where that is not what the ground means everywhere."""
    only_if: OnlyIf = OnlyIf.ALWAYS


_POLICY: Final[Mapping[Ground, Basis]] = {
    Ground.NOT_APPROVED: Basis(Clause.FORMALLY_AUTHORISED),
    Ground.NOT_RELEVANT: Basis(Clause.SPECIFIC_PURPOSES),
}
"""What fits wherever the law gives nobody a right to the recording."""

_NOT_ABOUT_THEM: Final = "it is not about the person whose calls were asked for"

_NOT_NOW: Final = "it is not part of this package"
"""Where a law gives a right to it: it is not decided yet, or went out before."""

_PLAIN: Final[Mapping[Ground, str]] = {
    Ground.PRIVILEGE: "it is private between a lawyer and their client, by legal privilege",
    Ground.UNFOUNDED: (
        "the request is plainly unreasonable: the law calls it manifestly unfounded or excessive"
    ),
    Ground.LEGAL_OBLIGATION: (
        "the law, or a task that we do for the public, requires us to keep it"
    ),
    Ground.HEALTH_CARE: "it is needed for health care, by people who must keep it private",
    Ground.CLAIMS: "it is needed to make a legal claim, or to defend one",
}
"""What the person who asked reads, where the field's own term is not a usual word."""


def grounds_for(  # noqa: C901, PLR0911 - a row for each purpose
    purpose: Purpose,
) -> Mapping[Ground, Basis]:
    """The grounds that fit a purpose, and what each rests on there."""
    match purpose:
        case (
            Purpose.PROTECT_PARTIES
            | Purpose.PERFORMANCE
            | Purpose.TRAINING
            | Purpose.ABUSIVE_CALL
            | Purpose.COMPLAINT
            | Purpose.MEDICO_LEGAL
            | Purpose.DISCIPLINARY
            | Purpose.REGULATORY
        ):
            return _POLICY
        case Purpose.OUTSIDE_BODY:
            return {**_POLICY, Ground.PRIVILEGE: Basis(Law.PRIVILEGE)}
        case Purpose.SUBJECT_ACCESS:
            return {
                Ground.NOT_APPROVED: Basis(Clause.FORMALLY_AUTHORISED, _NOT_NOW),
                Ground.NOT_RELEVANT: Basis(Law.ACCESS, _NOT_ABOUT_THEM),
                Ground.THIRD_PARTY: Basis(Law.OTHER_PEOPLE),
                Ground.SERIOUS_HARM: Basis(Law.SERIOUS_HARM, only_if=OnlyIf.OPINION),
                Ground.PRIVILEGE: Basis(Law.PRIVILEGE),
                Ground.CRIME: Basis(Law.CRIME),
                Ground.EXPECTATIONS: Basis(Law.EXPECTATIONS, only_if=OnlyIf.ANOTHER_ASKS),
                Ground.UNFOUNDED: Basis(Law.UNFOUNDED),
                Ground.DAMAGED: Basis(Clause.SUBJECT_ACCESS),
                Ground.NOT_HELD: Basis(Clause.SUBJECT_ACCESS),
            }
        case Purpose.PORTABILITY:
            return {
                Ground.NOT_APPROVED: Basis(Clause.FORMALLY_AUTHORISED, _NOT_NOW),
                Ground.NOT_RELEVANT: Basis(Law.PORTABILITY, _NOT_ABOUT_THEM),
                Ground.THIRD_PARTY: Basis(Law.PORTABILITY_OF_OTHERS),
                Ground.CRIME: Basis(Law.CRIME),
                Ground.EXPECTATIONS: Basis(Law.EXPECTATIONS, only_if=OnlyIf.ANOTHER_ASKS),
                Ground.UNFOUNDED: Basis(Law.UNFOUNDED),
                Ground.NO_RIGHT: Basis(
                    Law.PORTABILITY,
                    "this right is for what somebody gave us by consent or under a contract",
                ),
                Ground.DAMAGED: Basis(Clause.RIGHTS),
                Ground.NOT_HELD: Basis(Clause.RIGHTS),
            }
        case Purpose.DECEASED:
            return {
                Ground.NOT_APPROVED: Basis(Clause.FORMALLY_AUTHORISED, _NOT_NOW),
                Ground.NOT_RELEVANT: Basis(
                    Law.NOT_OF_A_CLAIM,
                    "it is not relevant to a claim that may arise from the death",
                    OnlyIf.CLAIMANT,
                ),
                Ground.THIRD_PARTY: Basis(Law.HARM_AFTER_DEATH),
                Ground.SERIOUS_HARM: Basis(Law.HARM_AFTER_DEATH, only_if=OnlyIf.OPINION),
                Ground.EXPECTATIONS: Basis(
                    Law.EXPECTED_BY_THE_DEAD, "the patient expected it not to be given to anybody"
                ),
                Ground.PATIENT_OBJECTED: Basis(Law.NOTED_BY_THE_DEAD),
                Ground.NO_RIGHT: Basis(
                    Law.ACCESS_TO_HEALTH_RECORDS, "it is not part of this patient's health record"
                ),
                Ground.DAMAGED: Basis(Law.ACCESS_TO_HEALTH_RECORDS),
                Ground.NOT_HELD: Basis(Law.ACCESS_TO_HEALTH_RECORDS),
            }
        case Purpose.ERASURE:
            return {
                Ground.EXPRESSION: Basis(Law.EXPRESSION),
                Ground.LEGAL_OBLIGATION: Basis(Law.LEGAL_OBLIGATION),
                Ground.PUBLIC_HEALTH: Basis(Law.PUBLIC_HEALTH),
                Ground.HEALTH_CARE: Basis(Law.HEALTH_CARE),
                Ground.ARCHIVING: Basis(Law.ARCHIVING),
                Ground.CLAIMS: Basis(Law.CLAIMS),
                Ground.UNFOUNDED: Basis(Law.UNFOUNDED),
                Ground.NO_RIGHT: Basis(
                    Law.TO_ERASE, "the law gives this right for certain reasons, and none applies"
                ),
                Ground.NOT_HELD: Basis(Clause.RIGHTS),
            }
        case Purpose.RECTIFICATION:
            return {
                Ground.UNFOUNDED: Basis(Law.UNFOUNDED),
                Ground.NO_RIGHT: Basis(
                    Law.RECTIFICATION, "what is recorded is what was said, and is not incomplete"
                ),
                Ground.NOT_HELD: Basis(Clause.RIGHTS),
            }
        case Purpose.RESTRICTION:
            return {
                Ground.UNFOUNDED: Basis(Law.UNFOUNDED),
                Ground.NO_RIGHT: Basis(
                    Law.RESTRICTION, "the law gives this right in four cases, and none applies"
                ),
                Ground.NOT_HELD: Basis(Clause.RIGHTS),
            }
        case Purpose.OBJECTION:
            return {
                Ground.COMPELLING: Basis(
                    Law.TO_OBJECT,
                    "we have strong reasons to use it, which weigh more than those against it",
                ),
                Ground.CLAIMS: Basis(Law.TO_OBJECT),
                Ground.UNFOUNDED: Basis(Law.UNFOUNDED),
                Ground.NO_RIGHT: Basis(
                    Law.TO_OBJECT, "the law lets people object to some uses, but not to this one"
                ),
                Ground.NOT_HELD: Basis(Clause.RIGHTS),
            }
        case Purpose.DISPOSAL:
            return {Ground.NOT_APPROVED: Basis(Law.RECORDS_CODE)}


GROUNDS_FOR: Final[Mapping[Purpose, Mapping[Ground, Basis]]] = {
    purpose: dict(grounds_for(purpose)) for purpose in Purpose
}
"""`grounds_for` of every purpose."""

GROUND_CODES: Final[Mapping[str, Ground]] = {str(g): g for g in Ground}
"""Grounds by the code that is typed."""


def ground_in_words(ground: Ground, purpose: Purpose) -> str:
    """Why something is withheld, as the person who asked reads it; completes "because …"."""
    basis = GROUNDS_FOR[purpose].get(ground)
    return (basis.words if basis else "") or _PLAIN.get(ground, ground.meaning)
