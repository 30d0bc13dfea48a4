"""What is inaudible: samples that do not leave where they rest.

A recording rests at 0, or where its converter's offset puts it. Linear samples are inaudible where
none lies further from the first than 16 of the 32,768 steps of 16 bits, 66 dB below the loudest:
converters and dither stay below that, speech in the next room does not. Of G.711 the codes nearest
to 0 are: ±8 of those steps. A constant is inaudible whatever it is, such as the zeros of a file
whose blocks were never written.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

_NEAR = 16
_AT_REST = {"ulaw": b"\xff\x7f\xfe\x7e", "alaw": b"\xd5\x55"}
_ELSEWHERE_HIGH, _ELSEWHERE_LOW = 2, 3


def silence_test(
    codec: str, first: bytes, order: Literal["little", "big"]
) -> Callable[[bytes], bool]:
    """What tells whether a piece of whole samples is inaudible.

    Args:
        codec: ``pcm8`` to ``pcm32``, ``ulaw``, ``alaw``.
        first: the recording's first sample.
        order: of the bytes in each.
    """
    if len(first) == 1:
        rest = _AT_REST.get(codec, b"")
        return partial(_holds_only, rest if first in rest else first)
    return partial(_stays_near, _Near(first, order))


def _holds_only(codes: bytes, piece: bytes) -> bool:
    return not piece.translate(None, codes)


class _Near:
    """Two tables, by which both upper bytes of a sample are sorted.

    The values nearby share one upper byte, or have one of two. Each table says which of the two a
    byte goes with: where both say the same of every sample, all lie nearby.
    """

    def __init__(self, first: bytes, order: Literal["little", "big"]) -> None:
        self.width = len(first)
        self.high = self.width - 1 if order == "little" else 0
        self.low = self.width - 2 if order == "little" else 1
        lowest = (first[self.high] << 8 | first[self.low]) - _NEAR
        upper, lower = lowest >> 8 & 0xFF, lowest & 0xFF
        self.of_high, self.of_low = _of_high(upper), _of_low(lower)


@cache
def _of_high(upper: int) -> bytes:
    """The table of upper bytes where the lowest value nearby has this one."""
    table = bytearray([_ELSEWHERE_HIGH]) * 256
    table[upper], table[(upper + 1) % 256] = 0, 1
    return bytes(table)


@cache
def _of_low(lower: int) -> bytes:
    """The table of lower bytes where the lowest value nearby has this one."""
    table = bytearray([_ELSEWHERE_LOW]) * 256
    for value in range(lower, lower + 2 * _NEAR + 1):
        table[value % 256] = value > 255  # noqa: PLR2004 - the next upper byte
    return bytes(table)


def _stays_near(near: _Near, piece: bytes) -> bool:
    high = piece[near.high :: near.width].translate(near.of_high)
    return high == piece[near.low :: near.width].translate(near.of_low)
