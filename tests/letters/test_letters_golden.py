"""Each letter that can be written, word for word: golden/, a file each, read by people.

A new purpose, kind or ground has no file, and fails. ``python tests/letters/write_golden.py``
writes all of them; read the difference aloud.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.letters.wording import letter_text
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.rights.letter import LetterKind, letters_for
from letters.contents import content, every_letter, grounds_of

GOLDEN = Path(__file__).parent / "golden"
LETTERS = dict(every_letter())


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_word_for_word_what_people_read(name: str) -> None:
    golden = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert letter_text(LETTERS[name]) == golden


def test_every_kind_of_letter_and_every_ground_of_each_purpose_has_its_golden_text() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == LETTERS.keys()
    kinds = {(each.purpose, each.kind) for each in LETTERS.values()}
    assert kinds == {(purpose, kind) for purpose in Purpose for kind in letters_for(purpose)}
    refused = {(each.purpose, each.refused_on) for each in LETTERS.values() if each.refused_on}
    grounds = {(purpose, ground) for purpose in Purpose for ground in grounds_of(purpose)}
    assert refused == {each for each in grounds if each[0] is not Purpose.DISPOSAL}


HIDDEN = [(p, g) for p in Purpose for g in GROUNDS_FOR[p] if not g.is_disclosed]


@pytest.mark.parametrize(("purpose", "ground"), HIDDEN)
def test_a_refusal_that_must_not_be_told_is_to_the_letter_that_of_what_is_not_held(
    purpose: Purpose, ground: Ground
) -> None:
    hidden, not_held = (
        letter_text(content(purpose, LetterKind.REFUSE, refused_on=each))
        for each in (ground, Ground.NOT_HELD)
    )
    assert hidden == not_held


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_has_short_lines_and_no_field_left_open(name: str) -> None:
    text = letter_text(LETTERS[name])
    assert "$" not in text
    assert "None" not in text
    assert ".." not in text
    assert max(map(len, text.splitlines())) <= 76
