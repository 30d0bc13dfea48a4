"""Debian's Chromium at a desk that is served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from house.desks import a_desk
from house.practices import House, password_of

DESKTOP = 1280

PHONE = 360


@contextmanager
def at_the_desk(
    house: House, login: str, *, width: int = DESKTOP, **context: Any
) -> Iterator[Page]:
    """Somebody who logged in by a browser. At the end it had nothing to complain of."""
    chromium = shutil.which("chromium")
    assert chromium, "install Debian's chromium"
    complaints: list[str] = []
    with a_desk(house) as opens, sync_playwright() as playwright:
        # Its own sandbox does not start for root; what it opens here is ours.
        browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        page = browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(opens)
        page.get_by_label("Login").fill(login)
        page.get_by_label("Password").fill(password_of(login))
        page.get_by_role("button", name="Log in").click()
        yield page
        browser.close()
    assert complaints == [], complaints
