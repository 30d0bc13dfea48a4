"""AAC by itself: frames that each begin with a header (.aac).

Source: ISO/IEC 14496-3, 1.A.2 (ADTS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from callrec.telephone.sound.sound import Finding, Sound, milliseconds

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window

_ADTS_RATES = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
    7350,
)  # fmt: skip
_HEADER, _ADTS_ENOUGH = 7, 3
"""Bytes; frames that follow each other by no accident."""

_SAMPLES = 1024
_ADTS_MOST_FRAMES = 1_000_000
"""Six hours at 48 kHz; beyond, the rest is reckoned from what was walked."""


class _AdtsFrame(NamedTuple):
    length: int
    samples: int
    sample_rate: int
    channels: int


def adts_sound(window: Window) -> Sound | None:
    """The sound of a bare AAC file, or None where the file is none."""
    first = _adts_frame(window.at(0, _HEADER))
    place = frames = samples = 0
    while frames < _ADTS_MOST_FRAMES and (frame := _adts_frame(window.at(place, _HEADER))):
        if place + frame.length > window.size or (first and frame[2:] != first[2:]):
            break
        place += frame.length
        frames += 1
        samples += frame.samples
    if first is None or (frames < _ADTS_ENOUGH and place != window.size):
        return None
    if frames == _ADTS_MOST_FRAMES:
        samples = samples * window.size // place
    duration_ms = milliseconds(samples, first.sample_rate)
    findings = frozenset({Finding.TRUNCATED} if _is_cut(window, place, first) else ())
    return Sound("aac", "aac", first.sample_rate, first.channels, duration_ms, findings)


def _is_cut(window: Window, place: int, first: _AdtsFrame) -> bool:
    """Whether the frame at this place is one of the row, and longer than what is left."""
    frame = _adts_frame(window.at(place, _HEADER))
    return frame is not None and frame[2:] == first[2:] and place + frame.length > window.size


def _adts_frame(header: bytes) -> _AdtsFrame | None:
    bits = int.from_bytes(header, "big")
    if len(header) < _HEADER or bits >> 44 != 0xFFF or bits >> 41 & 3:  # noqa: PLR2004  # the mark
        return None
    rate, channels, length = bits >> 34 & 15, bits >> 30 & 7, bits >> 13 & 0x1FFF
    if rate >= len(_ADTS_RATES) or not channels or length < _HEADER:
        return None
    return _AdtsFrame(length, _SAMPLES * ((bits & 3) + 1), _ADTS_RATES[rate], channels)
