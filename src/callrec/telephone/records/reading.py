"""Whose file it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from io import BytesIO
from itertools import chain, islice
from typing import Any, BinaryIO, Final, Protocol

from callrec.errors import Failed, Unusable
from callrec.telephone.call import Call, System
from callrec.telephone.records import (
    asterisk,
    avaya,
    eight_by_eight,
    mitel,
    ringcentral,
    three_cx,
    twilio,
)
from callrec.telephone.records import cucm_fusion as cucm
from callrec.telephone.records import cucm_fusion as fusionpbx
from callrec.telephone.records.lines import (
    MAX_JSON_BYTES,
    Item,
    Leg,
    Line,
    NotUnderstood,
    Readable,
    ReadLine,
    items_of,
    page_of,
    parse_json,
    read_lines,
)
from callrec.telephone.written import Setup

_FIRST: Final = 20
"""Lines in which a file must show whose it is."""

_HEAD: Final = 64 * 1024
"""Bytes in which JSON must show whether it is one piece or a line for each record."""

_HINT: Final = "docs/call-records.md says which are read; --system says whose they are"


class Begin(Protocol):
    """What reads the lines of a file that begins so; None: it is not this system's."""

    def __call__(self, first: Sequence[Line], setup: Setup) -> ReadLine | None: ...


_LINES: Final[dict[System, Begin]] = {
    System.ASTERISK: asterisk.begin_asterisk,
    System.FREESWITCH: fusionpbx.begin_fusionpbx,
    System.CUCM: cucm.begin_cucm,
    System.THREE_CX: three_cx.begin_three_cx,
    System.AVAYA: avaya.begin_avaya,
}
"""In the order in which they are asked: whose lines are the most telling, first."""


def read_records(
    file: BinaryIO, setup: Setup, *, until: date | None = None
) -> Iterator[Leg | NotUnderstood]:
    """Each row of a file of call records, as it comes."""
    try:
        yield from _read(file, setup, until or _last_written(file))
    except OSError as problem:
        raise Failed(f"the call records cannot be read: {problem.strerror}") from None


def _last_written(file: BinaryIO) -> date | None:
    """By the file system, in UTC; None: it is no file of one."""
    try:
        return datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC).date()
    except (OSError, ValueError, OverflowError):
        return None


def _read(file: BinaryIO, setup: Setup, until: date | None) -> Iterator[Leg | NotUnderstood]:
    head = file.read(_HEAD)
    whole = _Behind(head, file)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in {b"{", b"["}:
        return _rows(whole, setup, until)
    if _has_an_item_on_each_line(head):
        return _items(_parsed_lines(whole), setup)
    return _items(iter(enumerate(items_of(whole.read(MAX_JSON_BYTES + 1)), start=1)), setup)


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


def _rows(file: Readable, setup: Setup, until: date | None) -> Iterator[Leg | NotUnderstood]:
    lines = read_lines(file)
    first = list(islice(lines, _FIRST))
    read = _reader([line for line in first if isinstance(line, Line)], setup, until)
    for line in chain(first, lines):
        row = line if isinstance(line, NotUnderstood) else read(line)
        if row is not None:
            yield row


def _reader(first: Sequence[Line], setup: Setup, until: date | None) -> ReadLine:
    begins = _LINES if until is None else _LINES | {System.MITEL: partial(mitel.begin_mitel, until)}
    for system, begin in begins.items():
        read = begin(first, setup) if first and setup.asks_records_of(system) else None
        if read is not None:
            return read
    raise _of_no_known_kind()


def _has_an_item_on_each_line(head: bytes) -> bool:
    """A page of an API may be all on one line too."""
    item = parse_json(head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0])
    return isinstance(item, dict) and page_of(item) is None


def _parsed_lines(file: Readable) -> Iterator[tuple[int, Any]]:
    for line in read_lines(file):
        if isinstance(line, Line):
            yield line.number, parse_json(line.text.encode())
        else:
            yield line.line, None


def _items(numbered: Iterator[tuple[int, Any]], setup: Setup) -> Iterator[Leg | NotUnderstood]:
    modules = [module for system, module in ITEMS.items() if setup.asks_records_of(system)]
    first = list(islice(numbered, _FIRST))
    if not any(_whose(item, modules) for _, item in first):
        raise _of_no_known_kind()
    for number, item in chain(first, numbered):
        module = _whose(item, modules)
        legs = module.legs(item, setup) if module else iter(["it is no call's record"])
        for leg in legs:
            yield NotUnderstood(number, leg) if isinstance(leg, str) else leg


def _whose(item: Any, modules: Iterable[Describing]) -> Describing | None:
    is_object = isinstance(item, dict)
    return next((module for module in modules if is_object and module.is_ours(item)), None)


def _of_no_known_kind() -> Unusable:
    return Unusable("the file holds no call records of a kind that is known", hint=_HINT)


MAX_DESCRIPTION_BYTES: Final = 1024 * 1024
"""Bytes."""


class Describing(Protocol):
    """A module for one system whose call records are JSON."""

    def is_ours(self, item: Item) -> bool:
        """Whether an item is this system's."""
        ...

    def legs(self, item: Item, setup: Setup) -> Iterator[Leg | str]:
        """The legs that an item of this system's tells of, at least one; or why there is none."""
        ...


ITEMS: Final[dict[System, Describing]] = {
    System.TWILIO: twilio,
    System.RINGCENTRAL: ringcentral,
    System.EIGHT_BY_EIGHT: eight_by_eight,
}
"""Who gives call records in JSON."""


def read_description(data: bytes, setup: Setup) -> Call | None:
    """The call of the one recording that a description is of.

    Returns:
        None where it is none of these. Law: never raises.
    """
    item = parse_json(data) if len(data) <= MAX_DESCRIPTION_BYTES else None
    if not isinstance(item, dict):
        return None
    for system, module in ITEMS.items():
        if setup.asks_records_of(system) and module.is_ours(item):
            leg = next(module.legs(item, setup))
            return leg.call if isinstance(leg, Leg) else None
    return None
