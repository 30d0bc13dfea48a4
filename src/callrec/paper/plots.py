"""Plots as SVG, by the library leather: columns that are read in print, and without colour.

The lower of two series is dark and the one that stands on it lighter with a frame, and its name
says so; what each column counts stands in the table beside the plot. The same plot is the same
bytes.
"""

from __future__ import annotations

from math import ceil
from typing import Final
from xml.etree import ElementTree as ET

import leather
from leather import theme

from callrec.paper.document import Plot, figure
from callrec.paper.faces import EVERY_CHARACTER, Face, printable

WIDTH: Final = 680
HEIGHT: Final = 250

_DARK, _LIGHT = "#1f3f66", "#d9822b"
"""Each at least 3 : 1 against white and against the other (WCAG 2.2, 1.4.11)."""

_INK: Final = "#212b32"
_SVG: Final = "http://www.w3.org/2000/svg"

for _part in ("title", "legend", "tick", "axis_title"):
    setattr(theme, f"{_part}_font_family", str(Face.SANS))
for _part in ("title", "legend", "label", "axis_title"):
    setattr(theme, f"{_part}_color", _INK)
theme.background_color = "#ffffff"
theme.tick_color, theme.zero_color = "#dde3e7", "#5b6b76"
theme.margin = 0.02
theme.legend_font_char_width = theme.tick_font_char_width = 9


def as_svg(plot: Plot, *, number: int | None = None) -> str:
    """A plot as one ``<svg>`` element, as wide as there is room.

    On a page its ``number`` tells its ids from those of the other plots; it has its title, and what
    it says for who does not see it. On paper these stand beside it.
    """
    chart = leather.Chart()
    top = plot.most or _top(plot)
    chart.add_y_scale(0, top)
    chart.add_y_axis(ticks=_ticks(top), tick_formatter=lambda value, *_: figure(value))
    for name, values, colour in _columns(plot):
        places = map(_printable, plot.places)
        columns = [*zip(places, values, strict=True)]
        chart.add_columns(columns, name=_printable(name), fill_color=colour)
    drawn = ET.fromstring(chart.to_svg(width=WIDTH, height=HEIGHT))  # noqa: S314 - just made here
    for element in drawn.iter():
        element.attrib.update({name: _rounded(text) for name, text in element.attrib.items()})
    for name in ("width", "height", "version"):
        drawn.attrib.pop(name)
    drawn.set("viewBox", f"0 0 {WIDTH} {HEIGHT}")
    if number is not None:
        _accessible(drawn, plot, number)
    ET.register_namespace("", _SVG)
    return ET.tostring(drawn, encoding="unicode")


def _columns(plot: Plot) -> list[tuple[str, list[float | None], str]]:
    """What is drawn, the higher columns first: the lower ones are drawn over their foot."""
    first, *more = plot.series
    lower = (f"{first.name} (dark)" if more else first.name, [*first.values], _DARK)
    if not more:
        return [lower]
    (second,) = more
    pairs = zip(first.values, second.values, strict=True)
    both = [None if a is None and b is None else (a or 0) + (b or 0) for a, b in pairs]
    return [(f"{second.name} (light, on top)", both, _LIGHT), lower]


def _top(plot: Plot) -> float:
    """The end of the scale: the highest column, or the next number that divides well."""
    highest = max((value or 0 for _, values, _ in _columns(plot) for value in values), default=0)
    step = _step(highest)
    return max(step, ceil(highest / step) * step)


def _step(highest: float) -> int:
    """Between two lines, so that there are five of them at most."""
    step = 1
    while highest > 5 * step:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step


def _ticks(top: float) -> list[float]:
    step = 25 if top == 100 else _step(top)  # noqa: PLR2004 - in a hundred
    return [float(at) for at in range(0, int(top) + 1, step)]


def _accessible(drawn: ET.Element, plot: Plot, number: int) -> None:
    """What screen readers say of a drawing."""
    names = f"plot-{number}-title", f"plot-{number}-says"
    drawn.set("role", "img")
    drawn.set("aria-labelledby", " ".join(names))
    for place, (tag, id_, text) in enumerate(
        zip(("title", "desc"), names, (plot.title, plot.says), strict=True)
    ):
        element = ET.Element(f"{{{_SVG}}}{tag}", id=id_)
        element.text = _printable(text)
        drawn.insert(place, element)


def _printable(text: str) -> str:
    return printable(text, EVERY_CHARACTER)


def _rounded(value: str) -> str:
    """A number as short as a drawing needs it; anything else as it is."""
    try:
        return f"{round(float(value), 2):g}"
    except ValueError:
        return value
