"""Is anything to be heard, and is it sound?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Literal

from callrec.telephone.sound.sound import BLOCK_BYTES, Encrypted, Finding, Window

_WIDTHS = {"pcm8": 1, "ulaw": 1, "alaw": 1, "pcm16": 2, "pcm24": 3, "pcm32": 4}
"""Bytes of one sample of the codecs that can be told about."""

_PLACES, _FEWEST = 8, 4
"""Places, spread over a recording, at which it is looked into; below so many it is too short."""

_AT_ONCE, _A_LITTLE = 2048, 256
"""Samples at each place: looked at for encryption, and for silence (32 ms at 8 kHz)."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Where in a file they lie, and how each is written."""

    codec: str
    start: int
    """Bytes from the beginning of the file."""
    length: int
    """Bytes."""
    order: Literal["little", "big"] = "little"


def sample_findings(window: Window, samples: Samples) -> frozenset[Finding]:
    """Whether they are silent, from the first to the last; nothing of codecs that do not tell.

    Costs a look at the first samples where these are audible; else it may read all of the file.
    """
    width = _WIDTHS.get(samples.codec)
    if width is None or samples.length < width:
        return frozenset()
    if _is_encrypted(window, samples, width):
        raise Encrypted
    return frozenset({Finding.SILENT} if _is_silent(window, samples, width) else ())


def _is_encrypted(window: Window, samples: Samples, width: int) -> bool:
    size = _AT_ONCE * width
    count = min(_PLACES, samples.length // size)
    return count >= _FEWEST and all(
        is_noise(piece, width, samples.order) for piece in _looks(window, samples, count, size)
    )


def _is_silent(window: Window, samples: Samples, width: int) -> bool:
    is_quiet = silence_test(samples.codec, window.at(samples.start, width), samples.order)
    size = min(_A_LITTLE * width, samples.length // width * width)
    looks = _looks(window, samples, _PLACES, size)
    return all(map(is_quiet, looks)) and all(map(is_quiet, _all_of(window, samples, width)))


def _looks(window: Window, samples: Samples, count: int, size: int) -> Iterator[bytes]:
    """Pieces of ``size`` bytes, whole samples, from the first to the last."""
    last = (samples.length - size) // size
    for each in range(count):
        yield window.at(samples.start + last * each // (count - 1) * size, size)


def _all_of(window: Window, samples: Samples, width: int) -> Iterator[bytes]:
    end = samples.start + samples.length // width * width
    step = BLOCK_BYTES // width * width
    before = b""
    for place in range(samples.start, end, step):
        piece = window.at(place, min(step, end - place))
        if piece != before:  # nothing is as quick as to see that it is the same again
            yield piece
        before = piece


# What is encrypted is noise that is even in every respect. Mitel's MiVoice Office, for one,
# encrypts the sound and leaves the header of a WAVE file before it.
#
# What is encrypted has every byte as often as every other, and every step from one byte to the
# next. Pearson's chi-square over 2048 samples says how far from that a piece is: of random bytes it
# is 255 ± 23, above 400 once in 50 million times. A recording is taken for encrypted only where its
# low bytes, its high bytes and the steps between the high ones are all below that, at all of the
# four to eight places that are looked at. Fewer than one in a million that are encrypted are
# overlooked so.
#
# Nothing that a telephone carries comes near. Noise, hiss or hum must reach full scale and be
# spread evenly over it to have even high bytes, where white noise at half of full scale has 1,100;
# a full sawtooth has them and ever the same steps; what went through G.711 once has no more than
# 256 values and so the low bytes of few; digital silence has 520,000. Of 8 bits there is one byte,
# and in G.711 its codes are even only where every loudness is as frequent as every other. As
# measured over the 374 announcements and pieces of music on hold of Debian's Asterisk and ALSA
# packages that last a second or more, as they are, in G.711, 30 dB louder and overdriven
# (docs/sound.md): the most even place of any of them has 1,368, and none is judged by one place;
# the most even recording, four seconds of white noise that is there for testing, has 2,617 at
# another.

_MOST = 400
"""Chi-square of 256 bytes, above which they are not random."""

_BYTES = 256

_GLANCED_AT, _DIFFERENT = 512, 190
"""Of 512 random bytes 222 ± 5 differ: below 190 nothing need be counted."""


def is_noise(piece: bytes, width: int, order: Literal["little", "big"]) -> bool:
    """Whether a piece is random."""
    high = piece[width - 1 :: width] if order == "little" else piece[::width]
    if len(set(high[:_GLANCED_AT])) < _DIFFERENT:
        return False
    low = piece[::width] if order == "little" else piece[width - 1 :: width]
    steps = bytes((after - before) % _BYTES for before, after in pairwise(high))
    return all(chi_square(each) < _MOST for each in (high, low, steps))


def chi_square(lane: bytes) -> float:
    """How unevenly bytes are spread: 255 where they are random, 0 where all are as frequent."""
    squares = sum(count * count for count in Counter(lane).values())
    return squares * _BYTES / len(lane) - len(lane)


# What is inaudible: samples that do not leave where they rest.
#
# A recording rests at 0, or where its converter's offset puts it. Linear samples are inaudible
# where none lies further from the first than 16 of the 32,768 steps of 16 bits, 66 dB below the
# loudest: converters and dither stay below that, speech in the next room does not. Of G.711 the
# codes nearest to 0 are: ±8 of those steps. A constant is inaudible whatever it is, such as the
# zeros of a file whose blocks were never written.

_NEAR = 16

_AT_REST = {"ulaw": b"\xff\x7f\xfe\x7e", "alaw": b"\xd5\x55"}

_ELSEWHERE_HIGH, _ELSEWHERE_LOW = 2, 3


def silence_test(
    codec: str, first: bytes, order: Literal["little", "big"]
) -> Callable[[bytes], bool]:
    """What tells whether a piece of whole samples is inaudible."""
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
