"""Pages as a screen reader reads them, held by the transcripts in read_aloud/.

``[..]`` in a transcript stands for anything within a line: the time of day. The head of the page
and its foot are the same on each, and stand in one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import unified_diff
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cli.transcript import matches
from desk.browsing import Served, a_served_desk
from desk.journeys import press
from desk.read_aloud import read_aloud
from house.commands import done
from house.practices import House, password_of
from house.stages import GRANTED, Stage, Stages

TRANSCRIPTS = Path(__file__).parent / "read_aloud"

WHY = "The patient complains that nobody rang back as promised"

UNKNOWN = ("--time", "unknown", "--extension", "unknown", "--number", "unknown")


def _something_to_decide(house: House) -> None:
    """R-2, whose answer is due and who asks has proved nothing; R-3, a complaint."""
    asked = ("--recording", "1", "--date", "24/6/2024", *UNKNOWN, "--party", "unknown")
    done(
        house,
        "sam",
        *("request", "create", "subject-access", *asked, "--about", "", "--reason", WHY),
        *("--subject", "Agnes Underhill", "--received", "20/11/2026", "--received-how", "written"),
        *("--identity", "unknown", "--authority", "none", "--copy"),
    )
    done(
        house,
        "mia",
        *("request", "create", "complaint", *asked, "--about", "", "--reason", WHY),
        *("--complaint", "C-2024-17", "--complainant", "patient"),
    )


TO_DECIDE = Stage("to-decide", _something_to_decide, after=GRANTED)


@pytest.fixture(scope="module")
def served(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    house = stages.copy(TO_DECIDE, tmp_path_factory.mktemp("aloud") / "house")
    with a_served_desk(house) as desk:
        yield desk


def send(page: Page, name: str) -> None:
    """Press a button, and go on once the page that follows is there."""
    with page.expect_navigation():
        press(page, name)


def confirm_login(page: Page, login: str) -> None:
    page.goto("/unlock")
    page.get_by_label("Your password").fill(password_of(login))
    send(page, "Go on")


def _refused_login(page: Page) -> None:
    page.context.clear_cookies(name="__Host-callrec")
    page.goto("/login")
    page.get_by_label("Login").fill("dora")
    page.get_by_label("Password", exact=True).fill("it is not this one")
    send(page, "Log in")


def _refused_decision(page: Page) -> None:
    page.goto("/requests/R-2/approve")
    page.get_by_label("Until which day").fill("the next but one")
    page.get_by_label("Your password").fill(password_of("dora"))
    send(page, "Show what this does")


def _refused_request(page: Page) -> None:
    page.goto("/requests/new/subject-access")
    page.get_by_label("Why do you need").fill(WHY)
    page.get_by_label("External number").fill("unknown")
    send(page, "Make the request")


def _found(page: Page) -> None:
    page.goto("/search")
    page.get_by_label("Why do you need").fill(WHY)
    page.get_by_label("Day of the call").fill("4/7/2024")
    send(page, "Search")


def _hearing(page: Page) -> None:
    page.goto("/requests/R-1/listen/1")
    page.get_by_label("Who is there besides you").fill("nobody")
    page.get_by_label("Your password").fill(password_of("sam"))
    send(page, "Listen")
    expect(page.get_by_role("button", name="Play")).to_be_focused()


def _register(page: Page) -> None:
    confirm_login(page, "dora")
    page.goto("/registers/rights-requests")
    if page.get_by_role("main").get_by_role("button", name="Read it").count():
        send(page, "Read it")


def _record(page: Page) -> None:
    page.goto("/record")
    page.get_by_label("Who did it").fill("max")
    page.get_by_label("Your password").fill(password_of("dora"))
    send(page, "Read it")


def _at(address: str) -> Callable[[Page], object]:
    return lambda page: page.goto(address)


WALKS: Mapping[str, tuple[str, Callable[[Page], object]]] = {
    "log-in-refused": ("dora", _refused_login),
    "inbox": ("dora", _at("/")),
    "request": ("dora", _at("/requests/R-2")),
    "decision-refused": ("dora", _refused_decision),
    "request-refused": ("sam", _refused_request),
    "found": ("pat", _found),
    "hearing": ("sam", _hearing),
    "release": ("sam", _at("/requests/R-1/release")),
    "register": ("dora", _register),
    "record": ("dora", _record),
}


@pytest.mark.parametrize("walk", WALKS)
def test_a_page_reads_aloud_as_its_transcript(served: Served, walk: str) -> None:
    login, go = WALKS[walk]
    with served.visited(login) as page:
        go(page)
        if page.title().startswith("Error: "):
            expect(page.get_by_role("alert")).to_be_focused()
        said = read_aloud(page)
    if walk != "inbox":  # which has the head and the foot
        main, foot = said.index("main"), said.index("contentinfo")
        said = [said[0], *said[main:foot]]
    expected = (TRANSCRIPTS / f"{walk}.txt").read_text(encoding="utf-8").splitlines()
    assert matches(expected, said), "\n".join(unified_diff(expected, said, lineterm=""))
