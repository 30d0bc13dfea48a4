from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from callrec.errors import Refused, Tampered
from callrec.policy.clause import Clause, Law
from callrec.policy.days import DayRange, TimeRange
from callrec.policy.hold import (
    LIFTING_ACTS,
    HoldAct,
    HoldFacts,
    HoldState,
    check_can_be_lifted,
    check_may_countersign_lifting,
    check_may_lift_hold,
    check_may_place_hold,
    check_may_read_hold,
    check_nothing_held,
    hold_after,
    next_state,
    stated_call_times,
)
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.purpose import Purpose
from callrec.policy.request import ENDED_STATES, RequestAct, RequestState, state_after
from callrec.policy.role import Power, Role, Standing
from callrec.policy.search import Criteria
from callrec.policy.words import in_words
from house.particulars import particulars as written
from policy.builders import ANN, BEN, TODAY, a_person, events

BY_HAND = HoldFacts(reference="H-3", state=HoldState.PLACED)

OF_A_CLAIM = HoldFacts(
    reference="H-4", state=HoldState.PLACED, request="R-17", purpose=Purpose.MEDICO_LEGAL
)

OF_A_SUBJECT = HoldFacts(
    reference="H-5", state=HoldState.UNMATCHED, request="R-18", purpose=Purpose.SUBJECT_ACCESS
)

LIFTED = HoldFacts(reference="H-6", state=HoldState.LIFTED)

MAY_PLACE = {Role.MANAGER, Role.PARTNER, Role.DATA_CONTROLLER}

DECIDING = [Power.DECIDE_GENERAL, Power.DECIDE_RESERVED]

YESTERDAY = TODAY - timedelta(days=1)


def particulars(**known: object) -> Particulars:
    said = {"day": UNKNOWN, "times": UNKNOWN, "extension": UNKNOWN, "number": UNKNOWN, **known}
    return written(reason="", parties=UNKNOWN, about="", **said)


# --- what may be destroyed


def test_what_is_held_is_not_destroyed() -> None:
    with pytest.raises(Refused, match=r"held by H-3 .* \[policy 4\(h\)\]") as refusal:
        check_nothing_held([BY_HAND])
    assert refusal.value.clause is Clause.ENCRYPTED_AND_ARCHIVED
    assert refusal.value.hint == "see what holds it: callrec hold show H-3"


def test_destroying_what_a_subject_asked_for_would_be_an_offence() -> None:
    with pytest.raises(Refused, match=r"held by H-5 .* \[DPA 2018 s\.173\]") as refusal:
        check_nothing_held([BY_HAND, OF_A_CLAIM, OF_A_SUBJECT])
    assert refusal.value.clause is Law.PREVENTING_DISCLOSURE


def test_a_refusal_which_others_read_does_not_name_the_hold_of_an_outside_body() -> None:
    of_the_police = HoldFacts(
        reference="H-7", state=HoldState.PLACED, request="R-19", purpose=Purpose.OUTSIDE_BODY
    )
    with pytest.raises(Refused, match=r"^a recording is held and is not destroyed \[") as refusal:
        check_nothing_held([of_the_police])
    assert refusal.value.hint == "callrec hold list"
    with pytest.raises(Refused, match="held by H-3"):
        check_nothing_held([of_the_police, BY_HAND])


@pytest.mark.parametrize("state", sorted(set(HoldState) - {HoldState.LIFTED}))
def test_a_hold_that_is_not_lifted_holds(state: HoldState) -> None:
    with pytest.raises(Refused):
        check_nothing_held([HoldFacts(reference="H-1", state=state)])


def test_a_lifted_hold_holds_nothing() -> None:
    check_nothing_held([LIFTED])
    check_nothing_held([])


def test_the_first_of_several_holds_is_named() -> None:
    with pytest.raises(Refused, match="H-4"):
        check_nothing_held([LIFTED, OF_A_CLAIM, BY_HAND])


# --- who


@pytest.mark.parametrize("role", sorted(MAY_PLACE))
def test_whoever_may_search_or_decides_places_a_hold(role: Role) -> None:
    check_may_place_hold(a_person(role), on=TODAY)


@pytest.mark.parametrize("role", sorted(set(Role) - MAY_PLACE))
def test_nobody_else_places_a_hold(role: Role) -> None:
    with pytest.raises(Refused, match=f"the role {in_words(role)} may not place a hold") as refusal:
        check_may_place_hold(a_person(role), on=TODAY)
    assert refusal.value.clause is Clause.ENCRYPTED_AND_ARCHIVED
    assert refusal.value.hint == "ask a manager, a partner or the Data Controller"


@pytest.mark.parametrize("role", sorted(Role))
def test_whoever_may_place_a_hold_may_read_why_one_was_placed(role: Role) -> None:
    if role in MAY_PLACE:
        check_may_read_hold(a_person(role), on=TODAY)
        return
    with pytest.raises(
        Refused, match=f"the role {in_words(role)} may not read why a hold was placed"
    ):
        check_may_read_hold(a_person(role), on=TODAY)


