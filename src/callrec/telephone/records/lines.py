"""What every reader of call records uses: lines and their cells, items of JSON, and the clock.

A line is a row: one whose quotes are not closed is not understood, and takes no other with it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.telephone.call import Leg
from callrec.telephone.clock import SAME_HOUR
from callrec.telephone.number import is_a_name
from callrec.telephone.written import ANY_ORDER, DateOrder, Orders, WrittenTime

MAX_LINE_BYTES: Final = 64 * 1024
"""Bytes of a line. Asterisk itself drops what is longer than 1,024."""

_AT_ONCE: Final = 256 * 1024
"""Bytes."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A row that says nothing that could be used."""

    line: int
    """In its file, from 1; of JSON, which of its items."""
    why: str
    """In a few words, with nothing of the call in them."""


class Line(NamedTuple):
    """One line, without its end."""

    number: int
    """From 1."""
    text: str
    delimiter: str = ","


ReadLine: TypeAlias = Callable[[Line], Leg | NotUnderstood | None]
"""What a line says; None: nothing of a call, such as a header."""

ReadRow: TypeAlias = Callable[[Mapping[str, str]], Leg | str]
"""What the cells of a row say, by the names of their columns, empty ones left out; or why not."""


def read_lines(file: Readable) -> Iterator[Line | NotUnderstood]:
    """Each line that holds something; of one that is too long no more is kept than its number.

    UTF-8, with or without a byte order mark; any other line is read as Windows' code page for
    western Europe (CP1252). NULs before or behind a line are left out: systems pad with them; a
    line with one within is not understood, for it may stand in a number.
    """
    for number, raw in enumerate(_raw_lines(file), start=1):
        if raw is None:
            yield NotUnderstood(number, f"the line is longer than {MAX_LINE_BYTES // 1024} KiB")
            continue
        plain = raw.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip(b"\0\r")
        if b"\0" in plain:
            yield NotUnderstood(number, "it holds a NUL")
            continue
        try:
            text = plain.decode("utf-8")
        except UnicodeDecodeError:
            text = plain.decode("cp1252", "replace")
        if text := text.strip("\r\n"):
            yield Line(number, text)


def by_header(first: Line, needed: frozenset[str], read: ReadRow) -> ReadLine | None:
    """What reads the rows of a file whose first line names its columns, in any order."""
    columns = [name.strip().casefold() for name in cells_of(first)]
    if not needed <= set(columns):
        return None

    def read_line(line: Line) -> Leg | NotUnderstood | None:
        if line.number == first.number:
            return None
        return by_columns(line.number, columns, cells_of(line), read)

    return read_line


def by_columns(
    number: int, columns: Sequence[str], row: Sequence[str], read: ReadRow
) -> Leg | NotUnderstood:
    """What one row says whose columns are known."""
    if not row:
        return NotUnderstood(number, "it cannot be parted into cells: a quote is not closed")
    if len(row) != len(columns):
        return NotUnderstood(number, f"it has {len(row)} cells and not {len(columns)}")
    fields = {name: cell for name, cell in zip(columns, row, strict=True) if cell}
    if why := why_changed(fields):
        return NotUnderstood(number, why)
    leg = read(fields)
    return NotUnderstood(number, leg) if isinstance(leg, str) else leg


def cells_of(line: Line) -> list[str]:
    """The cells of comma-separated values, as RFC 4180 quotes them; none: a quote is not closed."""
    try:
        return next(csv.reader((line.text,), strict=True, delimiter=line.delimiter))
    except csv.Error:
        return []


def delimiter_of(lines: Sequence[Line]) -> str:
    """What stands most often in some lines of what may part cells."""
    return max((",", ";", "\t"), key=lambda sign: sum(line.text.count(sign) for line in lines))


def named_delimiter(line: Line | NotUnderstood) -> str | None:
    """What parts cells, where a first line such as ``sep=;`` says it to Excel."""
    named = _NAMED_DELIMITER.fullmatch(line.text) if isinstance(line, Line) else None
    return named[1] if named else None


_NAMED_DELIMITER: Final = re.compile(r'"?sep=([,;\t])"?\1*', re.IGNORECASE)

_CHANGED: Final = re.compile(
    r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}"  # as it shows twelve digits and more
    r"|#{4,}|#(?:NAME\?|REF!|VALUE!|NUM!|NULL!|N/A|DIV/0!)"  # a narrow column, or no formula
    r"|\+?[0-9]{1,3}(?:,[0-9]{3}){3,}",  # in groups of three
    re.IGNORECASE,
)
_WITH_DECIMALS: Final = re.compile(r"\+?[0-9]{9,}[.,]0+")
_IDS: Final = frozenset({"uniqueid", "linkedid", "reference"})
"""Asterisk's, in records and in lists; the first after a start of the system, may end in ``.0``."""


