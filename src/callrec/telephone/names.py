"""Names of seven systems: one table.

Each has ``read(path, setup)``: what a recording's name says, or None where the name is not that
system's; or ``identify(path, setup)``, where its names hold an id and no time. The last part of the
path is the name; folders count where the system writes facts into them. A name has been seen to be
printable, and to be no longer than a file system allows.

Of Avaya IP Office, Mitel, Cisco and Horizon no name is known for sure, so none is read: a template
of one's own does it, or JSON beside the recording, or call records (docs/telephone-systems.md).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Final, Protocol

from callrec.telephone import names_asterisk as asterisk
from callrec.telephone import names_asterisk as freeswitch
from callrec.telephone import written as stamps
from callrec.telephone.call import Direction, System
from callrec.telephone.number import e164, is_extension, is_withheld
from callrec.telephone.written import Identified, Setup, Written, WrittenTime

# The names of 8x8 Work's stored recordings.
#
# ``<start>-<call id>-<extension>-<number>_E.mp3``, the start in milliseconds since 1970, which is
# UTC; whole, as an object's name, ``ipbx:<pbx>:callrecording:users:<extension>:`` stands before it.
# Which way the call went is only in the object's tags.
#
# Source: developer.8x8.com, Cloud Storage Service Objects, Work Call Recording.

_EIGHT_BY_EIGHT = re.compile(
    r"(?:ipbx:[^:/]+:callrecording:users:[^:/]+:)?(?P<start>1[0-9]{12})-(?P<call>1[0-9]{12})"
    r"-(?P<extension>[0-9]{2,10})-(?P<number>\+?[A-Za-z0-9]{0,20})_E\.mp3"
)


def read_eight_by_eight(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not 8x8's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _EIGHT_BY_EIGHT.fullmatch(path.name)
    if parts is None:
        return None
    start = datetime.fromtimestamp(int(parts["start"]) // 1000, UTC)
    start = start.replace(microsecond=int(parts["start"]) % 1000 * 1000)
    return Written(
        system=System.EIGHT_BY_EIGHT,
        how="a call by its name as 8x8 writes it",
        time=WrittenTime(raw=parts["start"], instant=start, proof="the epoch in it"),
        extension=parts["extension"],
        outside=parts["number"],
        unique_id=parts["call"],
        said={"name": path.name},
    )


# The names that MiaRec's documentation gives to recordings.
#
# A practice sets the names by a template (``%{setup-time#%Y%m%d}``...), so only the documented one
# is known: ``<YYYYMMDD>/<YYYY-MM-DD-HHMMSS>.mp3``, or ``<YYYYMMDDHHMMSS>.mp3`` in such a folder,
# with ``_2`` and so on where two calls began at once. For any other: a template of one's own.
#
# Source: docs.miarec.com, file name format.

_MIAREC = re.compile(
    r"(?P<raw>(?P<year>(?:19|20)[0-9]{2})(?P<dash>-?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
    r"(?P=dash)(?P<time>[0-9]{6}))(?:_[0-9]{1,4})?\.(?:mp3|wav)"
)


def read_miarec(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not MiaRec's.

    Law: never raises.
    """
    parts = _MIAREC.fullmatch(path.name)
    if parts is None:
        return None
    day = parts["year"] + parts["month"] + parts["day"]
    time = stamps.time_from_digits(parts["raw"], day, parts["time"])
    if time is None or (setup.system != System.MIAREC and path.parent.name != day):
        return None
    return Written(
        system=System.MIAREC,
        how="a call by its name as MiaRec writes it",
        time=time,
        said={"name": path.name},
    )


# The names that Oreka gives to recordings.
#
# ``YYYY/MM/DD/HH/<YYYYMMDD>_<HHMMSS>_<port>.wav``, in local time. Others write such a name too, so
# it counts as Oreka's only in the folders of its own hour. Who spoke is in Oreka's call records
# alone.
#
# Source: voiceip/oreka 523705a, orkaudio.

_OREKA = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})_(?P<time>[0-9]{6}))_[^_/]{1,60}\.[A-Za-z0-9]{2,5}"
)


