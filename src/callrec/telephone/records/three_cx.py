"""Call records of 3CX: ``cdr.log``, and the call report as it is exported.

An administrator chooses which columns of ``cdr.log`` there are and in which order; the file names
none itself, so that a line of column names is put before it. Without one, the order is the one that
3CX comes with. Times have no zone. A call id begins with the milliseconds since 1601, in older
versions since 1970, in hexadecimal: by it the times of ``cdr.log`` are in UTC.

Source: 3CX, CDR - Call Data Records (columns); three public scripts that read cdr.log (the order),
one line with each kind of call id in such scripts; dorel14/3CX-Cdr-Server 8253512 (1,404 lines of a
practice's own: queues, voicemail, who was passed on); tierklinik-dobersberg/3cx-support bbc02dd
(kinds of ends, dots in dates). The call report's columns are from memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from callrec.telephone.call import Direction, Leg, System
from callrec.telephone.number import e164, is_extension, is_withheld
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
    has_numbered_dates,
    parse_duration,
    parse_end,
    parse_local_time,
    parse_written_time,
    person_names,
    why_no_time,
)
from callrec.telephone.written import ANY_ORDER, DateOrder, Setup, Written

_ORDER: Final = (
    *("historyid", "callid", "duration", "time-start", "time-answered", "time-end"),
    *("reason-terminated", "from-no", "to-no", "from-dn", "to-dn", "dial-no", "reason-changed"),
    *("final-number", "final-dn", "bill-code", "bill-rate", "bill-cost", "bill-name", "chain"),
)

_LOG: Final = frozenset({"time-start", "from-no", "to-no"})
_REPORT: Final = frozenset({"call time", "caller id", "destination", "status"})
_CALL: Final = re.compile(r"Call [0-9]+")
_CALL_ID: Final = re.compile(r"([0-9A-F]{16})_[0-9]+")

_WITHIN: Final = "Ext."
"""Before each end that is the system's own."""

_CONFERENCES: Final = frozenset({"confplace", "conference"})
_SOMEBODY: Final = _CONFERENCES | {"extension", "external_line", "outbound_rule", "provider"}
_NOBODY: Final = frozenset(
    {
        *("queue", "ivr", "voicemail", "vmail", "script", "ringgroup", "group"),
        *("ring_group_ring_all", "ring_group_hunt", "inbound_routing"),
    }
)
"""What the columns of kinds say; older versions say ``Internal`` or ``External``, which tells
nothing. A kind that is not here is told by its number."""

_SINCE_1601: Final = 11_644_473_600_000
"""Milliseconds until 1970."""

_NAMED_END: Final = re.compile(r"(?P<name>[^()]*)\((?P<number>[^()]*)\)\s*")


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
        and (has_numbered_dates(row[3]) or _local(None, row[3]) is not None)
    )


def _read_unnamed(read: ReadRow, line: Line) -> Leg | NotUnderstood:
    # Which of the later columns there are is not known where they are not named.
    return by_columns(line.number, _ORDER, cells_of(line)[: len(_ORDER)], read)


def _leg_of_log(setup: Setup, clock: FileClock, fields: Mapping[str, str]) -> Leg | str:
    raw = fields.get("time-start", "")
    created = _created(fields.get("callid", ""))
    start = _local(setup, raw, created)
    if start is None:
        return why_no_time("time-start", raw, setup.date_orders)
    callee = fields.get("final-dispname") or fields.get("to-dispname", "")
    ends = _ends_of_log(setup, fields)
    calling, called = ends.calling, _chosen(setup, ends.called, fields.get("dial-no", ""))
    direction = None
    if any(map(_is_within, (calling, *ends.called))):
        ways = {
            (True, True): Direction.INTERNAL,
            (True, False): Direction.OUTBOUND,
            (False, True): Direction.INBOUND,
        }
        direction = ways.get((_is_within(calling), _is_within(called)))
    call = Written(
        system=System.THREE_CX,
        how="a call record as 3CX writes it",
        time=clock.time(raw, start, created),
        direction=direction,
        calling=_plain(calling),
        called=ends.mailbox or _plain(called),
        parties=person_names(fields.get("from-dispname", ""), callee),
        unique_id=fields.get("callid"),
        said=fields,
    ).to_call(setup)
    answered = _local(setup, fields.get("time-answered", ""), created)
    if _is_a_word(calling) or ends.mailbox or not _is_somebody(setup, ends):
        answered = None
    return Leg(
        call=call,
        key=fields.get("callid") or fields.get("historyid", ""),
        answered=answered is not None,
        answered_at=call.started_at + (answered - start) if answered else None,
        talk_ms=_milliseconds(fields.get("duration", "")),
    )


