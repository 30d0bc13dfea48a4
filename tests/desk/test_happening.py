"""What happens to a request, recorded at the desk: the same acts as at a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.policy.purpose import Purpose
from callrec.requests.show import show_request
from house.commands import done, type_in
from house.desks import visit, written
from house.handed_over import hand_over, released
from house.holds import ANN, ask, with_two_callers
from house.listening import hear
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    further_of,
    signed_in,
    state_of,
)

ACCESS = Purpose.SUBJECT_ACCESS


def two_of_them(house: House, **further: str) -> None:
    """R-1 and R-2 ask for the same, with a clock."""
    said = further_of(ACCESS, received="2026-11-20", **further)
    for _ in range(2):
        a_request(house, purpose=ACCESS, further=said, recordings=[1])
    done(house, "dora", "request", "show", "R-1")  # what their holds name is looked for now


EVENTS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("ask", {"for": "clarification", "reason": ANOTHER_REASON}, ["request.asked"]),
    ("extend", {"reason": ANOTHER_REASON}, ["request.extended"]),
    ("identity", {}, ["request.answered"]),
    ("fee", {"reason": ANOTHER_REASON}, ["request.answered"]),
    (
        "third-parties",
        {"reason": ANOTHER_REASON, "not_heard": "1=It was heard on the day itself"},
        ["request.third-parties"],
    ),
]


@pytest.mark.parametrize(("event", "filled", "acts"), EVENTS, ids=[each[0] for each in EVENTS])
def test_an_event_writes_the_same_leaves_as_at_a_terminal(
    stocked: House, event: str, filled: dict[str, Any], acts: list[str]
) -> None:
    two_of_them(stocked, identity="unknown")
    words = [f"--{name.replace('_', '-')}={text}" for name, text in filled.items()]
    command = ("request", "event", "R-1", event, "--on", "today", *words)
    typed = written(stocked, lambda: done(stocked, "dora", *command))
    dora, address = visit(stocked, "dora"), f"/requests/R-2/event/{event}"
    assert written(stocked, lambda: dora.fill_in(address, on="today", **filled)) == typed
    assert [each.act for each in typed] == acts


def test_what_follows_from_an_event_is_said(stocked: House) -> None:
    two_of_them(stocked)
    dora = visit(stocked, "dora")
    filled: dict[str, Any] = {"for": "identity", "reason": ANOTHER_REASON}
    shown = dora.fill_in("/requests/R-1/event/ask", on="today", **filled)
    assert "R-1 is waiting." in shown.words


def test_a_package_is_handed_over_and_acknowledged_with_the_same_leaves(granted: House) -> None:
    approve(granted, a_request(granted))
    released(granted, "R-1"), released(granted, "R-2")
    handed: dict[str, Any] = {"by": "letter", "to_whom": "Siân O'Neill"}
    words = ("--on", "today", "--by", "letter", "--to-whom", "Siân O'Neill")
    typed = written(
        granted, lambda: done(granted, "sam", "request", "event", "R-1", "handed-over", *words)
    )
    sam, address = visit(granted, "sam"), "/requests/R-2/event"
    assert written(granted, lambda: sam.fill_in(f"{address}/handed-over", **handed)) == typed
    assert [each.act for each in typed] == ["release.handed-over"]
    why = ("--on", "today", "--reason", ANOTHER_REASON)
    typed = written(
        granted, lambda: done(granted, "sam", "request", "event", "R-1", "acknowledged", *why)
    )
    said: dict[str, Any] = {"reason": ANOTHER_REASON}
    assert written(granted, lambda: sam.fill_in(f"{address}/acknowledged", **said)) == typed


def test_only_what_fits_its_purpose_and_state_is_offered(granted: House) -> None:
    two_of_them(granted)
    dora = visit(granted, "dora")
    assert not [each for each in dora.open("/requests/R-1/event").links if "/event/" in each]
    offered = {each.rpartition("/")[2] for each in dora.open("/requests/R-2/event").links}
    assert {"ask", "extend", "answer", "identity", "fee", "third-parties"} <= offered
    assert offered.isdisjoint({"handed-over", "acknowledged"})


def test_once_it_is_refused_nothing_more_is_asked_for(stocked: House) -> None:
    two_of_them(stocked)
    dora = visit(stocked, "dora")
    assert "/requests/R-1/event/ask" in dora.open("/requests/R-1").links
    words = ("deny", "R-1", "--reason", ANOTHER_REASON, "--code", "unfounded", "--yes")
    done(stocked, "dora", *words)
    assert "/requests/R-1/event/ask" not in dora.open("/requests/R-1").links


def test_an_event_that_cannot_be_is_refused_in_the_same_words(stocked: House) -> None:
    a_request(stocked)
    filled: dict[str, Any] = {"reason": ANOTHER_REASON, "for": "fee"}
    shown = visit(stocked, "max").fill_in("/requests/R-1/event/ask", **filled)
    words = ("ask", "--on", "today", "--for", "fee", "--reason", ANOTHER_REASON)
    error = type_in(stocked, "max", "request", "event", "R-1", *words).err
    told = error.partition("error: ")[2].partition("\n")[0].partition(" [")[0]
    assert told[1:] in shown.words
    assert shown.fields["reason"] == [ANOTHER_REASON]


def test_an_event_of_no_kind_has_no_page(stocked: House) -> None:
    a_request(stocked)
    assert visit(stocked, "max").open("/requests/R-1/event/party").status == 404


def test_a_request_is_closed_with_the_same_leaves(granted: House) -> None:
    approve(granted, a_request(granted))
    hear(granted, "R-1", 1), hear(granted, "R-2", 1)
    typed = written(granted, lambda: done(granted, "sam", "request", "close", "R-1", "--yes"))
    sam = visit(granted, "sam")
    refused = sam.fill_in("/requests/R-2/close", typed="R-1")
    assert "Not confirmed, so nothing was done." in refused.words
    assert written(granted, lambda: sam.fill_in("/requests/R-2/close", typed="R-2")) == typed
    assert state_of(granted, "R-2") == "closed"


def test_before_it_is_closed_it_is_said_what_nobody_can_record_then(granted: House) -> None:
    released(granted, "R-1")
    told = "1 release is not recorded as handed over."
    assert told in visit(granted, "sam").open("/requests/R-1/close").words
    hand_over(granted, "R-1")
    assert told not in visit(granted, "sam").open("/requests/R-1/close").words


def test_a_request_is_withdrawn_with_the_same_leaves(stocked: House) -> None:
    a_request(stocked), a_request(stocked)
    typed = written(stocked, lambda: done(stocked, "sam", "request", "withdraw", "R-1", "--yes"))
    sam, address = visit(stocked, "sam"), "/requests/R-2/withdraw"
    withdrawn = written(stocked, lambda: sam.fill_in(address, password=False, typed="R-2"))
    assert withdrawn == typed


@pytest.fixture
def callers(house: House) -> House:
    """R-1 and R-2 ask for Ann's calls, which are 1 and 2."""
    house = with_two_callers(house)
    ask(house, purpose=ACCESS, number=ANN)
    ask(house, purpose=Purpose.PORTABILITY, number=ANN)
    done(house, "dora", "request", "show", "R-1")
    return house


def test_what_matches_is_gathered_with_the_same_leaves(callers: House) -> None:
    typed = written(callers, lambda: done(callers, "dora", "request", "gather", "R-1"))
    dora = visit(callers, "dora")
    assert written(callers, lambda: dora.fill_in("/requests/R-2/gather")) == typed
    assert [each.act for each in typed][:2] == ["request.gathering", "request.gathered"]


def test_what_is_left_out_is_shown_with_its_ground(callers: House) -> None:
    dora = visit(callers, "dora")
    found = dora.fill_in("/requests/R-1/gather")
    assert "2 recordings match R-1. Added: 2. Left out: 0." in found.words
    left_out: dict[str, Any] = {"leave-1": "third-party", "leave-2": ""}
    again = dora.fill_in("/requests/R-1/gather", **left_out)
    assert "Left out: 1, third party: it would tell of another person" in again.words
    assert again.fields["leave-1"] == ["third-party"]
    shown = show_request(callers.open(), signed_in(callers, "dora"), "R-1")
    assert [each.id for each in shown.recordings] == [2]
