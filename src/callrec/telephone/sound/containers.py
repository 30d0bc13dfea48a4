"""Sound in containers: Ogg, FLAC, and MPEG-4 (M4A, and what mobile telephones record).

Streams of Ogg may follow each other, as where one file was appended to another. Then the pages are
walked from the beginning, for each stream counts from nought.

Sources: Ogg: RFC 3533 (pages), RFC 7845 (Opus), Vorbis I 4.2.2, the Speex manual 6.1. FLAC: RFC
9639, 8.2 (STREAMINFO), 9.1 (frame header), 9.1.5 (coded number), 9.1.8 (CRC-8). MPEG-4: ISO/IEC
14496-12, 4.2 (boxes), 8.2.2 (mvhd), 8.4.3 (hdlr), 8.5.2 and 12.2.3 (stsd).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

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
    end = _end(window, serial=page[14:18])
    lasts, findings = (stream.milliseconds(end[0]), end[1]) if end else _walked(window)
    if lasts <= 0:
        raise NotAudio(SoundFault.EMPTY)
    return Sound("ogg", stream.codec, stream.sample_rate, stream.channels, round(lasts), findings)


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
    else:
        raise NotAudio(SoundFault.UNKNOWN)
    if len(packet) < needed:
        raise NotAudio(SoundFault.CUT_SHORT)
    if found.sample_rate < 1:
        raise NotAudio(SoundFault.CONTRADICTORY)
    return found


def _end(window: Window, *, serial: bytes) -> tuple[int, frozenset[Finding]] | None:
    """The position of this stream's last whole page on which a packet ends.

    Of the first cut one where none is whole; 0 where there is none. With what is to be found of
    its end: a page that is cut, or none that says that it is the last. None: the file does not end
    with this stream.
    """
    end = window.at(max(0, window.size - BLOCK_BYTES), BLOCK_BYTES)
    findings: frozenset[Finding] | None = None
    cut = 0
    for place in _from_the_end(end, _MARK, _PAGE_HEADER):
        page = end[place : place + _PAGE_HEADER + 255]
        if page[14:18] != serial and findings is None:
            return None
        if page[14:18] == serial:
            is_cut = place + _length(page) > len(end)
            if findings is None:
                findings = _found(page, is_cut=is_cut)
            if _position(page) > 0 and not is_cut:
                return _position(page), findings
            cut = max(cut, _position(page))
    return None if findings is None else (cut, findings)


def _from_the_end(data: bytes, mark: bytes, size: int) -> Iterator[int]:
    """Where a mark stands that as many bytes follow, the last one first."""
    place = data.rfind(mark, 0, max(0, len(data) - size + len(mark)))
    while place >= 0:
        yield place
        place = data.rfind(mark, 0, place + len(mark) - 1)


@dataclass(slots=True)
class _Chain:
    """Streams that follow each other, while their pages are walked."""

    lasts: float = 0
    """Milliseconds of those that have ended."""
    findings: frozenset[Finding] = frozenset()
    """Of their ends."""
    stream: _Stream | None = None
    """The one that is walked; None: of a kind that is not sound."""
    serial: bytes = b""
    position: int = 0
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

_FRAME, _FRAME_HEADER = b"\xff\xf8", 16
"""How each begins where all have one size, and the most bytes before its samples."""

_SIZES = {
    1: (192, 0),
    **{code: (576 << code - 2, 0) for code in range(2, 6)},
    6: (1, 1),
    7: (1, 2),
    **{code: (256 << code - 8, 0) for code in range(8, 16)},
}
"""By a frame's code: its samples, or one less where so many bytes of the header say more."""

_RATE_BYTES = {12: 1, 13: 2, 14: 2}

_MAX_CODED = 6
"""Bytes of a frame's number."""


def flac_sound(window: Window) -> Sound:
    """The sound of a FLAC file: its first block says all if it was closed, else its last frame."""
    head = window.at(0, _STREAM_INFO)
    if len(head) < _STREAM_INFO:
        raise NotAudio(SoundFault.CUT_SHORT)
    if head[4] & 0x7F:
        raise NotAudio(SoundFault.CONTRADICTORY)
    packed = int.from_bytes(head[18:26], "big")
    sample_rate, channels, samples = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    if window.size == _STREAM_INFO:
        raise NotAudio(SoundFault.EMPTY)
    # How many samples each frame but the last has: streams where that changes, which no telephone
    # system writes, have another mark, and their length is not found.
    there = _last_sample(window, block=int.from_bytes(head[10:12], "big"))
    findings: frozenset[Finding] = frozenset()
    if not samples:  # it was streamed, and its header never completed
        findings = frozenset({Finding.UNCLOSED})
    elif there < samples:
        findings = frozenset({Finding.TRUNCATED})
    if not there:
        raise NotAudio(SoundFault.CUT_SHORT)
    return Sound("flac", "flac", sample_rate, channels, milliseconds(there, sample_rate), findings)


