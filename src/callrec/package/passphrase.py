"""The passphrase of a package: six words of the EFF long list (docs/formats/release.md, 6)."""

from __future__ import annotations

import re
import secrets
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PASSPHRASE_WORDS: Final = 6
"""Words in a passphrase: 77.5 bits, since WinZip's 1,000 rounds of PBKDF2 add only about ten."""


def fresh_passphrase(choose: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    """Six words, drawn one by one, in small letters with one space between.

    Spaces, because that is what people type when words are read out to them, and no word processor
    turns a space into something that looks the same, as it does with hyphens. Neither can be seen
    in a hidden field, so the four words of the list with a hyphen in them (``yo-yo``) are not
    drawn: letters and single spaces are then the whole rule. It costs 0.005 of 77.5 bits.
    """
    words = [word for word in word_list() if "-" not in word]
    return " ".join(choose(words) for _ in range(PASSPHRASE_WORDS))


def normalise_passphrase(passphrase: str) -> bytes:
    """Small letters, one space between words, whatever a letter or a telephone made of them.

    What is no letter from a to z parts words: the page's own code does just so (sealed.js).
    """
    return " ".join(re.findall("[a-z]+", passphrase.lower())).encode()


def word_list() -> tuple[str, ...]:
    """The 7,776 words in the list's order; the file is read only when they are needed."""
    text = resources.files(__package__).joinpath("eff_large_wordlist.txt").read_text("ascii")
    return tuple(line.split("\t")[1] for line in text.splitlines())
