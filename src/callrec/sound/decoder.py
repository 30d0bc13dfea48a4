"""The child that decodes: a recording's bytes in, 16-bit samples out.

It alone meets what a stranger may have made. Everything it needs is loaded before the first of
those bytes is asked for; what it says is checked by its parent, which edits the samples itself.
"""

from __future__ import annotations

import io
import json
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import av
import av.subtitles.stream
import av.video.stream  # both are loaded when a stream is met, which is too late
from av.error import FFmpegError, InvalidDataError

from callrec.sound.exchange import JobFailed, MessageKind, ask_for_bytes, send, serve_job
from callrec.sound.kinds import READERS, reader_for
from callrec.sound.samples import Converter, mix_tracks
from callrec.sound.undecodable import DecodeFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from callrec.sound.kinds import Reader

_AT_ONCE = 64 * 1024
"""Bytes asked for at once: 64 KiB."""

_MOST_TRACKS = 16
"""A recording has one, or one for each leg; each is one more reader of the whole file."""

_LITTLE_ENDIAN = {f"pcm_s{bits}le": f"pcm_s{bits}be" for bits in (16, 24, 32, 64)}


class _Original:
    """The recording, as a file that FFmpeg reads; each read is a question."""

    def __init__(self, size: int) -> None:
        self.size, self._place = size, 0

    def at(self, place: int, length: int) -> bytes:
        return ask_for_bytes(place, length) if 0 <= place < self.size else b""

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
    kind = reader_for(original.at, original.size, job["suffix"])
    try:
        with ExitStack() as stack:
            tracks = _tracks(original, kind, stack)
            heard = [each for each in map(_begun, tracks) if each is not None]
            if not heard:
                raise JobFailed(DecodeFailure.EMPTY)
            form = Converter.like(heard[0][0])
            if len(heard) > 1:
                form.channels = 1
            facts = {
                "sample_rate": form.sample_rate,
                "channels": form.channels,
                "expected": max(track.expected(form.sample_rate) for track in tracks),
            }
            send(MessageKind.FACTS, json.dumps(facts).encode())
            pieces = [replace(form).pieces(chain(each[:1], each[1])) for each in heard]
            for piece in pieces[0] if len(pieces) == 1 else mix_tracks(pieces, form.sample_rate):
                send(MessageKind.PIECE, piece)
    except (FFmpegError, ValueError) as error:
        raise JobFailed(DecodeFailure.UNKNOWN) from error


def _begun(track: _Track) -> tuple[AudioFrame, Iterator[AudioFrame]] | None:
    """Its first frame and the others; None: it has none."""
    frames = track.frames()
    first = next(frames, None)
    return None if first is None else (first, frames)


def _tracks(original: _Original, kind: Reader, stack: ExitStack) -> list[_Track]:
    """All that sounds, each track read by itself, so that none is kept until another comes."""
    container = stack.enter_context(_opened(original, kind))
    count = len(container.streams.audio)
    if not 1 <= count <= _MOST_TRACKS:
        raise JobFailed(DecodeFailure.UNKNOWN)
    again = (_opened(_Original(original.size), kind) for _ in range(1, count))
    containers = [container, *map(stack.enter_context, again)]
    return [
        _Track(each, each.streams.audio[place], big_endian=kind.big_endian)
        for place, each in enumerate(containers)
    ]


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


def _swapped(little: AudioCodecContext) -> AudioCodecContext:
    """The same for samples whose first byte is the highest."""
    big = cast("AudioCodecContext", av.CodecContext.create(_LITTLE_ENDIAN[little.name], "r"))
    big.sample_rate, big.layout, big.thread_count = little.sample_rate, little.layout, 1
    return big


class _Track:
    """One track of a recording, as it is decoded."""

    def __init__(self, container: InputContainer, stream: AudioStream, *, big_endian: bool) -> None:
        self._container, self._stream = container, stream
        decoder = stream.codec_context
        if decoder is None:
            raise JobFailed(DecodeFailure.UNKNOWN)
        decoder.thread_count = 1
        is_swapped = big_endian and decoder.name in _LITTLE_ENDIAN
        self._decoder = _swapped(decoder) if is_swapped else decoder

    def expected(self, sample_rate: int) -> int:
        """How many samples of one channel the file itself says of it; 0: it does not say."""
        said = (self._stream.duration or 0) * (self._stream.time_base or 0)
        return max(0, int(said * sample_rate))

    def frames(self) -> Iterator[AudioFrame]:
        """Its sound; packets that are damaged are left out, as players do."""
        for packet in self._container.demux(self._stream):
            try:
                yield from self._decoder.decode(packet)
            except InvalidDataError:
                continue


if __name__ == "__main__":
    serve_job(_decode)
