"""A sound's measures, taken while it streams by."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

MAX_PEAKS: Final = 400

WAVE_HEADER_BYTES: Final = 44

FULL_SCALE: Final = 32767
"""The loudest a sample can be."""

_LEVELS: Final = bytes(min(upper, 255 - upper) for upper in range(256))
"""By a sample's upper byte how loud it is, 0 to 127."""

_FEW: Final = 512

_RARE: Final = 8
"""Where fewer than one sample in so many is as loud as the loudest, they are worth looking for."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out when a recording was decoded as a whole."""

    sample_rate: int
    """Hz."""
    channels: int
    """One or two; more were mixed into one."""
    samples: int
    """Of one channel."""
    peaks: tuple[tuple[int, ...], ...]
    """For each channel the loudest sample, 0 to 32,767, of each stretch; none where nobody
    asked for them."""
    wave_sha256: str = field(default="", compare=False)
    """Of its listening copy as WAVE with nothing left out, lower-case hex; empty: not known, since
    the file did not say beforehand how long it is."""

    @property
    def duration_ms(self) -> int:
        return round(self.samples * 1000 / self.sample_rate)

    @property
    def wave_bytes(self) -> int:
        """Size of that copy."""
        return WAVE_HEADER_BYTES + self.samples * self.channels * 2

    @property
    def stretch(self) -> int:
        """Samples behind one peak, a power of two; the last stretch may be shorter."""
        return 1 << max(0, (-(-self.samples // MAX_PEAKS) - 1).bit_length())


class Peaks:
    """The loudest samples of stretches that grow with the sound, so that few are ever kept."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._stretch = 1
        self._found: tuple[list[int], ...] = tuple([] for _ in range(channels))
        self.samples = 0

    def add(self, pcm: bytes) -> None:
        """Go on with whole samples of every channel."""
        values = array("h", pcm)
        done, there = 0, len(values) // self._channels
        while done < there:
            begun = self.samples % self._stretch
            if not begun:
                self._begin()
            more = min(there - done, self._stretch - self.samples % self._stretch)
            for channel, found in enumerate(self._found):
                ends = self._channels * (done + more)
                part = values[self._channels * done + channel : ends : self._channels]
                found[-1] = max(found[-1], _loudest(_loud(part, found[-1])))
            done += more
            self.samples += more

    def found(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(found) for found in self._found)

    def _begin(self) -> None:
        if len(self._found[0]) == MAX_PEAKS:
            self._stretch *= 2
            for found in self._found:
                found[:] = map(max, found[::2], found[1::2])
        for found in self._found:
            found.append(0)


def _loudest(samples: Sequence[int]) -> int:
    return max((max(samples), min(FULL_SCALE, -min(samples)))) if samples else 0


def _loud(samples: array[int], heard: int) -> Sequence[int]:
    """Those among which the loudest is, if it is louder than what was heard; perhaps all.

    To find a byte takes a twentieth of the time of comparing numbers.
    """
    if len(samples) < _FEW:
        return samples
    levels = samples.tobytes()[1::2].translate(_LEVELS)
    level = next((level for level in range(127, heard // 256 - 1, -1) if level in levels), None)
    if level is None:
        return ()
    if levels.count(level) * _RARE > len(samples):
        return samples
    return [samples[place] for place in _places(levels, level)]


def _places(levels: bytes, level: int) -> Iterator[int]:
    place = levels.find(level)
    while place >= 0:
        yield place
        place = levels.find(level, place + 1)
