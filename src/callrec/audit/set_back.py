"""When leaves say that they were written, and where a clock was set back between two of them.

A leaf says itself when it was written, by the clock of whoever wrote it, and nothing can prove it.
But others write to the same log: where the next one says an earlier time, one of the two clocks was
wrong, and what came to its end by the later one (a request that nobody decided, a power that was
lent) may have come to it too soon. Somebody has to look, so it is told and is no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

_BEFORE_TIME: Final = b'"at":"'
"""Canonical JSON sorts, and no id and no act can hold this: so the first of them is the leaf's."""
_TIME_BYTES: Final = len("2026-11-24T09:05:00.000Z")
_LEEWAY: Final = timedelta(hours=1)
"""By which two machines' clocks may differ, and a long command's leaves come after others'."""


@dataclass(frozen=True, slots=True)
class ClockSetBack:
    """A leaf after which another says that it was written earlier, by more than an hour."""

    seq: int
    at: datetime
    next_at: datetime
    """When the next one says that it was written."""


def written_at() -> ColumnElement[bytes]:
    """The time in a leaf, of a query over leaves, as the leaf has it; its order is that of time."""
    leaf = tables.leaf.c
    begins = func.instr(leaf.body, _BEFORE_TIME) + len(_BEFORE_TIME)
    return func.substr(leaf.body, begins, _TIME_BYTES)


def find_clock_set_backs(connection: Connection) -> tuple[ClockSetBack, ...]:
    """Wherever that is so, in the order of the log.

    Raises:
        Tampered: a leaf's time is not in its form.
    """
    seq, at = tables.leaf.c.seq, written_at()
    pairs = select(seq, at.label("at"), func.lead(at).over(order_by=seq).label("next")).subquery()
    rows = connection.execute(select(pairs).where(pairs.c.next < pairs.c.at).order_by(pairs.c.seq))
    found = (ClockSetBack(seq, _time(at), _time(next_at)) for seq, at, next_at in rows)
    return tuple(each for each in found if each.at - each.next_at > _LEEWAY)


def _time(written: bytes) -> datetime:
    return parse_instant(written.decode())
