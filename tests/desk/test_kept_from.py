"""At the desk, too, who must not learn of a request finds nothing of it (registers.md).

R-1 is of the police, about Pat. It placed H-1; I-1, C-1 and a note name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from callrec.desk.routes import ROUTES
from callrec.notes.note import write_note
from callrec.policy.purpose import Purpose
from house.complaints import a_complaint
from house.desks import Shown, Visit, visit
from house.incidents import an_incident
from house.practices import House
from house.requests import a_request, further_of, signed_in

HIDDEN = {
    "reference": "R-1",
    "request": "R-1",
    "hold": "H-1",
    "incident": "I-1",
    "complaint": "C-1",
}

OTHERS = {"key": "AbCd-1234", "event": "handed-over", "step": "progress", "number": "1"}

NOTED = "The police look into her for fraud"


@pytest.fixture
def police(stocked: House) -> House:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told="no")
    asks = {"further": further, "parties": ("Pat Ellison",)}
    a_request(stocked, "max", purpose=Purpose.OUTSIDE_BODY, recordings=[1], **asks)
    an_incident(stocked, "max", tell="dora", request="R-1", recordings=[1])
    a_complaint(stocked, "max", request="R-1")
    write_note(stocked.practice, signed_in(stocked, "max"), 1, text=NOTED)
    return stocked


def addresses() -> Iterator[tuple[str, str, str]]:
    """Method, address of what is hidden, address of what there is not."""
    for route in ROUTES:
        method, _, address = route.partition(" ")
        parts = re.findall(r"{(\w+)}", address)
        (kept,) = [part for part in parts if part in HIDDEN] or [None]
        if kept and all(part in HIDDEN or part in OTHERS for part in parts):
            filled = address.format(**{**OTHERS, kept: HIDDEN[kept]})
            yield method, filled, filled.replace("-1", "-9", 1)


def answered(pat: Visit, method: str, address: str) -> Shown:
    return pat.open(address) if method == "GET" else pat.fill_in(address)


def test_no_page_tells_what_is_hidden_from_what_there_is_not(police: House) -> None:
    pat, told = visit(police, "pat"), []
    pat.fill_in("/unlock")
    every = [*addresses()]
    assert len(every) > 40
    for method, hidden, none in every:
        seen, absent = answered(pat, method, hidden), answered(pat, method, none)
        if (seen.status, seen.words) != (absent.status, absent.words.replace("-9", "-1")):
            told.append((method, hidden, seen.status, seen.words[:200], absent.words[:200]))
    assert told == []


def test_no_list_has_it(police: House) -> None:
    pages = ["/", "/requests", "/holds", "/incidents", "/complaints", "/record", "/status"]
    pages += ["/recordings/1", "/registers/outside-body", "/registers/holds", "/report"]
    named = {}
    for login in ("dora", "pat"):
        person = visit(police, login)
        person.fill_in("/unlock")
        text = " ".join(person.open(page).html for page in pages)
        named[login] = {
            each for each in (*HIDDEN.values(), NOTED) if re.search(rf"\b{each}\b", text)
        }
    assert named == {"dora": {*HIDDEN.values(), NOTED}, "pat": set()}


def test_nor_is_it_offered_to_be_approved_for_them(police: House) -> None:
    dora = visit(police, "dora")
    dora.fill_in("/unlock")
    offered = dora.open("/requests/R-1/approve").html
    assert '<option value="mia"' in offered
    assert '<option value="pat"' not in offered
