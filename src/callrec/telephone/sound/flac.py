"""FLAC: its first block says everything.

Source: RFC 9639, 8.2 (STREAMINFO).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.telephone.sound.sound import CutShort, Empty, Senseless, Sound, milliseconds

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window

_HEADER = 4 + 4 + 34
"""Bytes: the mark, a block's header, STREAMINFO."""


def flac_sound(window: Window) -> Sound:
    """The sound of a FLAC file.

    Raises:
        NotAudio: the first block is not STREAMINFO, is cut short, or leaves the length open.
    """
    head = window.at(0, _HEADER)
    if len(head) < _HEADER:
        raise CutShort
    if head[4] & 0x7F:
        raise Senseless
    packed = int.from_bytes(head[18:26], "big")
    sample_rate, channels, samples = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    if window.size == _HEADER:
        raise Empty
    if not samples:  # it was streamed, and nobody came back to count
        raise CutShort
    return Sound("flac", "flac", sample_rate, channels, milliseconds(samples, sample_rate))
