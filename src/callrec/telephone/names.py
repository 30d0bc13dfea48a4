"""The names that telephone systems give to recordings: one form each, and in which order to ask.

A reader takes the path and the setup. It returns what the recording's name tells, or None where the
name is not that system's. The last part of the path is the name; folders count where the system
writes facts into them. The caller has checked that the name is printable and no longer than a file
system allows. No reader ever raises.

No name of Avaya IP Office, Mitel, Cisco or Horizon is known for sure, so none is read: the practice
configures a template, puts JSON beside the recording, or gives call records
(docs/reference/telephone-systems.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Final, NamedTuple, TypeAlias

from callrec.telephone.call import Direction, Side, System
from callrec.telephone.clock import YEARS
from callrec.telephone.number import dialled, e164, is_a_name, is_extension
from callrec.telephone.written import Identified, Setup, Written, WrittenTime

ReadName: TypeAlias = Callable[[PurePath, Setup], Written | None]
Identify: TypeAlias = Callable[[PurePath, Setup], Identified | None]


class _Name(NamedTuple):
    """A name that matched its system's pattern."""

    parts: re.Match[str]
    path: PurePath
    setup: Setup


class _Form(NamedTuple):
    """How one system writes its names.

    The pattern's groups are called as what they tell. ``raw`` is the time as written: ``day`` and
    ``time`` in it, or milliseconds since 1970. ``calling``, ``called``, ``extension``, ``outside``
    and ``unique_id`` go into `Written` as they are.
    """

    system: System
    maker: str
    pattern: re.Pattern[str]
    refine: Callable[[Written, _Name], Written | None] | None = None
    """Adds what a group alone does not tell; returns None where the name is not the system's."""

    def read(self, path: PurePath, setup: Setup) -> Written | None:
        """What a name tells, or None where it is not the system's."""
        parts = self.pattern.fullmatch(path.name)
        groups = parts.groupdict() if parts else {}
        time = _time(groups) if parts else None
        if parts is None or time is None:
            return None
        written = Written(
            system=self.system,
            how=f"a call by its name as {self.maker} writes it",
            time=time,
            calling=groups.get("calling", ""),
            called=groups.get("called", ""),
            extension=groups.get("extension"),
            outside=groups.get("outside", ""),
            unique_id=groups.get("unique_id"),
            said={"name": path.name},
        )
        return self.refine(written, _Name(parts, path, setup)) if self.refine else written


def _time(groups: Mapping[str, str]) -> WrittenTime | None:
    raw = groups["raw"]
    if "day" not in groups:
        seconds, milliseconds = divmod(int(raw), 1000)
        start = datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)
        return WrittenTime(raw=raw, instant=start, proof="the epoch in it")
    day, time = groups["day"].replace("-", ""), groups["time"].replace("-", "")
    local = _local(day if len(day) == len("20250602") else f"20{day}", time)
    return WrittenTime(raw=raw, local=local) if local else None


def _local(day: str, time: str) -> datetime | None:
    """Of ``YYYYMMDD`` and ``HHMMSS``; None: there is no such day, or no such time."""
    try:
        at = datetime.fromisoformat(f"{day}T{time}")
    except ValueError:
        return None
    return at if at.year in YEARS else None


_HALVES = {"in": "the caller's half of ", "out": "the called party's half of "}
_SIDES = {"in": (Side.CALLER,), "out": (Side.CALLED,)}

_EARLIEST = 10**8
"""Seconds. One-touch recording keeps the first digits in a unique id, which may be those of the
system's name and then are no instant (one_touch_record.php)."""


class _Type(NamedTuple):
    """What the first field of an Asterisk name tells by itself."""

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


def _of_its_type(written: Written, name: _Name) -> Written | None:
    word, _, rest = name.parts["head"].partition("-")
    word = word.lower()
    kind = _TYPES.get(word)
    called, dash, calling = rest.partition("-")
    if kind is None and re.fullmatch("[0-9]{1,8}", word):
        calling, dash, mode = rest.rpartition("-")
        kind = _CONFERENCE if re.fullmatch("[a-z]+", mode) else None
        # A conference names its room twice, for want of a caller.
        called, calling = word, "" if calling == word else calling
    if kind is None or not dash:
        return None
    # An end that is outside says otherwise: then the ends tell.
    is_contradicted = kind.direction is Direction.INTERNAL and any(
        (e164(dialled(end, name.setup.outside_prefixes)) or "").startswith("+")
        for end in (calling, called)
    )
    direction = None if is_contradicted else kind.direction
    epoch, part = int(name.parts["epoch"]), name.parts["part"]
    created = datetime.fromtimestamp(epoch, UTC) if epoch >= _EARLIEST else None
    return written._replace(
        how=f"{_HALVES.get(part, '')}{kind.is_of} by its name as Asterisk writes it",
        time=written.time._replace(instant=created),
        direction=direction,
        calling=calling,
        called=called,
        calling_is_inside=kind.calling_is_inside,
        called_is_inside=kind.called_is_inside,
        # Only these have an outside end by their type; the extension tells which it is.
        ends_may_be_swapped=word in {"in", "out", "external"},
        sides=_SIDES.get(part, ()),
    )


