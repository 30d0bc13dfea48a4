"""The report as its readers have it: a page in a real browser, and paper."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Browser, Page

from callrec.paper.document import Document, Plot, Section, Series
from callrec.paper.document_html import as_html
from callrec.paper.document_pdf import as_pdf
from callrec.paper.document_text import WIDTH, as_lines
from callrec.paper.plots import as_svg
from callrec.registers.months import read_month
from callrec.registers.report import make_report
from callrec.registers.report_document import report_document
from house.complaints import COMPLAINANT, CONTACT, DONE, FOUND, WRONG
from house.handed_over import WHOM
from house.incidents import WHAT, WHY
from house.practices import House
from house.requests import ANOTHER_REASON, FURTHER, REASON, signed_in
from house.stages import LIVED_IN, looked_at
from package.browsers import DESKTOP, PHONE, a_browser, a_visit
from package.certificates import judged, text_of
from package.test_page_for_everybody import barriers

shown = looked_at(LIVED_IN)

A4 = 595, 842
"""Points."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with a_browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="session")
def document(shown: House) -> Document:
    made = make_report(shown.practice, signed_in(shown, "dora"), read_month("2027-03"))
    return report_document(made, shown.practice.settings.time_zone)


@pytest.fixture(scope="session")
def page_file(document: Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_bytes(as_html(document))
    return file


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_there_is_no_barrier_for_anybody(browser: Browser, page_file: Path, width: int) -> None:
    with a_visit(browser, page_file, width=width) as page:
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_needs_no_script_and_asks_nobody_for_anything(browser: Browser, page_file: Path) -> None:
    with a_visit(browser, page_file, scripts=False) as page:
        assert page.get_by_role("heading", level=1).inner_text() == "Call recordings: March 2027"
    text = page_file.read_text("utf-8")
    assert "<script" not in text
    assert re.findall(r"(?:src|href)=\"(?!#)", text) == []


def test_by_keyboard_each_section_is_reached_and_each_table_that_scrolls(
    browser: Browser, page_file: Path
) -> None:
    with a_visit(browser, page_file, width=PHONE) as page:
        stops = [*_stops(page)]
    sections = [stop for stop in stops if stop.startswith("A ")]
    assert sections[0] == "A Skip to the content"
    assert sections[1:4] == [
        "A Requests",
        "A Who listened, handed over and searched",
        "A Calls recorded",
    ]
    regions = [stop for stop in stops if stop.startswith("DIV ")]
    assert "DIV Requests by purpose" in regions
    assert len(regions) == len(set(regions))


def _stops(page: Page) -> Iterator[str]:
    """What has the focus, one after the other, as somebody presses Tab."""
    for _ in range(80):
        page.keyboard.press("Tab")
        stop: str | None = page.evaluate(
            "() => { const on = document.activeElement;"
            " return on === document.body ? null :"
            " `${on.tagName} ${on.getAttribute('aria-label') || on.innerText}`; }"
        )
        if stop is None:
            return
        yield stop


def test_each_plot_is_named_described_and_stands_beside_its_figures(
    browser: Browser, page_file: Path
) -> None:
    with a_visit(browser, page_file) as page:
        drawn = page.get_by_role("img").all()
        names = [each.locator("title").text_content() for each in drawn]
        for each, name in zip(drawn, names, strict=True):
            assert each.locator("desc").text_content()
            figures = page.get_by_role("table", name=f"{name}, in figures")
            assert figures.locator("tbody tr").count() == 5  # November to March
    assert "Requests of people about themselves, answered" in names


def test_it_prints_on_a4_and_nothing_is_cut_off(browser: Browser, page_file: Path) -> None:
    with a_visit(browser, page_file) as page:
        printed = page.pdf(prefer_css_page_size=True)
    assert set(re.findall(r"Page size: +(\d+)\S* x (\d+)", judged(["pdfinfo", "-"], printed))) == {
        ("594", "841")
    }
    text = " ".join(text_of(printed).split())
    assert "What this report rests on" in text
    assert "open and late" in text  # the last column of the widest table


def test_paper_says_what_the_page_says(document: Document, tmp_path: Path) -> None:
    pdf = as_pdf(document)
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf)
    subprocess.run(["qpdf", "--check", file], check=True, capture_output=True)
    on_paper = set(re.findall(r"[\w.%]+", text_of(pdf)))
    assert set(re.findall(r"[\w.%]+", " ".join(as_lines(document)))) - on_paper == set()


