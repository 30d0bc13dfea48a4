"""All that matches is found, and signed for with what is left out [policy 4(d); UK GDPR 15(1A)]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callrec.errors import CallrecError, NotFound, Refused, Tampered, Unusable
from callrec.office.inbox import InboxAction, read_inbox
from callrec.policy.days import DayRange
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.rights.grounds import Ground
from callrec.practice import signing
from callrec.record.versions import fresh_nonces
from callrec.requests.amend import (
    amend_particulars,
    attach_recordings,
    detach_recordings,
    write_version,
)
from callrec.requests.decide import deny_request
from callrec.requests.gather import Gathered, gather_recordings
from callrec.requests.show import ShownGathering, show_request
from house.calls import a_call, take_in
from house.holds import ANN, BOB, FIFTH, FOURTH, ask, held, verified, with_two_callers
from house.particulars import answers
from house.practices import House
from house.requests import (
    approve,
    by_sql,
    further_of,
    last_leaf,
    logged_in,
    opened,
    refused,
    rows,
    signed_in,
    state_of,
)

ACCESS = Purpose.SUBJECT_ACCESS

HERS = {1: Ground.NOT_RELEVANT}


@pytest.fixture
def callers(house: House) -> House:
    """Calls 1 and 2 are Ann's, 3 and 4 Bob's."""
    return with_two_callers(house)


def gather(
    house: House,
    reference: str = "R-1",
    login: str = "max",
    leave_out: Mapping[int, Ground] | None = None,
) -> Gathered:
    actor = logged_in(house, login)
    return gather_recordings(house.practice, actor, reference, leave_out=leave_out or {})


def numbers(house: House, reference: str = "R-1") -> list[int]:
    return [row.id for row in opened(house, reference).recordings]


def shown(house: House, login: str = "dora") -> ShownGathering | None:
    return show_request(house.practice, signed_in(house, login), "R-1").gathering


def decide(house: House, **decision: Any) -> tuple[int, ...]:
    return approve(house, "R-1", "dora", second=signed_in(house, "pat"), **decision).recordings


def test_any_of_the_numbers_will_do(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN, BOB))
    found = gather(callers)
    assert [call.id for call in found.found] == numbers(callers) == [4, 2, 3, 1]
    assert found.added == {1, 2, 3, 4}
    assert decide(callers) == (4, 2, 3, 1)


def test_one_entry_signs_for_what_was_found_asked_for_and_left_out(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN, BOB))
    before = last_leaf(callers).seq
    gather(callers, leave_out=HERS)
    later = opened(callers, "R-1").history.leaves
    assert [leaf.act for leaf in later if leaf.seq > before] == ["request.gathered"]
    assert last_leaf(callers).subject[0] == opened(callers, "R-1").id
    assert len(last_leaf(callers).subject) == 4
    gathered = shown(callers)
    assert gathered is not None
    assert (gathered.by, gathered.found, gathered.attached) == ("max", 4, 3)
    assert (gathered.left_out, gathered.since) == (((1, "not-relevant"),), 0)
    assert decide(callers) == (4, 2, 3)
    assert not verified(callers).problems


def test_it_is_in_the_log_before_a_call_is_opened(callers: House) -> None:
    ask(callers, "max", purpose=ACCESS, numbers=(ANN,))
    by_sql(callers, "UPDATE metadata SET sealed = x'00'")
    with pytest.raises(Tampered):
        gather(callers)
    assert "request.gathering" in acts(callers)[-2:]


def acts(house: House) -> list[str]:
    bodies = rows(house, "SELECT body FROM leaf ORDER BY seq")
    return [json.loads(bytes(row.body))["act"] for row in bodies]


def test_who_decides_it_may_gather_and_still_decides(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers, login="dora", leave_out=HERS)
    assert decide(callers) == (2,)


@pytest.mark.parametrize("login", ["sam", "ava"])
def test_who_may_not_search_does_not_browse_by_gathering(callers: House, login: str) -> None:
    ask(callers, login, purpose=ACCESS, numbers=(ANN,))
    with pytest.raises(Refused, match="may not search") as refusal:
        gather(callers, login=login)
    assert refusal.value.clause is not None
    assert refused(callers)
    assert numbers(callers) == []


def test_nobody_gathers_for_a_request_about_themselves(callers: House) -> None:
    abouts: list[dict[str, Any]] = [
        {"further": further_of(ACCESS, subject="Pat Ellison")},
        {"names": ("Ellison, Pat",)},
    ]
    for number, about in enumerate(abouts, 1):
        ask(callers, purpose=ACCESS, numbers=(ANN,), **about)
        with pytest.raises(Refused, match="about yourself"):
            gather(callers, f"R-{number}", login="pat")


def test_what_says_nothing_is_not_gathered(callers: House) -> None:
    ask(callers, purpose=ACCESS)
    with pytest.raises(Unusable, match="says nothing by which"):
        gather(callers)


WRONG: dict[str, tuple[dict[int, Ground], type[CallrecError], str]] = {
    "what was not found": ({3: Ground.NOT_RELEVANT}, NotFound, "does not match"),
    "as nobody approved it": ({1: Ground.NOT_APPROVED}, Refused, "no ground to leave out"),
    "as damaged": ({1: Ground.DAMAGED}, Refused, "no ground to leave out"),
    "as if it were not held": ({1: Ground.NOT_HELD}, Refused, "no ground to leave out"),
    "as a health professional says": ({1: Ground.SERIOUS_HARM}, Refused, "no ground to leave out"),
    "as they did not expect it": ({1: Ground.EXPECTATIONS}, Refused, "patient"),
    "on another right's ground": ({1: Ground.ARCHIVING}, Refused, "is no ground to withhold"),
}


@pytest.mark.parametrize(("leave_out", "error", "why"), WRONG.values(), ids=WRONG)
def test_nothing_is_left_out_without_a_ground(
    callers: House, leave_out: dict[int, Ground], error: type[CallrecError], why: str
) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    with pytest.raises(error, match=why):
        gather(callers, leave_out=leave_out)
    assert (numbers(callers), shown(callers)) == ([], None)


def test_a_manager_who_takes_a_call_away_again_stops_the_approval(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    detach_recordings(callers.practice, logged_in(callers, "max"), "R-1", [1])
    with pytest.raises(Refused, match="R-1 leaves out recordings that match it: 1 "):
        decide(callers)
    gathered = shown(callers)
    assert gathered is not None
    assert (gathered.found, gathered.attached, gathered.left_out) == (2, 1, ())


def test_what_it_says_is_not_narrowed_after_it_was_gathered(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN, BOB))
    gather(callers)
    amend_particulars(callers.practice, logged_in(callers, "max"), "R-1", answers(number=ANN))
    assert shown(callers) is None
    assert set(numbers(callers)) == {1, 2, 3, 4}


def test_what_is_asked_for_by_its_number_is_left_out_no_more(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers, leave_out=HERS)
    attach_recordings(callers.practice, logged_in(callers, "max"), "R-1", [1])
    gathered = shown(callers)
    assert gathered is not None
    assert (gathered.attached, gathered.left_out) == (2, ())
    assert set(decide(callers)) == {1, 2}


def test_what_was_left_out_stays_so_when_more_is_gathered(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers, leave_out=HERS)
    callers.at += timedelta(minutes=1)
    take_in(callers, [a_call(number=ANN, caller=ANN, started_at=datetime(2024, 1, 9, tzinfo=UTC))])
    first = shown(callers)
    assert first is not None
    assert first.since in (None, 1)
    assert gather(callers).added == {5}
    gathered = shown(callers)
    assert gathered is not None
    assert (gathered.found, gathered.attached, gathered.since) == (3, 2, 0)
    assert gathered.left_out == ((1, "not-relevant"),)
    assert set(decide(callers)) == {2, 5}


def test_to_gather_what_was_gathered_changes_nothing(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    decide(callers)
    with pytest.raises(NotFound, match="no other recording matches the request"):
        gather(callers)
    assert opened(callers, "R-1").history.state is RequestState.APPROVED


def test_to_gather_more_ends_what_was_approved(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    decide(callers)
    assert gather(callers, leave_out=HERS).amended.grants_ended == 2
    assert opened(callers, "R-1").history.state is RequestState.SUBMITTED


def test_what_was_approved_before_is_shown_though_it_is_left_out_now(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    assert decide(callers) == (2, 1)
    gather(callers, leave_out=HERS)
    before = show_request(callers.practice, signed_in(callers, "dora"), "R-1").approvals
    assert [each.recordings for each in before] == [(2, 1)]


def test_a_hold_reaches_what_is_left_out(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers, leave_out=HERS)
    assert held(callers) == {1, 2}


def test_withheld_numbers_and_names_are_gathered_within_days(callers: House) -> None:
    nine = datetime(2024, 1, 5, 9, 30, tzinfo=UTC)
    take_in(
        callers,
        [
            a_call(number=None, caller=None, parties=(), direction="inbound", started_at=nine),
            a_call(
                number=None,
                caller=None,
                parties=(),
                direction="inbound",
                started_at=nine + timedelta(days=1),
            ),
            a_call(
                parties=("A. Exampel",),
                number="+441144960001",
                caller="+441144960001",
                started_at=nine,
            ),
        ],
    )
    ask(
        callers,
        purpose=ACCESS,
        numbers=(ANN, "withheld"),
        names=("Exampel",),
        days=(DayRange(FOURTH, FIFTH),),
    )
    gather(callers)
    assert set(numbers(callers)) == {1, 2, 5, 7}


def test_a_request_for_one_recording_needs_no_gathering(callers: House) -> None:
    ask(callers, purpose=Purpose.COMPLAINT, number=ANN, recordings=[1])
    assert approve(callers, "R-1").recordings == (1,)


ALTERED = {
    "another version's": "UPDATE request_version SET sealed = (SELECT sealed FROM request_version"
    " WHERE version = 1) WHERE version = 2",
    "cut": "UPDATE request_version SET sealed = substr(sealed, 1, 80) WHERE version = 2",
    "gone": "DELETE FROM request_version WHERE version = 2",
}


@pytest.mark.parametrize("statement", ALTERED.values(), ids=ALTERED)
def test_a_gathering_is_not_altered_in_its_row(callers: House, statement: str) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    by_sql(callers, statement)
    with pytest.raises(Tampered):
        decide(callers)


FORGED = {
    "other numbers": {"particulars": {"numbers": (BOB,)}},
    "a recording that was not found": {"recordings": 3},
}


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_a_gathering_that_changes_what_a_request_says_is_none(
    callers: House, changes: dict[str, Any]
) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    dora, request = signed_in(callers, "dora"), opened(callers, "R-1")
    body = replace(request.body, **fresh_nonces())
    if "particulars" in changes:
        body = replace(body, particulars=replace(body.particulars, **changes["particulars"]))
    else:
        (row,) = rows(callers, "SELECT uid, ciphertext FROM recording WHERE id = 3")
        body = replace(body, recordings=(*body.recordings, (row.uid, row.ciphertext)))
    with signing(callers.practice, dora) as act:
        what = RequestAct.GATHERED
        write_version(callers.practice, act, dora, request, body, what=what)
    with pytest.raises(Tampered, match="a gathering changed what a request says"):
        decide(callers)


def test_what_came_in_since_waits_in_the_inbox(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    waits = [item.waits_to for item in read_inbox(callers.practice, logged_in(callers, "max"))]
    assert InboxAction.GATHER not in waits
    callers.at += timedelta(minutes=1)
    take_in(callers, [a_call(number=ANN, caller=ANN, started_at=datetime(2024, 1, 9, tzinfo=UTC))])
    for login, is_told in (("max", True), ("dora", True), ("sam", False)):
        items = read_inbox(callers.practice, logged_in(callers, login))
        told = [item.reference for item in items if item.waits_to is InboxAction.GATHER]
        assert (login, told) == (login, ["R-1"] * is_told)
    gather(callers)
    items = read_inbox(callers.practice, logged_in(callers, "max"))
    assert InboxAction.GATHER not in [item.waits_to for item in items]


def test_who_gathered_is_still_told_that_it_waits_for_their_decision(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers, login="dora")
    items = read_inbox(callers.practice, logged_in(callers, "dora"))
    assert [item.waits_to for item in items] == [InboxAction.DECIDE]


def says_not_held(house: House, reference: str = "R-1") -> None:
    dora = signed_in(house, "dora")
    deny_request(house.practice, dora, reference, reason=REASON, ground=Ground.NOT_HELD)


REASON, TOM = "Nothing was found of what they ask for", "+441144960111"


def test_nothing_is_said_not_to_be_held_before_all_of_it_was_searched_for(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(TOM,))
    with pytest.raises(Refused, match="nobody has searched") as refusal:
        says_not_held(callers)
    assert "callrec request gather R-1" in refusal.value.hint
    gather(callers)
    take_in(callers, [a_call(number=TOM, caller=TOM, started_at=datetime(2024, 1, 9, tzinfo=UTC))])
    with pytest.raises(Refused, match="nobody has searched"):
        says_not_held(callers)
    assert state_of(callers, "R-1") == "submitted"


def test_what_was_left_out_on_a_ground_is_refused_on_that_and_not_as_not_held(
    callers: House,
) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers, leave_out={1: Ground.CRIME, 2: Ground.THIRD_PARTY})
    with pytest.raises(Refused, match="so that something is held") as refusal:
        says_not_held(callers)
    assert "--code third-party --reason TEXT (also left out: crime)" in refusal.value.hint
    with pytest.raises(Refused, match="names no recording") as unnamed:
        decide(callers)
    assert "not-held" not in unnamed.value.hint
    dora = signed_in(callers, "dora")
    for other in (Ground.PRIVILEGE, Ground.CRIME):  # a crime is not told, third parties are
        with pytest.raises(Refused, match="not left out on the ground"):
            deny_request(callers.practice, dora, "R-1", reason=REASON, ground=other)
    deny_request(callers.practice, dora, "R-1", reason=REASON, ground=Ground.THIRD_PARTY)


def test_what_another_part_of_the_same_request_answers_is_withdrawn(callers: House) -> None:
    for _ in range(2):
        ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    gather(callers, "R-2")
    with pytest.raises(Refused, match="so that something is held") as refusal:
        says_not_held(callers, "R-2")
    assert "callrec request withdraw R-2" in refusal.value.hint


def test_what_was_taken_away_without_a_ground_is_gathered_again(callers: House) -> None:
    ask(callers, purpose=ACCESS, numbers=(ANN,))
    gather(callers)
    detach_recordings(callers.practice, signed_in(callers, "sam"), "R-1", [1, 2])
    with pytest.raises(Refused, match="nobody has searched for all"):
        says_not_held(callers)
