"""Is anything to be heard, and is it sound?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from callrec.telephone.sound.sound import BLOCK_BYTES, Finding, NotAudio, SoundFault, Window

_WIDTHS = {"pcm8": 1, "ulaw": 1, "alaw": 1, "pcm16": 2, "pcm24": 3, "pcm32": 4}
"""Bytes of one sample of the codecs that are recognised."""

_PLACES, _FEWEST = 8, 4
"""Places, spread over a recording, at which it is looked into; below so many it is too short."""

_AT_ONCE, _A_LITTLE = 2048, 256
"""Samples at each place: looked at for encryption, and for silence (32 ms at 8 kHz)."""


Order: TypeAlias = Literal["little", "big"]


class Samples(NamedTuple):
    """Where in a file they lie, and how each is written."""

    codec: str
    start: int
    """Bytes from the beginning of the file."""
    length: int
    """Bytes."""
    order: Order = "little"


def sample_findings(window: Window, samples: Samples) -> frozenset[Finding]:
    """Whether they are silent, from the first to the last; nothing of codecs that do not tell.

    Costs a look at the first samples where these are audible; else it may read all of the file.
    """
    width = _WIDTHS.get(samples.codec)
    if width is None or samples.length < width:
        return frozenset()
    size = _AT_ONCE * width
    count = min(_PLACES, samples.length // size)
    if count >= _FEWEST and all(
        _is_noise(piece, width, samples.order) for piece in _looks(window, samples, count, size)
    ):
        raise NotAudio(SoundFault.ENCRYPTED)
    is_quiet = _silence_test(samples.codec, window.at(samples.start, width), samples.order)
    size = min(_A_LITTLE * width, samples.length // width * width)
    looks = _looks(window, samples, _PLACES, size)
    is_silent = all(map(is_quiet, looks)) and all(map(is_quiet, _all_of(window, samples, width)))
    return frozenset({Finding.SILENT} if is_silent else ())


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
# (docs/reference/sound.md): the most even place of any of them has 1,368, and none is judged by one
# place; the most even recording, four seconds of white noise that is there for testing, has 2,617
# at another.

_MAX_CHI_SQUARE = 400
"""Chi-square of 256 bytes, above which they are not random."""

_BYTES = 256

_EACH = bytes(range(_BYTES))

_GLANCED_AT, _DIFFERENT = 512, 190
"""Of 512 random bytes 222 ± 5 differ: below 190 nothing need be counted."""


def _is_noise(piece: bytes, width: int, order: Order) -> bool:
    """Whether a piece is random."""
    upper, lower = (width - 1, 0) if order == "little" else (0, width - 1)
    glance = piece[upper : _GLANCED_AT * width : width]
    if len(_EACH.translate(None, glance)) > len(_EACH) - _DIFFERENT:
        return False
    high, low = piece[upper::width], piece[lower::width]
    steps = bytes((after - before) % _BYTES for before, after in pairwise(high))
    return all(_chi_square(each) < _MAX_CHI_SQUARE for each in (high, low, steps))


def _chi_square(lane: bytes) -> float:
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


def _silence_test(codec: str, first: bytes, order: Order) -> Callable[[bytes], bool]:
    """What tells whether a piece of whole samples is inaudible.

    Of linear samples both upper bytes are sorted by two tables. The values nearby share one upper
    byte, or have one of two. Each table says which of the two a byte goes with: where both say the
    same of every sample, all lie nearby.
    """
    if len(first) == 1:
        rest = _AT_REST.get(codec, b"")
        codes = rest if first in rest else first

        def holds_only(piece: bytes) -> bool:
            return not piece.translate(None, codes)

        return holds_only
    width = len(first)
    high, low = (width - 1, width - 2) if order == "little" else (0, 1)
    lowest = (first[high] << 8 | first[low]) - _NEAR
    of_high, of_low = _of_high(lowest >> 8 & 0xFF), _of_low(lowest & 0xFF)

    def stays_near(piece: bytes) -> bool:
        return piece[high::width].translate(of_high) == piece[low::width].translate(of_low)

    return stays_near


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