def why_changed(fields: Mapping[str, str]) -> str | None:
    """The reason for a row in which a spreadsheet program has changed a number: ``4.47E+11``."""
    changed = (
        column
        for column, cell in fields.items()
        if _CHANGED.fullmatch(cell.strip())
        or (column not in _IDS and _WITH_DECIMALS.fullmatch(cell.strip()))
    )
    column = next(changed, None)
    return None if column is None else changed_reason(column)


def changed_reason(column: str) -> str:
    """The reason for a row in which one column is known to be changed."""
    return f'its "{column}" was changed by a spreadsheet program: export the file anew'


def _raw_lines(file: Readable) -> Iterator[bytes | None]:
    """None: too long."""
    rest, is_too_long = b"", False
    while chunk := file.read(_AT_ONCE):
        *whole, last = (rest + chunk).split(b"\n")
        for line in whole:
            yield None if is_too_long or len(line) > MAX_LINE_BYTES else line
            is_too_long = False
        # Of a line that is too long already no more is kept.
        is_too_long = is_too_long or len(last) > MAX_LINE_BYTES
        rest = b"" if is_too_long else last
    if rest or is_too_long:
        yield None if is_too_long else rest


_LONGEST_END, _LONGEST_NAME, _LONGEST_FILE_NAME = 200, 200, 255
"""Characters, of a file's name bytes."""

_FOLDERS: Final = re.compile(r"[/\\]")

LONGEST_CALL: Final = timedelta(hours=10_000)
"""Nobody ever spoke so long, and what is added to a time must not lead out of the calendar."""

MILLISECOND: Final = timedelta(milliseconds=1)
_DURATION: Final = re.compile(r"([0-9]{1,4}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?")
_SHORTEST_TIME: Final = len("2025-06-02 09:00")
_YEARS: Final = range(1901, 2100)
_TWO: Final = 2
_A_DAY: Final = timedelta(days=1)
_NUMBERED: Final = re.compile(
    r"(?<![0-9/.-])([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]"
    r"((?:19|20)[0-9]{2}(?![0-9/.-])|[0-9]{2}(?=,? +[0-9]{1,2}:[0-9]{2}))"
)
_NUMBERED_TIME: Final = re.compile(
    r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]((?:19|20)?[0-9]{2}),? +"
    r"([0-9]{1,2}):([0-9]{2}(?::[0-9]{2})?)"
)
_HALF_OF_DAY: Final = re.compile(
    r"(?<![0-9:])(0?[1-9]|1[0-2])(:[0-9]{2}(?::[0-9]{2})?) ?([AP])\.?M\.?\Z", re.IGNORECASE
)

_LATEST: Final = 4_102_444_800
"""Seconds: the year 2100."""


_MARKS: Final = "\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2069\ufeff"
"""Around a number that was pasted; the number is read without them."""


def parse_end(text: str) -> str:
    """One end of a call as it was written; empty where nothing of the kind can be written."""
    plain = text.strip()
    shown = all(sign.isprintable() or sign.isspace() or sign in _MARKS for sign in plain)
    return plain if len(plain) <= _LONGEST_END and shown else ""


def person_names(*names: str) -> tuple[str, ...]:
    """Those that are people's names: a number is none, nor is "anonymous"."""
    plain = dict.fromkeys(" ".join(name.split()) for name in names if name)
    return tuple(
        name
        for name in plain
        if len(name) <= _LONGEST_NAME and name.isprintable() and is_a_name(name)
    )


def shown_name(caller: str) -> str:
    """Of a caller as ``"Name" <number>``; empty: no name is shown."""
    name = caller.rpartition("<")[0].strip()
    return name[1:-1] if name.startswith('"') and name.endswith('"') else name


def file_name(path: str) -> str:
    """Without the folders that a system wrote before it; empty where no file can be called so."""
    name = _FOLDERS.split(path.strip())[-1]
    is_short = len(name.encode()) <= _LONGEST_FILE_NAME
    return name if is_short and name.isprintable() and name not in {".", ".."} else ""


def parse_whole(text: str) -> int | None:
    """A number without a sign, such as seconds; None: it is none."""
    plain = text.strip()
    return int(plain) if len(plain) <= 15 and plain.isascii() and plain.isdigit() else None  # noqa: PLR2004


