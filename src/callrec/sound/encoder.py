"""The child that encodes.

It meets only samples, but these were a stranger's once: it is confined as the decoder is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from typing import Any, Final, NamedTuple

import av
import av.subtitles.stream
import av.video.stream  # both are loaded when a stream is met, which is too late
from av.audio.frame import AudioFrame

from callrec.sound.child import (
    MAX_MESSAGE_BYTES,
    DecodeFailure,
    MessageKind,
    Undecodable,
    ask_for_bytes,
    send,
    serve_job,
)
from callrec.sound.samples import filter_graph, ready_frames

_MP3 = {"reservoir": "0"}
"""No frame borrows from another, so that each is of the same size."""

_OPUS = {"vbr": "off", "application": "voip", "frame_duration": "60"}
_LAYOUTS = {1: "mono", 2: "stereo"}


class _Copy:
    """The file that FFmpeg writes, from beginning to end; it cannot go back."""

    def write(self, data: bytes) -> int:
        for start in range(0, len(data), MAX_MESSAGE_BYTES):
            send(MessageKind.PIECE, data[start : start + MAX_MESSAGE_BYTES])
        return len(data)


class _Job(NamedTuple):
    """As `callrec.sound.coding` sends it."""

    codec: str
    bit_rate: int
    sample_rate: int
    channels: int
    written_rate: int
    samples: int
    """Of one channel, as they come."""

    @property
    def written(self) -> int:
        """How many there are at the rate that is written."""
        return -(-self.samples * self.written_rate // self.sample_rate)

    def frames(self, form: str) -> Iterator[AudioFrame]:
        """What came, at the rate and in the form that is written, so many samples of it."""
        made = None
        place = 0
        while piece := ask_for_bytes(place, MAX_MESSAGE_BYTES):
            frame = AudioFrame("s16", _LAYOUTS[self.channels], len(piece) // self.channels // 2)
            frame.sample_rate, frame.time_base = self.sample_rate, Fraction(1, self.sample_rate)
            frame.pts = place // self.channels // 2
            frame.planes[0].update(piece)
            made = made or filter_graph(
                frame, self.written_rate, self.channels, form, samples=self.written
            )
            made.push(frame)
            yield from ready_frames(made)
            place += len(piece)
        if made:
            made.push(None)
            yield from ready_frames(made)


def _encode(fields: dict[str, Any]) -> None:
    job = _Job(**fields)
    {"mp3": _encode_mp3, "opus": _encode_opus}[job.codec](job)


def _encode_mp3(job: _Job) -> None:
    encoder = av.CodecContext.create("libmp3lame", "w")
    encoder.options = _MP3
    encoder.bit_rate, encoder.sample_rate = job.bit_rate, job.written_rate
    encoder.layout, encoder.format = _LAYOUTS[job.channels], "s16p"
    encoder.thread_count = 1
    send(MessageKind.PIECE, _info_frame(job))
    left = _frames_of(job.written)
    for frame in chain(job.frames("s16p"), (None,)):
        for packet in encoder.encode(frame):
            send(MessageKind.PIECE, bytes(packet))
            left -= 1
    if left:  # the first frame did not tell the truth
        raise Undecodable(DecodeFailure.GAVE_UP)


def _encode_opus(job: _Job) -> None:
    with av.open(_Copy(), "w", format="ogg", container_options={"fflags": "+bitexact"}) as copy:
        stream = copy.add_stream("libopus", rate=job.written_rate, options=_OPUS)
        stream.bit_rate = job.bit_rate
        stream.layout = _LAYOUTS[job.channels]
        stream.codec_context.thread_count = 1
        for frame in job.frames("s16"):
            copy.mux(stream.encode(frame))
        copy.mux(stream.encode(None))


_FRAME_SAMPLES: Final = 576
"""In a frame of MPEG-2, which is written at 16 and 24 kHz."""

_LATE: Final = 576
"""Samples by which LAME begins late; each decoder adds 529 of its own, and knows of them."""

_BIT_RATE, _BIT_RATE_INDEX = 32_000, 4
"""The smallest at which the frame has room for what it says."""

_SIDE_INFORMATION = {1: 9, 2: 17}
"""Bytes that are nought in a silent frame, by channels."""

_HAS_FRAMES, _HAS_BYTES, _CONSTANT_BIT_RATE = 1, 2, 1


_RATES: Final = {16_000: 0b10 << 2, 24_000: 0b01 << 2}

_MODES: Final = {1: 0b11 << 6, 2: 0b01 << 6}
"""One channel, or two that are encoded jointly."""


def _frames_of(samples: int) -> int:
    """How many frames LAME makes of so many samples, this one not counted."""
    return -(-samples // _FRAME_SAMPLES) + 2


def _info_frame(job: _Job) -> bytes:
    """The first frame of an MP3, which tells a player how long it is and what to leave out.

    An encoder begins late and ends on a whole frame; a player that does not know by how much plays
    70 ms of nothing first, and a span is not heard at the time that was written down for it. FFmpeg
    fills this frame in last of all, but the copy is handed on while it is made. Every size is known
    before: the bit rate is constant, no frame borrows from another, and the samples are counted.

    Source: ISO/IEC 13818-3, 2.4.1.3 (header); LAME's documentation, Mp3 Info Tag rev 1.
    """
    length = 72 * _BIT_RATE // job.written_rate
    frames = _frames_of(job.written)
    whole = length + frames * (72 * job.bit_rate // job.written_rate)
    left_out = frames * _FRAME_SAMPLES - _LATE - job.written
    rate, mode = _RATES[job.written_rate], _MODES[job.channels]
    head = bytes((0xFF, 0xF3, _BIT_RATE_INDEX << 4 | rate, mode))
    info = struct.pack(">4sIII", b"Info", _HAS_FRAMES | _HAS_BYTES, frames, whole)
    made_by = b"LAME3.100" + bytes((_CONSTANT_BIT_RATE,)) + bytes(10)
    rate_and_edges = bytes((job.bit_rate // 1000,)) + (_LATE << 12 | left_out).to_bytes(3, "big")
    frame = head + bytes(_SIDE_INFORMATION[job.channels]) + info + made_by + rate_and_edges
    return frame.ljust(length, b"\0")


if __name__ == "__main__":
    serve_job(_encode)
