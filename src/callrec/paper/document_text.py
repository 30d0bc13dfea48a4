"""A document as lines of text, 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from textwrap import wrap
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

WIDTH: Final = 80

_GAP: Final = "  "


def as_lines(document: Document) -> Iterator[str]:
    """Its lines; a word that is wider than them stands alone."""
    yield document.practice
    yield document.title
    for sentence in document.lead:
        yield from _filled(sentence)
    for section in document.sections:
        yield ""
        yield section.heading
        yield "-" * min(WIDTH, len(section.heading))
        for number, block in enumerate(section.blocks):
            if number:
                yield ""
            yield from _block(block)


def as_text(document: Document) -> bytes:
    """The same as a file in UTF-8."""
    return "".join(f"{line}\n" for line in as_lines(document)).encode()


def _filled(text: str, indent: str = "", first: str | None = None) -> list[str]:
    words = " ".join(text.split())
    begin = indent if first is None else first
    return wrap(
        words,
        WIDTH,
        initial_indent=begin,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [begin.rstrip()]


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from _filled(f"! {block.text}" if block.stands_out else block.text)
        case Items():
            yield from (line for item in block.items for line in _filled(item, "  ", "- "))
        case Facts():
            yield from _facts(block.rows)
        case Table():
            yield from _table(block)
        case Plot():
            yield from (*_filled(block.says), "", *_table(block.table))
        case Timeline():
            yield from _timeline(block)


def _timeline(timeline: Timeline) -> Iterator[str]:
    for number, happening in enumerate(timeline.happenings):
        if number:
            yield ""
        yield from _happening(happening)


def _happening(happening: Happening) -> Iterator[str]:
    sign = "! " if happening.stands_out else ""
    yield from _filled(f"{sign}{happening.when}: {happening.what}", "  ", "")
    yield from _facts(happening.facts, "    ")


def _facts(rows: tuple[Fact, ...], indent: str = "") -> Iterator[str]:
    for what, text in rows:
        yield from _filled(f"{what}: {text}", f"{indent}  ", indent)


def _table(table: Table) -> Iterator[str]:
    """In columns where there is room for them, else a list for each row."""
    yield from _filled(table.caption)
    lines = [table.header, *table.rows]
    widths = [max(map(len, column)) for column in zip_longest(*lines, fillvalue="")]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > WIDTH:
        for first, *rest in table.rows:
            yield f"  {first}"
            yield from _facts(tuple(zip(table.header[1:], rest, strict=True)), "    ")
        return
    for line in lines:
        padded = (
            cell.rjust(width) if place and table.numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield _GAP.join(padded).rstrip()
