"""Call records of Avaya IP Office: SMDR, as it is sent to any listener.

Comma-separated, unquoted, without a header. A line is a segment: what one device had of a call.
Segments of a call have its id and all repeat its start; all but the last are marked as continued.
Ids begin again when the system does. Release 11 adds five columns.

Source: Avaya, IP Office Manager, Appendix SMDR: fields, and the examples of each kind of call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from callrec.telephone.call import Direction, Leg, System
from callrec.telephone.number import e164
from callrec.telephone.records.lines import (
    LONGEST_CALL,
    MILLISECOND,
    Line,
    NotUnderstood,
    ReadLine,
    cells_of,
    has_numbered_dates,
    in_24_hours,
    parse_duration,
    parse_end,
    parse_length,
    parse_local_time,
    person_names,
    why_changed,
    why_no_time,
)
from callrec.telephone.written import Setup, Written, WrittenTime

_COLUMNS: Final = (
    *("call start", "connected time", "ring time", "caller", "direction", "called number"),
    *("dialled number", "account", "is internal", "call id", "continuation", "party1 device"),
    *("party1 name", "party2 device", "party2 name", "hold time", "park time"),
    *("authorization valid", "authorization code", "user charged", "call charge", "currency"),
    *("amount at last user change", "call units", "units at last user change", "cost per unit"),
    *("mark up", "external targeting cause", "external targeter id", "external targeted number"),
    *("calling party server", "unique call id (caller)", "called party server"),
    *("unique call id (called)", "smdr record time"),
)

_FEWEST: Final = _COLUMNS.index("party2 name") + 1
_START: Final = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_EXTENSION: Final = re.compile(r"E([0-9]{2,6})")

_NOBODY: Final = re.compile(r"Extn ?[0-9]+")
"""The name of a desk that nobody has been given."""

_LINE: Final = re.compile(r"T[0-9]+")
_CHANNEL: Final = re.compile(r"V([0-9]{2,5})")
_CONFERENCES: Final = range(9551, 9600)
"""Of channels that are not named: 9500 and its number is voicemail's, 9550 a conference's."""

_AT_A_SERVER: Final = re.compile(r"@.*|#\Z")
"""Behind a number of a SIP trunk, or the key that ends dialling."""

_MAX_OPEN: Final = 10_000
"""Calls whose last segment has not come; an older one is given up."""


def begin_avaya(first: Sequence[Line], setup: Setup) -> ReadLine | None:
    """What reads the lines of a file that begins so; None: it is not IP Office's."""
    return _Reader(setup).read if any(_segment(line) for line in first) else None


class _Open(NamedTuple):
    """A call of which more segments are to come."""

    start: str
    """Of the first segment, as written."""
    spent: timedelta
    """By the segments so far."""


class _Reader:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._open: dict[str, _Open] = {}

    def read(self, line: Line) -> Leg | NotUnderstood:
        fields = _segment(line)
        if fields is None:
            return NotUnderstood(line.number, "it is not a segment of a call")
        if why := why_changed(fields):
            return NotUnderstood(line.number, why)
        written = fields["call start"]
        orders = self._setup.date_orders
        start = parse_local_time(written.replace("/", "-"), orders=orders)
        connected = parse_duration(fields["connected time"])
        if start is None:
            return NotUnderstood(line.number, why_no_time("call start", written, orders))
        if connected is None:
            return NotUnderstood(line.number, 'its "connected time" is none')
        rang = parse_length(fields.get("ring time", "")) or timedelta()
        began = self._open.pop(fields["call id"], _Open(fields["call start"], timedelta()))
        spent = began.spent + rang
        if spent + connected > LONGEST_CALL:
            return NotUnderstood(line.number, "its segments are longer than any call")
        if fields["continuation"] == "1":
            self._open[fields["call id"]] = _Open(began.start, spent + connected)
            if len(self._open) > _MAX_OPEN:
                del self._open[next(iter(self._open))]
        call = _written(fields, start).to_call(self._setup)
        answered = bool(connected) and not _is_with_voicemail(fields) and not _is_parked(fields)
        return Leg(
            call=call,
            key=f"{fields['call id']} {began.start}",
            answered=answered,
            answered_at=call.started_at + spent if answered else None,
            talk_ms=connected // MILLISECOND,
        )


def _segment(line: Line) -> Mapping[str, str] | None:
    """The columns by name; None: it is not a segment."""
    row = cells_of(line)
    fields = {name: cell.strip() for name, cell in zip(_COLUMNS, row, strict=False) if cell.strip()}
    is_ours = (
        len(row) >= _FEWEST
        and _is_a_time(fields.get("call start", ""))
        and fields.get("direction") in {"I", "O"}
        and {"connected time", "call id"} <= fields.keys()
        and fields.get("continuation") in {"0", "1"}
    )
    return fields if is_ours else None


def _is_a_time(text: str) -> bool:
    return _START.fullmatch(in_24_hours(text)) is not None or has_numbered_dates(text)


def _is_with_voicemail(fields: Mapping[str, str]) -> bool:
    """Whether one party is voicemail, which also reads out menus and announcements."""
    for who in ("party1", "party2"):
        channel = _CHANNEL.fullmatch(fields.get(f"{who} device", ""))
        name = fields.get(f"{who} name", "")
        if channel and name.startswith("VM "):
            return True
        if channel and not name.startswith("CO ") and int(channel[1]) not in _CONFERENCES:
            return True
    return False


def _is_parked(fields: Mapping[str, str]) -> bool:
    """Whether a line is the only device: no desk and no other line had a part in it."""
    devices = [fields[name] for name in ("party1 device", "party2 device") if name in fields]
    return len(devices) == 1 and _LINE.fullmatch(devices[0]) is not None


def _written(fields: Mapping[str, str], start: datetime) -> Written:
    # Lines and voicemail have devices and names too, and are nobody.
    desks = [
        (desk[1], fields.get(f"{who} name", ""))
        for who in ("party1", "party2")
        if (desk := _EXTENSION.fullmatch(fields.get(f"{who} device", "")))
    ]
    direction = Direction.INBOUND if fields["direction"] == "I" else Direction.OUTBOUND
    called = parse_end(_AT_A_SERVER.sub("", fields.get("called number", "")))
    # A call that never got a line is said to be internal, whatever was dialled.
    has_no_line = "party2 device" not in fields and e164(called) is not None
    if fields.get("is internal") == "1" and not has_no_line:
        direction = Direction.INTERNAL
    return Written(
        system=System.AVAYA,
        how="a segment of a call as Avaya IP Office writes it",
        time=WrittenTime(raw=fields["call start"], local=start),
        direction=direction,
        calling=parse_end(_AT_A_SERVER.sub("", fields.get("caller", ""))),
        called=called,
        extension=desks[0][0] if desks else None,
        parties=person_names(*(name for _, name in desks if not _NOBODY.fullmatch(name))),
        said=fields,
    )
