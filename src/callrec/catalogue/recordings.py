"""Rows of recordings."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain

from sqlalchemy import Connection, select

from callrec.catalogue import tables
from callrec.catalogue.engine import batches


def numbers_of(connection: Connection, ids: Collection[str]) -> dict[str, int]:
    """The numbers of those of the ids that are uids of recordings, by these."""
    recording = tables.recording.c
    query = select(recording.uid, recording.id)
    found = (connection.execute(query.where(recording.uid.in_(some))) for some in batches([*ids]))
    return {row.uid: row.id for row in chain.from_iterable(found)}
