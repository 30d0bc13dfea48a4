"""A secret in a form that a person types from a page: groups of five letters and digits.

Base32 of the secret and the start of its SHA-256 in groups of four, each with a fifth letter that
checks the group and its place (docs/formats/keys.md, 4 and 7).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

from callrec.crypto.primitives import sha256
from callrec.errors import Unusable

GROUP_LETTERS: Final = 4
"""Letters of a group without its check letter."""
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""RFC 4648, 6: each is an element of GF(32), bits of a polynomial modulo x^5 + x^2 + 1."""
_LETTER_BITS: Final = 5
_MODULUS: Final = 0b100101
_HINT: Final = "compare it with the page, letter by letter; 0, 1, 8 and 9 do not occur"


def grouped_words(secret: bytes, check_bytes: int) -> str:
    """A secret and the start of its SHA-256, as groups of five: four letters and a check letter.

    Both together fill whole groups: their bytes are a multiple of 2.5.
    """
    text = base64.b32encode(secret + sha256(secret)[:check_bytes]).decode()
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


def read_grouped_words(
    words: str, size: int, check_bytes: int, *, what: str, no_such: Callable[[], Unusable]
) -> bytes:
    """The secret of ``size`` bytes again, out of what `grouped_words` made of it.

    Raises:
        Unusable: something is mistyped or missing; it names the wrong groups where it can, and
            what it is otherwise ``no_such`` says.
    """
    count = (size + check_bytes) * 8 // (GROUP_LETTERS * _LETTER_BITS)
    groups = _groups(words, count)
    wrong = [n for n, group in enumerate(groups, 1) if not _is_right(n, group)]
    if len(wrong) == len(groups):
        raise no_such()
    if wrong:
        raise Unusable(_named(wrong, what), hint=_HINT)
    data = base64.b32decode("".join(group[:GROUP_LETTERS] for group in groups))
    secret, check = data[:size], data[size:]
    if sha256(secret)[:check_bytes] != check:
        raise no_such()
    return secret


def _groups(words: str, count: int) -> list[str]:
    """As many groups as are to be there; none where there are more or fewer letters."""
    typed = [word.upper() if word.isascii() else word for word in words.split()]
    if len(typed) == count:
        return typed
    text, size = "".join(typed), GROUP_LETTERS + 1
    if len(text) != count * size:
        return []
    return [text[i : i + size] for i in range(0, len(text), size)]


def _is_right(number: int, group: str) -> bool:
    if len(group) != GROUP_LETTERS + 1 or not set(group) <= set(LETTERS):
        return False
    return group[GROUP_LETTERS] == check_letter(number, group[:GROUP_LETTERS])


def _named(wrong: list[int], what: str) -> str:
    *some, last = (str(number) for number in wrong)
    if not some:
        return f"group {last} of the {what} has a mistake"
    return f"groups {', '.join(some)} and {last} of the {what} have mistakes"
