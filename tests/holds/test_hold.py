"""Nothing that somebody may be entitled to is lost: how holds are placed, matched and lifted."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callrec.audit.leaf import Outcome
from callrec.audit.log import read_detail
from callrec.catalogue.engine import reading
from callrec.errors import Locked, NotFound, Refused
from callrec.holds.log import NAMES_PER_LEAF
from callrec.policy.hold import HoldState
from callrec.policy.particulars import UNKNOWN
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestState
from callrec.policy.role import Power, VaultKey
from callrec.policy.search import Criteria
from callrec.registers.verify import Verdict
from callrec.requests.amend import amend_particulars, attach_recordings, detach_recordings
from callrec.requests.decide import deny_request
from callrec.requests.event import close_request, withdraw_request
from callrec.requests.show import show_request
from callrec.retention.holds import lift_hold, place_hold, show_hold
from callrec.search.search import search_recordings
from callrec.search.show import show_recording
from house import practices
from house.call_records import a_row, records, take_in_with
from house.calls import a_call, take_in
from house.commands import type_in
from house.holds import (
    ALL,
    ANN,
    BOB,
    FIFTH,
    FOURTH,
    MORNING,
    ask,
    by_hand,
    hear,
    held,
    leaves,
    lift,
    look,
    named,
    the_hold,
    verified,
)
from house.particulars import answers
from house.people import lend_power
from house.practices import House
from house.requests import (
    REASON,
    a_request,
    approve,
    further_of,
    last_leaf,
    logged_in,
    pass_days,
    refused,
    request_id,
    rows,
    signed_in,
    state_of,
)
from house.spool import NUMBER
from house.spool import a_call as a_file
from house.spool import take_in as take_in_files
from house.stages import CALLERS, copied

ASKED_FOR = sorted(purpose for purpose in Purpose if TERMS[purpose].is_made_by_hand)

house = copied(CALLERS)


# --- a request places it --------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ASKED_FOR)
def test_subject_access_complaints_claims_and_outside_bodies_hold_what_they_describe(
    house: House, purpose: Purpose
) -> None:
    ask(house, "max", purpose=purpose, number=ANN)
    assert held(house) == ({1, 2} if TERMS[purpose].places_hold else set())
    assert verified(house).verdict is Verdict.INTACT


def test_it_is_placed_in_the_transaction_that_makes_the_request(house: House) -> None:
    reference = ask(house, number=ANN, recordings=[3])
    made = next(leaf for leaf in leaves(house, "request.created"))
    placed, covers = leaves(house)
    id_ = request_id(house, reference)
    assert [placed.act, covers.act] == ["hold.placed", "hold.covers"]
    assert placed.subject[1] == id_
    assert {placed.actor, covers.actor} == {made.actor}
    between = f"SELECT size FROM checkpoint WHERE size BETWEEN {made.seq + 1} AND {covers.seq}"
    assert rows(house, between) == []


def test_whoever_may_search_matches_at_once(house: House) -> None:
    ask(house, "max", number=ANN, day=FOURTH)
    assert the_hold(house).state is HoldState.PLACED
    assert named(house) == held(house) == {1}


def test_who_may_not_search_holds_the_whole_day_until_somebody_has_matched(house: House) -> None:
    ask(house, number=ANN, day=FOURTH)
    assert the_hold(house).state is HoldState.UNMATCHED
    assert held(house) == {1, 3}
    look(house)
    assert the_hold(house).state is HoldState.PLACED
    assert held(house) == {1}
    assert verified(house).verdict is Verdict.INTACT


def test_of_a_time_that_is_told_only_what_was_then_is_held(house: House) -> None:
    ask(house, number=BOB, day=FOURTH, times=MORNING)
    assert held(house) == {1}  # Bob rang at ten past


def test_a_call_that_lasted_into_the_time_is_held(house: House) -> None:
    early = datetime(2024, 1, 4, 8, 30, tzinfo=UTC)
    (number,) = take_in(house, [a_call(started_at=early)], durations_ms=[31 * 60_000])
    ask(house, number=ANN, day=FOURTH, times=MORNING)
    assert held(house) == {1, number}
    look(house)
    assert held(house) == {1, number}


def test_where_no_day_is_told_everything_is_held_until_somebody_has_matched(house: House) -> None:
    ask(house, number=ANN)
    assert held(house) == ALL
    look(house)
    assert held(house) == {1, 2}


@pytest.mark.parametrize("login", ["max", "pat", "dora"])
def test_the_next_of_those_who_may_search_matches_it(house: House, login: str) -> None:
    ask(house, number=ANN)
    look(house, login)
    placed, matching, matched = leaves(house)
    actor = signed_in(house, login).person.id
    assert [matching.act, matched.act] == ["hold.matching", "hold.matched"]
    assert matching.actor == matched.actor == actor
    assert matching.subject == placed.subject
    uids = [row.uid for row in rows(house, "SELECT uid FROM recording ORDER BY id")]
    assert matched.subject[1] == uids[-1]
    assert set(matched.subject[2:]) == {uids[0], uids[1]}


@pytest.mark.parametrize("login", ["sam", "ava"])
def test_nobody_else_matches_it(house: House, login: str) -> None:
    ask(house, number=ANN)
    ask(house, login, purpose=Purpose.PROTECT_PARTIES, number=ANN)
    assert the_hold(house).state is HoldState.UNMATCHED


def test_the_keys_without_the_power_to_search_match_nothing(house: House) -> None:
    for power in (Power.DECIDE_GENERAL, Power.INGEST):  # one brings each of the two keys
        dora, today = signed_in(house, "dora"), house.at.date()
        lend_power(house.practice, dora, login="ava", power=power, until=today)
        house.open()
    ask(house, number=ANN)
    look(house, "ava")
    assert the_hold(house).state is HoldState.UNMATCHED


def test_who_was_lent_the_power_to_search_matches(house: House) -> None:
    dora, today = signed_in(house, "dora"), house.at.date()
    lend_power(house.practice, dora, login="sam", power=Power.SEARCH, until=today)
    house.open()
    ask(house, number=ANN)
    assert held(house) == named(house) == {1, 2}


def test_what_was_matched_is_not_looked_at_again(house: House) -> None:
    ask(house, "max", number=ANN)
    before = last_leaf(house)
    look(house)
    look(house, "pat")
    assert last_leaf(house) == before


def test_what_matches_nothing_holds_nothing_once_somebody_has_looked(house: House) -> None:
    ask(house, number="020 7946 0555")
    look(house)
    (matched,) = leaves(house, "hold.matched")
    assert len(matched.subject) == 2  # itself and the newest recording
    assert the_hold(house).state is HoldState.PLACED
    assert held(house) == set()
    assert verified(house).verdict is Verdict.INTACT


def test_a_vault_without_recordings_is_matched_too(template: House, tmp_path: Path) -> None:
    empty = practices.copy(template, tmp_path / "empty")
    ask(empty, "max", number=ANN)
    assert the_hold(empty).state is HoldState.PLACED
    assert verified(empty).verdict is Verdict.INTACT
    take_in(empty, [a_call()])
    look(empty)
    assert held(empty) == {1}
    assert verified(empty).verdict is Verdict.INTACT


# --- it follows the request -----------------------------------------------------------------------


@pytest.mark.parametrize("login", ["sam", "max"])
def test_what_is_attached_is_held_and_what_is_detached_stays_held(house: House, login: str) -> None:
    reference = ask(house, number=ANN, day=FOURTH)
    attach_recordings(house.practice, signed_in(house, "max"), reference, [4])
    assert named(house) == {1, 4}
    detach_recordings(house.practice, signed_in(house, login), reference, [4])
    assert named(house) == held(house) == {1, 4}
    assert verified(house).verdict is Verdict.INTACT


def test_who_may_not_search_attaches_to_an_unmatched_hold(house: House) -> None:
    reference = ask(house, number=ANN, day=FOURTH)
    attach_recordings(house.practice, signed_in(house, "sam"), reference, [4])
    assert the_hold(house).state is HoldState.UNMATCHED
    assert named(house) == {4}
    assert held(house) == {1, 3, 4}


def test_a_request_that_describes_no_call_holds_everything(house: House) -> None:
    reference = ask(house)
    assert the_hold(house).state is HoldState.EVERYTHING
    assert held(house) == ALL
    before = last_leaf(house)
    look(house)
    assert last_leaf(house) == before
    attach_recordings(house.practice, signed_in(house, "sam"), reference, [4])
    assert held(house) == ALL
    look(house)
    assert held(house) == named(house) == {4}
    assert verified(house).verdict is Verdict.INTACT


def test_a_request_that_asks_for_a_recording_and_describes_none_holds_that(house: House) -> None:
    ask(house, "max", recordings=[2])
    assert held(house) == named(house) == {2}


def test_who_may_not_search_says_by_a_recording_alone_that_everything_is_held(
    house: House,
) -> None:
    ask(house, recordings=[2])
    assert the_hold(house).state is HoldState.UNMATCHED
    assert held(house) == ALL


def test_a_request_that_says_something_else_is_matched_again(house: House) -> None:
    reference = ask(house, "sam", number=ANN, day=FOURTH)
    look(house)
    changed = answers(number=BOB, day=FIFTH)
    amend_particulars(house.practice, signed_in(house, "sam"), reference, changed)
    assert the_hold(house).state is HoldState.UNMATCHED
    assert held(house) == {1, 2, 4}
    assert verified(house).verdict is Verdict.INTACT
    look(house)
    assert held(house) == named(house) == {1, 4}
    assert verified(house).verdict is Verdict.INTACT


def test_whoever_may_search_and_changes_it_matches_it_at_once(house: House) -> None:
    reference = ask(house, "max", number=ANN, day=FOURTH)
    amend_particulars(house.practice, signed_in(house, "max"), reference, answers(number=BOB))
    assert held(house) == named(house) == {1, 3}


def test_a_request_that_comes_to_describe_no_call_holds_on_and_what_it_asks_for(
    house: House,
) -> None:
    reference = ask(house, number=ANN, day=FOURTH, recordings=[4])
    look(house)
    nothing = answers(number="unknown", day=UNKNOWN)
    amend_particulars(house.practice, signed_in(house, "sam"), reference, nothing)
    assert held(house) == ALL
    look(house)
    assert held(house) == named(house) == {1, 4}


def test_a_request_that_comes_to_describe_a_call_is_matched(house: House) -> None:
    reference = ask(house)
    amend_particulars(house.practice, signed_in(house, "sam"), reference, answers(number=BOB))
    assert the_hold(house).state is HoldState.UNMATCHED
    look(house)
    assert held(house) == {3, 4}


def test_recordings_of_earlier_calls_that_come_in_late_are_matched_too(house: House) -> None:
    ask(house, "max", number=ANN)
    (late, _) = take_in(house, [a_call(number=ANN), a_call(number=BOB)])
    look(house)
    assert held(house) == {1, 2, late}
    assert verified(house).verdict is Verdict.INTACT
    before = last_leaf(house)
    look(house)
    assert last_leaf(house) == before


def test_of_calls_after_the_request_was_made_it_holds_none(house: House) -> None:
    ask(house, "max", number=ANN)
    before = last_leaf(house)
    take_in(house, [a_call(number=ANN, started_at=house.at)])
    look(house)
    assert leaves(house)[-1] == before
    assert held(house) == {1, 2}


def test_a_recording_whose_number_becomes_known_later_is_held(house: House, tmp_path: Path) -> None:
    call = a_file(tmp_path, name="recording-0007.wav")  # which says nothing
    take_in_files(house, call)
    ask(house, "max", number=NUMBER)
    look(house)
    assert held(house) == set()
    cdr = records(tmp_path / "cdr.csv", a_row(recordingfile=call.name))
    assert take_in_with(house, cdr, call).joined == 1
    look(house)
    assert held(house) == {5}
    assert verified(house).verdict is Verdict.INTACT


def test_what_becomes_known_of_calls_after_the_request_opens_nothing_again(
    house: House, tmp_path: Path
) -> None:
    ask(house, "max", number=ANN)
    by_hand(house, 3)
    call, later = a_file(tmp_path, name="recording-0007.wav"), house.at + timedelta(days=1)
    os.utime(call, (later.timestamp(),) * 2)
    take_in_files(house, call)
    before = leaves(house)
    row = a_row(recordingfile=call.name, calldate=f"{later:%Y-%m-%d %H:%M:%S}")
    assert take_in_with(house, records(tmp_path / "cdr.csv", row), call).joined == 1
    assert leaves(house) == before


# --- it ends with the request ---------------------------------------------------------------------


def test_withdrawing_lifts_it_in_the_same_transaction(house: House) -> None:
    reference = ask(house, number=ANN)
    withdraw_request(house.practice, logged_in(house, "sam"), reference)
    withdrawn, lifted = leaves(house, "request.withdrawn") + leaves(house, "hold.lifted")
    placed = leaves(house)[0]
    assert (lifted.seq, lifted.subject) == (withdrawn.seq + 1, placed.subject)
    assert rows(house, f"SELECT 1 FROM checkpoint WHERE size = {lifted.seq}") == []
    assert the_hold(house).state is HoldState.LIFTED
    assert held(house) == set()
    assert verified(house).verdict is Verdict.INTACT


def test_denying_lifts_it(house: House) -> None:
    reference = ask(house, number=ANN)
    deny_request(house.practice, logged_in(house, "max"), reference, reason=REASON)
    assert held(house) == set()
    assert named(house) == {1, 2}  # which is still on record
    assert verified(house).verdict is Verdict.INTACT


def test_its_lapsing_lifts_it(house: House) -> None:
    reference = ask(house, number=ANN)
    pass_days(house, 15)
    look(house, "sam")
    assert state_of(house, reference) == RequestState.LAPSED
    assert held(house) == set()
    assert verified(house).verdict is Verdict.INTACT


def test_a_subject_access_request_never_lapses_and_holds_on(house: House) -> None:
    ask(house, "max", purpose=Purpose.SUBJECT_ACCESS, number=ANN)
    pass_days(house, 400)
    look(house)
    assert held(house) == {1, 2}


def test_it_holds_on_while_the_request_is_approved_and_until_it_is_closed(house: House) -> None:
    reference = ask(house, number=ANN, recordings=[1])
    approve(house, reference)
    assert held(house) == {1, 2}
    hear(house, reference)
    assert state_of(house, reference) == RequestState.HEARD
    assert held(house) == {1, 2}
    close_request(house.practice, logged_in(house, "sam"), reference)
    assert held(house) == set()
    assert verified(house).verdict is Verdict.INTACT


def test_of_two_requests_each_holds_for_itself(house: House) -> None:
    first = ask(house, "max", number=ANN)
    ask(house, "max", number=ANN, day=FOURTH)
    withdraw_request(house.practice, logged_in(house, "max"), first)
    assert held(house) == {1}


# --- by hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["max", "pat", "dora"])
def test_whoever_searches_or_decides_places_a_hold(house: House, login: str) -> None:
    number = by_hand(house, 2, 3, 2, login=login)
    hold = the_hold(house, number)
    assert (hold.state, hold.request, hold.placed_by) == (HoldState.PLACED, None, login)
    assert (hold.recordings, hold.placed_at) == (2, house.at)
    assert held(house) == {2, 3}
    assert verified(house).verdict is Verdict.INTACT


@pytest.mark.parametrize("login", ["sam", "ava"])
def test_nobody_else_does_and_the_refusal_is_on_record(house: House, login: str) -> None:
    with pytest.raises(Refused, match="may not place a hold"):
        by_hand(house, 1, login=login)
    assert refused(house)
    assert last_leaf(house).act == "hold.placed"
    assert rows(house, "SELECT * FROM hold") == []
    assert verified(house).verdict is Verdict.INTACT


def test_a_hold_needs_a_reason(house: House) -> None:
    with pytest.raises(Refused, match=r"not a sentence \[policy 4\(h\)\]"):
        place_hold(house.practice, logged_in(house, "max"), [1], reason="claim")
    assert rows(house, "SELECT * FROM hold") == []


def test_of_a_recording_that_there_is_not_nothing_is_held(house: House) -> None:
    with pytest.raises(NotFound, match="no recording 99"):
        by_hand(house, 1, 99)
    assert rows(house, "SELECT * FROM hold") == []


def test_more_recordings_than_one_leaf_can_name_stand_in_several(house: House) -> None:
    more = take_in(house, [a_call()] * (NAMES_PER_LEAF - 3))
    by_hand(house, *ALL, *more)
    first, second = leaves(house, "hold.covers")
    assert (len(first.subject), len(second.subject)) == (1 + NAMES_PER_LEAF, 2)
    assert len(first.encode()) < 8192
    ask(house, "max", number=ANN)
    first, second = leaves(house, "hold.matched")[0], leaves(house, "hold.matched")[-1]
    assert first.subject[:2] == second.subject[:2]
    assert named(house, 2) == {1, 2, *more}
    assert verified(house).verdict is Verdict.INTACT


def test_why_lies_sealed_and_opens_for_whoever_may_search(house: House) -> None:
    number = by_hand(house, 2, 3)
    shown = show_hold(house.practice, logged_in(house, "pat"), number)
    assert (shown.reason, shown.recordings) == (REASON, (2, 3))
    assert (last_leaf(house).act, last_leaf(house).outcome) == ("hold.shown", Outcome.DONE)
    house.practice.engine.dispose()
    data = b"".join(p.read_bytes() for p in house.practice.folder.iterdir() if p.is_file())
    assert REASON.encode() not in data


def test_why_is_in_the_audit_log_for_whoever_reads_it(house: House) -> None:
    by_hand(house, 2)
    dora, practice = signed_in(house, "dora"), house.practice
    placed = leaves(house, "hold.placed")[0]
    with reading(practice.engine) as connection:
        details = read_detail(
            connection, placed, lambda v: dora.shares[VaultKey.AUDIT, v], practice.vault
        )
    assert details == {"number": 1, "reason": REASON}


def test_others_are_not_told_why(house: House) -> None:
    number = by_hand(house, 2)
    with pytest.raises(Refused):
        show_hold(house.practice, signed_in(house, "ava"), number)
    assert (last_leaf(house).act, refused(house)) == ("hold.shown", True)


def test_a_hold_that_there_is_not_is_not_found(house: House) -> None:
    with pytest.raises(NotFound, match="no hold H-7"):
        show_hold(house.practice, logged_in(house, "max"), 7)
    with pytest.raises(NotFound, match="no hold H-7"):
        lift(house, 7)


def test_nor_is_one_that_is_kept_from_somebody_whatever_they_do_with_it(house: House) -> None:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told="no")
    asks = {"further": further, "parties": ("Pat Ellison",)}
    a_request(house, "max", purpose=Purpose.OUTSIDE_BODY, recordings=[1], **asks)
    for done in (["show"], ["lift"], ["lift", "--reason", REASON, "--countersign", "max", "--yes"]):
        hidden, none = (
            type_in(house, "pat", "hold", done[0], hold, *done[1:]) for hold in ("H-1", "H-9")
        )
        assert (hidden.status, hidden.err) == (none.status, none.err.replace("H-9", "H-1"))
        assert "there is no hold H-1" in hidden.err


def test_two_people_lift_it_each_under_a_leaf_of_his_own(house: House) -> None:
    number = by_hand(house, 1)
    lift(house, number)
    first, second = leaves(house, "hold.lifted")
    assert [first.actor, second.actor] == [
        signed_in(house, login).person.id for login in ("dora", "pat")
    ]
    assert rows(house, f"SELECT 1 FROM checkpoint WHERE size = {second.seq}")
    assert the_hold(house).state is HoldState.LIFTED
    assert held(house) == set()
    assert verified(house).verdict is Verdict.INTACT


def test_a_manager_to_whom_it_was_lent_lifts_it(house: House) -> None:
    number = by_hand(house, 1)
    until = house.at.date()
    dora = signed_in(house, "dora")
    lend_power(house.practice, dora, login="mia", power=Power.GOVERN, until=until)
    house.open()
    lift(house, number, "mia", "max")
    assert verified(house).verdict is Verdict.INTACT


REFUSALS = {
    "a manager alone governs nothing": ("max", "dora", "may not manage people, holds and keys"),
    "staff do not countersign": ("dora", "sam", "may not countersign"),
    "one person is not two": ("dora", "dora", "lifted by two people"),
}


@pytest.mark.parametrize(("login", "second", "why"), REFUSALS.values(), ids=REFUSALS)
def test_others_do_not_lift_it(house: House, login: str, second: str, why: str) -> None:
    number = by_hand(house, 1)
    with pytest.raises(Refused, match=why):
        lift(house, number, login, second)
    assert (last_leaf(house).act, refused(house)) == ("hold.lifted", True)
    assert held(house) == {1}
    assert verified(house).verdict is Verdict.INTACT


def test_lifting_needs_a_reason(house: House) -> None:
    number = by_hand(house, 1)
    with pytest.raises(Refused, match="not a sentence"):
        lift(house, number, reason="no longer needed")
    assert held(house) == {1}


@pytest.mark.parametrize("asleep", ["dora", "pat"])
def test_a_session_alone_lifts_nothing(house: House, asleep: str) -> None:
    number = by_hand(house, 1)
    dora, pat = (
        (logged_in if login == asleep else signed_in)(house, login) for login in ("dora", "pat")
    )
    with pytest.raises(Locked, match="with your password"):
        lift_hold(house.practice, dora, number, reason=REASON, countersigner=pat)
    assert held(house) == {1}


def test_a_lifted_hold_is_not_lifted_again(house: House) -> None:
    number = by_hand(house, 1)
    lift(house, number)
    with pytest.raises(Refused, match="lifted already"):
        lift(house, number)


def test_a_request_s_hold_is_lifted_by_no_hand(house: House) -> None:
    ask(house, number=ANN)
    with pytest.raises(Refused, match="lifted when request R-1 ends"):
        lift(house, 1)
    assert held(house) == ALL


# --- it is shown ----------------------------------------------------------------------------------


def test_what_is_held_is_shown_to_be(house: House) -> None:
    by_hand(house, 1)
    assert show_recording(house.practice, logged_in(house, "max"), 1).call.held
    assert not show_recording(house.practice, logged_in(house, "max"), 2).call.held
    found = search_recordings(
        house.practice,
        logged_in(house, "max"),
        criteria=[Criteria(number=ANN)],
        reason=REASON,
        request=None,
        limit=None,
    )
    assert {call.id: call.held for call in found.items} == {1: True, 2: False}


def test_a_request_shows_its_hold(house: House) -> None:
    reference = ask(house, number=ANN, day=FOURTH, recordings=[2])
    shown = show_request(house.practice, signed_in(house, "sam"), reference).hold
    assert shown == the_hold(house)
    assert (shown.number, shown.state, shown.recordings) == (1, HoldState.UNMATCHED, 1)
    other = ask(house, purpose=Purpose.PROTECT_PARTIES, number=ANN)
    assert show_request(house.practice, signed_in(house, "sam"), other).hold is None
