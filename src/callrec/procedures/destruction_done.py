"""When a destruction is done: nothing of it is left in the vault, and no volume owes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callrec.catalogue import destruction
from callrec.catalogue.engine import reading
from callrec.practice import writing
from callrec.procedures.archive_unfinished import owed_by_label
from callrec.procedures.custody import to_millis
from callrec.procedures.destruction_log import DESTRUCTION_DONE, read_destruction_leaf
from callrec.procedures.unpacked import drop_unpacked
from callrec.procedures.volume_rows import check_volumes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from callrec.practice import Actor, Practice


def record_completed_destructions(practice: Practice, actor: Actor) -> tuple[str, ...]:
    """Write down which destructions are done now: their certificates, ``C-1``.

    It takes no power: whoever comes next says it, and what is gone must not be left unsaid.

    Raises:
        Failed: what a killed drill left beside the vault, of a volume that owed, cannot be removed.
        Tampered: what the catalogue says of a destruction or of a volume is not what the log says.
    """
    with reading(practice.engine) as connection:
        if not _settled(practice, connection):
            return ()
    drop_unpacked(practice.folder, practice.vault)
    with writing(practice, actor.signer) as act:
        done = _settled(practice, act.connection)
        if done:
            check_volumes(practice, act.connection)
        for row in done:
            read_destruction_leaf(practice, act.connection, row)
            act.leaf(DESTRUCTION_DONE, actor=actor.person.id, subject=[row.id])
            now = to_millis(practice.now())
            destruction.update_certificate(act.connection, row.id, done_at=now)
    return tuple(f"C-{row.number}" for row in done)


def _settled(practice: Practice, connection: Connection) -> Sequence[Row[Any]]:
    return [
        row
        for row in destruction.each_certificate(connection, is_done=False)
        if row.cleared_at is not None and not owed_by_label(practice, connection, row.id)
    ]