# ``<type>-<called>-<calling>-<YYYYMMDD>-<HHMMSS>-<unique id>.<suffix>``, in local time; the unique
# id is ``<epoch>.<sequence>``, after the system's name and a dash where it has one. A conference
# has its room for a type: ``<room>-<room or caller>-<mode>-...``. FreePBX itself splits at the
# dashes and breaks where a field holds one, so the name is read from its end. Before it, Monitor()
# wrote the two directions of sound apart: ``-in`` is what the channel that called said, ``-out``
# what it heard, and ``-all`` is both. QueueMetrics' dialler writes the type in capitals.
#
# ``.WAV`` is GSM and ``.wav`` is not, which does not matter here: sound is recognised by its bytes.
#
# Source: FreePBX/callrecording 364c1c6, functions.inc.php (sub-record-check) and
# bin/one_touch_record.php; asterisk f0c1c1a, channel_internal_api.c (the unique id).
_ASTERISK = _Form(
    System.ASTERISK,
    "Asterisk",
    re.compile(
        r"(?P<head>[^/]+)-(?P<raw>(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6}))"
        r"-(?P<unique_id>(?:[A-Za-z0-9_.]+-)*(?P<epoch>[0-9]{1,10})\.[0-9]+)"
        r"(?:-(?P<part>in|out|all))?\.[A-Za-z0-9]{2,5}"
    ),
    _of_its_type,
)

# ``<start>-<call id>-<extension>-<number>_E.mp3``, the start in milliseconds since 1970, which is
# UTC; whole, as an object's name, ``ipbx:<pbx>:callrecording:users:<extension>:`` stands before it.
# Which way the call went is only in the object's tags.
#
# Source: developer.8x8.com, Cloud Storage Service Objects, Work Call Recording.
_EIGHT_BY_EIGHT = _Form(
    System.EIGHT_BY_EIGHT,
    "8x8",
    re.compile(
        r"(?:ipbx:[^:/]+:callrecording:users:[^:/]+:)?(?P<raw>1[0-9]{12})"
        r"-(?P<unique_id>1[0-9]{12})-(?P<extension>[0-9]{2,10})"
        r"-(?P<outside>\+?[A-Za-z0-9]{0,20})_E\.mp3"
    ),
)


def _in_the_folder_of_its_day(written: Written, name: _Name) -> Written | None:
    is_there = name.path.parent.name == name.parts["day"].replace("-", "")
    return written if is_there or name.setup.system == System.MIAREC else None


# A practice sets the names by a template (``%{setup-time#%Y%m%d}``...), so only the documented one
# is known: ``<YYYYMMDD>/<YYYY-MM-DD-HHMMSS>.mp3``, or ``<YYYYMMDDHHMMSS>.mp3`` in such a folder,
# with ``_2`` and so on where two calls began at once.
#
# Source: docs.miarec.com, file name format.
_MIAREC = _Form(
    System.MIAREC,
    "MiaRec",
    re.compile(
        r"(?P<raw>(?P<day>(?:19|20)[0-9]{2}(?P<dash>-?)[0-9]{2}(?P=dash)[0-9]{2})(?P=dash)"
        r"(?P<time>[0-9]{6}))(?:_[0-9]{1,4})?\.(?:mp3|wav)"
    ),
    _in_the_folder_of_its_day,
)


def _in_the_folders_of_its_hour(written: Written, name: _Name) -> Written | None:
    day, time = name.parts["day"], name.parts["time"]
    is_there = name.path.parts[-5:-1] == (day[:4], day[4:6], day[6:], time[:2])
    return written if is_there or name.setup.system == System.OREKA else None


# ``YYYY/MM/DD/HH/<YYYYMMDD>_<HHMMSS>_<port>.wav``, in local time. Others write such a name too, so
# it counts as Oreka's only in the folders of its own hour. Who spoke is in Oreka's call records
# alone.
#
# Source: voiceip/oreka 523705a, orkaudio.
_OREKA = _Form(
    System.OREKA,
    "Oreka",
    re.compile(
        r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})_(?P<time>[0-9]{6}))_[^_/]{1,60}\.[A-Za-z0-9]{2,5}"
    ),
    _in_the_folders_of_its_hour,
)


