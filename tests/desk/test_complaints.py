"""Complaints about personal data, at the desk: the same acts as those of the command line."""

from __future__ import annotations

from functools import partial
from typing import Any

from callrec.complaints.show import show_complaint
from callrec.policy.rights.complaint import ComplaintState
from house.commands import done, refusal, type_in
from house.complaints import COMPLAINANT, CONTACT, DONE, FOUND, WRONG, a_complaint, acknowledged
from house.desks import visit, written
from house.practices import House
from house.requests import signed_in

RECEIVED: dict[str, Any] = {"how": "letter", "from": COMPLAINANT, "contact": CONTACT, "what": WRONG}


def test_anybody_enters_one_and_reads_by_when_it_is_acknowledged(house: House) -> None:
    sam = visit(house, "sam")
    shown = sam.fill_in("/complaints/new", password=False, **RECEIVED)
    assert "C-1 is entered. Acknowledge it by Thu 24 Dec 2026." in shown.words
    assert "/complaints/C-1/acknowledge" in shown.links
    assert WRONG not in shown.html


def test_it_is_entered_by_the_same_leaves_as_at_a_terminal(house: House) -> None:
    sam = visit(house, "sam")
    words = [f"--{name}={text}" for name, text in RECEIVED.items()]
    typed = written(house, lambda: done(house, "sam", "complaint", "receive", *words))
    assert written(house, lambda: sam.fill_in("/complaints/new", **RECEIVED)) == typed
    assert [each.act for each in typed] == ["complaint.received"]


def test_what_was_filled_in_stands_in_the_form_that_was_refused(house: House) -> None:
    sam = visit(house, "sam")
    refused = {**RECEIVED, "what": "Bad"}
    shown = sam.fill_in("/complaints/new", password="of sam", **refused)
    typed = [f"--{name}={text}" for name, text in refused.items()]
    told = type_in(house, "sam", "complaint", "receive", *typed)
    assert refusal(told) in shown.words
    assert shown.fields["from"] == [COMPLAINANT]
    assert shown.fields["how"] == ["letter"]
    assert "of sam" not in shown.html


def test_a_question_that_was_not_answered_is_asked_again(house: House) -> None:
    shown = visit(house, "sam").fill_in("/complaints/new", **{**RECEIVED, "how": ""})
    assert "A question was not answered." in shown.words
    assert "#how" in shown.links


def test_it_is_shown_with_its_clock_to_those_who_may_read_it(house: House) -> None:
    a_complaint(house)
    shown = visit(house, "dora").open("/complaints/C-1")
    assert f"Complains of{WRONG}" in shown.words
    assert "Acknowledge byThu 24 Dec 2026" in shown.words
    assert "30 days, the first of them" in shown.words


def test_whose_login_opens_none_gives_the_password_first(house: House) -> None:
    a_complaint(house)
    sam = visit(house, "sam")
    asked = sam.open("/complaints/C-1")
    assert asked.fields["to"] == ["/complaints/C-1"]
    assert WRONG not in asked.html
    assert f"Complains of{WRONG}" in sam.fill_in("/unlock", to="/complaints/C-1").words


def test_a_wrong_password_opens_nothing_and_asks_again_for_the_same_page(house: House) -> None:
    a_complaint(house)
    asked = visit(house, "sam").fill_in("/unlock", to="/complaints/C-1", password="mistyped")
    assert "That was not done" in asked.words
    assert asked.fields["to"] == ["/complaints/C-1"]


def test_after_a_password_only_a_page_of_the_desk_is_opened(house: House) -> None:
    shown = visit(house, "sam").fill_in("/unlock", to="//elsewhere.example/C-1")
    assert "Your inbox" in shown.words


def test_each_step_writes_the_same_leaves_as_at_a_terminal(house: House) -> None:
    for _ in range(2):
        a_complaint(house)
    dora = visit(house, "dora")
    steps: dict[str, dict[str, Any]] = {
        "acknowledge": {"how": "phone"},
        "progress": {"what": DONE},
        "outcome": {"finding": "upheld", "what": FOUND, "how": "letter"},
    }
    for step, said in steps.items():
        words = [f"--{name}={text}" for name, text in said.items()]
        confirmed = ("--yes",) if step == "outcome" else ()
        line = ("complaint", step, "C-1", *words, *confirmed)
        typed = written(house, partial(done, house, "dora", *line))
        fill_in = partial(dora.fill_in, f"/complaints/C-2/{step}", confirmed="yes", **said)
        at_desk = written(house, fill_in)
        assert at_desk == typed
    states = {
        show_complaint(house.practice, signed_in(house, "dora"), each).state
        for each in ("C-1", "C-2")
    }
    assert states == {ComplaintState.CLOSED}


def test_an_outcome_that_was_not_confirmed_closes_nothing(house: House) -> None:
    a_complaint(house)
    acknowledged(house)
    said: dict[str, Any] = {"finding": "upheld", "what": FOUND, "how": "letter"}
    shown = visit(house, "dora").fill_in("/complaints/C-1/outcome", **said)
    assert "Not confirmed, so nothing was done." in shown.words
    assert shown.fields["what"] == [FOUND]
    known = show_complaint(house.practice, signed_in(house, "dora"), "C-1")
    assert known.state is ComplaintState.ACKNOWLEDGED


def test_only_who_may_answer_closes_one_in_the_same_words(house: House) -> None:
    a_complaint(house)
    said: dict[str, Any] = {"finding": "upheld", "what": FOUND, "how": "letter"}
    line = [f"--{name}={text}" for name, text in said.items()]
    told = type_in(house, "sam", "complaint", "outcome", "C-1", *line, "--yes")
    shown = visit(house, "sam").fill_in("/complaints/C-1/outcome", confirmed="yes", **said)
    assert refusal(told) in shown.words
    assert shown.status == 403
