"""Which recording belongs to which call: by its ids, its name, else by number and time.

Pure: procedures hold recordings and legs and ask here (docs/call-records.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from callrec.telephone.records.leg import Leg


class JoinedBy(StrEnum):
    """What a recording and a leg have in common, the surest first."""

    UNIQUE_ID = "unique-id"
    LINKED_ID = "linked-id"
    FILE_NAME = "file-name"
    NUMBER_AND_TIME = "number-and-time"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFacts:
    """What a recording is joined by."""

    unique_id: str | None
    names: tuple[str, ...]
    """Names of the files that it came in as, without folders."""
    numbers: tuple[str, ...]
    """Of both ends, as they stand in a Call."""
    extension: str | None
    started_at: datetime
    """Aware, UTC."""
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call with its parts."""

    key: str
    """What its system knows it by; empty: it does not say."""
    legs: tuple[Leg, ...]
    """In the order in which they began; at least one."""
