"""Whether the clock by which a file's local times were written is the practice's, or UTC's.

No file says so. But where a row has an id that holds the instant at which its call came into being,
a start soon after that instant by the one clock, and not by the other, tells.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from callrec.telephone.written import WrittenTime

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SOON: Final = timedelta(minutes=30)
"""As in telephone/clock.py: no other hour could be meant."""

_AT_LEAST: Final = timedelta(seconds=-2)
"""Clocks are set."""


class FileClock:
    """Tells of each row when it was; what an earlier row of the file has shown is remembered."""

    def __init__(self, zone: ZoneInfo, proof: str) -> None:
        """``proof`` is what the instants are taken from, in words: ``the unique id``."""
        self._zone = zone
        self._proof = proof
        self._is_utc: bool | None = None

    def time(self, raw: str, start: datetime, created: datetime | None) -> WrittenTime:
        """When a row began.

        A later leg may have the id of a call that is hours old. Then the clock counts that the
        last telling row showed, and its id does not contradict it.

        Args:
            raw: its start as written.
            start: naive.
            created: the instant in its id.
        """
        if created is not None and (self._is_near(start, created) or self._is_utc is None):
            return WrittenTime(raw=raw, local=start, instant=created, proof=self._proof)
        if self._is_utc:
            proof = f"its file's clock, which {self._proof} shows to stand in UTC,"
            return WrittenTime(raw=raw, instant=start.replace(tzinfo=UTC), proof=proof)
        return WrittenTime(raw=raw, local=start)

    def _is_near(self, start: datetime, created: datetime) -> bool:
        """Whether it began soon after its call, by the practice's clock."""
        since = start - created.replace(tzinfo=None)
        in_zone = any(_AT_LEAST <= since - offset < _SOON for offset in self._offsets(start))
        in_utc = _AT_LEAST <= since < _SOON
        if in_zone and in_utc:  # winter
            self._is_utc = bool(self._is_utc)
        elif in_zone or in_utc:
            self._is_utc = in_utc
        return in_zone

    def _offsets(self, local: datetime) -> tuple[timedelta, timedelta]:
        """East of Greenwich, by both readings of a local time."""
        first, second = (self._zone.utcoffset(local.replace(fold=fold)) for fold in (0, 1))
        return first or timedelta(), second or timedelta()
