"""Recordings under a request that are not of the day which it says [policy 4(b)].

A number is mistyped, and a description may be mistaken: neither is refused, and both are told to
whoever asks and to whoever decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.policy.described import is_of_another_day
from callrec.procedures.custody import from_millis

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection, Row

    from callrec.policy.particulars import Particulars
    from callrec.practice import Practice


def of_other_days(
    practice: Practice, particulars: Particulars, rows: Iterable[Row[Any]]
) -> tuple[int, ...]:
    """The numbers of those of these recordings that began on another day than a request says."""
    zone = practice.config.time_zone
    return tuple(
        row.id
        for row in rows
        if is_of_another_day(particulars, from_millis(row.started_at).astimezone(zone))
    )


def uids_of_other_days(
    practice: Practice, connection: Connection, particulars: Particulars, uids: Collection[str]
) -> tuple[int, ...]:
    """The same of recordings by their uids: as many as one request may name."""
    table = tables.recording.c
    query = select(table.id, table.started_at).where(table.uid.in_(uids)).order_by(table.id)
    return of_other_days(practice, particulars, connection.execute(query))
