"""The kit, and the head of the log, on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from callrec.crypto.kit import PrintedKit
from callrec.dataclass import dataclass
from callrec.package.certificate import hash_in_groups, instant_in_words
from callrec.package.whole import key_words
from callrec.paper.faces import Face, Style
from callrec.paper.sheet import (
    HASH,
    INDENT,
    LABEL,
    LEAD,
    NOTE,
    PRACTICE,
    TEXT,
    TITLE,
    WIDTH,
    Group,
    Line,
    Sheet,
    beside_square,
    side_by_side,
    space,
    stack,
    thick_rule,
)

_QR_SIDE: Final = 46.0
_NUMBER: Final = 9.0


@dataclass(frozen=True, slots=True)
class _Form:
    """What differs between a kit of one page and one of three."""

    lead: str
    keep: str
    checked: str
    columns: int
    style: Style
    envelopes: str


_ALONE: Final = _Form(
    lead=(
        "Anyone who holds this page can open every telephone recording that {practice} keeps,"
        " without a password. Use it when nobody is left who can log in."
    ),
    keep=(
        "Print it twice. Put each print into an envelope, seal it, and sign across the flap."
        " Keep the two in different buildings, such as the practice's safe and a solicitor's"
        " office. Then delete the file: keep no photograph, no scan, no copy on any computer."
    ),
    checked=(
        "The last letter of each group checks it, so callrec names a group that was mistyped."
        " Capitals and spaces do not matter; 0, 1, 8 and 9 do not occur. The square holds the same"
        " groups."
    ),
    columns=2,
    style=Style(Face.MONO, 16, spacing=1.45),
    envelopes="one envelope",
)

_OF_THREE: Final = _Form(
    lead=(
        "Any two of the three pages of this kit open every telephone recording that {practice}"
        " keeps, without a password. Use them when nobody is left who can log in. One page alone"
        " opens nothing."
    ),
    keep=(
        "Print each page once. Put each into its own envelope, seal it, and sign across the"
        " flap. Give them to three people who do not live or work together. Then delete the"
        " file: keep no photograph, no scan, no copy on any computer."
    ),
    checked=(
        "All are words of the SLIP-39 list. The last three check the others, so callrec names a"
        " word that was mistyped. The square holds the same words."
    ),
    columns=3,
    style=Style(Face.MONO, 11, spacing=1.5),
    envelopes="two envelopes",
)

_FIRST: Final = (
    "Open {envelopes}. On the machine with the vault, or after callrec drive restore on a new one,"
    " run the command below. It asks for the words, or reads them from the file that"
    " CALLREC_KIT_FILE names."
)

_SECOND: Final = (
    "It makes a new Data Controller, who chooses a password. This kit is then used up, and the"
    " command writes a new one. Put that into new envelopes. The audit log always shows that"
    " this kit was used."
)

_COMMAND: Final = (
    'callrec practice recovery use --user NAME --name "Full Name" --recovery-file FILE.pdf'
)


def kit_pdf(kit: PrintedKit) -> bytes:
    """The kit as PDF/A, one leaf of A4 for each of its pages: the same bytes for the same kit."""
    sheet = Sheet(title="Recovery kit", practice=kit.practice, at=kit.made_at)
    for number, words in enumerate(kit.pages, 1):
        sheet.keep(*_leaf(sheet, kit, number, words.split()))
    return sheet.to_pdf(f"Recovery kit {kit.serial}   ·   vault {kit.vault}")


def _leaf(sheet: Sheet, kit: PrintedKit, number: int, words: Sequence[str]) -> Iterator[Group]:
    form, of = _ALONE, ""
    if len(kit.pages) > 1:
        form, of = _OF_THREE, f", page {number} of {len(kit.pages)}"
    yield sheet.set(kit.practice, PRACTICE, most=1)
    yield thick_rule(4)
    yield sheet.set(f"Recovery kit{of}", TITLE)
    yield sheet.set(form.lead.format(practice=kit.practice), LEAD, most=4)
    square = beside_square(_columns(sheet, words, form), " ".join(words), _QR_SIDE, below=1)
    yield from sheet.section("The words", square, sheet.set(form.checked, NOTE))
    yield from sheet.section(
        "Whose it is",
        sheet.fact("Vault", kit.vault, HASH),
        sheet.fact("Fingerprint", hash_in_groups(kit.fingerprint), HASH),
        sheet.fact("In six words", key_words(kit.fingerprint)),
        sheet.fact("Number of this kit", f"{kit.serial}; each new kit ends the one before"),
        sheet.fact("Made", instant_in_words(kit.made_at)),
    )
    yield from sheet.section("Where to keep it", sheet.set(form.keep, TEXT))
    yield from sheet.section(
        "When it is needed",
        sheet.item("1.", sheet.set(_FIRST.format(envelopes=form.envelopes), TEXT, x=INDENT)),
        sheet.item("2.", sheet.set(_SECOND, TEXT, x=INDENT)),
        sheet.set(_COMMAND, HASH, x=INDENT),
    )
    yield from sheet.section(
        "Once a year: callrec practice recovery drill",
        sheet.set(
            "It proves that the words still open the vault, and shows nothing. Then seal a new"
            " envelope, and sign here.",
            NOTE,
        ),
        *(stack(space(5), sheet.blanks("Date", "Name", "Signature")) for _ in range(4)),
    )
    yield (Line(500),)  # the next page of the kit is on another sheet


def _columns(sheet: Sheet, words: Sequence[str], form: _Form) -> Group:
    """Numbered from the top of the first column to the foot of the last."""
    rows = -(-len(words) // form.columns)
    width = (WIDTH - _QR_SIDE - 4) / form.columns

    def numbered(place: int) -> Group:
        x = (place // rows) * width + _NUMBER
        number = sheet.set_right(f"{place + 1}", LABEL, x=x - 3)
        return side_by_side(number, sheet.set(words[place], form.style, x=x))

    across = (range(row, len(words), rows) for row in range(rows))
    return stack(*(side_by_side(*map(numbered, places)) for places in across))


_LINES: Final = Style(Face.MONO, 10, spacing=1.6)
_HEAD_QR_SIDE: Final = 62.0

_INTRODUCTION: Final = (
    "The lines below fix every entry of the audit log of {practice} up to now, {size:,} in all."
    " They show if anyone changes, removes or adds an entry afterwards. They say nothing about"
    " any person, so anyone may see this sheet. Keep it where nobody can exchange it."
)

_CHECK: Final = (
    "Type the lines into a file, or copy into it what a telephone reads from the square. Then"
    " run the command below on the machine with the vault. Line breaks do not matter."
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
    width = WIDTH - _HEAD_QR_SIDE - 4
    lines = [sheet.set(words, _LINES, width=width) for words in note.splitlines() if words]
    spaced = stack(*(stack(line, space(1.5)) for line in lines))
    whose = (
        sheet.fact("Entries", f"{size:,}"),
        sheet.fact("Fingerprint", hash_in_groups(fingerprint), HASH),
        sheet.fact("In six words", key_words(fingerprint)),
        sheet.fact("Printed", instant_in_words(at)),
    )
    check = (sheet.set(_CHECK, TEXT), sheet.set(_HEAD_COMMAND, HASH))
    witness = (
        sheet.set("For example, someone who does not look after the vault.", NOTE),
        space(8),
        sheet.blanks("Date", "Name", "Signature"),
    )
    sheet.keep(
        sheet.set(practice, PRACTICE, most=1),
        thick_rule(4),
        sheet.set("The audit log, as it stands", TITLE),
        sheet.set(_INTRODUCTION.format(practice=practice, size=size), LEAD),
        *sheet.section("The lines", beside_square(spaced, note, _HEAD_QR_SIDE, below=1)),
        *sheet.section("Whose they are", *whose),
        *sheet.section("To check the log", *check),
        *sheet.section("Who saw it printed", *witness),
    )
    return sheet.to_pdf(f"Audit log of {size} entries   ·   {note.partition(chr(10))[0]}")
