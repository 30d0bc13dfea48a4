"""What a restriction, or an objection that was upheld, forbids [UK GDPR 18, 21; policy 4(i)].

    18(2)  what is restricted is stored, and neither heard nor released    check_not_restricted
    18(2)  but for the purposes that the law excepts                       lawful_use
    18(3)  who decides it lifts it, once the person was told               handling.check_closing

It begins with its approval and ends as its request is closed. From the day on which it is asked for
a hold keeps what a restriction is about (policy/hold.py), so that nothing is destroyed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from callrec.errors import Refused
from callrec.policy.clause import Law
from callrec.policy.purpose import TERMS, Purpose


class LawfulUse(Enum):
    """Why something restricted may be used all the same [UK GDPR 18(2)]."""

    CONSENT = auto()
    """The person asks for it."""
    CLAIMS = auto()
    """Legal claims are made or defended."""
    RIGHTS_OF_OTHERS = auto()
    """Another person's rights are protected."""
    PUBLIC_INTEREST = auto()
    """Reasons of important public interest."""


def lawful_use(purpose: Purpose) -> LawfulUse | None:
    """The exception of the law under which a purpose may use what is restricted; None: none."""
    match purpose:
        case Purpose.SUBJECT_ACCESS | Purpose.PORTABILITY:
            return LawfulUse.CONSENT
        case Purpose.MEDICO_LEGAL:
            return LawfulUse.CLAIMS
        case Purpose.DECEASED:
            return LawfulUse.RIGHTS_OF_OTHERS
        case Purpose.OUTSIDE_BODY | Purpose.REGULATORY:
            return LawfulUse.PUBLIC_INTEREST
        case (
            Purpose.PROTECT_PARTIES
            | Purpose.PERFORMANCE
            | Purpose.TRAINING
            | Purpose.ABUSIVE_CALL
            | Purpose.COMPLAINT
            | Purpose.DISCIPLINARY
            | Purpose.ERASURE
            | Purpose.DISPOSAL
            | Purpose.RECTIFICATION
            | Purpose.RESTRICTION
            | Purpose.OBJECTION
        ):
            return None


def check_not_restricted(
    purpose: Purpose, restricted: Mapping[int, str], *, has_others: bool = False
) -> None:
    """What is restricted is only stored [UK GDPR 18(2)].

    Args:
        purpose: what it is to be heard or released for.
        restricted: by number, the request that restricts each, ``R-20``.
        has_others: whether something is left if these are left out.
    """
    if not (TERMS[purpose].is_heard and restricted) or lawful_use(purpose):
        return
    number, by = min(restricted.items())
    raise Refused(
        f"recording {number} is restricted by {by}: nobody hears or releases it",
        clause=Law.RESTRICTED_USE,
        hint=f"{'leave it out; ' if has_others else ''}the Data Controller can lift it:"
        f" callrec request close {by} --reason TEXT",
    )
