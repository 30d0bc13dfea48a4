"""When what nobody decided, and what nobody used, ends.

The days are the practice's to set: `requests.lapse_days` and `grants.lapse_days`. Lapsing is
derived from when a thing was made; nothing done later winds it up again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.clause import Clause
from callrec.policy.purpose import TERMS
from callrec.policy.when import day_end

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

    from callrec.policy.purpose import Purpose


def lapses_at(made_at: datetime, days: int, zone: tzinfo) -> datetime:
    """UTC: the end of the local day that is `days` after the one on which it was made."""
    return day_end(_last_day(made_at, days, zone), zone)


def request_lapses_at(
    purpose: Purpose, made_at: datetime, days: int, zone: tzinfo, *, is_ordered: bool = False
) -> datetime | None:
    """UTC: when a request that nobody decides lapses; None where a law's own clock runs.

    Nor does one lapse for whose answer a court has named a day (``is_ordered``).
    """
    if TERMS[purpose].has_statutory_clock or is_ordered:
        return None
    return lapses_at(made_at, days, zone)


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
