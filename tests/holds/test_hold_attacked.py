"""Whoever edits holds in the database, or lets go what is not his to let go, is convicted by it."""

from __future__ import annotations

import pytest

from callrec.audit.leaf import NOBODY, Outcome
from callrec.crypto.context import context
from callrec.crypto.primitives import hpke_seal
from callrec.errors import NotFound, Refused, Tampered
from callrec.policy.purpose import Purpose
from callrec.policy.role import Power, Role, VaultKey
from callrec.practice import writing
from callrec.registers.verify import Verdict
from callrec.requests.event import withdraw_request
from callrec.requests.lapse import expire_lapsed
from callrec.retention.holds import show_hold
from house.commands import type_in
from house.holds import (
    ANN,
    BOB,
    FOURTH,
    ask,
    by_hand,
    contradictions,
    held,
    lift,
    look,
    named,
    verified,
)
from house.people import change_role, lend_power
from house.practices import House
from house.requests import (
    approve,
    by_sql,
    further_of,
    last_leaf,
    logged_in,
    pass_days,
    request_id,
    rows,
    signed_in,
)
from house.stages import CALLERS, Stage, copied


def hold_some(house: House) -> None:
    """H-1 holds 1 and 2 for the subject access R-1, H-2 holds 3 by hand.

    H-3, of sam's complaint R-2, names 4 and waits to be matched.
    """
    ask(house, "max", purpose=Purpose.SUBJECT_ACCESS, number=ANN)
    by_hand(house, 3)
    ask(house, purpose=Purpose.COMPLAINT, number=BOB, day=FOURTH, recordings=[4])


house = copied(Stage("holding", hold_some, after=CALLERS))


def hold_id(house: House, number: int) -> str:
    (row,) = rows(house, "SELECT id FROM hold WHERE number = :number", number=number)
    return str(row.id)


def found(house: House) -> str:
    """What the audit finds wrong, one thing."""
    assert verified(house).verdict is Verdict.TAMPERED
    (what,) = contradictions(house)
    return what


CHANGED = {
    "lifted": "UPDATE hold SET state = 'lifted'",
    "names none": "DELETE FROM held",
    "names others": "UPDATE held SET recording = 1 WHERE recording = 3",
    "not of its request": "UPDATE hold SET request = NULL",
}


@pytest.mark.parametrize("change", CHANGED)
def test_nothing_is_shown_as_not_held_on_the_word_of_a_row(house: House, change: str) -> None:
    ways = (["show", "3"], ["hold", "show", "H-2"], ["hold", "list"], ["retention", "review"])
    assert [type_in(house, "max", *words).status for words in ways] == [0, 0, 0, 0]
    by_sql(house, CHANGED[change])
    for words in ways:
        answer = type_in(house, "max", *words)
        assert answer.status == Tampered.exit_status, answer
        assert "row " in answer.err


def test_a_hold_whose_row_is_gone_is_not_said_to_be_none(house: House) -> None:
    by_sql(house, "DELETE FROM held")
    by_sql(house, "DELETE FROM hold")
    with pytest.raises(Tampered, match="hold H-2 is on record, and its row is gone"):
        show_hold(house.practice, logged_in(house, "max"), 2)
    with pytest.raises(NotFound, match="no hold H-4"):
        show_hold(house.practice, logged_in(house, "max"), 4)


def test_it_is_sound_before_anybody_attacks(house: House) -> None:
    assert verified(house).verdict is Verdict.INTACT


def test_who_was_lent_it_does_not_lift_one_by_a_clock_set_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    dora, until = signed_in(house, "dora"), house.at.date()
    lend_power(house.practice, dora, login="mia", power=Power.GOVERN, until=until)
    house.open()
    pass_days(house, 2)
    ask(house, purpose=Purpose.COMPLAINT, number=BOB)
    pass_days(house, -2)
    house.open()
    with pytest.raises(Refused, match="may not manage"):
        lift(house, 2, "mia", "max")
    monkeypatch.setattr("callrec.login.unlock.without_lapsed_powers", lambda *said: said[-1])
    lift(house, 2, "mia", "max")
    assert found(house) == "a hold was matched or lifted by somebody who may not"


LIKE_ANOTHER = "seq, request, placed_by, placed_at, state, matched_to, key_version, sealed"

