"""Time stamps: when the authority is asked, what is told of it, one to keep elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callrec.catalogue.engine import reading
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.policy.days import short_date
from callrec.practice import Actor, Practice, put_stamps_on_record
from callrec.stamps.waiting import waiting_files
from callrec.system.files import check_new, write_whole

if TYPE_CHECKING:
    from callrec.stamps.asking import TriedInVain
    from callrec.stamps.authority import Stamp

EVERY: Final = timedelta(days=1)
"""How often the record is stamped, where something was written to it."""

PAUSE: Final = timedelta(hours=1)
"""How long an authority is left alone that gave no stamp."""

LATE_AFTER: Final = timedelta(days=2)
"""Since when the last stamp is called late."""


@dataclass(frozen=True, slots=True)
class StampedRecord:
    """What came of having the record stamped."""

    stamp: Stamp
    on_record: bool
    """False: nobody was logged in, so the next entry of anybody's takes it along."""


@dataclass(frozen=True, slots=True)
class StampStanding:
    """How a practice stands with its stamps."""

    last: datetime | None
    """When the newest stamp on record was made; None: there is none."""
    waits: bool
    """One is there that goes on record with the next entry."""
    owed: bool
    """Something was written since the last one."""
    tried: TriedInVain | None


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
    from callrec.stamps.asking import stamp_checkpoint  # noqa: PLC0415 - few set one up
    from callrec.stamps.kept import is_on_record, newest_note  # noqa: PLC0415

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


def stamp_standing(practice: Practice) -> StampStanding | None:
    """How the practice stands with its stamps; None where none are set up."""
    if not practice.settings.timestamp.url:
        return None
    from callrec.stamps.asking import tried_in_vain  # noqa: PLC0415 - as above
    from callrec.stamps.kept import last_stamped, newest_note  # noqa: PLC0415

    with reading(practice.engine) as connection:
        last, newest = last_stamped(connection), newest_note(connection)
    return StampStanding(
        last[1] if last else None,
        bool(waiting_files(practice.folder)),
        # Its own entry, which says that there is one, needs no stamp.
        newest is not None and newest[0] > (last[0] + 1 if last else 0),
        tried_in_vain(practice.folder),
    )


def is_time_to_stamp(practice: Practice) -> bool:
    """Whether a command that wrote to the record has the authority asked now."""
    standing, now = stamp_standing(practice), practice.now()
    if standing is None or standing.waits or not standing.owed:
        return False
    # A clock that was set back must not keep it for ever.
    is_fresh = standing.last is not None and -EVERY <= now - standing.last < EVERY
    tried = standing.tried
    return not is_fresh and not (tried is not None and -PAUSE <= now - tried.at < PAUSE)


def stamp_warnings(practice: Practice) -> Iterator[str]:
    """That the record is stamped late, and why."""
    standing = stamp_standing(practice)
    if standing is None or standing.waits or not standing.owed or standing.tried is None:
        return
    since = standing.last or standing.tried.at
    if practice.now() - since >= LATE_AFTER or standing.last is None:
        zone = practice.settings.time_zone
        last = standing.last and short_date(standing.last.astimezone(zone))
        what = f"no time stamp since {last}" if last else "the record has no time stamp yet"
        yield f"{what}: {standing.tried.why}; callrec audit stamp"
