"""Whole journeys in real browsers, each person at one of their own.

The acts on record are those of the same journey at a terminal, and the package that comes out of
the browser is checked by the program that recipients have.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from desk.journeys import (
    acts,
    approve,
    at_work,
    fill_in,
    is_intact,
    is_whole,
    opened,
    press,
    release,
    twice,
    type_all,
)
from house.practices import House
from house.stages import STOCKED

stocked_twice = twice(STOCKED)

REASON = "The patient complains that nobody rang back as promised"


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
            approve(pat, "pat")
        with desk.visited("mia") as mia:
            mia.goto("/requests/R-1/release")
            package, words = release(mia, "mia", tmp_path)
    assert is_whole(house, opened(package, words, tmp_path / "opened"))
    assert is_intact(house)
    asked = ["--party=unknown", "--about=", "--complaint=C-2026-014", "--complainant=patient"]
    asked += ["--recording=1", f"--reason={REASON}"]
    type_all(
        other,
        ("mia", "request", "create", "complaint", *asked),
        ("pat", "approve", "R-1", "--yes"),
        ("mia", "release", "R-1", "--to", str(tmp_path)),
    )
    assert acts(house) == acts(other)
