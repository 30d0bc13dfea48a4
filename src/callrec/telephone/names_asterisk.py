"""The names that Asterisk and FreeSWITCH, and FusionPBX, give to recordings.

``<type>-<called>-<calling>-<YYYYMMDD>-<HHMMSS>-<unique id>.<suffix>`` is Asterisk's, in local time;
the unique id is ``<epoch>.<sequence>``, after the system's name and a dash where it has one. A
conference has its room for a type: ``<room>-<room or caller>-<mode>-...``. FreePBX itself splits at
the dashes and breaks where a field holds one, so the name is read from its end. Before it,
Monitor() wrote the two directions of sound apart: ``-in`` is what the channel that called said,
``-out`` what it heard, and ``-all`` is both. QueueMetrics' dialler writes the type in capitals.

``.WAV`` is GSM and ``.wav`` is not, which nobody needs to know: sound is told by its bytes.

Source: FreePBX/callrecording 364c1c6, functions.inc.php (sub-record-check) and
bin/one_touch_record.php; asterisk f0c1c1a, channel_internal_api.c (the unique id).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import NamedTuple

from callrec.telephone.call import Direction, Side, System
from callrec.telephone.written import (
    Identified,
    Setup,
    Written,
    WrittenTime,
    local_from_digits,
    time_from_digits,
)

_ASTERISK = re.compile(
    r"(?P<head>[^/]+)"
    r"-(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6})"
    r"-(?P<unique_id>(?:[A-Za-z0-9_.]+-)*(?P<epoch>[0-9]{1,10})\.[0-9]+)"
    r"(?:-(?P<part>in|out|all))?\.[A-Za-z0-9]{2,5}"
)

_SIDES = {"in": (Side.CALLER,), "out": (Side.CALLED,)}

_HALVES = {"in": "the caller's half of ", "out": "the called party's half of "}

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


def read_asterisk(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not Asterisk's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    name = path.name
    parts = _ASTERISK.fullmatch(name)
    fields = _fields(parts["head"]) if parts else None
    local = local_from_digits(parts["day"], parts["time"]) if parts else None
    if parts is None or fields is None or local is None:
        return None
    kind, called, calling = fields
    return Written(
        system=System.ASTERISK,
        how=f"{_HALVES.get(parts['part'], '')}{kind.is_of} by its name as Asterisk writes it",
        time=WrittenTime(
            raw=f"{parts['day']}-{parts['time']}", local=local, instant=_instant(parts["epoch"])
        ),
        direction=kind.direction,
        calling=calling,
        called=called,
        calling_is_inside=kind.calling_is_inside,
        called_is_inside=kind.called_is_inside,
        # Only these have an outside end by their type; the extension tells which it is.
        ends_may_be_swapped=kind in {_TYPES["in"], _TYPES["out"]},
        unique_id=parts["unique_id"],
        sides=_SIDES.get(parts["part"], ()),
        said={"name": name},
    )


def _fields(head: str) -> tuple[_Type, str, str] | None:
    word, _, rest = head.partition("-")
    word = word.lower()
    if re.fullmatch("[0-9]{1,8}", word):
        calling, dash, mode = rest.rpartition("-")
        # A conference names its room twice, for want of a caller.
        calling = "" if calling == word else calling
        return (_CONFERENCE, word, calling) if dash and re.fullmatch("[a-z]+", mode) else None
    called, dash, calling = rest.partition("-")
    return (_TYPES[word], called, calling) if word in _TYPES and dash else None


def _instant(epoch: str) -> datetime | None:
    seconds = int(epoch)
    return datetime.fromtimestamp(seconds, UTC) if seconds >= _EARLIEST else None


# FreeSWITCH and FusionPBX:
#
# * ``<domain>/archive/<YYYY>/<Mon>/<DD>/<uuid>.mp3``: FusionPBX keeps them so, the month in English
#   whatever the locale. The uuid alone is known then, and the day.
# * ``<YYYYMMDD>.<HHMMSS>.<caller>.<uuid>.mp3``: FusionPBX's own proposal for downloads.
# * ``<YYYY-MM-DD-HH-MM-SS>.<called>.<caller>.<uuid>.wav``: mod_callcenter's sample of a template.
#
# Times are local. On a call that goes out, the caller's number may be the practice's own, so where
# only the caller is named, the direction is not told.
#
# Source: fusionpbx c7a00dc, app/call_recordings (app_config.php, call_recordings.php); FreeSWITCH,
# conf/vanilla/autoload_configs/callcenter.conf.xml.

_UUID = "(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

_DOWNLOAD = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})\.(?P<time>[0-9]{6}))\.(?P<calling>[^./]*)"
    rf"\.{_UUID}\.[A-Za-z0-9]{{2,5}}"
)

_QUEUE = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})-(?P<time>[0-9]{2}-[0-9]{2}-[0-9]{2}))"
    rf"\.(?P<called>[^./]*)\.(?P<calling>[^./]*)\.{_UUID}\.[A-Za-z0-9]{{2,5}}"
)

_UUID_ALONE = re.compile(rf"{_UUID}\.[A-Za-z0-9]{{2,5}}")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_freeswitch(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not FreeSWITCH's, or is a uuid alone.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _DOWNLOAD.fullmatch(path.name) or _QUEUE.fullmatch(path.name)
    if parts is None:
        return None
    day, time = (parts[part].replace("-", "") for part in ("day", "time"))
    written = time_from_digits(parts["raw"], day, time)
    if written is None:
        return None
    return Written(
        system=System.FREESWITCH,
        how="a call by its name as FreeSWITCH writes it",
        time=written,
        calling=parts["calling"],
        called=parts.groupdict().get("called", ""),
        unique_id=parts["uuid"],
        said={"name": path.name},
    )


def identify_freeswitch(path: PurePath, setup: Setup) -> Identified | None:
    """Which call's it is, by its uuid alone, or None where it is not FreeSWITCH's.

    Law: never raises.
    """
    parts = _UUID_ALONE.fullmatch(path.name)
    day = _day(path.parts[-5:-1])
    if parts is None or (day is None and setup.system != System.FREESWITCH):
        return None
    return Identified(
        system=System.FREESWITCH,
        how="a uuid as FreeSWITCH writes it, and no more",
        unique_id=parts["uuid"],
        day=day,
        said={"name": path.name},
    )


def _day(folders: tuple[str, ...]) -> date | None:
    match folders:
        case ("archive", year, month, day) if month in _MONTHS:
            at = local_from_digits(f"{year}{_MONTHS.index(month) + 1:02}{day}", "000000")
            return at.date() if at and len(year) == 4 and len(day) == 2 else None  # noqa: PLR2004
        case _:
            return None
