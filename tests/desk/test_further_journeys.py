"""More whole journeys in real browsers: erasure, an abusive caller, an incident, an inspector.

As in test_journeys.py: each person at a browser of their own, and what is on record afterwards is
what the same journey leaves at a terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from desk.test_journeys import acts, at_work, fill_in, opened, press, stocked_twice
from house.commands import done, type_in
from house.practices import House, password_of
from house.stages import Stages

__all__ = ["stocked_twice"]

CALL = {
    "Date_of_the_call": "4/7/2024",
    "Time_of_the_call": "14:05",
    "Telephone_extension": "201",
    "External_number": "07700 900123",
    "Names_of": "unknown",
}

TYPED_CALL = (
    *("--date", "4/7/2024", "--time", "14:05", "--extension", "201"),
    *("--number", "07700 900123", "--party", "unknown"),
)


def choose(page: Page, *links: str) -> None:
    for link in links:
        page.get_by_role("link", name=link, exact=True).first.click()


def give_password(page: Page, login: str, button: str) -> None:
    fill_in(page, Your_password=password_of(login))
    press(page, button)


def approve(page: Page, login: str, **withheld: str) -> None:
    """From the inbox to the confirmation, withholding what is said."""
    choose(page, "R-1")
    for recording, ground in withheld.items():
        page.get_by_label(recording.replace("_", " ")).select_option(ground)
    give_password(page, login, "Show what this does")
    fill_in(page, Type_R="R-1")
    press(page, "Approve")
    expect(page.get_by_role("main")).to_contain_text("approved")


def save(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as coming:
        page.get_by_role("link", name=link, exact=True).click()
    coming.value.save_as(folder / coming.value.suggested_filename)
    return folder / coming.value.suggested_filename


WHY_ERASED = "The patient wants their calls to be erased"

ERASURE = {
    "Why_do_you_need": WHY_ERASED,
    "Recordings": "1 2",
    "The_data_subject": "Jean Alder",
    "Date_of_receipt": "20/11/2026",
    "How_the_identity": "passport seen by S. Turnbull",
    "Authority_of": "none",
}

TYPED_ERASURE = (
    *("--reason", WHY_ERASED, "--recording", "1", "--recording", "2", "--subject", "Jean Alder"),
    *("--received", "20/11/2026", "--identity", "passport seen by S. Turnbull"),
    *("--authority", "none"),
)


def test_an_erasure_from_log_in_to_certificate_and_letter(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    with at_work(house) as desk:
        with desk.visited("sam") as sam:
            choose(sam, "Requests", "Make a request", "Erasure")
            fill_in(sam, **ERASURE, **CALL)
            press(sam, "Make the request")
            expect(sam.get_by_role("main")).to_contain_text("R-1 is made")
        with desk.visited("dora") as dora:
            approve(dora, "dora", Recording_2="claims")
            choose(dora, "R-1")
            press(dora, "See what would be destroyed")
            dora.get_by_label("Give out the signed certificate").check()
            fill_in(dora, Type_R="R-1")
            press(dora, "Destroy it")
            certificate = save(dora, "Save the certificate", tmp_path)
            choose(dora, "Letters about R-1")
            dora.get_by_label("It says what was erased").check()
            press(dora, "Write the letter")
            expect(dora.get_by_label("The letter")).to_contain_text("We have erased 1 recording")
            assert save(dora, "Save for paper", tmp_path).read_bytes().startswith(b"%PDF-")
            dora.get_by_label("by post").check()
            press(dora, "Put on record that it was sent")
            expect(dora.get_by_role("main")).to_contain_text("letter 1 was sent")
    with ZipFile(certificate) as enclosed:
        enclosed.extractall(tmp_path)
    checked = type_in(house, "nobody", "audit", "verify-release", str(tmp_path / "C-1"))
    assert "FIRST-USE" in checked.out
    done(other, "sam", "request", "create", "erasure", *TYPED_ERASURE, *TYPED_CALL)
    done(other, "dora", "approve", "R-1", "--yes", "--recording", "1", "--withhold", "2=claims")
    (tmp_path / "papers").mkdir()
    done(other, "dora", "request", "erase", "R-1", "--yes", "--to", str(tmp_path / "papers"))
    done(other, "dora", "request", "letter", "R-1", "--kind", "erased")
    done(other, "dora", "request", "letter", "R-1", "--sent", "today", "--how", "letter")
    assert "INTACT" in done(house, "dora", "audit", "verify")
    assert acts(house) == acts(other)
    assert "destroyed under certificate C-1" in type_in(house, "max", "show", "1").err


WHY_ABUSIVE = "The caller threatened the receptionist on duty"

AFFECTED = {
    "Why_do_you_need": WHY_ABUSIVE,
    "Recordings": "1",
    "Who_of_the_staff": "max",
}


def test_an_abusive_caller_from_log_in_to_the_package_handed_over(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    with at_work(house) as desk:
        with desk.visited("sam") as sam:
            choose(sam, "Requests", "Make a request", "Abusive call")
            fill_in(sam, **AFFECTED, **CALL)
            press(sam, "Make the request")
            expect(sam.get_by_role("main")).to_contain_text("is about max, so max cannot decide it")
        with desk.visited("max") as max_:
            choose(max_, "Requests", "R-1")
            expect(max_.get_by_role("main")).to_contain_text("This request is about you")
            assert max_.get_by_role("link", name="Approve or withhold").count() == 0
        with desk.visited("mia") as mia:
            approve(mia, "mia")
        with desk.visited("sam") as sam:
            choose(sam, "R-1", "Release")
            give_password(sam, "sam", "Make the package")
            expect(sam.get_by_role("link", name="Save the package")).to_be_visible(timeout=60_000)
            package = save(sam, "Save the package", tmp_path)
            press(sam, "I have saved it")
            words = sam.locator(".passphrase")
            expect(words).to_be_visible(timeout=60_000)
            folder = opened(package, words.inner_text(), tmp_path / "opened")
            press(sam, "I have the passphrase: say that it was handed over")
            sam.get_by_label("in person").check()
            fill_in(sam, To_whom="Inspector Penhale")
            press(sam, "Record this")
            sam.goto("/requests/R-1")
            choose(sam, "Close")
            fill_in(sam, Type_R="R-1")
            press(sam, "Close")
            expect(sam.get_by_role("main")).to_contain_text("R-1 is closed")
    checked = type_in(house, "nobody", "audit", "verify-release", str(folder))
    assert "FIRST-USE" in checked.out
    made = ("request", "create", "abusive-call", "--reason", WHY_ABUSIVE, "--recording", "1")
    done(other, "sam", *made, "--affected", "max", *TYPED_CALL)
    done(other, "mia", "approve", "R-1", "--yes")
    done(other, "sam", "release", "R-1", "--to", str(tmp_path))
    handed_over = ("--on", "today", "--by", "person", "--to-whom", "Inspector Penhale")
    done(other, "sam", "request", "event", "R-1", "handed-over", *handed_over)
    done(other, "sam", "request", "close", "R-1", "--yes")
    assert "INTACT" in done(house, "dora", "audit", "verify")
    assert acts(house) == acts(other)


REPORTED = {
    "noticed": "24/11/2026 9:30",
    "what": "I left the recording of a patient playing in the waiting room",
    "tell": "mia",
    "recording": "1",
}

FOUND = {
    "nature": "A recording was overheard",
    "people": "patients",
    "people_count": "1",
    "records": "recordings of calls",
    "record_count": "1",
    "contact": "Dora Whitlock, 01632 960000",
    "consequences": "The patient may be harmed by what was said",
    "measures": "The player is in another room now",
    "facts": "It played for a minute",
    "effects": "Two people heard it",
    "remedy": "It was stopped",
    "likelihood": "4",
    "impact": "4",
}

TOLD = {
    "people_told": "1",
    "people_told_on": "24/11/2026",
    "people_told_how": "by telephone",
    "dspt_reference": "4711",
}

CLOSED = {
    "outcome": "reported",
    "on": "24/11/2026 11:30",
    "reason": "The Information Commissioner was told by telephone",
}


def answer(page: Page, answers: dict[str, str]) -> None:
    """Fields by their names, as options of the command have them."""
    for name, said in answers.items():
        field = page.get_by_role("main").locator(f"[name={name}]")
        match field.first.evaluate("field => field.type"):
            case "radio":
                page.locator(f"[name={name}][value={said}]").check()
            case "select-one":
                field.select_option(said)
            case _:
                field.fill(said)


def options(answers: dict[str, str]) -> list[str]:
    return [f"--{name.replace('_', '-')}={said}" for name, said in answers.items()]


def test_an_incident_from_its_report_to_its_end_in_the_register(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    grave = "the people whom a breach of this impact affects are told"
    with at_work(house) as desk:
        with desk.visited("sam") as sam:
            choose(sam, "Incidents", "Report an incident")
            answer(sam, REPORTED)
            press(sam, "Report the incident")
            expect(sam.get_by_role("main")).to_contain_text("I-1 is reported; mia is told")
        with desk.visited("mia") as mia:
            choose(mia, "I-1")
            choose(mia, "Add what was found out")
            answer(mia, FOUND)
            press(mia, "Add this")
            expect(mia.get_by_role("main")).to_contain_text("the people affected are told")
        with desk.visited("dora") as dora:
            choose(dora, "I-1")
            give_password(dora, "dora", "Go on")
            choose(dora, "Close it")
            for step, answers in (("close", CLOSED), ("update", TOLD), ("close", CLOSED)):
                dora.goto(f"/incidents/I-1/{step}")
                answer(dora, answers)
                if step == "close":
                    dora.get_by_label("Close I-1").check()
                dora.get_by_role("main").get_by_role("button").first.click()
            expect(dora.get_by_role("main")).to_contain_text("I-1 is closed")
        with desk.visited("ava") as ava:
            choose(ava, "Registers", "Incidents")
            give_password(ava, "ava", "Read it")
            ava.get_by_text("Choose rows, sort or save").click()
            register = json.loads(save(ava, "Save as JSON", tmp_path).read_text())
    done(other, "sam", "incident", "report", *options(REPORTED))
    done(other, "mia", "incident", "update", "I-1", *options(FOUND))
    closing = ("incident", "close", "I-1", *options(CLOSED), "--yes")
    assert grave in type_in(other, "dora", *closing).err
    done(other, "dora", "incident", "update", "I-1", *options(TOLD))
    done(other, "dora", *closing)
    typed = json.loads(done(other, "ava", "practice", "register", "incidents", "--json"))
    assert register["items"] == typed["items"]
    assert "INTACT" in done(house, "dora", "audit", "verify")
    assert acts(house) == acts(other)
