"""What people try with requests: made, decided, changed, ended without leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from callrec.policy.authority import (
    check_may_approve,
    check_may_break_glass,
    check_may_countersign,
    check_may_decide,
    check_may_deny_alone,
    check_may_request,
)
from callrec.policy.clock_events import Awaited
from callrec.policy.handling import (
    check_closing,
    check_is_awaited_proof,
    check_may_change,
    check_may_withdraw,
    check_waits_for_answer,
)
from callrec.policy.purpose import Purpose
from callrec.policy.request import (
    RequestAct,
    RequestState,
    check_can_happen,
    check_transition,
    grant_lapses_at,
    state_after,
)
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.restriction import check_not_restricted
from callrec.policy.rights.withholding import (
    Opinion,
    Searched,
    check_asked_for_whole,
    check_each_decided,
    check_ground,
    check_is_left_out,
    check_left_out,
    check_may_rest_on,
    check_none_stands_granted,
    check_not_held,
    check_nothing_came_in,
    check_refused_on,
)
from callrec.policy.role import Person, PersonId, Power, Role
from policy.builders import ANN, CAT, DAN, LONDON, REASON, TODAY, a_person, a_request, events

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)

DC, PARTNER, MANAGER = (
    a_person(Role.DATA_CONTROLLER),
    a_person(Role.PARTNER),
    a_person(Role.MANAGER),
)

STAFF, DELEGATE = a_person(), a_person(Role.PARTNER, lent=Power.DECIDE_RESERVED)

NO_LONGER = a_person(Role.PARTNER, lent=Power.DECIDE_RESERVED, until=YESTERDAY)


def decides(person: Person, purpose: Purpose = Purpose.COMPLAINT, **facts: Any) -> None:
    check_may_decide(person, a_request(purpose, **facts), on=TODAY)


def approves_discipline(consulted_on: date | None) -> None:
    request = a_request(Purpose.DISCIPLINARY)
    check_may_approve(DELEGATE, request, on=TODAY, consulted_on=consulted_on)


def countersigns(
    person: Person, *, decider: PersonId = CAT, grantee: PersonId = DAN, **facts: Any
) -> None:
    check_may_countersign(person, a_request(**facts), decider=decider, grantee=grantee, on=TODAY)


def denies_alone(person: Person, **facts: Any) -> None:
    check_may_deny_alone(person, a_request(Purpose.ERASURE, **facts), on=TODAY)


def breaks_the_glass(person: Person, reason: str | None) -> None:
    check_may_break_glass(person, a_request(Purpose.ERASURE), reason=reason, on=TODAY)


def uses_till(until: date) -> None:
    approved_at = datetime(2024, 1, 4, 12, tzinfo=UTC)
    grant_lapses_at(approved_at, 14, LONDON, until=until)


def withholds(
    withheld: Mapping[int, Ground], *, granted: tuple[int, ...] = (), purpose: Purpose
) -> None:
    check_each_decided(a_request(purpose), (1, 2), granted=granted, withheld=withheld)


def rests_on(
    ground: Ground,
    opinion: Opinion | None = None,
    *,
    purpose: Purpose = Purpose.SUBJECT_ACCESS,
    **further: str,
) -> None:
    check_may_rest_on({ground}, a_request(purpose), further, opinion, on=TODAY)


def says_not_held(*, is_described: bool = True, **searched: Any) -> None:
    check_not_held(a_request(Purpose.SUBJECT_ACCESS), Searched(is_described, **searched))


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    # Asking.
    "a disposal is asked for by hand": lambda: check_may_request(DC, Purpose.DISPOSAL, on=TODAY),
    # Deciding.
    "staff decide a complaint": lambda: decides(STAFF),
    "a manager decides an erasure": lambda: decides(MANAGER, Purpose.ERASURE),
    "a manager decides a subject access": lambda: decides(MANAGER, Purpose.SUBJECT_ACCESS),
    "a manager decides what the police ask for": lambda: decides(MANAGER, Purpose.OUTSIDE_BODY),
    "a manager decides about discipline": lambda: decides(MANAGER, Purpose.DISCIPLINARY),
    "a partner decides an erasure, which was lent to him till yesterday": lambda: decides(
        NO_LONGER, Purpose.ERASURE
    ),
    "a manager decides his own request": lambda: decides(MANAGER, requester=ANN),
    "a Data Controller decides an erasure that he changed": lambda: decides(
        DC, Purpose.ERASURE, changed_by=frozenset({ANN})
    ),
    "a manager decides what one of his name asked for, who has left": lambda: decides(
        MANAGER, namesakes=frozenset({ANN})
    ),
    "a manager decides a request about himself": lambda: decides(
        MANAGER, subjects=frozenset({ANN})
    ),
    "a delegate approves about discipline and has not consulted": lambda: approves_discipline(None),
    "a delegate consulted before there was a request": lambda: approves_discipline(YESTERDAY),
    "staff countersign": lambda: countersigns(STAFF),
    "whoever made the request countersigns": lambda: countersigns(MANAGER, requester=ANN),
    "whoever the request is about countersigns": lambda: countersigns(
        MANAGER, subjects=frozenset({ANN})
    ),
    "the person who decides countersigns": lambda: countersigns(MANAGER, decider=ANN),
    "whoever releases countersigns": lambda: countersigns(MANAGER, grantee=ANN),
    "a partner breaks the glass": lambda: breaks_the_glass(PARTNER, REASON),
    "a partner denies alone what he asked for": lambda: denies_alone(PARTNER, requester=ANN),
    "a Data Controller denies alone what somebody else asked for": lambda: denies_alone(DC),
    "a Data Controller denies alone what he asked for about himself": lambda: denies_alone(
        DC, requester=ANN, subjects=frozenset({ANN})
    ),
    "the glass is broken without a reason": lambda: breaks_the_glass(DC, None),
    "a grant is to last longer than the practice allows": lambda: uses_till(
        TODAY + timedelta(days=15)
    ),
    "a grant is to last until yesterday": lambda: uses_till(YESTERDAY),
    # Withholding.
    "a subject access is denied because of legal claims": lambda: check_ground(
        Ground.CLAIMS, Purpose.SUBJECT_ACCESS
    ),
    "a subject access is denied as nobody approves it": lambda: check_refused_on(
        None, a_request(Purpose.SUBJECT_ACCESS), [1]
    ),
    "a subject access of two recordings is denied as nothing is held": lambda: check_refused_on(
        Ground.NOT_HELD, a_request(Purpose.SUBJECT_ACCESS), [1, 2]
    ),
    "nothing is held, says somebody before anybody searched": says_not_held,
    "nothing is held, says somebody of what describes no call": lambda: says_not_held(
        is_described=False
    ),
    "nothing is held, says somebody who left some out": lambda: says_not_held(
        is_whole=True, left_out=frozenset({Ground.THIRD_PARTY, Ground.CRIME})
    ),
    "what is left out for third parties is denied as privileged": lambda: check_is_left_out(
        Ground.PRIVILEGE, a_request(Purpose.SUBJECT_ACCESS), {Ground.THIRD_PARTY}
    ),
    "nothing is held, says somebody of what another part asks for": lambda: says_not_held(
        is_whole=True, is_elsewhere=True
    ),
    "a recording is withheld as not held": lambda: withholds(
        {1: Ground.NOT_HELD}, purpose=Purpose.SUBJECT_ACCESS
    ),
    "an erasure is denied because of third parties": lambda: check_ground(
        Ground.THIRD_PARTY, Purpose.ERASURE
    ),
    "an erasure is denied without a ground": lambda: check_ground(None, Purpose.ERASURE),
    "a recording is granted and withheld": lambda: withholds(
        {1: Ground.CRIME}, granted=(1,), purpose=Purpose.SUBJECT_ACCESS
    ),
    "a recording of an erasure is left undecided": lambda: withholds(
        {1: Ground.CLAIMS}, purpose=Purpose.ERASURE
    ),
    "serious harm is the ground, and no opinion is given": lambda: rests_on(Ground.SERIOUS_HARM),
    "an opinion on serious harm is from tomorrow": lambda: rests_on(
        Ground.SERIOUS_HARM, Opinion("Dr Alice Jones", TOMORROW)
    ),
    "an opinion on serious harm is a year old": lambda: rests_on(
        Ground.SERIOUS_HARM, Opinion("Dr Alice Jones", date(2023, 1, 4))
    ),
    "an opinion is given of what is privileged": lambda: rests_on(
        Ground.PRIVILEGE, Opinion("Dr Alice Jones", TODAY)
    ),
    "a patient who asks in person is refused for their own expectations": lambda: rests_on(
        Ground.EXPECTATIONS, authority="none"
    ),
    "an executor is refused what does not matter for a claim": lambda: rests_on(
        Ground.NOT_RELEVANT, purpose=Purpose.DECEASED, standing="personal-representative"
    ),
    "a subject access asks for fewer recordings than match it": lambda: check_asked_for_whole(
        a_request(Purpose.SUBJECT_ACCESS), (3, 5), is_full=False
    ),
    "a full subject access leaves out others that match it": lambda: check_asked_for_whole(
        a_request(Purpose.SUBJECT_ACCESS), (3, 5), is_full=True
    ),
    "more of a subject access is granted once a part went out, and another call matches it": (
        lambda: check_asked_for_whole(
            a_request(Purpose.SUBJECT_ACCESS, state=RequestState.RELEASED), (3, 5), is_full=False
        )
    ),
    "a call is left out as nobody approved it": lambda: check_left_out(
        Ground.NOT_APPROVED, a_request(Purpose.SUBJECT_ACCESS), {}, on=TODAY
    ),
    "a call is left out for harm without an opinion": lambda: check_left_out(
        Ground.SERIOUS_HARM, a_request(Purpose.SUBJECT_ACCESS), {}, on=TODAY
    ),
    "a subject access is released though more that matches came in": lambda: check_nothing_came_in(
        a_request(Purpose.SUBJECT_ACCESS), is_matched=True, matched=1
    ),
    "what stands granted is withheld": lambda: check_none_stands_granted(
        a_request(Purpose.SUBJECT_ACCESS),
        {1: Ground.THIRD_PARTY, 2: Ground.NOT_APPROVED},
        (1, 2),
    ),
    "all that a subject access asks for is withheld": lambda: withholds(
        {1: Ground.CRIME, 2: Ground.PRIVILEGE}, purpose=Purpose.SUBJECT_ACCESS
    ),
    # Restricting.
    "a complaint asks to hear what is restricted": lambda: check_not_restricted(
        Purpose.COMPLAINT, {7: "R-20", 3: "R-21"}
    ),
    "a restriction is lifted without a word": lambda: check_closing(
        a_request(Purpose.RESTRICTION, state=RequestState.IN_EFFECT),
        "",
        was_delivered=False,
        was_told=False,
    ),
    "a subject access is closed and no letter was sent": lambda: check_closing(
        a_request(Purpose.SUBJECT_ACCESS, state=RequestState.RELEASED),
        "",
        was_delivered=True,
        was_told=False,
    ),
    "a subject access is closed and a recording is not decided": lambda: check_closing(
        a_request(Purpose.SUBJECT_ACCESS, state=RequestState.RELEASED),
        "",
        was_delivered=True,
        was_told=True,
        undecided=[4],
    ),
    "a subject access is closed and a recording was heard and did not go out": (
        lambda: check_closing(
            a_request(Purpose.SUBJECT_ACCESS, state=RequestState.RELEASED),
            "",
            was_delivered=True,
            was_told=True,
            unsent=[4],
        )
    ),
    "a correction is closed without a word": lambda: check_closing(
        a_request(Purpose.RECTIFICATION, state=RequestState.IN_EFFECT),
        "",
        was_delivered=False,
        was_told=False,
    ),
    # Changing and ending.
    "staff change somebody else's request": lambda: check_may_change(STAFF, a_request(), on=TODAY),
    "a manager withdraws somebody else's request": lambda: check_may_withdraw(MANAGER, a_request()),
    "an answer to what is approved is put right": lambda: check_is_awaited_proof(
        a_request(Purpose.SUBJECT_ACCESS, state=RequestState.APPROVED), Awaited.CLARIFICATION
    ),
    "a complaint is changed that was heard": lambda: check_waits_for_answer(
        a_request(state=RequestState.RELEASED)
    ),
    "a subject access that was only heard is closed": lambda: check_closing(
        a_request(Purpose.SUBJECT_ACCESS, state=RequestState.RELEASED),
        "",
        was_delivered=False,
        was_told=False,
    ),
    "a denied request is withdrawn": lambda: check_transition(
        RequestState.DENIED, RequestAct.WITHDRAWN, "R-17"
    ),
    "an unapproved request is released": lambda: check_transition(
        RequestState.SUBMITTED, RequestAct.PREPARED, "R-17"
    ),
    "an unapproved request is listened to": lambda: check_transition(
        RequestState.SUBMITTED, RequestAct.LISTENED, "R-17"
    ),
    "a withdrawn request is delivered": lambda: check_transition(
        RequestState.WITHDRAWN, RequestAct.DELIVERED, "R-17"
    ),
    "a request is denied that was heard and stands approved": lambda: check_can_happen(
        events(RequestAct.CREATED, RequestAct.APPROVED, RequestAct.LISTENED),
        RequestAct.DENIED,
        "R-17",
    ),
    "a request without history is read": lambda: state_after(()),
    "a request is read that was approved after it was denied": lambda: state_after(
        events(RequestAct.CREATED, RequestAct.DENIED, RequestAct.APPROVED)
    ),
}
