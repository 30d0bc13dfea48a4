"""Call records of RingCentral: its call log, as its API gives it, with the legs of each call.

Source: RingCentral, API reference, Call Log (members, results, ISO 8601 with an offset).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callrec.telephone.call import Direction, System
from callrec.telephone.records import lines as cells
from callrec.telephone.records.lines import Item, Leg, flattened, text_at
from callrec.telephone.written import Setup, Written

_DIRECTIONS: Final = {"Inbound": Direction.INBOUND, "Outbound": Direction.OUTBOUND}

_SESSION: Final = frozenset({"sessionId", "telephonySessionId"})

_ANSWERED: Final = frozenset({"Accepted", "Call connected"})


def is_ours(item: Item) -> bool:
    """Whether an item is a record of the call log."""
    return {"startTime", "direction"} <= item.keys() and not _SESSION.isdisjoint(item)


def legs(item: Item, setup: Setup) -> Iterator[Leg | str]:
    """Those of one call; a call without any is its own."""
    if text_at(item, "type") == "Fax":
        yield "it is a fax and no call"
        return
    parts = item.get("legs")
    parts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    whole = {name: value for name, value in item.items() if name != "legs"}
    for place, part in enumerate(parts or [{}]):
        # Whatever is said of the call alone is said of each leg, but only one has its recording.
        beside = whole if place == 0 else {**whole, "recording": None}
        yield _leg({**beside, **part}, setup)


def _leg(item: Item, setup: Setup) -> Leg | str:
    time = cells.parse_written_time(text_at(item, "startTime"))
    if time is None:
        return "its start is no date and time"
    recording = text_at(item, "recording", "id")
    ours = "to" if text_at(item, "direction") == "Inbound" else "from"
    call = Written(
        system=System.RINGCENTRAL,
        how="a call record as RingCentral writes it",
        time=time,
        direction=_direction(item),
        calling=_end(item, "from"),
        called=_end(item, "to"),
        extension=cells.parse_end(text_at(item, ours, "extensionNumber")) or None,
        parties=cells.person_names(text_at(item, "from", "name"), text_at(item, "to", "name")),
        unique_id=recording or text_at(item, "id") or None,
        said=flattened(item),
    )
    answered = text_at(item, "result") in _ANSWERED
    return Leg(
        call=call.to_call(setup),
        key=text_at(item, "telephonySessionId") or text_at(item, "sessionId"),
        recording=cells.file_name(recording),
        answered=answered,
        answered_at=None,
        talk_ms=cells.parse_milliseconds(text_at(item, "duration")) if answered else None,
    )


def _direction(item: Item) -> Direction | None:
    """Between two extensions it is neither way."""
    ends = [text_at(item, end, "phoneNumber") for end in ("from", "to")]
    inside = [text_at(item, end, "extensionNumber") for end in ("from", "to")]
    if all(inside) and not any(ends):
        return Direction.INTERNAL
    return _DIRECTIONS.get(text_at(item, "direction"))


def _end(item: Item, which: str) -> str:
    return cells.parse_end(
        text_at(item, which, "phoneNumber") or text_at(item, which, "extensionNumber")
    )
