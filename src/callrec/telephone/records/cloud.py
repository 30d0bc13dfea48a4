"""Call records of cloud systems: RingCentral, 8x8 Work and Twilio, as JSON from their APIs.

For each system there is a test whether an item is its own, and a function that yields the legs that
an item of its own tells of, at least one, or why there is none.

Sources: RingCentral, API reference, Call Log (members, results, ISO 8601 with an offset). 8x8,
Cloud Storage Service Objects (members, tags, the form of an object's name). Twilio, Recordings
resource and Calls resource (members; times in GMT, RFC 2822 or ISO 8601; durations are text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from callrec.telephone.call import Direction, Leg, System
from callrec.telephone.number import digits_of
from callrec.telephone.records.lines import (
    MILLISECOND,
    Item,
    file_name,
    flattened,
    from_epoch,
    parse_end,
    parse_length,
    parse_milliseconds,
    parse_whole,
    parse_written_time,
    person_names,
    text_at,
)
from callrec.telephone.written import Setup, Written, WrittenTime

_RINGCENTRAL_DIRECTIONS: Final = {"Inbound": Direction.INBOUND, "Outbound": Direction.OUTBOUND}
_RINGCENTRAL_SESSION: Final = frozenset({"sessionId", "telephonySessionId"})
_RINGCENTRAL_CONNECTED: Final = "Call connected"
_RINGCENTRAL_ANSWERED: Final = frozenset({"Accepted", _RINGCENTRAL_CONNECTED})
_RINGCENTRAL_PARKED: Final = frozenset({"Call Park", "Park Location"})
"""Actions by which a place accepts a call; who takes it from there is connected."""


def is_ringcentral(item: Item) -> bool:
    """Whether an item is a record of RingCentral's call log."""
    return {"startTime", "direction"} <= item.keys() and not _RINGCENTRAL_SESSION.isdisjoint(item)


def ringcentral_legs(item: Item, setup: Setup) -> Iterator[Leg | str]:
    """Those of one call; a call without any is its own."""
    if text_at(item, "type") == "Fax":
        yield "it is a fax and no call"
        return
    parts = item.get("legs")
    parts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    whole = {name: value for name, value in item.items() if name != "legs"}
    for part in parts or [{}]:
        yield _ringcentral_leg(whole | part, setup)
        whole["recording"] = None  # what is known of the call is true of each leg, but not this


def _ringcentral_leg(item: Item, setup: Setup) -> Leg | str:
    time = parse_written_time(text_at(item, "startTime"))
    if time is None:
        return 'its "startTime" is no date and time'
    recording = text_at(item, "recording", "id")
    numbers = [text_at(item, end, "phoneNumber") for end in ("from", "to")]
    extensions = [text_at(item, end, "extensionNumber") for end in ("from", "to")]
    direction = _RINGCENTRAL_DIRECTIONS.get(text_at(item, "direction"))
    ours = 1 if direction is Direction.INBOUND else 0
    if all(extensions) and not any(numbers):
        direction = Direction.INTERNAL
    call = Written(
        system=System.RINGCENTRAL,
        how="a call record as RingCentral writes it",
        time=time,
        direction=direction,
        calling=parse_end(numbers[0] or extensions[0]),
        called=parse_end(numbers[1] or extensions[1]),
        extension=parse_end(extensions[ours]) or None,
        parties=person_names(text_at(item, "from", "name"), text_at(item, "to", "name")),
        unique_id=recording or text_at(item, "id") or None,
        said=flattened(item),
    )
    result = text_at(item, "result")
    answered = result == _RINGCENTRAL_CONNECTED or (
        result in _RINGCENTRAL_ANSWERED and text_at(item, "action") not in _RINGCENTRAL_PARKED
    )
    return Leg(
        call=call.to_call(setup),
        key=text_at(item, "telephonySessionId") or text_at(item, "sessionId"),
        recording=file_name(recording),
        answered=answered,
        talk_ms=parse_milliseconds(text_at(item, "duration")) if answered else None,
    )


_EIGHT_BY_EIGHT_DIRECTIONS: Final = {"INBOUND": Direction.INBOUND, "OUTBOUND": Direction.OUTBOUND}
_EIGHT_BY_EIGHT_CALLS: Final = frozenset({"callrecording", "callcenterrecording"})
_EIGHT_BY_EIGHT_VOICEMAIL: Final = frozenset({"voicemail", "callcentervoicemail"})
_MD5: Final = re.compile("[0-9a-fA-F]{32}")


def is_eight_by_eight(item: Item) -> bool:
    """Whether an item is an object of 8x8's cloud storage that describes a recording."""
    return "objectName" in item and isinstance(item.get("tags"), list | dict)


