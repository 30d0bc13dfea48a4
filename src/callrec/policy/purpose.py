"""The seventeen purposes and what follows from each.

A purpose without a row of `TERMS` fails a test; a row is the whole of what is particular to a
purpose, but for the grounds to withhold (`withholding`). As tables: docs/reference/decisions.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Final

from callrec.dataclass import dataclass
from callrec.policy.clause import Clause, Law
from callrec.policy.further import FurtherParticular
from callrec.policy.role import Person, Power


class Purpose(StrEnum):
    """Why somebody asks for a recording, as it is typed.

    A request's id has the number of its purpose, which is never given to another: add at the end.
    """

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
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    OBJECTION = "objection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for requests of one purpose. Nothing does by default: each decides all of it."""

    sources: tuple[Clause | Law, ...]
    """The last is the most particular."""
    in_words: str
    """What it is called where a recipient reads it."""
    right: str
    """The right in law on which a release rests; empty: on the policy, or on what the body says."""
    decided_under: Clause
    """Where it says who decides: what a refusal cites."""
    clock: Clause | Law
    """Where it says by when it is answered. Under a law it never lapses undecided."""
    further: tuple[FurtherParticular, ...]
    """What such a request says besides the six of 4(b), in the order in which it is asked for."""
    is_made_by_hand: bool
    is_capped: bool
    """Few recordings are enough for it."""
    places_hold: bool
    """Its recordings may not be destroyed while it is open."""
    is_heard: bool
    """What is approved is listened to or handed over, not carried out."""
    takes_effect: bool
    """What is approved takes effect at once and lasts: nothing is heard, nor destroyed."""
    restricts: bool
    """While it is in effect, its recordings are only stored (policy/rights/restriction.py)."""
    needs_second_person: bool
    """A person who alone approved it may not release it."""
    needs_third_party_check: bool
    """Before a release somebody says what they found of other people in it."""
    goes_to_manager: bool
    """Only the employee's manager is handed the recording [policy 2 bullet 6]."""
    needs_consultation: bool
    """A delegate consults the Data Controller before they approve [policy 4(g)]."""
    edits_are_decided: bool
    """A copy goes outside, so what is left out of it is part of the approval."""
    is_attended: bool
    """Visitors may come to hear it, so who was there is on record."""

    @property
    def is_dated(self) -> bool:
        """The day on which it came is among what it says: somebody waits for an answer."""
        return FurtherParticular.RECEIVED in self.further

    @property
    def is_destroyed(self) -> bool:
        """Whether what is approved is destroyed when it is carried out."""
        return not (self.is_heard or self.takes_effect)

    @property
    def has_statutory_clock(self) -> bool:
        """Whether a law sets a day for the answer."""
        return isinstance(self.clock, Law)

    @property
    def is_owed_whole(self) -> bool:
        """Whether a law gives a right to every recording that fits what was asked for."""
        return self.has_statutory_clock and self.is_heard

    @property
    def decided_with(self) -> Power:
        """The power that decides it: partners and managers have what 4(b) alone speaks of."""
        is_general = self.decided_under is Clause.FORMALLY_AUTHORISED
        return Power.DECIDE_GENERAL if is_general else Power.DECIDE_RESERVED

    @property
    def asked_under(self) -> Clause | Law:
        """What asks for the further particulars, and is cited where they are wanting."""
        return self.sources[-1]


_RIGHT: Final = (
    FurtherParticular.SUBJECT,
    FurtherParticular.RECEIVED,
    FurtherParticular.IDENTITY,
    FurtherParticular.AUTHORITY,
)
"""What each right of a data subject asks for."""

_NOTHING_MORE: Final = partial(
    Terms,
    is_made_by_hand=True,
    is_capped=False,
    places_hold=False,
    is_heard=True,
    takes_effect=False,
    restricts=False,
    needs_second_person=False,
    needs_third_party_check=False,
    goes_to_manager=False,
    needs_consultation=False,
    edits_are_decided=False,
    is_attended=False,
)
"""What 4(b) asks of every request to hear a recording, and no more."""

_ASKED_BY_STAFF: Final = partial(
    _NOTHING_MORE,
    right="",
    decided_under=Clause.FORMALLY_AUTHORISED,
    clock=Clause.FORMALLY_AUTHORISED,
)
"""For the practice's own work."""

