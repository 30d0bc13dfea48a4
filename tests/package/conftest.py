"""What the tests of a page share: a browser and a page for each module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from callrec.package.page import write_page
from package.browsers import a_browser
from package.builders import SEED
from package.pages import WORDS, a_release


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with a_browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of `release.pages` as a page, under WORDS."""
    members, shown = a_release()
    made = tmp_path_factory.mktemp("page") / "release.html"
    write_page(members, made, WORDS, shown, seed=SEED)
    return made
