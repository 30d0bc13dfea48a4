"""An instruction to a supplier on paper."""

from __future__ import annotations

from datetime import datetime

from callrec.package.instruction import COLUMNS, TITLE, SupplierInstruction
from callrec.paper.faces import Style
from callrec.paper.sheet import (
    HASH,
    LABEL,
    NOTE,
    PRACTICE,
    TEXT,
    WIDTH,
    Group,
    Sheet,
    side_by_side,
    space,
    stack,
    thick_rule,
)
from callrec.paper.sheet import TITLE as TITLE_STYLE
from callrec.policy.days import day_in_words
from callrec.policy.words import counted

_PLACES = (0.0, 12.0, 32.0, 64.0)
"""Where each column begins: the line, the day, the reference, the SHA-256."""


def instruction_pdf(said: SupplierInstruction, *, at: datetime) -> bytes:
    """The paper as a PDF."""
    sheet = Sheet(title=f"{TITLE}, {day_in_words(said.on)}", practice=said.practice, at=at)
    sheet.keep(sheet.set(said.practice, PRACTICE), thick_rule(3), space(2))
    sheet.keep(sheet.set(TITLE, TITLE_STYLE), space(2))
    sheet.keep(sheet.fact("To", said.supplier), sheet.fact("Date", day_in_words(said.on)), space(1))
    for heading, words in said.paragraphs():
        sheet.keep(*sheet.section(heading, sheet.set(words, TEXT)))
    sheet.keep(*sheet.signed_for_practice())
    header = side_by_side(*(_cell(sheet, n, text, LABEL) for n, text in enumerate(COLUMNS)))
    rows = (
        side_by_side(
            *(
                _cell(sheet, place, text, HASH if place == len(COLUMNS) - 1 else NOTE)
                for place, text in enumerate(each.cells())
            )
        )
        for each in said.items
    )
    sheet.keep_section("The list", [stack(header, space(1)), *rows])
    count = counted(len(said.items), "recording")
    return sheet.to_pdf(f"{said.practice}  ·  {TITLE}  ·  {count}")


def _cell(sheet: Sheet, column: int, text: str, style: Style) -> Group:
    left, right = _PLACES[column], (*_PLACES, WIDTH + 2)[column + 1]
    return sheet.set(text, style, x=left, width=right - left - 2)
