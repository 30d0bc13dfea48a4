"""A dossier in plain words, as its readers have it: text, page and paper say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from callrec.letters.letter import record_letter_sent, write_letter
from callrec.paper.document import Document
from callrec.paper.document_html import as_html
from callrec.paper.document_pdf import as_pdf
from callrec.paper.document_text import WIDTH, as_lines
from callrec.policy.handing_over import Channel
from callrec.policy.hold import HoldAct
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.letter import LetterKind
from callrec.registers.dossier import read_dossier
from callrec.registers.dossier_document import DID, dossier_document
from callrec.requests.ask import create_request
from callrec.requests.event import close_request, withdraw_request
from house.handed_over import WHOM, hand_over, released
from house.listening import hear
from house.practices import House
from house.requests import (
    a_request,
    approve,
    further_of,
    logged_in,
    pass_days,
    said,
    signed_in,
    third_parties_checked,
)
from package.browsers import DESKTOP, PHONE, a_browser, a_visit
from package.certificates import text_of
from package.test_page_for_everybody import barriers


def document(house: House, login: str = "dora", reference: str = "R-1") -> Document:
    found = read_dossier(house.practice, signed_in(house, login), reference)
    return dossier_document(found, house.practice.settings.time_zone)


def text(house: House, login: str = "dora", reference: str = "R-1") -> str:
    """In one line."""
    return " ".join(" ".join(as_lines(document(house, login, reference))).split())


def section(house: House, heading: str, login: str = "dora") -> str:
    (found,) = [each for each in document(house, login).sections if each.heading == heading]
    whole = Document(practice="", title="", lead=(), sections=(found,), made_at=house.at, foot="")
    return " ".join(" ".join([*as_lines(whole)][5:]).split())


def remains(house: House, login: str = "dora") -> str:
    return section(house, "What remains to do", login)


def asked(house: House, purpose: Purpose = Purpose.SUBJECT_ACCESS, **further: str) -> None:
    asks = said(purpose, further=further_of(purpose, received="2026-11-20", **further))
    actor = logged_in(house, "sam")
    create_request(house.practice, actor, purpose=purpose, answers=asks, recordings=[1, 2])


def test_there_are_words_for_all_that_can_happen_to_a_request() -> None:
    happens = {*map(str, RequestAct), *map(str, HoldAct)} - {"hold.unmatched"}
    assert happens - set(map(str, DID)) == set()


def test_it_says_by_when_and_why_with_its_source(stocked: House) -> None:
    asked(stocked)
    told = section(stocked, "By when it is answered")
    assert told.startswith("Last day: 21 December 2026")
    assert "received on Friday 20 November 2026, working day or not [UK GDPR 12(3)]" in told


def test_it_says_what_was_withheld_and_on_which_ground(stocked: House) -> None:
    asked(stocked)
    approve(stocked, "R-1", "dora", recordings=(2,), withheld={1: Ground.THIRD_PARTY})
    told = section(stocked, "What was decided")
    assert "Dora Whitlock (Data Controller) approved it Granted: 2" in told
    assert f"Withheld: recording 1, because {Ground.THIRD_PARTY.meaning}" in told


def test_it_says_who_has_the_package_to_whom_it_concerns_alone(stocked: House) -> None:
    asked(stocked)
    assert section(stocked, "Who has it") == "No package of it has gone out."
    approve(stocked, "R-1", "dora")
    third_parties_checked(stocked, "sam", "R-1")
    released(stocked)
    assert "nobody has written down who has it" in section(stocked, "Who has it")
    hand_over(stocked, clock="12:00")
    handed = f"Handed over: to {WHOM} on 24 November 2026, 12:00, by letter"
    assert handed in section(stocked, "Who has it")
    for_pat = section(stocked, "Who has it", "pat")
    assert "to somebody whom the reader may not know on 24 November 2026" in for_pat
    assert WHOM not in for_pat


def test_it_says_what_remains_at_each_step(stocked: House) -> None:
    asked(stocked, identity="unknown")
    assert remains(stocked) == "- A decision, by the Data Controller: callrec approve R-1."
    approve(stocked, "R-1", "dora")
    can = "Sam Turnbull can hear it, or hand it over, until the end of 8 December 2026."
    assert remains(stocked) == f"- {can}"
    hear(stocked, "R-1", attended=("nobody",))
    assert remains(stocked) == f"- {can} - The person who asked has no answer yet."


def test_of_a_package_it_says_what_remains_until_it_is_closed(granted: House) -> None:
    released(granted)
    assert "callrec request event R-1 handed-over --on DATE" in remains(granted)
    hand_over(granted)
    close = "- Close it once nothing more is expected: callrec request close R-1."
    assert remains(granted) == close
    close_request(granted.practice, signed_in(granted, "max"), "R-1")
    assert remains(granted) == "- Nothing: it is closed."


def test_it_says_which_letters_were_written_and_sent_and_not_what_they_say(
    stocked: House,
) -> None:
    asked(stocked)
    assert section(stocked, "Letters") == "No letter about it is on record."
    sam = signed_in(stocked, "sam")
    write_letter(stocked.practice, sam, "R-1", LetterKind.ACKNOWLEDGE)
    told = section(stocked, "Letters")
    assert f"it says {LetterKind.ACKNOWLEDGE.meaning} What they say: callrec" in told
    assert "Sent" not in told
    record_letter_sent(stocked.practice, sam, "R-1", on=date(2026, 11, 24), how=Channel.LETTER)
    assert "Sent: on 24 November 2026, by letter" in (section(stocked, "Letters"))
    assert section(stocked, "Letters", "pat")


def test_of_what_was_decided_alone_it_says_so_until_somebody_accepts_it(stocked: House) -> None:
    a_request(stocked, "dora")
    approve(stocked, "R-1", "dora", glass_reason="Nobody else is there on this evening")
    assert "by one person alone" in section(stocked, "What was decided")
    assert "callrec audit review-glass R-1" in remains(stocked)


def test_what_ended_leaves_nothing_to_do(stocked: House) -> None:
    a_request(stocked)
    withdraw_request(stocked.practice, signed_in(stocked, "sam"), "R-1")
    assert remains(stocked) == "- Nothing: it is withdrawn."
    a_request(stocked)
    pass_days(stocked, 20)
    assert "- Nothing: it is lapsed." in text(stocked, reference="R-2")


def test_names_are_told_to_who_has_a_key_to_them(stocked: House) -> None:
    a_request(stocked)
    assert "Sam Turnbull (staff) made the request." in text(stocked)
    for login in ("sam", "ava"):
        assert "sam (staff) made the request." in text(stocked, login)
        assert "Turnbull" not in text(stocked, login)


def test_a_change_tells_what_is_new_and_no_more(stocked: House) -> None:
    from callrec.requests.amend import amend_particulars  # noqa: PLC0415
    from house.particulars import answers  # noqa: PLC0415

    a_request(stocked)
    changes = answers(extension="202", further={})
    amend_particulars(stocked.practice, signed_in(stocked, "sam"), "R-1", changes)
    told = text(stocked)
    _, changed = told.split("Sam Turnbull (staff) changed the request. ")
    assert changed.startswith("Extension: 202 Recordings: 1 and 2")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with a_browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_its_page_has_no_barrier_and_no_markup_of_anybody(
    stocked: House, browser: Browser, tmp_path: Path, width: int
) -> None:
    hostile = "<img src=x onerror=alert(1)> of the patient's own calls, if you please"
    a_request(stocked, reason=hostile)
    file = tmp_path / "R-1.html"
    file.write_bytes(as_html(document(stocked)))
    with a_visit(browser, file, width=width) as page:
        assert barriers(page) == []
        assert page.locator("img, script").count() == 0
        assert hostile in " ".join(page.locator("main").inner_text().split())
        assert page.locator("time").first.get_attribute("datetime") == "2026-11-24T12:00+00:00"
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_page_and_paper_say_the_same(stocked: House) -> None:
    asked(stocked)
    approve(stocked, "R-1", "dora", recordings=(2,), withheld={1: Ground.PRIVILEGE})
    found = document(stocked)
    words = set(re.findall(r"\w+", " ".join(as_lines(found))))
    assert words - set(re.findall(r"\w+", text_of(as_pdf(found)))) == set()
    assert words - set(re.findall(r"\w+", re.sub("<[^>]+>", " ", as_html(found).decode()))) <= {
        "O"  # of O'Neill, whose apostrophe is escaped
    }
    assert max(map(len, as_lines(found))) <= WIDTH
    assert found.made_at.date() == date(2026, 11, 24)
