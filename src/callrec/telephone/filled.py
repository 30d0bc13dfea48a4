"""Fill in a recording's call from its call record, or from another name of the same sound."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from callrec.dataclass import replace
from callrec.telephone.call import TIME_MEMBERS, Call, Direction, TimeConfidence, is_found_with
from callrec.telephone.clock import SAME_HOUR, by_instant
from callrec.telephone.joining_facts import Joined

_OPEN: Final = frozenset({TimeConfidence.LOCAL_AMBIGUOUS, TimeConfidence.NONEXISTENT})
_ENDS: Final = ("caller", "callee", "number", "extension")


def filled_from_record(call: Call, joined: Joined) -> Call:
    """A recording's call, with what was not known of it from its call record.

    Laws: what was known stays as it is, but for an hour that the record proves; what the record
    says otherwise stands in ``contradiction``.
    """
    leg = joined.call.legs[joined.leg_index].call
    known = call
    if call.time_confidence is TimeConfidence.FILE_TIME:
        known = _at_the_time_of(call, leg)
    elif call.time_confidence in _OPEN and leg.time_confidence is TimeConfidence.UTC_PROVEN:
        local = datetime.fromisoformat(call.local_time)
        moment = by_instant(local, ZoneInfo(call.zone), leg.started_at, proof="the call record")
        known = replace(call, **moment.members)
    if not _other_direction(call, leg):
        known = _with_ends(known, leg)
    against = [known.contradiction, *_contradictions(known, joined)]
    return replace(
        known,
        parties=tuple(dict.fromkeys((*call.parties, *leg.parties))),
        unique_id=call.unique_id or leg.unique_id,
        contradiction="; ".join(filter(None, against)) or None,
        why=f"{call.why}; the rest by its call record",
    )


def filled_from_name(call: Call, other: Call) -> Call:
    """A recording's call, with what was not known of it from another name of the same sound.

    Law: what was known stays as it is, and what it is found by; a name that tells another number,
    way or extension tells nothing.
    """
    pairs = [(getattr(call, name), getattr(other, name)) for name in (*_ENDS, "unique_id")]
    if _other_direction(call, other) or any(known and new and known != new for known, new in pairs):
        return call
    known = _with_ends(call, other)
    if call.time_confidence is TimeConfidence.FILE_TIME:
        known = _at_the_time_of(known, other)
    return replace(
        known, parties=call.parties or other.parties, unique_id=call.unique_id or other.unique_id
    )


def _other_direction(call: Call, other: Call) -> bool:
    return len({call.direction, other.direction} - {Direction.UNKNOWN}) > 1


def _with_ends(call: Call, other: Call) -> Call:
    """With what was not known of its way and ends, unless it is found by no end of its own then."""
    is_known = call.direction is not Direction.UNKNOWN
    filled = replace(
        call,
        direction=call.direction if is_known else other.direction,
        **{name: getattr(call, name) or getattr(other, name) for name in _ENDS},
    )
    return filled if is_found_with(call, filled) else call


def _at_the_time_of(call: Call, other: Call) -> Call:
    return replace(call, **{name: getattr(other, name) for name in TIME_MEMBERS})


def _contradictions(call: Call, joined: Joined) -> Iterator[str]:
    legs = joined.call.legs
    began = [at for leg in legs for at in (leg.call.started_at, leg.answered_at) if at]
    if min(abs(at - call.started_at) for at in began) > SAME_HOUR and not call.contradiction:
        yield "its call record has another time"
    directions = {leg.call.direction for leg in legs}
    if directions.isdisjoint({call.direction, Direction.UNKNOWN}):
        yield "its call record has another direction"
    numbers = {leg.call.number for leg in legs}
    if call.number and numbers.isdisjoint({call.number, None}):
        yield "its call record has another number"
