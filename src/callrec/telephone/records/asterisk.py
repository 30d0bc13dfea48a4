"""Call records of Asterisk and FreePBX: Master.csv, an export of FreePBX's, cdr_adaptive's.

Master.csv has no header and sixteen columns, after which the unique id, the user field, and three
more stand or not, as ``cdr.conf`` says. The others name their columns. Times are local or in UTC
(``usegmtime``), which no file says: the second in a unique id, which is always UTC, tells.

Source: asterisk f0c1c1a, cdr/cdr_csv.c, configs/samples/cdr.conf.sample; FreePBX/cdr ba021d0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from callrec.telephone.call import Direction, Leg, System
from callrec.telephone.number import e164, is_extension, may_be_outside
from callrec.telephone.records.lines import (
    FileClock,
    Line,
    NotUnderstood,
    ReadLine,
    ReadRow,
    by_columns,
    by_header,
    cells_of,
    changed_reason,
    file_name,
    from_epoch,
    has_numbered_dates,
    parse_end,
    parse_length,
    parse_local_time,
    parse_milliseconds,
    person_names,
    shown_name,
    why_no_time,
)
from callrec.telephone.written import Setup, Written, WrittenTime

_COLUMNS: Final = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
)

_LATER_COLUMNS: Final = ("peeraccount", "linkedid", "sequence")
_START, _DISPOSITION = _COLUMNS.index("start"), _COLUMNS.index("disposition")
_DISPOSITIONS: Final = frozenset({"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION"})
_UNIQUE_ID: Final = re.compile(r"(?:.+-)?(?P<epoch>[0-9]{9,10})\.[0-9]+")
_CALLING_DEVICE: Final = re.compile(r"(?:PJSIP|SIP|IAX2|SCCP|Skinny)/([0-9]{2,6})[-@]")
_CALLED_DEVICE: Final = re.compile(r"(?:PJSIP|SIP|IAX2|SCCP|Skinny|Local)/([0-9]{2,6})[-@]")

_MAILBOXES: Final = frozenset({"voicemail", "voicemailmain"})
"""Nobody, also beside the channel of a desk that rang before: older systems leave it in the row."""

_MACHINES: Final = _MAILBOXES | {
    *("agi", "answer", "background", "backgrounddetect", "busy", "congestion", "controlplayback"),
    *("deadagi", "directory", "eagi", "echo", "hangup", "macroexit", "minivmgreet"),
    *("minivmrecord", "musiconhold", "park", "parkandannounce", "playback", "playtones", "queue"),
    *("read", "receivefax", "record", "ringing", "saydigits", "sendfax", "wait", "waitexten"),
}
"""Applications that answer by themselves and put nobody through. A conference puts people through,
and has no second channel either; nor need Stasis have one."""

_GREETING: Final = re.compile(r"vm-(?:intro|isonphone|isunavail|theperson)\b")
"""What a caller hears before they leave a message."""

_LOCAL: Final = re.compile(r"Local/(?P<end>[^@]+)@(?P<context>[^;]*)")
_PARKED: Final = ("parkedcalls", "park-dial")
_NO_DESK: Final = re.compile(r"\*[0-9]+|vm[a-z]?[0-9]{2,6}")
"""A code for a feature, such as ``*97``, or a mailbox."""

_TAKES_OVER: Final = frozenset({"parkedcall", "pickup", "pickupchan"})
"""Applications by which somebody takes over a call that is there: the row says not who called."""

_MAILBOX: Final = re.compile(r"vm[a-z]?([0-9]{2,6})")
"""What is dialled for a mailbox (FreePBX): with which greeting, and whose it is."""

_FROM_OUTSIDE: Final = ("from-trunk", "from-pstn", "from-did", "from-digital", "ext-did")


def begin_asterisk(first: Sequence[Line], setup: Setup) -> ReadLine | None:
    """What reads the lines of a file that begins so; None: it is not Asterisk's."""
    read = partial(_leg, setup, FileClock(setup.zone, "the unique id"))
    for start in ("start", "calldate"):
        needed = frozenset({start, "src", "dst", "disposition"})
        if (by_names := by_header(first[0], needed, read)) is not None:
            return by_names
    rows = map(cells_of, first)
    if not any(_columns(row) and _is_a_time(row[_START]) for row in rows):
        return None
    return partial(_read_unnamed, read)


def _read_unnamed(read: ReadRow, line: Line) -> Leg | NotUnderstood:
    row = cells_of(line)
    columns = _columns(row)
    if row and not columns:
        return NotUnderstood(line.number, "it is not a row of Master.csv")
    return by_columns(line.number, columns, row, read)


def _is_a_time(text: str) -> bool:
    return has_numbered_dates(text) or parse_local_time(text) is not None


