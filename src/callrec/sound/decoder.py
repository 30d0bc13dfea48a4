"""The child that decodes.

It alone meets what a stranger may have made. Everything it needs is loaded before the first of
those bytes is asked for; what it says is checked by its parent, which edits the samples itself.
Which of FFmpeg's readers takes a recording's bytes is decided by their content where they have a
header, by the suffix where they have none.

Sources: asterisk f0c1c1a, formats/*.c (suffixes and rates); FFmpeg 8.1, libavformat.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from fractions import Fraction
from itertools import chain
from typing import Any, Final, NamedTuple, cast

import av
import av.subtitles.stream
import av.video.stream  # both are loaded when a stream is met, which is too late
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from callrec.dataclass import replace
from callrec.sound.child import (
    DecodeFailure,
    MessageKind,
    Undecodable,
    ask_for_bytes,
    send,
    serve_job,
)
from callrec.sound.samples import Converter, mix_tracks

_AT_ONCE = 64 * 1024
"""Bytes asked for at once: 64 KiB."""

_MAX_TRACKS = 16
"""A recording has one, or one for each leg; each is one more reader of the whole file."""

_LITTLE_ENDIAN = {f"pcm_s{bits}le": f"pcm_s{bits}be" for bits in (16, 24, 32, 64)}

_WITH_PAUSES = {"amrnb": "libopencore_amrnb", "amrwb": "libopencore_amrwb"}
"""FFmpeg's own decoders of AMR know nothing of pauses: where nobody speaks, nothing comes out, and
after it nothing either. OpenCORE's play them as long as they were."""


class _Original:
    """The recording, as a file that FFmpeg reads; each read is a question."""

    def __init__(self, size: int, open_at: int | None = None) -> None:
        self.size, self._open_at, self._place = size, open_at, 0

    def at(self, place: int, length: int) -> bytes:
        some = ask_for_bytes(place, length) if 0 <= place < self.size else b""
        if self._open_at is None:
            return some
        gone = max(0, place - self._open_at)
        before = max(0, self._open_at - place)
        return (some[:before] + _OPEN[gone:] + some[before + max(0, 4 - gone) :])[: len(some)]

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


def _work(job: dict[str, Any]) -> None:
    original = _Original(job["size"])
    kind = reader_for(original.at, original.size, job["suffix"])
    try:
        with ExitStack() as stack:
            tracks = _tracks(original, kind, stack)
            if job.get("only_counted"):
                _count(tracks)
            else:
                _decode(tracks)
    except FFmpegError as error:
        raise Undecodable(DecodeFailure.EMPTY) from error
    except ValueError as error:
        raise Undecodable(DecodeFailure.UNKNOWN) from error


def _decode(tracks: list[_Track]) -> None:
    frames = [track.frames() for track in tracks]
    begun = [(next(each, None), each) for each in frames]
    heard = [(first, rest) for first, rest in begun if first is not None]
    if not heard:
        raise Undecodable(DecodeFailure.EMPTY)
    form = Converter.like(heard[0][0])
    if len(heard) > 1:
        form.channels = 1
    facts = {
        "sample_rate": form.sample_rate,
        "channels": form.channels,
        "expected": max(track.expected(form.sample_rate) for track in tracks),
    }
    send(MessageKind.FACTS, json.dumps(facts).encode())
    pieces = [replace(form).pieces(chain((first,), rest)) for first, rest in heard]
    for piece in pieces[0] if len(pieces) == 1 else mix_tracks(pieces, form.sample_rate):
        send(MessageKind.PIECE, piece)


def _count(tracks: list[_Track]) -> None:
    """Decode all, and say what it is and how long it lasts."""
    names = ("duration_ms", "claimed_ms", "spoilt")
    most = map(max, zip(*(track.counted() for track in tracks), strict=True))
    facts = dict(zip(names, most, strict=True))
    if not facts["duration_ms"]:
        raise Undecodable(DecodeFailure.EMPTY)
    send(MessageKind.FACTS, json.dumps(tracks[0].facts() | facts).encode())