def parse_length(text: str, unit: timedelta = timedelta(seconds=1)) -> timedelta | None:
    """Of a part of a call, in whole units; None: it is none, or longer than any call."""
    count = parse_whole(text)
    return count * unit if count is not None and count < LONGEST_CALL // unit else None


def parse_milliseconds(seconds: str) -> int | None:
    """Of a part of a call in whole seconds; likewise."""
    of_call = parse_length(seconds)
    return None if of_call is None else of_call // MILLISECOND


def from_epoch(seconds: float | None) -> datetime | None:
    """Of seconds since 1970; None for 0, which says that it never was, and beyond 2099."""
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < _LATEST else None


def parse_local_time(
    text: str, *, orders: Orders = ANY_ORDER, near: datetime | None = None
) -> datetime | None:
    """A date and time without an offset, as ISO 8601 or with a space between; 1901 to 2099.

    Or as spreadsheet programs write it, with day and month before the year, two digits of the year
    alone, or AM and PM: by its numbers, by the ``orders`` that its file leaves possible, or by what
    it must be near; None where these do not tell.
    """
    at = _date_and_time(text, orders, near)
    return at if at and at.tzinfo is None else None


def parse_written_time(text: str, *, orders: Orders = ANY_ORDER) -> WrittenTime | None:
    """Likewise, with an offset or without."""
    at = _date_and_time(text, orders)
    return WrittenTime.of(text, at) if at else None


def why_no_time(column: str, text: str, orders: Orders = ANY_ORDER) -> str:
    """Of a start that could not be read, in words."""
    left = {order: at for order, at in _readings(text).items() if order in orders}
    if len(set(left.values())) > 1:
        is_year_known = DateOrder.YEAR_MONTH_DAY not in left
        *some, last = (each.removesuffix("/year") if is_year_known else each for each in left)
        which = f"{', '.join(some)} or {last}"
        return f'its "{column}" may be {which}, and nothing in the file tells'
    return f'its "{column}" is no date and time'


def orders_shown(text: str, until: date | None) -> Orders:
    """In which orders the dates of a line can stand; all, if they show none.

    ``until``: the last day of the file, by UTC; a year of two digits that would be later is none.
    """
    possible = ANY_ORDER
    for written in _NUMBERED.finditer(text):
        last = until + _A_DAY if until and len(written[3]) == _TWO else date.max
        possible &= {order for order, day in _dates(*written.groups()).items() if day <= last}
    return possible or ANY_ORDER


def has_numbered_dates(text: str) -> bool:
    """Whether dates with day and month before the year, or of two digits each, are in a line."""
    return _NUMBERED.search(text) is not None


def in_24_hours(text: str) -> str:
    """A time that ends in AM or PM as clocks of 24 hours show it; any other as it is."""
    return _HALF_OF_DAY.sub(_of_half, text.strip())


def _of_half(time: re.Match[str]) -> str:
    hour = int(time[1]) % 12 + (12 if time[3] in "Pp" else 0)
    return f"{hour:02}{time[2]}"


def parse_duration(text: str) -> timedelta | None:
    """As ``HH:MM:SS``, also with more hours or a fraction of a second."""
    parts = _DURATION.fullmatch(in_24_hours(text))
    if parts is None:
        return None
    hours, minutes, seconds = (int(part) for part in parts.group(1, 2, 3))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _date_and_time(text: str, orders: Orders, near: datetime | None = None) -> datetime | None:
    if readings := _readings(text):
        left = [at for order, at in readings.items() if order in orders]
        if near and len(orders) > 1:
            left = [at for at in left if abs(at.replace(tzinfo=UTC) - near) <= _A_DAY]
        return left[0] if len(set(left)) == 1 else None
    plain = in_24_hours(text)
    try:
        at = datetime.fromisoformat(plain) if len(plain) >= _SHORTEST_TIME else None
    except ValueError:
        return None
    return at if at and at.year in _YEARS else None


def _readings(text: str) -> Mapping[DateOrder, datetime]:
    """Of a time whose date is three numbers, the year not the first of four digits, by order."""
    parts = _NUMBERED_TIME.fullmatch(in_24_hours(text))
    if parts is None:
        return {}
    *day, hour, rest = parts.groups()
    try:
        at = time.fromisoformat(f"{hour:0>2}:{rest}")
    except ValueError:
        return {}
    return {order: datetime.combine(on, at) for order, on in _dates(*day).items()}


