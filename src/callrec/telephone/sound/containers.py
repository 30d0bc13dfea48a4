"""Ogg with Opus, Vorbis or Speex: measured by the position that its last page gives.

Streams may follow each other, as where one file was appended to another. Then the pages are walked
from the beginning, for each stream counts from nought.

Sources: RFC 3533 (pages), RFC 7845 (Opus), Vorbis I 4.2.2, the Speex manual 6.1.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from callrec.telephone.sound.sound import (
    Contradictory,
    CutShort,
    Empty,
    Finding,
    NotAudio,
    Sound,
    Unknown,
)
from callrec.telephone.sound.window import BLOCK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.telephone.sound.window import Window

_MARK = b"OggS\0"
"""What a page begins with: the last byte is the version, of which there is one."""

_PAGE_HEADER = 27

_PACKET = _PAGE_HEADER + 255 + 255
"""Bytes within which a first page has what is read of its packet."""

_FIRST, _LAST = 2, 4
"""The bits that are set in a stream's first page and in its last."""

_MOST_PAGES, _MOST_DAMAGES = 500_000, 100
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
    """The sound of an Ogg file: of its first stream, and of all that follow it.

    Raises:
        NotAudio: the first is of another kind, or all are empty or unfinished.
    """
    page = window.at(0, _PACKET)
    if len(page) < _PAGE_HEADER:
        raise CutShort
    stream = _stream(page)
    end = _end(window, serial=page[14:18])
    lasts, findings = (stream.milliseconds(end[0]), end[1]) if end else _walked(window)
    if lasts <= 0:
        raise Empty
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
        raise Unknown
    if len(packet) < needed:
        raise CutShort
    if found.sample_rate < 1:
        raise Contradictory
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
    for place in _marks_from_the_end(end):
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


def _marks_from_the_end(end: bytes) -> Iterator[int]:
    """Where headers of pages begin that are whole."""
    place = end.rfind(_MARK, 0, max(0, len(end) - _PAGE_HEADER + len(_MARK)))
    while place >= 0:
        yield place
        place = end.rfind(_MARK, 0, place + len(_MARK) - 1)


@dataclass(slots=True)
class _Chain:
    """Streams that follow each other, while their pages are walked."""

    lasts: float = 0
    """Milliseconds of those that have ended."""
    findings: frozenset[Finding] = frozenset()
    """Of their ends."""
    stream: _Stream | None = None
    """The one that is walked; None: of a kind that is no sound."""
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
    for _, page, is_cut in islice(pages, _MOST_PAGES):
        chain.add(page, is_cut=is_cut)
    before = chain.findings
    chain.end()
    if further := next(pages, None):
        return chain.lasts * window.size / further[0], before
    return chain.lasts, chain.findings


def _pages(window: Window) -> Iterator[tuple[int, bytes, bool]]:
    """The beginning of each page, with where it ends, and whether it is cut.

    Another that begins within it cuts it; what is no page is stepped over.
    """
    place = damages = 0
    while damages < _MOST_DAMAGES:
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