def _with_its_direction(written: Written, name: _Name) -> Written:
    is_incoming = name.parts["way"] == "Incoming"
    return written._replace(direction=Direction.INBOUND if is_incoming else Direction.OUTBOUND)


# ``<YYYYMMDD>-<HHMMSS>_[<extension>_]<number>_<Incoming|Outgoing>_<Auto|...>_<id>.mp3``; the number
# as people write it, ``(020)7946-0123``. The time's zone is not documented: taken as local. The
# id is the recording's, as the call log has it.
#
# Source: samples of names in public code, of 2025, with an extension and without; RingCentral
# itself documents the call log and not the names.
_RINGCENTRAL = _Form(
    System.RINGCENTRAL,
    "RingCentral",
    re.compile(
        r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6}))(?:_(?P<extension>[0-9]{2,8}))?"
        r"_(?P<outside>[^_/]{1,40})_(?P<way>Incoming|Outgoing)_[A-Za-z-]{1,20}"
        r"_(?P<unique_id>[0-9]{1,20})\.(?:mp3|wav)"
    ),
    _with_its_direction,
)


def _with_its_public_end(written: Written, name: _Name) -> Written:
    parts, setup = name.parts, name.setup
    recorded, (dialled, calling) = parts["recorded"], parts["ends"].split("_")
    public = {e164(end): end for end in (recorded, parts["party"], dialled, calling)}
    public.pop(None, None)
    return written._replace(
        outside=next(iter(public.values())) if len(public) == 1 else "",
        extension=recorded if is_extension(recorded, setup.extensions) else None,
    )


# ``AAAAAAAA_YYMMDD_HHMMSS_AD_I_N_C_R_P.mp3``, in local time: who was recorded (filled up with
# ``_``), the start (no such system recorded before 2000), A for automatic and D for the direction,
# the other party, what was dialled, the caller's number, the call's reference and the recorder's
# address, both in hex. The manufacturer's two pages contradict each other on D and on the order of
# N and C, so neither is relied on: the outside party is whichever of them is a public number.
#
# Source: wiki2.telesis.com.tr, FileNameFormatForAutomaticVoiceRecords.
_TELESIS = _Form(
    System.TELESIS,
    "Telesis",
    re.compile(
        r"(?P<recorded>[A-Za-z0-9*#+]{1,16})_{1,8}(?P<raw>(?P<day>[0-9]{6})_(?P<time>[0-9]{6}))"
        r"_A?[IO]_(?P<party>[^_/]*)_(?P<ends>[^_/]*_[^_/]*)_(?P<unique_id>[0-9A-Fa-f]{1,16})"
        r"_[0-9A-Fa-f]{8}\.[A-Za-z0-9]{2,5}"
    ),
    _with_its_public_end,
)


def _with_the_extension_recorded(written: Written, name: _Name) -> Written:
    recorded, party = name.path.parent.name, name.parts["name"].strip()
    return written._replace(
        calling_is_inside=written.calling == recorded,
        called_is_inside=written.called == recorded,
        parties=(party,) if is_a_name(party) else (),
    )


# ``[<name>]_<from>-<to>_<YYYYMMDDHHMMSS>(<counter>).wav`` in a folder called as the extension that
# was recorded. The name is the other party's; it may be empty, and is their number where the
# name is not known. The counter is not an id. The time's zone is not documented: taken as local.
#
# Source: sashintulsiram/callcabinet 3cxmoverecdata.sh, with its samples; 3CX's page on recordings
# names the folders.
_THREE_CX = _Form(
    System.THREE_CX,
    "3CX",
    re.compile(
        r"\[(?P<name>[^/]*)\]_(?P<calling>[^-_/\[\]]*)-(?P<called>[^_/\[\]]*)"
        r"_(?P<raw>(?P<day>(?:19|20)[0-9]{6})(?P<time>[0-9]{6}))\([0-9]{1,12}\)\.(?:wav|mp3)",
        re.IGNORECASE,
    ),
    _with_the_extension_recorded,
)


def _of_one_half(written: Written, name: _Name) -> Written:
    is_a_half = name.parts["part"] in {"in", "out"}
    return written._replace(how=f"one half of {written.how}") if is_a_half else written


