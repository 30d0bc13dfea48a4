"""The child that encodes: 16-bit samples in, an MP3 or Opus file out.

It meets only samples, but these were a stranger's once: it is confined as the decoder is.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

import av
import av.subtitles.stream
import av.video.stream  # both are loaded when a stream is met, which is too late
from av.audio.frame import AudioFrame

from callrec.sound.exchange import (
    MAX_MESSAGE_BYTES,
    JobFailed,
    MessageKind,
    ask_for_bytes,
    send,
    serve_job,
)
from callrec.sound.info_frame import frames_of, info_frame
from callrec.sound.samples import filter_graph, ready_frames
from callrec.sound.undecodable import DecodeFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def _encode(job: dict[str, Any]) -> None:
    {"mp3": _encode_mp3, "opus": _encode_opus}[job.pop("codec")](**job)


def _encode_mp3(
    *, bit_rate: int, channels: int, sample_rate: int, written_rate: int, samples: int
) -> None:
    encoder = av.CodecContext.create("libmp3lame", "w")
    encoder.options = _MP3
    encoder.bit_rate, encoder.sample_rate = bit_rate, written_rate
    encoder.layout, encoder.format = _LAYOUTS[channels], "s16p"
    encoder.thread_count = 1
    written = -(-samples * written_rate // sample_rate)
    send(
        MessageKind.PIECE,
        info_frame(sample_rate=written_rate, channels=channels, bit_rate=bit_rate, samples=written),
    )
    left = frames_of(written)
    frames = _frames(channels, sample_rate, written_rate, written, "s16p")
    for frame in chain(frames, (None,)):
        for packet in encoder.encode(frame):
            send(MessageKind.PIECE, bytes(packet))
            left -= 1
    if left:  # the first frame did not tell the truth
        raise JobFailed(DecodeFailure.GAVE_UP)


def _encode_opus(
    *, bit_rate: int, channels: int, sample_rate: int, written_rate: int, samples: int
) -> None:
    written = -(-samples * written_rate // sample_rate)
    with av.open(_Copy(), "w", format="ogg", container_options={"fflags": "+bitexact"}) as copy:
        stream = copy.add_stream("libopus", rate=written_rate, options=_OPUS)
        stream.bit_rate = bit_rate
        stream.layout = _LAYOUTS[channels]
        stream.codec_context.thread_count = 1
        for frame in _frames(channels, sample_rate, written_rate, written, "s16"):
            copy.mux(stream.encode(frame))
        copy.mux(stream.encode(None))


def _frames(
    channels: int, sample_rate: int, written_rate: int, written: int, form: str
) -> Iterator[AudioFrame]:
    """What came, at the rate and in the form that is written, so many samples of it."""
    made = None
    place = 0
    while piece := ask_for_bytes(place, MAX_MESSAGE_BYTES):
        frame = AudioFrame("s16", _LAYOUTS[channels], len(piece) // channels // 2)
        frame.sample_rate, frame.time_base = sample_rate, Fraction(1, sample_rate)
        frame.pts = place // channels // 2
        frame.planes[0].update(piece)
        made = made or filter_graph(frame, written_rate, channels, form, samples=written)
        made.push(frame)
        yield from ready_frames(made)
        place += len(piece)
    if made:
        made.push(None)
        yield from ready_frames(made)


if __name__ == "__main__":
    serve_job(_encode)
