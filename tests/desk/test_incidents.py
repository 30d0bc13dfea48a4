"""Incidents, at the desk: the same acts as those of the command line."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from callrec.incidents.show import show_incident
from callrec.policy.incident import IncidentState
from house.commands import done, refusal, type_in
from house.desks import visit, written
from house.incidents import WHAT, WHY, an_incident
from house.practices import House
from house.requests import signed_in

REPORT: dict[str, Any] = {"noticed": "now", "what": WHAT, "tell": "mia"}

FINDINGS: dict[str, Any] = {
    "facts": "It played.",
    "effects": "Two heard it.",
    "remedy": "It was stopped.",
    "likelihood": "2",
    "impact": "2",
}

CLOSING: dict[str, Any] = {"outcome": "not-reported", "on": "today", "reason": WHY}


def options_of(said: dict[str, Any]) -> list[str]:
    return [f"--{name.replace('_', '-')}={text}" for name, text in said.items()]


def test_anybody_reports_one_and_reads_when_the_72_hours_end(house: House) -> None:
    shown = visit(house, "sam").fill_in("/incidents/new", password=False, **REPORT)
    assert "I-1 is reported; mia is told. 72 hours end Fri 27 Nov 2026, 12:00." in shown.words
    assert "/incidents/I-1" in shown.links
    assert WHAT not in shown.html


def test_it_is_reported_by_the_same_leaves_as_at_a_terminal(stocked: House) -> None:
    sam = visit(stocked, "sam")
    more: dict[str, Any] = {"recording": "1\n2"}
    line = ("incident", "report", *options_of(REPORT), "--recording", "1", "--recording", "2")
    typed = written(stocked, partial(done, stocked, "sam", *line))
    assert written(stocked, partial(sam.fill_in, "/incidents/new", **REPORT, **more)) == typed
    assert [(each.act, each.subjects) for each in typed] == [("incident.reported", 4)]


@pytest.mark.parametrize("changed", [{"what": "a slip"}, {"tell": "ava"}, {"noticed": "last week"}])
def test_a_refusal_has_the_same_words_and_loses_nothing(
    house: House, changed: dict[str, str]
) -> None:
    said = REPORT | changed
    shown = visit(house, "sam").fill_in("/incidents/new", **said)
    told = type_in(house, "sam", "incident", "report", *options_of(said))
    assert refusal(told) in shown.words
    for name, text in said.items():
        assert shown.fields[name] == [text]


def test_it_is_shown_with_what_is_missing_and_how_long_is_left(house: House) -> None:
    an_incident(house)
    shown = visit(house, "mia").fill_in("/unlock", to="/incidents/I-1")
    assert f"What{WHAT}" in shown.words
    assert "71 h left" in shown.words
    assert "Still missing" in shown.words


def test_what_is_found_out_and_the_end_have_the_same_leaves_as_at_a_terminal(house: House) -> None:
    for _ in range(2):
        an_incident(house)
    dora = visit(house, "dora")
    for step, said in (("update", FINDINGS), ("close", CLOSING)):
        confirmed = ("--yes",) if step == "close" else ()
        line = ("incident", step, "I-1", *options_of(said), *confirmed)
        typed = written(house, partial(done, house, "dora", *line))
        fill_in = partial(dora.fill_in, f"/incidents/I-2/{step}", confirmed="yes", **said)
        assert written(house, fill_in) == typed
    shown = [show_incident(house.practice, signed_in(house, "dora"), f"I-{n}") for n in (1, 2)]
    assert [each.state for each in shown] == [IncidentState.CLOSED] * 2
    assert shown[0].findings == shown[1].findings
    assert shown[0].closing == shown[1].closing


def test_a_grade_that_is_none_is_refused_in_the_same_words(house: House) -> None:
    an_incident(house)
    shown = visit(house, "dora").fill_in("/incidents/I-1/update", likelihood="9")
    assert "a whole number from 1 to 5" in shown.words


def test_what_was_not_confirmed_is_not_closed(house: House) -> None:
    an_incident(house)
    dora = visit(house, "dora")
    dora.fill_in("/incidents/I-1/update", **FINDINGS)
    shown = dora.fill_in("/incidents/I-1/close", **CLOSING)
    assert "Not confirmed, so nothing was done." in shown.words
    assert shown.fields["reason"] == [WHY]
    known = show_incident(house.practice, signed_in(house, "dora"), "I-1")
    assert known.state is IncidentState.OPEN
