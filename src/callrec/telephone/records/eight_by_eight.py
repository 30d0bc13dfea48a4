"""Call records of 8x8 Work: the objects of its cloud storage, which describe one recording each.

Times are in milliseconds since 1970. The checksum of the recording's bytes is kept as ``md5`` in
what the call is said to be, for whoever holds the recording.

Source: 8x8, Cloud Storage Service Objects (members, tags, the form of an object's name).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from callrec.telephone.call import Direction, System
from callrec.telephone.records import lines as cells
from callrec.telephone.records.lines import Item, Leg, flattened, text_at
from callrec.telephone.written import Setup, Written, WrittenTime

_DIRECTIONS: Final = {"INBOUND": Direction.INBOUND, "OUTBOUND": Direction.OUTBOUND}

_MD5: Final = re.compile("[0-9a-fA-F]{32}")


def is_ours(item: Item) -> bool:
    """Whether an item is the object of a recording."""
    return "objectName" in item and isinstance(item.get("tags"), list | dict)


def legs(item: Item, setup: Setup) -> Iterator[Leg | str]:
    """The one leg that an object is, or why it is none."""
    tags = _tags(item["tags"])
    started = cells.parse_whole(text_at(tags, "startTime"))
    instant = cells.from_epoch(None if started is None else started / 1000)
    if instant is None:
        yield "its start is no instant"
        return
    time = WrittenTime(
        raw=text_at(tags, "startTime"),
        instant=instant,
        proof="the epoch",
    )
    path = text_at(item, "objectName").split(":")
    yield Leg(
        call=_written(item, tags, path, time).to_call(setup),
        key=text_at(tags, "callId"),
        recording=cells.file_name(path[-1]),
        answered=True,
        answered_at=None,
        talk_ms=None,  # what unit a duration is in is not known
    )


def _written(item: Item, tags: Item, path: list[str], time: WrittenTime) -> Written:
    direction = _DIRECTIONS.get(text_at(tags, "direction"))
    # ipbx:<practice>:callrecording:users:<extension>:<file>
    extension = cells.parse_end(path[-2]) if len(path) > 1 else ""
    address = cells.parse_end(text_at(tags, "address"))
    outgoing = direction is Direction.OUTBOUND
    return Written(
        system=System.EIGHT_BY_EIGHT,
        how="a recording as 8x8 describes it",
        time=time,
        direction=direction,
        calling=extension if outgoing else address,
        called=address if outgoing else extension,
        extension=extension or None,
        parties=cells.person_names(text_at(tags, "userName")),
        unique_id=text_at(tags, "callId") or None,
        said={**flattened({**item, "tags": tags}), **_md5(item)},
    )


def _md5(item: Item) -> dict[str, str]:
    checksum = text_at(item, "checksum")
    is_one = text_at(item, "checksumType").upper() == "MD5" and _MD5.fullmatch(checksum)
    return {"md5": checksum.lower()} if is_one else {}


def _tags(tags: Any) -> Item:
    """By their keys; they come as a list of key and value."""
    if isinstance(tags, dict):
        return tags
    pairs = [tag for tag in tags if isinstance(tag, dict)]
    return {text_at(tag, "key"): tag.get("value") for tag in pairs}
