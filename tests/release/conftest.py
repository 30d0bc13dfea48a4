"""What the tests of a page share: one browser for each module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from release.browsers import a_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with a_browser(tmp_path_factory.mktemp("browser")) as started:
        yield started
