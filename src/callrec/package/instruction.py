"""An instruction to a supplier to delete recordings that the practice holds itself, in words.

Law: a processor acts on documented instructions, and deletes existing copies as the controller
chooses (UK GDPR 28(3)(a) and (g)); copies that a supplier holds are to be deleted by an instruction
in writing (NHS Records Management Code of Practice). It names nobody who spoke, and no number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from callrec.dataclass import dataclass
from callrec.policy.days import day_in_words

TITLE = "Instruction to delete recordings"

_HEADINGS = ("Why we write", "What to delete", "By when", "Confirm it in writing")

COLUMNS = ("line in your list", "day", "your reference", "SHA-256 of the file that you gave us")


@dataclass(frozen=True, slots=True)
class InstructedItem:
    """One recording, as its supplier knows it."""

    line: int
    """Of its row in the list of the export, from 1."""
    day: date
    """Of the call, in the practice's time zone."""
    reference: str
    """What the supplier calls it; empty: nothing, or it may hold a number or a name."""
    sha256: str
    """Of the file as it was taken in and read back, in hex."""

    def cells(self) -> tuple[str, str, str, str]:
        """As ``COLUMNS`` has them."""
        return str(self.line), self.day.isoformat(), self.reference or "by its line", self.sha256


@dataclass(frozen=True, slots=True)
class SupplierInstruction:
    """What goes to the supplier."""

    practice: str
    supplier: str
    contact: str
    """Who at the practice is written to; empty: the practice."""
    on: date
    until: date
    """By when it is to be done."""
    items: Sequence[InstructedItem]

    def paragraphs(self) -> Iterator[tuple[str, str]]:
        """What is asked, each under its heading."""
        days = [each.day for each in self.items]
        first, last = day_in_words(min(days)), day_in_words(max(days))
        span = f"on {first}" if first == last else f"from {first} to {last}"
        calls = "1 recording of a call" if len(days) == 1 else f"{len(days):,} recordings of calls"
        until, to = day_in_words(self.until), self.contact or "us"
        why = (
            f"{self.practice} is the controller of the telephone recordings listed below, and you"
            " process them for us. We now keep them ourselves. We read each of them back: it is the"
            " file that you gave us, byte for byte. This is a documented instruction under Article"
            " 28(3)(a) and (g) of the UK GDPR."
        )
        what = (
            f"Please delete the {calls} {span} that are listed below: every copy that you hold,"
            " also in backups and with anybody who works for you. Do not delete anything that is"
            " not in the list. If your file has another SHA-256 than the list, keep it and tell"
            " us: it is not the recording that we hold."
        )
        when = (
            f"By {until}. If a law requires you to keep a copy, tell us which recording and which"
            " law. Copies in backups that cannot be deleted one by one: tell us by when they"
            " will be written over, and do not restore them."
        )
        confirm = (
            f"Please confirm to {to} by {until} that all of them are deleted, on what day and how;"
            " or which of them are not, and why."
        )
        yield from zip(_HEADINGS, (why, what, when, confirm), strict=True)


def instruction_text(said: SupplierInstruction) -> str:
    """As plain text, lines as long as they are."""
    lines = [TITLE, "", f"To: {said.supplier}", f"From: {said.practice}", day_in_words(said.on)]
    for heading, words in said.paragraphs():
        lines += ["", heading, "", words]
    lines += ["", "Signed for the practice:", "", "Name and role:", "", "The list", ""]
    lines += ["  ".join(COLUMNS), *("  ".join(each.cells()) for each in said.items)]
    return "\n".join(lines) + "\n"
