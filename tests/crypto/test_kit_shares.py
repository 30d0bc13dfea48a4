"""A kit on three pages: SLIP-39 as it is published, and what a person types of it."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from callrec.crypto.kit import kit_shares, read_kit_shares
from callrec.errors import Unusable

VECTORS = Path(__file__).parent.parent / "vectors" / "slip39" / "vectors.json"
PUBLISHED: list[list[Any]] = json.loads(VECTORS.read_text())
SEED = bytes(range(32))
PAGES = kit_shares(SEED)


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case[0])
def test_the_library_is_the_standard_s(case: list[Any]) -> None:
    _, shares, secret, _ = case
    if secret:
        assert combine_mnemonics(shares, b"TREZOR").hex() == secret
    else:
        with pytest.raises(MnemonicError):
            combine_mnemonics(shares, b"TREZOR")


def test_any_two_pages_give_the_seed_and_all_three_do() -> None:
    for pages in (*permutations(PAGES, 2), PAGES):
        assert read_kit_shares(" ".join(pages)) == SEED


def test_case_and_white_space_do_not_matter() -> None:
    assert read_kit_shares(f"{PAGES[0].upper()}\n\t {PAGES[1]}".replace(" ", "\n")) == SEED


def test_a_page_has_33_words() -> None:
    assert [len(page.split()) for page in PAGES] == [33] * 3


def test_the_same_seed_is_shared_otherwise_each_time() -> None:
    assert not set(PAGES) & set(kit_shares(SEED))


def told(*pages: str) -> str:
    with pytest.raises(Unusable) as refused:
        read_kit_shares(" ".join(pages))
    return refused.value.message


def test_one_page_alone_opens_nothing_nor_the_same_one_twice() -> None:
    assert told(PAGES[0]) == "one page alone opens nothing"
    assert told(PAGES[0], PAGES[0]) == "one page alone opens nothing"


def test_pages_of_two_kits_are_refused() -> None:
    others = kit_shares(SEED)
    assert told(PAGES[0], others[1]) == "these pages are of different kits"
    assert told(*PAGES[:2], others[2]) == "these pages are of different kits"


def test_a_word_too_few_is_counted() -> None:
    assert told(PAGES[0].rpartition(" ")[0]) == "a share has 33 words, and 32 words were given"


def changed(page: str, **words: str) -> str:
    """The page with other words at these places: ``w12="acid"``."""
    return " ".join(
        words.get(f"w{place}", word) for place, word in enumerate(page.split(), start=1)
    )


def mistyped(page: str, *places: int) -> str:
    """The page with another word of the list at each of these places, whatever the word there."""
    words = page.split()
    others = {
        f"w{place}": WORDLIST[(WORDLIST.index(words[place - 1]) + 511) % 1024] for place in places
    }
    return changed(page, **others)


@pytest.mark.parametrize("place", range(1, 34))
def test_a_word_that_is_another_of_the_list_is_named(place: int) -> None:
    wrong = mistyped(PAGES[1], place)
    assert told(PAGES[0], wrong) == f"word {place} of page 2 is another one"


def test_a_word_that_is_not_in_the_list_is_named() -> None:
    wrong = changed(PAGES[0], w17="teh", w20="recieve")
    assert told(wrong, PAGES[1]) == "word 17 of page 1 is not in the list"


def test_of_two_wrong_words_none_is_blamed_by_mistake() -> None:
    wrong = mistyped(PAGES[0], 5, 29)
    assert told(wrong, PAGES[1]) == "some words of page 1 are others, or in another order"


@pytest.mark.parametrize(
    "form",
    {
        "1 of 1": ([(1, 1)], 0),
        "3 of 5": ([(3, 5)], 0),
        "an exponent that takes an hour": ([(2, 3)], 1),
        "16 bytes": ([(2, 3)], 0),
    }.items(),
    ids=lambda form: form[0],
)
def test_shares_of_another_form_are_refused(form: tuple[str, tuple[Any, int]]) -> None:
    what, (groups, exponent) = form
    secret = SEED[:16] if what == "16 bytes" else SEED
    (shares,) = generate_mnemonics(1, groups, secret, iteration_exponent=exponent)
    with pytest.raises(Unusable):
        read_kit_shares(" ".join(shares))