def test_the_same_report_is_the_same_bytes(document: Document) -> None:
    assert as_pdf(document) == as_pdf(document)
    assert as_html(document) == as_html(document)


def test_no_line_of_the_text_is_wider_than_a_terminal(document: Document) -> None:
    assert max(map(len, as_lines(document))) <= WIDTH


PERSONAL = (
    *(COMPLAINANT, CONTACT, WRONG, DONE, FOUND, WHAT, WHY, WHOM, REASON, ANOTHER_REASON),
    *(answer for answer in FURTHER.values() if len(answer) > len("personal-representative")),
    *("Siân", "O'Neill", "447700900123", "07700 900123", "0123", "third-party", "Penhale"),
)
"""What people said and who they are, in everything that was lived; and why it was refused."""


@pytest.mark.parametrize("write", [as_html, as_pdf])
def test_nobody_who_called_and_nothing_that_was_said_is_in_any_byte(
    document: Document, write: object
) -> None:
    data = as_html(document) if write is as_html else text_of(as_pdf(document)).encode()
    assert [text for text in PERSONAL if text.encode() in data] == []


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e&amp;\x00\" onload='x"


def test_markup_in_a_name_is_text(browser: Browser, document: Document, tmp_path: Path) -> None:
    plot = Plot(HOSTILE, HOSTILE, ("a",), (Series(HOSTILE, (1,)),), unknown="")
    hostile = Document(
        practice=HOSTILE,
        title=HOSTILE,
        lead=(HOSTILE,),
        sections=(Section(HOSTILE, (plot,)), *document.sections[:1]),
        made_at=document.made_at,
        foot=HOSTILE,
    )
    file = tmp_path / "hostile.html"
    file.write_bytes(as_html(hostile))
    with a_visit(browser, file) as page:  # which complains of a dialog, and of any request
        assert page.locator("script, img, [onload], [onerror]").count() == 0
        assert "<script>alert(1)</script>" in page.get_by_role("heading", level=1).inner_text()
        assert "\u202e" not in page.content()
    assert "[U+202E]" in text_of(as_pdf(hostile))


def test_a_list_that_was_cut_says_of_how_many(shown: House) -> None:
    made = make_report(shown.practice, signed_in(shown, "dora"), read_month("2026-12"))
    assert made.late_in_all == len(made.late) == 1
    cut = replace(made, late_in_all=120)
    text = " ".join(as_lines(report_document(cut, shown.practice.settings.time_zone)))
    assert "Late requests of people about themselves: the 1 latest of 120" in text


def test_what_is_not_known_is_not_drawn() -> None:
    plot = Plot("t", "s", ("a", "b"), (Series("x", (None, 2)),), unknown="not known")
    drawn = ET.fromstring(as_svg(plot))  # noqa: S314 - our own
    columns = [each for each in drawn.iter() if each.get("fill") == "#1f3f66"]
    assert len(columns) == 1
    assert plot.table.rows == (("a", "not known"), ("b", "2"))


def test_of_two_series_the_lower_is_drawn_over_the_foot_of_both() -> None:
    plot = Plot("t", "s", ("a",), (Series("x", (1,)), Series("y", (3,))), unknown="")
    drawn = ET.fromstring(as_svg(plot))  # noqa: S314 - our own
    heights = {
        each.get("fill"): float(each.get("height", "0"))
        for each in drawn.iter()
        if each.tag.endswith("rect")
        and each.get("fill") in {"#1f3f66", "#d9822b"}
        and float(each.get("width", "0")) > 20
    }
    assert heights["#d9822b"] == pytest.approx(4 * heights["#1f3f66"], rel=0.01)