_ASKED_FROM_OUTSIDE: Final = partial(
    _NOTHING_MORE,
    places_hold=True,
    needs_second_person=True,
    needs_third_party_check=True,
    edits_are_decided=True,
    is_attended=True,
)
"""A copy goes out, or visitors come: the strictest, until a row says what is not asked for."""

_CARRIED_OUT: Final = partial(
    _NOTHING_MORE,
    right="",
    decided_under=Clause.CONTROLLED_ACCESS,
    clock=Law.ONE_MONTH,
    is_heard=False,
)
"""Nobody hears it: what is approved is done to the recordings, or stands beside them."""

TERMS: Final[Mapping[Purpose, Terms]] = {
    Purpose.PROTECT_PARTIES: _ASKED_BY_STAFF(
        sources=(Clause.BOTH_PARTIES,),
        in_words="protecting the interests of both parties",
        further=(),
    ),
    Purpose.PERFORMANCE: _ASKED_BY_STAFF(
        sources=(Clause.PERFORMANCE,),
        in_words="improving the practice's performance",
        further=(FurtherParticular.LEARNING,),
        is_capped=True,
    ),
    Purpose.TRAINING: _ASKED_BY_STAFF(
        sources=(Clause.COMPLIANCE, Clause.PERFORMANCE),
        in_words="training",
        further=(FurtherParticular.LEARNING,),
        is_capped=True,
    ),
    Purpose.ABUSIVE_CALL: _ASKED_BY_STAFF(
        sources=(Clause.ABUSIVE_CALLS,),
        in_words="protecting staff from abusive or nuisance calls",
        further=(FurtherParticular.AFFECTED,),
    ),
    Purpose.COMPLAINT: _ASKED_BY_STAFF(
        sources=(Clause.COMPLIANCE, Clause.COMPLAINT),
        in_words="establishing the facts of a complaint",
        further=(FurtherParticular.COMPLAINT, FurtherParticular.COMPLAINANT),
        places_hold=True,
    ),
    Purpose.MEDICO_LEGAL: _ASKED_BY_STAFF(
        sources=(Clause.MEDICO_LEGAL,),
        in_words="establishing the facts of a medico-legal claim",
        further=(FurtherParticular.CLAIM,),
        places_hold=True,
    ),
    Purpose.DISCIPLINARY: _ASKED_BY_STAFF(
        sources=(Clause.EMPLOYEE_CONDUCT, Clause.DISCIPLINARY),
        in_words="a disciplinary process",
        decided_under=Clause.DISCIPLINARY,
        further=(
            FurtherParticular.EMPLOYEE,
            FurtherParticular.ALLEGATION,
            FurtherParticular.AGREEMENT,
            FurtherParticular.CONSULTED,
        ),
        needs_second_person=True,
        goes_to_manager=True,
        needs_consultation=True,
    ),
    Purpose.REGULATORY: _ASKED_BY_STAFF(
        sources=(Clause.COMPLIANCE,),
        in_words="evidence for a regulatory investigation",
        further=(FurtherParticular.REGULATOR, FurtherParticular.REFERENCE),
    ),
    Purpose.SUBJECT_ACCESS: _ASKED_FROM_OUTSIDE(
        sources=(Clause.RETRIEVABLE, Clause.SUBJECT_ACCESS),
        in_words="a subject access request",
        right="the data subject's right of access, UK GDPR 15",
        decided_under=Clause.SUBJECT_ACCESS,
        clock=Law.ONE_MONTH,
        further=(
            FurtherParticular.SUBJECT,
            FurtherParticular.RECEIVED,
            FurtherParticular.RECEIVED_HOW,
            FurtherParticular.IDENTITY,
            FurtherParticular.AUTHORITY,
            FurtherParticular.HEAR_OR_COPY,
        ),
    ),
    Purpose.OUTSIDE_BODY: _ASKED_FROM_OUTSIDE(
        sources=(Clause.OUTSIDE_BODY,),
        in_words="the request of an outside body",
        decided_under=Clause.OUTSIDE_BODY,
        clock=Clause.OUTSIDE_BODY,
        further=(
            FurtherParticular.BODY,
            FurtherParticular.OFFICER,
            FurtherParticular.RANK,
            FurtherParticular.CONTACT,
            FurtherParticular.REFERENCE,
            FurtherParticular.RECEIVED,
            FurtherParticular.LEGAL_BASIS,
            FurtherParticular.CONFIDENTIALITY,
            FurtherParticular.ANSWER_BY,
            FurtherParticular.URGENT,
            FurtherParticular.NECESSITY,
            FurtherParticular.PREJUDICE,
            FurtherParticular.SUBJECT_MAY_BE_TOLD,
        ),
        right="",
        needs_third_party_check=False,
    ),
    Purpose.DECEASED: _ASKED_FROM_OUTSIDE(
        sources=(Law.ACCESS_TO_HEALTH_RECORDS,),
        in_words="access to the records of a deceased patient",
        right="Access to Health Records Act 1990 s.3",
        decided_under=Clause.CONTROLLED_ACCESS,
        clock=Law.DECEASED_PERIOD,
        further=(
            FurtherParticular.APPLICANT,
            FurtherParticular.STANDING,
            FurtherParticular.EVIDENCE,
            FurtherParticular.RECEIVED,
            FurtherParticular.IDENTITY,
        ),
        needs_second_person=False,
    ),
    Purpose.ERASURE: _CARRIED_OUT(sources=(Clause.RIGHTS,), in_words="erasure", further=_RIGHT),
    Purpose.PORTABILITY: _ASKED_FROM_OUTSIDE(
        sources=(Clause.RIGHTS,),
        in_words="data portability",
        right="the data subject's right to data portability, UK GDPR 20",
        decided_under=Clause.CONTROLLED_ACCESS,
        clock=Law.ONE_MONTH,
        further=_RIGHT,
        needs_second_person=False,
        is_attended=False,
    ),
    Purpose.DISPOSAL: _CARRIED_OUT(
        sources=(Clause.ENCRYPTED_AND_ARCHIVED, Law.RECORDS_CODE),
        in_words="disposal",
        is_made_by_hand=False,
        clock=Clause.FORMALLY_AUTHORISED,
        further=(),
    ),
    Purpose.RECTIFICATION: _CARRIED_OUT(
        sources=(Clause.RIGHTS, Law.RECTIFICATION),
        in_words="a correction",
        further=(*_RIGHT, FurtherParticular.CORRECTION),
        takes_effect=True,
    ),
    Purpose.RESTRICTION: _CARRIED_OUT(
        sources=(Clause.RIGHTS, Law.RESTRICTION),
        in_words="a restriction",
        further=(*_RIGHT, FurtherParticular.WHY_RESTRICTED),
        places_hold=True,
        takes_effect=True,
        restricts=True,
    ),
    Purpose.OBJECTION: _CARRIED_OUT(
        sources=(Clause.RIGHTS, Law.OBJECTION),
        in_words="an objection",
        further=(*_RIGHT, FurtherParticular.SITUATION),
        takes_effect=True,
        restricts=True,
    ),
}


