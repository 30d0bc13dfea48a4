"""The listening copy of a recording, edited; and the recording's measures.

Samples are clipped and silenced here, while they stream by, and not where they are decoded: so no
decoder, whatever took it over, can leave to be heard what was to be silenced.
"""

from __future__ import annotations

import hashlib
import math
import struct
from array import array
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from callrec.dataclass import dataclass
from callrec.policy.edits import UNEDITED, Edits, Filler, Side, Silence
from callrec.sound.child import DecodeFailure, Undecodable
from callrec.sound.coding import WAV, Encoding, SampleFormat, decoding, encode_samples
from callrec.sound.measured import Measured, Peaks

_HEADER = struct.Struct("<4sI8sIHHIIHH4sI")
_PCM = 1


def listening_copy(
    original: BinaryIO,
    suffix: str,
    measured: Measured,
    *,
    edits: Edits = UNEDITED,
    encoding: Encoding = WAV,
    start: int = 0,
) -> Iterator[bytes]:
    """A recording's sound again, a piece at a time; the original is read on meanwhile.

    The same original, edits and encoding give the same bytes each time. Nothing of the original but
    its sound is in them. A WAVE file may begin with a later sample of it.
    """
    with decoding(original, suffix) as (form, pieces):
        if form != SampleFormat(measured.sample_rate, measured.channels):
            raise Undecodable(DecodeFailure.CHANGED)
        left = samples_after(measured.samples, edits, form.sample_rate)
        pcm = edit_samples(
            _as_many(pieces, measured.samples * form.channels * 2),
            edits,
            sample_rate=form.sample_rate,
            channels=form.channels,
        )
        if encoding.bit_rate is None:
            yield wave_header(form, left - start)
            yield from _without_first(pcm, start * form.channels * 2)
        else:
            yield from encode_samples(pcm, form, encoding, samples=left)


def _without_first(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The pieces without so many bytes."""
    for piece in pieces:
        if size < len(piece):
            yield piece[size:]
        size = max(0, size - len(piece))


def _as_many(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The pieces, which are so many bytes in all."""
    for piece in pieces:
        size -= len(piece)
        if size < 0:
            break
        yield piece
    if size:
        raise Undecodable(DecodeFailure.CHANGED)


def wave_header(form: SampleFormat, samples: int) -> bytes:
    """What a WAVE file of so many samples of one channel begins with."""
    block = form.channels * 2
    fields = (form.channels, form.sample_rate, form.sample_rate * block, block, 16)
    length = samples * block
    return _HEADER.pack(b"RIFF", 36 + length, b"WAVEfmt ", 16, _PCM, *fields, b"data", length)


_TONE_HZ: Final = 400

_TONE_PEAK: Final = 3277
"""A tenth of the loudest: -20 dBFS, well below speech."""


def edit_samples(
    pieces: Iterable[bytes], edits: Edits, *, sample_rate: int, channels: int
) -> Iterator[bytes]:
    """The same samples, clipped and silenced.

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
        start, length = (begin + low) % len(self.filler), high - low
        periods = -(-(start + length) // len(self.filler))
        filled = (self.filler * periods)[start : start + length]
        for channel in self.heard_in:
            values[channels * low + channel : channels * high : channels] = filled


def _tone(sample_rate: int) -> array[int]:
    length = sample_rate // math.gcd(sample_rate, _TONE_HZ)
    turn = 2 * math.pi * _TONE_HZ / sample_rate
    return array("h", (round(_TONE_PEAK * math.sin(turn * place)) for place in range(length)))


_FILLERS: Final = {Filler.SILENCE: lambda _: array("h", (0,)), Filler.TONE: _tone}


def measure(original: BinaryIO, suffix: str, *, drawn: bool = True) -> Measured:
    """Decode all of a recording and keep nothing but its measures."""
    with decoding(original, suffix) as (form, pieces):
        expected = min(form.expected, form.max_bytes // form.channels // 2)
        peaks, copy = Peaks(form.channels), hashlib.sha256(wave_header(form, expected))
        size = 0
        for piece in pieces:
            if drawn:
                peaks.add(piece)
            copy.update(piece)
            size += len(piece)
    if not size:
        raise Undecodable(DecodeFailure.EMPTY)
    samples = size // form.channels // 2
    wave = copy.hexdigest() if samples == expected else ""
    return Measured(form.sample_rate, form.channels, samples, peaks.found(), wave)
