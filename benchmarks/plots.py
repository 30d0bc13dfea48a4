"""The plots, as SVG: a few shapes and words, no script, readable on light and on dark."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final

from benchmarks.measured import Spread, wall

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.measured import Contest, Trace

WIDTH: Final = 720
LINE: Final = 22
LABELS: Final = 196
"""Pixels for the names at the left of a bar, and VALUES for what stands at its right."""
VALUES: Final = 130
GREY: Final = "#768390"
OURS: Final = "#2f81f7"
THEIRS: Final = "#9a9aa5"
COLOURS: Final = (
    *(OURS, "#d4762c", "#3fa55b", "#b35fc4", "#c7a008", "#cf5353"),
    *("#35a3a3", "#8a7060", "#e07ba0", "#7d8f2a", "#6a74e0", GREY),
)
"""Each has contrast enough on white and on near-black."""
TOP: Final = 30
BOTTOM: Final = 48
LEFT: Final = 64
RIGHT: Final = 16
FEW: Final = 4
"""Steps on an axis, at the least."""
HEIGHT: Final = 320
"""Of a diagram with axes, its margins included."""
HUNDRED: Final = 100
"""From here on a value's three digits are a whole number."""


@dataclass(slots=True)
class Drawing:
    """Shapes in the order in which they are painted."""

    width: int
    height: int
    title: str
    shapes: list[str] = field(default_factory=list)

    def text(
        self, x: float, y: float, words: str, *, anchor: str = "start", bold: bool = False
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        self.shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'
        )

    def bar(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self.shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f' fill="{colour}" stroke="none"/>'
        )

    def line(
        self,
        points: Sequence[tuple[float, float]],
        colour: str = GREY,
        width: float = 1,
        *,
        dashed: bool = False,
    ) -> None:
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.shapes.append(
            f'<polyline points="{path}" stroke="{colour}" stroke-width="{width:g}"{dashes}/>'
        )

    def dot(self, x: float, y: float, colour: str) -> None:
        self.shapes.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}" stroke="none"/>'
        )

    def written(self) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}"'
            f' width="{self.width}" height="{self.height}" role="img"'
            ' font-family="system-ui, sans-serif" font-size="13" stroke-linejoin="round">'
        )
        words = f'<title>{escape(self.title)}</title>\n<g fill="{GREY}">'
        texts = [each for each in self.shapes if each.startswith("<text")]
        others = [each for each in self.shapes if not each.startswith("<text")]
        return "\n".join(
            [head, '<g fill="none">', *others, "</g>", words, *texts, "</g>", "</svg>\n"]
        )


def bars(
    title: str, contests: Sequence[Contest], measure: Callable[[Contest, str], Spread], unit: str
) -> str:
    """A group of bars a contest, one a contender, with a line from the least to the most."""
    rows = sum(len(contest.runs) + 2 for contest in contests)
    drawing = Drawing(WIDTH, rows * LINE, title)
    y = 0.0
    for contest in contests:
        found = {name: measure(contest, name) for name in contest.runs}
        most = max(each.high for each in found.values())
        per = (WIDTH - LABELS - VALUES) / most
        drawing.text(0, y + LINE, contest.name, bold=True)
        y += 1.4 * LINE
        for name, each in found.items():
            middle = y + LINE / 2
            drawing.text(LABELS - 8, middle + 4, name, anchor="end")
            colour = OURS if name == "callrec" else THEIRS
            drawing.bar(LABELS, y + 3, each.median * per, LINE - 6, colour)
            drawing.line([(LABELS + each.low * per, middle), (LABELS + each.high * per, middle)])
            value = f"{each.median:,.0f}" if each.median >= HUNDRED else f"{each.median:.3g}"
            drawing.text(LABELS + each.high * per + 8, middle + 4, f"{value} {unit}")
            y += LINE
        y += 0.6 * LINE
    return drawing.written()


