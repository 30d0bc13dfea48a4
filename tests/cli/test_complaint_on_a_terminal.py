"""On a terminal, the commands about complaints ask for what was left out."""

from __future__ import annotations

from callrec.policy.rights.complaint import ComplaintAct, Finding
from cli.test_request_on_a_terminal import on_a_terminal
from house.complaints import COMPLAINANT, CONTACT, FOUND, WRONG, a_complaint, opened
from house.practices import House


def test_each_thing_is_asked_for_one_by_one_and_again_until_it_will_do(house: House) -> None:
    answers = ("", "letter", COMPLAINANT, CONTACT, "my data", WRONG, "", "")
    shown = on_a_terminal(house, "sam", "complaint receive", *answers)
    asked = [
        *("When did it come", "How did it come", "Who complains", "How can we reach them"),
        *("What do they say is wrong", "Which request", "Which incident"),
    ]
    places = [shown.index(word) for word in asked]
    assert places == sorted(places)
    assert "is not a sentence" in shown
    assert "C-1 is entered. Acknowledge it by Thu 24 Dec 2026." in shown
    receipt = opened(house).receipt
    assert (receipt.complainant, receipt.what, receipt.request) == (COMPLAINANT, WRONG, "")


def test_what_came_of_it_is_asked_for(house: House) -> None:
    a_complaint(house)
    shown = on_a_terminal(
        house, "dora", "complaint outcome C-1 --yes", "upheld", FOUND, "letter", ""
    )
    assert "they are right" in shown
    assert shown.endswith("[0]")
    answer = opened(house).said(ComplaintAct.ANSWERED)
    assert answer is not None
    assert (answer.finding, answer.what) == (Finding.UPHELD, FOUND)


def test_who_names_no_complaint_is_offered_theirs(house: House) -> None:
    a_complaint(house)
    shown = on_a_terminal(house, "dora", "complaint acknowledge", "1", "phone", "")
    assert "C-1  received  received Tue 24 Nov 2026  by sam" in shown
    assert "C-1 is acknowledged." in shown
