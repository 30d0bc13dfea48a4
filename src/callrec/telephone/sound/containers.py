"""Sound in containers: Ogg, FLAC, MPEG-4 (M4A, and what mobile telephones record), WebM and WMA.

What the file says is read; whether all of it is there, decoding tells (`Sound.is_counted`).

Streams of Ogg may follow each other, as where one file was appended to another. Then the pages are
walked from the beginning, for each stream counts from nought.

Sources: Ogg: RFC 3533 (pages), RFC 7845 (Opus), Vorbis I 4.2.2, the Speex manual 6.1. FLAC: RFC
9639, 8.2 (STREAMINFO), 9.1 (frame header), 9.1.5 (coded number), 9.1.8 (CRC-8). MPEG-4: ISO/IEC
14496-12, 4.2 (boxes), 8.4.2 (mdhd), 8.4.3 (hdlr), 8.5.2 and 12.2.3 (stsd), 8.8.1 (mvex). WebM: RFC
8794 (EBML), RFC 9559, 5.1 (DocType, Segment, CodecID, SamplingFrequency, Channels). WMA: Microsoft,
Advanced Systems Format 01.20.03, 3.2 and 3.3 (File and Stream Properties), 10.1 (GUIDs).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from callrec.dataclass import dataclass
from callrec.telephone.sound.sound import (
    BLOCK_BYTES,
    Finding,
    NotAudio,
    Sound,
    SoundFault,
    Window,
    milliseconds,
)

_MARK = b"OggS\0"
"""What a page begins with: the last byte is the version, of which there is one."""

_PAGE_HEADER = 27

_PACKET = _PAGE_HEADER + 255 + 255
"""Bytes within which a first page has what is read of its packet."""

_FIRST, _LAST = 2, 4
"""The bits that are set in a stream's first page and in its last."""

_MAX_PAGES, _MAX_DAMAGES = 500_000, 100
"""Three hours of 20 ms a page, and so many damages; beyond, the rest is reckoned, or given up."""

_OPUS_RATE = 48_000
"""Hz: positions are counted at this rate, whatever was fed in (RFC 7845, 4)."""


class _Stream(NamedTuple):
    codec: str
    sample_rate: int
    channels: int
    skipped: int
    """Samples before the sound begins."""

    def milliseconds(self, position: int) -> float:
        """How long it sounds that ends at a position; 0 or less: it holds no sound."""
        return (position - self.skipped) * 1000 / self.sample_rate


def ogg_sound(window: Window) -> Sound:
    """The sound of an Ogg file: of its first stream, and of all that follow it."""
    page = window.at(0, _PACKET)
    if len(page) < _PAGE_HEADER:
        raise NotAudio(SoundFault.CUT_SHORT)
    stream = _stream(page)
    lasts, findings = _walked(window)
    if lasts <= 0:
        raise NotAudio(SoundFault.EMPTY)
    codec, rate, channels, _ = stream
    return Sound("ogg", codec, rate, channels, round(lasts), findings, is_counted=False)


def _stream(page: bytes) -> _Stream:
    packet = page[_PAGE_HEADER + page[26] :]

    def number(start: int, length: int) -> int:
        return int.from_bytes(packet[start : start + length], "little")

    if packet.startswith(b"OpusHead"):
        found, needed = _Stream("opus", _OPUS_RATE, number(9, 1), number(10, 2)), 19
    elif packet.startswith(b"\x01vorbis"):
        found, needed = _Stream("vorbis", number(12, 4), number(11, 1), 0), 30
    elif packet.startswith(b"Speex   "):
        found, needed = _Stream("speex", number(36, 4), number(48, 4), 0), 80
    elif packet.startswith(b"\x7fFLAC\x01"):
        found, needed = _Stream("flac", *_stream_info(packet[9:])[:2], 0), 9 + _STREAM_INFO
    else:
        raise NotAudio(SoundFault.UNKNOWN)
    if len(packet) < needed:
        raise NotAudio(SoundFault.CUT_SHORT)
    if found.sample_rate < 1:
        raise NotAudio(SoundFault.CONTRADICTORY)
    return found


