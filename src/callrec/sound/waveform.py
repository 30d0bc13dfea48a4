"""How loud where: text and SVG.

Source: W3C, SVG 2, 5.8 (title and desc) and 14.3 (patterns); WAI-ARIA 1.2, img.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from callrec.dataclass import replace
from callrec.policy.edits import UNEDITED, Edits, Filler, Side, Silence, Span, format_time
from callrec.sound.measured import MAX_PEAKS, Measured

_WIDTH: Final = 480
"""Of the drawing in its own units; it is as wide as there is room."""

_STRIP, _LANE, _LINE = 18, 72, 18
"""Heights: the numbers above, one channel, one line of text."""

_NAMES_WIDE: Final = 38
"""What the names of two channels need on the left."""

_MAX_TICKS = 7
_LINES = "stroke='currentColor' stroke-width='1.5'"


def as_svg(measured: Measured, *, title: str, edits: Edits) -> str:
    """The waveform over a time axis, one ``<svg>`` element.

    Silenced spans are hatched and numbered, what is clipped away is dotted; both are put in words
    below and for those who cannot see it. How loud it was there is not drawn: the page leaves the
    house.
    """
    hidden = (
        tuple(_hidden(measured, edits, channel, peaks))
        for channel, peaks in enumerate(measured.peaks)
    )
    # From here on it is not known what was silenced: neither by its peaks nor by the hash.
    measured = replace(measured, wave_sha256="", peaks=tuple(hidden))
    sentences, lanes = list(_sentences(measured, edits)), list(_lanes(measured))
    key = _key(title, *sentences, *lanes)
    body = _STRIP + _LANE * measured.channels
    height = body + _LINE * (1 + len(sentences)) + 6
    channels = "two channels, left above right" if measured.channels > 1 else "one channel"
    length = format_time(measured.duration_ms)
    described = ". ".join([f"How loud the recording is over {length}, {channels}", *sentences])
    parts = [
        (
            f"<svg xmlns='http://www.w3.org/2000/svg' role='img' viewBox='0 0 {_WIDTH} {height}' "
            f"width='100%' aria-labelledby='{key}-t {key}-d' "
            "font-family='sans-serif' font-size='13' fill='currentColor'>"
        ),
        f"<title id='{key}-t'>{escape(title)}</title>",
        f"<desc id='{key}-d'>{escape(described)}.</desc>",
        *(_patterns(key) if edits else ()),
        *lanes,
        *_edited(measured, edits, key),
        *_drawn_axis(measured, body),
        *(
            f"<text x='2' y='{body + _LINE * (2 + number)}'>{escape(line)}</text>"
            for number, line in enumerate(sentences)
        ),
        "</svg>",
    ]
    return "\n".join(parts)


def _key(*drawn: str) -> str:
    """Begins the ids, so that several waveforms stand in one page.

    It is of what is drawn and of no more: by the hash of a sound, what was silenced in it is found
    out by trying.
    """
    return "w" + hashlib.sha256("\n".join(drawn).encode()).hexdigest()[:12]


def _sentences(measured: Measured, edits: Edits) -> Iterator[str]:
    if edits.clip:
        yield f"In the copy: {_span(edits.clip)}; the rest, dotted, is clipped away"
    for number, silence in enumerate(edits.silences, 1):
        where = "" if silence.side is Side.BOTH or measured.channels == 1 else f", {silence.side}"
        instead = ", a tone is heard" if silence.filler is Filler.TONE else ""
        yield f"{number}: silenced {_span(silence.span)}{where}{instead}"


def _span(span: Span) -> str:
    return f"{format_time(span.from_ms)} to {format_time(span.to_ms)}"


def _patterns(key: str) -> tuple[str, ...]:
    return (
        "<defs>",
        (
            f"<pattern id='{key}-s' width='6' height='6' patternUnits='userSpaceOnUse' "
            f"patternTransform='rotate(45)'><path d='M0 0V6' {_LINES}/></pattern>"
        ),
        (
            f"<pattern id='{key}-c' width='6' height='6' patternUnits='userSpaceOnUse'>"
            "<circle cx='3' cy='3' r='1'/></pattern>"
        ),
        "</defs>",
    )


def _hidden(measured: Measured, edits: Edits, channel: int, peaks: Iterable[int]) -> Iterator[int]:
    """Nought for each stretch in which a sample was silenced or clipped away."""
    rate, stretch = measured.sample_rate, measured.stretch
    gone = [
        silence.span.samples_rounded_out(rate)
        for silence in edits.silences
        if channel in _lanes_of(silence, measured)
    ]
    if edits.clip:
        first, end = edits.clip.samples_rounded_in(rate)
        gone += [(0, first), (end, max(end, measured.samples))]
    for number, peak in enumerate(peaks):
        begin = number * stretch
        touched = any(max(first, begin) < min(end, begin + stretch) for first, end in gone)
        yield 0 if touched else peak


def _lanes(measured: Measured) -> Iterator[str]:
    width = min(MAX_PEAKS, len(measured.peaks[0]))
    left = _left(measured)
    wide = (_WIDTH - left) / width
    for channel, row in enumerate(heights(measured, width)):
        middle = _STRIP + _LANE * channel + _LANE / 2
        bars = ""
        for at, height in enumerate(row):
            half = max(0.5, height * (_LANE / 2 - 3))
            bars += f"M{left + at * wide:.2f} {middle - half:.1f}"
            bars += f"h{0.8 * wide:.2f}v{2 * half:.1f}h-{0.8 * wide:.2f}z"
        yield f"<path d='{bars}'/>"
        if measured.channels > 1:
            yield f"<text x='0' y='{middle + 4}'>{SIDES[channel]}</text>"


def _edited(measured: Measured, edits: Edits, key: str) -> Iterator[str]:
    for number, silence in enumerate(edits.silences, 1):
        begin, end = (_x(at, measured) for at in (silence.span.from_ms, silence.span.to_ms))
        for lane in _lanes_of(silence, measured):
            top = _STRIP + _LANE * lane
            yield (
                f"<rect x='{begin:.2f}' y='{top}' width='{max(1, end - begin):.2f}' "
                f"height='{_LANE}' fill='url(#{key}-s)' {_LINES}/>"
            )
        yield f"<text x='{begin:.2f}' y='{_STRIP - 4}'>{number}</text>"
    if edits.clip:
        tall = _LANE * measured.channels
        begin, end = (_x(at, measured) for at in (edits.clip.from_ms, edits.clip.to_ms))
        for low, high in ((float(_left(measured)), begin), (end, float(_WIDTH))):
            if low < high:
                yield (
                    f"<rect x='{low:.2f}' y='{_STRIP}' width='{high - low:.2f}' height='{tall}' "
                    f"fill='url(#{key}-c)' {_LINES}/>"
                )


def _lanes_of(silence: Silence, measured: Measured) -> range:
    if silence.side is Side.BOTH or measured.channels == 1:
        return range(measured.channels)
    lane = SIDES.index(silence.side)
    return range(lane, lane + 1)


def _left(measured: Measured) -> int:
    return _NAMES_WIDE if measured.channels > 1 else 0


def _x(ms: int, measured: Measured) -> float:
    left = _left(measured)
    return min(_WIDTH, left + ms * (_WIDTH - left) / max(1, measured.duration_ms))


def _drawn_axis(measured: Measured, top: int) -> Iterator[str]:
    yield f"<path d='M{_left(measured)} {top}H{_WIDTH}' {_LINES}/>"
    for tick in ticks(measured.duration_ms, _MAX_TICKS):
        place = _x(tick, measured)
        yield f"<path d='M{place:.2f} {top}v4' {_LINES}/>"
        anchor = "start" if tick == 0 else "end" if place > _WIDTH - 20 else "middle"
        time = format_time(tick)
        yield f"<text x='{place:.2f}' y='{top + 16}' text-anchor='{anchor}'>{time}</text>"


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


def _columns(measured: Measured, peaks: Sequence[int], width: int) -> Iterator[int]:
    samples, across = measured.samples, width * measured.stretch
    for column in range(width):
        yield max(peaks[column * samples // across : -(-(column + 1) * samples // across)])


_BLOCKS = "▁▂▃▄▅▆▇█"
_SILENCED, _CLIPPED = "x", "/"
_LEGEND = f"{_SILENCED} silenced   {_CLIPPED} clipped away"

_COLUMNS_A_TICK = 9
"""Wide enough for a time, and a space."""


def in_text(measured: Measured, *, columns: int, edits: Edits = UNEDITED) -> str:
    """The waveform over a time axis, each line at most so wide; what is edited is marked below it.

    Args:
        measured: by `listening.measure`.
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
