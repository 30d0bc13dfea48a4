"""Debian's Chromium with the network off, and a watch over what it asks for."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

DESKTOP = 1280

PHONE = 360

OUR_OWN = ("file://", "blob:", "data:image/svg+xml;base64,")
"""What a page may ask for: itself, what it has opened, and the signs on Chromium's own player."""

_WITHOUT_NETWORK = ("unshare", "--map-root-user", "--net", "--")
"""In a network namespace of its own, without an interface that is up."""


@contextmanager
def a_browser(folder: Path) -> Iterator[Browser]:
    """Headless Chromium, started by a script in ``folder``; without a network if the system lets us
    have a namespace, and told that it is offline in any case."""
    chromium = shutil.which("chromium")
    assert chromium, "install Debian's chromium"
    allowed = subprocess.run([*_WITHOUT_NETWORK, "true"], capture_output=True, check=False)
    start = [*(_WITHOUT_NETWORK if allowed.returncode == 0 else ()), chromium]
    script = folder / "chromium"
    script.write_text(f'#!/bin/sh\nexec {" ".join(start)} "$@"\n')
    script.chmod(0o700)
    with sync_playwright() as playwright:
        # Its own sandbox does not start for root; what it opens here is ours.
        # Playwright ends it, if need be by force; asked to close, one hung for minutes.
        yield playwright.chromium.launch(executable_path=script, chromium_sandbox=False)


class Watch:
    """What a page asked for, and what its browser complained of."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        # By the browser's own protocol: Playwright's events leave out what is blocked at once.
        protocol = page.context.new_cdp_session(page)
        protocol.on("Network.requestWillBeSent", self._note)
        protocol.send("Network.enable")

    def _note(self, event: dict[str, Any]) -> None:
        self.asked.append(event["request"]["url"])

    @property
    def strangers(self) -> list[str]:
        return [address for address in self.asked if not address.startswith(OUR_OWN)]


@contextmanager
def a_visit(
    browser: Browser, file: Path, *, width: int = DESKTOP, scripts: bool = True
) -> Iterator[Page]:
    """The file, opened from the drive. At the end nobody outside was asked for anything, and the
    browser had nothing to complain of, a breach of the page's own policy above all."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, offline=True, java_script_enabled=scripts
    )
    page = context.new_page()
    watch = Watch(page)
    page.goto(file.as_uri())
    yield page
    context.close()
    assert watch.asked
    assert watch.strangers == [], watch.strangers
    assert watch.complaints == [], watch.complaints


def type_words(page: Page, words: str) -> None:
    """As a reader does: into the field, then Enter."""
    page.get_by_label("The six words").fill(words)
    page.keyboard.press("Enter")


def unlock(page: Page, words: str) -> None:
    type_words(page, words)
    expect(page.get_by_role("button", name="Lock again")).to_be_visible()


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("it cannot be reached by keyboard")


def plays(page: Page, call: str) -> float:
    """Wait until the playhead of a call has moved, and say where the player is: seconds."""
    expect(page.get_by_role("slider", name=f"Place in {call}")).not_to_have_value("0")
    heard: float = page.get_by_label(call, exact=True).evaluate("audio => audio.currentTime")
    return heard