@dataclass(slots=True)
class _Chain:
    """Streams that follow each other, while their pages are walked."""

    lasts: float = 0
    """Milliseconds of those that have ended."""
    findings: frozenset[Finding] = frozenset()
    """Of their ends, and of pages that are missing."""
    stream: _Stream | None = None
    """The one that is walked; None: of a kind that is not sound."""
    serial: bytes = b""
    position: int = 0
    number: int = 0
    """Of its newest page: they are counted."""
    last: frozenset[Finding] = frozenset()
    """What is found where its newest page is its end."""
    begins: bool = False
    """The newest page is the first one of a stream."""

    def add(self, page: bytes, *, is_cut: bool) -> None:
        begins = bool(page[5] & _FIRST)
        if begins and not self.begins:  # those that begin together sound together
            self.end()
            self.stream, self.serial, self.position = None, page[14:18], 0
            with suppress(NotAudio):
                self.stream = _stream(page)
        self.begins = begins
        if page[14:18] == self.serial:
            number = int.from_bytes(page[18:22], "little")
            if not begins and number > self.number + 1:
                self.findings |= {Finding.DAMAGED}
            self.number = number
            self.last = _found(page, is_cut=is_cut)
            if _position(page) > 0 and not (is_cut and self.position):
                self.position = _position(page)

    def end(self) -> None:
        if self.stream:
            self.lasts += max(0, self.stream.milliseconds(self.position))
            self.findings |= self.last


def _walked(window: Window) -> tuple[float, frozenset[Finding]]:
    """Milliseconds of all streams that follow each other, and what is to be found of their ends."""
    pages, chain = _pages(window), _Chain()
    for _, page, is_cut in islice(pages, _MAX_PAGES):
        chain.add(page, is_cut=is_cut)
    before = chain.findings
    chain.end()
    if further := next(pages, None):
        return chain.lasts * window.size / further[0], before
    return chain.lasts, chain.findings


def _pages(window: Window) -> Iterator[tuple[int, bytes, bool]]:
    """The beginning of each page, with where it ends, and whether it is cut.

    Another that begins within it cuts it; anything else is stepped over.
    """
    place = damages = 0
    while damages < _MAX_DAMAGES:
        page = window.at(place, _PACKET)
        is_page = page.startswith(_MARK) and len(page) >= _PAGE_HEADER
        length = _length(page) if is_page else BLOCK_BYTES - len(_MARK)
        again = window.at(place, length + len(_MARK) - 1).find(_MARK, 1)
        if not is_page and again < 0:
            return
        damages += again >= 0
        place += length if again < 0 else again
        if is_page:
            yield place, page, again >= 0 or place > window.size


def _position(page: bytes) -> int:
    return int.from_bytes(page[6:14], "little", signed=True)


def _length(page: bytes) -> int:
    """Of a whole page, in bytes; its table of lengths may itself be cut."""
    return _PAGE_HEADER + page[26] + sum(page[_PAGE_HEADER : _PAGE_HEADER + page[26]])


def _found(page: bytes, *, is_cut: bool) -> frozenset[Finding]:
    if is_cut:
        return frozenset({Finding.TRUNCATED})
    return frozenset() if page[5] & _LAST else frozenset({Finding.UNCLOSED})


_STREAM_INFO = 4 + 4 + 34
"""Bytes: the mark, a block's header, STREAMINFO."""


def flac_sound(window: Window, start: int = 0) -> Sound:
    """The sound of a FLAC file that begins at a place, as long as its first block says."""
    head = window.at(start, _STREAM_INFO)
    if len(head) < _STREAM_INFO:
        raise NotAudio(SoundFault.CUT_SHORT)
    if head[4] & 0x7F:
        raise NotAudio(SoundFault.CONTRADICTORY)
    if window.size == start + _STREAM_INFO:
        raise NotAudio(SoundFault.EMPTY)
    sample_rate, channels, samples = _stream_info(head)
    # Without their count it was streamed, and its header never completed.
    findings = frozenset({Finding.UNCLOSED} if not samples else ())
    duration_ms = milliseconds(samples, sample_rate)
    return Sound("flac", "flac", sample_rate, channels, duration_ms, findings, is_counted=False)


def _stream_info(head: bytes) -> tuple[int, int, int]:
    """Hz, channels, and how many samples each has."""
    packed = int.from_bytes(head[18:26], "big")
    return packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1


_CODECS = {b"mp4a": "aac", b"alac": "alac", b"samr": "amr", b"sawb": "amr-wb", b".mp3": "mp3"}

_MAX_BOXES = 100_000
"""On one level of one box."""


class _Box(NamedTuple):
    name: bytes
    start: int
    """Offset in the file, in bytes, of what the box holds: the first byte behind its header."""
    end: int
    """Offset in the file, in bytes, of the first byte behind the box; a cut file ends before it."""


