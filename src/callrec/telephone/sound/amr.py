"""AMR and AMR-WB: frames of 20 ms, whose first byte tells their length.

Source: RFC 4867, 5 (storage format); 3GPP TS 26.101 and 26.201 (frame types).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.telephone.sound.sound import Empty, Finding, Sound, Unknown

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window

_FRAME_MS = 20
_ABSENT = 0
"""Bytes of speech in a frame that was not sent."""

_NARROW = {0: 12, 1: 13, 2: 15, 3: 17, 4: 19, 5: 20, 6: 26, 7: 31, 8: 5, 15: _ABSENT}
_WIDE = {
    0: 17, 1: 23, 2: 32, 3: 36, 4: 40, 5: 46, 6: 50, 7: 58, 8: 60, 9: 5, 14: _ABSENT, 15: _ABSENT,
}  # fmt: skip
_KINDS = ((b"#!AMR\n", "amr", 8000, _NARROW), (b"#!AMR-WB\n", "amr-wb", 16000, _WIDE))

_AMR_MOST_FRAMES = 1_000_000
"""Five and a half hours; beyond, the rest is reckoned from what was walked."""


def amr_sound(window: Window) -> Sound:
    """The sound of an AMR file with one channel.

    Raises:
        NotAudio: it has several, or no whole frame.
    """
    for mark, codec, sample_rate, lengths in _KINDS:
        if window.at(0, len(mark)) == mark:
            duration_ms, findings = _amr_walked(window, len(mark), lengths)
            return Sound("amr", codec, sample_rate, 1, duration_ms, findings)
    raise Unknown


def _amr_walked(
    window: Window, start: int, lengths: dict[int, int]
) -> tuple[int, frozenset[Finding]]:
    place, frames = start, 0
    findings = set()
    while frames < _AMR_MOST_FRAMES and (first := window.at(place, 1)):
        length = lengths.get(first[0] >> 3 & 15)
        if length is None:
            break
        if place + 1 + length > window.size:
            findings.add(Finding.TRUNCATED)
            break
        place += 1 + length
        frames += 1
    if not frames:
        raise Empty
    if place - start == frames:  # none was sent
        findings.add(Finding.SILENT)
    if frames == _AMR_MOST_FRAMES:
        frames = frames * (window.size - start) // (place - start)
    return frames * _FRAME_MS, frozenset(findings)
