"""Each letter that can be written, word for word: golden/, a file each, read by people."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from callrec.letters.wording import LetterContent, letter_text
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.rights.letter import LetterKind
from letters.contents import content, every_letter

GOLDEN = Path(__file__).parent / "golden"
LETTERS = dict(every_letter())


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_word_for_word_what_people_read(name: str) -> None:
    text, file = letter_text(LETTERS[name]), GOLDEN / f"{name}.txt"
    if os.environ.get("CALLREC_TESTS_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_no_golden_letter_is_of_something_that_is_gone() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == LETTERS.keys()
