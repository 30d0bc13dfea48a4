"""Call records of FusionPBX and of Cisco Unified Communications Manager (CUCM).

The first line names the columns. FusionPBX quotes cells and does not double a quote within one, so
that such a row cannot be read; its epochs are seconds in UTC, its stamps have an offset or are
local. CUCM's files are called ``cdr_<cluster>_<node>_<time>_<number>``; a second line has the types
of the columns. Its instants are seconds in UTC, and 0 for what never was: a call that was
not answered has no connect time.

Sources: fusionpbx 0b8251a, app/xml_cdr/xml_cdr_export.php, app/xml_cdr/app_config.php; c7a00dc,
app/xml_cdr/resources/classes/xml_cdr.php (status); 134ae11, the same (last_app, bridge_uuid);
freeswitch, mod_callcenter (reasons of a cancel), switch_ivr_bridge.c (bridge_uuid). Cisco, Call
Detail Records Administration Guide (columns, global call id, times), SCCP Integration of Unity
Connection (names of voicemail ports).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from callrec.telephone.call import Direction, Leg, System
from callrec.telephone.number import e164, is_extension
from callrec.telephone.records.lines import (
    MILLISECOND,
    Line,
    NotUnderstood,
    ReadLine,
    by_header,
    file_name,
    from_epoch,
    parse_end,
    parse_length,
    parse_milliseconds,
    parse_whole,
    parse_written_time,
    person_names,
    why_no_time,
)
from callrec.telephone.written import Setup, Written, WrittenTime

_NOBODY: Final = frozenset({"voicemail", "missed"})
_NOT_REACHED: Final = frozenset({"abandoned", "busy", "cancelled", "no_answer"})
"""Of FusionPBX's words for how a call ended; the second, unless two were put through before.
``failed`` says why it ended, also of one in which people spoke."""

_MACHINES: Final = frozenset(
    {
        *("endless_playback", "ivr", "park", "play_and_get_digits", "playback", "record"),
        *("rxfax", "txfax", "valet_park", "voicemail"),
    }
)
"""Applications that answer by themselves, unless two were put through before."""

_VOICEMAIL: Final = re.compile(r"\*9[789].*")
"""What is dialled to listen to voicemail, or to leave some."""

_STAYED: Final = "NONE"
"""Of a queue's reasons; the others say why a caller left it before anybody took the call."""

_TRUE: Final = frozenset({"true", "t", "1"})
"""As FusionPBX, Postgres and SQLite write it."""

_MAILBOX: Final = re.compile(r"\*99([0-9]{2,6})")
_VOICEMAIL_PORT: Final = re.compile(r".+-VI[0-9]+")
"""As Unified CM calls the ports of its voicemail."""

_DIRECTIONS: Final = {
    "inbound": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
    "local": Direction.INTERNAL,
}


def begin_fusionpbx(first: Sequence[Line], setup: Setup) -> ReadLine | None:
    """What reads the lines of a file that begins so; None: it is not FusionPBX's."""
    for start in ("start_epoch", "start_stamp"):
        needed = frozenset({start, "caller_id_number", "destination_number"})
        read = by_header(first[0], needed, partial(_fusionpbx_leg, setup))
        if read is not None:
            return read
    return None


