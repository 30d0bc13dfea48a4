"""Ogg with Opus, Vorbis or Speex: measured by the position that its last page gives.

Sources: RFC 3533 (pages), RFC 7845 (Opus), Vorbis I 4.2.2, the Speex manual 6.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from callrec.telephone.sound.sound import (
    CutShort,
    Empty,
    Finding,
    Sound,
    Unknown,
    milliseconds,
)
from callrec.telephone.sound.window import BLOCK

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window

_HEADER = 27
_LAST = 4
"""The bit that is set in a stream's last page."""

_OPUS_RATE = 48_000
"""Hz: positions are counted at this rate, whatever was fed in (RFC 7845, 4)."""


class _Stream(NamedTuple):
    codec: str
    sample_rate: int
    channels: int
    skipped: int
    """Samples before the sound begins."""


def ogg_sound(window: Window) -> Sound:
    """The sound of an Ogg file's first stream.

    Raises:
        NotAudio: another kind of stream, or an empty or unfinished one.
    """
    page = window.at(0, _HEADER + 255 + 255)
    if len(page) < _HEADER:
        raise CutShort
    stream = _stream(page[_HEADER + page[26] :])
    position, findings = _end(window, serial=page[14:18])
    samples = position - stream.skipped
    if samples <= 0:
        raise Empty
    duration_ms = milliseconds(samples, stream.sample_rate)
    return Sound("ogg", stream.codec, stream.sample_rate, stream.channels, duration_ms, findings)


def _stream(packet: bytes) -> _Stream:
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
    return found


def _end(window: Window, *, serial: bytes) -> tuple[int, frozenset[Finding]]:
    """The position of this stream's last whole page on which a packet ends.

    Of the first cut one where none is whole; 0 where there is none. With what is to be found of
    its end: a page that is cut, or none that says that it is the last.
    """
    start = max(0, window.size - BLOCK)
    end = window.at(start, BLOCK)
    place = end.rfind(b"OggS")
    findings: frozenset[Finding] | None = None
    cut = 0
    while place >= 0:
        page = end[place : place + _HEADER + 255]
        if len(page) >= _HEADER and page[4] == 0 and page[14:18] == serial:
            position = int.from_bytes(page[6:14], "little", signed=True)
            is_cut = place + _length(page) > len(end)
            if findings is None:
                findings = _found(is_cut=is_cut, is_last=bool(page[5] & _LAST))
            if position > 0 and not is_cut:
                return position, findings
            cut = max(cut, position)
        place = end.rfind(b"OggS", 0, place + 3)
    return cut, findings or frozenset()


def _length(page: bytes) -> int:
    """Of a whole page, in bytes; its table of lengths may itself be cut."""
    return _HEADER + page[26] + sum(page[_HEADER : _HEADER + page[26]])


def _found(*, is_cut: bool, is_last: bool) -> frozenset[Finding]:
    if is_cut:
        return frozenset({Finding.TRUNCATED})
    return frozenset() if is_last else frozenset({Finding.UNCLOSED})