RESTRICTING: Final = tuple(purpose for purpose in Purpose if TERMS[purpose].restricts)
"""The purposes that let a recording only be stored, while such a request is in effect."""


RANDOM_BYTES: Final = 12
_BEGIN: Final = {each: f"{b'req'.hex()}{n:02x}" for n, each in enumerate(Purpose, 1)}


def request_id(purpose: Purpose, drawn: bytes) -> str:
    """The id of a new request, 32 hex digits, which says what it is for (docs/formats/grant.md, 3).

    It stands in each of the request's leaves, so that the purpose in its row is held against the
    log without opening anything. ``drawn`` is `RANDOM_BYTES` from the system's generator.
    """
    return _BEGIN[purpose] + drawn.hex()


def is_for(id_: str, purpose: Purpose) -> bool:
    """Whether a request of this id is for this purpose."""
    return id_.startswith(_BEGIN[purpose])


def nameable(reference: str, purpose: Purpose | None) -> str:
    """A request's or its hold's reference where a refusal may say it, which all read; or empty."""
    return "" if purpose is Purpose.OUTSIDE_BODY else reference


def is_never_kept(purpose: Purpose, person: Person) -> bool:
    """Whether no such request is kept from them, as may be, but from whose own role decides it."""
    return purpose is not Purpose.OUTSIDE_BODY or TERMS[purpose].decided_with in person.powers


def purpose_of(id_: str) -> Purpose | None:
    """What a request of this id is for; None where it is no request's."""
    return next((purpose for purpose in Purpose if is_for(id_, purpose)), None)