@pytest.mark.parametrize("power", [Power.SEARCH, *DECIDING])
def test_either_power_is_enough_and_may_be_lent(power: Power) -> None:
    check_may_place_hold(a_person(Role.STAFF, lent=power), on=TODAY)
    with pytest.raises(Refused):
        check_may_place_hold(a_person(Role.STAFF, lent=power, until=YESTERDAY), on=TODAY)


@pytest.mark.parametrize("power", sorted(set(Power) - {Power.SEARCH, *DECIDING}))
def test_no_other_power_places_a_hold_or_countersigns(power: Power) -> None:
    lent = a_person(Role.INTAKE, lent=power)
    with pytest.raises(Refused, match="may not place a hold"):
        check_may_place_hold(lent, on=TODAY)
    with pytest.raises(Refused, match="may not countersign"):
        check_may_countersign_lifting(lent, lifter=BEN, on=TODAY)


def test_the_data_controller_lifts_a_hold() -> None:
    check_may_lift_hold(a_person(Role.DATA_CONTROLLER), on=TODAY)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DATA_CONTROLLER}))
def test_nobody_else_lifts_a_hold_unless_that_was_lent_to_him(role: Role) -> None:
    check_may_lift_hold(a_person(role, lent=Power.GOVERN), on=TODAY)
    with pytest.raises(
        Refused, match=f"the role {in_words(role)} may not manage people, holds and keys"
    ):
        check_may_lift_hold(a_person(role), on=TODAY)
    with pytest.raises(Refused):
        check_may_lift_hold(a_person(role, lent=Power.GOVERN, until=YESTERDAY), on=TODAY)


@pytest.mark.parametrize("role", sorted(MAY_PLACE))
def test_a_manager_at_the_least_countersigns_a_lifting(role: Role) -> None:
    check_may_countersign_lifting(a_person(role), lifter=BEN, on=TODAY)


@pytest.mark.parametrize("power", DECIDING)
def test_who_was_lent_to_decide_countersigns_a_lifting(power: Power) -> None:
    check_may_countersign_lifting(a_person(lent=power), lifter=BEN, on=TODAY)


@pytest.mark.parametrize("role", sorted(set(Role) - MAY_PLACE))
def test_nobody_else_countersigns_a_lifting(role: Role) -> None:
    with pytest.raises(Refused, match=f"the role {in_words(role)} may not countersign") as refusal:
        check_may_countersign_lifting(a_person(role), lifter=BEN, on=TODAY)
    assert refusal.value.clause is Clause.ENCRYPTED_AND_ARCHIVED
    assert refusal.value.hint == (
        "ask a manager, a partner or the Data Controller: --countersign USER"
    )


def test_searching_is_not_enough_to_countersign() -> None:
    with pytest.raises(Refused):
        check_may_countersign_lifting(a_person(lent=Power.SEARCH), lifter=BEN, on=TODAY)


def test_a_hold_is_lifted_by_two_people() -> None:
    with pytest.raises(Refused, match="a hold is lifted by two people") as refusal:
        check_may_countersign_lifting(a_person(Role.DATA_CONTROLLER), lifter=ANN, on=TODAY)
    assert refusal.value.clause is Clause.ENCRYPTED_AND_ARCHIVED
    assert refusal.value.hint == "ask somebody else to countersign: --countersign USER"


def test_whoever_is_disabled_places_nothing_and_lifts_nothing() -> None:
    gone = a_person(Role.DATA_CONTROLLER, standing=Standing.DISABLED)
    with pytest.raises(Refused, match="disabled"):
        check_may_place_hold(gone, on=TODAY)
    with pytest.raises(Refused, match="disabled"):
        check_may_lift_hold(gone, on=TODAY)
    with pytest.raises(Refused, match="disabled"):
        check_may_countersign_lifting(gone, lifter=BEN, on=TODAY)


# --- which can be lifted


def test_a_hold_placed_by_hand_can_be_lifted() -> None:
    check_can_be_lifted(BY_HAND)


def test_a_lifted_hold_is_not_lifted_again() -> None:
    with pytest.raises(Refused, match="lifted already") as refusal:
        check_can_be_lifted(LIFTED)
    assert refusal.value.clause is Clause.ENCRYPTED_AND_ARCHIVED
    assert refusal.value.hint == "callrec hold list"


def test_a_request_s_hold_is_lifted_by_no_hand() -> None:
    with pytest.raises(Refused, match=r"when request R-17 ends \[policy 4\(h\)\]") as refusal:
        check_can_be_lifted(OF_A_CLAIM)
    assert refusal.value.hint == "see what is left to do: callrec request show R-17"
    with pytest.raises(Refused, match=r"\[DPA 2018 s\.173\]"):
        check_can_be_lifted(OF_A_SUBJECT)


def test_whatever_ends_a_request_lifts_its_hold_and_nothing_else_does() -> None:
    before = {
        RequestAct.CLOSED: (RequestAct.CREATED, RequestAct.APPROVED, RequestAct.LISTENED),
    }
    ending = set()
    for act in RequestAct:
        for first in ((RequestAct.CREATED,), before[RequestAct.CLOSED]):
            try:
                state = state_after(events(*first, act))
            except Tampered:
                continue
            ending |= {act} if state in ENDED_STATES else set()
    assert ending == LIFTING_ACTS
    assert RequestState.RELEASED not in ENDED_STATES


