"""Holds, retention and drives at the desk: by the same acts as at a terminal."""

from __future__ import annotations

import json
from typing import Any

from callrec.policy.hold import HoldState
from house.commands import by_two, done, type_in
from house.desks import visit, written
from house.holds import by_hand, lift, named, the_hold
from house.practices import House, password_of
from house.requests import ANOTHER_REASON, REASON, rows
from house.retention import approved_disposal
from house.stages import ALL_DUE, CALLERS, copied

callers = copied(CALLERS)

all_due = copied(ALL_DUE)

SECOND: dict[str, Any] = {"second": "pat", "second_password": password_of("pat")}


def test_a_hold_is_placed_listed_and_shown_as_at_a_terminal(callers: House) -> None:
    max_ = visit(callers, "max")
    words = ("hold", "place", "1", "2", "--reason", REASON)
    typed = written(callers, lambda: done(callers, "max", *words))
    filled: dict[str, Any] = {"recordings": "3, 4", "reason": REASON}
    assert written(callers, lambda: max_.fill_in("/holds/place", **filled)) == typed
    assert named(callers, 2) == {3, 4}
    for address, *command in (
        ("/holds", "hold", "list"),
        ("/holds/H-2", "hold", "show", "H-2"),
    ):
        document = json.loads(done(callers, "max", *command, "--json"))
        document.pop("by", None)
        assert json.loads(max_.open(f"{address}?as=json").answered.body) == document
    shown = max_.open("/holds/H-2")
    assert f"Reason{REASON}" in shown.words
    assert "Recordings3, 4" in shown.words


def test_to_list_holds_is_not_on_record_and_to_show_one_is(callers: House) -> None:
    by_hand(callers, 1)
    max_ = visit(callers, "max")
    assert written(callers, lambda: max_.open("/holds")) == []
    shown = written(callers, lambda: done(callers, "max", "hold", "show", "H-1"))
    assert written(callers, lambda: max_.open("/holds/H-1")) == shown


def test_a_hold_without_a_reason_is_refused_in_the_same_words(callers: House) -> None:
    told = type_in(callers, "max", "hold", "place", "1", "--reason", "x")
    filled: dict[str, Any] = {"recordings": "1", "reason": "x"}
    shown = visit(callers, "max").fill_in("/holds/place", **filled)
    assert told.err.partition("error: ")[2].partition(" [")[0][1:] in shown.words
    assert shown.fields["reason"] == ["x"]


def test_a_hold_is_lifted_by_two_as_at_a_terminal(callers: House) -> None:
    by_hand(callers, 1)
    by_hand(callers, 2)
    dora = visit(callers, "dora")
    alone = dora.fill_in("/holds/H-2/lift", reason=ANOTHER_REASON, confirmed="yes")
    assert "a hold is lifted by two people" in alone.words.lower()
    assert the_hold(callers, 2).state is HoldState.PLACED
    words = ("hold", "lift", "H-1", "--reason", ANOTHER_REASON, "--yes")
    typed = written(callers, lambda: by_two(callers, *words))
    filled: dict[str, Any] = {"reason": ANOTHER_REASON, "confirmed": "yes", **SECOND}
    assert written(callers, lambda: dora.fill_in("/holds/H-2/lift", **filled)) == typed
    assert the_hold(callers, 2).state is HoldState.LIFTED


def test_what_is_due_is_counted_as_the_command_counts_it(all_due: House) -> None:
    by_hand(all_due, 1)
    max_ = visit(all_due, "max")
    file = all_due.folder / "due.csv"
    done(all_due, "max", "retention", "review", "--to", str(file))
    assert max_.open("/retention?as=csv").answered.body == file.read_bytes()
    typed = json.loads(done(all_due, "max", "retention", "review", "--json"))
    typed.pop("by")
    assert json.loads(max_.open("/retention?as=json").answered.body) == typed
    assert "H-1: 1" in max_.open("/retention").words


def test_a_disposal_is_proposed_as_at_a_terminal(all_due: House) -> None:
    max_ = visit(all_due, "max")
    foreseen = max_.open("/retention/propose")
    assert "Recordings that would be proposed for disposal: 4." in foreseen.words
    assert rows(all_due, "SELECT id FROM request") == []
    first = written(all_due, lambda: max_.fill_in("/retention/propose", password=False))
    assert [each.act for each in first] == ["request.created"]
    assert len(rows(all_due, "SELECT id FROM request")) == 1


def test_a_disposal_is_carried_out_once_its_reference_was_typed(all_due: House) -> None:
    reference = approved_disposal(all_due)
    dora = visit(all_due, "dora")
    foreseen = dora.fill_in(f"/retention/dispose/{reference}")
    assert "Would destroy 4 recordings:" in foreseen.words
    refused = dora.fill_in(foreseen.address, typed="R-9")
    assert "Not confirmed, so nothing was done." in refused.words
    assert len(rows(all_due, "SELECT id FROM recording WHERE state != 'destroyed'")) == 4
    shown = dora.fill_in(foreseen.address, typed=reference)
    assert f"{reference}: 4 recordings are destroyed, certificate C-1." in shown.words


def test_a_disposal_is_on_record_as_at_a_terminal(all_due: House) -> None:
    by_hand(all_due, 3, 4)
    made = approved_disposal(all_due)
    words = ("retention", "dispose", made, "--yes")
    typed = written(all_due, lambda: done(all_due, "dora", *words))
    lift(all_due, 1)
    again = approved_disposal(all_due)
    dora = visit(all_due, "dora")

    def at_the_desk() -> None:
        foreseen = dora.fill_in(f"/retention/dispose/{again}")
        dora.fill_in(foreseen.address, typed=again)

    assert [each.act for each in written(all_due, at_the_desk)] == [each.act for each in typed]


def test_an_intake_is_taken_back_as_at_a_terminal(callers: House) -> None:
    (batch,) = {
        row.batch.hex() if isinstance(row.batch, bytes) else row.batch
        for row in rows(callers, "SELECT batch FROM recording")
    }
    max_ = visit(callers, "max")
    asked: dict[str, Any] = {"batch": batch[:8], "reason": ANOTHER_REASON}
    told = type_in(callers, "max", "retention", "undo", batch[:8], "--reason", ANOTHER_REASON)
    shown = max_.fill_in("/retention/undo", how="propose", **asked)
    message = told.err.partition("error: ")[2].partition(" [")[0].splitlines()
    assert told.status == 0 or message[0][1:] in shown.words


def test_drives_are_listed_as_the_command_lists_them(archived: House) -> None:
    for login in ("max", "sam"):
        shown = visit(archived, login)
        typed = json.loads(done(archived, login, "archive", "list", "--json"))
        typed.pop("by", None)
        assert json.loads(shown.open("/drives?as=json").answered.body) == typed


def test_who_has_a_drive_is_written_down_as_at_a_terminal(archived: House) -> None:
    max_ = visit(archived, "max")
    words = ("archive", "keep", "drive-a", "--with", "Pat Ellison", "--at", "the fire safe")
    typed = written(archived, lambda: done(archived, "max", *words))
    kept: dict[str, Any] = {"label": "drive-a", "by": "Max Harding", "at": "the bank"}
    assert written(archived, lambda: max_.fill_in("/drives/keep", password=False, **kept)) == typed
    assert "the bank" in max_.open("/drives").words
    assert "the bank" not in visit(archived, "sam").open("/drives").words
