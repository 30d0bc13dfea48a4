"""When a call began: from a local time as written, and an instant beside it where there is one.

The clocks repeat an hour each October and skip one each March, and a telephone system may keep
another zone than the practice. An instant in UTC beside the local time proves which it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from callrec.telephone.call import TimeConfidence

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_HOUR = timedelta(hours=1)
_TOLERANCE = _HOUR / 2
"""Under half of the step by which clocks change, so that no other hour could be meant. That much
may lie between the channel, whose instant we have, and the name: callers wait in a queue."""

_OFFSET_TOLERANCE = timedelta(minutes=2)
"""How near to a whole hour a difference must be to be another time zone and no waiting."""

_FARTHEST_EAST, _FARTHEST_WEST = 14, -12


@dataclass(frozen=True, slots=True)
class Moment:
    """A start, how sure it is, and why."""

    at: datetime
    """Aware, UTC."""
    confidence: TimeConfidence
    why: str
    """The end of a sentence."""


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
    return Moment(first, confidence, why)


def by_instant(local: datetime, zone: ZoneInfo, instant: datetime) -> Moment:
    """When a clock showed this, given an instant of about that time.

    The instant decides between the hours that the local time could mean, and shows a clock that
    stands in another zone, if it is off by whole hours. Any other difference is a contradiction:
    then the local time stands, unproven.

    Law: for every instant, its own local time in the zone is read back to the second.
    """
    nearest = min(_readings(local, zone), key=lambda reading: abs(reading - instant))
    if abs(nearest - instant) < _TOLERANCE:
        return Moment(nearest, TimeConfidence.UTC_PROVEN, "the unique id proves the hour")
    elsewhere = _in_another_zone(local.replace(tzinfo=UTC), instant)
    if elsewhere is not None:
        return elsewhere
    unproven = by_local_time(local, zone)
    apart = _spelled(abs(nearest - instant))
    return Moment(
        nearest,
        unproven.confidence,
        f"the unique id contradicts it by {apart} and is left aside; {unproven.why}",
    )


def _readings(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _in_another_zone(shown: datetime, instant: datetime) -> Moment | None:
    hours = round((shown - instant) / _HOUR)
    at = shown - hours * _HOUR
    if not _FARTHEST_WEST <= hours <= _FARTHEST_EAST or abs(at - instant) > _OFFSET_TOLERANCE:
        return None
    why = f"the unique id shows that its clock stood at UTC{hours:+03}:00, not in the zone expected"
    return Moment(at, TimeConfidence.UTC_PROVEN, why)


def _spelled(apart: timedelta) -> str:
    return f"{apart.days} days" if apart.days else f"{apart.seconds // 60} minutes"
