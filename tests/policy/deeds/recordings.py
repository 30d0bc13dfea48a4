"""What people try with recordings: searched, heard, let go without leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from callrec.policy.clock_events import Awaited
from callrec.policy.days import DayRange
from callrec.policy.hearing import (
    check_each_heard,
    check_identity_proven,
    check_is_for_listening,
    check_may_be_given,
    check_may_be_granted,
    check_may_hear,
    check_second_person,
    check_third_parties,
)
from callrec.policy.hold import (
    HoldAct,
    HoldFacts,
    HoldState,
    check_can_be_lifted,
    check_may_countersign_lifting,
    check_may_place_hold,
    check_may_read_hold,
    check_nothing_held,
    hold_after,
)
from callrec.policy.purpose import Purpose
from callrec.policy.role import Role
from callrec.policy.search import Criteria, check_not_browsing
from policy.builders import ANN, BEN, NOW, REASON, TODAY, a_grant, a_person, a_request

PARTNER, MANAGER, STAFF = a_person(Role.PARTNER), a_person(Role.MANAGER), a_person()


def searches(
    criteria: Criteria | None = None, *, reason: str | None = REASON, widest_window: int = 1
) -> None:
    asked = criteria or Criteria()
    check_not_browsing(asked, reason=reason, request=None, widest_window=widest_window)


def hears(**grant: Any) -> None:
    check_may_hear(STAFF, a_request(), a_grant(**grant), now=NOW)


def alone(purpose: Purpose) -> None:
    check_second_person(PARTNER, a_request(purpose), a_grant(decided_by=frozenset({ANN})))


def a_hold(state: HoldState = HoldState.PLACED, **facts: Any) -> HoldFacts:
    return HoldFacts(reference="H-3", state=state, **facts)


def by_request(purpose: Purpose) -> HoldFacts:
    return a_hold(request="R-17", purpose=purpose)


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    "somebody gives out whole what was silenced since for another": lambda: check_may_be_given(
        a_person(),
        a_request(Purpose.SUBJECT_ACCESS, third_parties_checked=True),
        a_grant(recording=3, is_edited_since=True),
    ),
    # Searching.
    "somebody searches without a reason": lambda: searches(Criteria(tail="0123"), reason=None),
    "somebody searches for withheld numbers without a request": lambda: searches(
        Criteria(withheld=True, days=DayRange(TODAY, TODAY))
    ),
    "somebody searches with a word for a reason": lambda: searches(
        Criteria(tail="0123"), reason="complaint"
    ),
    "somebody searches for nothing": searches,
    "somebody searches for nothing where three days may be looked through": lambda: searches(
        widest_window=3
    ),
    "somebody searches for part of a number, and not its last four": lambda: Criteria(tail="012"),
    "somebody searches for an initial": lambda: Criteria(party="S."),
    # Hearing and releasing.
    "an auditor is to hear a call": lambda: check_may_be_granted(
        a_person(Role.AUDITOR), a_request(), on=TODAY
    ),
    "staff are to hear what discipline is about": lambda: check_may_be_granted(
        STAFF, a_request(Purpose.DISCIPLINARY), on=TODAY
    ),
    "whom the police ask about is to hear the call": lambda: check_may_be_granted(
        STAFF, a_request(Purpose.OUTSIDE_BODY, kept_from=frozenset({STAFF.id})), on=TODAY
    ),
    "somebody hears what is to be erased": lambda: check_is_for_listening(
        a_request(Purpose.ERASURE)
    ),
    "somebody hears what is to be disposed of": lambda: check_is_for_listening(
        a_request(Purpose.DISPOSAL)
    ),
    "somebody hears what was granted to somebody else": lambda: hears(to=BEN),
    "somebody hears after the grant has lapsed": lambda: hears(lapses_at=NOW),
    "somebody releases a subject access that he alone approved": lambda: alone(
        Purpose.SUBJECT_ACCESS
    ),
    "somebody releases to the police what he alone approved": lambda: alone(Purpose.OUTSIDE_BODY),
    "somebody releases about discipline what he alone approved": lambda: alone(
        Purpose.DISCIPLINARY
    ),
    "a subject access is released, and nobody knows who asks": lambda: check_identity_proven(
        a_request(Purpose.SUBJECT_ACCESS, unproven=frozenset({Awaited.IDENTITY}))
    ),
    "a subject access is released, and nobody thought of other people": lambda: check_third_parties(
        a_request(Purpose.SUBJECT_ACCESS)
    ),
    "nobody listened to what is said to be checked": lambda: check_each_heard(
        a_request(Purpose.SUBJECT_ACCESS), (1, 3), heard=(), not_heard={}
    ),
    # Holding.
    "staff place a hold": lambda: check_may_place_hold(STAFF, on=TODAY),
    "staff read why a hold was placed": lambda: check_may_read_hold(STAFF, on=TODAY),
    "staff countersign the end of a hold": lambda: check_may_countersign_lifting(
        STAFF, lifter=BEN, on=TODAY
    ),
    "whoever lifts a hold countersigns that": lambda: check_may_countersign_lifting(
        MANAGER, lifter=ANN, on=TODAY
    ),
    "a hold is lifted twice": lambda: check_can_be_lifted(a_hold(HoldState.LIFTED)),
    "a claim's hold is lifted by hand": lambda: check_can_be_lifted(
        by_request(Purpose.MEDICO_LEGAL)
    ),
    "a subject access's hold is lifted by hand": lambda: check_can_be_lifted(
        by_request(Purpose.SUBJECT_ACCESS)
    ),
    "a recording is destroyed that a claim holds": lambda: check_nothing_held(
        [by_request(Purpose.MEDICO_LEGAL)]
    ),
    "a recording is destroyed that a subject access holds": lambda: check_nothing_held(
        [by_request(Purpose.SUBJECT_ACCESS)]
    ),
    "a hold is read that was never placed": lambda: hold_after([], by_request=True),
    "a hold is read that was lifted twice": lambda: hold_after(
        [HoldAct.PLACED, HoldAct.LIFTED, HoldAct.LIFTED], by_request=True
    ),
}