def _last_sample(window: Window, *, block: int) -> int:
    """How many samples a channel has, as far as the last frame that begins; 0: none does."""
    start = max(_STREAM_INFO, window.size - BLOCK_BYTES)
    end = window.at(start, BLOCK_BYTES)
    for frame_at in _from_the_end(end, _FRAME, _FRAME_HEADER):
        header = end[frame_at : frame_at + _FRAME_HEADER]
        coded, sizes = _coded_number(header[4:]), _SIZES.get(header[2] >> 4)
        if coded is None or sizes is None:
            continue
        number, length = coded
        size, more = sizes
        place = 4 + length
        size += int.from_bytes(header[place : place + more], "big")
        place += more + _RATE_BYTES.get(header[2] & 15, 0)
        if _crc8(header[:place]) == header[place]:
            return number * block + size
    return 0


def _coded_number(data: bytes) -> tuple[int, int] | None:
    """A number as UTF-8 writes them, and how many bytes it takes; None where it is not one."""
    ones = 8 - (data[0] ^ 0xFF).bit_length() if data else 1
    length = max(ones, 1)
    if ones == 1 or ones > _MAX_CODED or len(data) < length:
        return None
    number = data[0] & (0x7F >> ones)
    for byte in data[1:length]:
        number = number << 6 | byte & 0x3F
    return number, length


def _crc8(data: bytes) -> int:
    remainder = 0
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder << 1 ^ (0x107 if remainder & 0x80 else 0)) & 0xFF
    return remainder


_CODECS = {b"mp4a": "aac", b"alac": "alac", b"samr": "amr", b"sawb": "amr-wb", b".mp3": "mp3"}

_MAX_BOXES = 1000
"""On one level of one box."""


class _Box(NamedTuple):
    name: bytes
    start: int
    """Offset in the file, in bytes, of what the box holds: the first byte behind its header."""
    end: int
    """Offset in the file, in bytes, of the first byte behind the box; a cut file ends before it."""


def mp4_sound(window: Window) -> Sound:
    """The sound of an MPEG-4 file's first sound track."""
    whole = _Box(b"", 0, window.size)
    movie = next(_boxes(window, whole, b"moov"), None)
    if movie is None or movie.end > window.size:
        raise NotAudio(SoundFault.CUT_SHORT)
    duration_ms = _duration_ms(window, movie)
    for track in _boxes(window, movie, b"trak"):
        entry = _sound_entry(window, track)
        if entry:
            codec = _CODECS.get(entry[4:8], "unknown")
            channels = int.from_bytes(entry[24:26], "big")
            sample_rate = int.from_bytes(entry[32:34], "big")
            held = _boxes(window, whole, b"mdat")
            is_cut = any(box.end > window.size for box in held)
            findings = frozenset({Finding.TRUNCATED} if is_cut else ())
            return Sound("m4a", codec, sample_rate, channels, duration_ms, findings)
    raise NotAudio(SoundFault.UNKNOWN)


def _duration_ms(window: Window, movie: _Box) -> int:
    header = next(_boxes(window, movie, b"mvhd"), None)
    body = window.at(header.start, 32) if header else b""
    if len(body) < 32:  # noqa: PLR2004  # what the longer form has up to its duration
        raise NotAudio(SoundFault.CUT_SHORT)
    long = body[0] == 1
    scale, duration = (body[20:24], body[24:32]) if long else (body[12:16], body[16:20])
    if not duration.strip(b"\xff"):  # it was streamed, and its header never completed
        raise NotAudio(SoundFault.CUT_SHORT)
    if not duration.strip(b"\0"):
        raise NotAudio(SoundFault.EMPTY)
    return milliseconds(int.from_bytes(duration, "big"), int.from_bytes(scale, "big"))


def _sound_entry(window: Window, track: _Box) -> bytes:
    """The description of a track's samples, where they are sound; else nothing."""
    for media in _boxes(window, track, b"mdia"):
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
    """The boxes of one name that lie directly in another."""
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
        if head[4:8] == name:
            end = min(place + size, outer.end) if outer.name else place + size
            yield _Box(name, place + begin, end)
        place += size
