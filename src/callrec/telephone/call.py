"""What is known of one call before anybody has listened to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


class System(StrEnum):
    """Who said what is known of a call; the words are those of ``--system``."""

    ASTERISK = "asterisk"
    """FreePBX and its relatives too."""
    FREESWITCH = "freeswitch"
    """FusionPBX too."""
    THREE_CX = "3cx"
    OREKA = "oreka"
    VICIDIAL = "vicidial"
    AVAYA = "avaya"
    MITEL = "mitel"
    CUCM = "cucm"
    HORIZON = "horizon"
    EIGHT_BY_EIGHT = "8x8"
    RINGCENTRAL = "ringcentral"
    TWILIO = "twilio"
    MIAREC = "miarec"
    TELESIS = "telesis"
    TEMPLATE = "template"
    """A pattern of the practice's own, from its configuration."""
    SIDECAR = "sidecar"
    NONE = "none"


class Direction(StrEnum):
    """Which way a call went, seen from the practice."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class TimeConfidence(StrEnum):
    """How sure the start of a call is."""

    UTC_PROVEN = "utc-proven"
    LOCAL_UNAMBIGUOUS = "local-unambiguous"
    LOCAL_AMBIGUOUS = "local-ambiguous"
    """The clocks went back: that local time came twice."""
    NONEXISTENT = "nonexistent"
    """The clocks went forward: that local time never was."""
    FILE_TIME = "file-time"
    """Only the file's own time is known, which is nearer to the end of the call."""


class Side(StrEnum):
    """Whom one channel of a recording carries."""

    OUTSIDE = "outside"
    PRACTICE = "practice"
    CALLER = "caller"
    CALLED = "called"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as its telephone system left it; every text in it can be written as UTF-8."""

    system: System
    direction: Direction
    caller: str | None
    """E.164 where it is a public number, as written otherwise; None: withheld or unknown."""
    callee: str | None
    """As the caller."""
    number: str | None
    """The outside party's: E.164, or a short code such as 999."""
    extension: str | None
    """Of the practice's end; of an internal call, the end that called."""
    parties: tuple[str, ...]
    """Names of people, where the system knew them."""
    started_at: datetime
    """Aware, UTC."""
    local_time: str
    """ISO 8601 without an offset, as written; of an instant, in the practice's time zone."""
    time_confidence: TimeConfidence
    raw_time: str
    """The time as the system wrote it, character by character; empty: it wrote none."""
    zone: str
    """In which ``local_time`` stands: ``Europe/London``, or ``UTC-07:00`` where that was shown."""
    utc_offset_minutes: int
    """Of ``local_time``, east of Greenwich."""
    contradiction: str | None
    """What contradicts the time, in words; it was left aside."""
    unique_id: str | None
    sides: tuple[Side, ...]
    """Whom each channel carries, the left one first; empty: not known."""
    why: str
    """How it was read: one sentence, with nothing of the call in it."""
    said: Mapping[str, str] = field(hash=False)
    """What the system said, as it said it."""

    @property
    def numbers(self) -> frozenset[str]:
        """Those that the outside party may have: its number; or the public numbers at both ends.

        The latter where nobody knows which way the call went.
        """
        return outside_numbers(self.direction, self.number, (self.caller, self.callee))


def outside_numbers(
    direction: str, number: str | None, ends: Iterable[str | None]
) -> frozenset[str]:
    """As `Call.numbers`, of a call's facts wherever they stand."""
    known = {number} if number else set[str]()
    if direction == Direction.UNKNOWN:
        known |= {end for end in ends if isinstance(end, str) and end.startswith("+")}
    return frozenset(known)
