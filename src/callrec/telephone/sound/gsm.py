"""GSM full rate: frames of 20 ms, by themselves or two to a block of a WAVE file.

Source: ETSI EN 300 961; libgsm 1.0.22 for what silence becomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.telephone.sound.sound import Finding
from callrec.telephone.sound.window import BLOCK_BYTES

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window

FRAME, BLOCK_OF_TWO = 33, 65
"""Bytes."""

_SILENCE = {
    FRAME: bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924"),
    BLOCK_OF_TWO: bytes.fromhex(
        "204817d684028024499224890280244992248902802449922489028024499224"
        "098274614d28004892244992280048922449922800489224499228004892244992"
    ),
}
"""What the codec makes of nothing but zeros."""


def gsm_findings(window: Window, start: int, length: int, size: int) -> frozenset[Finding]:
    """Whether every frame is what silence becomes.

    Args:
        window: of the file.
        start: of the frames, in bytes.
        length: of all of them, in bytes.
        size: of a frame or block: 33 or 65.
    """
    silence = _SILENCE[size] * (BLOCK_BYTES // size)
    for place in range(start, start + length, len(silence)):
        piece = window.at(place, min(len(silence), start + length - place))
        if not silence.startswith(piece):
            return frozenset()
    return frozenset({Finding.SILENT})