def mp4_sound(window: Window) -> Sound:
    """The sound of an MPEG-4 file's first sound track; 0 ms where its header does not say."""
    whole = _Box(b"", 0, window.size)
    movie = next(_boxes(window, whole, b"moov"), None)
    if movie is None or movie.end > window.size:
        raise NotAudio(SoundFault.CUT_SHORT)
    is_fragmented = any(_boxes(window, movie, b"mvex"))
    for track in _boxes(window, movie, b"trak"):
        for media in _boxes(window, track, b"mdia"):
            entry = _sound_entry(window, media)
            if entry:
                codec = _CODECS.get(entry[4:8], "unknown")
                channels = int.from_bytes(entry[24:26], "big")
                sample_rate = int.from_bytes(entry[32:34], "big")
                duration_ms = _duration_ms(window, media, is_open=is_fragmented)
                found = _found_of_boxes(window, whole)
                return Sound(
                    "m4a", codec, sample_rate, channels, duration_ms, found, is_counted=False
                )
    raise NotAudio(SoundFault.UNKNOWN)


def _found_of_boxes(window: Window, whole: _Box) -> frozenset[Finding]:
    """Whether boxes follow each other from the file's beginning to its end, and are one file's."""
    place = movies = 0
    for box in _boxes(window, whole, b""):
        if not box.name.isalnum() or not box.name.isascii():
            break
        place = box.end
        movies += box.name == b"moov"
    if place > window.size or 0 < window.size - place < 8:  # noqa: PLR2004  # a box's header
        return frozenset({Finding.TRUNCATED})
    if place < window.size:
        return frozenset({Finding.DAMAGED})
    return frozenset({Finding.UNCLOSED} if movies > 1 else ())  # players know the first one's sound


def _duration_ms(window: Window, media: _Box, *, is_open: bool) -> int:
    """Of a track: the movie's own is as long as its longest, which may be a list of chapters."""
    header = next(_boxes(window, media, b"mdhd"), None)
    body = window.at(header.start, 32) if header else b""
    if len(body) < 24:  # noqa: PLR2004  # what the shorter form has
        raise NotAudio(SoundFault.CUT_SHORT)
    long = body[0] == 1
    scale, duration = (body[20:24], body[24:32]) if long else (body[12:16], body[16:20])
    is_open |= not duration.strip(b"\xff")  # it was streamed, and its header never completed
    lasts = 0 if is_open else int.from_bytes(duration, "big")
    return milliseconds(lasts, int.from_bytes(scale, "big"))


def _sound_entry(window: Window, media: _Box) -> bytes:
    """The description of a track's samples, where they are sound; else nothing."""
    handlers = [window.at(box.start + 8, 4) for box in _boxes(window, media, b"hdlr")]
    for table in _within(window, media, (b"minf", b"stbl", b"stsd")):
        entry = window.at(table.start + 8, 36)
        if handlers == [b"soun"] and len(entry) == 36:  # noqa: PLR2004  # as far as the rate
            return entry
    return b""


def _within(window: Window, box: _Box, names: tuple[bytes, ...]) -> Iterator[_Box]:
    for inner in _boxes(window, box, names[0]):
        yield from _within(window, inner, names[1:]) if names[1:] else (inner,)


def _boxes(window: Window, outer: _Box, name: bytes) -> Iterator[_Box]:
    """The boxes of one name that lie directly in another; without a name, all of them."""
    place = outer.start
    for _ in range(_MAX_BOXES):
        head = window.at(place, 16)
        size = int.from_bytes(head[:4], "big")
        begin = 8
        if size == 1:  # the size did not fit, and follows the name
            size, begin = int.from_bytes(head[8:], "big"), 16
        elif size == 0:  # up to the end
            size = outer.end - place
        if size < begin or place >= outer.end:
            return
        if head[4:8] == name or not name:
            end = min(place + size, outer.end) if outer.name else place + size
            yield _Box(head[4:8], place + begin, end)
        place += size


_LOOKED_AT = 16 * 1024
"""Bytes within which a file of WebM or WMA says what it holds."""

_SEGMENT = b"\x18\x53\x80\x67"

_CLUSTER = b"\x1f\x43\xb6\x75"

_ABOUT = re.compile(
    rb"\x86[\x83-\xa0](?P<codec>A_[A-Z0-9]+)"
    rb"|\xb5(?:\x84(?P<float>.{4})|\x88(?P<double>.{8}))"
    rb"|\x9f\x81(?P<channels>.)"
    rb"|\x2a\xd7\xb1\x83\x0f\x42\x40.*?\x44\x89\x88(?P<lasts>.{8})",
    re.DOTALL,
)
"""CodecID of sound; SamplingFrequency; Channels; and a Duration in ms, as nearly all count it."""


