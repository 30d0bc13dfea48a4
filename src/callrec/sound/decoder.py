"""The child that decodes: a recording's bytes in, 16-bit samples out.

It alone meets what a stranger may have made. Everything it needs is loaded before the first of
those bytes is asked for; what it says is checked by its parent, which edits the samples itself.
"""

from __future__ import annotations

import io
import json
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

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

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.container import InputContainer

    from callrec.sound.kinds import Reader

_AT_ONCE = 64 * 1024
"""Bytes asked for at once: 64 KiB."""


_LITTLE_ENDIAN = {f"pcm_s{bits}le": f"pcm_s{bits}be" for bits in (16, 24, 32, 64)}


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
    kind = reader(original.at, original.size, job["suffix"])
    try:
        with _opened(original, kind) as container:
            frames = _frames(container, _decoder(container, big_endian=kind.big_endian))
            first = next(frames, None)
            if first is None:
                raise Stopped(Why.EMPTY)
            converter = Converter.like(first)
            facts = {
                "sample_rate": converter.sample_rate,
                "channels": converter.channels,
                "expected": _expected(container, converter.sample_rate),
            }
            tell(Kind.FACTS, json.dumps(facts).encode())
            for frame in chain((first,), frames):
                for piece in converter.convert(frame):
                    tell(Kind.PIECE, piece)
            for piece in converter.rest():
                tell(Kind.PIECE, piece)
    except (FFmpegError, ValueError) as error:
        raise Stopped(Why.UNKNOWN) from error


def _opened(original: _Original, kind: Reader) -> InputContainer:
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


def _decoder(container: InputContainer, *, big_endian: bool) -> AudioCodecContext:
    if not container.streams.audio:
        raise Stopped(Why.UNKNOWN)
    decoder = container.streams.audio[0].codec_context
    decoder.thread_count = 1
    return _swapped(decoder) if big_endian and decoder.name in _LITTLE_ENDIAN else decoder


def _swapped(little: AudioCodecContext) -> AudioCodecContext:
    """The same for samples whose first byte is the highest."""
    big = cast("AudioCodecContext", av.CodecContext.create(_LITTLE_ENDIAN[little.name], "r"))
    big.sample_rate, big.layout, big.thread_count = little.sample_rate, little.layout, 1
    return big


def _expected(container: InputContainer, sample_rate: int) -> int:
    """How many samples of one channel the file itself says that there are; 0: it does not say."""
    stream = container.streams.audio[0]
    return max(0, int((stream.duration or 0) * (stream.time_base or 0) * sample_rate))


def _frames(container: InputContainer, decoder: AudioCodecContext) -> Iterator[AudioFrame]:
    """The sound as it is decoded; packets that are damaged are left out, as players do."""
    for packet in container.demux(container.streams.audio[0]):
        try:
            yield from decoder.decode(packet)
        except InvalidDataError:
            continue


if __name__ == "__main__":
    serve(_decode)
