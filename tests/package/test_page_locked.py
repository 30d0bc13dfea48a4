"""How a page opens and locks, in a real browser, from the drive, with the network off."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from package.browsers import Watch, a_visit, type_words, unlock
from package.pages import WORDS, a_release, elements_of, resealed

MEMBERS, SHOWN = a_release()


def test_the_watch_sees_whoever_asks_for_something_outside(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "bad.html").write_text('<img src="http://192.0.2.1/spy"><script>oops()</script>')
    page = browser.new_page()
    watch = Watch(page)
    page.goto((tmp_path / "bad.html").as_uri())
    page.close()
    assert watch.strangers == ["http://192.0.2.1/spy"]
    assert any("oops is not defined" in complaint for complaint in watch.complaints)


def test_wrong_words_are_said_and_can_be_typed_again(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        field = page.get_by_label("The six words")
        field.fill(WORDS.replace("fabric", "fable"))
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("alert")).to_contain_text("do not open the recordings")
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator("audio")).to_have_count(0)
        unlock(page, WORDS)


@pytest.mark.parametrize(
    ("typed", "said"), [("", "You typed none."), ("anvil bamboo", "You typed 2.")]
)
def test_too_few_words_are_counted_and_not_tried(
    browser: Browser, file: Path, typed: str, said: str
) -> None:
    with a_visit(browser, file) as page:
        type_words(page, typed)
        expect(page.get_by_role("alert")).to_have_text(f"There are six words. {said}")


@pytest.mark.parametrize(
    "typed",
    [
        f"  {WORDS.upper()}",
        WORDS.title().replace(" ", "  "),
        WORDS.replace(" ", "-, "),
        WORDS.replace(" ", "_"),
        " ".join(f"{number}. {word}" for number, word in enumerate(WORDS.split(), 1)),
    ],
)
def test_the_words_open_it_however_they_are_typed(browser: Browser, file: Path, typed: str) -> None:
    with a_visit(browser, file) as page:
        unlock(page, typed)
        expect(page.get_by_role("heading", name="3 calls")).to_be_focused()


@pytest.mark.parametrize("element", ["sealed", "nonce", "salt"])
def test_one_changed_byte_is_as_good_as_wrong_words(
    browser: Browser, file: Path, tmp_path: Path, element: str
) -> None:
    whole = elements_of(file).texts[element]
    changed = bytearray(b64decode(whole))
    changed[len(changed) // 2] ^= 1
    other = tmp_path / "changed.html"
    text = file.read_text("utf-8").replace(f">{whole}<", f">{b64encode(changed).decode()}<")
    other.write_text(text, "utf-8")
    with a_visit(browser, other) as page:
        type_words(page, WORDS)
        expect(page.get_by_role("alert")).to_contain_text("do not open the recordings")


@pytest.mark.parametrize(
    ("salt", "nonce"), [(bytes(15), bytes(12)), (bytes(16), bytes(13))], ids=["salt", "nonce"]
)
def test_a_salt_or_nonce_of_another_length_opens_nothing(
    browser: Browser, file: Path, tmp_path: Path, salt: bytes, nonce: bytes
) -> None:
    """Sealed under it as it should be: but no other reader would take it."""
    (other := tmp_path / "other.html").write_bytes(file.read_bytes())
    resealed(other, salt=salt, nonce=nonce)
    with a_visit(browser, other) as page:
        type_words(page, WORDS)
        expect(page.get_by_role("alert")).to_contain_text("do not open the recordings")


def test_what_came_only_in_part_is_as_good_as_wrong_words(
    browser: Browser, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "part.html").write_bytes(file.read_bytes()[:-40_000])
    with a_visit(browser, tmp_path / "part.html") as page:
        type_words(page, WORDS)
        expect(page.get_by_role("alert")).to_contain_text("do not open the recordings")


def test_locked_again_nothing_is_left_to_be_seen_or_fetched(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        unlock(page, WORDS)
        page.get_by_role("button", name="Lock again").click()
        expect(page.get_by_label("The six words")).to_be_focused()
        expect(page.get_by_label("The six words")).to_have_value("")
        expect(page.locator("#opened")).to_be_empty()
        unlock(page, WORDS)


def test_no_address_opens_anything_once_it_is_locked_again(browser: Browser, file: Path) -> None:
    page = browser.new_page()
    page.goto(file.as_uri())
    unlock(page, WORDS)
    address = page.locator("audio").first.get_attribute("src")
    page.get_by_role("button", name="Lock again").click()
    with page.expect_console_message(lambda message: "Not allowed to load" in message.text):
        page.evaluate("address => { new Audio(address).load(); }", address)
    page.close()


def test_locked_and_opened_are_never_seen_together(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        seen = page.get_by_role("heading", level=2)
        expect(seen).to_have_text(["Open the recordings", "About this file"])
        unlock(page, WORDS)
        expect(seen).to_have_text(
            ["3 calls", "Save what is in here", "What comes with the recordings", "Certificate"]
        )


def test_what_is_typed_can_be_hidden_and_shown(browser: Browser, file: Path) -> None:
    with a_visit(browser, file) as page:
        field = page.get_by_label("The six words")
        expect(field).to_have_attribute("type", "text")
        page.get_by_role("button", name="Hide what I type").click()
        expect(field).to_have_attribute("type", "password")
        page.get_by_role("button", name="Show what I type").click()
        expect(field).to_have_attribute("type", "text")


def test_without_scripts_it_says_what_to_do(browser: Browser, file: Path) -> None:
    with a_visit(browser, file, scripts=False) as page:
        expect(page.get_by_role("heading", level=2)).to_have_text(
            "These recordings cannot be opened here"
        )
        expect(page.get_by_role("main")).to_contain_text("telephone 01632 960 000")


def test_where_the_browser_has_no_cryptography_it_says_what_to_do(
    browser: Browser, file: Path
) -> None:
    # A page that came over plain http is no secure context: there is no crypto.subtle.
    page = browser.new_page()
    page.route("http://practice.test/", lambda route: route.fulfill(path=file))
    page.goto("http://practice.test/")
    assert page.evaluate("crypto.subtle === undefined")
    expect(page.get_by_role("heading", level=2)).to_have_text(
        "These recordings cannot be opened here"
    )
    page.close()
