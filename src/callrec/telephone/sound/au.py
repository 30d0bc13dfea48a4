"""Sun and NeXT audio (.au, .snd).

Source: audio(5) of SunOS 4.1: six big-endian words, the encoding the fourth. Asterisk and programs
that stream leave the third, the length, 0 or all ones.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from callrec.telephone.sound.samples import Samples, sample_findings
from callrec.telephone.sound.sound import CutShort, Empty, Finding, Sound, Unknown, milliseconds

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window

_HEADER = struct.Struct(">4s5I")

_ENCODINGS = {
    1: ("ulaw", 1),
    2: ("pcm8", 1),
    3: ("pcm16", 2),
    4: ("pcm24", 3),
    5: ("pcm32", 4),
    27: ("alaw", 1),
}
"""The codec, and bytes of one sample."""

_UNKNOWN_SIZE = frozenset({0, 0xFFFFFFFF})


def au_sound(window: Window) -> Sound:
    """The sound of an .au file; its length may be left open, and is measured.

    Raises:
        NotAudio: another encoding, or no sound.
    """
    head = window.at(0, _HEADER.size)
    if len(head) < _HEADER.size:
        raise CutShort
    _, start, said, encoding, sample_rate, channels = _HEADER.unpack(head)
    if encoding not in _ENCODINGS:
        raise Unknown
    codec, width = _ENCODINGS[encoding]
    there = window.size - start
    length = there if said in _UNKNOWN_SIZE else min(said, there)
    samples = length // (width * max(channels, 1))
    if samples <= 0:
        raise Empty
    sound = Sound("au", codec, sample_rate, channels, milliseconds(samples, sample_rate))
    if said in _UNKNOWN_SIZE:
        sound = sound.with_findings({Finding.UNCLOSED})
    elif said > there:
        sound = sound.with_findings({Finding.TRUNCATED})
    return sound.with_findings(sample_findings(window, Samples(codec, start, length, "big")))