# --- what it covers


def test_a_hold_placed_by_hand_covers_what_it_names() -> None:
    assert hold_after([HoldAct.PLACED], by_request=False) is HoldState.PLACED


def test_a_request_s_hold_waits_for_somebody_who_may_search() -> None:
    acts = [HoldAct.PLACED, HoldAct.COVERS]
    assert hold_after(acts, by_request=True) is HoldState.UNMATCHED
    assert hold_after([*acts, HoldAct.MATCHED], by_request=True) is HoldState.PLACED


def test_what_describes_no_call_holds_everything_until_what_it_asks_for_is_matched() -> None:
    acts = [HoldAct.PLACED, HoldAct.EVERYTHING]
    assert hold_after(acts, by_request=True) is HoldState.EVERYTHING
    with pytest.raises(Tampered):
        hold_after([*acts, HoldAct.MATCHED], by_request=True)
    acts = [*acts, HoldAct.COVERS]
    assert hold_after(acts, by_request=True) is HoldState.UNMATCHED
    assert hold_after([*acts, HoldAct.MATCHED], by_request=True) is HoldState.PLACED


@pytest.mark.parametrize(
    "acts",
    [[], [HoldAct.EVERYTHING], [HoldAct.MATCHED], [HoldAct.MATCHED, HoldAct.COVERS]],
    ids=str,
)
def test_a_request_that_says_something_else_is_matched_again(acts: list[HoldAct]) -> None:
    changed = [HoldAct.PLACED, *acts, HoldAct.UNMATCHED]
    assert hold_after(changed, by_request=True) is HoldState.UNMATCHED


@pytest.mark.parametrize(
    "acts",
    [
        [HoldAct.PLACED],
        [HoldAct.PLACED, HoldAct.EVERYTHING],
        [HoldAct.PLACED, HoldAct.MATCHED, HoldAct.MATCHED, HoldAct.COVERS],
    ],
    ids=str,
)
def test_a_hold_can_be_lifted_wherever_it_stands_and_nothing_follows(acts: list[HoldAct]) -> None:
    lifted = [*acts, HoldAct.LIFTED]
    assert hold_after(lifted, by_request=True) is HoldState.LIFTED
    for act in HoldAct:
        with pytest.raises(Tampered, match=f"a hold's history has {act} where it cannot be"):
            hold_after([*lifted, act], by_request=True)


# One row an act, one column a state; a dash: it cannot happen there.
STEPS = """
                      unmatched  everything placed     lifted
    hold.placed       -          -          -          -
    hold.everything   everything -          -          -
    hold.covers       unmatched  unmatched  placed     -
    hold.matched      placed     -          placed     -
    hold.unmatched    unmatched  unmatched  unmatched  -
    hold.lifted       lifted     lifted     lifted     -
"""

COLUMNS, *ROWS = (line.split() for line in STEPS.strip().splitlines())

NEXT = {
    (HoldState(state), HoldAct(act)): None if target == "-" else HoldState(target)
    for act, *targets in ROWS
    for state, target in zip(COLUMNS, targets, strict=True)
}


def test_the_table_of_steps_is_whole() -> None:
    assert [act for act, *_ in ROWS] == list(HoldAct)
    assert list(HoldState) == COLUMNS


@pytest.mark.parametrize(("state", "act"), NEXT, ids=str)
def test_a_hold_moves_as_the_table_of_steps_says(state: HoldState, act: HoldAct) -> None:
    target = NEXT[state, act]
    if target is None:
        with pytest.raises(Tampered, match=f"^a hold's history has {act} where it cannot be$"):
            next_state(state, act)
    else:
        assert next_state(state, act) is target


@pytest.mark.parametrize("first", sorted(set(HoldAct) - {HoldAct.PLACED}))
def test_a_hold_begins_by_being_placed(first: HoldAct) -> None:
    with pytest.raises(Tampered, match="a hold's history does not begin with its being placed"):
        hold_after([first], by_request=True)


def test_a_hold_without_history_was_placed_by_nobody() -> None:
    with pytest.raises(Tampered, match="does not begin"):
        hold_after([], by_request=True)


def test_a_request_tells_of_a_day_and_of_times_on_it() -> None:
    day, times = date(2024, 7, 4), TimeRange(time(14), time(15))
    of_the_day = Criteria(days=DayRange(day, day))
    assert stated_call_times(particulars(day=day, number="+447700900123")) == (of_the_day,)
    assert stated_call_times(particulars(day=day, times=times)) == (
        Criteria(days=DayRange(day, day), times=times),
    )


def test_without_a_day_a_request_tells_of_no_time() -> None:
    times = TimeRange(time(14), time(15))
    assert (
        stated_call_times(particulars(times=times))
        == stated_call_times(particulars())
        == (Criteria(),)
    )
