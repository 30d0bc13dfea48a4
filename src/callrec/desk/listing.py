"""Tables that people sort, filter, print and save: what a register, a list of holds or people is.

What is chosen stands in the address: the column that is sorted by (``?sort=placed``, or ``-placed``
for the other way round), one code of a column that has codes (``?state=placed``), and days
(``?since=2026-11-01``). All are names of columns, codes and days, so that nothing personal does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from callrec.dataclass import KW_ONLY, dataclass
from callrec.desk.exchange import Answered, Asked
from callrec.desk.rendering import as_csv, as_json, page
from callrec.desk.seat import Seat
from callrec.errors import Unusable
from callrec.policy.days import parse_day
from callrec.practice import today
from callrec.system.spreadsheet import Cell
from callrec.views.words import as_words, local_time

_SORT: Final = "sort"

_SINCE: Final = "since"

_UNTIL: Final = "until"

_AS: Final = "as"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    """As it stands in JSON, and in the address where it is sorted by."""
    heading: str
    _: KW_ONLY
    value: Callable[[Any], Any] | None = None
    """Of a row: what it is sorted and chosen by, and what a file for spreadsheets has; None: what
    the row has under the column's name."""
    shown: Callable[[Any], object] | None = None
    """Of a row: what people read, if that is something else."""
    link: Callable[[Any], str] | None = None
    """Of a row: where it leads; empty: nowhere."""
    has_codes: bool = False
    """Rows are chosen by it: its values are codes, and few."""
    is_number: bool = False

    def of(self, row: Any) -> Any:
        """A row's value."""
        return self.value(row) if self.value else getattr(row, self.name)


def by_reference(heading: str, pages: str) -> Column:
    """A column of references such as ``C-2``, each leading to its page below ``pages``."""
    return Column(
        "id",
        heading,
        value=lambda row: int(row.reference.partition("-")[2]),
        shown=lambda row: row.reference,
        link=lambda row: f"{pages}/{row.reference}",
    )


def items(as_item: Callable[[Any], Mapping[str, Any]]) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """The document of a list: each row as one of its items."""
    return lambda rows: {"items": [as_item(row) for row in rows]}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Listing:
    """A table as a procedure gives it. Its repr shows nothing."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Any]
    document: Callable[[Sequence[Any]], Mapping[str, Any]]
    """Of the rows that were chosen: the document of the command's ``--json``."""
    save_as: str
    """How files of it are called, without their ending."""
    nothing: str = "There is nothing here."
    day: str = ""
    """The column by whose day rows are chosen; empty: none."""
    spreadsheet: tuple[Sequence[str], Callable[[Any], Sequence[Cell]]] | None = None
    """The columns of a file for spreadsheets and their cells of a row, if they are others."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading, which sorts by it."""

    text: str
    address: str
    order: str
    """``ascending`` or ``descending``, as aria-sort has it; empty: it is not sorted by."""
    is_number: bool


@dataclass(frozen=True, slots=True, repr=False)
class ShownCell:
    """One cell. Its repr shows nothing."""

    text: object
    link: str
    label: str
    """Its heading, where a narrow page has no headings."""
    is_number: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A column by whose codes rows are chosen."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, slots=True, repr=False)
class Arranged:
    """A table as it was asked for. Its repr shows nothing."""

    caption: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[ShownCell]]
    total: int
    choices: Sequence[Choice]
    sorts: Choice
    days: Sequence[tuple[str, str, str]]
    """Fields for the first and the last day: name, label, and what stands in it."""
    csv: str
    """Where it is saved as a file for spreadsheets."""
    json: str
    nothing: str
    is_chosen: bool
    """Rows may be missing that were not asked for."""


def show_listing(
    seat: Seat, asked: Asked, listing: Listing, template: str, *, title: str, **values: Any
) -> Answered:
    """The page of a table, which its template has as ``list``; or the file that is asked for.

    Raises:
        Unusable: it has no such column, or the day is none.
    """
    if (file := _saved(seat, asked, listing)) is not None:
        return file
    return page(seat, template, title=title, list=arrange(seat, asked, listing), **values)


def arrange(seat: Seat, asked: Asked, listing: Listing) -> Arranged:
    """A table as its address asks for it.

    Raises:
        Unusable: it has no such column, or the day is none.
    """
    query = asked.query
    rows = _chosen(seat, query, listing)
    by, descending = _sorted_by(query, listing)

    def address(**more: str) -> str:
        kept = {name: value for name, value in query.items() if value and name != _AS}
        return f"?{urlencode({**kept, **more})}"

    headings = [
        Heading(
            each.heading,
            address(sort=f"-{each.name}" if each is by and not descending else each.name),
            ("descending" if descending else "ascending") if each is by else "",
            each.is_number,
        )
        for each in listing.columns
    ]
    return Arranged(
        listing.caption,
        headings,
        [[_cell(seat, each, row) for each in listing.columns] for row in rows],
        len(listing.rows),
        [_choice(each, listing.rows, query) for each in listing.columns if each.has_codes],
        _sorts(listing, query),
        _days(listing, query),
        address(**{_AS: "csv"}),
        address(**{_AS: "json"}),
        listing.nothing,
        len(rows) < len(listing.rows),
    )


