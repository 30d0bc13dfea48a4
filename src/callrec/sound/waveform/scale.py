"""Times along a waveform, and how high it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callrec.sound.measured import Measured

SIDES: Final = ("left", "right")

_S, _MIN, _H = 1000, 60_000, 3_600_000
_STEPS = (
    100, 200, 500, _S, 2 * _S, 5 * _S, 10 * _S, 15 * _S, 30 * _S, _MIN, 2 * _MIN, 5 * _MIN,
    10 * _MIN, 15 * _MIN, 30 * _MIN, _H, 2 * _H, 4 * _H, 12 * _H, 24 * _H, 96 * _H,
)  # fmt: skip
"""Milliseconds from one tick to the next; the last suffices for the longest sound."""

_QUIETEST: Final = 1024
"""A sound never louder than this, -30 dBFS, is not drawn as if it were loud."""


def ticks(duration_ms: int, most: int) -> range:
    """Round times from the beginning on, a few, in milliseconds."""
    step = next((step for step in _STEPS if duration_ms < step * most), _STEPS[-1])
    return range(0, duration_ms + 1, step)


def heights(measured: Measured, width: int) -> tuple[tuple[float, ...], ...]:
    """For each channel, from 0 to 1, how high each of so many equal columns is drawn.

    The loudest sample of all fills its column; half the height is a quarter as loud, for quiet
    speech is to be seen beside loud.
    """
    loudest = max(_QUIETEST, *(max(peaks) for peaks in measured.peaks))
    return tuple(
        tuple((each / loudest) ** 0.5 for each in _columns(measured, peaks, width))
        for peaks in measured.peaks
    )


def _columns(measured: Measured, peaks: Sequence[int], width: int) -> list[int]:
    across = width * measured.stretch
    return [
        max(
            peaks[
                column * measured.samples // across : -(-(column + 1) * measured.samples // across)
            ]
        )
        for column in range(width)
    ]
