"""What a release rests on, in the words of its certificate [policy 2, 4(d)-(i)]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

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
