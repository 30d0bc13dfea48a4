"""Have the record stamped with the time now, and keep a stamp elsewhere."""

from __future__ import annotations

from pathlib import Path

from callrec.catalogue.engine import reading
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.practice import Actor, Practice, put_stamps_on_record
from callrec.stamps.asking import stamp_checkpoint
from callrec.stamps.authority import Stamp
from callrec.stamps.kept import is_on_record, newest_note
from callrec.system.files import check_new, write_whole


@dataclass(frozen=True, slots=True)
class StampedRecord:
    """What came of having the record stamped."""

    stamp: Stamp
    on_record: bool
    """False: nobody was logged in, so the next entry of anybody's takes it along."""


def stamp_record(practice: Practice, actor: Actor | None, *, to: Path | None) -> StampedRecord:
    """Have the record's newest head stamped, and put the stamp on record; it takes no password.

    Args:
        practice: the open vault.
        actor: in whose name it goes on record; None: with the next entry of anybody.
        to: a new file for the head, to keep elsewhere; the stamp lies beside it, as ``.tsr``.

    Raises:
        Unusable: there is a file of that name.
        Misconfigured: nobody is set up to be asked, or there is no ``openssl`` here.
        Failed: the authority gave none, or a file cannot be written.
        Tampered: nobody signed a head.
    """
    beside = None if to is None else to.with_name(f"{to.name}.tsr")
    for path in (to, beside):
        if path is not None:
            check_new(path, replace=False)
    with reading(practice.engine) as connection:
        newest = newest_note(connection)
    if newest is None:
        raise Tampered("the audit log has no signed head", hint="callrec audit verify")
    size, note = newest
    timestamp = practice.settings.timestamp
    stamp = stamp_checkpoint(timestamp, practice.folder, note, size, practice.now())
    if to is not None and beside is not None:
        write_whole(to, note, replace=False)
        write_whole(beside, stamp.token, replace=False)
    if actor is not None:
        put_stamps_on_record(practice, actor.signer)
    with reading(practice.engine) as connection:
        return StampedRecord(stamp, is_on_record(connection, size))
