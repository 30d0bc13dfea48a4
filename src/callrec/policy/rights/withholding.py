"""On what ground a recording is withheld, and that each one is decided [policy 4(b), 4(e), 4(i)].

    each recording asked for is granted or withheld, none both    check_each_decided
    to withhold all of them is to deny the request                check_each_decided
    an erasure is decided recording by recording, expressly       check_each_decided
    a ground fits the purpose, by the policy or by a law          check_ground, grounds.py
    some fit only where more is true, as an opinion for harm      check_may_rest_on
    what a law gives a right to is refused on a ground of its own check_refused_on
    a person of whom nothing is held is told so                   check_refused_on, check_not_held
    what is left out is refused on the ground on which it is      check_is_left_out
    what a law gives a right to is asked for whole                check_asked_for_whole, ...
    what a gathering leaves out has a ground of its own           check_left_out

What is neither granted nor withheld expressly is withheld as not approved; it may be granted later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Refused, Source, Unusable
from callrec.policy.authority import RequestFacts
from callrec.policy.clause import Law
from callrec.policy.clock_rules import same_day_after
from callrec.policy.completeness import normalise_text
from callrec.policy.days import day_in_words
from callrec.policy.further import CLAIMANT, NO_AUTHORITY, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestState
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground, OnlyIf
from callrec.policy.words import in_words, some_of


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a health professional says: that hearing it would be likely to cause serious harm."""

    by: str
    """Their name and what they are."""
    on: date

    @property
    def said(self) -> str:
        """As it is kept beside a decision: ``Dr Alice Jones, 12 November 2026``."""
        return f"{normalise_text(self.by)}, {day_in_words(self.on)}"


OPINION_MONTHS: Final = 6
"""How old an opinion may be [DPA 2018 Sch 3 Pt 2 para 5(4)]."""


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
        rests_on = Law.ERASURE if purpose is Purpose.ERASURE else TERMS[purpose].asked_under
    raise Refused(
        f"{wrong} to withhold from a request for {in_words(purpose)}",
        clause=rests_on,
        hint=f"the codes that fit: {', '.join(GROUNDS_FOR[purpose])}",
    )


def check_may_rest_on(
    grounds: Collection[Ground],
    request: RequestFacts,
    further: Mapping[str, str],
    opinion: Opinion | None,
    *,
    on: date,
) -> None:
    """Check what a decision rests on besides that its grounds fit the purpose.

    What a patient expected is no answer to the patient; what does not matter for a claim is none to
    the estate. Serious harm is for a health professional to say, within the last six months.

    Args:
        grounds: those on which something is withheld or silenced.
        request: what it is for.
        further: its further particulars.
        opinion: a health professional's; None: nobody gave one.
        on: the day of the decision.
    """
    fit = GROUNDS_FOR[request.purpose]
    needed = {fit[ground].only_if for ground in grounds if ground in fit}
    if opinion is not None and OnlyIf.OPINION not in needed:
        raise Unusable(
            "an opinion is for what is withheld because of serious harm",
            hint="leave out --opinion-of and --opinion-on",
        )
    for ground in sorted({*grounds} & fit.keys()):
        basis = fit[ground]
        if basis.only_if is OnlyIf.OPINION:
            _check_opinion(opinion, basis.source, on=on)
        elif not _is_met(basis.only_if, further):
            why, hint = _NOT_MET[basis.only_if]
            raise Refused(why, clause=basis.source, hint=hint)


_NOT_MET: Final = {
    OnlyIf.ANOTHER_ASKS: (
        "the patient asks in person, so nothing is kept from another person who asks",
        "choose another ground, or grant it",
    ),
    OnlyIf.CLAIMANT: (
        "only what a claimant asks for is limited to their claim",
        f"if it is not about this patient: --withhold ID={Ground.NO_RIGHT}",
    ),
}


def _is_met(only_if: OnlyIf, further: Mapping[str, str]) -> bool:
    match only_if:
        case OnlyIf.ANOTHER_ASKS:
            return further.get(FurtherParticular.AUTHORITY) != NO_AUTHORITY
        case OnlyIf.CLAIMANT:
            return further.get(FurtherParticular.STANDING) == CLAIMANT
        case OnlyIf.ALWAYS | OnlyIf.OPINION:
            return True