def _leg(setup: Setup, clock: FileClock, fields: Mapping[str, str]) -> Leg | str:
    column = "start" if "start" in fields else "calldate"
    raw = fields.get(column, "")
    unique_id = fields.get("uniqueid", "")
    if unique_id.isdigit():  # its sequence is gone
        return changed_reason("uniqueid")
    found = _UNIQUE_ID.fullmatch(unique_id)
    created = from_epoch(int(found["epoch"])) if found else None
    start = parse_local_time(raw, orders=setup.date_orders, near=created)
    if start is None:
        return why_no_time(column, raw, setup.date_orders)
    time = clock.time(raw, start, created)
    call = _written(fields, time, setup).to_call(setup)
    # A call that was given up in a queue is ANSWERED, for the queue is, but has no second channel.
    app = fields.get("lastapp", "").casefold()
    second = fields.get("dstchannel", "")
    by_machine = app in (_MAILBOXES if second else _MACHINES) or _is_nobody(second, setup)
    is_greeting = app in _MACHINES and _GREETING.match(fields.get("lastdata", ""))
    answered = fields.get("disposition") == "ANSWERED" and not (by_machine or is_greeting)
    # How long it rang: not as a difference of local times, which may jump.
    duration = parse_length(fields.get("duration", ""))
    talked = parse_length(fields.get("billsec", ""))
    rang = None if duration is None or talked is None or duration < talked else duration - talked
    # FreePBX has a column for the recording; before, it stood in the user field.
    before, _, by_user_field = fields.get("userfield", "").partition("audio:")
    return Leg(
        call=call,
        key=fields.get("linkedid") or fields.get("uniqueid", ""),
        recording=file_name(fields.get("recordingfile") or ("" if before else by_user_field)),
        answered=answered,
        answered_at=call.started_at + rang if answered and rang is not None else None,
        talk_ms=parse_milliseconds(fields.get("billsec", "")),
    )


def _written(fields: Mapping[str, str], time: WrittenTime, setup: Setup) -> Written:
    calling, called = parse_end(fields.get("src", "")), parse_end(fields.get("dst", ""))
    called = _MAILBOX.sub(r"\1", called)
    ours_calling = _ours(calling, _CALLING_DEVICE.match(fields.get("channel", "")), setup)
    ours_called = _ours(called, _CALLED_DEVICE.match(fields.get("dstchannel", "")), setup)
    from_outside = fields.get("did") or fields.get("dcontext", "").startswith(_FROM_OUTSIDE)
    direction = None
    if fields.get("lastapp", "").casefold() in _TAKES_OVER:
        direction = Direction.UNKNOWN
    elif ours_calling:
        direction = Direction.INTERNAL if ours_called else Direction.OUTBOUND
    elif from_outside or (ours_called and may_be_outside(calling)):
        direction = Direction.INBOUND
    return Written(
        system=System.ASTERISK,
        how="a call record as Asterisk writes it",
        time=time,
        direction=direction,
        # Of an outgoing call src is what the called party is shown: often the practice's number.
        calling=ours_calling or calling,
        called=called,
        extension=ours_calling or ours_called,
        parties=person_names(
            shown_name(fields.get("clid", "")), fields.get("cnam", ""), fields.get("dst_cnam", "")
        ),
        unique_id=fields.get("uniqueid"),
        said=fields,
    )


def _is_nobody(channel: str, setup: Setup) -> bool:
    """Whether a channel leads into the dialplan, and there to what is no desk and no number."""
    local = _LOCAL.match(channel)
    if local is None:
        return False
    end = local["end"]
    is_within = end.isascii() and end.isdigit() and not e164(end)
    return (
        local["context"].startswith(_PARKED)
        or _NO_DESK.fullmatch(end) is not None
        or (is_within and not is_extension(end, setup.extensions))
    )


def _ours(end: str, device: re.Match[str] | None, setup: Setup) -> str | None:
    """The extension at this end: by the device on its channel, else by its number.

    A queue has a number too, and the device is who answered.
    """
    for number in (device[1] if device else "", end):
        if is_extension(number, setup.extensions):
            return number
    return None


def _columns(row: Sequence[str]) -> tuple[str, ...]:
    """Of Master.csv, by how many there are; empty: it is not a row of it."""
    more = len(row) - len(_COLUMNS)
    if more not in range(len(_LATER_COLUMNS) + 3) or row[_DISPOSITION] not in _DISPOSITIONS:
        return ()
    later = _LATER_COLUMNS if more >= len(_LATER_COLUMNS) else ()
    one = "uniqueid" if _UNIQUE_ID.fullmatch(row[-1 - len(later)]) else "userfield"
    between = ((), (one,), ("uniqueid", "userfield"))[more - len(later)]
    return (*_COLUMNS, *between, *later)