def read_oreka(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not Oreka's.

    Law: never raises.
    """
    parts = _OREKA.fullmatch(path.name)
    time = stamps.time_from_digits(parts["raw"], parts["day"], parts["time"]) if parts else None
    if parts is None or time is None:
        return None
    if setup.system != System.OREKA and not _in_its_hour(path, parts["day"], parts["time"]):
        return None
    return Written(
        system=System.OREKA,
        how="a call by its name as Oreka writes it",
        time=time,
        said={"name": path.name},
    )


def _in_its_hour(path: PurePath, day: str, time: str) -> bool:
    return path.parts[-5:-1] == (day[:4], day[4:6], day[6:], time[:2])


# The names under which RingCentral gives recordings out.
#
# ``<YYYYMMDD>-<HHMMSS>_[<extension>_]<number>_<Incoming|Outgoing>_<Auto|...>_<id>.mp3``; the number
# as people write it, ``(020)7946-0123``. Whose time it is nobody has written down: taken as local.
# The id is the recording's, as the call log has it.
#
# Source: samples of names in public code, of 2025, with an extension and without; RingCentral
# itself documents the call log and not the names.

_RINGCENTRAL = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6}))(?:_(?P<extension>[0-9]{2,8}))?"
    r"_(?P<number>[^_/]{1,40})_(?P<way>Incoming|Outgoing)_[A-Za-z-]{1,20}_(?P<id>[0-9]{1,20})"
    r"\.(?:mp3|wav)"
)

_WAYS = {"Incoming": Direction.INBOUND, "Outgoing": Direction.OUTBOUND}


def read_ringcentral(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not RingCentral's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _RINGCENTRAL.fullmatch(path.name)
    time = stamps.time_from_digits(parts["raw"], parts["day"], parts["time"]) if parts else None
    if parts is None or time is None:
        return None
    return Written(
        system=System.RINGCENTRAL,
        how="a call by its name as RingCentral writes it",
        time=time,
        direction=_WAYS[parts["way"]],
        extension=parts["extension"],
        outside=parts["number"],
        unique_id=parts["id"],
        said={"name": path.name},
    )


# The names under which Telesis systems hand recordings to an archive.
#
# ``AAAAAAAA_YYMMDD_HHMMSS_AD_I_N_C_R_P.mp3``, in local time: who was recorded (filled up with
# ``_``), the start, A for automatic and D for the direction, the other party, what was dialled, the
# caller's number, the call's reference and the recorder's address, both in hex. The manufacturer's
# two pages contradict each other on D and on the order of N and C, so neither is relied on: the
# outside party is whichever of them is a public number.
#
# Source: wiki2.telesis.com.tr, FileNameFormatForAutomaticVoiceRecords.

_TELESIS = re.compile(
    r"(?P<recorded>[A-Za-z0-9*#+]{1,16})_{1,8}(?P<raw>(?P<day>[0-9]{6})_(?P<time>[0-9]{6}))"
    r"_A?[IO]_(?P<party>[^_/]*)_(?P<ends>[^_/]*_[^_/]*)_(?P<reference>[0-9A-Fa-f]{1,16})"
    r"_[0-9A-Fa-f]{8}\.[A-Za-z0-9]{2,5}"
)


def read_telesis(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not Telesis's.

    Law: never raises.
    """
    parts = _TELESIS.fullmatch(path.name)
    # No such system recorded before 2000.
    time = (
        stamps.time_from_digits(parts["raw"], f"20{parts['day']}", parts["time"]) if parts else None
    )
    if parts is None or time is None:
        return None
    recorded, (dialled, calling) = parts["recorded"], parts["ends"].split("_")
    public = {e164(end, setup.region): end for end in (recorded, parts["party"], dialled, calling)}
    public.pop(None, None)
    return Written(
        system=System.TELESIS,
        how="a call by its name as Telesis writes it",
        time=time,
        outside=next(iter(public.values())) if len(public) == 1 else "",
        extension=recorded if is_extension(recorded, setup.extensions, setup.region) else None,
        unique_id=parts["reference"],
        said={"name": path.name},
    )


# The names that 3CX gives to recordings.
#
# ``[<name>]_<from>-<to>_<YYYYMMDDHHMMSS>(<counter>).wav`` in a folder called as the extension that
# was recorded. The name is the other party's, may be empty, and is his number where nobody knows
# him. The counter is no id. Whose time it is nobody has written down: taken as local.
#
# Source: sashintulsiram/callcabinet 3cxmoverecdata.sh, with its samples; 3CX's page on recordings
# names the folders.

_THREECX = re.compile(
    r"\[(?P<name>[^/]*)\]_(?P<calling>[^-_/\[\]]*)-(?P<called>[^_/\[\]]*)"
    r"_(?P<day>(?:19|20)[0-9]{6})(?P<time>[0-9]{6})\([0-9]{1,12}\)\.(?:wav|mp3)",
    re.IGNORECASE,
)


def read_threecx(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not 3CX's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _THREECX.fullmatch(path.name)
    time = (
        stamps.time_from_digits(parts["day"] + parts["time"], parts["day"], parts["time"])
        if parts
        else None
    )
    if parts is None or time is None:
        return None
    recorded = path.parent.name
    return Written(
        system=System.THREE_CX,
        how="a call by its name as 3CX writes it",
        time=time,
        calling=parts["calling"],
        called=parts["called"],
        calling_is_inside=parts["calling"] == recorded,
        called_is_inside=parts["called"] == recorded,
        parties=_people(parts["name"].strip()),
        said={"name": path.name},
    )


def _people(name: str) -> tuple[str, ...]:
    """A number in a name's place is none, nor is "anonymous"."""
    return () if is_withheld(name) or not any(map(str.isalpha, name)) else (name,)


# The names of Twilio's recordings: ``RE`` and 32 hex digits, the recording's sid, and no more.
#
# All else is in the JSON that Twilio gives of the recording.
#
# Source: twilio.com/docs, Recordings resource.

_TWILIO = re.compile(r"(?P<sid>RE[0-9a-f]{32})\.(?:wav|mp3)")


def identify_twilio(path: PurePath, setup: Setup) -> Identified | None:
    """Which recording it is, or None where it is not Twilio's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _TWILIO.fullmatch(path.name)
    if parts is None:
        return None
    return Identified(
        system=System.TWILIO,
        how="a recording's sid as Twilio writes it, and no more",
        unique_id=parts["sid"],
        said={"name": path.name},
    )


# The names that VICIdial gives to recordings by default.
#
# ``<YYYYMMDD>-<HHMMSS>_<customer's number>-all.wav``, in local time; ``-in`` and ``-out`` instead
# of ``-all`` are the two halves before they are mixed, and neither is one party's: the call is
# recorded in a conference. Which way the call went is not said. Names of another make
# (``CAMPAIGN``, ``AGENT``...) are for a template of one's own.
#
# Source: inktel/Vicidial 1278c1c, bin/AST_CRON_audio_1_move_mix.pl; FULLDATE_CUSTPHONE is the
# default of a campaign's recording filename.

_VICIDIAL = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6}))_(?P<customer>\+?[0-9]{2,18})"
    r"(?:-(?P<part>in|out|all))?\.[A-Za-z0-9]{2,5}"
)

_HALVES = {"in": "one half of a call", "out": "one half of a call"}


def read_vicidial(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not VICIdial's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _VICIDIAL.fullmatch(path.name)
    time = stamps.time_from_digits(parts["raw"], parts["day"], parts["time"]) if parts else None
    if parts is None or time is None:
        return None
    return Written(
        system=System.VICIDIAL,
        how=f"{_HALVES.get(parts['part'], 'a call')} by its name as VICIdial writes it",
        time=time,
        outside=parts["customer"],
        said={"name": path.name},
    )


class ReadName(Protocol):
    def __call__(self, path: PurePath, setup: Setup) -> Written | None: ...


class Identify(Protocol):
    def __call__(self, path: PurePath, setup: Setup) -> Identified | None: ...


NAME_READERS: Final[dict[System, ReadName]] = {
    System.ASTERISK: asterisk.read_asterisk,
    System.THREE_CX: read_threecx,
    System.EIGHT_BY_EIGHT: read_eight_by_eight,
    System.RINGCENTRAL: read_ringcentral,
    System.TELESIS: read_telesis,
    System.FREESWITCH: freeswitch.read_freeswitch,
    System.VICIDIAL: read_vicidial,
    System.OREKA: read_oreka,
    System.MIAREC: read_miarec,
}
"""In the order in which they are asked: whose names are the most telling, first."""

SYSTEMS_NAMING_PEOPLE: Final = frozenset({System.THREE_CX})
"""Whose names hold what somebody is called, and so any sign."""

ID_READERS: Final[dict[System, Identify]] = {
    System.FREESWITCH: freeswitch.identify_freeswitch,
    System.TWILIO: identify_twilio,
}
