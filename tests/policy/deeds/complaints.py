"""What people try with complaints about personal data, as they may not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from callrec.policy.rights.complaint import (
    ComplaintAct,
    ComplaintFacts,
    ComplaintState,
    check_account,
    check_day,
    check_may_add,
    check_may_answer,
    check_may_enter,
    check_may_read,
    state_after,
)
from callrec.policy.role import Role
from policy.builders import BEN, TODAY, a_person

STAFF, DC = a_person(), a_person(Role.DATA_CONTROLLER)


def a_complaint(**facts: Any) -> ComplaintFacts:
    said = {"reference": "C-3", "state": ComplaintState.RECEIVED, "entered_by": BEN, **facts}
    return ComplaintFacts(**said)


def acknowledges(**facts: Any) -> None:
    check_may_add(DC, a_complaint(**facts), ComplaintAct.ACKNOWLEDGED, on=TODAY)


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    "an intake service enters a complaint": lambda: check_may_enter(a_person(Role.INTAKE)),
    "what is complained of is told in a word": lambda: check_account("privacy"),
    "a complaint comes tomorrow": lambda: check_day(TODAY + timedelta(days=1), today=TODAY),
    "a complaint comes before the UK GDPR": lambda: check_day(date(2017, 12, 31), today=TODAY),
    "a complaint is acknowledged before it came": lambda: check_day(
        TODAY - timedelta(days=1), today=TODAY, since=TODAY
    ),
    "staff read somebody else's complaint": lambda: check_may_read(STAFF, a_complaint(), on=TODAY),
    "staff add to somebody else's complaint": lambda: check_may_add(
        STAFF, a_complaint(), ComplaintAct.PROGRESSED, on=TODAY
    ),
    "a complaint is acknowledged twice": lambda: acknowledges(state=ComplaintState.ACKNOWLEDGED),
    "a closed complaint is acknowledged": lambda: acknowledges(state=ComplaintState.CLOSED),
    "staff answer the complaint that they entered": lambda: check_may_answer(
        a_person(id=BEN), a_complaint(), on=TODAY
    ),
    "a complaint is read that nobody entered": lambda: state_after(()),
}
