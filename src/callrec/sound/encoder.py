"""The child that encodes: 16-bit samples in, an MP3 or Opus file out.

It meets only samples, but these were a stranger's once: it is confined as the decoder is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import av
import av.subtitles.stream
import av.video.stream  # both are loaded when a stream is met, which is too late
from av.audio.frame import AudioFrame

from callrec.sound.exchange import MOST, Kind, ask, serve, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.stream import AudioStream

_FRAME = 960
"""Samples that are handed on at once."""

_CODECS = {"mp3": ("libmp3lame", "mp3"), "opus": ("libopus", "ogg")}
_OPTIONS = {
    "mp3": {"reservoir": "0"},
    "opus": {"vbr": "off", "application": "voip", "frame_duration": "60"},
}


class _Copy:
    """The file that FFmpeg writes, from beginning to end; it cannot go back."""

    def write(self, data: bytes) -> int:
        for start in range(0, len(data), MOST):
            tell(Kind.PIECE, data[start : start + MOST])
        return len(data)


def _encode(job: dict[str, Any]) -> None:
    codec, container = _CODECS[job["codec"]]
    with av.open(
        _Copy(),
        "w",
        format=container,
        container_options={"fflags": "+bitexact", "write_xing": "0", "id3v2_version": "0"}
        if job["codec"] == "mp3"
        else {"fflags": "+bitexact"},
    ) as copy:
        stream = cast(
            "AudioStream",
            copy.add_stream(codec, rate=job["written_rate"], options=_OPTIONS[job["codec"]]),
        )
        stream.bit_rate = job["bit_rate"]
        stream.layout = _layout(job["channels"])
        stream.codec_context.thread_count = 1
        for frame in _frames(job):
            copy.mux(stream.encode(frame))
        copy.mux(stream.encode(None))


def _layout(channels: int) -> str:
    return "mono" if channels == 1 else "stereo"


def _frames(job: dict[str, Any]) -> Iterator[AudioFrame]:
    block = job["channels"] * 2
    place = 0
    while piece := ask(place, MOST):
        place += len(piece)
        for start in range(0, len(piece), _FRAME * block):
            some = piece[start : start + _FRAME * block]
            frame = AudioFrame("s16", _layout(job["channels"]), len(some) // block)
            frame.sample_rate = job["sample_rate"]
            frame.planes[0].update(some)
            yield frame


if __name__ == "__main__":
    serve(_encode)
