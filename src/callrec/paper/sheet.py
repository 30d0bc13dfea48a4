"""What every paper is set with: the sheet, its lines, its sections and its fields.

Sizes are millimetres. Words are wrapped as they are set, but nothing is drawn before the whole
paper is known: only then can its foot say how many pages there are.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import zip_longest
from math import inf
from typing import Final, TypeAlias

from fpdf import FPDF
from fpdf.enums import DocumentCompliance
from fpdf.prefs import ViewerPreferences

from callrec.dataclass import dataclass, replace
from callrec.paper.faces import (
    EVERY_CHARACTER,
    Face,
    Style,
    add_faces,
    printable,
    qr_png,
    wrapped,
    xmp,
)

PAGE: Final = (210.0, 297.0)
LEFT: Final = 18.0
TOP: Final = 15.0
WIDTH: Final = PAGE[0] - 2 * LEFT
_FOOT: Final = PAGE[1] - 13
ROOM: Final = _FOOT - TOP - 2
NAVY: Final = (22, 54, 92)
INDENT: Final = 5.0
GREY: Final = (92, 99, 110)
PALE: Final = (196, 203, 212)
_SMALL = Style(Face.SANS, 7.5, GREY)
PRACTICE: Final = Style(Face.BOLD, 13, NAVY)
TITLE: Final = Style(Face.SERIF, 23, NAVY, 1.3)
LEAD: Final = Style(Face.SERIF, 10.5, spacing=1.5)
TEXT: Final = Style(Face.SANS, 9)
STRONG: Final = Style(Face.BOLD, 9)
LABEL: Final = Style(Face.SANS, 9, GREY)
NOTE: Final = Style(Face.SANS, 8, GREY)
HASH: Final = Style(Face.MONO, 8)
HEADING: Final = Style(Face.BOLD, 10.5, NAVY)

_BASE: Final = 0.76
"""Where in a line's height the words stand."""


def blank() -> FPDF:
    """A document on which nothing is set; to read its faces takes half of a short paper's time."""
    # An archive's PDF (ISO 19005-2): everything that is needed to show it is in it.
    pdf = FPDF(format="A4", enforce_compliance=DocumentCompliance.PDFA_2U)
    pdf.set_auto_page_break(False)
    add_faces(pdf)
    return pdf


class Sheet:
    """A paper while it is set."""

    def __init__(self, *, title: str, practice: str, at: datetime, on: FPDF | None = None) -> None:
        self._pdf = on or blank()
        self._pdf.set_lang("en-GB")
        self._pdf.set_creation_date(at)  # the file's id is drawn from it and from the content
        shown, author = (printable(words, EVERY_CHARACTER) for words in (title, practice))
        self._pdf.set_title(shown)
        self._pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._pdf.set_xmp_metadata(xmp(title=shown, author=author, at=at))
        self._groups: list[Group] = []

    def set(
        self,
        words: str,
        style: Style,
        *,
        x: float = 0,
        width: float | None = None,
        most: int | None = None,
    ) -> Group:
        """Words in as many lines as they take."""
        lines = list(wrapped(self._pdf, words, style, WIDTH - x if width is None else width))
        if most is not None and len(lines) > most:
            lines = [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]
        return tuple(Line(style.line_height, (Words(x, line, style),)) for line in lines)

    def set_right(self, words: str, style: Style, *, x: float = WIDTH) -> Group:
        """Words in one line that ends at x; for what is short, since it is not wrapped."""
        (line, *_) = wrapped(self._pdf, words, style, x)
        return (Line(style.line_height, (Words(x, line, style, to_the_right=True),)),)

    def keep(self, *groups: Group) -> None:
        """Put groups below what is there, all of them on one page."""
        self._groups.append(stack(*groups))

    def keep_section(self, title: str, groups: Iterable[Group]) -> None:
        """Put a section of any length below, its heading on the page of its first group."""
        first, *rest = groups
        self._groups += [stack(*self.section(title, first)), *rest]

    def section(self, title: str, *groups: Group) -> Iterator[Group]:
        """Groups under a heading, which stands in the outline as well."""
        yield space(3.6)
        yield as_opening(title, self.set(title, HEADING))
        yield (Line(1.6, (Rule(0, WIDTH, 0.2, PALE),)),)
        yield space(0.8)
        yield from groups

    def signed_for_practice(self) -> Iterator[Group]:
        """The section in which a certificate is signed."""
        names = ("Signature", "Name and role", "Date")
        return self.section("Signed for the practice", stack(space(9), self.blanks(*names)))

    def fact(
        self,
        label: str,
        value: str,
        style: Style = TEXT,
        *,
        x: float = 0,
        column: float = 36,
        width: float = WIDTH,
        most: int | None = None,
    ) -> Group:
        """A value in the second column, what it is in the first."""
        values = self.set(value, style, x=x + column, width=width - column, most=most)
        return side_by_side(self.set(label, LABEL, x=x, width=column - 2), values)

    def item(self, sign: str, group: Group) -> Group:
        """Lines that are indented, with a number or a point before the first."""
        return side_by_side(self.set(sign, LABEL, width=INDENT), group)

    def blanks(self, *names: str, x: float = 0, width: float = WIDTH) -> Group:
        """Equal lines to write on, side by side, each with its name below."""
        captions = self.blank_captions(*names, x=x, width=width)
        return (pen_lines(len(names), x=x, width=width), *captions)

    def blank_captions(self, *names: str, x: float = 0, width: float = WIDTH) -> Group:
        """The names of such lines, each where its line begins."""
        places = zip(names, _columns(len(names), x, width), strict=True)
        return side_by_side(
            *(self.set(name, NOTE, x=left, width=each) for name, (left, each) in places)
        )

    def to_pdf(self, foot: str) -> bytes:
        """Draw everything."""
        pages = paginate(self._groups, ROOM)
        rule = Line(2.5, (Rule(0, WIDTH, 0.15, PALE),))
        for number, lines in enumerate(pages, 1):
            self._pdf.add_page()
            self._draw(lines, TOP)
            left = self.set(foot, _SMALL, width=WIDTH - 25, most=1)
            right = self.set_right(f"page {number} of {len(pages)}", _SMALL)
            self._draw((rule, *side_by_side(left, right)), _FOOT)
        return bytes(self._pdf.output())

    def _draw(self, lines: Sequence[Line], y: float) -> None:
        for line in lines:
            if line.opens:
                self._pdf.set_y(y)
                self._pdf.start_section(line.opens)
            for mark in line.marks:
                self._mark(mark, y, line.height)
            y += line.height

    def _mark(self, mark: Drawn, y: float, height: float) -> None:
        pdf = self._pdf
        match mark:
            case Words():
                pdf.set_font(mark.style.face, size=mark.style.size)
                pdf.set_text_color(mark.style.ink)
                width = pdf.get_string_width(mark.text, normalized=True) if mark.to_the_right else 0
                pdf.text(LEFT + mark.x - width, y + height * _BASE, mark.text)
            case Rule():
                pdf.set_draw_color(mark.ink)
                pdf.set_line_width(mark.thickness)
                middle = y + height / 2
                pdf.line(LEFT + mark.x, middle, LEFT + mark.x + mark.width, middle)
            case Picture():
                pdf.image(io.BytesIO(mark.png), LEFT + mark.x, y, mark.side)
            case Drawing():
                pdf.set_font(Face.SANS, size=_SMALL.size)
                pdf.image(io.BytesIO(mark.svg), LEFT + mark.x, y, mark.width, mark.height)
            case Box():
                pdf.set_draw_color(mark.ink)
                pdf.set_line_width(mark.thickness)
                pdf.rect(LEFT + mark.x, y, mark.width, mark.height)


