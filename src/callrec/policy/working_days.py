"""Which days are working days: no Saturday, Sunday or bank holiday [UK GDPR 12(3)].

The bank holidays arrive as data (bank_holidays.py), for the years for which they are known. Any
other year is an error: a guessed bank holiday would be a guessed deadline.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from callrec.errors import Unusable

FIRST_YEAR: Final = 2018
"""The UK GDPR's: what was received before is answered by no clock of ours."""

_A_DAY = timedelta(days=1)
_SATURDAY = 5  # as date.weekday() counts


class Division(StrEnum):
    """Whose bank holidays they are, as the government publishes them."""

    ENGLAND_AND_WALES = "england-and-wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The calendar that deadlines roll over.

    Laws: a working day stays where it is; the next working day is never earlier, and is one.
    """

    closed: frozenset[date] = field(repr=False)
    """Days besides Saturdays and Sundays on which nothing falls due."""
    years: range
    """The years for which these are known."""

    def is_closed(self, day: date) -> bool:
        """Whether nothing falls due on that day.

        Raises:
            Unusable: the bank holidays of its year are not known.
        """
        if not self._knows(day):
            raise self._unknown(day.year)
        return self._is_off(day)

    def next_working_day(self, day: date) -> date:
        """The day itself, or the first one after it that is not closed.

        Raises:
            Unusable: that leaves the years that are known.
        """
        rolled = self.next_if_known(day)
        if rolled is None:
            raise self._unknown(day.year if not self._knows(day) else day.year + 1)
        return rolled

    def next_if_known(self, day: date) -> date | None:
        """As `next_working_day`; None where that leaves the years that are known."""
        while self._knows(day) and self._is_off(day):
            day += _A_DAY
        return day if self._knows(day) else None

    def after(self, day: date, count: int) -> date:
        """The working day that is so many after a day, which itself does not count.

        Args:
            day: any day, a closed one too.
            count: working days, one at the least.

        Raises:
            Unusable: as `next_working_day`.
        """
        for _ in range(count):
            day = self.next_working_day(day + _A_DAY)
        return day

    def _knows(self, day: date) -> bool:
        return day.year in self.years

    def _is_off(self, day: date) -> bool:
        return day.weekday() >= _SATURDAY or day in self.closed

    def _unknown(self, year: int) -> Unusable:
        first, last = self.years[0], self.years[-1]
        known = f"the bank holidays of {year} are not known, only those of {first} to {last}"
        if year < first:
            return Unusable(known, hint="check the year: no clock here is as old as that")
        return Unusable(
            known,
            hint="once the government has published them, set clocks.holidays_known_until"
            " (config.example.toml)",
        )