EDITS = {
    "a recording let go": (
        ["DELETE FROM held WHERE recording = 1"],
        "hold H-1 does not name the recordings that the log says",
    ),
    "a recording added": (
        ["INSERT INTO held SELECT id, 1 FROM hold WHERE number = 2"],
        "hold H-2 does not name the recordings that the log says",
    ),
    "a recording that there is not": (
        ["PRAGMA foreign_keys=OFF", "INSERT INTO held SELECT id, 99 FROM hold WHERE number = 2"],
        "hold H-2 does not name the recordings that the log says",
    ),
    "a recording of a hold that there is not": (
        ["INSERT INTO held VALUES ('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 1)"],
        "a recording is held by a hold that there is not",
    ),
    "a hold deleted": (
        ["DELETE FROM held WHERE recording = 3", "DELETE FROM hold WHERE number = 2"],
        "1 holds of the log are in no row",
    ),
    "all holds deleted": (
        ["DELETE FROM held", "DELETE FROM hold"],
        "3 holds of the log are in no row",
    ),
    "a hold added": (
        [f"INSERT INTO hold SELECT '{'e' * 32}', 4, {LIKE_ANOTHER} FROM hold WHERE number = 2"],
        "hold H-4 is in no leaf",
    ),
    "lifted by hand": (
        ["UPDATE hold SET state = 'lifted' WHERE number = 1"],
        "the state of hold H-1 is not what the log says",
    ),
    "said to be matched": (
        ["UPDATE hold SET state = 'placed' WHERE number = 3"],
        "the state of hold H-3 is not what the log says",
    ),
    "said to have looked further": (
        ["UPDATE hold SET matched_to = 1000 WHERE number = 1"],
        "the matched_to of hold H-1 is not what the log says",
    ),
    "said to have looked at all": (
        ["UPDATE hold SET matched_to = 4 WHERE number = 3"],
        "the matched_to of hold H-3 is not what the log says",
    ),
    "taken from its request": (
        ["UPDATE hold SET request = NULL WHERE number = 1"],
        "the request of hold H-1 is not what the log says",
    ),
    "given to another request": (
        ["UPDATE hold SET request = (SELECT request FROM hold WHERE number = 3) WHERE number = 1"],
        "the request of hold H-1 is not what the log says",
    ),
    "placed by somebody else": (
        [
            (
                "UPDATE hold SET placed_by = (SELECT id FROM person WHERE login = 'pat')"
                " WHERE number = 1"
            )
        ],
        "the placed_by of hold H-1 is not what the log says",
    ),
    "placed at another time": (
        ["UPDATE hold SET placed_at = placed_at + 1 WHERE number = 2"],
        "the placed_at of hold H-2 is not what the log says",
    ),
    "another number": (
        ["UPDATE hold SET number = 9 WHERE number = 3"],
        "the number of hold H-9 is not what the log says",
    ),
    "another leaf": (
        ["UPDATE hold SET seq = seq + 1 WHERE number = 2"],
        "the seq of hold H-2 is not what the log says",
    ),
}


def edit(house: House, statements: list[str]) -> None:
    house.practice.engine.dispose()
    with house.practice.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for statement in statements:
            connection.exec_driver_sql(statement)
    house.practice.engine.dispose()


@pytest.mark.parametrize(("statements", "what"), EDITS.values(), ids=EDITS)
def test_a_row_that_says_otherwise_than_the_log_is_named(
    house: House, statements: list[str], what: str
) -> None:
    edit(house, statements)
    assert found(house) == what
    # Nothing is let go, and nothing destroyed, on the word of such rows.
    with pytest.raises((Tampered, NotFound)):
        lift(house, 2)


def test_nothing_is_erased_on_the_word_of_rows_that_were_changed(house: House) -> None:
    reference = ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=[1])
    with pytest.raises(Refused, match="held by H-1"):
        approve(house, reference, "dora", to="dora", recordings=(1,))
    by_sql(house, "UPDATE hold SET state = 'lifted' WHERE number = 1")
    with pytest.raises(Tampered, match="the state of hold H-1"):
        approve(house, reference, "dora", to="dora", recordings=(1,))
    by_sql(house, "UPDATE hold SET state = 'placed' WHERE number = 1")
    by_sql(house, "DELETE FROM held WHERE recording = 1")
    with pytest.raises(Tampered, match="H-1 does not name the recordings"):
        approve(house, reference, "dora", to="dora", recordings=(1,))
    assert last_leaf(house).act == "request.approved"
    assert rows(house, "SELECT * FROM grant_") == []