def beside_square(words: Group, text: str, side: float, *, below: float = 0.0) -> Group:
    """Words with a text as a square on the right edge beside them, as high as the higher."""
    picture = Picture(WIDTH - side, side, qr_png(text))
    spare = max(0.0, side - height_of(words))
    beside = side_by_side(words[:1], [Line(0, (picture,))])
    return stack(beside, words[1:], space(spare + below))


def pen_lines(number: int, *, x: float = 0, width: float = WIDTH) -> Line:
    """Equal lines to write on, side by side."""
    columns = _columns(number, x, width)
    return Line(1, tuple(Rule(left, each, 0.25, GREY) for left, each in columns))


def _columns(number: int, x: float, width: float) -> list[tuple[float, float]]:
    """Left edge and width of each."""
    gap = 5.0
    each = (width - gap * (number - 1)) / number
    return [(x + place * (each + gap), each) for place in range(number)]


def thick_rule(height: float) -> Group:
    """The line under a practice's name."""
    return (Line(height, (Rule(0, WIDTH, 0.6, NAVY),)),)


def space(height: float) -> Group:
    """Millimetres of nothing; none of it begins a page."""
    return (Line(height),)


def stack(*groups: Group) -> Group:
    """One below the other, all of them on one page."""
    return tuple(line for group in groups for line in group)


@dataclass(frozen=True, slots=True)
class Words:
    """Printable words that stand on their line's base."""

    x: float
    """From the left margin; of their right end where they are set to the right."""
    text: str
    style: Style
    to_the_right: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin straight line at half the height of the line that it is in."""

    x: float
    width: float
    thickness: float
    ink: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A square picture whose upper edge is that of its line; it may hang below it."""

    x: float
    side: float
    png: bytes


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG whose upper edge is that of its line; it hangs below it."""

    x: float
    width: float
    height: float
    svg: bytes


@dataclass(frozen=True, slots=True)
class Box:
    """A frame whose upper edge is that of its line; it hangs below it."""

    x: float
    width: float
    height: float
    thickness: float
    ink: tuple[int, int, int]


Drawn: TypeAlias = Words | Rule | Picture | Drawing | Box


@dataclass(frozen=True, slots=True)
class Line:
    """What stands side by side."""

    height: float
    marks: tuple[Drawn, ...] = ()
    opens: str = ""
    """The section that begins here, for the outline that a reader shows beside the page."""


Group: TypeAlias = tuple[Line, ...]
"""Lines that stay on one page."""


def side_by_side(*columns: Sequence[Line]) -> Group:
    """Columns side by side, their first lines on one base; as long as the longest."""
    rows = zip_longest(*columns, fillvalue=Line(0))
    return tuple(
        Line(max(line.height for line in row), tuple(mark for line in row for mark in line.marks))
        for row in rows
    )


def height_of(group: Group) -> float:
    """In millimetres."""
    return sum(line.height for line in group)


def as_opening(section: str, group: Group) -> Group:
    """The group as the beginning of a section."""
    return (replace(group[0], opens=section), *group[1:])


def paginate(groups: Iterable[Group], room: float) -> list[list[Line]]:
    """Each group whole on one page; only one that no page could hold is broken, between lines.

    Law: all lines with marks are there, in order; no page is taller than its room if no line is.
    """
    pages: list[list[Line]] = []
    used = inf
    for group in groups:
        if used + height_of(group) > room:
            used = inf  # whatever is left of this page stays empty
        for line in group:
            if used + line.height > room:
                if not line.marks:
                    continue
                pages.append([])
                used = 0.0
            pages[-1].append(line)
            used += line.height
    return pages
