"""Recordings under a request that are not of the day which it says [policy 4(b)].

A number is mistyped, and a description may be mistaken: neither is refused, and both are told to
whoever decides, and to whoever asks if he may know what the recordings are: else days could be
tried out on numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.times import from_millis
from callrec.policy.handling import is_shown_recordings
from callrec.policy.search import is_of_another_day
from callrec.practice import today

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from callrec.policy.particulars import Particulars
    from callrec.practice import Actor, Practice
    from callrec.requests.model import RequestBody


def find_date_mismatches(
    practice: Practice, particulars: Particulars, rows: Iterable[Row[Any]]
) -> tuple[int, ...]:
    """The numbers of those of these recordings that began on another day than a request says."""
    zone = practice.config.time_zone
    return tuple(
        row.id
        for row in rows
        if is_of_another_day(particulars, from_millis(row.started_at).astimezone(zone))
    )


def date_mismatches_known_to(
    practice: Practice, actor: Actor, connection: Connection, body: RequestBody
) -> tuple[int, ...] | None:
    """The same of a request that the actor makes or changes; None if that is not his to know."""
    if not is_shown_recordings(actor.person, body.purpose, on=today(practice)):
        return None
    table, uids = tables.recording.c, [uid for uid, _ in body.recordings]
    query = select(table.id, table.started_at).where(table.uid.in_(uids)).order_by(table.id)
    return find_date_mismatches(practice, body.particulars, connection.execute(query))
