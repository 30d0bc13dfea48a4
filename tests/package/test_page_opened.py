"""What an opened page does, in a real browser, from the drive, with the network off."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from callrec.package.package import member_of_bytes
from callrec.package.page import write_page
from callrec.package.texts import WHAT_IT_PROVES
from package.browsers import DESKTOP, PHONE, a_visit, plays, tab_to, unlock
from package.builders import SEED
from package.pages import EDITED, HEARD, UNPLAYABLE, WORDS, a_release, bytes_of

MEMBERS, SHOWN = a_release()

FILES = bytes_of(MEMBERS)

RECORDINGS = [file.path for file in SHOWN.certificate.files]

HOSTILE = '<img src=x onerror="alert(1)"> & <script>alert(2)</script>'


def saved(page: Page, name: str, role: str = "link") -> bytes:
    """What the browser saves when a link or button is used."""
    with page.expect_download() as saving:
        page.locator("main").get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]
    return Path(saving.value.path()).read_bytes()


def test_play_plays_and_the_playhead_goes_along(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        player = page.locator("audio").first
        playhead = page.get_by_role("slider", name="Place in Call 1")
        assert player.evaluate("audio => audio.currentTime") == 0
        player.click(position={"x": 28, "y": 27})  # where Chromium draws its button
        assert plays(page, "Call 1") > 0
        expect(playhead).to_have_attribute("aria-valuetext", re.compile("0:0[0-4] of 0:04"))


def test_where_a_call_cannot_be_played_it_is_said(browser: Browser, tmp_path: Path) -> None:
    path = "recordings/01-listening.wav"
    others = [member for member in MEMBERS if member.path != path]
    write_page(
        [*others, member_of_bytes(path, b"no sound")], tmp_path / "p.html", WORDS, SHOWN, seed=SEED
    )
    with a_visit(browser, tmp_path / "p.html") as page:
        unlock(page, WORDS)
        first, second, _ = page.get_by_role("article").all()
        expect(first.get_by_role("alert")).to_contain_text("It cannot be played here")
        expect(second.get_by_role("alert")).to_be_empty()


def test_the_playhead_moves_the_player(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        page.get_by_role("slider", name="Place in Call 1").focus()
        page.keyboard.press("End")
        player = page.locator("audio").first
        assert player.evaluate("audio => audio.currentTime") == pytest.approx(4)


def test_the_playhead_stands_on_the_axis_of_the_waveform(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        call = page.get_by_role("article").nth(1)
        drawn, slider = (call.locator(name).bounding_box() for name in ("img", "input"))
        assert drawn
        assert slider
        # Names of two channels 38 of 480 wide; two lanes of 72 under a strip of 18, and below them
        # the times and one silence in lines of 18, 204 in all.
        assert slider["x"] - drawn["x"] == pytest.approx(drawn["width"] * 38 / 480, abs=1)
        assert slider["width"] == pytest.approx(drawn["width"] * 442 / 480, abs=1)
        assert slider["height"] == pytest.approx(drawn["height"] * 162 / 204, abs=1)


def test_each_call_is_there_with_its_time_and_what_is_not_in_it(
    browser: Browser, file: Path
) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        first, second, third = page.get_by_role("article").all()
        expect(first.get_by_role("heading")).to_have_text("Call 1: 14 July 2026, 09:05")
        expect(first).to_contain_text("14 July 2026, 09:05:07 (UTC+01:00) by the practice's clock")
        expect(first).to_contain_text("This copy lasts 4 seconds. At the practice it is recording")
        assert first.locator("img").evaluate(
            "image => image.decode().then(() => image.naturalWidth)"
        )
        expect(second.get_by_role("heading")).to_have_text("Call 2: 17 July 2026, 09:05")
        expect(second).to_contain_text("This is not all of the recording.")
        expect(second).to_contain_text("Covered by a tone in the left channel from 0:00.301")
        expect(second).to_contain_text("This copy begins at 0:00.100.")
        expect(third).to_contain_text("A browser cannot play this recording.")
        expect(third.locator("audio")).to_have_count(0)


def test_each_recording_is_saved_as_it_was_sealed(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        page.get_by_text("Save single files").click()
        # Not all: Chromium asks before it saves more than ten files at once.
        for path in ("certificate.pdf", "SHA256SUMS.sig", *RECORDINGS):
            assert saved(page, path) == FILES[path]
        first, second, third = page.get_by_role("article").all()
        for article, content in ((first, HEARD), (second, EDITED), (third, UNPLAYABLE)):
            with page.expect_download() as saving:
                article.get_by_role("link").first.click()
            assert Path(saving.value.path()).read_bytes() == content


def test_everything_is_saved_as_a_zip_that_is_the_package(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        archived = saved(page, "Save everything as one file", "button")
        expect(page.get_by_role("main")).to_contain_text("Saved as release-R-17.zip")
    with zipfile.ZipFile(io.BytesIO(archived)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert archive.namelist() == [*FILES]
        assert {(entry.date_time, entry.external_attr >> 16) for entry in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o100600)
        }


def test_the_certificate_and_the_texts_are_there_to_be_read(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        certificate = page.get_by_role("region", name="Certificate")
        expect(certificate).to_contain_text(WHAT_IT_PROVES)
        text = re.sub(r"\s", "", certificate.inner_text())
        hashes = [file.sha256 for file in SHOWN.certificate.files]
        for said in (*hashes, "dd" * 32, SHOWN.certificate.fingerprint, "SHA256:qqqq", "1,234"):
            assert said in text
        page.get_by_text("Please read this first", exact=True).click()
        first = page.get_by_role("group").filter(has_text="Please read this first")
        expect(first.get_by_role("heading", name="WHAT IS IN THIS PACKAGE")).to_be_visible()
        expect(first.get_by_text("recordings/01   14 July 2026, 09:05")).to_be_visible()
        said = re.sub(r"\s", "", first.inner_text()).removeprefix("Pleasereadthisfirst")
        assert said == re.sub(r"\s", "", FILES["READ-ME-FIRST.txt"].decode())
        page.get_by_text("Your rights").click()
        expect(page.get_by_text("You may complain to the ICO.")).to_be_visible()


def test_the_keyboard_alone_does_everything(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        tab_to(page, page.get_by_label("The six words"))
        page.keyboard.type(WORDS)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="3 calls")).to_be_focused()
        player = page.locator("audio").first
        tab_to(page, player)
        page.keyboard.press("Space")
        assert plays(page, "Call 1") > 0
        everything = page.get_by_role("button", name="Save everything as one file")
        tab_to(page, everything)
        with page.expect_download() as saving:
            page.keyboard.press("Enter")
        assert zipfile.is_zipfile(saving.value.path())
        tab_to(page, page.get_by_text("Please read this first", exact=True))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="WHAT IS IN THIS PACKAGE")).to_be_visible()
        tab_to(page, page.get_by_role("button", name="Lock again"))
        page.keyboard.press("Space")
        expect(page.get_by_label("The six words")).to_be_focused()


def test_printed_it_holds_the_certificate_and_every_hash(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        pdf = page.pdf(format="A4")
    text = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout
    printed = re.sub(r"\s", "", text.decode())
    for hashed in (
        *(file.sha256 for file in SHOWN.certificate.files),
        SHOWN.certificate.fingerprint,
    ):
        assert hashed in printed
    assert "Lockagain" not in printed


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_is_wider_than_the_window(browser: Browser, file: Path, width: int) -> None:
    with a_visit(browser, file, width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        unlock(page, WORDS)
        page.get_by_text("Save single files").click()
        page.get_by_text("Please read this first", exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_whatever_came_from_outside_is_text_and_never_markup(
    browser: Browser, tmp_path: Path
) -> None:
    certificate = replace(
        SHOWN.certificate,
        practice=HOSTILE,
        contact=HOSTILE,
        purpose=HOSTILE,
        subject=HOSTILE,
        withheld=((7, HOSTILE),),
        checkpoint=HOSTILE,
    )
    write_page(
        MEMBERS, tmp_path / "h.html", WORDS, replace(SHOWN, certificate=certificate), seed=SEED
    )
    with a_visit(browser, tmp_path / "h.html") as page:
        expect(page.get_by_role("banner")).to_contain_text(HOSTILE)
        unlock(page, WORDS)
        shown = page.get_by_role("region", name="Certificate").get_by_text(HOSTILE)
        expect(shown).to_have_count(6)
        expect(page.locator("script")).to_have_count(5)
        expect(page.locator("img")).to_have_count(2)
