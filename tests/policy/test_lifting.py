"""Who lifts what restricts, as they close its request [policy 4(b)]."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.errors import Refused
from callrec.policy.authority import RequestFacts, check_may_lift
from callrec.policy.handling import check_closing, check_may_close
from callrec.policy.purpose import RESTRICTING, Purpose
from callrec.policy.request import RequestState
from callrec.policy.role import Person, Power, Role
from policy.builders import ANN, REASON, TODAY, a_person, a_request

DC, DELEGATE = a_person(Role.DATA_CONTROLLER), a_person(Role.PARTNER, lent=Power.DECIDE_RESERVED)


def in_effect(purpose: Purpose = Purpose.RESTRICTION, **facts: Any) -> RequestFacts:
    return a_request(purpose, state=RequestState.IN_EFFECT, **facts)


OWN, ABOUT = {"requester": ANN}, {"subjects": frozenset({ANN})}

ASK = "ask the Data Controller to run callrec request close R-17"

ASK_ANOTHER = "ask another Data Controller to run callrec request close R-17 --reason TEXT"

LEND = "lend it to somebody: callrec user delegate USER --power decide-reserved --until DATE"

REFUSED: dict[str, tuple[Person, dict[str, Any], str, str]] = {
    "who does not decide it": (
        *(a_person(Role.MANAGER), {}),
        "the role manager may not decide a request for restriction [policy 4(a)]",
        ASK,
    ),
    "who made it, and does not decide it": (
        *(a_person(Role.MANAGER), OWN),
        "the role manager may not decide a request for restriction [policy 4(a)]",
        ASK,
    ),
    "a delegate who made it": (
        *(DELEGATE, OWN),
        "you cannot lift the restriction of a request that you made or changed [policy 4(b)]",
        ASK_ANOTHER,
    ),
    "a delegate whom it is about": (
        *(DELEGATE, ABOUT),
        "you cannot lift the restriction of a request about yourself [policy 4(b)]",
        ASK_ANOTHER,
    ),
    "a Data Controller who made it": (
        *(DC, OWN),
        "you cannot lift the restriction of a request that you made or changed [policy 4(b)]",
        LEND,
    ),
    "a Data Controller whom it is about": (
        *(DC, ABOUT),
        "you cannot lift the restriction of a request about yourself [policy 4(b)]",
        LEND,
    ),
}


@pytest.mark.parametrize(("person", "facts", "message", "hint"), REFUSED.values(), ids=REFUSED)
def test_it_is_not_lifted_by(
    person: Person, facts: dict[str, Any], message: str, hint: str
) -> None:
    for check in (check_may_lift, check_may_close):
        with pytest.raises(Refused) as refused:
            check(person, in_effect(**facts), on=TODAY)
        assert (refused.value.message, refused.value.hint) == (message, hint)


@pytest.mark.parametrize("person", [DC, DELEGATE], ids=["the Data Controller", "their delegate"])
@pytest.mark.parametrize("purpose", RESTRICTING)
def test_others_who_decide_it_lift_it(person: Person, purpose: Purpose) -> None:
    check_may_close(person, in_effect(purpose), on=TODAY)


def test_its_maker_closes_what_never_restricted_or_does_not_yet() -> None:
    maker = a_person(Role.STAFF)
    check_may_close(maker, in_effect(Purpose.RECTIFICATION, requester=ANN), on=TODAY)
    check_may_close(maker, a_request(Purpose.RESTRICTION, requester=ANN), on=TODAY)


def test_its_person_is_told_before_or_a_reason_says_how() -> None:
    check_closing(in_effect(), "", was_delivered=False, was_told=True)
    check_closing(in_effect(), REASON, was_delivered=False, was_told=False)
