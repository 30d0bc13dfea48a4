"""A secret of 32 bytes in parts: any two give it back, and one alone tells nothing of it.

Shamir's scheme ("How to share a secret", Communications of the ACM 22, 1979) with a threshold of
two, over GF(2^128) as AES-GCM has it: each half of the secret is where a straight line of a random
slope begins, and a part is that line at its holder's place (docs/formats/keys.md, 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from callrec.crypto.primitives import KEY_BYTES, random_bytes
from callrec.errors import Tampered

_BITS: Final = 128

_MODULUS: Final = (1 << _BITS) | 0x87
"""x^128 + x^7 + x^2 + x + 1; bit n of an element is the coefficient of x^n."""

_HALF: Final = KEY_BYTES // 2


class Part(NamedTuple):
    """One holder's part of a secret."""

    place: int
    """Whose it is: from 1 to 2^128 - 1; no two holders that open together have the same."""
    value: bytes
    """32 bytes."""


def split(secret: bytes, places: Iterable[int], *, slope: bytes = b"") -> tuple[Part, ...]:
    """The part of a 32-byte secret at each place, on one line.

    Laws: any two at different places give the secret back; to each part alone, every secret has
    exactly one slope that gives it.

    Args:
        secret: 32 bytes.
        places: other than 0, where the line is the secret itself.
        slope: 32 random bytes, as is drawn where none is given; never the same for another secret.
    """
    drawn = _halves(slope or random_bytes(KEY_BYTES))
    begins = _halves(secret)
    parts = []
    for place in places:
        if not 0 < place < 1 << _BITS:
            raise ValueError("no holder has this place")
        halves = (b ^ _times(s, place) for b, s in zip(begins, drawn, strict=True))
        parts.append(Part(place, b"".join(half.to_bytes(_HALF) for half in halves)))
    return tuple(parts)


def join(one: Part, other: Part) -> bytes:
    """The secret of two parts of different places; of parts of two lines, another one.

    Raises:
        Tampered: a part is not in its form, or both are of one place.
    """
    if one.place == other.place or {len(one.value), len(other.value)} != {KEY_BYTES}:
        raise Tampered("two parts of a key are not two parts of a key")
    factor = _times(one.place, _inverse(one.place ^ other.place))
    halves = zip(_halves(one.value), _halves(other.value), strict=True)
    return b"".join((a ^ _times(a ^ b, factor)).to_bytes(_HALF) for a, b in halves)


def _halves(value: bytes) -> tuple[int, int]:
    return int.from_bytes(value[:_HALF]), int.from_bytes(value[_HALF:])


def _times(secret: int, public: int) -> int:
    """Their product; which steps it takes depends on ``public`` alone."""
    product = 0
    while public:
        product ^= secret * (public & 1)
        secret <<= 1
        secret ^= _MODULUS * (secret >> _BITS)
        public >>= 1
    return product


def _inverse(element: int) -> int:
    """By Euclid's algorithm, of an element other than 0, which is public."""
    u, v, of_u, of_v = element, _MODULUS, 1, 0
    while u != 1:
        shift = u.bit_length() - v.bit_length()
        if shift < 0:
            u, v, of_u, of_v, shift = v, u, of_v, of_u, -shift
        u ^= v << shift
        of_u ^= of_v << shift
    return of_u
