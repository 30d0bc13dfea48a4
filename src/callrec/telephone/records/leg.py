"""One leg of a call, as a call record tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from callrec.telephone.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one row says."""

    call: Call
    """As it is understood; its start is when this leg began."""
    key: str
    """What its system knows the whole call by (linked id, call id); empty: the leg stands alone."""
    recording: str
    """Name of its recording, without folders and harmless; empty: none is named."""
    answered: bool
    answered_at: datetime | None
    """Aware, UTC; None: not answered, or not said."""
    talk_ms: int | None
    """How long was spoken; None: not said."""
    written: int = field(default=0, compare=False)
    """Stands for what its system wrote, where that itself is no longer held; 0: nothing does."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A row that says nothing that could be used."""

    line: int
    """In its file, from 1; of JSON, which of its items."""
    why: str
    """In a few words, with nothing of the call in them."""