# ``<YYYYMMDD>-<HHMMSS>_<customer's number>-all.wav``, in local time; ``-in`` and ``-out`` instead
# of ``-all`` are the two halves before they are mixed, and neither is one party's: the call is
# recorded in a conference. The direction is not given. This is the default; names of
# another make (``CAMPAIGN``, ``AGENT``...) need a template.
#
# Source: inktel/Vicidial 1278c1c, bin/AST_CRON_audio_1_move_mix.pl; FULLDATE_CUSTPHONE is the
# default of a campaign's recording filename.
_VICIDIAL = _Form(
    System.VICIDIAL,
    "VICIdial",
    re.compile(
        r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6}))_(?P<outside>\+?[0-9]{2,18})"
        r"(?:-(?P<part>in|out|all))?\.[A-Za-z0-9]{2,5}"
    ),
    _of_one_half,
)

# Times are local. On a call that goes out, the caller's number may be the practice's own, so where
# only the caller is named, the direction is not given.
#
# Source: fusionpbx c7a00dc, app/call_recordings (app_config.php, call_recordings.php); FreeSWITCH,
# conf/vanilla/autoload_configs/callcenter.conf.xml.
_UUID = r"(?P<unique_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[A-Za-z0-9]{2,5}"

# ``<YYYYMMDD>.<HHMMSS>.<caller>.<uuid>.mp3``: FusionPBX's own proposal for downloads.
_FREESWITCH_DOWNLOAD = _Form(
    System.FREESWITCH,
    "FreeSWITCH",
    re.compile(
        r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})\.(?P<time>[0-9]{6}))\.(?P<calling>[^./]*)\." + _UUID
    ),
)

# ``<YYYY-MM-DD-HH-MM-SS>.<called>.<caller>.<uuid>.wav``: mod_callcenter's sample of a template.
_FREESWITCH_QUEUE = _Form(
    System.FREESWITCH,
    "FreeSWITCH",
    re.compile(
        r"(?P<raw>(?P<day>(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})-(?P<time>[0-9]{2}-[0-9]{2}-[0-9]{2}))"
        r"\.(?P<called>[^./]*)\.(?P<calling>[^./]*)\." + _UUID
    ),
)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _identify_freeswitch(path: PurePath, setup: Setup) -> Identified | None:
    """FusionPBX keeps ``<domain>/archive/<YYYY>/<Mon>/<DD>/<uuid>.mp3``, the month in English."""
    parts = re.fullmatch(_UUID, path.name)
    at = None
    match path.parts[-5:-1]:
        case ("archive", year, month, day) if month in _MONTHS and (len(year), len(day)) == (4, 2):
            at = _local(f"{year}{_MONTHS.index(month) + 1:02}{day}", "000000")
    if parts is None or (at is None and setup.system != System.FREESWITCH):
        return None
    return Identified(
        system=System.FREESWITCH,
        how="a uuid as FreeSWITCH writes it, and no more",
        unique_id=parts["unique_id"],
        day=at.date() if at else None,
        said={"name": path.name},
    )


def _identify_twilio(path: PurePath, _: Setup) -> Identified | None:
    """The name is the recording's sid and no more: all else is in the JSON that Twilio gives of it.

    Source: twilio.com/docs, Recordings resource.
    """
    parts = re.fullmatch(r"(?P<sid>RE[0-9a-f]{32})\.(?:wav|mp3)", path.name)
    if parts is None:
        return None
    return Identified(
        system=System.TWILIO,
        how="a recording's sid as Twilio writes it, and no more",
        unique_id=parts["sid"],
        said={"name": path.name},
    )


NAME_READERS: Final[dict[System, ReadName]] = {
    System.ASTERISK: _ASTERISK.read,
    System.THREE_CX: _THREE_CX.read,
    System.EIGHT_BY_EIGHT: _EIGHT_BY_EIGHT.read,
    System.RINGCENTRAL: _RINGCENTRAL.read,
    System.TELESIS: _TELESIS.read,
    System.FREESWITCH: lambda path, setup: (
        _FREESWITCH_DOWNLOAD.read(path, setup) or _FREESWITCH_QUEUE.read(path, setup)
    ),
    System.VICIDIAL: _VICIDIAL.read,
    System.OREKA: _OREKA.read,
    System.MIAREC: _MIAREC.read,
}
"""In the order in which they are asked: those whose names tell most first."""

SYSTEMS_NAMING_PEOPLE: Final = frozenset({System.THREE_CX})
"""Their names hold people's names, and so any character."""

ID_READERS: Final[dict[System, Identify]] = {
    System.FREESWITCH: _identify_freeswitch,
    System.TWILIO: _identify_twilio,
}
"""Of names that hold an id and no time."""
