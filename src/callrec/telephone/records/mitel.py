"""Call records of Mitel MiVoice Business: SMDR, in columns of fixed width.

Without a year, and by the SMDR options with or without seconds, by 12 or 24 hours (``p`` for the
afternoon), with parties of four or of seven digits. The fields before the calling party are read as
they come, those behind it by their distance from it:

    90 characters:   party[4] attendant[1] answered[3] ..[2] digits[26] completion speed called[4]
    101 characters:  party[7] attendant[1] answered[4] .     digits[26] completion speed called[7]

then transfer[1], ., third party, ., account[12], route[1], system[3], .; where it is reported,
., ANI[10], ., DNIS; in a network, ., call identifier[8], sequence[1].

Source: Mitel, SMDR - Recorded Information (fields, lengths, flags); a public parser of MiVoice
Business 10.5 (columns), whose test lines have seconds and seven digits. Not seen: a real line of
90 characters, one with ANI, one of a network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from callrec.telephone.call import Direction, Leg, System
from callrec.telephone.records.lines import (
    MILLISECOND,
    Line,
    NotUnderstood,
    ReadLine,
    parse_duration,
    parse_end,
    parse_length,
    parse_local_time,
)
from callrec.telephone.written import Setup, Written, WrittenTime

_BEGINNING: Final = re.compile(
    r"(?P<long>[ %+-])(?P<month>[0-9]{2})/(?P<day>[0-9]{2}) "
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?P<afternoon>[ p]) {1,2}"
    r"(?P<duration>(?:[0-9]{2})?[0-9]{2}:[0-9]{2}:[0-9]{2}) "
)

_TRUNK: Final = re.compile(r"[TX][0-9]{1,4}")
_NOON: Final = 12
_A_DAY: Final = timedelta(days=1)

_YEARS: Final = 8
"""That many back there is a leap year."""

_FIELDS: Final = (
    ("calling", 4, 7), ("attendant", 1, 1), ("answered after", 3, 4), ("", 2, 1),
    ("digits", 26, 26), ("completion", 1, 1), ("speed or forward", 1, 1), ("called", 4, 7),
    ("transfer", 1, 1), ("", 1, 1), ("third party", 4, 7), ("", 1, 1), ("account", 12, 12),
    ("route", 1, 1), ("system", 3, 3), ("", 2, 2), ("ani", 10, 10), ("", 1, 1), ("dnis", 10, 7),
    ("", 1, 1), ("call identifier", 8, 8), ("sequence", 1, 1),
)  # fmt: skip
"""In their order, with their widths where parties have four digits, and where they have seven; what
has no name parts them."""


def begin_mitel(until: date, first: Sequence[Line], setup: Setup) -> ReadLine | None:
    """What reads the lines of a file that begins so; None: it is not Mitel's."""
    beginnings = [_BEGINNING.match(line.text) for line in first]
    if not any(beginnings):
        return None
    is_12_hours = any(beginning and beginning["afternoon"] == "p" for beginning in beginnings)
    return _Reader(setup, until, is_12_hours=is_12_hours).read


class _Reader:
    def __init__(self, setup: Setup, until: date, *, is_12_hours: bool) -> None:
        self._setup = setup
        self._until = until
        self._is_12_hours = is_12_hours

    def read(self, line: Line) -> Leg | NotUnderstood:
        beginning = _BEGINNING.match(line.text)
        if beginning is None:
            return NotUnderstood(line.number, "it does not begin as a call's record does")
        start = self._start(beginning)
        duration = parse_duration(beginning["duration"])
        if start is None or duration is None:
            return NotUnderstood(line.number, "its start is no date and time")
        fields = _fields(line.text, beginning)
        raw = line.text[1 : beginning.start("duration")].strip()
        call = _written(fields, WrittenTime(raw=raw, local=start)).to_call(self._setup)
        waited = parse_length(fields.get("answered after", ""))
        answered = bool(duration) and "*" not in fields.get("answered after", "")
        return Leg(
            call=call,
            # The numbers of calls come again; a call has one day.
            key=f"{fields['call identifier']} {start:%Y-%m-%d}"
            if "call identifier" in fields
            else "",
            answered=answered,
            answered_at=call.started_at + waited if answered and waited is not None else None,
            talk_ms=duration // MILLISECOND,
        )

    def _start(self, beginning: re.Match[str]) -> datetime | None:
        hour = int(beginning["hour"])
        if beginning["afternoon"] == "p" or self._is_12_hours:
            self._is_12_hours = True
            hour = hour % _NOON + (_NOON if beginning["afternoon"] == "p" else 0)
        day = self._day(int(beginning["month"]), int(beginning["day"]))
        clock = f"{hour:02}:{beginning['minute']}:{beginning['second'] or '00'}"
        return parse_local_time(f"{day} {clock}") if day else None

    def _day(self, month: int, day: int) -> date | None:
        latest = self._until + _A_DAY  # by a clock east of the one that said until
        for year in range(latest.year, latest.year - _YEARS - 1, -1):
            try:
                at = date(year, month, day)
            except ValueError:
                continue
            if at <= latest:
                return at
        return None


def _fields(text: str, beginning: re.Match[str]) -> Mapping[str, str]:
    # Where a party has seven digits, the hours of a duration have four.
    has_seven = len(beginning["duration"]) > len("00:00:00")
    fields, place = {}, beginning.end()
    for name, of_four, of_seven in _FIELDS:
        end = place + (of_seven if has_seven else of_four)
        if name and (field := text[place:end].strip()):
            fields[name] = field
        place = end
    return fields | {"record": text.strip()}


def _written(fields: Mapping[str, str], time: WrittenTime) -> Written:
    calling, called = fields.get("calling", ""), fields.get("called", "")
    digits = parse_end(fields.get("digits", "").replace(" ", ""))
    if _TRUNK.fullmatch(calling):
        direction, calling = Direction.INBOUND, fields.get("ani", "")
    elif _TRUNK.fullmatch(called):
        direction, called = Direction.OUTBOUND, digits
    else:
        direction, called = Direction.INTERNAL, called or digits
    return Written(
        system=System.MITEL,
        how="a call record as Mitel writes it",
        time=time,
        direction=direction,
        calling=parse_end(calling),
        called=parse_end(called),
        # What is not a trunk is a station.
        calling_is_inside=direction is not Direction.INBOUND,
        called_is_inside=direction is not Direction.OUTBOUND,
        said=fields,
    )
