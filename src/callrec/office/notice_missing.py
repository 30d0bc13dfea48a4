"""Calls that fell on days without the notice by which their other side is told [policy 3].

Only the clear columns are read: the way that a call went, and its day. Whether a caller spoke the
words of the notice stands in the call's own record, which `callrec show` opens.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.times import from_millis, to_millis
from callrec.errors import Misconfigured
from callrec.notices.notice import read_notices
from callrec.policy.clause import Clause
from callrec.policy.notice import NOTICE_HEARD, in_force
from callrec.practice import today

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from callrec.practice import Practice

LOOKING_BACK: Final = timedelta(days=30)


def notice_warnings(practice: Practice) -> Iterator[str]:
    """For each way that calls go: how many of the last 30 days had no notice; nothing is opened."""
    try:
        versions = read_notices(practice.config)
    except Misconfigured as error:
        yield f"the notices: {error.message}"
        return
    days = _days_of_calls(practice)
    since = today(practice) - LOOKING_BACK
    for direction, kind in NOTICE_HEARD.items():
        missed = sum(in_force(versions, kind, day) is None for day in days.get(direction, ()))
        if missed:
            yield (
                f"{direction} calls since {since} on days without {kind} notice: {missed}"
                f" [{Clause.CALLER_IS_TOLD.cited}]"
            )


def _days_of_calls(practice: Practice) -> Mapping[str, Sequence[date]]:
    """The local day of each call of the last 30 days, by the way that it went."""
    recording, zone = tables.recording.c, practice.config.time_zone
    since = to_millis(practice.now() - LOOKING_BACK)
    found: dict[str, list[date]] = {}
    with reading(practice.engine) as connection:
        rows = connection.execute(
            select(recording.direction, recording.started_at).where(recording.started_at >= since)
        )
        for row in rows:
            found.setdefault(row.direction, []).append(
                from_millis(row.started_at).astimezone(zone).date()
            )
    return found
