"""A supplier's list of the recordings in its export [policy 2], read by the practice's own map.

The map says which column, or which member of JSON, holds what. A row says under which name a sound
lies and what call it is. A row that cannot be used says so with nothing of the call in the words.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from callrec.dataclass import dataclass, field, replace
from callrec.errors import Unusable
from callrec.system.name_pattern import NameMatch, timed
from callrec.telephone.call import Call, Direction, System
from callrec.telephone.clock import YEARS
from callrec.telephone.records.lines import (
    MAX_LINE_BYTES,
    Line,
    NotUnderstood,
    cells_of,
    has_numbered_dates,
    parse_written_time,
    person_names,
    why_changed,
)
from callrec.telephone.written import Setup, Written, WrittenTime

MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024
"""It is in memory whole."""

_MAX_ROWS: Final = 200_000

_MAX_CELL: Final = 200
_MAX_NAME: Final = 1000
"""Characters: of any cell, and of one that names a file with its folders."""

_MAP_HINT: Final = "correct the map; add --try to see how it reads the list"


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"


class Column(StrEnum):
    """What a column of a manifest may hold; the words are those of the map."""

    FILE = "file"
    """The name of the sound in the export; every map has it."""
    DATE = "date"
    TIME = "time"
    EPOCH = "epoch"
    """Seconds or milliseconds since 1970, in UTC."""
    ZONE = "zone"
    DIRECTION = "direction"
    CALLER = "caller"
    CALLEE = "callee"
    NUMBER = "number"
    EXTENSION = "extension"
    USER = "user"
    QUEUE = "queue"
    REFERENCE = "reference"
    DURATION = "duration"
    SHA256 = "sha256"
    MD5 = "md5"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestMap:
    """How one supplier's list is read."""

    manifest: str
    """Its name in the export, with its folders."""
    form: Form
    delimiter: str = ","
    encoding: str = "utf-8"
    items: str = ""
    """Where in JSON the list is: ``data.recordings``; empty: it is all of it."""
    folder: str = ""
    """From which the names of sounds count; empty: the top of the export."""
    zone: ZoneInfo | None = None
    """Where its clock stands; None: where the practice is."""
    times: tuple[str, ...] = ()
    """Formats as strptime has them; none: ISO 8601."""
    ways: Mapping[str, Direction] = field(default_factory=dict, hash=False)
    """Which way each word means, in small letters."""
    columns: Mapping[Column, str] = field(default_factory=dict, hash=False)
    """What its columns are called; in JSON the path of a member, as ``call.from``."""


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """A row that can be used. Its repr is the call's."""

    line: int
    """In its file, from 1; of JSON, which of its items."""
    file: str
    """The name of its sound in the export, with its folders."""
    written: Written
    zone: ZoneInfo | None
    """Where its clock stands; None: where the practice is."""
    sha256: str = ""
    """Of the sound in lower-case hex, as the supplier has it; empty: it says none."""

    def call(self, setup: Setup) -> Call:
        """The call that it tells of."""
        return self.written.to_call(replace(setup, zone=self.zone) if self.zone else setup)


