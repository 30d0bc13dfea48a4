"""Samples that stand each by itself: whether anything is to be heard, and whether it is sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from callrec.telephone.sound.noise import is_noise
from callrec.telephone.sound.silence import silence_test
from callrec.telephone.sound.sound import Encrypted, Finding
from callrec.telephone.sound.window import BLOCK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.telephone.sound.window import Window

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

    Raises:
        NotAudio: the sound is encrypted.
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
