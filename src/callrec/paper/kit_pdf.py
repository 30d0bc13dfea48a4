"""The kit, and the head of the log, on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callrec.package.certificate import hash_in_groups, instant_in_words
from callrec.paper.faces import Face, Style
from callrec.paper.sheet import (
    HASH,
    LABEL,
    LEAD,
    NAVY,
    NOTE,
    PRACTICE,
    TEXT,
    TITLE,
    WIDTH,
    Group,
    Line,
    Rule,
    Sheet,
    beside_square,
    blanks,
    fact,
    section,
    side_by_side,
    space,
)

_GROUP: Final = Style(Face.MONO, 16, spacing=1.45)

_WORD: Final = Style(Face.MONO, 11, spacing=1.5)

_QR_SIDE: Final = 46.0

_NUMBER: Final = 9.0

_DRILLS: Final = 4

_ALONE: Final = (
    "Whoever holds this page can open every telephone recording that {practice} keeps, without"
    " anybody's password. It is for the day when nobody is left who can."
)

_OF_THREE: Final = (
    "Any two of the three pages of this kit open every telephone recording that {practice} keeps,"
    " without anybody's password. It is for the day when nobody is left who can. One page alone"
    " opens nothing."
)

_KEEP_ALONE: Final = (
    "Print it twice. Put each print into an envelope, seal it, sign across the flap, and keep the"
    " two in different buildings, such as the practice's safe and a solicitor's. Then delete"
    " the file that it came in: no photograph, no scan, no copy on any computer."
)

_KEEP_OF_THREE: Final = (
    "Print each page once. Put each into an envelope of its own, seal it, sign across the flap, and"
    " give the three to three people who do not live or work together. Then delete the file that"
    " they came in: no photograph, no scan, no copy on any computer."
)

_CHECKED: Final = (
    "The last letter of each group checks it, so callrec names a group that was mistyped. Capitals"
    " and spaces do not matter; 0, 1, 8 and 9 do not occur. The square holds the same groups."
)

_CHECKED_WORDS: Final = (
    "All are words of the list of SLIP-39, and the last three check the others, so callrec names a"
    " word that was mistyped. The square holds the same words."
)

_FIRST: Final = (
    "Open {envelopes}. On the machine with the vault, or after callrec restore on a new one, run"
    " the command below. It asks for the words, or reads them from the file that CALLREC_KIT_FILE"
    " names."
)

_SECOND: Final = (
    "It makes a new Data Controller with a password of his own, and this kit is then used up: put"
    " the next one, which it writes, into new envelopes. That it was used stands in the audit log"
    " for ever."
)

_COMMAND: Final = 'callrec recovery use --user NAME --name "Full Name" --recovery-file FILE.pdf'


def kit_pdf(kit: PrintedKit) -> bytes:
    """The kit as PDF/A, one leaf of A4 for each of its pages: the same bytes for the same kit."""
    sheet = Sheet(title="Recovery kit", practice=kit.practice, at=kit.made_at)
    for number, words in enumerate(kit.pages, 1):
        sheet.keep(*_leaf(sheet, kit, number, words.split()))
    return sheet.to_pdf(f"Recovery kit {kit.serial}   ·   vault {kit.vault}")


def _leaf(sheet: Sheet, kit: PrintedKit, number: int, words: Sequence[str]) -> Iterator[Group]:
    is_split = len(kit.pages) > 1
    yield sheet.set(kit.practice, PRACTICE, most=1)
    yield (Line(4, (Rule(0, WIDTH, 0.6, NAVY),)),)
    of = f", page {number} of {len(kit.pages)}" if is_split else ""
    yield sheet.set(f"Recovery kit{of}", TITLE)
    lead = _OF_THREE if is_split else _ALONE
    yield sheet.set(lead.format(practice=kit.practice), LEAD, most=4)
    columns, style, note = (3, _WORD, _CHECKED_WORDS) if is_split else (2, _GROUP, _CHECKED)
    numbered = beside_square(
        _columns(sheet, words, columns, style), " ".join(words), _QR_SIDE, below=1
    )
    words_of = (*numbered, *sheet.set(note, NOTE))
    yield from section(sheet, "The words", words_of)
    yield from section(sheet, "Whose it is", *_facts(sheet, kit))
    keep = _KEEP_OF_THREE if is_split else _KEEP_ALONE
    yield from section(sheet, "Where to keep it", sheet.set(keep, TEXT))
    yield from section(sheet, "When it is needed", *_steps(sheet, is_split=is_split))
    yield from section(sheet, "Once a year: callrec recovery drill", *_drills(sheet))
    yield (Line(500),)  # the next page of the kit is on another sheet


def _columns(sheet: Sheet, words: Sequence[str], columns: int, style: Style) -> Group:
    """Numbered from the top of the first column to the foot of the last."""
    rows = -(-len(words) // columns)
    width = (WIDTH - _QR_SIDE - 4) / columns
    return tuple(
        line
        for row in range(rows)
        for line in side_by_side(
            *(
                cell
                for place in range(row, len(words), rows)
                for cell in (
                    sheet.set_right(f"{place + 1}", LABEL, x=(place // rows) * width + _NUMBER - 3),
                    sheet.set(words[place], style, x=(place // rows) * width + _NUMBER),
                )
            )
        )
    )


def _facts(sheet: Sheet, kit: PrintedKit) -> Iterator[Group]:
    yield fact(sheet, "Vault", kit.vault, HASH)
    yield fact(sheet, "Fingerprint", hash_in_groups(kit.fingerprint), HASH)
    which = f"{kit.serial}; each one that is made ends the one before"
    yield fact(sheet, "Number of this kit", which)
    yield fact(sheet, "Made", instant_in_words(kit.made_at))


def _steps(sheet: Sheet, *, is_split: bool) -> Iterator[Group]:
    steps = (_FIRST.format(envelopes="two envelopes" if is_split else "one envelope"), _SECOND)
    for number, step in enumerate(steps, 1):
        yield side_by_side(sheet.set(f"{number}.", LABEL, width=5), sheet.set(step, TEXT, x=5))
    yield sheet.set(_COMMAND, HASH, x=5)


def _drills(sheet: Sheet) -> Iterator[Group]:
    yield sheet.set(
        "It proves that the words still open the vault, and shows nothing. Seal a new envelope"
        " afterwards, and write it down here.",
        NOTE,
    )
    for _ in range(_DRILLS):
        yield (*space(5), *blanks(sheet, "Date", "Name", "Signature", x=0, width=WIDTH))


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
    yield sheet.set(practice, PRACTICE, most=1)
    yield (Line(4, (Rule(0, WIDTH, 0.6, NAVY),)),)
    yield sheet.set("The audit log, as it stands", TITLE)
    yield sheet.set(_SAYS.format(practice=practice, size=size), LEAD)
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
    return beside_square(lines, note, _HEAD_QR_SIDE, below=1)


@dataclass(frozen=True, slots=True, repr=False)
class PrintedKit:
    """A kit before it is printed, the only time that its words are anywhere. Its repr shows none.

    It is shown or written once and kept nowhere.
    """

    practice: str
    vault: str
    fingerprint: str
    """The vault root in hex."""
    serial: int
    """1 for the kit that the vault was founded with, then one more for each."""
    made_at: datetime
    pages: tuple[str, ...]
    """The words: of one page, or of three pages of which any two will do."""