def test_nothing_is_lifted_on_the_word_of_a_log_that_was_changed(house: House) -> None:
    by_sql(house, "UPDATE leaf SET body = x'7b7d' WHERE seq = 7")
    with pytest.raises(Tampered):
        lift(house, 2)
    assert (last_leaf(house).act, last_leaf(house).outcome) == ("hold.lifted", Outcome.FAILED)
    assert rows(house, "SELECT * FROM hold WHERE state = 'lifted'") == []


def test_another_reason_in_its_place_does_not_pass_for_it(house: House) -> None:
    hold, newest = hold_id(house, 2), house.practice.register.newest(VaultKey.CATALOGUE)
    info = context("hold", house.practice.vault, hold=hold)
    planted = b'{"number":2,"reason":"It may be let go whenever anybody likes"}'
    sealed = hpke_seal(newest.public, bytes(32) + planted, info)
    by_sql(house, "UPDATE hold SET sealed = :sealed WHERE number = 2", sealed=sealed)
    with pytest.raises(Tampered, match="H-2 is not the one that was placed"):
        show_hold(house.practice, logged_in(house, "max"), 2)


def test_the_reason_of_one_number_does_not_open_under_another(house: House) -> None:
    by_sql(house, "UPDATE hold SET number = 9 WHERE number = 2")
    with pytest.raises(Tampered, match="H-9 is not the one that was placed"):
        show_hold(house.practice, logged_in(house, "max"), 9)


@pytest.mark.parametrize("planted", [b"{}", b'{"number":2}', b"[]"])
def test_what_is_in_no_form_is_damage_and_no_bug(house: House, planted: bytes) -> None:
    hold, newest = hold_id(house, 2), house.practice.register.newest(VaultKey.CATALOGUE)
    info = context("hold", house.practice.vault, hold=hold)
    sealed = hpke_seal(newest.public, bytes(32) + planted, info)
    by_sql(house, "UPDATE hold SET sealed = :sealed WHERE number = 2", sealed=sealed)
    with pytest.raises(Tampered, match="not in its form"):
        show_hold(house.practice, logged_in(house, "max"), 2)


def test_the_reason_of_another_hold_does_not_open_here(house: House) -> None:
    by_hand(house, 4)
    by_sql(
        house,
        "UPDATE hold SET sealed = (SELECT sealed FROM hold WHERE number = 4) WHERE number = 2",
    )
    with pytest.raises(Tampered):
        show_hold(house.practice, logged_in(house, "max"), 2)


# --- with a key of one's own, and a program that asks nobody --------------------------------------


def forge(house: House, login: str, act: str, *subject: str) -> None:
    """Write a leaf with one's own key, as a changed program would."""
    actor = signed_in(house, login)
    with writing(house.practice, actor.signer) as transaction:
        transaction.leaf(act, actor=actor.person.id, subject=subject)
    house.open()


def end_with_its_hold(house: House, login: str, reference: str, end: str) -> None:
    """End a request and lift its hold, with one's own key or with none, columns and all."""
    actor, request = signed_in(house, login) if login else None, request_id(house, reference)
    (hold,) = rows(house, "SELECT id FROM hold WHERE request = :request", request=request)
    by = actor.person.id if actor else NOBODY
    with writing(house.practice, actor.signer if actor else None) as act:
        act.leaf(end, actor=by, subject=[request])
        act.leaf("hold.lifted", actor=by, subject=[hold.id, request])
    state = end.removeprefix("request.")
    by_sql(house, "UPDATE hold SET state = 'lifted' WHERE id = :id", id=hold.id)
    by_sql(house, "UPDATE request SET state = :state WHERE id = :id", state=state, id=request)
    house.open()


def newest_uid(house: House) -> str:
    return str(rows(house, "SELECT uid FROM recording ORDER BY id DESC")[0].uid)


def test_who_may_not_search_cannot_say_that_a_request_describes_nothing(house: House) -> None:
    forge(house, "sam", "hold.matched", hold_id(house, 3), newest_uid(house))
    by_sql(house, "UPDATE hold SET state = 'placed', matched_to = 4 WHERE number = 3")
    assert "by somebody who may not search" in found(house)


