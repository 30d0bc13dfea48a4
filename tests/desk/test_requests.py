"""Requests at the desk: what waits, the list, and one as it stands with its warnings first."""

from __future__ import annotations

import re
from datetime import date, timedelta

from callrec.policy.purpose import Purpose
from house.commands import done, refusal, type_in
from house.desks import Shown, Visit, visit, written
from house.holds import ANN, ask, with_two_callers
from house.practices import House
from house.requests import ANOTHER_REASON, REASON, a_request, approve, further_of


def warnings_of(shown: Shown) -> str:
    """What stands before all else on a request's page."""
    before, found, _ = shown.words.partition("made this request on")
    assert found
    return before


def wants_their_calls(house: House, **further: str) -> str:
    """A request for subject access, which has a clock."""
    said = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20", **further)
    return a_request(house, purpose=Purpose.SUBJECT_ACCESS, further=said, recordings=[1])


def test_each_line_of_the_inbox_leads_to_the_page_that_answers_it(granted: House) -> None:
    a_request(granted)
    wants_their_calls(granted)
    dora = visit(granted, "dora").open("/")
    assert {"/requests/R-2/approve", "/requests/R-3/approve"} <= {*dora.links}
    granted.at += timedelta(days=60)
    late = visit(granted, "dora").open("/")
    assert '<tr class="overdue">' in late.html
    assert "R-3decidesubject accesssam1OVERDUE Mon 21 Dec 2026" in late.words


def test_the_inbox_says_what_became_of_what_one_asked_for(granted: House) -> None:
    sam = visit(granted, "sam").open("/")
    assert "R-1protect partiesapprovedTue 24 Nov 2026, 12:002" in sam.words
    assert "/requests/R-1" in sam.links
    assert "You have made no request." in visit(granted, "mia").open("/").words


def test_the_inbox_warns_of_requests_in_the_words_of_status(stocked: House) -> None:
    approve(stocked, a_request(stocked, "dora"), "dora", glass_reason=ANOTHER_REASON)
    told = done(stocked, "max", "status")
    shown = visit(stocked, "max").open("/").words.partition("What to look after\n")[2]
    for warning in ("decided R-1 alone, and nobody has reviewed it", "signed beside dora"):
        assert warning in told
        assert warning in shown
    assert "nobody has reviewed it: review R-1." in shown


def test_the_list_is_narrowed_by_state_and_purpose(granted: House) -> None:
    wants_their_calls(granted)
    pat = visit(granted, "pat")
    assert {"/requests/R-1", "/requests/R-2"} <= {*pat.open("/requests").links}
    assert "/requests/R-2" not in pat.open("/requests?state=approved").links
    assert "/requests/R-1" not in pat.open("/requests?purpose=subject-access").links
    assert "/requests/R-1" not in pat.open("/requests?mine=yes").links
    assert pat.open("/requests?state=nowhere").status == 422


def test_staff_are_shown_their_own_requests_alone(granted: House) -> None:
    a_request(granted, "mia")
    assert "/requests/R-2" not in visit(granted, "sam").open("/requests").links
    shown = visit(granted, "sam").open("/requests/R-2")
    assert shown.status == 403
    assert refusal(type_in(granted, "sam", "request", "show", "R-2")) in shown.words


def test_a_request_is_shown_with_the_same_leaves_as_by_the_command(granted: House) -> None:
    typed = written(granted, lambda: done(granted, "max", "request", "show", "R-1"))
    max_ = visit(granted, "max")
    assert written(granted, lambda: max_.open("/requests/R-1")) == typed
    assert [each.act for each in typed] == ["request.shown"]


def test_whose_login_does_not_open_it_gives_the_password_first(granted: House) -> None:
    sam = visit(granted, "sam")
    asked = sam.open("/requests/R-1")
    assert asked.fields["to"] == ["/requests/R-1"]
    assert REASON not in asked.html
    assert REASON in sam.fill_in("/unlock", to="/requests/R-1").words


def test_who_is_not_concerned_reads_it_masked(granted: House) -> None:
    reference = wants_their_calls(granted)
    shown = visit(granted, "mia").open(f"/requests/{reference}")
    assert "not shown to you" in shown.words
    assert REASON not in shown.html
    assert "O'Neill" not in shown.words