def throughput(contest: Contest, contender: str) -> Spread:
    """Megabytes a second, of a contest whose size is in bytes."""
    seconds = wall(contest, contender)
    return Spread(
        *(contest.size / 1e6 / each for each in (seconds.median, seconds.high, seconds.low))
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diagram: its name and its points."""

    name: str
    points: Sequence[tuple[float, float]]


def growth(title: str, lines: Sequence[Line]) -> str:
    """Seconds over size, each as a share of the largest of its line; both scales are logarithmic.

    A dashed line is what grows as its work does.
    """
    lines = [Line(each.name, [*_of_the_largest(each.points)]) for each in lines]
    xs = [x for each in lines for x, _ in each.points]
    ys = [y for each in lines for _, y in each.points]
    drawing = Drawing(WIDTH, HEIGHT + LINE * len(lines), title)
    up = _power(min(*xs, *ys)), 1 / _power(1 / max(ys))
    frame = _Frame(drawing, (_power(min(xs)), 1), up, math.log10)
    for across in _powers(frame.across):
        frame.tick_across(across, f"{across:g}")
    for height in _powers(up):
        frame.tick_up(height, f"{height:g}")
    drawing.text(LEFT, 14, "time, share of the largest")
    drawing.text(WIDTH - RIGHT, HEIGHT - 6, "size, share of the largest", anchor="end")
    frame.draw([(frame.across[0], frame.across[0]), (1, 1)], GREY, dashed=True)
    for number, each in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        frame.draw(each.points, colour, dots=True)
        _legend(drawing, number, each.name, colour)
    return drawing.written()


def memory(title: str, traces: Sequence[Trace], limit_bytes: float) -> str:
    """Megabytes over seconds, with a dashed line at the limit."""
    drawing = Drawing(WIDTH, HEIGHT + LINE * len(traces), title)
    longest = max(max(each.seconds) for each in traces)
    most = max(limit_bytes, *(max(each.resident_bytes) for each in traces)) * 1.05 / 1e6
    frame = _Frame(drawing, (0, longest), (0, most), float)
    for across in steps(longest):
        frame.tick_across(across, f"{across:g}")
    for up in steps(most):
        frame.tick_up(up, f"{up:g}")
    drawing.text(LEFT, 14, "MB")
    drawing.text(WIDTH - RIGHT, HEIGHT - 6, "seconds", anchor="end")
    frame.draw([(0, limit_bytes / 1e6), (longest, limit_bytes / 1e6)], GREY, dashed=True)
    for number, each in enumerate(traces):
        colour = COLOURS[number % len(COLOURS)]
        held = [size / 1e6 for size in each.resident_bytes]
        frame.draw([*zip(each.seconds, held, strict=True)], colour)
        _legend(drawing, number, each.name, colour)
    return drawing.written()


@dataclass(frozen=True, slots=True)
class _Frame:
    """The axes: what lies between the first and the last value of each, on what scale."""

    drawing: Drawing
    across: tuple[float, float]
    up: tuple[float, float]
    scale: Callable[[float], float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return (
            LEFT + width * self._share(x, *self.across),
            TOP + height * (1 - self._share(y, *self.up)),
        )

    def _share(self, value: float, least: float, most: float) -> float:
        low, high = self.scale(least), self.scale(most)
        return (self.scale(value) - low) / (high - low)

    def draw(
        self,
        points: Sequence[tuple[float, float]],
        colour: str,
        *,
        dashed: bool = False,
        dots: bool = False,
    ) -> None:
        places = [self.at(x, y) for x, y in points]
        self.drawing.line(places, colour, 1 if dashed else 2, dashed=dashed)
        for x, y in places if dots else ():
            self.drawing.dot(x, y, colour)

    def tick_across(self, value: float, words: str) -> None:
        x, bottom = self.at(value, self.up[0])
        self.drawing.line([(x, bottom), (x, bottom + 5)])
        self.drawing.text(x, bottom + 20, words, anchor="middle")

    def tick_up(self, value: float, words: str) -> None:
        x, y = self.at(self.across[0], value)
        self.drawing.line([(x - 5, y), (WIDTH - RIGHT, y)], width=0.3)
        self.drawing.text(x - 9, y + 4, words, anchor="end")


def _legend(drawing: Drawing, number: int, name: str, colour: str) -> None:
    y = HEIGHT + LINE * number + 10
    drawing.line([(LEFT, y), (LEFT + 24, y)], colour, 3)
    drawing.text(LEFT + 32, y + 4, name)


def _of_the_largest(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    largest, longest = max(points)
    return [(x / largest, y / longest) for x, y in sorted(points)]


def _power(value: float) -> float:
    """The power of ten below."""
    return 10.0 ** math.floor(math.log10(value))


def _powers(between: tuple[float, float]) -> Sequence[float]:
    low, high = (round(math.log10(each)) for each in between)
    return [10.0**power for power in range(low, high + 1)]


def steps(most: float) -> Sequence[float]:
    """Round values from 0 to ``most``, four to ten of them or so."""
    power = _power(most)
    step = next(power / part for part in (1, 2, 5) if most / power * part >= FEW)
    return [step * number for number in range(int(most / step) + 1)]
