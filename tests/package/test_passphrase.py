from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import resources

from callrec.package.whole import PASSPHRASE_WORDS, fresh_passphrase, word_list


def test_the_list_is_effs_own_byte_for_byte() -> None:
    data = resources.files("callrec.package").joinpath("eff_large_wordlist.txt").read_bytes()
    assert (
        hashlib.sha256(data).hexdigest()
        == "addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e"
    )


def test_the_list_has_7776_different_words() -> None:
    assert len(set(word_list())) == len(word_list()) == 6**5


def test_six_words_are_drawn_each_from_the_whole_list() -> None:
    offered: list[int] = []

    def nth_last(words: Sequence[str]) -> str:
        offered.append(len(words))
        return words[-len(offered)]

    assert fresh_passphrase(nth_last) == "zoom zoology zoologist zookeeper zoning zone"
    assert offered == [7772] * PASSPHRASE_WORDS


def test_words_with_a_hyphen_are_never_drawn() -> None:
    hyphened = [word for word in word_list() if "-" in word]
    assert hyphened == ["drop-down", "felt-tip", "t-shirt", "yo-yo"]

    def never(words: Sequence[str]) -> str:
        assert not set(hyphened) & set(words)
        return words[0]

    assert fresh_passphrase(never) == "abacus abacus abacus abacus abacus abacus"


def test_a_passphrase_is_small_letters_and_single_spaces() -> None:
    words = fresh_passphrase().split(" ")
    assert len(words) == PASSPHRASE_WORDS
    assert all(word.isalpha() and word.islower() and word.isascii() for word in words)


def test_two_passphrases_differ() -> None:
    assert fresh_passphrase() != fresh_passphrase()
