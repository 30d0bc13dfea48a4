"""The names that Asterisk and FreePBX give to recordings.

``<type>-<called>-<calling>-<YYYYMMDD>-<HHMMSS>-<unique id>.<suffix>``, in local time; the unique
id is ``<epoch>.<sequence>``, after the system's name and a dash where it has one. A conference has
its room for a type: ``<room>-<room or caller>-<mode>-...``. FreePBX itself splits at the dashes and
breaks where a field holds one, so the name is read from its end.

Source: FreePBX/callrecording 364c1c6, functions.inc.php (sub-record-check) and
bin/one_touch_record.php; asterisk f0c1c1a, channel_internal_api.c (the unique id).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from callrec.telephone.call import Call, Direction, System
from callrec.telephone.clock import Moment, by_instant, by_local_time
from callrec.telephone.number import Extensions, e164, is_extension, party

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_LONGEST = 255
"""Bytes of a file name (NAME_MAX), so characters at most."""

_NAME = re.compile(
    r"(?P<head>[^/]+)"
    r"-(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6})"
    r"-(?P<unique_id>(?:[A-Za-z0-9_.]+-)*(?P<epoch>[0-9]{1,10})\.[0-9]+)"
    r"\.[A-Za-z0-9]{2,5}"
)
_EARLIEST = 10**8
"""Seconds. One-touch recording keeps the first digits in a unique id, which may be those of the
system's name and then are no instant (one_touch_record.php)."""


class _Type(NamedTuple):
    """What the first field of a name says by itself."""

    is_of: str
    direction: Direction | None
    """None: the ends tell."""
    called_is_inside: bool = False
    calling_is_inside: bool = False


_TYPES = {
    "in": _Type("an incoming call", Direction.INBOUND),
    "out": _Type("an outgoing call", Direction.OUTBOUND),
    "external": _Type("an outside call to an extension", Direction.INBOUND, called_is_inside=True),
    "internal": _Type(
        "a call between extensions",
        Direction.INTERNAL,
        called_is_inside=True,
        calling_is_inside=True,
    ),
    "generic": _Type("an incoming call", Direction.INBOUND),
    "q": _Type("a queue's call", None, called_is_inside=True),
    "rg": _Type("a ring group's call", None, called_is_inside=True),
    "exten": _Type("a call to an extension", None, called_is_inside=True),
    "parked": _Type("a parked call", None, called_is_inside=True),
    "ondemand": _Type("a call recorded at the press of a key", None),
    "force": _Type("a call that is always recorded", None),
}
_CONFERENCE = _Type("a conference", None)


@dataclass(frozen=True, slots=True)
class _Ends:
    """Who was called and who called, as written, and which of them are extensions."""

    called: str
    calling: str
    called_is_inside: bool
    calling_is_inside: bool

    def swapped(self) -> _Ends:
        return _Ends(self.calling, self.called, self.calling_is_inside, self.called_is_inside)


def read_name(name: str, zone: ZoneInfo, region: str, extensions: Extensions) -> Call | None:
    """The call that a file's name tells of, or None where the name is not Asterisk's.

    Args:
        name: of the file, without its folder; whatever the file system allows.
        zone: where the telephone system's clock should stand.
        region: whose national numbers these are.
        extensions: the practice's; empty: told by their length.

    Law: never raises.
    """
    parts = _NAME.fullmatch(name) if len(name) <= _LONGEST and name.isprintable() else None
    fields = _fields(parts["head"]) if parts else None
    local = _local_time(parts["day"], parts["time"]) if parts else None
    if parts is None or fields is None or local is None:
        return None
    kind, called, calling = fields
    written = _ends(kind, called, calling, extensions, region)
    ends = _in_order(kind, written)
    direction = kind.direction or _direction(ends)
    moment = _moment(local, zone, int(parts["epoch"]))
    turned = "" if ends is written else " with its ends in the other order"
    return Call(
        system=System.ASTERISK,
        direction=direction,
        caller=party(ends.calling, region),
        callee=party(ends.called, region),
        number=_outside(ends, direction, region),
        extension=_extension(ends, direction),
        parties=(),
        started_at=moment.at,
        local_time=local.isoformat(),
        time_confidence=moment.confidence,
        unique_id=parts["unique_id"],
        why=f"{kind.is_of} by its name as Asterisk writes it{turned}; {moment.why}",
        said={"name": name},
    )


def _fields(head: str) -> tuple[_Type, str, str] | None:
    word, _, rest = head.partition("-")
    if re.fullmatch("[0-9]{1,8}", word):
        calling, dash, mode = rest.rpartition("-")
        return (_CONFERENCE, word, calling) if dash and re.fullmatch("[a-z]+", mode) else None
    called, dash, calling = rest.partition("-")
    return (_TYPES[word], called, calling) if word in _TYPES and dash else None


def _local_time(day: str, time: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{day}T{time}")
    except ValueError:
        return None


def _moment(local: datetime, zone: ZoneInfo, epoch: int) -> Moment:
    if epoch < _EARLIEST:
        return by_local_time(local, zone)
    return by_instant(local, zone, datetime.fromtimestamp(epoch, UTC))


def _ends(kind: _Type, called: str, calling: str, extensions: Extensions, region: str) -> _Ends:
    def is_inside(end: str, *, by_type: bool) -> bool:
        return (by_type and _is_digits(end)) or is_extension(end, extensions, region)

    # A conference names its room twice, for want of a caller.
    calling = "" if kind is _CONFERENCE and called == calling else calling
    return _Ends(
        called,
        calling,
        is_inside(called, by_type=kind.called_is_inside),
        is_inside(calling, by_type=kind.calling_is_inside),
    )


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _in_order(kind: _Type, ends: _Ends) -> _Ends:
    """Called, then calling: programs that rename recordings put the extension first or last.

    Only ``in`` and ``out`` have an outside end by their type; the extension tells which it is.
    """
    incoming_turned = ends.calling_is_inside and not ends.called_is_inside
    outgoing_turned = ends.called_is_inside and not ends.calling_is_inside
    turned = (kind is _TYPES["in"] and incoming_turned) or (
        kind is _TYPES["out"] and outgoing_turned
    )
    return ends.swapped() if turned else ends


def _direction(ends: _Ends) -> Direction:
    """Where the type does not say: from the end inside to the one outside, or the other way.

    One who picks up his own parked call stands at both ends, and nobody called a conference.
    """
    if not ends.calling or ends.called == ends.calling:
        return Direction.UNKNOWN
    match ends.called_is_inside, ends.calling_is_inside:
        case True, True:
            return Direction.INTERNAL
        case True, False:
            return Direction.INBOUND
        case False, True:
            return Direction.OUTBOUND
        case _:
            return Direction.UNKNOWN


def _outside(ends: _Ends, direction: Direction, region: str) -> str | None:
    match direction:
        case Direction.INBOUND:
            return e164(ends.calling, region)
        case Direction.OUTBOUND:
            return e164(ends.called, region)
        case Direction.INTERNAL | Direction.UNKNOWN:
            return None


def _extension(ends: _Ends, direction: Direction) -> str | None:
    called = ends.called if ends.called_is_inside else ""
    calling = ends.calling if ends.calling_is_inside else ""
    ours_called = direction in {Direction.INBOUND, Direction.UNKNOWN}
    return (called or calling if ours_called else calling or called) or None
