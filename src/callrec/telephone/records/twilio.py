"""Call records of Twilio: its Recording and Call objects, as its API gives them.

A recording says of which call it is and when, a call who spoke; the sid of the call joins them.

Source: Twilio, Recordings resource and Calls resource (members; times in GMT, RFC 2822 or ISO 8601;
durations are text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Final

from callrec.telephone.call import Direction, System
from callrec.telephone.records import lines as cells
from callrec.telephone.records.lines import Item, Leg, flattened, text_at
from callrec.telephone.written import Setup, Written, WrittenTime

_RFC_2822: Final = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} (?:19|20)[0-9]{2} [0-9:]{8} (?:[+-]0[0-9]00|GMT)"
)

_ANSWERED: Final = frozenset({"completed", "in-progress"})


def is_ours(item: Item) -> bool:
    """Whether an item is a Recording or a Call."""
    sid = text_at(item, "sid")
    return (sid.startswith("RE") and "call_sid" in item) or (sid.startswith("CA") and "to" in item)


def is_of_a_recording(item: Item) -> bool:
    return text_at(item, "sid").startswith("RE")


def legs(item: Item, setup: Setup) -> Iterator[Leg | str]:
    """The one leg that an item is, or why it is none."""
    time = _time(text_at(item, "start_time") or text_at(item, "date_created"))
    if time is None:
        yield "its start is no date and time"
    else:
        yield _recording(item, time, setup) if is_of_a_recording(item) else _call(item, time, setup)


def _recording(item: Item, time: WrittenTime, setup: Setup) -> Leg:
    call = Written(
        system=System.TWILIO,
        how="a recording as Twilio describes it",
        time=time,
        direction=Direction.UNKNOWN,
        unique_id=text_at(item, "call_sid") or None,
        said=flattened(item),
    )
    return Leg(
        call=call.to_call(setup),
        key=text_at(item, "call_sid"),
        recording=cells.file_name(text_at(item, "sid")),
        answered=True,
        answered_at=None,
        talk_ms=cells.parse_milliseconds(text_at(item, "duration")),
    )


def _call(item: Item, time: WrittenTime, setup: Setup) -> Leg:
    way = text_at(item, "direction")
    call = Written(
        system=System.TWILIO,
        how="a call record as Twilio writes it",
        time=time,
        direction=Direction.INBOUND if way == "inbound" else None,
        calling=cells.parse_end(text_at(item, "from")),
        called=cells.parse_end(text_at(item, "to")),
        unique_id=text_at(item, "sid"),
        said=flattened(item),
    )
    return Leg(
        call=call.to_call(setup),
        key=text_at(item, "parent_call_sid") or text_at(item, "sid"),
        recording="",
        answered=text_at(item, "status") in _ANSWERED,
        answered_at=None,
        talk_ms=cells.parse_milliseconds(text_at(item, "duration")),
    )


def _time(raw: str) -> WrittenTime | None:
    at = cells.parse_written_time(raw)
    if at is not None or not _RFC_2822.fullmatch(raw):
        return at
    try:
        instant = parsedate_to_datetime(raw)
    except ValueError:
        return None
    return WrittenTime(raw=raw, instant=instant, proof="the offset that is written with it")
