"""A document that is set for paper elsewhere: as a page, or as a file to save."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final

from markupsafe import Markup

from callrec.dataclass import dataclass
from callrec.desk.exchange import Answered, Asked
from callrec.desk.rendering import as_json, download, page
from callrec.desk.seat import Seat
from callrec.errors import NotFound
from callrec.paper.document import Block, Document, Plot
from callrec.paper.document_html import as_html
from callrec.paper.document_pdf import as_pdf
from callrec.paper.document_text import as_text
from callrec.paper.plots import as_svg

_FILES: Final[Mapping[str, tuple[str, Callable[[Document], bytes]]]] = {
    "html": ("text/html; charset=utf-8", as_html),
    "pdf": ("application/pdf", as_pdf),
    "txt": ("text/plain; charset=utf-8", as_text),
}
"""By its ending, the media type of a file and what makes it."""


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block of a document, for the page."""

    kind: str
    block: Block
    drawing: Markup | None = None
    """Of a plot: one <svg>, without a style of its own, which the page's policy would stop."""


def show_document(
    seat: Seat, asked: Asked, document: Document, name: str, value: Mapping[str, Any]
) -> Answered:
    """A document as its page, or as the file called ``name`` that is asked for; ``value``: as JSON.

    Raises:
        NotFound: there is no such file.
    """
    match asked.query.get("as", ""):
        case "":
            sections = _sections_of(document)
            title = document.title
            return page(seat, "report.html", title=title, document=document, sections=sections)
        case "json":
            return as_json(value, f"{name}.json")
        case ending if ending in _FILES:
            kind, write = _FILES[ending]
            return download(write(document), kind, f"{name}.{ending}")
        case _:
            raise NotFound("there is no such file", hint="choose one of those on the page")


def _sections_of(document: Document) -> tuple[tuple[str, tuple[ShownBlock, ...]], ...]:
    """The sections of a document, each with its heading and blocks."""
    numbers = count(1)

    def shown(block: Block) -> ShownBlock:
        drawing = None
        if isinstance(block, Plot):
            # What stands in it was escaped as the drawing was made.
            drawing = Markup(as_svg(block, number=next(numbers)))  # noqa: S704
        return ShownBlock(type(block).__name__.lower(), block, drawing)

    return tuple((each.heading, tuple(map(shown, each.blocks))) for each in document.sections)
