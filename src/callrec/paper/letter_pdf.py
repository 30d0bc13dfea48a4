"""A letter as PDF/A: its text, set on paper.

It is made from the text alone (letters/wording.py says how its blocks are told apart), so the same
text and day are the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from callrec.paper.faces import Face, Style
from callrec.paper.sheet import (
    HEADING,
    INDENT,
    LABEL,
    PRACTICE,
    Group,
    Sheet,
    as_opening,
    space,
    stack,
    thick_rule,
)

_WORDS: Final = Style(Face.SERIF, 10.5, spacing=1.45)
_GAP: Final = 2.6
_SIGNATURE: Final = 16.0
"""Room to sign by hand, above the practice's name."""


def letter_pdf(text: str, *, reference: str, at: datetime) -> bytes:
    """The letter, pages of A4; ``at``: when its paper says that it was made."""
    head, *blocks = text.strip("\n").split("\n\n")
    practice, *contact = (line.strip() for line in head.splitlines())
    sheet = Sheet(title=f"Letter about request {reference}", practice=practice, at=at)
    sheet.keep(
        sheet.set(practice, PRACTICE),
        space(0.6),
        *(sheet.set(line, LABEL) for line in contact),
        thick_rule(5),
        space(_GAP),
    )
    opened: tuple[Group, ...] = ()
    *above, last, regards, signed = blocks
    for block in above:
        if _is_heading(block):
            title = block.capitalize()
            opened = (space(_GAP), as_opening(title, sheet.set(title, HEADING)))
            continue
        groups = [*_set(sheet, block)]
        groups[-1] = stack(groups[-1], space(_GAP))
        sheet.keep(*opened, groups[0])  # a heading stays with what it is about
        for each in groups[1:]:
            sheet.keep(each)
        opened = ()
    # Nobody signs a page on which nothing else stands.
    sheet.keep(
        *opened,
        stack(*_set(sheet, last)),
        space(_GAP),
        sheet.set(regards, _WORDS),
        space(_SIGNATURE),
        sheet.set(_unwrapped(signed), _WORDS),
    )
    return sheet.to_pdf(f"{practice}   ·   {reference}")


def _is_heading(block: str) -> bool:
    is_line = "\n" not in block and not block.startswith((" ", "- "))
    return is_line and block == block.upper() and any(map(str.isalpha, block))


def _set(sheet: Sheet, block: str) -> Iterator[Group]:
    """A block as groups, each of which stays on one page."""
    if block.startswith("    "):
        yield stack(*(sheet.set(line.strip(), _WORDS, x=INDENT) for line in block.splitlines()))
    elif block.startswith("- "):
        for item in ("\n" + block).split("\n- ")[1:]:
            yield sheet.item("·", sheet.set(_unwrapped(item), _WORDS, x=INDENT))
    else:
        yield sheet.set(_unwrapped(block), _WORDS)


def _unwrapped(block: str) -> str:
    return " ".join(block.split())
