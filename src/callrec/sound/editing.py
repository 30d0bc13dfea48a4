"""Clip and silence samples while they stream by.

It is done here and not where they are decoded, so that no decoder, whoever took it over, can leave
to be heard what was to be silenced.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.policy.edits import Filler, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from callrec.policy.edits import Edits, Silence

_TONE_HZ: Final = 400
_TONE_PEAK: Final = 3277
"""A tenth of the loudest: -20 dBFS, well below speech."""


def edit_samples(
    pieces: Iterable[bytes], edits: Edits, *, sample_rate: int, channels: int
) -> Iterator[bytes]:
    """The same samples, clipped and silenced.

    Args:
        pieces: interleaved 16-bit samples, whole ones of every channel in each piece, of whatever
            sizes; what comes out does not depend on them.
        edits: in milliseconds from the first sample.
        sample_rate: Hz.
        channels: one or two.

    Law: a sample within a silence is 0, or the tone's; every other is as it was.
    """
    silenced = [_Silenced.of(each, sample_rate, channels) for each in edits.silences]
    first, end = edits.clip.samples_rounded_in(sample_rate) if edits.clip else (0, None)
    begin = 0
    for piece in pieces:
        values = array("h", piece)
        there = len(values) // channels
        for each in silenced:
            each.silence(values, begin, channels)
        low = max(0, first - begin)
        high = there if end is None else min(there, end - begin)
        if low < high:
            yield values[low * channels : high * channels].tobytes()
        begin += there


def samples_after(samples: int, edits: Edits, sample_rate: int) -> int:
    """How many samples of one channel an edited copy has."""
    if edits.clip is None:
        return samples
    first, end = edits.clip.samples_rounded_in(sample_rate)
    return max(0, min(end, samples) - first)


@dataclass(frozen=True, slots=True)
class _Silenced:
    """A silence in samples."""

    first: int
    end: int
    heard_in: tuple[int, ...]
    """The channels."""
    filler: array[int]
    """One period; the first value is that of sample 0 of the recording."""

    @classmethod
    def of(cls, silence: Silence, sample_rate: int, channels: int) -> _Silenced:
        chosen = {Side.BOTH: (0, 1), Side.LEFT: (0,), Side.RIGHT: (1,)}[silence.side]
        first, end = silence.span.samples_rounded_out(sample_rate)
        # Of one channel alone, each side is all there is.
        heard_in = chosen if channels > 1 else (0,)
        return cls(first, end, heard_in, _FILLERS[silence.filler](sample_rate))

    def silence(self, values: array[int], begin: int, channels: int) -> None:
        """Within samples of which the first is number ``begin`` of the recording."""
        low = max(0, self.first - begin)
        high = min(len(values) // channels, self.end - begin)
        if low >= high:
            return
        filled = _repeated(self.filler, begin + low, high - low)
        for channel in self.heard_in:
            values[channels * low + channel : channels * high : channels] = filled


def _repeated(period: array[int], first: int, length: int) -> array[int]:
    start = first % len(period)
    return (period * (-(-(start + length) // len(period))))[start : start + length]


def _tone(sample_rate: int) -> array[int]:
    length = sample_rate // math.gcd(sample_rate, _TONE_HZ)
    turn = 2 * math.pi * _TONE_HZ / sample_rate
    return array("h", (round(_TONE_PEAK * math.sin(turn * place)) for place in range(length)))


_FILLERS: Final = {Filler.SILENCE: lambda _: array("h", (0,)), Filler.TONE: _tone}
