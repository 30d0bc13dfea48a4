"""A sound's measures, taken while it streams by."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from callrec.dataclass import dataclass, field

MAX_PEAKS: Final = 400
_WAVE_HEADER_BYTES: Final = 44

_FULL_SCALE: Final = 32767
"""The loudest a sample can be."""

_LEVELS: Final = bytes(min(upper, 255 - upper) for upper in range(256))
"""By a sample's upper byte how loud it is, 0 to 127."""

_FEW, _RARE = 512, 8
"""Where there are many samples, and fewer than one in so many is as loud as the loudest, these are
worth looking for."""


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
    """For each channel the loudest sample, 0 to 32,767, of each stretch; none where they
    were not asked for."""
    wave_sha256: str = field(default="", compare=False)
    """Of its listening copy as WAVE with nothing left out, lower-case hex; empty: not known, since
    the file did not say beforehand how long it is."""

    @property
    def duration_ms(self) -> int:
        return round(self.samples * 1000 / self.sample_rate)

    @property
    def wave_bytes(self) -> int:
        """Size of that copy."""
        return _WAVE_HEADER_BYTES + self.samples * self.channels * 2

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
            if not self.samples % self._stretch:
                self._begin()
            more = min(there - done, self._stretch - self.samples % self._stretch)
            for channel, found in enumerate(self._found):
                ends = self._channels * (done + more)
                part = values[self._channels * done + channel : ends : self._channels]
                found[-1] = _loudest(part, found[-1])
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


def _loudest(samples: array[int], heard: int) -> int:
    """The loudest of all samples and of what was heard before them."""
    loud: Sequence[int] = samples
    if len(samples) >= _FEW:  # to find a byte takes a twentieth of the time of comparing numbers
        levels = samples.tobytes()[1::2].translate(_LEVELS)
        level = next((level for level in range(127, heard // 256 - 1, -1) if level in levels), None)
        if level is None:
            return heard
        if levels.count(level) * _RARE <= len(samples):
            loud = [samples[place] for place in _places(levels, level)]
    return max((heard, max(loud), min(_FULL_SCALE, -min(loud))))


def _places(levels: bytes, level: int) -> Iterator[int]:
    place = levels.find(level)
    while place >= 0:
        yield place
        place = levels.find(level, place + 1)
