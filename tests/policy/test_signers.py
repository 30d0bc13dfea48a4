"""The people who sign an approval, together [policy 4(a), 4(b), 4(g)]."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callrec.errors import Refused
from callrec.policy.authority import check_signers
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.policy.role import Person, Power, Role
from policy.builders import ANN, BEN, CAT, REASON, TODAY, a_person, a_request

DC, MANAGER = a_person(Role.DATA_CONTROLLER), a_person(Role.MANAGER)

PARTNER = a_person(Role.PARTNER, lent=Power.DECIDE_RESERVED)

DELEGATE = Person(ANN, Role.DATA_CONTROLLER, frozenset(), PARTNER.delegations)
"""Of the role, and with no power but one that is lent."""

SECOND = a_person(Role.MANAGER, id=CAT)

LENT_SECOND = a_person(id=CAT, lent=Power.DECIDE_GENERAL)

ALONE = {"glass_reason": REASON}

DISCIPLINARY, ACCESS = a_request(Purpose.DISCIPLINARY), a_request(Purpose.SUBJECT_ACCESS)

OWN = a_request(requester=ANN)


def check(**said: Any) -> None:
    to_ben: dict[str, Any] = {
        "request": a_request(),
        "decider": MANAGER,
        "countersigner": None,
        "to": BEN,
    }
    on_day: dict[str, Any] = {"on": TODAY, "consulted_on": None, "glass_reason": None}
    check_signers(**{**to_ben, **on_day, **said})


SIGNED: dict[str, dict[str, Any]] = {
    "one who decides it": {},
    "one who decides it until today": {"request": ACCESS, "decider": PARTNER},
    "a delegate who asked first": {
        "request": DISCIPLINARY,
        "decider": PARTNER,
        "consulted_on": TODAY,
    },
    "two": {"countersigner": SECOND},
    "a second until today": {"countersigner": LENT_SECOND},
    "the Data Controller alone, what they asked for": {"request": OWN, "decider": DC, **ALONE},
    "the Data Controller alone, who decides until today": {
        "request": ACCESS,
        "decider": DELEGATE,
        **ALONE,
    },
    "the Data Controller alone, and a second": {
        "request": OWN,
        "decider": DC,
        "countersigner": SECOND,
        **ALONE,
    },
}


@pytest.mark.parametrize("said", SIGNED.values(), ids=SIGNED)
def test_an_approval_is_signed_by(said: dict[str, Any]) -> None:
    check(**said)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "one who asked for it": ({"request": OWN}, "request that you made"),
    "a delegate who asked nobody": (
        {"request": DISCIPLINARY, "decider": PARTNER},
        "is consulted before",
    ),
    "one who decides it no more": (
        {"request": ACCESS, "decider": PARTNER, "on": TODAY + timedelta(days=1)},
        "has ended",
    ),
    "a second who decides nothing": ({"countersigner": a_person(id=CAT)}, "may not countersign"),
    "a second who is the first": ({"countersigner": MANAGER}, "do not countersign"),
    "a second who gets it": ({"countersigner": SECOND, "to": CAT}, "do not countersign"),
    "one alone who is not the Data Controller": (ALONE, "only the Data Controller breaks"),
    "the Data Controller alone, for a word": (
        {"decider": DC, "glass_reason": "alone"},
        "not a sentence",
    ),
    "the Data Controller alone, for nothing": (
        {"decider": DC, "glass_reason": ""},
        "no reason is given",
    ),
    "the Data Controller alone, and the second who gets it": (
        {"decider": DC, "countersigner": SECOND, "to": CAT, **ALONE},
        "do not countersign",
    ),
}


@pytest.mark.parametrize(("said", "why"), REFUSED.values(), ids=REFUSED)
def test_an_approval_is_not_signed_by(said: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        check(**said)


@pytest.mark.parametrize("state", [RequestState.SUBMITTED, RequestState.APPROVED])
def test_who_may_sign_alone_is_told_whatever_was_granted_before(state: RequestState) -> None:
    with pytest.raises(Refused) as refused:
        check(request=a_request(Purpose.SUBJECT_ACCESS, state=state), decider=PARTNER, **ALONE)
    assert refused.value.hint == "ask the Data Controller to run callrec approve R-17"


ANOTHER: dict[str, tuple[Purpose, Person, str]] = {
    "what a partner decides": (
        *(Purpose.COMPLAINT, DC),
        "ask another partner, manager or Data Controller to run callrec approve R-17",
    ),
    "what was lent to decide": (
        *(Purpose.SUBJECT_ACCESS, PARTNER),
        "ask another Data Controller to run callrec approve R-17",
    ),
    "what the Data Controller decides": (
        *(Purpose.SUBJECT_ACCESS, DC),
        "lend it to somebody: callrec user delegate USER --power decide-reserved --until DATE",
    ),
}


@pytest.mark.parametrize(("purpose", "maker", "hint"), ANOTHER.values(), ids=ANOTHER)
def test_another_person_is_asked_to_sign_what_somebody_made(
    purpose: Purpose, maker: Person, hint: str
) -> None:
    with pytest.raises(Refused) as refused:
        check(request=a_request(purpose, requester=ANN), decider=maker, consulted_on=TODAY)
    assert refused.value.hint == hint
