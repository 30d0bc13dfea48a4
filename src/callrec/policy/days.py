"""Days, times, quiet periods and working days.

Local means the practice's time zone, which arrives as `zone`. Where clocks change, a local time may
come twice or never: a search includes both, and an instant typed without its offset is refused.

Deadlines roll over Saturdays, Sundays and bank holidays [UK GDPR 12(3)]. Bank holidays arrive as
data (bank_holidays.py) for the years for which they are known; any other year is an error, as a
guessed bank holiday would be a guessed deadline.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from callrec.dataclass import dataclass, field
from callrec.errors import Failed, Unusable

AROUND = timedelta(minutes=15)
"""How precisely people remember the time of a call."""

CLOCKS_APART: Final = timedelta(days=1)
"""By how much another's clock may differ from this machine's and its word still count."""

FIRST_YEAR: Final = 2018
"""The UK GDPR's: callrec has no clock for anything received before."""

_YEARS = range(1970, 2200)  # any other is a typing mistake
_ISO_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_BRITISH_DAY = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<by>[/.])(?P<month>[0-9]{1,2})(?:(?P=by)(?P<year>[0-9]{4}|[0-9]{2}))?"
)
_WRITTEN_DAY = re.compile(
    r"(?:(?P<weekday>[a-z]{3,9}),? )?(?P<day>[0-9]{1,2})(?:st|nd|rd|th)? (?P<month>[a-z]{3,9})"
    r"(?:,? (?P<year>[0-9]{4}|[0-9]{2}))?"
)
_WEEKDAY = re.compile(r"(?:last )?(?P<weekday>[a-z]{3,9})")
_COMING_WEEKDAY = re.compile(r"(?:next )?(?P<weekday>[a-z]{3,9})")
_TIME = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))?(?: ?(?P<half>[ap])\.?m\.?)?", re.IGNORECASE
)
_DAY_AND_TIME = re.compile(rf"(?P<day>.*?),? (?:at )?(?P<time>{_TIME.pattern})", re.IGNORECASE)
_CENTURY: Final = 2000
_AHEAD: Final = 10
"""Years that a year of two digits may lie ahead: 46 is no year to come, and nobody says which."""
_NOON: Final = 12
_A_DAY = timedelta(days=1)
_SATURDAY = 5  # as date.weekday() counts


