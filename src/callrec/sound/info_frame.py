"""The first frame of an MP3, which tells a player how long it is and what to leave out.

An encoder begins late and ends on a whole frame; a player that does not know by how much plays 70
ms of nothing first, and a span is not heard at the time that was written down for it. FFmpeg fills
this frame in last of all, but the copy is handed on while it is made. Every size is known before:
the bit rate is constant, no frame borrows from another, and the samples are counted.

Sources: ISO/IEC 13818-3, 2.4.1.3 (header); LAME's documentation, Mp3 Info Tag rev 1.
"""

from __future__ import annotations

import struct
from typing import Final

FRAME_SAMPLES: Final = 576
"""In a frame of MPEG-2, which is written at 16 and 24 kHz."""

_LATE: Final = 576
"""Samples by which LAME begins late; each decoder adds 529 of its own, and knows of them."""

_BIT_RATE, _BIT_RATE_INDEX = 32_000, 4
"""The smallest at which the frame has room for what it says."""

_SIDE_INFORMATION = {1: 9, 2: 17}
"""Bytes that are nought in a silent frame, by channels."""

_HAS_FRAMES, _HAS_BYTES = 1, 2
_CONSTANT_BIT_RATE = 1


def frames_of(samples: int) -> int:
    """How many frames LAME makes of so many samples, this one not counted."""
    return -(-samples // FRAME_SAMPLES) + 2


def info_frame(*, sample_rate: int, channels: int, bit_rate: int, samples: int) -> bytes:
    """The frame.

    Args:
        sample_rate: of the MP3, 16 or 24 kHz.
        channels: one or two.
        bit_rate: of the frames that follow.
        samples: of one channel that are to be heard.
    """
    length = 72 * _BIT_RATE // sample_rate
    frames = frames_of(samples)
    whole = length + frames * (72 * bit_rate // sample_rate)
    left_out = frames * FRAME_SAMPLES - _LATE - samples
    head = bytes((0xFF, 0xF3, _BIT_RATE_INDEX << 4 | _RATES[sample_rate], _MODES[channels]))
    said = struct.pack(">4sIII", b"Info", _HAS_FRAMES | _HAS_BYTES, frames, whole)
    made_by = b"LAME3.100" + bytes((_CONSTANT_BIT_RATE,)) + bytes(10)
    rate_and_edges = bytes((bit_rate // 1000,)) + (_LATE << 12 | left_out).to_bytes(3, "big")
    frame = head + bytes(_SIDE_INFORMATION[channels]) + said + made_by + rate_and_edges
    return frame.ljust(length, b"\0")


_RATES: Final = {16_000: 0b10 << 2, 24_000: 0b01 << 2}
_MODES: Final = {1: 0b11 << 6, 2: 0b01 << 6}
"""One channel, or two that are told jointly."""
