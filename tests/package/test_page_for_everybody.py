"""Whether everybody can use a page: axe-core as judge, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from package.browsers import DESKTOP, PHONE, a_visit, type_words, unlock
from package.pages import WORDS


def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds: each rule that is broken, and by which elements."""
    return [
        (found["id"], [node["html"] for node in found["nodes"]])
        for found in Axe().run(page).response["violations"]
    ]


def test_the_judge_finds_a_field_without_a_label(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<!DOCTYPE html><input>")
    page = browser.new_page()
    page.goto((tmp_path / "bad.html").as_uri())
    assert "label" in [rule for rule, _ in barriers(page)]
    page.close()


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_there_is_no_barrier_before_and_after_it_is_open(
    browser: Browser, file: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    with a_visit(browser, file, width=width) as page:
        page.emulate_media(color_scheme=scheme)
        assert barriers(page) == []
        type_words(page, WORDS.replace("anvil", "anchor"))
        expect(page.get_by_role("alert")).to_contain_text("do not open")
        assert barriers(page) == []
        unlock(page, WORDS)
        page.get_by_text("Save single files").click()
        page.get_by_text("Please read this first", exact=True).click()
        assert barriers(page) == []


def test_without_scripts_there_is_no_barrier_either(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        page.evaluate("document.getElementById('locked').hidden = true")
        page.evaluate("document.getElementById('cannot').hidden = false")
        assert barriers(page) == []
