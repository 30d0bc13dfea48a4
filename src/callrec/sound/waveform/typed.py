"""A waveform in plain characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.policy.edits import UNEDITED, Side, format_time
from callrec.sound.waveform.scale import SIDES, heights, ticks

if TYPE_CHECKING:
    from callrec.policy.edits import Edits, Span
    from callrec.sound.measured import Measured

_BLOCKS = "▁▂▃▄▅▆▇█"

_SILENCED, _CLIPPED = "x", "/"

_LEGEND = f"{_SILENCED} silenced   {_CLIPPED} clipped away"

_COLUMNS_A_TICK = 9
"""Wide enough for a time, and a space."""


def in_text(measured: Measured, *, columns: int, edits: Edits = UNEDITED) -> str:
    """The waveform over a time axis, each line at most so wide; what is edited is marked below it.

    Args:
        measured: by `callrec.sound.measure`.
        columns: of the terminal.
        edits: what is, or would be, done to a copy.
    """
    names = SIDES if measured.channels > 1 else ("",)
    margin = max(map(len, names)) + 1 if measured.channels > 1 else 0
    width = max(1, columns - margin)
    lines = []
    for channel, row in enumerate(heights(measured, width)):
        blocks = "".join(_BLOCKS[round(each * (len(_BLOCKS) - 1))] for each in row)
        lines.append(names[channel].ljust(margin) + blocks)
        if edits:
            lines.append(" " * margin + _marks(measured, width, edits, names[channel]))
    lines += [" " * margin + line for line in _typed_axis(measured.duration_ms, width)]
    if edits:
        lines.append(" " * margin + _LEGEND)
    return "\n".join(line.rstrip() for line in lines)


def _marks(measured: Measured, width: int, edits: Edits, side: str) -> str:
    marks = [" "] * width
    for silence in edits.silences:
        if not side or silence.side in {Side.BOTH, side}:
            for column in _touched(silence.span, measured.duration_ms, width):
                marks[column] = _SILENCED
    if edits.clip:
        kept = _touched(edits.clip, measured.duration_ms, width)
        marks = [mark if at in kept else _CLIPPED for at, mark in enumerate(marks)]
    return "".join(marks)


def _touched(span: Span, duration_ms: int, width: int) -> range:
    """The columns in which some of a span lies."""
    whole = max(1, duration_ms)
    return range(span.from_ms * width // whole, min(width, -(-span.to_ms * width // whole)))


def _typed_axis(duration_ms: int, width: int) -> tuple[str, str]:
    marks, times = [" "] * width, ""
    for tick in ticks(duration_ms, max(1, width // _COLUMNS_A_TICK)):
        column = tick * width // max(1, duration_ms)
        if column < width:
            marks[column] = "|"
            if column + len(format_time(tick)) <= width:
                times = times.ljust(column) + format_time(tick)
    return "".join(marks), times