def webm_sound(window: Window) -> Sound:
    """The sound of a WebM or Matroska file."""
    head, _, _ = window.at(0, _LOOKED_AT).partition(_CLUSTER)
    told = {"double": struct.pack(">d", 8000), "channels": b"\1", "lasts": bytes(8)}  # its defaults
    for found in _ABOUT.finditer(head):
        told |= {name: each for name, each in found.groupdict().items() if each}
    if "codec" not in told:
        raise NotAudio(SoundFault.UNKNOWN)
    numbers = struct.unpack(">dd", told["double"] + told["lasts"])
    if "float" in told:
        numbers = (*struct.unpack(">f", told["float"]), numbers[1])
    rate, lasts = (round(each) if 0 <= each < _HIGHEST else 0 for each in numbers)
    return Sound(
        "webm" if b"webm" in head[:64] else "mka",
        told["codec"][2:].decode().lower(),
        rate,
        told["channels"][0],
        lasts,
        _found_of_elements(window),
        is_counted=False,
    )


def _found_of_elements(window: Window) -> frozenset[Finding]:
    """Whether elements follow each other from the file's beginning to its end, and are one file's.

    A streamed file tells the size of each block alone.
    """
    place = 0
    for _ in range(_MAX_ELEMENTS):
        head = window.at(place, 12)
        if not head:
            break
        if head.startswith(_BEGINS) and place:  # another file, of which nothing is told before
            return frozenset({Finding.UNCLOSED})
        name_bytes = 9 - head[0].bit_length()
        name, rest = head[:name_bytes], head[name_bytes:]
        if name_bytes > 4 or rest[:1] == b"\0":  # noqa: PLR2004  # EBMLMaxIDLength, ...SizeLength
            return frozenset({Finding.DAMAGED})
        size_bytes = 9 - rest[0].bit_length() if rest else 1
        if len(rest) < size_bytes:
            return frozenset({Finding.TRUNCATED})
        most = (1 << 7 * size_bytes) - 1
        size = int.from_bytes(rest[:size_bytes], "big") & most
        is_open = size == most and name in _NESTING
        place += name_bytes + size_bytes
        if place + size > window.size and not is_open:
            return frozenset({Finding.TRUNCATED})
        place += 0 if name in _NESTING else size
    return frozenset()


_BEGINS = b"\x1a\x45\xdf\xa3"
_NESTING = frozenset({_SEGMENT, _CLUSTER})
"""Elements whose blocks are looked at; their size may be unknown."""

_MAX_ELEMENTS = 1_000_000
"""Five and a half hours of 20 ms a block; what follows is believed."""

_HIGHEST = 1e9

_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_STREAM_PROPERTIES = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_OF_SOUND = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")


def wma_sound(window: Window) -> Sound:
    """The sound of a Windows Media file."""
    head = window.at(0, _LOOKED_AT)
    about, stream = head.find(_FILE_PROPERTIES), head.find(_STREAM_PROPERTIES)
    while stream >= 0 and head[stream + 24 : stream + 40] != _OF_SOUND:
        stream = head.find(_STREAM_PROPERTIES, stream + 1)
    if about < 0 or stream < 0:
        raise NotAudio(SoundFault.UNKNOWN)
    try:
        told = struct.unpack_from("<16xQ16xQ8xQII", head, about + 24)
        tag, channels, rate = struct.unpack_from("<HHI", head, stream + 78)
    except struct.error:
        raise NotAudio(SoundFault.CUT_SHORT) from None
    size, lasts, before, flags, packet = told
    findings = frozenset({Finding.TRUNCATED} if size > window.size else ())
    if flags & _STREAMED:  # no size was known
        findings = _found_of_packets(window, packet)
    elif window.at(size, 2) == _WMA_BEGINS and size:
        findings = frozenset({Finding.UNCLOSED})
    duration_ms = max(0, lasts // 10_000 - before)
    return Sound("wma", f"wave-{tag}", rate, channels, duration_ms, findings, is_counted=False)


_STREAMED = 1
"""The flag of a file whose sizes were not known when its header was written."""

_DATA_HEADER = 50
_WMA_BEGINS = b"\x30\x26"

_END, _END_BYTES = b"$E", 12
"""What FFmpeg writes behind the last packet of a stream."""


def _found_of_packets(window: Window, size: int) -> frozenset[Finding]:
    """Whether packets of one size follow each other, each beginning as the first one, to the end.

    Of a file that was streamed nothing else says how long it is.
    """
    place = int.from_bytes(window.at(16, 8), "little") + _DATA_HEADER
    first = follows = window.at(place, 2)
    for _ in range(_MAX_ELEMENTS if size else 0):
        if not follows or follows[:1] != first[:1]:
            break
        place += size
        follows = window.at(place, 2)
    if follows == _END:
        place += _END_BYTES
        follows = window.at(place, 2)
    if place > window.size:
        return frozenset({Finding.TRUNCATED})
    if follows == _WMA_BEGINS:
        return frozenset({Finding.UNCLOSED})
    return frozenset({Finding.DAMAGED} if follows[:1] != first[:1] and follows else ())
