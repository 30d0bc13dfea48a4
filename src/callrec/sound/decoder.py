"""The child that decodes: a recording's bytes in, 16-bit samples out.

It alone meets what a stranger may have made. Everything it needs is loaded before the first of
those bytes is asked for; what it says is checked by its parent, which edits the samples itself.
"""

from __future__ import annotations

import io
import json
from itertools import chain
from typing import TYPE_CHECKING, Any

import av
import av.subtitles.stream
import av.video.stream  # both are loaded when a stream is met, which is too late
from av.error import FFmpegError, InvalidDataError

from callrec.sound.exchange import Kind, Stopped, ask, serve, tell
from callrec.sound.kinds import READERS, reader
from callrec.sound.samples import Converter
from callrec.sound.undecodable import Why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame
    from av.container import InputContainer

_AT_ONCE = 64 * 1024
"""Bytes asked for at once: 64 KiB."""


class _Original:
    """The recording, as a file that FFmpeg reads; each read is a question."""

    def __init__(self, size: int) -> None:
        self.size, self._place = size, 0

    def at(self, place: int, length: int) -> bytes:
        return ask(place, length) if 0 <= place < self.size else b""

    def read(self, length: int) -> bytes:
        some = self.at(self._place, length)
        self._place += len(some)
        return some

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}[whence]
        if begin + offset < 0:
            raise OSError
        self._place = begin + offset
        return self._place

    def tell(self) -> int:
        return self._place


def _decode(job: dict[str, Any]) -> None:
    original = _Original(job["size"])
    try:
        with _opened(original, job["suffix"]) as container:
            frames = _frames(container)
            first = next(frames, None)
            if first is None:
                raise Stopped(Why.EMPTY)
            converter = Converter.like(first)
            facts = {"sample_rate": converter.sample_rate, "channels": converter.channels}
            tell(Kind.FACTS, json.dumps(facts).encode())
            for frame in chain((first,), frames):
                for piece in converter.convert(frame):
                    tell(Kind.PIECE, piece)
            for piece in converter.rest():
                tell(Kind.PIECE, piece)
    except (FFmpegError, ValueError) as error:
        raise Stopped(Why.UNKNOWN) from error


def _opened(original: _Original, suffix: str) -> InputContainer:
    kind = reader(original.at, original.size, suffix)
    return av.open(
        original,
        "r",
        format=kind.name,
        container_options={"format_whitelist": ",".join(READERS), **kind.options},
        metadata_errors="ignore",
        buffer_size=_AT_ONCE,
        io_open=_nothing_else,
    )


def _nothing_else(*_: object) -> object:
    """What a recording refers to is never opened."""
    raise OSError


def _frames(container: InputContainer) -> Iterator[AudioFrame]:
    """The sound as it is decoded; packets that are damaged are left out, as players do."""
    if not container.streams.audio:
        raise Stopped(Why.UNKNOWN)
    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    for packet in container.demux(stream):
        try:
            yield from stream.codec_context.decode(packet)
        except InvalidDataError:
            continue


if __name__ == "__main__":
    serve(_decode)