def _tracks(original: _Original, kind: Reader, stack: ExitStack) -> list[_Track]:
    """All that sounds, each track read by itself, so that none is kept until another comes."""
    container = stack.enter_context(_opened(original, kind))
    count = len(container.streams.audio)
    if not 1 <= count <= _MAX_TRACKS:
        raise Undecodable(DecodeFailure.UNKNOWN)
    again = (_opened(original, kind) for _ in range(1, count))
    containers = [container, *map(stack.enter_context, again)]
    return [
        _Track(each, each.streams.audio[place], big_endian=kind.big_endian)
        for place, each in enumerate(containers)
    ]


def _opened(original: _Original, kind: Reader) -> InputContainer:
    return av.open(
        _Original(original.size, kind.open_at),
        "r",
        format=kind.name,
        container_options={"format_whitelist": ",".join(READERS), **kind.options},
        metadata_errors="ignore",
        buffer_size=_AT_ONCE,
        io_open=_no_other_file,
    )


def _no_other_file(*_: object) -> object:
    """What a recording refers to is never opened."""
    raise OSError


class _Track:
    """One track of a recording, as it is decoded."""

    def __init__(self, container: InputContainer, stream: AudioStream, *, big_endian: bool) -> None:
        self._container, self._stream = container, stream
        decoder = stream.codec_context
        if decoder is None:
            raise Undecodable(DecodeFailure.UNKNOWN)
        self._decoder = decoder
        other = _LITTLE_ENDIAN.get(decoder.name) if big_endian else _WITH_PAUSES.get(decoder.name)
        if other in av.codecs_available:
            self._decoder = cast("AudioCodecContext", av.CodecContext.create(other, "r"))
            self._decoder.sample_rate, self._decoder.layout = decoder.sample_rate, decoder.layout
        self._decoder.thread_count = 1
        self._last, self._spoilt = Fraction(0), 0

    def expected(self, sample_rate: int) -> int:
        """How many samples of one channel the file itself says of it; 0: it does not say."""
        seconds = (self._stream.duration or 0) * (self._stream.time_base or 0)
        return max(0, int(seconds * sample_rate))

    def facts(self) -> dict[str, Any]:
        """What it is, once something of it was decoded."""
        decoder = self._decoder
        codec = decoder.codec.canonical_name
        rate, channels = decoder.sample_rate, decoder.layout.nb_channels
        return {"codec": codec, "sample_rate": rate, "channels": channels}

    def counted(self) -> tuple[int, int, int]:
        """Milliseconds that sound; when its last packet begins; how many could not be decoded."""
        sounds = sum(frame.samples / frame.sample_rate for frame in self.frames())
        return round(sounds * 1000), round(self._last * 1000), self._spoilt

    def frames(self) -> Iterator[AudioFrame]:
        """Its sound; packets that are damaged are left out, as players do."""
        for packet in self._packets():
            if packet.pts is not None and packet.time_base:
                self._last = max(self._last, packet.pts * packet.time_base)
            try:
                yield from self._decoder.decode(packet)
            except FFmpegError:
                self._spoilt += 1

    def _packets(self) -> Iterator[Packet[AudioStream]]:
        with suppress(FFmpegError):  # what follows the damage cannot be found
            yield from self._container.demux(self._stream)


READERS: Final = (
    "wav", "w64", "mp3", "ogg", "flac", "amr", "amrnb", "amrwb", "au", "aac", "aiff", "caf",
    "mov", "mp4", "m4a", "3gp", "3g2", "matroska", "webm", "asf", "voc", "dss", "ac3", "wv",
    "gsm", "g722", "g729", "mulaw", "alaw", "s16le",
)  # fmt: skip
"""The only readers that are let near the bytes: none of playlists, devices, pictures or films."""


class Reader(NamedTuple):
    """One of FFmpeg's, with the options it needs."""

    name: str | None
    """None: the content decides it."""
    options: Mapping[str, str]
    big_endian: bool = False
    """Whether the samples are, which FFmpeg does not notice of RIFX."""
    open_at: int | None = None
    """Where a length stands that is not believed: what follows is sound, to the file's end. FFmpeg
    would look behind it for another `data` chunk, and play that alone."""