def _saved(seat: Seat, asked: Asked, listing: Listing) -> Answered | None:
    """The table as the file that is asked for; None where none is."""
    match asked.query.get(_AS, ""):
        case "":
            return None
        case "csv":
            names = [each.name for each in listing.columns]
            columns = (names, lambda row: [each.of(row) for each in listing.columns])
            headers, cells = listing.spreadsheet or columns
            rows = [cells(row) for row in _chosen(seat, asked.query, listing)]
            return as_csv(headers, rows, seat.zone, f"{listing.save_as}.csv")
        case "json":
            rows = _chosen(seat, asked.query, listing)
            return as_json(listing.document(rows), f"{listing.save_as}.json")
        case _:
            raise Unusable("a table is saved as CSV or as JSON", hint="choose one of the two")


def _chosen(seat: Seat, query: Mapping[str, str], listing: Listing) -> list[Any]:
    """The rows that are asked for, in the order that is asked for."""
    rows = list(listing.rows)
    for each in listing.columns:
        if each.has_codes and (wanted := query.get(each.name)):
            rows = [row for row in rows if _code(each.of(row)) == wanted]
    if listing.day:
        on = today(seat.practice)
        first, last = (
            parse_day(typed, on, what=name) if (typed := query.get(name)) else None
            for name in (_SINCE, _UNTIL)
        )
        day = _day(listing)
        rows = [row for row in rows if _is_between(day.of(row), first, last, seat)]
    by, descending = _sorted_by(query, listing)
    if by is not None:
        rows.sort(key=lambda row: _order(by.of(row)), reverse=descending)
    return rows


def _sorted_by(query: Mapping[str, str], listing: Listing) -> tuple[Column | None, bool]:
    wanted = query.get(_SORT, "")
    if not wanted:
        return None, False
    for each in listing.columns:
        if each.name == wanted.removeprefix("-"):
            return each, wanted.startswith("-")
    raise Unusable("this table has no such column", hint="choose one of its headings")


def _order(value: Any) -> tuple[int, Any]:
    """What has no value comes last, and numbers do not stand among words."""
    match value:
        case None | "":
            return 3, ""
        case bool() | int() | float():
            return 0, value
        case datetime() | date():
            return 1, value.isoformat()
        case tuple():
            return 2, "; ".join(map(str, value)).casefold()
        case _:
            return 2, str(value).casefold()


def _is_between(value: Any, first: date | None, last: date | None, seat: Seat) -> bool:
    if first is None and last is None:
        return True
    if value is None:
        return False
    day = value.astimezone(seat.zone).date() if isinstance(value, datetime) else value
    return (first is None or first <= day) and (last is None or day <= last)


def _cell(seat: Seat, column: Column, row: Any) -> ShownCell:
    value = column.shown(row) if column.shown else column.of(row)
    link = column.link(row) if column.link else ""
    return ShownCell(in_words(seat, value), link, column.heading, column.is_number)


def in_words(seat: Seat, value: object) -> object:
    """A value as people read it in a table."""
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return local_time(value, seat.zone)
        case tuple():
            return "; ".join(map(as_words, value))
        case _:
            return as_words(value)


def _code(value: object) -> str:
    return "" if value is None else str(value)


def _choice(column: Column, rows: Sequence[Any], query: Mapping[str, str]) -> Choice:
    values = {_code(value): as_words(value) for value in map(column.of, rows) if value}
    options = [("", "all"), *sorted(values.items(), key=lambda each: each[1])]
    return Choice(column.name, column.heading, options, query.get(column.name, ""))


def _sorts(listing: Listing, query: Mapping[str, str]) -> Choice:
    each_way = [("", "as it is entered")]
    for column in listing.columns:
        each_way.append((column.name, f"{column.heading}, first to last"))
        each_way.append((f"-{column.name}", f"{column.heading}, last to first"))
    return Choice(_SORT, "In order of", each_way, query.get(_SORT, ""))


def _days(listing: Listing, query: Mapping[str, str]) -> Sequence[tuple[str, str, str]]:
    if not listing.day:
        return ()
    heading = _day(listing).heading
    return (
        (_SINCE, f"{heading}: from this day", query.get(_SINCE, "")),
        (_UNTIL, f"{heading}: to this day", query.get(_UNTIL, "")),
    )


def _day(listing: Listing) -> Column:
    return next(each for each in listing.columns if each.name == listing.day)
