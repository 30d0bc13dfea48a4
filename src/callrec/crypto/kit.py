"""The recovery kit's secret in a form that a person can type (docs/formats/keys.md, 7).

Base32 of seed[32] || check[3] in 14 groups of four, each with a fifth letter that checks the group
and its place; the check is the start of the seed's SHA-256. Or the seed in three shares, of which
any two give it back (kit_shares.py).
"""

from __future__ import annotations

import base64
from typing import Final

from callrec.crypto.kit_shares import kit_shares, read_kit_shares
from callrec.crypto.primitives import KEY_BYTES, sha256
from callrec.errors import Unusable

CHECK_BYTES: Final = 3
KIT_GROUPS: Final = 14
GROUP_LETTERS: Final = 4
"""Letters of a group without its check letter."""
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""RFC 4648, 6: each is an element of GF(32), bits of a polynomial modulo x^5 + x^2 + 1."""
_MODULUS: Final = 0b100101
_HINT: Final = "compare it with the page, letter by letter; 0, 1, 8 and 9 do not occur"
_WORDS_ON_A_PAGE: Final = 16
"""A page of groups has no more words; shares have."""


def kit_pages(seed: bytes, *, split: bool = False) -> tuple[str, ...]:
    """The printed pages of a 32-byte seed: one page of words, or three of which any two will do."""
    return kit_shares(seed) if split else (kit_words(seed),)


def read_kit(typed: str) -> bytes:
    """The seed of a kit, from its page of groups or from two of its three shares.

    Raises:
        Unusable: something is mistyped or missing, or there is one share alone.
    """
    if len(typed.split()) > _WORDS_ON_A_PAGE:
        return read_kit_shares(typed)
    return read_kit_words(typed)


def kit_words(seed: bytes) -> str:
    """The 32-byte seed as groups of five letters and digits, with spaces between."""
    text = base64.b32encode(seed + sha256(seed)[:CHECK_BYTES]).decode()
    groups = (text[i : i + GROUP_LETTERS] for i in range(0, len(text), GROUP_LETTERS))
    return " ".join(group + check_letter(n, group) for n, group in enumerate(groups, 1))


def check_letter(number: int, group: str) -> str:
    """The fifth letter of a group: ``number + 2 v1 + 4 v2 + 8 v3 + 16 v4`` in GF(32).

    A Reed-Solomon symbol: one letter mistyped, two exchanged, or a group at another place never
    leave it right. Groups count from 1.
    """
    check = 0
    for letter in reversed(group):
        check = (check ^ LETTERS.index(letter)) << 1
        if check >= len(LETTERS):
            check ^= _MODULUS
    return LETTERS[check ^ number]


def read_kit_words(words: str) -> bytes:
    """The seed again; case and spaces do not matter. Law: ``read_kit_words(kit_words(s)) == s``.

    Raises:
        Unusable: something is mistyped or missing; it names the wrong groups where it can.
    """
    groups = _groups(words)
    wrong = [n for n, group in enumerate(groups, 1) if not _is_right(n, group)]
    if len(wrong) == KIT_GROUPS:
        raise _no_kit()
    if wrong:
        raise Unusable(_named(wrong), hint=_HINT)
    data = base64.b32decode("".join(group[:GROUP_LETTERS] for group in groups))
    seed, check = data[:KEY_BYTES], data[KEY_BYTES:]
    if sha256(seed)[:CHECK_BYTES] != check:
        raise _no_kit()
    return seed


def _groups(words: str) -> list[str]:
    typed = [word.upper() if word.isascii() else word for word in words.split()]
    if len(typed) == KIT_GROUPS:
        return typed
    text, size = "".join(typed), GROUP_LETTERS + 1
    if len(text) != KIT_GROUPS * size:
        raise _no_kit()
    return [text[i : i + size] for i in range(0, len(text), size)]


def _is_right(number: int, group: str) -> bool:
    if len(group) != GROUP_LETTERS + 1 or not set(group) <= set(LETTERS):
        return False
    return group[GROUP_LETTERS] == check_letter(number, group[:GROUP_LETTERS])


def _named(wrong: list[int]) -> str:
    *some, last = (str(number) for number in wrong)
    if not some:
        return f"group {last} of the kit has a mistake"
    return f"groups {', '.join(some)} and {last} of the kit have mistakes"


def _no_kit() -> Unusable:
    return Unusable(
        "these are not the words of a recovery kit",
        hint="a page has 14 groups, or 33 words and then two pages are needed",
    )
