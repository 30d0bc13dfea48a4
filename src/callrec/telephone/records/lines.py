"""The lines of a file that anybody may have written, and the cells of a line.

A line is a row: one whose quotes are not closed is not understood, and takes no other with it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from callrec.telephone.records.leg import Leg, NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_LINE_BYTES: Final = 64 * 1024
"""Bytes of a line. Asterisk itself drops what is longer than 1,024."""

_AT_ONCE: Final = 256 * 1024
"""Bytes."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Line(NamedTuple):
    """One line, without its end."""

    number: int
    """From 1."""
    text: str


ReadLine: TypeAlias = Callable[[Line], Leg | NotUnderstood | None]
"""What a line says; None: nothing of a call, such as a header."""

ReadRow: TypeAlias = Callable[[Mapping[str, str]], Leg | str]
"""What the cells of a row say, by the names of their columns, empty ones left out; or why not."""


def read_lines(file: Readable) -> Iterator[Line | NotUnderstood]:
    """Each line that holds something; of one that is too long no more is kept than its number.

    UTF-8, with or without a byte order mark; a line that is no UTF-8 is read as Windows' code page
    for western Europe (CP1252). NULs are left out: systems pad with them.

    Raises:
        OSError: it cannot be read.
    """
    for number, raw in enumerate(_raw_lines(file), start=1):
        if raw is None:
            yield NotUnderstood(number, f"the line is longer than {MAX_LINE_BYTES // 1024} KiB")
        elif text := _text(raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw):
            yield Line(number, text)


def by_header(first: Line, needed: frozenset[str], read: ReadRow) -> ReadLine | None:
    """What reads the rows of a file whose first line names its columns, in any order.

    Args:
        first: the line.
        needed: columns, in small letters; without them it is another system's file.
        read: what one row says.
    """
    row = cells_of(first)
    columns = [] if isinstance(row, NotUnderstood) else [name.strip().casefold() for name in row]
    if not needed <= set(columns):
        return None
    return partial(_read_row, first.number, columns, read)


def by_columns(
    number: int, columns: Sequence[str], row: Sequence[str], read: ReadRow
) -> Leg | NotUnderstood:
    """What one row says whose columns are known."""
    if len(row) != len(columns):
        return NotUnderstood(number, f"it has {len(row)} cells and not {len(columns)}")
    said = {name: cell for name, cell in zip(columns, row, strict=True) if cell}
    leg = read(said)
    return NotUnderstood(number, leg) if isinstance(leg, str) else leg


def _read_row(
    header: int, columns: Sequence[str], read: ReadRow, line: Line
) -> Leg | NotUnderstood | None:
    if line.number == header:
        return None
    row = cells_of(line)
    if isinstance(row, NotUnderstood):
        return row
    return by_columns(line.number, columns, row, read)


def cells_of(line: Line) -> list[str] | NotUnderstood:
    """The cells of comma-separated values, as RFC 4180 quotes them."""
    try:
        return next(csv.reader((line.text,), strict=True))
    except csv.Error:
        return NotUnderstood(line.number, "it cannot be parted into cells: a quote is not closed")


def _text(raw: bytes) -> str:
    plain = raw.replace(b"\0", b"") if b"\0" in raw else raw
    try:
        return plain.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError:
        return plain.decode("cp1252", "replace").strip("\r\n")


def _raw_lines(file: Readable) -> Iterator[bytes | None]:
    """None: too long."""
    rest, is_too_long = b"", False
    while chunk := file.read(_AT_ONCE):
        first, *others = (rest + chunk).split(b"\n")
        if not others:
            rest, is_too_long = _kept(first, is_too_long=is_too_long)
            continue
        yield _whole(first, is_too_long=is_too_long)
        *whole, last = others
        for line in whole:
            yield _whole(line, is_too_long=False)
        rest, is_too_long = _kept(last, is_too_long=False)
    if rest or is_too_long:
        yield _whole(rest, is_too_long=is_too_long)


def _kept(begun: bytes, *, is_too_long: bool) -> tuple[bytes, bool]:
    """A line whose end has not been seen; what is too long already is let go."""
    is_too_long = is_too_long or len(begun) > MAX_LINE_BYTES
    return (b"" if is_too_long else begun), is_too_long


def _whole(line: bytes, *, is_too_long: bool) -> bytes | None:
    return None if is_too_long or len(line) > MAX_LINE_BYTES else line
