"""Sheets of A4 on which groups of lines are set: margins, footers, drawing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from fpdf import FPDF
from fpdf.enums import DocumentCompliance
from fpdf.prefs import ViewerPreferences

from callrec.paper.faces import Face, Style, add_faces, printable, wrapped
from callrec.paper.lines import Box, Group, Line, Picture, Rule, Words, paginate, side_by_side
from callrec.paper.metadata import xmp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from callrec.paper.lines import Drawn

PAGE: Final = (210.0, 297.0)

LEFT: Final = 18.0

TOP: Final = 15.0

WIDTH: Final = PAGE[0] - 2 * LEFT

_FOOT: Final = PAGE[1] - 13

ROOM: Final = _FOOT - TOP - 2

NAVY: Final = (22, 54, 92)

GREY: Final = (92, 99, 110)

PALE: Final = (196, 203, 212)

_SMALL = Style(Face.SANS, 7.5, GREY)

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
    """A paper while it is set; drawn all at once, when it is known how many pages it takes."""

    def __init__(self, *, title: str, practice: str, at: datetime, on: FPDF | None = None) -> None:
        """An empty paper.

        Args:
            title: as a reader's window shows it.
            practice: whose paper it is.
            at: when its facts were put together; the date that the file bears.
            on: made by `blank` beforehand, for this paper alone; None: it is made now.
        """
        self._pdf = on or blank()
        self._pdf.set_lang("en-GB")
        self._pdf.set_creation_date(at)  # the file's id is drawn from it and from the content
        shown = self._plain(title)
        self._pdf.set_title(shown)
        self._pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._pdf.set_xmp_metadata(xmp(title=shown, author=self._plain(practice), at=at))
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
        """Words in as many lines as they take.

        Args:
            words: from anywhere.
            style: how they are set.
            x: their left edge, from the margin.
            width: of their lines; None: as far as the right margin.
            most: lines at the most; what is left out is told by an ellipsis. None: all.
        """
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
        self._groups.append(tuple(line for group in groups for line in group))

    def to_pdf(self, foot: str) -> bytes:
        """Draw everything.

        Args:
            foot: what stands at the foot of every page, before its number.
        """
        pages = paginate(self._groups, ROOM)
        for number, lines in enumerate(pages, 1):
            self._pdf.add_page()
            self._draw(lines, TOP)
            self._draw(self._foot(foot, f"page {number} of {len(pages)}"), _FOOT)
        return bytes(self._pdf.output())

    def _foot(self, foot: str, page: str) -> Group:
        rule = Line(2.5, (Rule(0, WIDTH, 0.15, PALE),))
        return (
            rule,
            *side_by_side(
                self.set(foot, _SMALL, width=WIDTH - 25, most=1), self.set_right(page, _SMALL)
            ),
        )

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
            case Box():
                pdf.set_draw_color(mark.ink)
                pdf.set_line_width(mark.thickness)
                pdf.rect(LEFT + mark.x, y, mark.width, mark.height)

    def _plain(self, words: str) -> str:
        return printable(words, range(0x110000))
