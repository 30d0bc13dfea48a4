"""How things stand, and the report of a month with its plots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from markupsafe import Markup

from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import password_of
from callrec.desk.rendering import as_json, download, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import NotFound
from callrec.office.status import read_status
from callrec.paper.document import Block, Document, Plot
from callrec.paper.document_html import as_html
from callrec.paper.document_pdf import as_pdf
from callrec.paper.document_text import as_text
from callrec.paper.plots import as_svg
from callrec.registers.figures import PracticeReport
from callrec.registers.months import read_month
from callrec.registers.report import make_report, usual_month
from callrec.registers.report_document import report_document
from callrec.views.status import status_json, status_lines
from callrec.views.words import facts


def show_status(seat: Seat, asked: Asked) -> Answered:
    """What waits, what is due and what is wrong."""
    found = read_status(seat.practice, seat.actor)
    if asked.query.get("as") == "json":
        return as_json(status_json(found), "status.json")
    lines = tuple(status_lines(found, seat.zone, known=True))
    return page(seat, "status.html", title="How things stand", lines=lines)


def ask_report(seat: Seat, asked: Asked) -> Answered:
    """Of which month, and the password."""
    usual = str(usual_month(seat.practice))
    return page(seat, "report_ask.html", title="Report of a month", asked=asked, usual=usual)


def make(seat: Seat, asked: Asked) -> Answered:
    """Count a month, on record, and show it on a page of its own."""
    practice, typed = seat.practice, asked.first("month")
    month = read_month(typed) if typed else usual_month(practice)
    found = make_report(practice, seat.reader(password_of(asked)), month)
    return to(f"/report/{seat.keep(found)}")


@dataclass(frozen=True, slots=True)
class _Kind:
    media_type: str
    ending: str


_FILES: Final[Mapping[str, _Kind]] = {
    "html": _Kind("text/html; charset=utf-8", "html"),
    "pdf": _Kind("application/pdf", "pdf"),
    "txt": _Kind("text/plain; charset=utf-8", "txt"),
}


def show_report(seat: Seat, asked: Asked, key: str) -> Answered:
    """What was counted: as a page, or as the file that is asked for."""
    found = find_kept(seat, key, PracticeReport, "have it made again: callrec report")
    document = report_document(found, seat.zone)
    if (wanted := asked.query.get("as", "")) == "json":
        return as_json(facts(found), f"report-{found.month}.json")
    if wanted:
        return document_file(document, wanted, f"report-{found.month}")
    return page(
        seat,
        "report.html",
        title=document.title,
        document=document,
        sections=sections_of(document),
    )


def document_file(document: Document, wanted: str, name: str) -> Answered:
    """A document to save: as ``html``, ``pdf`` or ``txt``.

    Raises:
        NotFound: it is none of these.
    """
    if (kind := _FILES.get(wanted)) is None:
        raise NotFound("there is no such file", hint="choose one of those on the page")
    write = {"html": as_html, "pdf": as_pdf, "txt": as_text}[wanted]
    return download(write(document), kind.media_type, f"{name}.{kind.ending}")


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block of a document, for the page."""

    kind: str
    block: Block
    drawing: Markup | None = None
    """Of a plot: one <svg>, without a style of its own, which the page's policy would stop."""


def sections_of(document: Document) -> tuple[tuple[str, tuple[ShownBlock, ...]], ...]:
    """The sections of a document, each with its heading and blocks."""
    numbers = count(1)

    def shown(block: Block) -> ShownBlock:
        drawing = None
        if isinstance(block, Plot):
            # What stands in it was escaped as the drawing was made.
            drawing = Markup(as_svg(block, number=next(numbers)))  # noqa: S704
        return ShownBlock(type(block).__name__.lower(), block, drawing)

    return tuple((each.heading, tuple(map(shown, each.blocks))) for each in document.sections)
