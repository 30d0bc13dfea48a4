"""Ogg with Opus, Vorbis or Speex: measured by the position that its last page gives.

Sources: RFC 3533 (pages), RFC 7845 (Opus), Vorbis I 4.2.2, the Speex manual 6.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from callrec.telephone.sound.sound import CutShort, Empty, Sound, Unknown, milliseconds
from callrec.telephone.sound.window import BLOCK

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window

_HEADER = 27
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
    samples = _last_position(window, serial=page[14:18]) - stream.skipped
    if samples <= 0:
        raise Empty
    duration_ms = milliseconds(samples, stream.sample_rate)
    return Sound("ogg", stream.codec, stream.sample_rate, stream.channels, duration_ms)


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


def _last_position(window: Window, *, serial: bytes) -> int:
    """Of the last page of this stream on which a packet ends; 0 where there is none."""
    start = max(0, window.size - BLOCK)
    end = window.at(start, BLOCK)
    place = end.rfind(b"OggS")
    while place >= 0:
        page = end[place : place + _HEADER]
        position = int.from_bytes(page[6:14], "little", signed=True)
        if len(page) == _HEADER and page[4] == 0 and page[14:18] == serial and position >= 0:
            return position
        place = end.rfind(b"OggS", 0, place + 3)
    return 0