class _Ends(NamedTuple):
    """Of a line of ``cdr.log``, as written."""

    calling: str
    called: tuple[str, ...]
    """Whom the call reached, and before that whom it was for; at least one."""
    kind: str
    """Of what it reached, in small letters; empty where the column is not there."""
    mailbox: str = ""
    """Whose voicemail took it: then its number and the desk's are not the same."""


def _ends_of_log(setup: Setup, fields: Mapping[str, str]) -> _Ends:
    calling, first = fields.get("from-no", ""), fields.get("to-no", "")
    final, desk = fields.get("final-number", ""), fields.get("to-dn", "")
    kind, final_kind = (fields.get(f"{end}-type", "").casefold() for end in ("to", "final"))
    if fields.get("reason-changed") == "ReplacedSrc":
        # Who called was passed on, and the other end stays. Replaced by that end, or by a
        # conference, it is still the same two.
        is_one = is_extension(_plain(final), setup.extensions) and final_kind not in _CONFERENCES
        if final != first and (is_one or e164(final) or is_withheld(final)):
            calling = final
    elif final:
        return _Ends(calling, (final, first), final_kind)
    is_desk = first.startswith(_WITHIN) and desk.isascii() and desk.isdigit()
    return _Ends(calling, (first,), kind, desk if is_desk and _plain(first) != desk else "")


def _is_somebody(setup: Setup, ends: _Ends) -> bool:
    """Whether a person was reached: by its kind, else by the practice's extensions."""
    reached = ends.called[0]
    if ends.kind in _SOMEBODY | _NOBODY:
        return ends.kind in _SOMEBODY
    if reached.startswith(_WITHIN):
        return is_extension(_plain(reached), setup.extensions)
    return not _is_a_word(reached)


def _is_within(end: str) -> bool:
    return end.startswith(_WITHIN) or _is_a_word(end)


def _is_a_word(end: str) -> bool:
    """Whether the system is meant by name: ``EndCall``, ``PlayFile``, ``MakeCall``."""
    return end.isalpha() and not is_withheld(end)


def _chosen(setup: Setup, ends: Sequence[str], dialled: str) -> str:
    """The first that is an extension or a number: a trunk stands for an end by its own name."""
    for end in (*ends, dialled):
        if is_extension(_plain(end), setup.extensions) or e164(_plain(end)):
            return end
    return next(filter(None, ends), dialled)


def _plain(end: str) -> str:
    return parse_end(end).removeprefix(_WITHIN)


def _leg_of_report(setup: Setup, fields: Mapping[str, str]) -> Leg | str:
    written = fields.get("call time", "")
    # It writes the day first itself, and the year whole.
    orders = setup.date_orders - {DateOrder.MONTH_DAY_YEAR} or setup.date_orders
    time = parse_written_time(written, orders=orders)
    if time is None:
        return why_no_time("call time", written, orders)
    caller, calling = _named(fields.get("caller id", ""))
    callee, called = _named(fields.get("destination", ""))
    call = Written(
        system=System.THREE_CX,
        how="a row of a call report as 3CX exports it",
        time=time,
        calling=_plain(calling),
        called=_plain(called),
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


def _named(end: str) -> tuple[str, str]:
    """Name and number of ``Ann Other (201)``."""
    parts = _NAMED_END.fullmatch(end)
    return (parts["name"], parts["number"]) if parts else ("", end)


def _local(setup: Setup | None, text: str, created: datetime | None = None) -> datetime | None:
    """With slashes, or with dots in newer versions, the year first; or as a spreadsheet has it."""
    orders = setup.date_orders if setup else ANY_ORDER
    year_first = text[:10].replace("/", "-").replace(".", "-") + text[10:]
    return parse_local_time(year_first, orders=orders, near=created)


def _created(call_id: str) -> datetime | None:
    parts = _CALL_ID.fullmatch(call_id)
    if parts is None:
        return None
    millis = int(parts[1], 16)
    return from_epoch((millis - _SINCE_1601 if millis > _SINCE_1601 else millis) / 1000)


def _milliseconds(text: str) -> int | None:
    duration = parse_duration(text)
    return None if duration is None else duration // MILLISECOND
