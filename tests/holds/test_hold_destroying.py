"""Nothing that is held is erased or disposed of [policy 4(h); DPA 2018 s.173]."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from callrec.errors import Refused, Tampered
from callrec.policy.clause import Clause, Law
from callrec.policy.hold import HoldState
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import Power
from callrec.practice import writing
from callrec.registers.verify import Verdict
from callrec.requests.amend import detach_recordings
from callrec.requests.ask import find_recordings, new_body, write_request
from callrec.requests.decide import deny_request
from callrec.requests.event import withdraw_request
from callrec.requests.gather import gather_recordings
from house.calls import a_call, take_in
from house.erasures import erase as destroy
from house.holds import (
    ANN,
    BOB,
    FIFTH,
    FOURTH,
    ask,
    by_hand,
    lift,
    look,
    named,
    the_hold,
    verified,
)
from house.people import lend_power
from house.practices import House
from house.requests import (
    approve,
    by_sql,
    last_leaf,
    logged_in,
    opened,
    pass_days,
    refused,
    rows,
    signed_in,
)
from house.stages import CALLERS, copied

house = copied(CALLERS)

PUT_BACK = "INSERT INTO token VALUES (:part, :kind, :token, 1)"


def ask_to_erase(house: House, *recordings: int) -> str:
    return ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=recordings)


def erase(house: House, reference: str, *recordings: int, login: str = "dora") -> None:
    """Approve an erasure; what is named is to go, each decided by itself."""
    asked = {row.id for row in opened(house, reference).recordings}
    kept = dict.fromkeys(asked - set(recordings), Ground.LEGAL_OBLIGATION)
    approve(house, reference, login, to="dora", recordings=recordings, withheld=kept)


def nothing_is_erased(house: House, reference: str, *recordings: int, login: str = "dora") -> str:
    with pytest.raises(Refused) as refusal:
        erase(house, reference, *recordings, login=login)
    assert (last_leaf(house).act, refused(house)) == ("request.approved", True)
    assert rows(house, "SELECT * FROM grant_") == []
    return refusal.value.message


def test_what_nobody_holds_may_be_erased(house: House) -> None:
    ask(house, "max", purpose=Purpose.SUBJECT_ACCESS, number=BOB)
    erase(house, ask_to_erase(house, 1, 2), 1, 2)


def test_an_erasure_holds_nothing_itself(house: House) -> None:
    ask_to_erase(house, 1)
    assert rows(house, "SELECT * FROM hold") == []


def test_what_a_subject_asked_to_see_is_not_erased(house: House) -> None:
    access = ask(house, "max", purpose=Purpose.SUBJECT_ACCESS, number=ANN)
    reference = ask_to_erase(house, 1)
    why = nothing_is_erased(house, reference, 1)
    assert why == f"a recording is held by H-1 and is not destroyed [{Law.PREVENTING_DISCLOSURE}]"
    withdraw_request(house.practice, logged_in(house, "max"), access)
    erase(house, reference, 1)


def test_what_is_held_by_hand_is_not_erased_until_it_is_lifted(house: House) -> None:
    number = by_hand(house, 1)
    reference = ask_to_erase(house, 1, 2)
    assert nothing_is_erased(house, reference, 1).endswith(
        f"[{Clause.ENCRYPTED_AND_ARCHIVED.cited}]"
    )
    lift(house, number)
    erase(house, reference, 1)


def test_one_that_is_withheld_may_be_held(house: House) -> None:
    by_hand(house, 1)
    erase(house, ask_to_erase(house, 1, 2), 2)


def test_whoever_may_search_matches_before_it_is_decided(house: House) -> None:
    ask(house, number=BOB, day=FIFTH)  # sam may not search
    reference = ask_to_erase(house, 2)  # which is of that day, too
    erase(house, reference, 2)
    assert the_hold(house).state is HoldState.PLACED


@pytest.mark.parametrize("told", [{"number": BOB}, {"number": BOB, "day": FIFTH}, {}], ids=str)
def test_who_decides_and_may_not_search_is_stopped_by_what_nobody_matched(
    house: House, told: dict[str, Any]
) -> None:
    reference = ask_to_erase(house, 2)
    lend_power(
        house.practice,
        signed_in(house, "dora"),
        login="ava",
        power=Power.DECIDE_RESERVED,
        until=house.at.date(),
    )
    house.open()
    ask(house, **told)
    assert "held by H-1" in nothing_is_erased(house, reference, 2, login="ava")


def test_what_was_on_another_day_does_not_stop_him(house: House) -> None:
    reference = ask_to_erase(house, 2)
    lend_power(
        house.practice,
        signed_in(house, "dora"),
        login="ava",
        power=Power.DECIDE_RESERVED,
        until=house.at.date(),
    )
    house.open()
    ask(house, number=ANN, day=FOURTH)
    erase(house, reference, 2, login="ava")
    assert the_hold(house).state is HoldState.UNMATCHED


def test_what_is_only_heard_may_be_held(house: House) -> None:
    by_hand(house, 1)
    reference = ask(house, purpose=Purpose.PROTECT_PARTIES, recordings=[1])
    approve(house, reference)


def test_what_is_held_is_not_disposed_of(house: House) -> None:
    """A retention review makes such a request; nobody else can."""
    by_hand(house, 1)
    reference = ask(house, purpose=Purpose.PROTECT_PARTIES, recordings=[1])
    particulars = opened(house, reference).particulars
    max_ = signed_in(house, "max")
    with writing(house.practice, max_.signer) as act:
        found = find_recordings(house.practice, max_, act.connection, [1])
        body = new_body(2, Purpose.DISPOSAL, particulars, found)
        write_request(house.practice, act, max_, body)
    assert "held by H-1" in nothing_is_erased(house, "R-2", 1)


def missed(house: House) -> tuple[str, str]:
    """A complaint whose hold lacks a call, and an approved erasure of just that."""
    with without_tokens(house):
        complaint = ask(house, "max", number=ANN)
    assert named(house) == {2}
    assert verified(house).verdict is Verdict.INTACT
    reference = ask_to_erase(house, 1)
    erase(house, reference, 1)
    return complaint, reference


@contextmanager
def without_tokens(house: House) -> Iterator[None]:
    """Rows of the index are taken out for a while, and are back when anybody looks."""
    tokens = rows(house, "SELECT part, kind, token FROM token WHERE recording = 1")
    by_sql(house, "DELETE FROM token WHERE recording = 1")
    yield
    for part, kind, token in tokens:
        by_sql(house, PUT_BACK, part=part, kind=kind, token=token)


def test_what_the_index_kept_from_a_hold_is_not_destroyed(house: House) -> None:
    complaint, reference = missed(house)
    with pytest.raises(Tampered, match="R-1 asks for recording 1, which its hold, H-1, does not"):
        destroy(house, reference)
    assert rows(house, "SELECT * FROM certificate") == []
    withdraw_request(house.practice, logged_in(house, "max"), complaint)
    assert destroy(house, reference).destroyed == (1,)


def test_nor_while_somebody_keeps_it_from_being_opened(house: House) -> None:
    _, reference = missed(house)
    by_sql(house, "UPDATE batch SET catalogue_key = x'00'")
    with pytest.raises(Tampered, match=r'row .* of the table "batch" is not as entry'):
        destroy(house, reference)
    assert rows(house, "SELECT * FROM certificate") == []


def test_a_subject_access_finds_nothing_while_the_index_lacks_rows(house: House) -> None:
    """Else it would be gathered, approved and released without a call, and say that it is whole."""
    with without_tokens(house), pytest.raises(Tampered, match=r'recording 1, in "rec') as told:
        ask(house, "max", purpose=Purpose.SUBJECT_ACCESS, number=ANN)
    assert told.value.message.startswith("R-1 is made, and its calls were not found: recording 1")
    assert the_hold(house).state is HoldState.UNMATCHED
    look(house)
    assert named(house) == {1, 2}
    max_ = logged_in(house, "max")
    with without_tokens(house), pytest.raises(Tampered, match=r'recording 1, in "recording"'):
        gather_recordings(house.practice, max_, "R-1", leave_out={})
    came_to = gather_recordings(house.practice, max_, "R-1", leave_out={})
    assert {each.id for each in came_to.found} == {1, 2}


def test_nor_is_part_of_it_approved_or_all_refused_while_the_index_lacks_rows(house: House) -> None:
    ask(house, "max", purpose=Purpose.SUBJECT_ACCESS, number=ANN)
    gather_recordings(house.practice, logged_in(house, "max"), "R-1", leave_out={})
    detach_recordings(house.practice, logged_in(house, "max"), "R-1", [1])
    with pytest.raises(Refused, match="R-1 leaves out recordings that match it: 1"):
        approve(house, "R-1", "dora")
    with without_tokens(house), pytest.raises(Tampered, match=r'recording 1, in "recording"'):
        approve(house, "R-1", "dora")
    detach_recordings(house.practice, logged_in(house, "max"), "R-1", [2])
    dora = signed_in(house, "dora")
    with without_tokens(house), pytest.raises(Tampered, match=r'recording 1, in "recording"'):
        deny_request(
            house.practice, dora, "R-1", reason="Nothing is held of it", ground=Ground.NOT_HELD
        )
    assert rows(house, "SELECT * FROM grant_") == []


def test_a_call_after_the_request_was_made_is_not_held_for_it(house: House) -> None:
    ask(house, "max", purpose=Purpose.SUBJECT_ACCESS, number=BOB)
    pass_days(house, 3)
    assert take_in(house, [a_call(number=BOB, caller=BOB, started_at=house.at)]) == [5]
    reference = ask_to_erase(house, 5)
    erase(house, reference, 5)
    assert destroy(house, reference).destroyed == (5,)


def test_erasure_and_disposal_are_the_purposes_that_destroy() -> None:
    destroying = {purpose for purpose, terms in TERMS.items() if terms.is_destroyed}
    assert destroying == {Purpose.ERASURE, Purpose.DISPOSAL}
