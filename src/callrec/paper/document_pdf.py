"""A document on A4, as PDF/A: what its page says, its plots drawn as lines and not as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callrec.paper.document import (
    Block,
    Document,
    Fact,
    Facts,
    Happening,
    Items,
    Paragraph,
    Plot,
    Table,
    Timeline,
)
from callrec.paper.faces import Face, Style
from callrec.paper.plots import HEIGHT, as_svg
from callrec.paper.plots import WIDTH as DRAWN_WIDTH
from callrec.paper.sheet import (
    INDENT,
    LABEL,
    LEAD,
    NOTE,
    PRACTICE,
    STRONG,
    TEXT,
    TITLE,
    WIDTH,
    Drawing,
    Group,
    Line,
    Sheet,
    side_by_side,
    space,
    stack,
    thick_rule,
)

_LONGEST: Final = 30
"""Characters of a cell that widen its column; longer ones are wrapped."""

_GAP: Final = 3.0

_CELL: Final = Style(Face.SANS, 8)

_PER_CHARACTER: Final = 2.2
"""So wide is a column for each of them at the most, in millimetres."""


def as_pdf(document: Document) -> bytes:
    """Its pages; the same document is the same bytes."""
    sheet = Sheet(title=document.title, practice=document.practice, at=document.made_at)
    lead = (sheet.set(sentence, LEAD) for sentence in document.lead)
    sheet.keep(
        sheet.set(document.practice, PRACTICE),
        thick_rule(3),
        sheet.set(document.title, TITLE),
        space(1.5),
        *lead,
    )
    for section in document.sections:
        blocks = (group for block in section.blocks for group in _block(sheet, block))
        sheet.keep_section(section.heading, blocks)
    return sheet.to_pdf(document.foot)


def _block(sheet: Sheet, block: Block) -> Iterator[Group]:
    match block:
        case Paragraph():
            style = STRONG if block.stands_out else TEXT
            yield stack(sheet.set(block.text, style), space(2))
        case Items():
            yield from (sheet.item("•", sheet.set(each, TEXT, x=INDENT)) for each in block.items)
            yield space(2)
        case Facts():
            yield from _facts(sheet, block.rows)
            yield space(2)
        case Table():
            yield from _table(sheet, block)
        case Plot():
            yield _plot(sheet, block)
            yield from _table(sheet, block.table)
        case Timeline():
            yield from (_happening(sheet, each) for each in block.happenings)


def _plot(sheet: Sheet, plot: Plot) -> Group:
    height = WIDTH * HEIGHT / DRAWN_WIDTH
    drawing = Drawing(0, WIDTH, height, as_svg(plot).encode())
    return stack(
        sheet.set(plot.title, STRONG),
        (Line(height, (drawing,)),),
        sheet.set(plot.says, NOTE),
        space(2),
    )


def _happening(sheet: Sheet, happening: Happening) -> Group:
    sign = "! " if happening.stands_out else ""
    return stack(
        sheet.set(happening.when, LABEL),
        sheet.set(f"{sign}{happening.what}", STRONG),
        *_facts(sheet, happening.facts, x=INDENT),
        space(2.5),
    )


def _facts(sheet: Sheet, rows: tuple[Fact, ...], x: float = 0) -> Iterator[Group]:
    for what, text in rows:
        yield sheet.fact(what, text, x=x, column=46, width=WIDTH - x)


def _table(sheet: Sheet, table: Table) -> Iterator[Group]:
    """Its caption and heading stay with the first row."""
    widths = _widths(table)
    head = _row(sheet, table.header, widths, NOTE, to_the_right=table.numbers)
    first, *rest = (
        _row(sheet, row, widths, _CELL, to_the_right=table.numbers) for row in table.rows
    )
    yield stack(space(1), sheet.set(table.caption, STRONG), head, first)
    yield from rest
    yield space(3)


def _row(
    sheet: Sheet, cells: tuple[str, ...], widths: list[float], style: Style, *, to_the_right: bool
) -> Group:
    x, columns = 0.0, list[Group]()
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        room = width - _GAP
        lines = sheet.set(cell, style, x=x, width=room)
        if place and to_the_right and len(lines) == 1:
            lines = sheet.set_right(cell, style, x=x + room)
        columns.append(lines)
        x += width
    return side_by_side(*columns)


def _widths(table: Table) -> list[float]:
    """The room of each column, by its longest cell, and of a heading its longest word."""
    columns = zip(table.header, *table.rows, strict=True)
    longest = [
        min(_LONGEST, max(len(text) for text in (*cells, *head.split()))) + 3
        for head, *cells in columns
    ]
    return [min(each * _PER_CHARACTER, WIDTH * each / sum(longest)) for each in longest]
