"""Which recordings fit what a request says [policy 4(b), 4(d)]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.policy.described import described
from callrec.procedures.search import AT_ONCE, find_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from callrec.policy.particulars import Particulars
    from callrec.practice import Actor, Practice
    from callrec.procedures.custody import OpenedRecording


def matching_recordings(
    practice: Practice, actor: Actor, connection: Connection, particulars: Particulars
) -> tuple[Row[Any], ...]:
    """The rows of the recordings that fit what a request says, the newest first.

    Calls are opened for it: the caller has written the leaf before.

    Args:
        practice: the open vault.
        actor: holds the catalogue and the index key, as whoever may search does.
        connection: to the catalogue.
        particulars: what the request says; where that describes no call, nothing fits.

    Raises:
        Locked: the actor does not have these keys.
        Tampered: a recording is not as it was sealed.
    """
    matching = _matching(practice, actor, connection, particulars)
    ids = sorted(matching, key=lambda id_: (matching[id_].started_at, id_), reverse=True)
    rows: dict[int, Row[Any]] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = tables.recording.c.id.in_(ids[start : start + AT_ONCE])
        rows |= {row.id: row for row in connection.execute(select(tables.recording).where(some))}
    return tuple(rows[id_] for id_ in ids)


def _matching(
    practice: Practice, actor: Actor, connection: Connection, particulars: Particulars
) -> Mapping[int, OpenedRecording]:
    return {
        opened.id: opened
        for criteria in described(particulars)
        for opened in find_calls(practice, actor, connection, criteria)
    }
