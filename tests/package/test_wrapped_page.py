"""The page that goes out is the page that is checked, and what it shows is what was signed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callrec.package.callrec_verify import canonical, check_signature
from callrec.package.package import member_of_bytes
from callrec.package.page import write_page
from callrec.package.sealed_page import open_page
from callrec.release.verify import CheckedRelease, DisplayCheck, verify_release
from package.offices import an_office
from package.pages import WORDS, a_release, read_page, resealed

FINGERPRINT = bytes.fromhex("abdbe8bf16331b8a706e166fc805a4066d03540043761a91d8bafb2ad09e1ec4")

OFFICE = an_office()

MEMBERS = [member_of_bytes(path, data) for path, data in OFFICE.release().items()]

_, SHOWN = a_release()


@pytest.fixture(name="page")
def _page(tmp_path: Path) -> Path:
    """Signed as the files in it are."""
    page = tmp_path / "release.html"
    write_page(MEMBERS, page, WORDS, SHOWN, seed=OFFICE.keys["sam"].act)
    return page


def checked(page: Path) -> CheckedRelease:
    return verify_release(page, pin=bytes.fromhex(OFFICE.root), passphrase=lambda: WORDS)


def test_a_release_in_a_page_is_verified_with_what_it_shows(page: Path) -> None:
    found = checked(page)
    assert (found.result.verdict, found.display) == ("VERIFIED", DisplayCheck.OK)


def test_a_page_of_long_ago_is_still_verified() -> None:
    vectors = Path(__file__).parents[1] / "vectors/release"
    words = "unlatch canyon grazing ripple shindig frosted"
    found = verify_release(vectors / "whole.html", pin=FINGERPRINT, passphrase=lambda: words)
    assert (found.result.verdict, found.display) == ("VERIFIED", DisplayCheck.OK)


def _other_edits(index: dict[str, Any]) -> None:
    index["page"]["calls"][0]["edits"] = ["Nothing was left out."]


def _other_words_of_the_certificate(index: dict[str, Any]) -> None:
    index["page"]["certificate"]["sections"][0]["lists"][0]["rows"][0][1] = ["Another Practice"]


def _nothing_shown(index: dict[str, Any]) -> None:
    del index["page"]


def _unsigned(index: dict[str, Any]) -> None:
    del index["signature"]


def _signed_in_no_form(index: dict[str, Any]) -> None:
    index["signature"] = 1


def _signed_as_the_manifest(index: dict[str, Any]) -> None:
    files = {member.path: b"".join(member.chunks()) for member in MEMBERS}
    index["signature"] = files["manifest.json.sig"].decode()


@pytest.mark.parametrize(
    "change",
    [
        _other_edits,
        _other_words_of_the_certificate,
        _nothing_shown,
        _unsigned,
        _signed_in_no_form,
        _signed_as_the_manifest,
    ],
)
def test_a_page_that_shows_what_nobody_signed_is_not_verified(
    page: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    """Whoever was given the words can seal the files anew beside something else."""
    resealed(page, change)
    found = checked(page)
    assert (found.result.verdict, found.display) == ("NOT VERIFIED", DisplayCheck.CHANGED)
    assert {file.state for file in found.files} == {"ok"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</html>", "<p>The practice regrets what was said.</p></html>"),
        ('<meta charset="utf-8">', '<meta charset="utf-8"><script>alert(1)</script>'),
        ("const WORDS = 6;", "const WORDS = 5;"),
        ("Open the recordings", "Open the evidence"),
        ("</header>", '<script type="text/javascript" id="code">1</script></header>'),
        ("</header>", '<script type="application/json" id="&#114;ounds">1</script></header>'),
    ],
    ids=["text", "script", "code", "heading", "element", "entity"],
)
def test_a_page_with_other_text_or_code_is_not_verified(page: Path, old: str, new: str) -> None:
    text = page.read_text("utf-8")
    assert old in text
    page.write_text(text.replace(old, new, 1), "utf-8")
    found = checked(page)
    assert (found.result.verdict, found.display) == ("NOT VERIFIED", DisplayCheck.CHANGED)


def test_a_page_signed_by_somebody_else_is_not_verified(tmp_path: Path) -> None:
    page = tmp_path / "another.html"
    write_page(MEMBERS, page, WORDS, SHOWN, seed=OFFICE.keys["dora"].act)
    assert checked(page).display is DisplayCheck.CHANGED


def test_what_another_release_shows_is_not_verified(tmp_path: Path) -> None:
    certificate = replace(SHOWN.certificate, release="ab" * 16)
    page = tmp_path / "another.html"
    of_another = replace(SHOWN, certificate=certificate)
    write_page(MEMBERS, page, WORDS, of_another, seed=OFFICE.keys["sam"].act)
    assert checked(page).display is DisplayCheck.CHANGED


def test_of_a_page_whose_files_were_changed_no_more_is_checked(tmp_path: Path) -> None:
    page = tmp_path / "release.html"
    changed = [member for member in MEMBERS if member.path != "VERIFY.txt"]
    write_page(changed, page, WORDS, SHOWN, seed=OFFICE.keys["sam"].act)
    found = checked(page)
    assert (found.result.verdict, found.display) == ("NOT VERIFIED", DisplayCheck.NOT_CHECKED)


def test_what_is_signed_of_a_page_is_as_the_format_says(page: Path) -> None:
    """SHA-256 of the page with its four values cut out, made here by text alone."""
    text = page.read_text("utf-8")
    for name in ("rounds", "salt", "nonce", "sealed"):
        before, _, rest = text.partition(f'id="{name}">')
        text = f'{before}id="{name}"></script>{rest.partition("</script>")[2]}'
    index, _ = read_page(page)
    opened = open_page(page, lambda: WORDS)
    assert opened.around == hashlib.sha256(text.encode()).digest()
    assert (opened.shown, opened.signature) == (index["page"], index["signature"])
    statement = {
        "around": opened.around.hex(),
        "release": SHOWN.certificate.release,
        "schema": "callrec.page/1",
        "shown": hashlib.sha256(canonical(index["page"])).hexdigest(),
    }
    check_signature(canonical(statement), opened.signature.encode(), OFFICE.keys["sam"].public.act)
