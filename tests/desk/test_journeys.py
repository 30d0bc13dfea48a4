"""Whole journeys in real browsers, each person at one of their own.

The acts on record are those of the same journey at a terminal, and the package that comes out of
the browser is checked by the program that recipients have.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from desk.browsing import Served, a_served_desk, press
from house.commands import done, type_in
from house.practices import House, password_of
from house.stages import STOCKED, Stages

REASON = "The patient complains that nobody rang back as promised"

PARTICULARS = (
    "--party",
    "unknown",
    "--about",
    "",
    "--complaint",
    "C-2026-014",
    "--complainant",
    "patient",
)

SHOWN = ("request.shown", "listen.looked", "login", "logout", "keys.shared")
"""A browser shows a thing as often as it is opened, and each login has its leaves."""


@pytest.fixture
def stocked_twice(stages: Stages, tmp_path: Path) -> tuple[House, House]:
    """The same practice for the desk and for a terminal."""
    at_desk, at_terminal = (stages.copy(STOCKED, tmp_path / name) for name in ("desk", "shell"))
    return at_desk, at_terminal


@contextmanager
def at_work(house: House) -> Iterator[Served]:
    with a_served_desk(house) as served:
        yield served
        assert served.complaints == []


def fill_in(page: Page, **answers: str) -> None:
    """Fields by the beginning of their labels, with spaces for underscores."""
    for label, answer in answers.items():
        page.get_by_label(re.compile(f"^{label.replace('_', ' ')}")).first.fill(answer)


def acts(house: House) -> list[str]:
    """What is on record, as far as it is the same however often a page is opened."""
    practice = house.open()
    with reading(practice.engine) as connection:
        size = stored_head(connection).size
        leaves = [read_leaf(connection, seq)[0] for seq in range(size)]
    return [f"{each.act} {each.outcome}" for each in leaves if each.act not in SHOWN]


def opened(package: Path, passphrase: str, to: Path) -> Path:
    """The package as a recipient opens it, with 7-Zip."""
    subprocess.run(["7z", "x", f"-p{passphrase}", f"-o{to}", package], check=True)
    (program,) = to.rglob("callrec_verify.py")
    return program.parent


def test_a_complaint_from_log_in_to_package(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    with at_work(house) as desk:
        with desk.visited("mia") as mia:
            mia.get_by_role("link", name="Requests").first.click()
            mia.get_by_role("link", name="Make a request").click()
            mia.get_by_role("link", name="Complaint", exact=True).click()
            fill_in(mia, Why_do_you_need=REASON, Recordings="1", Names_of_all_parties="unknown")
            fill_in(mia, External_number="unknown", Reference_of_the_complaint="C-2026-014")
            mia.get_by_label("a patient, or somebody for one").check()
            press(mia, "Make the request")
            expect(mia.get_by_role("main")).to_contain_text("R-1")
        with desk.visited("pat") as pat:
            pat.get_by_role("link", name="R-1").first.click()
            fill_in(pat, Your_password=password_of("pat"))
            press(pat, "Show what this does")
            fill_in(pat, Type_R="R-1")
            pat.get_by_role("main").get_by_role("button").first.click()
            expect(pat.get_by_role("main")).to_contain_text("approved")
        with desk.visited("mia") as mia:
            mia.goto("/requests/R-1/release")
            fill_in(mia, Your_password=password_of("mia"))
            press(mia, "Make the package")
            save = mia.get_by_role("link", name="Save the package")
            expect(save).to_be_visible(timeout=60_000)
            with mia.expect_download() as coming:
                save.click()
            package = tmp_path / coming.value.suggested_filename
            coming.value.save_as(package)
            press(mia, "I have saved it")
            passphrase = mia.locator(".passphrase")
            expect(passphrase).to_be_visible(timeout=60_000)
            words = passphrase.inner_text()
    assert re.fullmatch(r"callrec-release-R-1-[0-9a-f]{8}\.zip", package.name)
    folder = opened(package, words, tmp_path / "opened")
    checked = type_in(house, "nobody", "audit", "verify-release", str(folder))
    assert "FIRST-USE" in checked.out
    assert "INTACT" in done(house, "dora", "audit", "verify")
    typed = ("request", "create", "complaint", "--recording", "1", "--reason", REASON)
    done(other, "mia", *typed, *PARTICULARS)
    done(other, "pat", "approve", "R-1", "--yes")
    (tmp_path / "drive").mkdir()
    done(other, "mia", "release", "R-1", "--to", str(tmp_path / "drive"))
    assert acts(house) == acts(other)
