"""On what ground a recording is withheld, and that each one is decided [policy 4(b), 4(e), 4(i)].

    each recording asked for is granted or withheld, none both    check_each_decided
    to withhold all of them is to deny the request                check_each_decided
    an erasure is decided recording by recording, expressly       check_each_decided
    a ground fits the purpose, by the policy or by a law          check_ground
    what a law gives a right to is refused on a ground of its own check_refused_on
    a person of whom nothing is held is told so                   check_refused_on
    what a law gives a right to is asked for whole                check_asked_for_whole, ...

What is neither granted nor withheld expressly is withheld as not approved; it may be granted later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from callrec.errors import Refused, Source, Unusable
from callrec.policy.authority import RequestFacts
from callrec.policy.clause import Clause, Law
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.words import Worded, in_words, some_of


class Ground(Worded):
    """Why a recording is withheld, as approvals carry it; it is withheld "because …"."""

    NOT_APPROVED = "not-approved", "nobody has approved it"
    NOT_RELEVANT = "not-relevant", "the purpose does not need it, or it is about somebody else"
    THIRD_PARTY = "third-party", "it would tell of another person, who has not agreed"
    SERIOUS_HARM = "serious-harm", "hearing it would be likely to cause somebody serious harm"
    PRIVILEGE = "privilege", "it is legally privileged"
    CRIME = "crime", "telling the subject would prejudice the prevention or detection of crime"
    EXPECTATIONS = "expectations", "it was said in the expectation that it is not passed on"
    EXPRESSION = "expression", "freedom of expression and information needs it"
    LEGAL_OBLIGATION = "legal-obligation", "the law or a public task needs it to be kept"
    PUBLIC_HEALTH = "public-health", "public health needs it"
    HEALTH_CARE = "health-care", "care needs it, under a duty of professional secrecy"
    ARCHIVING = "archiving", "archives or research in the public interest need it"
    CLAIMS = "claims", "legal claims need it, to be made or defended"
    NOT_HELD = "not-held", "nothing that was asked for is held"

    @property
    def is_disclosed(self) -> bool:
        """Whether the recipient is told of it: to name a crime as the ground would reveal it.

        Source: DPA 2018 Sch 2 Pt 1 para 2, which lifts the duty to say so as well.
        """
        return self is not Ground.CRIME


GROUND_CODES: Final[Mapping[str, Ground]] = MappingProxyType({str(g): g for g in Ground})
"""Grounds by the code that is typed."""

_WITHIN: Final[Mapping[Ground, Source]] = {
    Ground.NOT_APPROVED: Clause.FORMALLY_AUTHORISED,
    Ground.NOT_RELEVANT: Clause.SPECIFIC_PURPOSES,
}
"""What fits wherever the law gives nobody a right to the recording."""

GROUNDS_FOR: Final[Mapping[Purpose, Mapping[Ground, Source]]] = MappingProxyType(
    {
        **dict.fromkeys(Purpose, _WITHIN),
        Purpose.OUTSIDE_BODY: {**_WITHIN, Ground.PRIVILEGE: Law.PRIVILEGE},
        Purpose.SUBJECT_ACCESS: {
            **_WITHIN,
            Ground.THIRD_PARTY: Law.OTHER_PEOPLE,
            Ground.SERIOUS_HARM: Law.SERIOUS_HARM,
            Ground.PRIVILEGE: Law.PRIVILEGE,
            Ground.CRIME: Law.CRIME,
            Ground.EXPECTATIONS: Law.EXPECTATIONS,
            Ground.NOT_HELD: Clause.SUBJECT_ACCESS,
        },
        Purpose.PORTABILITY: {
            **_WITHIN,
            Ground.THIRD_PARTY: Law.PORTABILITY_OF_OTHERS,
            Ground.CRIME: Law.CRIME,
            Ground.EXPECTATIONS: Law.EXPECTATIONS,
            Ground.NOT_HELD: Clause.RIGHTS,
        },
        Purpose.DECEASED: {
            **_WITHIN,
            Ground.THIRD_PARTY: Law.HARM_AFTER_DEATH,
            Ground.SERIOUS_HARM: Law.HARM_AFTER_DEATH,
            Ground.EXPECTATIONS: Law.EXPECTED_BY_THE_DEAD,
            Ground.NOT_HELD: Law.ACCESS_TO_HEALTH_RECORDS,
        },
        Purpose.ERASURE: {
            Ground.EXPRESSION: Law.EXPRESSION,
            Ground.LEGAL_OBLIGATION: Law.LEGAL_OBLIGATION,
            Ground.PUBLIC_HEALTH: Law.PUBLIC_HEALTH,
            Ground.HEALTH_CARE: Law.HEALTH_CARE,
            Ground.ARCHIVING: Law.ARCHIVING,
            Ground.CLAIMS: Law.CLAIMS,
            Ground.NOT_HELD: Clause.RIGHTS,
        },
        Purpose.DISPOSAL: {Ground.NOT_APPROVED: Law.RECORDS_CODE},
    }
)
"""For each purpose the grounds that fit it, and what each rests on there."""


def is_decided_expressly(purpose: Purpose) -> bool:
    """Whether silence about a recording decides nothing: so where the law names every ground."""
    return Ground.NOT_APPROVED not in GROUNDS_FOR[purpose]


def check_ground(ground: Ground | None, purpose: Purpose) -> Ground:
    """The ground on which a recording, or all of a request, is withheld.

    None given will do, unless the law names the grounds.
    """
    code = ground or Ground.NOT_APPROVED
    if code in GROUNDS_FOR[purpose]:
        return code
    wrong = f'"{ground}" is no ground' if ground else "a ground is needed"
    rests_on: Source = TERMS[purpose].decided_under
    if is_decided_expressly(purpose):
        rests_on = Law.ERASURE
    raise Refused(
        f"{wrong} to withhold from a request for {in_words(purpose)}",
        clause=rests_on,
        hint=f"the codes that fit: {', '.join(GROUNDS_FOR[purpose])}",
    )


def check_refused_on(
    ground: Ground | None, request: RequestFacts, asked: Collection[object]
) -> Ground:
    """The ground on which all of a request is refused.

    It fits the purpose. Where a law gives a right to what is asked for, it is not that nobody
    approved it. Nothing is said not to be held where something is asked for.
    """
    code = check_ground(ground, request.purpose)
    terms = TERMS[request.purpose]
    if code is Ground.NOT_APPROVED and terms.has_statutory_clock:
        others = (str(each) for each in GROUNDS_FOR[request.purpose] if each is not code)
        raise Refused(
            f"a request for {in_words(request.purpose)} is not refused because nobody approves it",
            clause=terms.decided_under,
            hint=f"name the ground: --code CODE; the codes that fit: {', '.join(others)}",
        )
    if code is Ground.NOT_HELD and asked:
        raise Refused(
            "the request asks for recordings, so that something is held",
            clause=terms.decided_under,
            hint="ask the person who made it to leave out what is not meant, then deny it:"
            f" callrec request detach {request.reference} ID...",
        )
    return code


def check_asked_for_whole(request: RequestFacts, left_out: Sequence[int], *, is_full: bool) -> None:
    """Check that a request asks for all that fits it, where the law gives a right to all of it.

    Who has that right is told what is withheld and why; of what the request does not ask
    for, nobody decides and nobody is told.

    Args:
        request: what it is for.
        left_out: numbers of recordings that fit it and that neither it nor another one like it
            asks for.
        is_full: it names as many as a request can.
    """
    if not left_out:
        return
    hint = (
        "it names as many as a request can: ask someone else who may search to make the same"
        " request again for the rest, with --attach-matching; then each is approved"
        if is_full
        else "ask someone else who may search to add them, with callrec request attach"
        f" {request.reference} --matching; then withhold what you keep back: --withhold ID=CODE"
    )
    raise Refused(
        f"{request.reference} leaves out recordings that match it: {some_of(left_out)}",
        clause=TERMS[request.purpose].decided_under,
        hint=hint,
    )


def check_nothing_came_in(request: RequestFacts, *, is_matched: bool, matched: int) -> None:
    """Check that no more calls fit a request than when it was approved.

    Args:
        request: what it is for.
        is_matched: somebody has compared it with every call that came in.
        matched: how many more were found to fit it since it was approved.
    """
    if is_matched and not matched:
        return
    fit = "match" if is_matched else "may match"
    raise Refused(
        f"calls that {fit} {request.reference} came in after it was approved",
        clause=TERMS[request.purpose].decided_under,
        hint="ask someone who may search to look, with callrec request attach"
        f" {request.reference} --matching; if that adds any, it is approved again",
    )


def check_each_decided(
    request: RequestFacts,
    asked: Sequence[int],
    *,
    granted: Collection[int],
    withheld: Mapping[int, Ground],
) -> Mapping[int, Ground]:
    """Decide on each recording that a request asks for.

    By their numbers; none granted by name means all that are not withheld. Unusable if one is both
    granted and withheld.

    Returns:
        Those that are withheld, in the request's order, with the ground of each; the others are
        granted, one at the least.

    Law: what is granted and what is withheld are together what was asked for, and share nothing.
    """
    if set(granted) & set(withheld):
        raise Unusable(
            "a recording cannot be both granted and withheld",
            hint="give its number to --recording or to --withhold",
        )
    for ground in withheld.values():
        check_ground(ground, request.purpose)
        if ground is Ground.NOT_HELD:
            raise Unusable(
                "a recording that is there is not withheld as if it were not held",
                hint="where nothing that was asked for is, deny the request so:"
                f" callrec deny {request.reference} --code {ground} --reason TEXT",
            )
    if is_decided_expressly(request.purpose) and not set(asked) <= {*granted, *withheld}:
        raise Refused(
            f"each recording of a request for {in_words(request.purpose)} is decided by itself",
            clause=Law.ERASURE,
            hint="name each: --recording ID grants it, --withhold ID=CODE withholds it",
        )
    kept_back = {
        number: withheld.get(number, Ground.NOT_APPROVED)
        for number in asked
        if number in withheld or (granted and number not in granted)
    }
    if len(kept_back) == len(asked):
        raise Refused(
            "to withhold every recording is to deny the request",
            clause=TERMS[request.purpose].decided_under,
            hint=f"callrec deny {request.reference} --reason TEXT --code CODE",
        )
    return kept_back
