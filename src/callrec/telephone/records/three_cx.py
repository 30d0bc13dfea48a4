"""Call records of 3CX: ``cdr.log``, and the call report as it is exported.

An administrator chooses which columns of ``cdr.log`` there are and in which order; the file names
none itself, so that a line of column names is put before it. Without one, the order is the one that
3CX comes with. Times have no zone. A call id begins with the milliseconds since 1601, in older
versions since 1970, in hexadecimal: by it the times of ``cdr.log`` are in UTC.

Source: 3CX, CDR - Call Data Records (columns); three public scripts that read cdr.log (the order),
one line with each kind of call id in such scripts. The call report's columns are from memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from callrec.telephone.call import Leg, System
from callrec.telephone.number import e164, is_extension
from callrec.telephone.records.lines import (
    MILLISECOND,
    FileClock,
    Line,
    NotUnderstood,
    ReadLine,
    ReadRow,
    by_columns,
    by_header,
    cells_of,
    from_epoch,
    parse_duration,
    parse_end,
    parse_local_time,
    parse_written_time,
    person_names,
)
from callrec.telephone.written import Setup, Written, WrittenTime

_ORDER: Final = (
    *("historyid", "callid", "duration", "time-start", "time-answered", "time-end"),
    *("reason-terminated", "from-no", "to-no", "from-dn", "to-dn", "dial-no", "reason-changed"),
    *("final-number", "final-dn", "bill-code", "bill-rate", "bill-cost", "bill-name", "chain"),
)

_LOG: Final = frozenset({"time-start", "from-no", "to-no"})
_REPORT: Final = frozenset({"call time", "caller id", "destination", "status"})
_CALL: Final = re.compile(r"Call [0-9]+")
_CALL_ID: Final = re.compile(r"([0-9A-F]{16})_[0-9]+")

_SINCE_1601: Final = 11_644_473_600_000
"""Milliseconds until 1970."""

_NAMED_END: Final = re.compile(r"(?P<name>[^()]*)\((?P<number>[^()]*)\)\s*")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})[ ,]+([0-9:]{5,8})")


def begin_three_cx(first: Sequence[Line], setup: Setup) -> ReadLine | None:
    """What reads the lines of a file that begins so; None: it is not 3CX's."""
    read = partial(_leg_of_log, setup, FileClock(setup.zone, "the call id"))
    return (
        by_header(first[0], _LOG, read)
        or by_header(first[0], _REPORT, partial(_leg_of_report, setup))
        or (partial(_read_unnamed, read) if any(map(_is_log, map(cells_of, first))) else None)
    )


def _is_log(row: Sequence[str]) -> bool:
    return (
        len(row) >= len(_ORDER)
        and _CALL.fullmatch(row[0]) is not None
        and _local(row[3]) is not None
    )


def _read_unnamed(read: ReadRow, line: Line) -> Leg | NotUnderstood:
    # Which of the later columns there are is not known where they are not named.
    return by_columns(line.number, _ORDER, cells_of(line)[: len(_ORDER)], read)


def _leg_of_log(setup: Setup, clock: FileClock, fields: Mapping[str, str]) -> Leg | str:
    raw = fields.get("time-start", "")
    start = _local(raw)
    if start is None:
        return "its start is no date and time"
    callee = fields.get("final-dispname") or fields.get("to-dispname", "")
    call = Written(
        system=System.THREE_CX,
        how="a call record as 3CX writes it",
        time=clock.time(raw, start, _created(fields.get("callid", ""))),
        calling=_end(setup, fields.get("from-no", "")),
        called=_end(
            setup, *(fields.get(name, "") for name in ("final-number", "to-no", "dial-no"))
        ),
        parties=person_names(fields.get("from-dispname", ""), callee),
        unique_id=fields.get("callid"),
        said=fields,
    ).to_call(setup)
    answered = _local(fields.get("time-answered", ""))
    return Leg(
        call=call,
        key=fields.get("callid") or fields.get("historyid", ""),
        answered=answered is not None,
        answered_at=call.started_at + (answered - start) if answered else None,
        talk_ms=_milliseconds(fields.get("duration", "")),
    )


def _leg_of_report(setup: Setup, fields: Mapping[str, str]) -> Leg | str:
    time = _report_time(fields.get("call time", ""))
    if time is None:
        return "its call time is no date and time"
    caller, calling = _named(fields.get("caller id", ""))
    callee, called = _named(fields.get("destination", ""))
    call = Written(
        system=System.THREE_CX,
        how="a row of a call report as 3CX exports it",
        time=time,
        calling=_end(setup, calling),
        called=_end(setup, called),
        parties=person_names(caller, callee),
        said=fields,
    ).to_call(setup)
    rang = parse_duration(fields.get("ringing", ""))
    answered = fields.get("status", "").strip().casefold() == "answered"
    return Leg(
        call=call,
        answered=answered,
        answered_at=call.started_at + rang if answered and rang is not None else None,
        talk_ms=_milliseconds(fields.get("talking", "")),
    )


def _end(setup: Setup, *written: str) -> str:
    """The first that is an extension or a number; a trunk stands for an end by its own name."""
    ends = [parse_end(text).removeprefix("Ext.") for text in written]
    for end in ends:
        if is_extension(end, setup.extensions) or e164(end):
            return end
    return next(filter(None, ends), "")


def _named(end: str) -> tuple[str, str]:
    """Name and number of ``Ann Other (201)``."""
    parts = _NAMED_END.fullmatch(end)
    return (parts["name"], parts["number"]) if parts else ("", end)


def _local(text: str) -> datetime | None:
    return parse_local_time(text.replace("/", "-"))


def _report_time(text: str) -> WrittenTime | None:
    """ISO 8601, or with the day first."""
    parts = _DAY_FIRST.fullmatch(text.strip())
    if parts is None:
        return parse_written_time(text)
    start = parse_local_time(f"{parts[3]}-{parts[2]:0>2}-{parts[1]:0>2} {parts[4]}")
    return WrittenTime(raw=text, local=start) if start else None


def _created(call_id: str) -> datetime | None:
    parts = _CALL_ID.fullmatch(call_id)
    if parts is None:
        return None
    millis = int(parts[1], 16)
    return from_epoch((millis - _SINCE_1601 if millis > _SINCE_1601 else millis) / 1000)


def _milliseconds(text: str) -> int | None:
    duration = parse_duration(text)
    return None if duration is None else duration // MILLISECOND
