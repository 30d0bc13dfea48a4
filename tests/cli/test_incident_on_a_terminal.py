"""On a terminal, ``incident report`` and ``incident close`` ask for what was left out."""

from __future__ import annotations

from callrec.policy.incident import Outcome
from cli.test_request_on_a_terminal import on_a_terminal
from house.incidents import GRAVE, WHAT, an_incident, found, opened
from house.practices import House


def test_each_thing_is_asked_for_one_by_one(stocked: House) -> None:
    shown = on_a_terminal(stocked, "sam", "incident report", "now", WHAT, "mia", "1, 2", "none")
    asked = ["noticed", "What happened", "line manager", "Recordings", "Request"]
    places = [shown.index(word) for word in asked]
    assert places == sorted(places)
    assert "I-1 is reported; mia is told. 72 hours end Fri 27 Nov 2026, 12:30." in shown
    body = opened(stocked, "I-1").body
    assert (body.what, len(body.recordings), body.request) == (WHAT, 2, "")


def test_who_names_no_manager_tells_the_data_controller(house: House) -> None:
    shown = on_a_terminal(
        house, "sam", "incident report", "2026-11-24T09:00", WHAT, "none", "none", "none"
    )
    assert "dora is told" in shown
    assert shown.endswith("[0]")


def test_how_it_ended_is_asked_for(house: House) -> None:
    reference = an_incident(house)
    found(house, reference, GRAVE)
    shown = on_a_terminal(
        house,
        "dora",
        f"incident close {reference} --yes",
        "reported",
        "today",
        "The Commissioner was told by telephone",
    )
    assert "the Information Commissioner was told" in shown
    closing = opened(house, reference).body.closing
    assert closing is not None
    assert closing.outcome is Outcome.REPORTED
    assert shown.endswith("[0]")


def test_what_was_found_out_is_asked_for_until_there_is_no_more_to_say(house: House) -> None:
    reference = an_incident(house)
    shown = on_a_terminal(
        *(house, "mia", "incident update", "1"),
        *("facts", "It played in the waiting room", "likelihood", "9", "2", "done"),
    )
    assert "done  there is no more to say" in shown
    assert "that cannot be used; a whole number from 1 to 5" in shown
    assert f"{reference} is added to." in shown
    findings = opened(house, reference).body.findings
    assert (findings.facts, findings.likelihood) == ("It played in the waiting room", 2)
