"""FLAC: its first block says everything, once it was closed; else its last frame does.

Source: RFC 9639, 8.2 (STREAMINFO), 9.1 (frame header), 9.1.5 (coded number), 9.1.8 (CRC-8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.telephone.sound.sound import (
    Contradictory,
    CutShort,
    Empty,
    Finding,
    Sound,
    milliseconds,
)
from callrec.telephone.sound.window import BLOCK_BYTES

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window

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

_MOST_CODED = 6
"""Bytes of a frame's number."""


def flac_sound(window: Window) -> Sound:
    """The sound of a FLAC file.

    Raises:
        NotAudio: the first block is not STREAMINFO or is cut short, or no length can be told.
    """
    head = window.at(0, _STREAM_INFO)
    if len(head) < _STREAM_INFO:
        raise CutShort
    if head[4] & 0x7F:
        raise Contradictory
    packed = int.from_bytes(head[18:26], "big")
    sample_rate, channels, samples = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    if window.size == _STREAM_INFO:
        raise Empty
    there = _last_sample(window, int.from_bytes(head[10:12], "big"))
    findings: frozenset[Finding] = frozenset()
    if not samples:  # it was streamed, and nobody came back to count
        findings = frozenset({Finding.UNCLOSED})
    elif there < samples:
        findings = frozenset({Finding.TRUNCATED})
    if not there:
        raise CutShort
    return Sound("flac", "flac", sample_rate, channels, milliseconds(there, sample_rate), findings)


def _last_sample(window: Window, block: int) -> int:
    """How many samples of a channel there are, as far as the last frame that begins; 0: none does.

    ``block`` is how many each frame but the last has: of streams where that changes, which no
    telephone system writes, the mark is another, and their length is not told.
    """
    start = max(_STREAM_INFO, window.size - BLOCK_BYTES)
    end = window.at(start, BLOCK_BYTES)
    place = end.rfind(_FRAME)
    while place >= 0:
        frame = _frame(end[place : place + _FRAME_HEADER])
        if frame:
            number, size = frame
            return number * block + size
        place = end.rfind(_FRAME, 0, place)
    return 0


def _frame(header: bytes) -> tuple[int, int] | None:
    """A frame's number and its size in samples; None where no frame begins so."""
    coded = _coded_number(header[4:])
    sizes = _SIZES.get(header[2] >> 4) if len(header) == _FRAME_HEADER else None
    if coded is None or sizes is None:
        return None
    number, length = coded
    place = 4 + length
    size, more = sizes
    size += int.from_bytes(header[place : place + more], "big")
    end = place + more + _RATE_BYTES.get(header[2] & 15, 0)
    return (number, size) if _crc8(header[:end]) == header[end] else None


def _coded_number(data: bytes) -> tuple[int, int] | None:
    """A number as UTF-8 writes them, and how many bytes it takes; None where it is none."""
    ones = 8 - (data[0] ^ 0xFF).bit_length() if data else 1
    length = max(ones, 1)
    if ones == 1 or ones > _MOST_CODED or len(data) < length:
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