def read_manifest(data: bytes, form: ManifestMap) -> Iterator[ManifestRow | NotUnderstood]:
    """Each row, in its order.

    Raises:
        Unusable: it is not of the form that the map says, or lacks a column that the map names.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        raise Unusable(f"the list is larger than {MAX_MANIFEST_BYTES // 1024**2} MiB")
    try:
        text = data.decode("utf-8-sig" if form.encoding == "utf-8" else form.encoding)
    except ValueError:
        raise Unusable(
            f"the list is not {form.encoding}", hint='set "encoding" in the map, and try again'
        ) from None
    rows = (_items if form.form is Form.JSON else _rows)(text, form)
    for count, (number, cells) in enumerate(rows, start=1):
        if count > _MAX_ROWS:
            raise Unusable(
                f"the list has more than {_MAX_ROWS:,} rows", hint="ask for the export in parts"
            )
        if isinstance(cells, str):
            yield NotUnderstood(number, cells)
            continue
        try:
            yield _read(number, cells, form)
        except _Refused as why:
            yield NotUnderstood(number, str(why))


class _Refused(Exception):
    """Why a row cannot be used, in a few words."""


def _rows(text: str, form: ManifestMap) -> Iterator[tuple[int, Mapping[Column, Any] | str]]:
    lines = _lines(text, form.delimiter)
    first = next(lines, Line(1, ""))
    header = [name.strip() for name in cells_of(first)]
    places = _places(header, form)
    for line in lines:
        if len(line.text) > MAX_LINE_BYTES:
            yield line.number, f"the line is longer than {MAX_LINE_BYTES // 1024} KiB"
            continue
        cells = cells_of(line)
        if not cells:
            yield line.number, "it cannot be parted into cells: a quote is not closed"
        elif len(cells) != len(header):
            yield line.number, f"it has {len(cells)} cells and not {len(header)}"
        else:
            yield line.number, {column: cells[place] for column, place in places.items()}


_LINE: Final = re.compile(r"[^\r\n][^\n]*")


def _lines(text: str, delimiter: str) -> Iterator[Line]:
    """Those that hold something. A line is a row, as in call records."""
    number, counted = 1, 0
    for found in _LINE.finditer(text):
        number, counted = number + text.count("\n", counted, found.start()), found.start()
        yield Line(number, found[0].removesuffix("\r"), delimiter)


def _places(header: Sequence[str], form: ManifestMap) -> Mapping[Column, int]:
    counts = Counter(header)
    for column, name in form.columns.items():
        if counts[name] != 1:
            # A list without a header begins with somebody's call: none of its cells is said.
            what = "more than one column" if counts[name] else "no column"
            raise Unusable(
                f'the list has {what} "{name}", which the map names for "{column}"',
                hint='its first line must name its columns; check "delimiter", "encoding" and'
                " [columns] in the map",
            )
    return {column: header.index(name) for column, name in form.columns.items()}


def _items(text: str, form: ManifestMap) -> Iterator[tuple[int, Mapping[Column, Any] | str]]:
    try:
        whole = json.loads(
            text,
            object_pairs_hook=_each_once,
            parse_constant=lambda name: _Refused(f"it holds {name}"),
            # As they are written: none is reckoned with.
            parse_int=str,
            parse_float=str,
        )
    except (ValueError, RecursionError):
        raise Unusable("the list is not JSON, or nested too deep", hint=_MAP_HINT) from None
    listed = _at(whole, form.items) if form.items else whole
    if not isinstance(listed, list):
        where = f'at "{form.items}"' if form.items else "at its top"
        raise Unusable(f"the JSON has no list {where}", hint='say where it is with "items"')
    for number, item in enumerate(listed, start=1):
        if isinstance(item, dict):
            yield number, {column: _at(item, path) for column, path in form.columns.items()}
        else:
            yield number, str(item) if isinstance(item, _Refused) else "it is not an object"


def _each_once(pairs: Sequence[tuple[str, Any]]) -> Any:
    item = dict(pairs)
    return item if len(item) == len(pairs) else _Refused("it has a member twice")


def _at(item: Any, path: str) -> Any:
    if isinstance(item, dict) and path in item:
        return item[path]
    for member in path.split("."):
        if not isinstance(item, _Refused):
            item = item.get(member) if isinstance(item, dict) else None
    return item


def _read(number: int, cells: Mapping[Column, Any], form: ManifestMap) -> ManifestRow:
    texts = {column: _text(column, cell) for column, cell in cells.items()}
    said = {str(column): text for column, text in texts.items() if text}

    def text(column: Column) -> str:
        return texts.get(column, "")

    time, zone = _time(texts, form)
    for column, digits in (Column.SHA256, 64), (Column.MD5, 32):
        if text(column) and not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", text(column)):
            raise _Refused(f'its "{column}" is not {digits} hexadecimal digits')
    if Column.MD5 in said:
        said[Column.MD5] = said[Column.MD5].lower()
    word = text(Column.DIRECTION).lower()
    if word and word not in form.ways:
        raise _Refused('its "direction" is a word that the map does not list')
    written = Written(
        system=System.EXPORT,
        how="told by its supplier's list",
        time=time,
        direction=form.ways.get(word),
        calling=text(Column.CALLER),
        called=text(Column.CALLEE),
        extension=text(Column.EXTENSION) or None,
        outside=text(Column.NUMBER),
        parties=person_names(text(Column.USER)),
        unique_id=text(Column.REFERENCE) or None,
        said={name: value for name, value in said.items() if name != Column.USER},
    )
    return ManifestRow(
        number, _file(text(Column.FILE), form), written, zone, text(Column.SHA256).lower()
    )


_FORMULA: Final = re.compile(r"[=+\-@\uff1d\uff0b\uff0d\uff20]")
_SIGNED: Final = {
    **dict.fromkeys(
        (Column.NUMBER, Column.CALLER, Column.CALLEE), re.compile(r"\+[0-9][0-9 ()./-]*")
    ),
    Column.ZONE: re.compile(r"[+-][0-9]{2}:?[0-9]{2}"),
}
"""What may begin with a sign, though a spreadsheet would take it for a formula."""


def _text(column: Column, cell: Any) -> str:
    """A cell as plain text."""
    if isinstance(cell, _Refused):
        raise cell
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise _Refused(f'its "{column}" holds neither text nor a number')
    text = cell.strip()
    if text == "-":  # as many systems write nothing
        return ""
    _check_cell(column, text)
    return text


def _check_cell(column: Column, text: str) -> None:
    if why := why_changed({column: text}):
        raise _Refused(why)
    if len(text) > (_MAX_NAME if column is Column.FILE else _MAX_CELL):
        raise _Refused(f'its "{column}" is too long')
    if not text.isprintable():
        raise _Refused(f'its "{column}" holds signs that cannot be shown')
    if _FORMULA.match(text) and not (column in _SIGNED and _SIGNED[column].fullmatch(text)):
        raise _Refused(f'its "{column}" begins like a formula of a spreadsheet')


def _file(text: str, form: ManifestMap) -> str:
    if not text:
        raise _Refused("it names no file")
    folder = f"{form.folder.strip('/')}/" if form.folder.strip("/") else ""
    return folder + text.replace("\\", "/").removeprefix("./")


_OFFSET: Final = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")

_ABBREVIATIONS: Final = {"BST": timezone(timedelta(hours=1)), "Z": UTC}
"""What is written beside a time and is the name of no zone."""


def _time(texts: Mapping[Column, str], form: ManifestMap) -> tuple[WrittenTime, ZoneInfo | None]:
    """When, and where the clock stands."""
    found = _found({str(column): text for column, text in texts.items()}, form.times)
    if found is None:
        raise _Refused("its time is not written as the map says")
    time = WrittenTime(
        raw=found.raw_time,
        local=found.local,
        instant=found.instant,
        proof="the epoch" if texts.get(Column.EPOCH) else "the offset that is written with it",
    )
    shown = texts.get(Column.ZONE, "")
    if not shown:
        return time, form.zone
    zone = _ABBREVIATIONS.get(shown.upper()) or _offset(shown) or _zone(shown)
    if _has_other_offset(found, zone, texts.get(Column.EPOCH)):
        raise _Refused('its time has another offset than its "zone" had then')
    if isinstance(zone, ZoneInfo):
        return time, zone
    if time.local is not None and time.instant is None:
        # In UTC at once: near the ends of the calendar there may be no such time.
        try:
            at = time.local.replace(tzinfo=zone).astimezone(UTC)
        except OverflowError:
            raise _Refused("its time is in no calendar") from None
        return time._replace(local=None, instant=at), form.zone
    return time, form.zone


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ValueError, LookupError, OSError):
        raise _Refused('its "zone" is not known') from None


def _has_other_offset(found: NameMatch, zone: tzinfo, epoch: str | None) -> bool:
    """Whether the offset that is written with a time is not its zone's.

    Source: RFC 9557, 3.4: ``Z`` tells the instant and no offset, so it contradicts no zone.
    """
    at, raw = found.instant, found.raw_time
    if at is None or found.local or raw == epoch or raw.upper().endswith("Z"):
        return False
    return at.astimezone(zone).utcoffset() != at.utcoffset()


def _offset(text: str) -> timezone | None:
    parts = _OFFSET.fullmatch(text)
    if parts is None:
        return None
    sign, hours, minutes = parts.groups()
    east = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(east if sign == "+" else -east) if east < timedelta(days=1) else None


def _found(texts: Mapping[str, str], times: Sequence[str]) -> NameMatch | None:
    found = timed(texts, times)
    if found is None and not times:
        written = " ".join(texts[part] for part in ("date", "time") if texts.get(part))
        # ISO 8601 alone: which of day and month stands first, the map is to say.
        time = None if has_numbered_dates(written) else parse_written_time(written)
        return NameMatch(texts, time.raw, time.local, time.instant) if time else None
    at = found and (found.local or found.instant)
    return found if at and at.year in YEARS else None
