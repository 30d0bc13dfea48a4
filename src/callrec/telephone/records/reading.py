"""Read a file of call records: whose it is, then row by row.

JSON is read item by item, everything else line by line; both may also be one page of an API.
A single item also describes a single recording (`read_description`).
"""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from io import BytesIO
from itertools import chain, islice
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

from callrec.dataclass import replace
from callrec.errors import Failed, Unusable
from callrec.telephone.call import Call, Leg, System
from callrec.telephone.records.asterisk import begin_asterisk
from callrec.telephone.records.avaya import begin_avaya
from callrec.telephone.records.cloud import (
    eight_by_eight_legs,
    is_eight_by_eight,
    is_ringcentral,
    is_twilio,
    ringcentral_legs,
    twilio_legs,
)
from callrec.telephone.records.cucm_fusion import begin_cucm, begin_fusionpbx
from callrec.telephone.records.lines import (
    MAX_JSON_BYTES,
    Item,
    Line,
    NotUnderstood,
    Readable,
    ReadLine,
    delimiter_of,
    has_numbered_dates,
    items_of,
    named_delimiter,
    orders_shown,
    page_of,
    parse_json,
    read_lines,
)
from callrec.telephone.records.mitel import begin_mitel
from callrec.telephone.records.three_cx import begin_three_cx
from callrec.telephone.written import ANY_ORDER, Orders, Setup

_FIRST: Final = 20
"""Lines in which a file must show whose it is."""

_HEAD: Final = 64 * 1024
"""Bytes in which JSON must show whether it is one piece or a line for each record."""

_HINT: Final = "docs/reference/call-records.md says which are read"


Begin: TypeAlias = Callable[[Sequence[Line], Setup], ReadLine | None]
"""What reads the lines of a file that begins so; None: it is not this system's."""

_LINES: Final[dict[System, Begin]] = {
    System.ASTERISK: begin_asterisk,
    System.FREESWITCH: begin_fusionpbx,
    System.CUCM: begin_cucm,
    System.THREE_CX: begin_three_cx,
    System.AVAYA: begin_avaya,
}
"""In the order in which they are asked: the most distinctive lines first."""


class ItemReader(NamedTuple):
    """One system whose call records are JSON."""

    is_ours: Callable[[Item], bool]
    """Whether an item is this system's."""
    legs: Callable[[Item, Setup], Iterator[Leg | str]]
    """The legs that an item of this system's tells of, at least one; or why there is none."""


_ITEMS: Final[dict[System, ItemReader]] = {
    System.TWILIO: ItemReader(is_twilio, twilio_legs),
    System.RINGCENTRAL: ItemReader(is_ringcentral, ringcentral_legs),
    System.EIGHT_BY_EIGHT: ItemReader(is_eight_by_eight, eight_by_eight_legs),
}

MAX_DESCRIPTION_BYTES: Final = 1024 * 1024
"""Bytes."""


def read_records(
    file: BinaryIO, setup: Setup, *, until: date | None = None
) -> Iterator[Leg | NotUnderstood]:
    """Each row of a file of call records, as it comes."""
    try:
        head = file.read(_HEAD)
        whole: Readable = _Behind(head, file)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            whole = _FromUtf16(whole)
        elif b"\r" in head and b"\n" not in head:
            whole = _FromReturns(whole)
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if start[:1] not in {b"{", b"["}:
            yield from _rows(whole, setup, until or _last_written(file))
            return
        first = parse_json(start.partition(b"\n")[0])
        # A page of an API may be all on one line too.
        if isinstance(first, dict) and page_of(first) is None:
            numbered: Iterator[tuple[int, Any]] = (
                (line.number, parse_json(line.text.encode()))
                if isinstance(line, Line)
                else (line.line, None)
                for line in read_lines(whole)
            )
        else:
            numbered = enumerate(items_of(whole.read(MAX_JSON_BYTES + 1)), start=1)
        yield from _items(numbered, setup)
    except OSError as problem:
        raise Failed(f"the call records cannot be read: {problem.strerror}") from None


def read_description(data: bytes, setup: Setup) -> Call | None:
    """The call of the one recording that a description is of; None: it is of none.

    Law: never raises.
    """
    item: Any = parse_json(data) if len(data) <= MAX_DESCRIPTION_BYTES else None
    reader = _reader_of(item, setup)
    leg = next(reader.legs(item, setup)) if reader else None
    return leg.call if isinstance(leg, Leg) else None