def _check_opinion(opinion: Opinion | None, source: Source, *, on: date) -> None:
    if opinion is None or not any(map(str.isalnum, opinion.by)):
        why = "a health professional must say that it would be likely to cause serious harm"
    elif opinion.on > on:
        why = "the opinion is of a day to come"
    elif same_day_after(opinion.on, OPINION_MONTHS) <= on:
        why = f"the opinion is {OPINION_MONTHS} months old or older"
    else:
        return
    hint = "ask the right doctor or nurse, then add: --opinion-of NAME --opinion-on DATE"
    raise Refused(why, clause=source, hint=hint)


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


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of searching for all that a request describes, as it stands."""

    is_described: bool
    """It says something by which recordings could be found."""
    is_whole: bool = False
    """It was gathered, and each that matches is left out, or asked for elsewhere."""
    left_out: frozenset[Ground] = frozenset()
    """On what grounds."""
    is_elsewhere: bool = False
    """Another part of the same request asks for some."""


def check_not_held(request: RequestFacts, searched: Searched) -> None:
    """Nothing is said not to be held before it was searched for, nor if anything was found.

    Else a ground that must be told would not be [UK GDPR 12(4)].
    """
    reference = request.reference
    if searched.is_whole and not searched.left_out and not searched.is_elsewhere:
        return
    if searched.is_whole:
        why = f"recordings match {reference}, so that something is held"
        hint = hint_to_refuse(reference, searched.left_out)
    elif searched.is_described:
        why = f"nobody has searched for all that {reference} describes, as it stands"
        hint = f"callrec request gather {reference} does; if nothing matches, deny it then"
    else:
        why, hint = (
            f"{reference} describes no call, so that nobody can search",
            to_describe(reference),
        )
    raise Refused(why, clause=TERMS[request.purpose].decided_under, hint=hint)


def check_is_left_out(ground: Ground, request: RequestFacts, left_out: Collection[Ground]) -> None:
    """A request of which all is left out is refused on a ground on which it is [UK GDPR 12(4)].

    One that is not told does not stand for one that is. That the request as a whole is unfounded
    stands beside what was left out of it.
    """
    if not left_out or ground is Ground.UNFOUNDED:
        return
    fits = {each for each in left_out if each.is_disclosed} or {*left_out}
    if ground not in fits:
        raise Refused(
            f'what was found is not left out on the ground "{in_words(ground)}"',
            clause=TERMS[request.purpose].decided_under,
            hint=hint_to_refuse(request.reference, left_out),
        )


def hint_to_refuse(reference: str, left_out: Collection[Ground]) -> str:
    """How a request is ended that asks for nothing, though recordings match it.

    The grounds that are told come first: one that is not must not stand for them.
    """
    if not left_out:
        return (
            "another part of the same request asks for them, and answers this one: who made it runs"
            f" callrec request withdraw {reference}"
        )
    told, *others = sorted(left_out, key=lambda ground: (not ground.is_disclosed, ground))
    also = f" (also left out: {', '.join(others)})" if others else ""
    return (
        "deny it on the ground on which they are left out:"
        f" callrec deny {reference} --code {told} --reason TEXT{also}"
    )


def to_describe(reference: str) -> str:
    """The hint where a request says nothing by which a recording could be found."""
    return (
        "ask somebody else to say whose calls they are, or which day:"
        f" callrec request amend {reference} --number NUMBER"
    )


def check_left_out(
    ground: Ground, request: RequestFacts, further: Mapping[str, str], *, on: date
) -> None:
    """What a gathering leaves out is there, and has a ground that says something [4(d), 4(e)].

    What rests on a health professional's opinion is withheld by those who decide it, with that.
    """
    basis = GROUNDS_FOR[request.purpose][check_ground(ground, request.purpose)]
    if ground in _NO_CHOICE or basis.only_if is OnlyIf.OPINION:
        raise Refused(
            f'"{in_words(ground)}" is no ground to leave out a recording that was found',
            clause=basis.source,
            hint="let it be asked for: the person who approves the request withholds it",
        )
    check_may_rest_on((ground,), request, further, None, on=on)


_NO_CHOICE: Final = (Ground.NOT_APPROVED, Ground.NOT_HELD, Ground.DAMAGED)
"""What is said of a recording that was found by those who decide, or never."""


_WENT_OUT: Final = (RequestState.RELEASED, RequestState.HANDED_OVER)

_A_PACKAGE_WENT_OUT: Final = "a package went out under it"


def _ask_anew(why: str) -> str:
    return (
        f"{why}: ask someone else who may search to make the same request again for the rest,"
        " with --attach-matching; then each is approved"
    )


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
    why = "it names as many as a request can" if is_full else _A_PACKAGE_WENT_OUT
    hint = (
        _ask_anew(why)
        if is_full or request.state in _WENT_OUT
        else f"callrec request gather {request.reference} adds them; what is kept back is left out"
        " with --leave-out ID=CODE, or withheld with --withhold ID=CODE"
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
        hint=_ask_anew(_A_PACKAGE_WENT_OUT)
        if request.state in _WENT_OUT
        else f"callrec request gather {request.reference} looks for them; if that adds any, it is"
        " approved again",
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
    terms = TERMS[request.purpose]
    is_partly_named = bool(granted) or terms.is_destroyed
    if (
        is_decided_expressly(request.purpose)
        and is_partly_named
        and not set(asked) <= {*granted, *withheld}
    ):
        raise Refused(
            f"each recording of a request for {in_words(request.purpose)} is decided by itself",
            clause=Law.ERASURE if terms.is_destroyed else terms.asked_under,
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
            clause=terms.decided_under,
            hint=f"callrec deny {request.reference} --reason TEXT --code CODE",
        )
    return kept_back


def check_none_stands_granted(
    request: RequestFacts, withheld: Mapping[int, Ground], granted: Collection[int]
) -> None:
    """What an approval ``granted`` that still stands is not withheld beside it.

    It would be heard and given out all the same, and the answer would say otherwise.
    """
    held = [n for n, ground in withheld.items() if ground is not Ground.NOT_APPROVED]
    if both := sorted(set(held).intersection(granted)):
        raise Refused(
            f"it was granted before, and that still stands: {', '.join(map(str, both))}",
            clause=TERMS[request.purpose].decided_under,
            hint=f"take it back first: callrec revoke {request.reference}; then decide again",
        )
