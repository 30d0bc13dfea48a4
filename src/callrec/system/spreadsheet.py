"""A table that spreadsheets open: CSV of RFC 4180, in UTF-8 with a byte order mark.

A spreadsheet runs a cell that begins like a formula. What people typed must not become one, so such
a cell is made text by an apostrophe before it, as OWASP advises ("CSV Injection").
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from io import StringIO
from typing import Final, TypeAlias

Cell: TypeAlias = "str | int | date | datetime | tuple[str, ...] | None"


# Excel takes UTF-8 for the machine's own code page unless the file begins with this.
_ENCODING: Final = "utf-8-sig"


# Where a spreadsheet parts cells by semicolons, each begins one. Full-width signs count too.
_LIKE_A_FORMULA: Final = re.compile(r'(^|;)(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])')
_SIGNS_OF_CONTROL: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"  # letters of several scripts need them


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], zone: tzinfo) -> bytes:
    """A header and rows as a file; times are local, to the minute.

    Laws: Python's csv module reads back as many rows, each of as many cells, as were given; no cell
    that it reads begins with ``=``, ``+``, ``-``, ``@``, a tab or a line's end.
    """
    written = StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([neutralise_formula(as_text(cell, zone)) for cell in row] for row in rows)
    return written.getvalue().encode(_ENCODING)


def as_text(cell: Cell, zone: tzinfo) -> str:
    """A cell in words: days as 2024-07-04, moments as 2024-07-04 14:05 of the practice."""
    match cell:
        case None:
            return ""
        case datetime():
            return f"{cell.astimezone(zone):%Y-%m-%d %H:%M}"
        case tuple():
            return "; ".join(cell)
        case bool():
            return "yes" if cell else "no"
        case _:
            return str(cell)


def neutralise_formula(text: str) -> str:
    """One line that no spreadsheet takes for a formula; a telephone number's ``+`` is text too.

    Laws: what begins with no such sign stays as it is; doing it twice is doing it once.
    """
    line = "".join(_in_line(char) for char in text).strip()
    return _LIKE_A_FORMULA.sub(r"\1'", line)


def _in_line(char: str) -> str:
    """What would end a line, hide text or turn it round is a space."""
    control = unicodedata.category(char) in _SIGNS_OF_CONTROL and char not in _JOINERS
    return " " if control else char
