"""When what nobody decided, and what nobody used, ends.

The days are the practice's to set: `requests.lapse_days` and `grants.lapse_days`. A grant lapses by
when it was approved. A request lapses by when it was made, and once it was approved in time, by
when that ended: it is to be decided again. So each time it takes an approval, which is signed,
logged and told; what nobody approved is changed, asked about and answered, and lapses by the same
day.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.clause import Clause
from callrec.policy.days import day_end
from callrec.policy.purpose import TERMS
from callrec.policy.request import ENDING_ACTS, RequestAct

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, tzinfo

    from callrec.policy.purpose import Purpose
    from callrec.policy.request import RequestEvent


def lapses_at(made_at: datetime, days: int, zone: tzinfo) -> datetime:
    """UTC: the end of the local day that is `days` after the one on which it was made."""
    return day_end(_last_day(made_at, days, zone), zone)


def undecided_since(events: Iterable[tuple[RequestEvent, datetime | None]]) -> datetime:
    """UTC: when a request was made, or what was approved of it ended last.

    Args:
        events: what happened to it, oldest first and one at the least, each with when that lapses
            which it approved; None where it approves nothing, or where nobody can tell.

    Law: without an approval nothing moves it on.
    """
    history = tuple(events)
    since, stands, until = history[0][0].at, False, None
    for event, over_at in history:
        if event.act is RequestAct.APPROVED:
            stands, until = True, max(filter(None, (until, over_at)), default=None)
        elif stands and event.act in ENDING_ACTS:
            # It lapses by its day, and not by when somebody's command came to write that down.
            over = until if event.act is RequestAct.GRANT_LAPSED else None
            since, stands, until = min(over or event.at, event.at), False, None
    return until or since


def request_lapses_at(
    purpose: Purpose, since: datetime, days: int, zone: tzinfo, *, is_ordered: bool = False
) -> datetime | None:
    """UTC: when a request that nobody decides lapses; None where a law's own clock runs.

    Nor does one lapse for whose answer a court has named a day (``is_ordered``). ``since`` is as
    `undecided_since` says.
    """
    if TERMS[purpose].has_statutory_clock or is_ordered:
        return None
    return lapses_at(since, days, zone)


def grant_lapses_at(
    approved_at: datetime, days: int, zone: tzinfo, *, until: date | None = None
) -> datetime:
    """UTC: when a grant lapses, after the end of `until` where the decider chose an earlier day.

    Raises:
        Refused: the day chosen is later than grants may last, or over already.
    """
    last = _last_day(approved_at, days, zone)
    chosen = last if until is None else until
    if not approved_at.astimezone(zone).date() <= chosen <= last:
        raise Refused(
            "a grant lasts from today on and no longer than the practice allows",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"choose --until {last} or an earlier day that is not over",
        )
    return day_end(chosen, zone)


def has_lapsed(lapses_at: datetime | None, now: datetime) -> bool:
    """Whether it is over at `now`; what has no end never is."""
    return lapses_at is not None and now >= lapses_at


def _last_day(made_at: datetime, days: int, zone: tzinfo) -> date:
    return made_at.astimezone(zone).date() + timedelta(days=days)
