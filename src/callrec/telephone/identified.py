"""What a name tells that holds an id and no time, and the call that is understood from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from callrec.errors import Unusable
from callrec.telephone.call import Call, Direction, System, TimeConfidence
from callrec.telephone.clock import YEARS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Whose recording it is, and what that system knows the call, or the recording, by."""

    system: System
    how: str
    """What was read, in words."""
    unique_id: str | None = None
    day: date | None = None
    """On which it began, where its folder says so."""
    said: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_call(self, modified: int, zone: ZoneInfo) -> Call:
        """The call, of which no time is known but when its file was last written.

        That is when the call ended, or, if the file was copied, any time after it: a day that is
        known goes before it.

        Args:
            modified: seconds since the epoch.
            zone: the practice's.

        Raises:
            Unusable: there are no calls of that time.
        """
        at = _in_zone(modified, zone)
        contradiction = None
        if self.day is not None and at.date() not in {self.day, self.day + _A_DAY}:
            at = datetime.combine(self.day, datetime.min.time(), zone)
            contradiction = "the file's own time is of another day than its folder"
        return Call(
            system=self.system,
            direction=Direction.UNKNOWN,
            caller=None,
            callee=None,
            number=None,
            extension=None,
            parties=(),
            started_at=at.astimezone(UTC),
            local_time=at.replace(tzinfo=None).isoformat(),
            time_confidence=TimeConfidence.FILE_TIME,
            raw_time="",
            zone=str(zone),
            utc_offset_minutes=round((at.utcoffset() or timedelta()).total_seconds() / 60),
            contradiction=contradiction,
            unique_id=self.unique_id,
            sides=(),
            why=f"{self.how}; {_of_time(contradiction)}",
            said=self.said,
        )


NOT_IDENTIFIED: Final = Identified(
    system=System.NONE, how="no sidecar, and a name that no known system writes"
)


def _in_zone(modified: int, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromtimestamp(modified, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        at = None
    if at is None or at.year not in YEARS:
        raise Unusable("the file's own time is in no year of calls")
    return at


def _of_time(contradiction: str | None) -> str:
    if contradiction is None:
        return "the time is the file's own"
    return f"{contradiction}, whose beginning is taken"