def test_who_may_search_no_more_cannot_either(house: House) -> None:
    change_role(house.practice, signed_in(house, "dora"), login="max", role=Role.STAFF)
    house.open()
    forge(house, "max", "hold.matched", hold_id(house, 3), newest_uid(house))
    by_sql(house, "UPDATE hold SET state = 'placed', matched_to = 4 WHERE number = 3")
    assert "by somebody who may not search" in found(house)


def test_a_hold_placed_by_hand_is_not_matched(house: House) -> None:
    forge(house, "max", "hold.matched", hold_id(house, 2), newest_uid(house))
    by_sql(house, "UPDATE hold SET matched_to = 4 WHERE number = 2")
    assert "matches a hold" in found(house)


@pytest.mark.parametrize("login", ["sam", "max", "dora"])
def test_one_person_alone_lifts_nothing(house: House, login: str) -> None:
    forge(house, login, "hold.lifted", hold_id(house, 2))
    by_sql(house, "UPDATE hold SET state = 'lifted' WHERE number = 2")
    assert found(house) == "a hold was lifted by one person alone"


PAIRS = {
    "neither governs": ("max", "mia"),
    "the second decides nothing": ("dora", "sam"),
    "one is not two": ("dora", "dora"),
    "the second governs, the first does not": ("max", "dora"),
}


@pytest.mark.parametrize(("first", "second"), PAIRS.values(), ids=PAIRS)
def test_two_people_who_may_not_lift_nothing(house: House, first: str, second: str) -> None:
    forge(house, first, "hold.lifted", hold_id(house, 2))
    forge(house, second, "hold.lifted", hold_id(house, 2))
    by_sql(house, "UPDATE hold SET state = 'lifted' WHERE number = 2")
    assert found(house) == "a hold was matched or lifted by somebody who may not"


def test_a_third_leaf_does_not_lift_again(house: House) -> None:
    lift(house, 2)
    forge(house, "dora", "hold.lifted", hold_id(house, 2))
    assert found(house).startswith("a hold's history has hold.lifted")


def test_a_request_s_hold_is_lifted_by_nobody_before_the_request_ends(house: House) -> None:
    forge(house, "dora", "hold.lifted", hold_id(house, 1), request_id(house, "R-1"))
    by_sql(house, "UPDATE hold SET state = 'lifted' WHERE number = 1")
    assert found(house) == "a hold was lifted before its request had ended"


def test_that_the_request_ended_later_does_not_mend_it(house: House) -> None:
    forge(house, "dora", "hold.lifted", hold_id(house, 3), request_id(house, "R-2"))
    by_sql(house, "UPDATE hold SET state = 'lifted' WHERE number = 3")
    forge(house, "sam", "request.withdrawn", request_id(house, "R-2"))
    by_sql(house, "UPDATE request SET state = 'withdrawn' WHERE number = 2")
    assert found(house) == "a hold was lifted before its request had ended"


def test_the_end_of_another_request_lifts_nothing(house: House) -> None:
    withdraw_request(house.practice, logged_in(house, "sam"), "R-2")
    forge(house, "dora", "hold.lifted", hold_id(house, 1), request_id(house, "R-2"))
    by_sql(house, "UPDATE hold SET state = 'lifted' WHERE number = 1")
    assert found(house) == "a hold was lifted before its request had ended"


NOT_HIS_TO_END = {
    "sam withdraws what max asked for": ("sam", "R-1", "request.withdrawn"),
    "sam denies it": ("sam", "R-1", "request.denied"),
    "max denies his own": ("max", "R-1", "request.denied"),
    "pat denies what is kept for the Data Controller": ("pat", "R-1", "request.denied"),
    "it lapses, though the law sets its day": ("sam", "R-1", "request.lapsed"),
    "dora withdraws what sam asked for": ("dora", "R-2", "request.withdrawn"),
    "sam denies, who decides nothing": ("sam", "R-2", "request.denied"),
}


@pytest.mark.parametrize(("login", "reference", "end"), NOT_HIS_TO_END.values(), ids=NOT_HIS_TO_END)
def test_nobody_lets_go_what_a_request_holds_by_ending_it_who_may_not(
    house: House, login: str, reference: str, end: str
) -> None:
    end_with_its_hold(house, login, reference, end)
    assert (
        contradictions(house)
        == [
            "a request that lapsed has a day of the law's or a court's"
            if end == "request.lapsed"
            else f"a request's history has {end} by somebody who may not"
        ]
        * 2
    )  # of the request, and of its hold


