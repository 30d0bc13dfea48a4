"""A waveform as SVG, which a page holds as it is: no script, no style, no colour of its own.

Source: W3C, SVG 2, 5.8 (title and desc) and 14.3 (patterns); WAI-ARIA 1.2, img.
"""

from __future__ import annotations

import hashlib
from html import escape
from typing import TYPE_CHECKING, Final

from callrec.policy.edits import UNEDITED, Filler, Side
from callrec.sound.measured import MOST_PEAKS
from callrec.sound.waveform.scale import SIDES, clock, heights, ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.policy.edits import Edits, Silence, Span
    from callrec.sound.measured import Measured

_WIDTH: Final = 480
"""Of the drawing in its own units; it is as wide as there is room."""

_STRIP, _LANE, _LINE = 18, 72, 18
"""Heights: the numbers above, one channel, one line of text."""

_MOST_TICKS = 7
_GROUND = "stroke='currentColor' stroke-width='1.5'"


def as_svg(measured: Measured, *, title: str, edits: Edits = UNEDITED) -> str:
    """The waveform over a time axis, one ``<svg>`` element.

    Silenced spans are hatched and numbered, what is clipped away is dotted; both are told in words
    below and to who does not see it.

    Args:
        measured: by `callrec.sound.measure`.
        title: what it is called to who does not see it.
        edits: what was done to the copy.
    """
    told = list(_told(measured, edits))
    key = _key(measured, title, edits)
    body = _STRIP + _LANE * measured.channels
    height = body + _LINE * (1 + len(told)) + 6
    parts = [
        (
            f"<svg xmlns='http://www.w3.org/2000/svg' role='img' viewBox='0 0 {_WIDTH} {height}' "
            f"width='100%' aria-labelledby='{key}-t {key}-d' "
            "font-family='sans-serif' font-size='13' fill='currentColor'>"
        ),
        f"<title id='{key}-t'>{escape(title)}</title>",
        f"<desc id='{key}-d'>{escape(_described(measured, told))}</desc>",
        *(_patterns(key) if edits else ()),
        *_lanes(measured),
        *_edited(measured, edits, key),
        *_axis(measured.duration_ms, body),
        *(
            f"<text x='2' y='{body + _LINE * (2 + number)}'>{escape(line)}</text>"
            for number, line in enumerate(told)
        ),
        "</svg>",
    ]
    return "\n".join(parts)


def _key(measured: Measured, title: str, edits: Edits) -> str:
    """Begins the ids, so that several waveforms stand in one page."""
    said = repr((title, measured, edits.as_json()))
    return "w" + hashlib.sha256(said.encode()).hexdigest()[:12]


def _described(measured: Measured, told: list[str]) -> str:
    channels = "two channels, left above right" if measured.channels > 1 else "one channel"
    said = [f"How loud the recording is over {clock(measured.duration_ms)}, {channels}", *told]
    return ". ".join(said) + "."


def _told(measured: Measured, edits: Edits) -> Iterator[str]:
    if edits.clip:
        yield f"In the copy: {_span(edits.clip)}; the rest, dotted, is clipped away"
    for number, silence in enumerate(edits.silences, 1):
        where = "" if silence.side is Side.BOTH or measured.channels == 1 else f", {silence.side}"
        instead = ", a tone is heard" if silence.filler is Filler.TONE else ""
        yield f"{number}: silenced {_span(silence.span)}{where}{instead}"


def _span(span: Span) -> str:
    return f"{clock(span.from_ms)} to {clock(span.to_ms)}"


def _patterns(key: str) -> tuple[str, ...]:
    return (
        "<defs>",
        (
            f"<pattern id='{key}-s' width='6' height='6' patternUnits='userSpaceOnUse' "
            f"patternTransform='rotate(45)'><path d='M0 0V6' {_GROUND}/></pattern>"
        ),
        (
            f"<pattern id='{key}-c' width='6' height='6' patternUnits='userSpaceOnUse'>"
            "<circle cx='3' cy='3' r='1'/></pattern>"
        ),
        "</defs>",
    )


def _lanes(measured: Measured) -> Iterator[str]:
    width = min(MOST_PEAKS, len(measured.peaks[0]))
    for channel, row in enumerate(heights(measured, width)):
        middle = _STRIP + _LANE * channel + _LANE / 2
        bars = "".join(_bar(at, each, width, middle) for at, each in enumerate(row))
        yield f"<path d='{bars}'/>"
        if measured.channels > 1:
            yield f"<text x='2' y='{_STRIP + _LANE * channel + 12}'>{SIDES[channel]}</text>"


def _bar(at: int, height: float, width: int, middle: float) -> str:
    half = max(0.5, height * (_LANE / 2 - 3))
    begin, wide = at * _WIDTH / width, 0.8 * _WIDTH / width
    return f"M{begin:.2f} {middle - half:.1f}h{wide:.2f}v{2 * half:.1f}h-{wide:.2f}z"


def _edited(measured: Measured, edits: Edits, key: str) -> Iterator[str]:
    for number, silence in enumerate(edits.silences, 1):
        begin, end = (_x(at, measured) for at in (silence.span.from_ms, silence.span.to_ms))
        for lane in _lanes_of(silence, measured):
            top = _STRIP + _LANE * lane
            yield (
                f"<rect x='{begin:.2f}' y='{top}' width='{max(1, end - begin):.2f}' "
                f"height='{_LANE}' fill='url(#{key}-s)' {_GROUND}/>"
            )
        yield f"<text x='{begin:.2f}' y='{_STRIP - 4}'>{number}</text>"
    if edits.clip:
        tall = _LANE * measured.channels
        begin, end = (_x(at, measured) for at in (edits.clip.from_ms, edits.clip.to_ms))
        for low, high in ((0.0, begin), (end, float(_WIDTH))):
            if low < high:
                yield (
                    f"<rect x='{low:.2f}' y='{_STRIP}' width='{high - low:.2f}' height='{tall}' "
                    f"fill='url(#{key}-c)' {_GROUND}/>"
                )


def _lanes_of(silence: Silence, measured: Measured) -> range:
    if silence.side is Side.BOTH or measured.channels == 1:
        return range(measured.channels)
    lane = SIDES.index(silence.side)
    return range(lane, lane + 1)


def _x(ms: int, measured: Measured) -> float:
    return min(_WIDTH, ms * _WIDTH / max(1, measured.duration_ms))


def _axis(duration_ms: int, top: int) -> Iterator[str]:
    yield f"<path d='M0 {top}H{_WIDTH}' {_GROUND}/>"
    for tick in ticks(duration_ms, _MOST_TICKS):
        place = tick * _WIDTH / max(1, duration_ms)
        yield f"<path d='M{place:.2f} {top}v4' {_GROUND}/>"
        anchor = "start" if tick == 0 else "end" if place > _WIDTH - 20 else "middle"
        yield f"<text x='{place:.2f}' y='{top + 16}' text-anchor='{anchor}'>{clock(tick)}</text>"
