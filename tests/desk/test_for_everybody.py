"""Whether everybody can use the desk's pages: axe-core as judge, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from callrec.desk.routes import ROUTES
from desk.browsing import DESKTOP, PHONE, Scheme, Served, a_served_desk
from house.complaints import a_complaint
from house.desks import visit
from house.incidents import an_incident
from house.practices import House, password_of
from house.stages import GRANTED, Stage, Stages
from house.subjects import a_person

PARTS = {
    "request": "R-1",
    "reference": "R-1",
    "event": "ask",
    "recording": "1",
    "complaint": "C-1",
    "incident": "I-1",
    "subject": "S-1",
    "person": "sam",
    "purpose": "subject-access",
    "name": "disclosures",
    "way": "passkey",
    "kind": "website",
    "step": "acknowledge",
    "hold": "H-1",
}
"""What stands in the place of each part of an address; what is not here is kept by a seat."""


NOTHING_THERE = "Failed to load resource: the server responded with a status of 404"
"""What a browser says where no page is at an address, such as a hold that there is not."""


def _something_of_each(house: House) -> None:
    a_complaint(house)
    an_incident(house, "mia", tell="dora")
    a_person(house, "mia")


SOMETHING_OF_EACH = Stage("something-of-each", _something_of_each, after=GRANTED)


def addresses() -> Iterator[str]:
    """Every page that is shown at an address of its own."""
    for route in ROUTES:
        method, path = route.split()
        parts = re.findall(r"\{(\w+)\}", path)
        is_page = method == "GET" and not path.endswith("/waveform")  # which a script reads
        if is_page and {*parts} <= PARTS.keys():
            yield path.format(**PARTS)


@pytest.fixture(scope="module")
def served(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    house = stages.copy(SOMETHING_OF_EACH, tmp_path_factory.mktemp("served") / "house")
    with a_served_desk(house) as desk:
        yield desk


RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
"""All that axe-core looks for unless it is told otherwise, and WCAG 2.5.8."""


def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds: each rule that is broken, and by which elements."""
    return [
        (found["id"], [node["html"] for node in found["nodes"]])
        for found in Axe().run(page, options=RULES).response["violations"]
    ]


def what_is_wrong(page: Page, width: int) -> list[object]:
    wrong: list[object] = [*barriers(page)]
    if page.get_by_role("heading", level=1).count() != 1:
        wrong.append("it has not one heading of the first level")
    if page.evaluate("document.scrollingElement.scrollWidth") > width:
        wrong.append("it is wider than the screen")
    return wrong


@pytest.mark.parametrize(("width", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_no_page_has_a_barrier(served: Served, width: int, scheme: Scheme) -> None:
    with served.visited("dora", width=width, scheme=scheme) as page:
        page.goto("/unlock")
        page.get_by_label("Your password").fill(password_of("dora"))
        page.get_by_role("main").get_by_role("button").first.click()
        found = {}
        for address in addresses():
            answered = page.goto(address)
            assert answered is not None
            if wrong := [*what_is_wrong(page, width), *(["bug"] if answered.status == 500 else [])]:
                found[address] = wrong
    assert found == {}
    assert [each for each in served.complaints if not each.startswith(NOTHING_THERE)] == []


def test_browsers_are_to_remember_no_field() -> None:
    templates = files("callrec.desk") / "templates"
    for file in templates.iterdir():
        forms = re.findall('<form [^>]*method="post"[^>]*>', file.read_text())
        assert all('autocomplete="off"' in form for form in forms), file.name


def test_the_menu_says_where_one_is(house: House) -> None:
    pat = visit(house, "pat")
    here = ' aria-current="{}">Requests</a>'
    assert here.format("page") in pat.open("/requests").html
    assert here.format("true") in pat.open("/requests/new").html
    assert "aria-current" not in pat.open("/status").html


def test_pages_work_without_scripts(served: Served) -> None:
    with served.visited("sam", scripts=False) as page:
        page.goto("/complaints/new")
        page.get_by_label("by letter").check()
        page.get_by_label("Who complains?").fill("Agnes Underhill")
        page.get_by_label("How can we reach them?").fill("by letter to 1 Canal Street")
        page.get_by_label("What do they say is wrong?").fill("Somebody read out her letter aloud")
        page.get_by_role("button", name="Enter the complaint").click()
        assert "is entered" in page.inner_text("main")


@pytest.mark.parametrize(("width", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_what_is_about_to_be_decided_has_no_barrier(
    served: Served, width: int, scheme: Scheme
) -> None:
    with served.visited("dora", width=width, scheme=scheme) as page:
        page.goto("/requests/R-1/approve")
        page.get_by_label("Your password").fill(password_of("dora"))
        page.get_by_role("button", name="Show what this does").click()
        page.get_by_text("A second person signs").click()
        assert page.get_by_label("Type R-1 to approve it").is_visible()
        assert what_is_wrong(page, width) == []
        page.get_by_role("button", name="Approve").click()
        assert "Not confirmed" in page.get_by_role("alert").inner_text()
        assert what_is_wrong(page, width) == []
