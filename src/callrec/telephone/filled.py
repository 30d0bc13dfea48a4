"""Fill in a recording's call from its call record, or from another name of the same sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callrec.telephone.call import TIME_MEMBERS, Call, Direction, TimeConfidence
from callrec.telephone.clock import by_instant
from callrec.telephone.joining_facts import Joined
from callrec.telephone.records.leg import Leg

_APART: Final = timedelta(minutes=30)
"""Half of the step by which clocks change; a caller may wait that long in a queue."""

_OPEN: Final = frozenset({TimeConfidence.LOCAL_AMBIGUOUS, TimeConfidence.NONEXISTENT})


def filled_from_record(call: Call, joined: Joined) -> Call:
    """A recording's call, with what was not known of it from its call record.

    Laws: what was known stays as it is, but for an hour that the record proves; what the record
    says otherwise is told in ``contradiction``.
    """
    leg = joined.call.legs[joined.leg_index]
    went = {call.direction, leg.call.direction} - {Direction.UNKNOWN}
    known = _timed(call, leg)
    if len(went) <= 1:
        known = _with_ends(known, leg.call)
    against = [known.contradiction, *_contradictions(known, joined)]
    return replace(
        known,
        parties=tuple(dict.fromkeys((*call.parties, *leg.call.parties))),
        unique_id=call.unique_id or leg.call.unique_id,
        contradiction="; ".join(filter(None, against)) or None,
        why=f"{call.why}; the rest by its call record",
    )


def filled_from_name(call: Call, told: Call) -> Call:
    """A recording's call, with what was not known of it from another name of the same sound.

    Law: what was known stays as it is; a name that tells another number, way or extension tells
    nothing.
    """
    pairs = (
        (call.number, told.number),
        (call.caller, told.caller),
        (call.callee, told.callee),
        (call.extension, told.extension),
        (call.unique_id, told.unique_id),
    )
    went = {call.direction, told.direction} - {Direction.UNKNOWN}
    if len(went) > 1 or any(known and new and known != new for known, new in pairs):
        return call
    known = _with_ends(call, told)
    if call.time_confidence is TimeConfidence.FILE_TIME:
        known = _at_the_time_of(known, told)
    return replace(
        known,
        parties=call.parties or told.parties,
        unique_id=call.unique_id or told.unique_id,
    )


def _with_ends(call: Call, told: Call) -> Call:
    is_known = call.direction is not Direction.UNKNOWN
    return replace(
        call,
        direction=call.direction if is_known else told.direction,
        caller=call.caller or told.caller,
        callee=call.callee or told.callee,
        number=call.number or told.number,
        extension=call.extension or told.extension,
    )


def _timed(call: Call, leg: Leg) -> Call:
    told = leg.call
    if call.time_confidence is TimeConfidence.FILE_TIME:
        return _at_the_time_of(call, told)
    if call.time_confidence in _OPEN and told.time_confidence is TimeConfidence.UTC_PROVEN:
        local = datetime.fromisoformat(call.local_time)
        moment = by_instant(local, ZoneInfo(call.zone), told.started_at, proof="the call record")
        return replace(call, **moment.members)
    return call


def _at_the_time_of(call: Call, told: Call) -> Call:
    return replace(call, **{name: getattr(told, name) for name in TIME_MEMBERS})


def _contradictions(call: Call, joined: Joined) -> Iterator[str]:
    legs = joined.call.legs
    began = [at for leg in legs for at in (leg.call.started_at, leg.answered_at) if at]
    if min(abs(at - call.started_at) for at in began) > _APART and not call.contradiction:
        yield "its call record has another time"
    directions = {leg.call.direction for leg in legs}
    if directions.isdisjoint({call.direction, Direction.UNKNOWN}):
        yield "its call record has another direction"
    numbers = {leg.call.number for leg in legs}
    if call.number and numbers.isdisjoint({call.number, None}):
        yield "its call record has another number"
