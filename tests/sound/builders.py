"""Sounds, encoded by FFmpeg's own encoders, and copies of them taken apart."""

from __future__ import annotations

import io
import math
import resource
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from callrec.policy.edits import UNEDITED, Edits, Filler, Side, Silence, Span
from callrec.policy.rights.grounds import Ground
from callrec.sound.coding import WAV, Encoding
from callrec.sound.listening import listening_copy, measure

VECTORS = Path(__file__).parent.parent / "vectors/sound"

SUFFIX = ".wav"

LOUD = 8192


def a_tone(seconds: float, rate: int = 8000, channels: int = 1) -> array[int]:
    """440 Hz at a quarter of the full scale, in each channel."""
    turn = 2 * math.pi * 440 / rate
    return array(
        "h",
        (
            round(LOUD * math.sin(turn * at))
            for at in range(round(seconds * rate))
            for _ in range(channels)
        ),
    )


def made(
    codec: str,
    container: str,
    pcm: array[int],
    *,
    rate: int = 8000,
    channels: int = 1,
    options: dict[str, str] | None = None,
    file_options: dict[str, str] | None = None,
) -> bytes:
    """What FFmpeg's encoder makes of samples."""
    written = io.BytesIO()
    layout = {1: "mono", 2: "stereo", 3: "2.1"}[channels]
    with av.open(written, "w", format=container, options=file_options or {}) as file:
        stream = cast("AudioStream", file.add_stream(codec, rate=rate, options=options))
        stream.layout = layout
        step = 1000 * channels
        for begin, end in pairwise([*range(0, len(pcm), step), len(pcm)]):
            frame = AudioFrame("s16", layout, (end - begin) // channels)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = begin // channels
            frame.planes[0].update(pcm[begin:end].tobytes())
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return written.getvalue()


def of_tracks(codec: str, container: str, *tracks: array[int], rate: int = 48_000) -> bytes:
    """What FFmpeg's encoder makes of several tracks of one channel that sound together."""
    written = io.BytesIO()
    with av.open(written, "w", format=container) as file:
        streams = [cast("AudioStream", file.add_stream(codec, rate=rate)) for _ in tracks]
        for stream in streams:
            stream.layout = "mono"
        for stream, pcm in zip(streams, tracks, strict=True):
            for begin in range(0, len(pcm), 960):
                piece = pcm[begin : begin + 960]
                frame = AudioFrame("s16", "mono", len(piece))
                frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
                frame.pts = begin
                frame.planes[0].update(piece.tobytes())
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
    return written.getvalue()


def a_silence(
    from_ms: int, to_ms: int, *, side: Side = Side.BOTH, filler: Filler = Filler.SILENCE
) -> Silence:
    return Silence(Span(from_ms, to_ms), Ground.THIRD_PARTY, side, filler)


def a_copy(
    data: bytes, suffix: str = SUFFIX, *, edits: Edits = UNEDITED, encoding: Encoding = WAV
) -> bytes:
    original = io.BytesIO(data)
    measured = measure(original, suffix)
    return b"".join(listening_copy(original, suffix, measured, edits=edits, encoding=encoding))


def samples(copy: bytes) -> array[int]:
    """Of a listening copy, as Python reads it."""
    with wave.open(io.BytesIO(copy)) as read:
        assert read.getsampwidth() == 2
        return array("h", read.readframes(read.getnframes()))


@contextmanager
def no_further_file() -> Iterator[None]:
    """In the block this process can open nothing more, no pipe to a child either."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