def _dates(first: str, second: str, third: str) -> Mapping[DateOrder, date]:
    """Of the three numbers of a date, the last of which has the year's four digits, or each two."""
    parts = {
        DateOrder.DAY_MONTH_YEAR: (third, second, first),
        DateOrder.MONTH_DAY_YEAR: (third, first, second),
    }
    if len(first) == len(third):
        parts[DateOrder.YEAR_MONTH_DAY] = (first, second, third)
    dates = {}
    for order, (year, month, day) in parts.items():
        with suppress(ValueError):
            dates[order] = date(int(f"20{year}"[-4:]), int(month), int(day))
    return {order: day for order, day in dates.items() if day.year in _YEARS}


_AT_LEAST: Final = timedelta(seconds=-2)
"""Clocks are set."""


class FileClock:
    """Tells when each row of a file was, by the practice's clock or by UTC's.

    No file says by which. But where the id in a row holds the instant at which its call came into
    being, a start soon after that instant by the one clock, and not by the other, tells. What an
    earlier row of the file has shown is remembered.
    """

    def __init__(self, zone: ZoneInfo, proof: str) -> None:
        """``proof`` is what the instants are taken from, in words: ``the unique id``."""
        self._zone = zone
        self._proof = proof
        self._is_utc: bool | None = None

    def time(self, raw: str, start: datetime, created: datetime | None) -> WrittenTime:
        """When a row began.

        A later leg may have the id of a call that is hours old. Then the clock counts that the
        last telling row showed, and its id does not contradict it.
        """
        if created is not None and (self._is_near(start, created) or self._is_utc is None):
            return WrittenTime(raw=raw, local=start, instant=created, proof=self._proof)
        if self._is_utc:
            proof = f"its file's clock, which {self._proof} shows to stand in UTC,"
            return WrittenTime(raw=raw, instant=start.replace(tzinfo=UTC), proof=proof)
        return WrittenTime(raw=raw, local=start)

    def _is_near(self, start: datetime, created: datetime) -> bool:
        """Whether it began soon after its call, by the practice's clock."""
        since = start - created.replace(tzinfo=None)
        # By both readings of a local time.
        offsets = (self._zone.utcoffset(start.replace(fold=fold)) for fold in (0, 1))
        in_zone = any(
            _AT_LEAST <= since - (offset or timedelta()) < SAME_HOUR for offset in offsets
        )
        in_utc = _AT_LEAST <= since < SAME_HOUR
        if in_zone and in_utc:  # winter
            self._is_utc = bool(self._is_utc)
        elif in_zone or in_utc:
            self._is_utc = in_utc
        return in_zone


Item: TypeAlias = dict[str, Any]
"""As JSON has it; its texts may hold what cannot be written as UTF-8."""

MAX_JSON_BYTES: Final = 64 * 1024 * 1024
"""Bytes of a file that is one piece of JSON, which must be in memory whole."""

_MAX_VALUE_LENGTH: Final = 1000
"""Characters of a value; a longer one is none that a call has."""

_RECORDS: Final = frozenset({"sid", "startTime", "objectName"})
"""A member that records have and pages have not; a record may hold lists too."""

_DEEPEST: Final = 4


def parse_json(data: bytes) -> Any:
    """What the bytes say; None where they are no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):  # ValueError: its encoding or a number too, besides form
        return None


def items_of(data: bytes) -> list[Any]:
    """The items of a whole file."""
    if len(data) > MAX_JSON_BYTES:
        raise Unusable(
            f"the call records are one piece of JSON larger than {MAX_JSON_BYTES // 1024**2} MiB",
            hint="export fewer days at once, or one record on each line",
        )
    whole = parse_json(data)
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict):
        raise Unusable("the call records are no JSON in UTF-8")
    return page_of(whole) or [whole]


def page_of(item: Item) -> list[Any] | None:
    """What a page of an API holds: its one list of objects."""
    lists = [value for value in item.values() if isinstance(value, list) and value]
    pages = [value for value in lists if all(isinstance(part, dict) for part in value)]
    return pages[0] if len(pages) == 1 and _RECORDS.isdisjoint(item) else None


def text_at(item: Item, *path: str) -> str:
    """The text at a path of members; empty where there is none."""
    value: Any = item
    for member in path:
        value = value.get(member) if isinstance(value, dict) else None
    return _plain(value)


def flattened(item: Item) -> dict[str, str]:
    """All that an item says in words and numbers: ``from.phoneNumber`` -> text."""
    return dict(_flat(item, "", 0))


def _flat(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for member, part in value.items():
            yield from _flat(part, f"{name}.{member}" if name else member, depth + 1)
    elif (plain := _plain(value)) and len(plain) <= _MAX_VALUE_LENGTH >= len(name):
        yield _plain(name), plain


def _plain(value: Any) -> str:
    """Text that can be written as UTF-8; what stands for no character at all is replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return str(value) if isinstance(value, int | float) else ""
