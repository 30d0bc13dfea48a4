"""Call records of RingCentral: its call log, as its API gives it, with the legs of each call.

Source: RingCentral, API reference, Call Log (members, results, ISO 8601 with an offset).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.telephone.call import Direction, System
from callrec.telephone.records import cells
from callrec.telephone.records.items import said, text
from callrec.telephone.records.leg import Leg
from callrec.telephone.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.telephone.records.items import Item
    from callrec.telephone.setup import Setup

_DIRECTIONS: Final = {"Inbound": Direction.INBOUND, "Outbound": Direction.OUTBOUND}
_SESSION: Final = frozenset({"sessionId", "telephonySessionId"})
_ANSWERED: Final = frozenset({"Accepted", "Call connected"})


def is_ours(item: Item) -> bool:
    """Whether an item is a record of the call log."""
    return {"startTime", "direction"} <= item.keys() and not _SESSION.isdisjoint(item)


def legs(item: Item, setup: Setup) -> Iterator[Leg | str]:
    """Those of one call; a call without any is its own."""
    if text(item, "type") == "Fax":
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
    time = cells.written_time(text(item, "startTime"))
    if time is None:
        return "its start is no date and time"
    recording = text(item, "recording", "id")
    ours = "to" if text(item, "direction") == "Inbound" else "from"
    call = Written(
        system=System.RINGCENTRAL,
        how="a call record as RingCentral writes it",
        time=time,
        direction=_direction(item),
        calling=_end(item, "from"),
        called=_end(item, "to"),
        extension=cells.end(text(item, ours, "extensionNumber")) or None,
        parties=cells.people(text(item, "from", "name"), text(item, "to", "name")),
        unique_id=recording or text(item, "id") or None,
        said=said(item),
    )
    answered = text(item, "result") in _ANSWERED
    return Leg(
        call=call.understood(setup),
        key=text(item, "telephonySessionId") or text(item, "sessionId"),
        recording=cells.file_name(recording),
        answered=answered,
        answered_at=None,
        talk_ms=cells.milliseconds(text(item, "duration")) if answered else None,
    )


def _direction(item: Item) -> Direction | None:
    """Between two extensions it is neither way."""
    ends = [text(item, end, "phoneNumber") for end in ("from", "to")]
    inside = [text(item, end, "extensionNumber") for end in ("from", "to")]
    if all(inside) and not any(ends):
        return Direction.INTERNAL
    return _DIRECTIONS.get(text(item, "direction"))


def _end(item: Item, which: str) -> str:
    return cells.end(text(item, which, "phoneNumber") or text(item, which, "extensionNumber"))
