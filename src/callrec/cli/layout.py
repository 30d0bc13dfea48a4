"""How words and tables are laid out on a terminal of any width; nothing from outside acts on it."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final, TextIO

from callrec.dataclass import dataclass
from callrec.views.words import as_words

PERHAPS_HARMFUL: Final = re.compile(r"[^\x20-\x7e]")

HARMFUL: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what moves, hides or reverses text, and of what is not a character."""

BOLD: Final = "1"
"""This and the other styles are parameters of SGR (ECMA-48)."""

Paint = Callable[[str, str], str]
"""Gives a text a style; an empty style is none."""


_GAP: Final = "  "
"""Between the columns of a table."""

_LABEL: Final = re.compile(r" *(?:- |[^ ]+(?: [^ ]+)*  +)")
"""What a line may begin with, to the right of which the rest of it stays: ``made       ``."""

_WEEKDAY: Final = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=\d\d? [A-Z][a-z][a-z] \d{4}\b)")

_WORD: Final = re.compile(r' *(?:"[^"]*/[^"]*"[^ ]*|[^ ]+)')
"""A word with the spaces before it; a path in quotes is one."""


def escape_controls(text: str) -> str:
    r"""Text from outside, fit for a terminal: what would act is written out, as ``\x1b`` is.

    Laws: the result is one line of printable characters; what is printable stays as it is.
    """
    return PERHAPS_HARMFUL.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in HARMFUL:
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def terminal_size(stream: TextIO, environ: Mapping[str, str]) -> os.terminal_size:
    """Columns and lines of the terminal; 80 of 24 where there is none to ask."""
    try:
        asked = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        asked = os.terminal_size((0, 0))
    named = environ.get("COLUMNS", "")
    columns = int(named) if named.isdecimal() and stream.isatty() else asked.columns
    return os.terminal_size((columns or 80, asked.lines or 24))


def folded(text: str, stream: TextIO, environ: Mapping[str, str]) -> str:
    """A text from anywhere as it is written: on a terminal, as wide as that."""
    shown = escape_controls(text)
    if not stream.isatty() and not isinstance(text, Prose):
        return shown
    ends = shown[len(shown.rstrip(" ")) :]  # before the cursor
    return "\n".join(fold(shown.rstrip(" "), terminal_size(stream, environ).columns)) + ends


def cells(text: str) -> int:
    """How many columns of a terminal a text takes: a character of Chinese takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # most texts need none of its tables

    return cell_len(text)


def fold(text: str, columns: int) -> list[str]:
    """A line as the lines that a terminal has room for, the later ones further in.

    Laws: no word is broken, and no path in quotes; all of them stay, in their order. A line is
    wider than the terminal only where a single word is.
    """
    if cells(text) <= columns:
        return [text]
    label = _LABEL.match(text)
    further_in = len(text) - len(text.lstrip(" ")) + 2
    indent = label.end() if label and label.end() <= columns // 2 else further_in
    return _filled(text, columns, indent=" " * indent)


def _filled(text: str, columns: int, *, indent: str = "") -> list[str]:
    """As many words on each line as there is room for."""
    lines = [""]
    for word in _WORD.findall(text):
        if lines[-1].strip() and cells(lines[-1] + word) > columns:
            bare = word.lstrip(" ")
            lines.append(indent[: max(0, columns - cells(bare))] + bare)
        else:
            lines[-1] += word
    return lines


class Prose(str):
    """Words that are folded where there is no terminal, too."""

    __slots__ = ()


class Overdue(str):
    """Words about a day that has passed."""

    __slots__ = ()


class DueSoon(str):
    """Words about a day that is near."""

    __slots__ = ()


def style_of(words: object) -> str:
    """How words stand out: bold red, yellow, or not at all."""
    match words:
        case Overdue():
            return "1;31"
        case DueSoon():
            return "33"
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings, as wide as the terminal; whole numbers stand to the right.

    No word is broken. Where there is no room for all, days are without their weekday; where the
    longest words have no room side by side, each row becomes a list.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[object]]

    def drawn(self, columns: int, paint: Paint) -> Iterator[str]:
        """Its lines."""
        rows = [[_cell(value) for value in row] for row in self.rows]
        by_column = list(zip(self.headers, *rows, strict=True))
        room = columns - len(_GAP) * (len(by_column) - 1)
        if sum(max(map(cells, column)) for column in by_column) > room:
            rows = [[_WEEKDAY.sub("", cell) for cell in row] for row in rows]
            by_column = list(zip(self.headers, *rows, strict=True))
        widths = _widths(by_column, room)
        if widths is None:
            yield from self._as_lists(columns, paint)
            return
        are_numbers = [
            bool(rows) and all(isinstance(row[place], int) for row in self.rows)
            for place in range(len(widths))
        ]
        for row, values in zip([self.headers, *rows], [self.headers, *self.rows], strict=True):
            styles = [BOLD if values is self.headers else style_of(value) for value in values]
            folded = [_filled(cell, width) for cell, width in zip(row, widths, strict=True)]
            for line in zip_longest(*folded, fillvalue=""):
                row_cells = zip(line, widths, are_numbers, styles, strict=True)
                yield _GAP.join(_padded(*each, paint) for each in row_cells).rstrip(" ")

    def _as_lists(self, columns: int, paint: Paint) -> Iterator[str]:
        """What is known of each row, a line of its own after its heading."""
        label = max(map(cells, self.headers)) + len(_GAP)
        for position, row in enumerate(self.rows):
            if position:
                yield ""
            for header, value in zip(self.headers, row, strict=True):
                if cell := _cell(value):
                    begins = header + " " * (label - cells(header))
                    first, *more = _filled(begins + cell, columns, indent=" " * label)
                    yield paint(header, BOLD) + paint(first[len(header) :], style_of(value))
                    yield from (paint(line, style_of(value)) for line in more)


def _padded(cell: str, width: int, is_number: bool, style: str, paint: Paint) -> str:  # noqa: FBT001
    room = " " * (width - cells(cell))
    return room + paint(cell, style) if is_number else paint(cell, style) + room


def _cell(value: object) -> str:
    return escape_controls(as_words(value))


def _widths(by_column: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """How wide each column is; None if the longest words of all have no room.

    Law: where there is room for all, each is as wide as its widest cell; else the widest give.
    """
    widths = [max(map(cells, column)) for column in by_column]
    least = [
        max((cells(word.strip(" ")) for cell in column for word in _WORD.findall(cell)), default=0)
        for column in by_column
    ]
    if sum(least) > room:
        return None
    while sum(widths) > room:
        given = max(
            (place for place in range(len(widths)) if widths[place] > least[place]),
            key=widths.__getitem__,
        )
        widths[given] -= 1
    return widths