_SLN_RATES = {
    "": 8000, "12": 12000, "16": 16000, "24": 24000, "32": 32000, "44": 44100,
    "48": 48000, "96": 96000, "192": 192000,
}  # fmt: skip

_ONE_CHANNEL = {"ch_layout": "mono"}

_HEADERLESS = {
    "ulaw": Reader("mulaw", {"sample_rate": "8000", **_ONE_CHANNEL}),
    "alaw": Reader("alaw", {"sample_rate": "8000", **_ONE_CHANNEL}),
    "raw": Reader("s16le", {"sample_rate": "8000", **_ONE_CHANNEL}),
    **{
        f"sln{name}": Reader("s16le", {"sample_rate": str(rate), **_ONE_CHANNEL})
        for name, rate in _SLN_RATES.items()
    },
    "g722": Reader("g722", {}),
    "g729": Reader("g729", {}),
    "gsm": Reader("gsm", {}),
}

_OPEN = b"\xff" * 4
"""What a length is where a program never came to write it: sound to the end of the file."""

_MORE_SOUND = {b"RIFF", b"RIFX", b"data"}
"""What begins another file behind the sound, or a second part of it."""

_MARKS = (b"RIFF", b"RIFX", b"RF64", b"OggS", b"fLaC", b"#!AMR", b".snd", b"ID3")
_RIFF = {b"RIFF": "<", b"RIFX": ">"}
_MAX_CHUNKS = 1000

_PROBE_LIMITS = {"max_size": "32768", "probesize": "131072"}
"""Bytes of a WAVE file that are decoded at once, and those that FFmpeg looks at to see what they
are; left to itself it takes 40 ms of sound, and keeps 5 MB of packets beforehand."""


_ADPCM = frozenset({0x02, 0x11})
_ONE_BY_ONE = {"max_size": "1"}
"""A block at once: of several, FFmpeg leaves out all that follow a spoilt one."""


def reader_for(at: Callable[[int, int], bytes], size: int, suffix: str) -> Reader:
    """What reads these bytes."""
    head = at(0, 12)
    if head[:4] in _RIFF:
        order = _RIFF[head[:4]]
        limits = _PROBE_LIMITS | (_ONE_BY_ONE if _tag(at, order) in _ADPCM else {})
        return Reader(None, limits, order == ">", _disbelieved_length(at, size, order))
    if head.startswith(_MARKS) or head[4:8] == b"ftyp":
        return Reader(None, {})
    return _HEADERLESS.get(suffix.lstrip(".").casefold(), Reader(None, {}))


def _tag(at: Callable[[int, int], bytes], order: str) -> int:
    """The number of a WAVE file's codec; 0: it has none."""
    place = 12
    for _ in range(_MAX_CHUNKS):
        head = at(place, 10)
        if len(head) < 10:  # noqa: PLR2004  # a name, a size and a number
            break
        name, stated, tag = struct.unpack(f"{order}4sIH", head)
        if name == b"fmt ":
            return int(tag)
        place += 8 + stated + stated % 2
    return 0


def _disbelieved_length(at: Callable[[int, int], bytes], size: int, order: str) -> int | None:
    """Where a WAVE file counts its sound, if that does not fit; after a crash it is 0 or old.

    Nor does it fit where more sound lies behind it, as `inspecting` finds it.
    """
    place, counted_at, after_sound = 12, 0, 0
    for _ in range(2 * _MAX_CHUNKS):
        head = at(place, 8)
        if len(head) < 8:  # noqa: PLR2004  # the end, or a scrap
            break
        name, stated = struct.unpack(f"{order}4sI", head)
        if after_sound:
            in_ascii = all(0x20 <= sign < 0x7F for sign in name)  # noqa: PLR2004
            is_whole = in_ascii and stated <= size - place - 8
            if name in _MORE_SOUND or (place == after_sound and not is_whole):
                return counted_at
            if not is_whole:
                break
        elif name == b"data":
            counted_at, after_sound = place + 4, place + 8 + stated + stated % 2
        place += 8 + stated + stated % 2
    return None


if __name__ == "__main__":
    serve_job(_work)