def eight_by_eight_legs(item: Item, setup: Setup) -> Iterator[Leg | str]:
    """The one leg that an object is, or why it is none.

    Times are in milliseconds, a start since 1970. The checksum of the recording is kept as ``md5``
    among the fields of the system, to check the recording by.
    """
    tags, kind = item["tags"], text_at(item, "type")
    if kind and kind not in _EIGHT_BY_EIGHT_CALLS | _EIGHT_BY_EIGHT_VOICEMAIL:
        yield 'its "type" is no recording of a call'
        return
    if isinstance(tags, list):  # of key and value
        pairs = [tag for tag in tags if isinstance(tag, dict)]
        tags = {text_at(tag, "key"): tag.get("value") for tag in pairs}
    started = parse_whole(text_at(tags, "startTime"))
    instant = from_epoch(None if started is None else started / 1000)
    if instant is None:
        yield 'its "startTime" is no instant'
        return
    time = WrittenTime(raw=text_at(tags, "startTime"), instant=instant, proof="the epoch")
    path = text_at(item, "objectName").split(":")
    length = parse_length(text_at(tags, "duration"), MILLISECOND)
    yield Leg(
        call=_eight_by_eight_call(item, tags, path, time).to_call(setup),
        key=text_at(tags, "callId"),
        recording=file_name(path[-1]),
        answered=kind not in _EIGHT_BY_EIGHT_VOICEMAIL,
        talk_ms=None if length is None else length // MILLISECOND,
    )


def _eight_by_eight_call(item: Item, tags: Item, path: list[str], time: WrittenTime) -> Written:
    direction = _EIGHT_BY_EIGHT_DIRECTIONS.get(text_at(tags, "direction"))
    # ipbx:<practice>:callrecording:users:<extension>:<file>
    extension = parse_end(path[-2] if len(path) > 1 else text_at(tags, "extensionNumber"))
    outgoing = direction is Direction.OUTBOUND
    # Of the contact centre the address may be a name, and the number stands beside it.
    ends = [text_at(tags, name) for name in ("address", "calleeId" if outgoing else "callerId")]
    address = parse_end(next(filter(digits_of, ends), ends[0]))
    checksum = text_at(item, "checksum")
    is_md5 = text_at(item, "checksumType").upper() == "MD5" and _MD5.fullmatch(checksum)
    return Written(
        system=System.EIGHT_BY_EIGHT,
        how="a recording as 8x8 describes it",
        time=time,
        direction=direction,
        calling=extension if outgoing else address,
        called=address if outgoing else extension,
        extension=extension or None,
        parties=person_names(*(text_at(tags, name) for name in ("userName", "agentName"))),
        unique_id=text_at(tags, "callId") or None,
        said=flattened({**item, "tags": tags}) | ({"md5": checksum.lower()} if is_md5 else {}),
    )


_RFC_2822: Final = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} (?:19|20)[0-9]{2} [0-9:]{8} (?:[+-]0[0-9]00|GMT)"
)

_TWILIO_ANSWERED: Final = frozenset({"completed", "in-progress"})


def is_twilio(item: Item) -> bool:
    """Whether an item is one of Twilio's Recording or Call objects."""
    sid = text_at(item, "sid")
    return (sid.startswith("RE") and "call_sid" in item) or (sid.startswith("CA") and "to" in item)


def twilio_legs(item: Item, setup: Setup) -> Iterator[Leg | str]:
    """The one leg that an item is, or why it is none.

    A recording says of which call it is and when, a call who spoke; the sid of the call joins them.
    """
    time = _twilio_time(text_at(item, "start_time") or text_at(item, "date_created"))
    if time is None:
        yield 'its "start_time" is no date and time'
        return
    own, of_call = text_at(item, "sid"), text_at(item, "call_sid")
    is_recording = own.startswith("RE")
    written = Written(
        system=System.TWILIO,
        how="a recording as Twilio describes it",
        time=time,
        direction=Direction.UNKNOWN,
        unique_id=of_call or None,
        said=flattened(item),
    )
    if not is_recording:
        written = written._replace(
            how="a call record as Twilio writes it",
            direction=Direction.INBOUND if text_at(item, "direction") == "inbound" else None,
            calling=parse_end(text_at(item, "from")),
            called=parse_end(text_at(item, "to")),
            unique_id=own,
        )
    yield Leg(
        call=written.to_call(setup),
        key=of_call if is_recording else text_at(item, "parent_call_sid") or own,
        recording=file_name(own) if is_recording else "",
        answered=is_recording or text_at(item, "status") in _TWILIO_ANSWERED,
        talk_ms=parse_milliseconds(text_at(item, "duration")),
    )


def _twilio_time(raw: str) -> WrittenTime | None:
    at = parse_written_time(raw)
    if at is not None or not _RFC_2822.fullmatch(raw):
        return at
    try:
        instant = parsedate_to_datetime(raw)
    except ValueError:
        return None
    instant = instant.replace(tzinfo=instant.tzinfo or UTC)  # -0000 is UTC too, and comes as none
    return WrittenTime(raw=raw, instant=instant, proof="the offset that is written with it")