def _fusionpbx_leg(setup: Setup, fields: Mapping[str, str]) -> Leg | str:
    stamp = fields.get("start_stamp", "")
    time = parse_written_time(stamp, orders=setup.date_orders)
    if epoch := from_epoch(parse_whole(fields.get("start_epoch", ""))):
        time = WrittenTime(raw=stamp or fields["start_epoch"], instant=epoch, proof="the epoch")
    if time is None:
        return why_no_time("start_stamp", stamp, setup.date_orders)
    call = Written(
        system=System.FREESWITCH,
        how="a call record as FusionPBX writes it",
        time=time,
        # Whatever is dialled with six digits or fewer is called local: 999 and 118500, too.
        direction=None
        if e164(fields.get("destination_number", ""))
        and fields.get("direction", "").casefold() == "local"
        else _DIRECTIONS.get(fields.get("direction", "").casefold()),
        calling=parse_end(fields.get("source_number") or fields.get("caller_id_number", "")),
        called=_MAILBOX.sub(r"\1", parse_end(fields.get("destination_number", ""))),
        extension=fields.get("extension"),
        parties=person_names(fields.get("caller_id_name", "")),
        unique_id=fields.get("xml_cdr_uuid"),
        said=fields,
    ).to_call(setup)
    exactly = parse_length(fields.get("billmsec", ""), unit=MILLISECOND)
    talked = parse_milliseconds(fields.get("billsec", ""))
    if exactly is not None:
        talked = exactly // MILLISECOND
    answered_at = from_epoch(parse_whole(fields.get("answer_epoch", "")))
    answered = (answered_at is not None or bool(talked)) and not _is_nobody(fields)
    return Leg(
        call=call,
        # Of two legs each names the other.
        key=min(filter(None, (fields.get("xml_cdr_uuid"), fields.get("bridge_uuid"))), default=""),
        recording=file_name(fields.get("record_name", "")),
        answered=answered,
        answered_at=answered_at if answered else None,
        talk_ms=talked,
    )


def _is_nobody(fields: Mapping[str, str]) -> bool:
    """Whether the system took the call, and put it through to nobody."""
    status, app = fields.get("status"), fields.get("last_app")
    flags = {fields.get("voicemail_message"), fields.get("missed_call")}
    if status in _NOBODY or flags & _TRUE:
        return True
    if _VOICEMAIL.fullmatch(fields.get("destination_number", "")):
        return True
    left_the_queue = app == "callcenter" and fields.get("cc_cancel_reason", _STAYED) != _STAYED
    alone = "bridge_uuid" not in fields
    return alone and (status in _NOT_REACHED or app in _MACHINES or left_the_queue)


_NEEDED: Final = frozenset(
    {"globalcallid_callid", "datetimeorigination", "callingpartynumber", "finalcalledpartynumber"}
)

_TYPES: Final = ("INTEGER", "VARCHAR", "UNIQUEIDENTIFIER")


def begin_cucm(first: Sequence[Line], setup: Setup) -> ReadLine | None:
    """What reads the lines of a file that begins so; None: it is not Unified CM's."""
    read = by_header(first[0], _NEEDED, partial(_cucm_leg, setup))
    if read is None:
        return None

    def read_past_types(line: Line) -> Leg | NotUnderstood | None:
        return None if line.text.lstrip('"').startswith(_TYPES) else read(line)

    return read_past_types


def _cucm_leg(setup: Setup, fields: Mapping[str, str]) -> Leg | str:
    started = from_epoch(parse_whole(fields.get("datetimeorigination", "")))
    if started is None:
        return "it has no time of origination"
    answered_at = from_epoch(parse_whole(fields.get("datetimeconnect", "")))
    devices = (fields.get(f"{end}devicename", "") for end in ("orig", "dest"))
    by_voicemail = any(map(_VOICEMAIL_PORT.fullmatch, devices))
    if by_voicemail:
        answered_at = None
    parts = ("clusterid", "callmanagerid", "callid")
    global_id = (fields.get(f"globalcallid_{part}") for part in parts)
    calling = parse_end(fields.get("callingpartynumber", ""))
    # Of a mailbox the desk counts that it is of.
    final = None if by_voicemail else fields.get("finalcalledpartynumber")
    called = parse_end(final or fields.get("originalcalledpartynumber", ""))
    # A telephone within always has a number: one without came by a trunk.
    is_withheld = not calling and is_extension(called, setup.extensions)
    call = Written(
        system=System.CUCM,
        how="a call record as Cisco Unified CM writes it",
        time=WrittenTime(raw=fields["datetimeorigination"], instant=started, proof="the epoch"),
        direction=Direction.INBOUND if is_withheld else None,
        calling=calling,
        called=called,
        said=fields,
    ).to_call(setup)
    return Leg(
        call=call,
        key=":".join(filter(None, global_id)),
        answered=answered_at is not None,
        answered_at=answered_at,
        talk_ms=parse_milliseconds(fields.get("duration", "")),
    )