def test_what_is_not_of_the_day_is_said_first(stocked: House) -> None:
    a_request(stocked, day=date(2024, 7, 5), recordings=[1])
    shown = visit(stocked, "max").open("/requests/R-1")
    assert "Recording 1: its day is not the one that the request says." in warnings_of(shown)


def test_that_a_person_brought_it_in_is_said_first(stocked: House) -> None:
    a_request(stocked)
    told = "Brought in by hand, not by the telephone system's own service: 1, 2."
    assert told in warnings_of(visit(stocked, "max").open("/requests/R-1"))


def test_that_nobody_proved_who_they_are_is_said_first(stocked: House) -> None:
    reference = wants_their_calls(stocked, identity="unknown")
    shown = visit(stocked, "dora").open(f"/requests/{reference}")
    assert "Proof of identity has not come: record what happened with R-1." in warnings_of(shown)
    assert "/requests/R-1/event/identity" in shown.links


def test_that_it_is_about_the_reader_is_said_first(stocked: House) -> None:
    about = further_of(Purpose.DISCIPLINARY, employee="pat")
    a_request(stocked, purpose=Purpose.DISCIPLINARY, recordings=[1], further=about)
    pat = warnings_of(visit(stocked, "pat").open("/requests/R-1"))
    assert "This request is about you, so you cannot decide it." in pat
    dora = warnings_of(visit(stocked, "dora").open("/requests/R-1"))
    assert "This request is about pat, so pat cannot decide it." in dora


def test_that_not_all_was_gathered_is_said_first(house: House) -> None:
    callers = with_two_callers(house)
    reference = ask(callers, purpose=Purpose.SUBJECT_ACCESS, number=ANN)
    told = f"Nobody has gathered what matches it: gather what matches {reference}."
    assert told in warnings_of(visit(callers, "dora").open(f"/requests/{reference}"))


def test_what_was_decided_alone_is_said_first(stocked: House) -> None:
    approve(stocked, a_request(stocked, "dora"), "dora", glass_reason=ANOTHER_REASON)
    shown = warnings_of(visit(stocked, "pat").open("/requests/R-1"))
    assert "Dora decided this alone; it is unreviewed: review R-1." in shown


def test_the_clock_is_shown_with_its_reasons(stocked: House) -> None:
    wants_their_calls(stocked)
    shown = visit(stocked, "dora").open("/requests/R-1").words
    assert "DueMon 21 Dec 2026" in shown
    assert "One month" in shown.partition("DueMon")[2].partition("What it says")[0]


def test_only_what_they_may_do_is_offered(granted: House) -> None:
    a_request(granted)
    max_, sam = visit(granted, "max"), visit(granted, "sam")
    assert offered(max_, "R-1") == {"approve", "gather", "revoke"}
    assert offered(max_, "R-2") == {"approve", "deny", "gather"}
    sam.fill_in("/unlock", to="/requests/R-2")
    assert offered(sam, "R-2") == {"withdraw"}


def offered(who: Visit, reference: str) -> set[str]:
    """The pages of deciding and ending it that a request's page leads to."""
    links = who.open(f"/requests/{reference}").links
    pages = {each.removeprefix(f"/requests/{reference}/") for each in links}
    return pages & {"approve", "deny", "revoke", "close", "withdraw", "gather", "event"}


def test_who_made_it_or_whom_it_is_about_is_not_offered_to_decide_it(stocked: House) -> None:
    a_request(stocked, "mia")
    assert offered(visit(stocked, "mia"), "R-1") == {"withdraw", "gather"}
    a_request(stocked, purpose=Purpose.ABUSIVE_CALL, further=further_of(Purpose.ABUSIVE_CALL))
    assert offered(visit(stocked, "mia"), "R-2") == set()
    assert offered(visit(stocked, "max"), "R-2") == {"approve", "deny", "gather"}
    refused = visit(stocked, "mia").open("/requests/R-2/approve")
    assert refused.status == 403
    assert "You cannot approve or deny a request about yourself" in refused.words


def test_no_title_or_address_has_anything_of_it(stocked: House) -> None:
    a_request(stocked)
    shown = visit(stocked, "max").open("/requests/R-1")
    assert "<title>Request R-1 - callrec</title>" in shown.html
    assert all(re.fullmatch(r"[#/A-Za-z0-9?=._-]*", each) for each in shown.links)
