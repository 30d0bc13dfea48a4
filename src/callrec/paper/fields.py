"""What our papers are made of: sections, facts beside their labels, blanks for a pen, space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.paper.faces import Face, Style
from callrec.paper.lines import Group, Line, Rule, as_opening, side_by_side
from callrec.paper.sheet import GREY, NAVY, PALE, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.paper.sheet import Sheet

TEXT: Final = Style(Face.SANS, 9)

STRONG: Final = Style(Face.BOLD, 9)

LABEL: Final = Style(Face.SANS, 9, GREY)

NOTE: Final = Style(Face.SANS, 8, GREY)

HASH: Final = Style(Face.MONO, 8)

HEADING: Final = Style(Face.BOLD, 10.5, NAVY)


def section(sheet: Sheet, title: str, *groups: Group) -> Iterator[Group]:
    """Groups under a heading, which stands in the outline as well."""
    yield space(3.6)
    yield as_opening(title, sheet.set(title, HEADING))
    yield (Line(1.6, (Rule(0, WIDTH, 0.2, PALE),)),)
    yield space(0.8)
    yield from groups


def fact(sheet: Sheet, label: str, value: str, style: Style = TEXT) -> Group:
    """A value in the second column, what it is in the first."""
    return side_by_side(sheet.set(label, LABEL, width=34), sheet.set(value, style, x=36))


def blanks(sheet: Sheet, *names: str, x: float, width: float) -> Group:
    """Equal lines to write on, side by side, each with its name below."""
    return (
        pen_lines(len(names), x=x, width=width),
        *blank_captions(sheet, *names, x=x, width=width),
    )


def blank_captions(sheet: Sheet, *names: str, x: float, width: float) -> Group:
    """The names of such lines, each where its line begins."""
    columns = _columns(len(names), x, width)
    return side_by_side(
        *(
            sheet.set(name, NOTE, x=left, width=each)
            for name, (left, each) in zip(names, columns, strict=True)
        )
    )


def pen_lines(number: int, *, x: float, width: float) -> Line:
    """Equal lines to write on, side by side."""
    columns = _columns(number, x, width)
    return Line(1, tuple(Rule(left, each, 0.25, GREY) for left, each in columns))


def _columns(number: int, x: float, width: float) -> list[tuple[float, float]]:
    """Left edge and width of each."""
    gap = 5.0
    each = (width - gap * (number - 1)) / number
    return [(x + place * (each + gap), each) for place in range(number)]


def space(height: float) -> Group:
    """Millimetres of nothing; none of it begins a page."""
    return (Line(height),)


def count(number: int, what: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {what}" if number == 1 else f"{number:,} {what}s"
