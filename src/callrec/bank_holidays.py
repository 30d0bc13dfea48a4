"""The practice's calendar: bank holidays, and how long its clocks run, as its settings say.

The dates are those of the package ``holidays``, corrected by the settings. The government
publishes them for some years ahead only; a year beyond is not guessed.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Final

from callrec.policy.clock_events import TimeScales
from callrec.policy.days import FIRST_YEAR, Division, WorkingDays
from callrec.settings import Clocks

_SUBDIVISIONS: Final = {
    Division.ENGLAND_AND_WALES: "ENG",  # those of Wales are the same
    Division.SCOTLAND: "SCT",
    Division.NORTHERN_IRELAND: "NIR",
}


def working_days(clocks: Clocks) -> WorkingDays:
    """The working days of the practice's division, with its own corrections."""
    years = range(FIRST_YEAR, clocks.holidays_known_until + 1)
    published = _published(Division(clocks.division), years)
    closed = published - frozenset(clocks.days_not_closed) | frozenset(clocks.extra_closed_days)
    return WorkingDays(closed=closed, years=years)


def scales_of(clocks: Clocks) -> TimeScales:
    """How long the clocks run: what the practice may set, and the law's own."""
    return TimeScales(
        target_days=clocks.target_days, outside_body_working_days=clocks.outside_body_working_days
    )


@cache
def _published(division: Division, years: range) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415  # 150 ms: it loads every country

    return frozenset(country_holidays("GB", subdiv=_SUBDIVISIONS[division], years=years))
