"""The recovery kit on paper, as somebody reads it who has nothing else."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.crypto.kit import PrintedKit, kit_pages, read_kit
from callrec.package.certificate import hash_in_groups
from callrec.paper.kit_pdf import kit_pdf
from package.certificates import in_one_line, kept, pages, text_of

SEED = bytes(range(32))

FINGERPRINT = "5f" * 32


def printed(*, split: bool) -> PrintedKit:
    return PrintedKit(
        practice="Dr Müller & Partners",
        vault="33" * 16,
        fingerprint=FINGERPRINT,
        serial=2,
        made_at=datetime(2026, 11, 24, 12, 30, tzinfo=UTC),
        pages=kit_pages(SEED, split=split),
    )


ALONE, OF_THREE = printed(split=False), printed(split=True)

FORMS = pytest.mark.parametrize("kit", [ALONE, OF_THREE], ids=["one page", "three pages"])


def in_squares(pdf: bytes, folder: Path) -> list[str]:
    """What a telephone's camera reads on each page."""
    drawn = folder / "page"
    program = ["pdftoppm", "-r", "150", "-png", str(kept(pdf, folder)), str(drawn)]
    subprocess.run(program, check=True)
    # Squares alone: lines of words between lines of words can look like a strip of bars.
    reader = ["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable"]
    found = [
        subprocess.run([*reader, str(each)], check=True, capture_output=True)
        for each in sorted(folder.glob("page*.png"))
    ]
    return [each.stdout.decode().strip() for each in found]


@FORMS
def test_each_of_its_pages_is_one_leaf_with_its_words_in_order(kit: PrintedKit) -> None:
    leaves = pages(kit_pdf(kit))
    assert len(leaves) == len(kit.pages)
    for leaf, words in zip(leaves, kit.pages, strict=True):
        said = in_one_line(leaf)
        numbered = [f"{place} {word}" for place, word in enumerate(words.split(), 1)]
        assert [each for each in numbered if each not in said] == []


@FORMS
def test_the_square_on_each_page_holds_its_words(kit: PrintedKit, tmp_path: Path) -> None:
    assert in_squares(kit_pdf(kit), tmp_path) == list(kit.pages)


def test_any_two_of_the_three_squares_give_the_seed_back(tmp_path: Path) -> None:
    first, second, third = in_squares(kit_pdf(OF_THREE), tmp_path)
    for two in ((first, second), (third, first), (second, third)):
        assert read_kit(" ".join(two)) == SEED


@FORMS
@pytest.mark.parametrize(
    "said",
    [
        "Dr Müller & Partners",
        f"Vault {'33' * 16}",
        f"Fingerprint {hash_in_groups(FINGERPRINT)}",
        "Number of this kit 2; each new kit ends the one before",
        "Made 24 November 2026, 12:30:00 (UTC+00:00)",
        'callrec practice recovery use --user NAME --name "Full Name" --recovery-file FILE.pdf',
        "Once a year: callrec practice recovery drill",
        "no photograph, no scan, no copy on any computer",
    ],
)
def test_every_page_says(kit: PrintedKit, said: str) -> None:
    assert all(said in in_one_line(leaf) for leaf in pages(kit_pdf(kit)))


def test_a_page_of_three_says_which_it_is_and_that_it_opens_nothing_alone() -> None:
    for number, leaf in enumerate(pages(kit_pdf(OF_THREE)), 1):
        assert f"Recovery kit, page {number} of 3" in leaf
        assert "One page alone opens nothing." in in_one_line(leaf)


@FORMS
def test_the_same_kit_gives_the_same_bytes(kit: PrintedKit) -> None:
    assert kit_pdf(kit) == kit_pdf(kit)


@FORMS
def test_the_file_is_sound(kit: PrintedKit, tmp_path: Path) -> None:
    subprocess.run(["qpdf", "--check", str(kept(kit_pdf(kit), tmp_path))], check=True)


def test_a_long_name_of_a_practice_leaves_all_of_it_on_one_leaf() -> None:
    long = replace(ALONE, practice="The Very Long Lane and Riverside Family Medical Practice " * 4)
    assert len(pages(kit_pdf(long))) == 1
    assert "page 1 of 1" in text_of(kit_pdf(long))
