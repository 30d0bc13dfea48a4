"""A document as one page that needs nothing else: no script, no file beside it, no network.

Whatever stands in it is escaped, and its policy lets a browser load nothing. It is read by
keyboard, by a screen reader, on a telephone and on A4.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib import resources
from itertools import count

from callrec.dataclass import replace
from callrec.paper.document import (
    Block,
    Document,
    Fact,
    Facts,
    Happening,
    Items,
    Paragraph,
    Plot,
    Section,
    Table,
    Timeline,
)
from callrec.paper.faces import EVERY_CHARACTER, printable


def as_html(document: Document) -> bytes:
    """The page in UTF-8. What would turn text round or hide some of it stands by its number."""
    return "".join(f"{line}\n" for line in _Page(document).lines()).encode()


class _Page:
    """A page while it is written."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._plots = count(1)

    def lines(self) -> Iterator[str]:
        document = self._document
        title = f"{_text(document.title)}, {_text(document.practice)}"
        style = resources.files(__package__).joinpath("document.css").read_text("utf-8")
        yield "<!DOCTYPE html>"
        yield '<html lang="en-GB">'
        yield "<head>"
        yield '<meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield (
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
            " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
        )
        yield '<meta name="referrer" content="no-referrer">'
        yield f"<title>{title}</title>"
        yield f"<style>\n{style}</style>"
        yield "</head>"
        yield "<body>"
        yield '<a class="skip" href="#content">Skip to the content</a>'
        yield f"<header><p>{_text(document.practice)}</p><h1>{_text(document.title)}</h1>"
        yield from (f"<p>{_text(sentence)}</p>" for sentence in document.lead)
        yield "</header>"
        if len(document.sections) > 1:
            yield from self._contents()
        yield '<main id="content" tabindex="-1">'
        for number, section in enumerate(document.sections, 1):
            yield from self._section(number, section)
        yield "</main>"
        yield f"<footer><p>{_text(document.foot)}</p></footer>"
        yield "</body>"
        yield "</html>"

    def _contents(self) -> Iterator[str]:
        yield '<nav aria-label="Contents"><ol>'
        for number, section in enumerate(self._document.sections, 1):
            yield f'<li><a href="#section-{number}">{_text(section.heading)}</a></li>'
        yield "</ol></nav>"

    def _section(self, number: int, section: Section) -> Iterator[str]:
        yield f'<section aria-labelledby="section-{number}">'
        yield f'<h2 id="section-{number}">{_text(section.heading)}</h2>'
        for block in section.blocks:
            yield from self._block(block)
        yield "</section>"

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Paragraph():
                kind = ' class="stands-out"' if block.stands_out else ""
                yield f"<p{kind}>{_text(block.text)}</p>"
            case Items():
                yield f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in block.items)}</ul>"
            case Facts():
                yield from _facts(block.rows)
            case Table():
                yield from _table(block)
            case Plot():
                yield from self._plot(block)
            case Timeline():
                yield '<ol class="timeline">'
                for happening in block.happenings:
                    yield from _happening(happening)
                yield "</ol>"

    def _plot(self, plot: Plot) -> Iterator[str]:
        from callrec.paper.plots import as_svg  # noqa: PLC0415  # a dossier has none

        # A region that scrolls on a telephone is reached by keyboard, and so has a name.
        yield f"<figure>{_region(plot.title)}"
        yield as_svg(plot, number=next(self._plots))
        yield f"</div><figcaption>{_text(plot.title)}. {_text(plot.says)}</figcaption></figure>"
        yield from _table(replace(plot.table, caption=f"{plot.title}, in figures"))


def _happening(happening: Happening) -> Iterator[str]:
    kind = ' class="stands-out"' if happening.stands_out else ""
    at = happening.at.isoformat(timespec="minutes")
    yield f'<li{kind}><p><time datetime="{at}">{_text(happening.when)}</time>'
    yield f"<strong>{_text(happening.what)}</strong></p>"
    yield from _facts(happening.facts)
    yield "</li>"


def _facts(rows: tuple[Fact, ...]) -> Iterator[str]:
    if rows:
        yield "<dl>"
        yield from (f"<div><dt>{_text(a)}</dt><dd>{_text(b)}</dd></div>" for a, b in rows)
        yield "</dl>"


def _table(table: Table) -> Iterator[str]:
    kind = "numbers" if table.numbers else "words"
    yield _region(table.caption)
    yield f'<table class="{kind}"><caption>{_text(table.caption)}</caption>'
    header = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in table.header)
    yield f"<thead><tr>{header}</tr></thead>"
    yield "<tbody>"
    for first, *rest in table.rows:
        cells = "".join(f"<td>{_text(cell)}</td>" for cell in rest)
        yield f'<tr><th scope="row">{_text(first)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _region(name: str) -> str:
    """Where something wide begins."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{_text(name)}">'


def _text(text: str) -> str:
    return escape(printable(text, EVERY_CHARACTER))