@dataclass(frozen=True, slots=True)
class DayRange:
    """Local days, both ends included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Unusable("the last day is before the first", hint="change --from and --to over")

    def __str__(self) -> str:
        """In ISO 8601: the day, or the first and the last. Law: `read_days` reads it."""
        ends = f"{self.first}/{self.last}"
        return ends if self.first < self.last else f"{self.first}"

    @property
    def count(self) -> int:
        """How many days, at least one."""
        return (self.last - self.first).days + 1

    @property
    def each(self) -> Iterator[DayRange]:
        """Each day by itself."""
        for later in range(self.count):
            day = self.first + timedelta(days=later)
            yield DayRange(day, day)

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """UTC: the first instant of the first day, and the first instant after the last."""
        return _midnight(self.first, zone), day_end(self.last, zone)


def check_clock(whose: str, theirs: datetime, ours: datetime) -> None:
    """Check that what somebody outside says of now can be of now.

    Which of the two is wrong nobody can tell here.

    Raises:
        Failed: it is more than a day away, either way.
    """
    if abs(theirs - ours) > CLOCKS_APART:
        there, here = (
            f"{short_date(at)}, {at:%H:%M} UTC"
            for at in (theirs.astimezone(UTC), ours.astimezone(UTC))
        )
        raise Failed(
            f"one of two clocks is wrong: {whose} says {there}, and this machine {here}",
            hint="set this machine's clock, or tell them",
        )


def read_days(text: str) -> DayRange:
    """The days as `DayRange` writes them; ValueError if it does not."""
    first, _, last = text.partition("/")
    days = DayRange(date.fromisoformat(first), date.fromisoformat(last or first))
    if str(days) != text:
        raise ValueError
    return days


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Times within one local day, whole minutes, both ends included."""

    first: time
    last: time

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Unusable(
                "the time ends before it begins", hint="ask for each side of midnight on its own"
            )

    def bounds(self, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
        """UTC on that day: from the first minute until after the last, as wide as it may mean."""
        begins, _ = _readings(datetime.combine(day, self.first), zone)
        _, ends = _readings(datetime.combine(day, self.last), zone)
        return begins, ends + timedelta(minutes=1)


def day_end(day: date, zone: tzinfo) -> datetime:
    """UTC: the first instant after a local day."""
    return _midnight(day + timedelta(days=1), zone)


def last_day(end: datetime, zone: tzinfo) -> date:
    """The last local day before an instant. Law: ``last_day(day_end(d, z), z) == d``."""
    return (end - timedelta(microseconds=1)).astimezone(zone).date()


def day_in_words(day: date) -> str:
    """``14 July 2026``."""
    return f"{day.day} {day:%B %Y}"


def time_in_words(at: datetime) -> str:
    """``14 July 2026, 09:05``, as the clock of its zone shows it."""
    return f"{day_in_words(at)}, {at:%H:%M}"


def short_date(day: date) -> str:
    """A day in few words: ``Tue 3 Nov 2026``."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def as_typed(day: date) -> str:
    """A day as it is typed: ``3/11/2026``."""
    return f"{day.day}/{day.month}/{day.year}"


def parse_day(
    text: str,
    today: date,
    *,
    what: str = "that",
    option: str = "",
    first_year: int = _YEARS.start,
    ahead: bool = False,
) -> date:
    """A day as typed: ``4/1/2024``, ``2024-01-04``, ``Thu 4 Jan 2024``, ``today``, ``yesterday``.

    Or ``4/1/24``, ``04.01.2024``, ``4 Jan``, ``last Tuesday``: without a year the newest such day
    until today, without a day of the month the newest before today; or, of what lies ``ahead``, the
    first from today on and after it. Unusable if it is none of these, no day, or before
    ``first_year``; ``what`` names it in the error, such as ``--until``, and ``option`` is what to
    type.
    """
    typed = text.strip().casefold()
    if typed == "today":
        return today
    if typed == "yesterday":
        return today - _A_DAY
    read = _day_in_figures, _day_in_letters, _weekday
    day = next(filter(None, (each(typed, today, ahead=ahead) for each in read)), None)
    if day is None or day.year not in range(first_year, _YEARS.stop):
        raise Unusable(
            f"{what} is not a date",
            hint="type 4/1/2024 (day first), 4 Jan 2024, today or"
            f" {'next Friday' if ahead else 'yesterday'}",
            option=option,
        )
    return day


def parse_days(text: str, today: date, *, what: str = "that") -> DayRange:
    """A day, or the first and the last of several: ``4/1/2024 to 31/1/2024``."""
    first, _, last = text.partition(" to ")
    begins = parse_day(first, today, what=what)
    return DayRange(begins, parse_day(last, today, what=what) if last else begins)


def _day_in_figures(typed: str, today: date, *, ahead: bool) -> date | None:
    found = _ISO_DAY.fullmatch(typed) or _BRITISH_DAY.fullmatch(typed)
    if found is None:
        return None
    return _day(found["day"], int(found["month"]), found["year"], today, ahead=ahead)


def _day_in_letters(typed: str, today: date, *, ahead: bool) -> date | None:
    """A day as `short_date` and `full_date` write it; none where its weekday is another."""
    found = _WRITTEN_DAY.fullmatch(typed)
    if found is None:
        return None
    for month, name in enumerate(month_name):
        if name.casefold().startswith(found["month"]):
            day = _day(found["day"], month, found["year"], today, ahead=ahead)
            return day if day and _is_weekday(day, found["weekday"] or "") else None
    return None


def _weekday(typed: str, today: date, *, ahead: bool) -> date | None:
    """The newest before today, or the first after it; none where it is no weekday's name."""
    found = (_COMING_WEEKDAY if ahead else _WEEKDAY).fullmatch(typed)
    week = (today + _A_DAY * (days if ahead else -days) for days in range(1, 8))
    return next((day for day in week if found and _is_weekday(day, found["weekday"])), None)


def _is_weekday(day: date, name: str) -> bool:
    return f"{day:%A}".casefold().startswith(name)


def _day(day: str, month: int, year: str | None, today: date, *, ahead: bool) -> date | None:
    """A day; without its year the newest until today, or the first from it; none: no such day."""
    if year:
        of_two = len(year) < len("2024")
        years = [int(year) + (_CENTURY if of_two else 0)]
        if of_two and years[0] > today.year + _AHEAD:
            return None
    else:
        years = [today.year, today.year + (1 if ahead else -1)]
    for each in years:
        with suppress(ValueError):
            found = date(each, month, int(day))
            if year or found == today or (found > today) is ahead:
                return found
    return None


def parse_times(text: str) -> TimeRange:
    """Times as typed: ``14:00-14:30``, or ``14:05``.

    A single time is a quarter of an hour to either side (`AROUND`), within its day. Unusable if it
    is neither.
    """
    first, dash, last = text.partition("-")
    either = "type 14:05 or 14:00-14:30"
    if dash:
        return TimeRange(parse_time(first, hint=either), parse_time(last, hint=either))
    on_some_day = datetime.combine(date(2024, 1, 4), parse_time(first, hint=either))
    begins, ends = on_some_day - AROUND, on_some_day + AROUND
    return TimeRange(
        begins.time() if begins.date() == on_some_day.date() else time.min,
        ends.time() if ends.date() == on_some_day.date() else time(23, 59),
    )


def parse_time(text: str, *, hint: str = "type 14:05") -> time:
    """One time of day as typed, to the minute: ``14:05``, ``8.45``, ``8:45am``, ``2pm``.

    Unusable if it is none.
    """
    found = _TIME.fullmatch(text.strip())
    clock = _clock(found["hour"], found["minute"], found["half"]) if found else None
    if clock is None:
        raise Unusable("that is not a time of day", hint=hint)
    return clock


def _clock(hour: str, minute: str | None, half: str | None) -> time | None:
    """None: there is no such time; an hour alone is none, if it is not said of which half."""
    if half is None and minute is None:
        return None
    hours = int(hour)
    if half is not None:
        if hours not in range(1, _NOON + 1):
            return None
        hours = hours % _NOON + (_NOON if half.casefold() == "p" else 0)
    with suppress(ValueError):
        return time(hours, int(minute or 0))
    return None


def parse_instant(
    text: str,
    zone: tzinfo,
    today: date,
    *,
    what: str = "that",
    hint: str = "type 4/1/2024 14:05, or a day alone",
) -> datetime:
    """An instant as typed, in UTC: ``4/1/2024 14:05``, or ISO 8601, local where it has no offset.

    The day as for `parse_day`, and so ``what``, the time as for `parse_time`; a day alone means its
    midnight: ``3 Dec at 8.45am``. Unusable if it is none, or a local time that comes twice or
    never.
    """
    typed: datetime | None
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        typed = _day_and_time(text.strip(), today)
    if typed is None or typed.year not in _YEARS:
        raise Unusable(f"{what} is not a date and time", hint=hint)
    if typed.tzinfo:
        return typed.astimezone(UTC)
    earliest, latest = _readings(typed, zone)
    if earliest != latest:
        raise Unusable(
            "the clocks changed then, so that local time does not say when",
            hint="add the offset: 2024-10-27T01:30+01:00 or 2024-10-27T01:30+00:00",
        )
    return earliest


def parse_day_or_instant(
    text: str, zone: tzinfo, today: date, *, what: str = "that"
) -> tuple[date, datetime | None]:
    """A local day as for `parse_day`, and the instant in UTC if there was a time with it."""
    if ":" not in text and _clock_in(text.strip()) is None:
        return parse_day(text, today, what=what), None
    at = parse_instant(text, zone, today, what=what)
    return at.astimezone(zone).date(), at


def _clock_in(typed: str) -> tuple[str, time] | None:
    """What stands before a time, and the time; None: there is none."""
    found = _DAY_AND_TIME.fullmatch(typed)
    clock = _clock(found["hour"], found["minute"], found["half"]) if found else None
    return (found["day"], clock) if found and clock is not None else None


def _day_and_time(typed: str, today: date) -> datetime | None:
    day, at = _clock_in(typed) or (typed, time.min)
    with suppress(Unusable):
        return datetime.combine(parse_day(day, today), at)
    return None


def _midnight(day: date, zone: tzinfo) -> datetime:
    # Where there is no midnight this is the day's first instant, where there are two the earlier.
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _readings(local: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """UTC: the earliest and the latest instant that a local time may mean."""
    both = sorted(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return both[0], both[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When a practice is open, and how long it may be silent."""

    opens: time
    """Local, as is ``closes``."""
    closes: time
    longest: timedelta
    """The longest silence that is not reported."""
    working: WorkingDays
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """A silence within one working day: a quiet afternoon, or a recorder that stood still."""

    begins_at: datetime
    """Aware, UTC, as is ``ends_at``."""
    ends_at: datetime


def quiet_periods(
    recorded: Iterable[tuple[datetime, datetime]],
    days: DayRange,
    hours: OpeningHours,
    *,
    now: datetime,
) -> list[QuietPeriod]:
    """The silences that are too long, in order.

    Each recording began and ended in UTC; nothing after ``now`` can have been recorded.

    Laws: no recording begins within a gap; a recording more never makes more silence; the order
    of recordings does not matter.
    """
    spans = sorted(recorded)
    every = (days.first + n * _A_DAY for n in range(days.count))
    working = (day for day in every if is_working_day(day, hours.working))
    return [gap for day in working for gap in _of_day(spans, day, hours, now)]


def is_working_day(day: date, working: WorkingDays) -> bool:
    """Whether the practice is open; by the weekday alone in years with unknown bank holidays.

    No deadline depends on this, so an unknown year is not an error here.
    """
    if day.year not in working.years:
        return day.weekday() < _SATURDAY
    return not working.is_closed(day)


def _of_day(
    spans: list[tuple[datetime, datetime]], day: date, hours: OpeningHours, now: datetime
) -> Iterator[QuietPeriod]:
    silent_since = datetime.combine(day, hours.opens, hours.zone).astimezone(UTC)
    closes_at = min(datetime.combine(day, hours.closes, hours.zone).astimezone(UTC), now)
    for begins_at, ends_at in spans:
        if begins_at >= closes_at:
            break
        if begins_at - silent_since > hours.longest:
            yield QuietPeriod(silent_since, begins_at)
        silent_since = max(silent_since, ends_at)
    if closes_at - silent_since > hours.longest:
        yield QuietPeriod(silent_since, closes_at)


class Division(StrEnum):
    """A part of the United Kingdom, as the government publishes bank holidays."""

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
    """The years whose bank holidays are known."""

    def is_closed(self, day: date) -> bool:
        """Whether nothing falls due then; Unusable if its year's bank holidays are not known."""
        if not self._knows(day):
            raise self._unknown(day.year)
        return self._is_off(day)

    def next_working_day(self, day: date) -> date:
        """The day itself, or the first after it that is not closed; Unusable as `is_closed`."""
        rolled = self.next_if_known(day)
        if rolled is None:
            raise self._unknown(day.year if not self._knows(day) else day.year + 1)
        return rolled

    def next_if_known(self, day: date) -> date | None:
        """As `next_working_day`; None where that falls in an unknown year."""
        while self._knows(day) and self._is_off(day):
            day += _A_DAY
        return day if self._knows(day) else None

    def after(self, day: date, count: int) -> date:
        """The working day that is ``count``, at least one, after a day, which does not count."""
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
            " in the practice's settings",
        )