def test_no_approval_of_an_erasure_rests_on_such_an_end(house: House) -> None:
    end_with_its_hold(house, "sam", "R-1", "request.withdrawn")
    erasure = ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=[1])
    with pytest.raises(Tampered, match=r"has request\.withdrawn by somebody who may not"):
        approve(house, erasure, "dora", to="dora", recordings=(1,))
    assert rows(house, "SELECT * FROM grant_") == []


@pytest.mark.parametrize("end", ["request.withdrawn", "request.denied", "request.lapsed"])
def test_nor_does_whoever_has_no_key_at_all(house: House, end: str) -> None:
    end_with_its_hold(house, "", "R-1", end)
    assert verified(house).verdict is Verdict.TAMPERED
    with pytest.raises(Tampered, match="was written by no command of callrec"):
        ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=[1])


def test_nor_by_giving_the_request_a_purpose_that_lapses(house: House) -> None:
    end_with_its_hold(house, "sam", "R-1", "request.lapsed")
    by_sql(house, "UPDATE request SET purpose = 'complaint' WHERE number = 1")
    assert verified(house).verdict is Verdict.TAMPERED


def test_nor_by_letting_it_lapse_sooner_than_any_request_does(house: House) -> None:
    end_with_its_hold(house, "sam", "R-2", "request.lapsed")
    assert {*contradictions(house)} == {"a request lapsed sooner than any does"}


def test_nor_by_letting_lapse_what_a_court_ordered(house: House) -> None:
    order = further_of(Purpose.OUTSIDE_BODY, legal_basis="court-order", answer_by="2027-03-01")
    reference = ask(house, purpose=Purpose.OUTSIDE_BODY, number=ANN, further=order)
    pass_days(house, 60)
    end_with_its_hold(house, "sam", reference, "request.lapsed")
    assert {*contradictions(house)} == {"a request that lapsed has a day of the law's or a court's"}
    erasure = ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=[1])
    with pytest.raises(Tampered, match="a court's"):
        approve(house, erasure, "dora", to="dora", recordings=(1,))


def test_a_hold_is_lifted_by_whoever_ended_its_request(house: House) -> None:
    forge(house, "sam", "request.withdrawn", request_id(house, "R-2"))
    forge(house, "dora", "hold.lifted", hold_id(house, 3), request_id(house, "R-2"))
    by_sql(house, "UPDATE request SET state = 'withdrawn' WHERE number = 2")
    by_sql(house, "UPDATE hold SET state = 'lifted' WHERE number = 3")
    assert found(house) == "a hold was lifted by somebody else than ended its request"


def test_a_leaf_that_names_no_hold_is_damage_and_no_bug(house: House) -> None:
    forge(house, "sam", "hold.covers")
    assert "hold.covers, does not name what that was done to; sam signed it" in found(house)


def test_a_leaf_in_somebody_elses_name_is_named(house: House) -> None:
    sam, dora = signed_in(house, "sam"), signed_in(house, "dora")
    with writing(house.practice, sam.signer) as act:
        act.leaf("hold.lifted", actor=dora.person.id, subject=[hold_id(house, 2)])
    assert verified(house).verdict is Verdict.TAMPERED


# --- what the matching meets ----------------------------------------------------------------------


def test_a_request_that_was_changed_in_the_database_is_not_matched_by_it(house: House) -> None:
    by_sql(
        house,
        "UPDATE request_version SET sealed = (SELECT sealed FROM request_version v"
        " JOIN request r ON r.id = v.request WHERE r.number = 1) WHERE request ="
        " (SELECT id FROM request WHERE number = 2)",
    )
    with pytest.raises(Tampered, match="request R-2 does not open"):
        look(house)
    assert last_leaf(house).act == "hold.matched"
    assert named(house, 3) == {4}


def test_who_has_not_all_versions_of_the_keys_matches_nothing(house: House) -> None:
    before = logged_in(house, "max")
    change_role(house.practice, signed_in(house, "dora"), login="mia", role=Role.STAFF)
    house.open()  # the keys went on under new versions, which that session does not have
    leaf = last_leaf(house)
    expire_lapsed(house.practice, before)
    assert last_leaf(house) == leaf
    look(house)
    assert last_leaf(house).act == "hold.matched"


def test_an_ended_request_is_not_matched(house: House) -> None:
    pass_days(house, 15)  # the complaint lapses undecided
    look(house)
    assert held(house) == {1, 2, 3}
    assert verified(house).verdict is Verdict.INTACT
