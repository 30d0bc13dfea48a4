"""When a call began: from a local time as written, and an instant beside it where there is one.

The clocks repeat an hour each October and skip one each March, and a telephone system may keep
another zone than the practice. An instant in UTC beside the local time proves which it was.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from callrec.policy.retention import EARLIEST_CALL
from callrec.telephone.call import TimeConfidence

YEARS: Final = range(1900, 2100)
"""In which calls are: what shows another is a clock that is wrong, or no clock's."""

_FIRST: Final = datetime.combine(EARLIEST_CALL, time(), UTC)

_HOUR = timedelta(hours=1)

SAME_HOUR: Final = _HOUR / 2
"""Half of the step by which clocks change: what differs by less cannot mean another hour. Callers
wait in a queue, so that much may lie between the channel, whose instant we have, and the name."""

_OFFSET_TOLERANCE = timedelta(minutes=2)
"""How near to a whole hour a difference must be to be another time zone and no waiting."""

_FARTHEST_EAST, _FARTHEST_WEST = 14, -12


class Moment(NamedTuple):
    """A start, how sure it is, and why."""

    at: datetime
    """Aware, UTC."""
    local: datetime
    """What the clock showed, naive."""
    confidence: TimeConfidence
    why: str
    """The end of a sentence."""
    zone: str
    """Whose clock showed it: ``Europe/London``, or ``UTC-07:00``."""
    contradiction: str | None = None
    """What contradicts it, in words."""

    @property
    def offset(self) -> timedelta:
        """Of that clock then, east of Greenwich."""
        return self.local - self.at.replace(tzinfo=None)

    @property
    def members(self) -> dict[str, Any]:
        """What it settles of a Call (`HOUR_MEMBERS`)."""
        return {
            "started_at": self.at,
            "zone": self.zone,
            "utc_offset_minutes": round(self.offset.total_seconds() / 60),
            "time_confidence": self.confidence,
            "contradiction": self.contradiction,
        }


def is_misdated(started_at: datetime, came_in_at: datetime) -> bool:
    """Whether no call that had come in by then can have begun so: some clock was wrong."""
    return not _FIRST <= started_at <= came_in_at


def by_local_time(local: datetime, zone: ZoneInfo) -> Moment:
    """When a clock in the zone showed this; naive in, aware out.

    A time that came twice is taken as the first; one that never was, as if the clocks had not yet
    gone forward (PEP 495).
    """
    first, second = _readings(local, zone)
    if first.astimezone(zone).replace(tzinfo=None) != local:
        confidence = TimeConfidence.NONEXISTENT
        why = f"the clocks of {zone} skipped that time; read as if they had not gone forward yet"
    elif first != second:
        confidence = TimeConfidence.LOCAL_AMBIGUOUS
        why = f"the clocks of {zone} showed that time twice; the first is taken"
    else:
        confidence = TimeConfidence.LOCAL_UNAMBIGUOUS
        why = f"the time is {zone}'s"
    return Moment(first, local, confidence, why, str(zone))


def by_instant_alone(instant: datetime, zone: ZoneInfo, why: str) -> Moment:
    """When it was, of a time that is written in UTC or with its offset."""
    local = instant.astimezone(zone).replace(tzinfo=None)
    return Moment(instant.astimezone(UTC), local, TimeConfidence.UTC_PROVEN, why, str(zone))


def by_instant(
    local: datetime, zone: ZoneInfo, instant: datetime, *, proof: str = "the unique id"
) -> Moment:
    """When a clock showed this, given an instant of about that time.

    The instant decides between the hours that the local time could mean, and shows a clock that
    stands in another zone, if it is off by whole hours. Any other difference is a contradiction:
    then the local time stands, unproven.

    Law: for every instant, its own local time in the zone is read back to the second.
    """
    nearest = min(_readings(local, zone), key=lambda reading: abs(reading - instant))
    apart = abs(nearest - instant)
    if apart < SAME_HOUR:
        why = f"{proof} proves the hour"
        return Moment(nearest, local, TimeConfidence.UTC_PROVEN, why, str(zone))
    shown = local.replace(tzinfo=UTC)
    hours = round((shown - instant) / _HOUR)
    at = shown - hours * _HOUR
    if _FARTHEST_WEST <= hours <= _FARTHEST_EAST and abs(at - instant) <= _OFFSET_TOLERANCE:
        other = f"UTC{hours:+03}:00"
        why = f"{proof} shows that its clock stood at {other}, not in the zone expected"
        return Moment(at, local, TimeConfidence.UTC_PROVEN, why, other)
    unproven = by_local_time(local, zone)
    spelled = f"{apart.days} days" if apart.days else f"{apart.seconds // 60} minutes"
    contradiction = f"{proof} contradicts it by {spelled}"
    why = f"{contradiction} and is left aside; {unproven.why}"
    return unproven._replace(at=nearest, why=why, contradiction=contradiction)


def _readings(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first = local.replace(tzinfo=zone, fold=0)
    return first.astimezone(UTC), first.replace(fold=1).astimezone(UTC)
