"""Who hears what was granted, and who releases it [policy 2, 4(a), 4(e)-(g)].

    4(a)      a grant is for one person                                     never_granted
    4(a)      and ends                                                      no_longer_granted
    4(h)-(i)  an erasure or a disposal is carried out, not heard            check_is_for_listening
    2, 4(g)   a disciplinary recording goes to the employee's manager       check_may_be_granted
    4(e)-(g)  nobody releases these after approving them alone              check_second_person
    4(e)      applicants prove who they are, and for whom they ask          check_identity_proven
    4(e)      recordings are checked for other people first                 check_third_parties
    4(e)      that takes a hearing of each, or a reason for each            check_each_heard
    4(e)-(f)  visitors who hear a recording are on record                   check_attended
    4(e)      a hearing among staff answers nobody                          answers_requester
    18(2)     what is restricted is not heard or released                   check_may_listen

`check_may_listen` and `check_may_release` combine these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Refused
from callrec.policy.authority import RequestFacts, check_in_force, check_may, hint_who_decides
from callrec.policy.clause import Clause, Law
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import UNDECIDED, RequestAct, has_lapsed
from callrec.policy.rights.restriction import check_not_restricted
from callrec.policy.role import LINE_MANAGERS, Person, PersonId, Power, powers_of
from callrec.policy.words import check_reason, in_words, some_of

APPROVAL_ENDED_BY: Final[Mapping[str, str]] = {
    RequestAct.AMENDED: "the request was changed after it was approved",
    RequestAct.GATHERED: "what matches was gathered again after it was approved",
    RequestAct.REVOKED: "the approval was revoked",
    RequestAct.GRANT_LAPSED: "the grant has lapsed",
    RequestAct.IN_EFFECT: "the request took effect",
    RequestAct.CARRIED_OUT: "the request was carried out",
    RequestAct.CLOSED: "the request is closed",
}
"""Acts that end every approval made before them."""

NOTHING_GRANTED: Final = "nothing is granted to you under this request"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFacts:
    """What the rules need to know of a grant."""

    to: PersonId
    lapses_at: datetime
    """UTC: the first instant at which it is over."""
    decided_by: frozenset[PersonId]
    """Those who signed the approval, including a countersigner."""
    broke_glass: bool = False
    recording: int = 0
    """Its number; 0 where that does not matter."""
    restricted_by: str = ""
    """The request that restricts the recording, ``R-20``; empty: none does."""
    is_edited_since: bool = False
    """It was approved later for somebody else, with other parts left out."""


def check_may_be_granted(
    person: Person,
    request: RequestFacts,
    *,
    on: date,
    managers: Mapping[PersonId, PersonId] = MappingProxyType({}),
) -> None:
    """A grantee needs the power to hear [policy 4(a)], and may learn of the request.

    A disciplinary recording is for the employee's manager only [policy 2 bullet 6]: whom the
    practice names, ``managers`` by whose they are; where it names none of theirs, any manager.
    """
    check_in_force(person)
    if Power.HEAR not in powers_of(person, on):
        raise Refused(
            f"who is to hear it may not {Power.HEAR.meaning}",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"approve it for somebody who may: callrec approve {request.reference} --for USER",
        )
    check_may_be_told(person, request)
    if not TERMS[request.purpose].goes_to_manager:
        return
    named = {managers[each] for each in request.subjects if each in managers}
    is_another_s = bool(named) and person.id not in named
    if person.role not in LINE_MANAGERS or person.id in request.subjects or is_another_s:
        raise Refused(
            "a disciplinary recording goes to the employee's manager only",
            clause=Clause.EMPLOYEE_CONDUCT,
            hint=f"approve it for that manager: callrec approve {request.reference} --for USER",
        )


def check_may_be_told(person: Person, request: RequestFacts) -> None:
    """Nobody from whom a request is kept hears it or signs it [DPA 2018 Sch 2 Pt 1 para 2]."""
    if person.id in request.hidden_from:
        raise Refused(
            "it is about them or a call that they took, and nothing says that they may be told",
            clause=Law.CRIME,
            hint="choose somebody else to hear it, and to sign beside you",
        )


def check_is_for_listening(request: RequestFacts) -> None:
    """Nobody hears what is to be erased or disposed of [policy 4(h), 4(i)]."""
    terms = TERMS[request.purpose]
    if not terms.is_heard:
        raise Refused(
            f"what is approved for {in_words(request.purpose)} is carried out, not heard or handed"
            " over",
            clause=terms.asked_under,
            hint="to hear it, ask for a purpose of its own: callrec request create",
        )


def check_may_hear(
    person: Person, request: RequestFacts, grant: GrantFacts, *, now: datetime
) -> None:
    """A grant is for one person, and ends [policy 4(a)]."""
    if person.id != grant.to:
        raise never_granted(request, is_to_others=True)
    if has_lapsed(grant.lapses_at, now):
        raise no_longer_granted(APPROVAL_ENDED_BY[RequestAct.GRANT_LAPSED], request.reference)


def never_granted(request: RequestFacts, *, is_to_others: bool) -> Refused:
    """The refusal to use what was never granted to a person who can read the request."""
    why = NOTHING_GRANTED
    hint = f"callrec request show {request.reference} says what happened"
    if is_to_others:
        why = "this was granted to somebody else"
        hint = f"callrec request show {request.reference} says to whom"
    elif request.state in UNDECIDED:
        why, hint = "nobody has decided this request yet", hint_who_decides(request)
    return Refused(why, clause=Clause.CONTROLLED_ACCESS, hint=hint)


def no_longer_granted(why: str, reference: str) -> Refused:
    """The refusal to use what is granted no more."""
    return Refused(
        why,
        clause=Clause.CONTROLLED_ACCESS,
        hint="ask the person who approved it to decide again; "
        f"callrec request show {reference} says what happened",
    )


def is_attended(purpose: Purpose, further: Mapping[str, str]) -> bool:
    """Whether visitors may be present at a hearing, so that it must be stated who came."""
    wants_a_copy = further.get(FurtherParticular.HEAR_OR_COPY) == "copy"
    return TERMS[purpose].is_attended and not wants_a_copy


def had_outside_listeners(attended: Iterable[str]) -> bool:
    """Whether anyone but staff is recorded as present, whatever was asked for."""
    return any(each.strip().casefold() != "nobody" for each in attended)


def answers_requester(
    purpose: Purpose, further: Mapping[str, str], attended: Iterable[str]
) -> bool:
    """Whether a hearing answers the applicant, rather than preparing the practice's answer.

    ``attended`` are the people recorded as present besides the person who played it.
    """
    return had_outside_listeners(attended) and is_attended(purpose, further)


def check_attended(
    request: RequestFacts, further: Mapping[str, str], attended: Collection[str]
) -> None:
    """Where visitors may be present, it must be stated who is, or that nobody is."""
    if is_attended(request.purpose, further) and not attended:
        raise Refused(
            "you have not said who else is listening",
            clause=TERMS[request.purpose].decided_under,
            hint="say who is there besides you, or nobody",
            option='--attended "the patient", or --attended nobody',
        )


def check_second_person(person: Person, request: RequestFacts, grant: GrantFacts) -> None:
    """Nobody releases alone what they approved alone [policy 4(e)-(g)].

    This holds for subject access, outside bodies and disciplinary processes. The glass may be
    broken.
    """
    terms = TERMS[request.purpose]
    if not terms.needs_second_person or grant.broke_glass:
        return
    if not grant.decided_by - {person.id}:
        raise Refused(
            f"the person who alone approved a request for {in_words(request.purpose)} does not"
            " release it",
            clause=terms.decided_under,
            hint=f"approve it for somebody else, or together:"
            f" callrec approve {request.reference} --for USER, or --countersign USER",
        )


def check_identity_proven(request: RequestFacts) -> None:
    """Applicants first prove who they are, and for whom they ask [policy 4(e)].

    Source: UK GDPR 12(6); Access to Health Records Act 1990 s.3(6).
    """
    if request.unproven:
        awaited = min(request.unproven)
        raise Refused(
            f"{awaited.meaning} has not come",
            clause=TERMS[request.purpose].decided_under,
            hint=f"when it has: callrec request event {request.reference} {awaited} --on DATE",
        )


def check_third_parties(request: RequestFacts) -> None:
    """Recordings are checked for other people before their subject gets them [policy 4(e)].

    Source: DPA 2018, Sch 2 Pt 3 para 16; UK GDPR 20(4); Access to Health Records Act 1990 s.5(1).
    """
    if TERMS[request.purpose].needs_third_party_check and not request.third_parties_checked:
        raise Refused(
            "nobody has checked these recordings for third parties",
            clause=TERMS[request.purpose].decided_under,
            hint="listen to them; a person who made or decides the request says what was found:"
            f" callrec request event {request.reference} third-parties --on today --reason TEXT",
        )


def check_each_heard(
    request: RequestFacts,
    recordings: Iterable[int],
    *,
    heard: Collection[int],
    not_heard: Mapping[int, str],
) -> None:
    """Who says what a recording tells of others has it heard, or says why not [policy 4(e)].

    By their numbers; ``not_heard`` has a reason for each that need not be heard.
    """
    left = [number for number in recordings if number not in {*heard, *not_heard}]
    if left:
        raise Refused(
            f"nobody has listened under {request.reference} to {some_of(left)}",
            clause=TERMS[request.purpose].decided_under,
            hint=f"listen first: callrec listen {request.reference} {left[0]}; or give a reason for"
            f" each: --not-heard {left[0]}=TEXT",
        )
    for reason in not_heard.values():
        check_reason(reason, TERMS[request.purpose].decided_under)


def check_may_listen(
    person: Person,
    request: RequestFacts,
    grant: GrantFacts,
    *,
    on: date,
    now: datetime,
    managers: Mapping[PersonId, PersonId] = MappingProxyType({}),
) -> None:
    """Every rule for hearing a grant, or looking at it; ``on`` is the day of ``now``.

    The rules for grantees apply again: the person may no longer be the employee's manager.
    """
    check_is_for_listening(request)
    check_may(person, Power.HEAR, on=on)
    check_may_be_granted(person, request, on=on, managers=managers)
    check_may_hear(person, request, grant, now=now)
    if grant.restricted_by:
        check_not_restricted(request.purpose, {grant.recording: grant.restricted_by})


def check_may_release(
    person: Person,
    request: RequestFacts,
    grant: GrantFacts,
    *,
    on: date,
    now: datetime,
    managers: Mapping[PersonId, PersonId] = MappingProxyType({}),
) -> None:
    """Every rule for releasing a grant; `on`, `now` and `managers` as for `check_may_listen`."""
    check_may_listen(person, request, grant, on=on, now=now, managers=managers)
    check_may_be_given(person, request, grant)


def check_may_be_given(person: Person, request: RequestFacts, grant: GrantFacts) -> None:
    """Every rule for letting someone from outside have or hear what was granted."""
    check_second_person(person, request, grant)
    check_identity_proven(request)
    check_third_parties(request)
    if grant.is_edited_since:
        raise Refused(
            f"what is left out of recording {grant.recording} was decided anew since",
            clause=Clause.CONTROLLED_ACCESS,
            hint="ask who decided it to approve it for you, too: callrec approve"
            f" {request.reference} --for LOGIN --recording {grant.recording}",
        )
