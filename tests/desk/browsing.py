"""A real browser at a real desk: Debian's Chromium, with cookies of its own for each person."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    StorageState,
    expect,
    sync_playwright,
)

from callrec.config import Desk
from house.certificates import a_certificate
from house.desks import a_desk
from house.practices import House, password_of

PATIENCE_MS = 120_000
"""For a page that stretches a password, on a machine that is busy: late is not missing."""

expect.set_options(timeout=PATIENCE_MS)

DESKTOP = 1280

PHONE = 320
"""Where these pixels need no scrolling sideways, a desktop at 400 % needs none (WCAG 1.4.10)."""

NO_COMPLAINT = (
    "Failed to load resource: the server responded",  # a page that refuses has its own status
    "Autofocus processing was blocked",  # somebody who types already is not interrupted
    "Clear-Site-Data header on ",  # what a login that ends leaves is cleared
    "[DOM] Multiple forms should be contained",  # two people give their passwords in one
)

Scheme = Literal["light", "dark"]


@dataclass
class Served:
    """A desk, and what browsers need to come to it."""

    browser: Browser
    origin: str
    admitted: StorageState
    complaints: list[str] = field(default_factory=list)
    """What any of its pages had the browser complain of: a breach of its own policy above all."""

    def _note(self, message: ConsoleMessage) -> None:
        if not message.text.startswith(NO_COMPLAINT):
            self.complaints.append(message.text)

    @contextmanager
    def arrived(
        self, *, width: int = DESKTOP, scheme: Scheme = "light", scripts: bool = True
    ) -> Iterator[Page]:
        """Somebody at a browser of their own, who is asked to log in."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=scripts,
            storage_state=self.admitted,
            base_url=self.origin,
            ignore_https_errors=True,  # the practice of the tests is its own authority
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto("/login")
        yield page
        context.close()

    @contextmanager
    def visited(
        self, login: str, *, width: int = DESKTOP, scheme: Scheme = "light", scripts: bool = True
    ) -> Iterator[Page]:
        """The same, logged in."""
        with self.arrived(width=width, scheme=scheme, scripts=scripts) as page:
            log_in(page, login)
            yield page


def log_in(page: Page, login: str) -> None:
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password", exact=True).fill(password_of(login))
    page.get_by_role("button", name="Log in", exact=True).click()


NAME = "desk.practice.example"
"""Of a desk that is served for the practice's network: the tests' browsers find it here."""


@contextmanager
def a_named_desk(house: House) -> Iterator[Served]:
    """The desk of a practice under a name of its own, with TLS."""
    folder = house.folder / "tls"
    folder.mkdir()
    a_certificate(folder, NAME, since=datetime.now(UTC), days=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    origin = f"https://{NAME}:{port}"
    place = Desk(port=port, origin=origin, certificate=folder / "c", key=folder / "k")
    with a_desk(house, place) as address, a_browser() as browser:
        assert address == origin
        yield Served(browser, origin, {"cookies": [], "origins": []})


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    chromium = shutil.which("chromium")
    assert chromium, "install Debian's chromium"
    with sync_playwright() as playwright:
        # Its own sandbox does not start for root; what it opens here is ours.
        here = [f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
        yield playwright.chromium.launch(
            executable_path=chromium, chromium_sandbox=False, args=here
        )


@contextmanager
def a_served_desk(house: House) -> Iterator[Served]:
    """The desk of a practice, opened by the browser that its one-time address lets in."""
    with a_desk(house) as address, a_browser() as browser:
        first = browser.new_context()
        first.new_page().goto(address)
        parts = urlsplit(address)
        # Playwright ends the browser, if need be by force; asked to close, one hung for minutes.
        yield Served(browser, f"{parts.scheme}://{parts.netloc}", first.storage_state())
