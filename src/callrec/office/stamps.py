"""How a practice stands with its time stamps: when the authority is asked, what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from callrec.catalogue.engine import reading
from callrec.dataclass import dataclass
from callrec.policy.days import short_date
from callrec.practice import Practice
from callrec.stamps.waiting import TriedInVain, tried_in_vain, waiting_files

EVERY: Final = timedelta(days=1)
"""How often the record is stamped, where something was written to it."""

PAUSE: Final = timedelta(hours=1)
"""How long an authority is left alone that gave no stamp."""

LATE_AFTER: Final = timedelta(days=2)
"""Since when the last stamp is called late."""


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


def stamp_standing(practice: Practice) -> StampStanding | None:
    """How the practice stands with its stamps; None where none are set up."""
    if not practice.settings.timestamp.url:
        return None
    from callrec.stamps.kept import last_stamped, newest_note  # noqa: PLC0415 - few set one up

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
