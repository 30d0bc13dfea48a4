from __future__ import annotations

import pytest

from callrec.policy.words import NORMALISING_VERSION, counted, listed, some_of, words

SAME = {
    "marks and apostrophes": ("Siân O'Neill", {"sian", "oneill"}),
    "a curly apostrophe": ("O\u2019NEILL", {"oneill"}),
    "a curly apostrophe that opens": ("O\u2018Neill", {"oneill"}),
    "a letter's apostrophe": ("O\u02bcNeill", {"oneill"}),
    "a grave accent for an apostrophe": ("O`Neill", {"oneill"}),
    "an acute accent for an apostrophe": ("O\u00b4Neill", {"oneill"}),
    "a full-width apostrophe": ("O\uff07Neill", {"oneill"}),
    "composed and decomposed": ("Zoe\u0308 Zo\u00eb", {"zoe"}),
    "a hyphen parts": ("Smith-Jones", {"smith", "jones"}),
    "sharp s": ("Großmann", {"grossmann"}),
    "full-width letters": ("\uff21\uff4e\uff4e", {"ann"}),
    "two letters are a name": ("Bo Li", {"bo", "li"}),
    "initials name nobody": ("J. R. Hughes", {"hughes"}),
    "digits are of a word": ("desk 203", {"desk", "203"}),
    "another script": ("Ольга Ким", {"ольга", "ким"}),
    "nothing to go by": ("- ' . J", set()),
}


@pytest.mark.parametrize(("text", "expected"), SAME.values(), ids=SAME)
def test_words_of_a_name(text: str, expected: set[str]) -> None:
    assert words(text) == expected


def test_another_rule_for_words_is_another_version() -> None:
    """Whoever changes the table above changes this number too: an older index is of no use then."""
    assert NORMALISING_VERSION == 1


def test_one_is_one_and_thousands_are_parted() -> None:
    told = [counted(number, "file") for number in (0, 1, 2, 1042)]
    assert told == ["0 files", "1 file", "2 files", "1,042 files"]


def test_the_last_of_several_follows_an_and() -> None:
    assert [listed("abc"[:most]) for most in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def test_of_many_numbers_the_first_twenty_are_named_and_the_others_counted() -> None:
    twenty = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20"
    told = [some_of(range(1, last + 1)) for last in (20, 21, 42)]
    assert told == [twenty, f"{twenty} and 1 more", f"{twenty} and 22 more"]
    assert some_of((7, 9), 2) == "7, 9"
    assert some_of((7, 9, 11), 2) == "7, 9 and 1 more"