class _Behind:
    """A file, with what was read of it already put before it."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head = BytesIO(head)
        self._file = file

    def read(self, size: int) -> bytes:
        """As many bytes as are asked for, while there are any; a pipe gives what it has."""
        read = self._head.read(size)
        while len(read) < size and (more := self._file.read(size - len(read))):
            read += more
        return read


class _FromUtf16:
    """A file in UTF-16 as UTF-8, as spreadsheet programs save "Unicode text"."""

    def __init__(self, file: Readable) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._file = file

    def read(self, size: int, /) -> bytes:
        """Some bytes, while there are any."""
        while data := self._file.read(size):
            if text := self._decoder.decode(data):
                return text.encode("utf-8", "replace")
        return b""


class _FromReturns:
    """A file in which a carriage return alone ends a line, as old Macintosh programs save it."""

    def __init__(self, file: Readable) -> None:
        self._file = file

    def read(self, size: int, /) -> bytes:
        return self._file.read(size).replace(b"\r", b"\n")


def _last_written(file: BinaryIO) -> date | None:
    """By the file system, in UTC; None: it is not a file of one."""
    try:
        return datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC).date()
    except (OSError, ValueError, OverflowError):
        return None


def _rows(file: Readable, setup: Setup, until: date | None) -> Iterator[Leg | NotUnderstood]:
    lines: Iterator[Line | NotUnderstood] = read_lines(file)
    begun = list(islice(lines, _FIRST))
    delimiter = named_delimiter(begun[0]) if begun else None
    if delimiter is None:
        delimiter = delimiter_of([line for line in begun if isinstance(line, Line)])
    else:
        del begun[0]
    if delimiter != ",":
        begun, lines = list(_parted(begun, delimiter)), _parted(lines, delimiter)
    first = [line for line in begun if isinstance(line, Line)]
    if any(has_numbered_dates(line.text) for line in first):
        setup = replace(setup, date_orders=_find_orders(begun, lines, until))
    begins = _LINES if until is None else _LINES | {System.MITEL: partial(begin_mitel, until)}
    asked = [begin for system, begin in begins.items() if first and setup.may_be_from(system)]
    read = next(filter(None, (begin(first, setup) for begin in asked)), None)
    if read is None:
        raise _of_no_known_kind()
    for line in chain(begun, lines):
        row = line if isinstance(line, NotUnderstood) else read(line)
        if row is not None:
            yield row


def _parted(
    lines: Iterable[Line | NotUnderstood], delimiter: str
) -> Iterator[Line | NotUnderstood]:
    for line in lines:
        yield line._replace(delimiter=delimiter) if isinstance(line, Line) else line


def _find_orders(
    begun: list[Line | NotUnderstood], lines: Iterator[Line | NotUnderstood], until: date | None
) -> Orders:
    """In which orders day, month and year may stand, by the lines until one alone is left.

    Lines that were looked at for it are added to those that are begun with.
    """
    looked_at = len(begun)
    possible = ANY_ORDER
    for line in chain(tuple(begun), lines):
        looked_at -= 1
        if looked_at < 0:
            begun.append(line)
        if isinstance(line, Line):
            possible = possible & orders_shown(line.text, until) or possible
        if len(possible) == 1:
            break
    return possible


def _items(numbered: Iterator[tuple[int, Any]], setup: Setup) -> Iterator[Leg | NotUnderstood]:
    first = list(islice(numbered, _FIRST))
    if not any(_reader_of(item, setup) for _, item in first):
        raise _of_no_known_kind()
    for number, item in chain(first, numbered):
        reader = _reader_of(item, setup)
        legs = reader.legs(item, setup) if reader else ["it is not a call's record"]
        if reader and "\\u0000" in json.dumps(item, ensure_ascii=False):
            legs = ["it holds a NUL"]
        for leg in legs:
            yield NotUnderstood(number, leg) if isinstance(leg, str) else leg


def _reader_of(item: Any, setup: Setup) -> ItemReader | None:
    """The reader of the system that an item is of; None: it is of none that is asked for."""
    if not isinstance(item, dict):
        return None
    asked = (reader for system, reader in _ITEMS.items() if setup.may_be_from(system))
    return next((reader for reader in asked if reader.is_ours(item)), None)


def _of_no_known_kind() -> Unusable:
    return Unusable("the file holds no call records of a kind that is known", hint=_HINT)
