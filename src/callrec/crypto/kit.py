"""The recovery kit's secret in a form that a person can type (docs/formats/keys.md, 7).

Base32 of seed[32] || check[3], as 14 groups of four; the check is the start of the seed's SHA-256.
"""

from __future__ import annotations

import base64
from typing import Final

from callrec.crypto.primitives import KEY_BYTES, sha256
from callrec.errors import Unusable

CHECK_BYTES: Final = 3
GROUP: Final = 4


def kit_words(seed: bytes) -> str:
    """The 32-byte seed as groups of four letters and digits, with spaces between."""
    text = base64.b32encode(seed + sha256(seed)[:CHECK_BYTES]).decode()
    return " ".join(text[i : i + GROUP] for i in range(0, len(text), GROUP))


def read_kit_words(words: str) -> bytes:
    """The seed again; case and spaces do not matter. Law: ``read_kit_words(kit_words(s)) == s``.

    Raises:
        Unusable: something is mistyped or missing.
    """
    try:
        data = base64.b32decode("".join(words.split()).upper())
    except ValueError:  # binascii.Error is one; letters beyond ASCII raise another
        data = b""
    seed, check = data[:KEY_BYTES], data[KEY_BYTES:]
    if sha256(seed)[:CHECK_BYTES] != check:  # nor is it, if there is a byte too few or too many
        raise Unusable(
            "these are not the words of a recovery kit",
            hint="there are 14 groups of four; 0, 1, 8 and 9 do not occur",
        )
    return seed
