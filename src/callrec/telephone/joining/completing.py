"""What a call record adds to what a recording's name, or its sidecar, tells of the call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from callrec.telephone.call import Direction, TimeConfidence
from callrec.telephone.clock import by_instant
from callrec.telephone.joining.facts import JoinedBy

if TYPE_CHECKING:
    from callrec.telephone.call import Call
    from callrec.telephone.joining.facts import Joined

_FOUND_BY = {
    JoinedBy.UNIQUE_ID: "its unique id",
    JoinedBy.LINKED_ID: "its linked id",
    JoinedBy.FILE_NAME: "the name of its file",
    JoinedBy.NUMBER_AND_TIME: "its number and time",
}


def completed(call: Call, joined: Joined) -> Call:
    """The call, with what its record knows and the recording does not say.

    What the recording says stays; its record fills what is not known, adds the names of people,
    and decides which hour a local time meant. An instant of the record's that contradicts the time
    is told and left aside. Only an id or a name is trusted with the time: a record that was itself
    found by its time proves nothing of it.

    Law: completing twice changes nothing more, but for the sentence that says why.
    """
    leg = joined.call.legs[joined.leg_index]
    told = leg.call
    people = (*call.parties, *(name for part in joined.call.legs for name in part.call.parties))
    direction = call.direction if call.direction is not Direction.UNKNOWN else told.direction
    agrees = told.direction is direction
    whole = replace(
        call,
        direction=direction,
        caller=call.caller or told.caller,
        callee=call.callee or told.callee,
        number=call.number or (told.number if agrees else None),
        extension=call.extension or (told.extension if agrees else None),
        parties=tuple(dict.fromkeys(people)),
        unique_id=call.unique_id or told.unique_id,
        why=f"{call.why}; its call record was found by {_FOUND_BY[joined.joined_by]}",
    )
    return whole if joined.joined_by is JoinedBy.NUMBER_AND_TIME else _timed(whole, told)


def _timed(call: Call, told: Call) -> Call:
    if call.time_confidence is TimeConfidence.FILE_TIME:
        return replace(
            call,
            started_at=told.started_at,
            local_time=told.local_time,
            time_confidence=told.time_confidence,
            raw_time=told.raw_time,
            zone=told.zone,
            utc_offset_minutes=told.utc_offset_minutes,
            contradiction=told.contradiction,
        )
    is_proven = call.time_confidence is TimeConfidence.UTC_PROVEN
    if is_proven or told.time_confidence is not TimeConfidence.UTC_PROVEN:
        return call
    local = datetime.fromisoformat(call.local_time)
    moment = by_instant(local, ZoneInfo(call.zone), told.started_at, proof="its call record")
    return replace(
        call,
        started_at=moment.at,
        time_confidence=moment.confidence,
        zone=moment.zone,
        utc_offset_minutes=round(moment.offset.total_seconds() / 60),
        contradiction=moment.contradiction or call.contradiction,
    )
