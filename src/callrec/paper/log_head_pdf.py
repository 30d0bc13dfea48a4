"""The head of the audit log on paper: what convicts whoever changes an entry before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.package.certificate import hash_in_groups, instant_in_words
from callrec.paper.faces import Face, Style
from callrec.paper.fields import HASH, NOTE, TEXT, blanks, fact, section, space
from callrec.paper.lines import Group, Line, Picture, Rule, height_of, side_by_side
from callrec.paper.qr import qr_png
from callrec.paper.sheet import NAVY, WIDTH, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_PRACTICE: Final = Style(Face.BOLD, 13, NAVY)

_TITLE: Final = Style(Face.SERIF, 23, NAVY, 1.3)

_LEAD: Final = Style(Face.SERIF, 10.5, spacing=1.5)

_FOUR: Final = Style(Face.MONO, 10, spacing=1.6)

_HEAD_QR_SIDE: Final = 62.0

_SAYS: Final = (
    "The four lines below fix every entry of the audit log of {practice} up to now, {size:,} in"
    " all. Whoever changes, removes or adds one of them afterwards is found out by these lines."
    " They tell nothing of anybody, so this sheet may lie where anybody sees it; it belongs where"
    " nobody can exchange it."
)

_CHECK: Final = (
    "Type the four lines into a file, or let a telephone read the square and copy what it shows"
    " into one, and run the command below on the machine with the vault. Where the lines break"
    " on this sheet does not matter."
)

_HEAD_COMMAND: Final = "callrec audit verify --against FILE"


def log_head_pdf(note: str, *, practice: str, size: int, fingerprint: str, at: datetime) -> bytes:
    """The head as PDF/A, one leaf of A4: the same bytes for the same head.

    Args:
        note: the signed checkpoint (C2SP), to the letter.
        practice: whose log it is.
        size: how many entries it has.
        fingerprint: the vault root in hex.
        at: when it is printed.
    """
    sheet = Sheet(title="The head of the audit log", practice=practice, at=at)
    sheet.keep(*_head_leaf(sheet, note, practice, size, fingerprint, at))
    return sheet.to_pdf(f"Audit log of {size} entries   ·   {note.partition(chr(10))[0]}")


def _head_leaf(  # noqa: PLR0917 - what stands on it
    sheet: Sheet, note: str, practice: str, size: int, fingerprint: str, at: datetime
) -> Iterator[Group]:
    yield sheet.set(practice, _PRACTICE, most=1)
    yield (Line(4, (Rule(0, WIDTH, 0.6, NAVY),)),)
    yield sheet.set("The audit log, as it stands", _TITLE)
    yield sheet.set(_SAYS.format(practice=practice, size=size), _LEAD)
    yield from section(sheet, "The four lines", _head_with_square(sheet, note))
    yield from section(
        sheet,
        "Whose they are",
        fact(sheet, "Entries", f"{size:,}"),
        fact(sheet, "Fingerprint", hash_in_groups(fingerprint), HASH),
        fact(sheet, "Printed", instant_in_words(at)),
    )
    yield from section(
        sheet,
        "To hold the log against them",
        sheet.set(_CHECK, TEXT),
        sheet.set(_HEAD_COMMAND, HASH),
    )
    yield from section(
        sheet,
        "Who saw it printed",
        sheet.set("Somebody who does not look after the vault, for instance.", NOTE),
        (*space(8), *blanks(sheet, "Date", "Name", "Signature", x=0, width=WIDTH)),
    )


def _head_with_square(sheet: Sheet, note: str) -> Group:
    """The lines beside the square that holds the same."""
    width = WIDTH - _HEAD_QR_SIDE - 4
    lines = tuple(
        line
        for words in note.splitlines()
        if words
        for line in (*sheet.set(words, _FOUR, width=width), *space(1.5))
    )
    picture = Picture(WIDTH - _HEAD_QR_SIDE, _HEAD_QR_SIDE, qr_png(note))
    spare = max(0.0, _HEAD_QR_SIDE - height_of(lines))
    return (*side_by_side(lines[:1], [Line(0, (picture,))]), *lines[1:], *space(spare + 1))
