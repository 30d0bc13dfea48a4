from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from callrec.errors import Unusable
from callrec.policy.clock_events import full_date
from callrec.policy.days import (
    DayRange,
    TimeRange,
    as_typed,
    day_end,
    last_day,
    parse_day,
    parse_day_or_instant,
    parse_days,
    parse_instant,
    parse_time,
    parse_times,
    short_date,
    time_in_words,
)
from policy.builders import LONDON, TODAY

NEW_YORK = ZoneInfo("America/New_York")

DAYS = {
    "2024-01-04": date(2024, 1, 4),
    "4/1/2024": date(2024, 1, 4),
    "04/01/2024": date(2024, 1, 4),
    "31/12/2023": date(2023, 12, 31),
    "1970-01-01": date(1970, 1, 1),
    "31/12/2199": date(2199, 12, 31),
    "4 January 2024": date(2024, 1, 4),
    "4 jan 2024": date(2024, 1, 4),
    "Thu 4 Jan 2024": date(2024, 1, 4),
    "Thursday, 4 January 2024": date(2024, 1, 4),
    "12 Sept 2024": date(2024, 9, 12),
    "3rd December 2024": date(2024, 12, 3),
    "4/1/24": date(2024, 1, 4),
    "4/1/34": date(2034, 1, 4),
    "04.01.2024": date(2024, 1, 4),
    "4 Jan 24": date(2024, 1, 4),
    "today": TODAY,
    " Today ": TODAY,
    "yesterday": TODAY - timedelta(days=1),
}

NO_DAYS = [
    *("", "tomorrow", "4/1/35", "1/13/2024", "2024-1-4", "2024-02-30", "20240104", "4.1/2024"),
    *("Fri 4 Jan 2024", "30 Feb 2024", "4 Ja 2024", "4 Jan 246", "4 Month 2024", "4 Jan 1024"),
    *("next Tuesday", "30/2", "31 June", "January", "4", "4th", "last", "day"),
    *(
        "0001-01-01",
        "1969-12-31",
        "2200-01-01",
        "9999-12-31",
        "\u0662\u0660\u0662\u0664-01-04",
        "2024-01-04T10:00",
    ),
]


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_a_day_is_read_day_first(text: str, day: date) -> None:
    assert parse_day(text, TODAY) == day


@pytest.mark.parametrize("text", NO_DAYS)
def test_what_is_no_day_is_unusable_and_the_hint_says_what_is(text: str) -> None:
    with pytest.raises(Unusable, match="that is not a date") as unusable:
        parse_day(text, TODAY)
    assert unusable.value.hint == "type 4/1/2024 (day first), 4 Jan 2024, today or yesterday"


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2026, 11, 3), date(2027, 12, 31)])
def test_a_day_is_typed_as_it_is_shown(day: date) -> None:
    for shown in (short_date(day), full_date(day), as_typed(day), str(day)):
        assert parse_day(shown, TODAY) == day


def test_a_day_in_few_words() -> None:
    assert short_date(date(2026, 11, 3)) == "Tue 3 Nov 2026"


def test_a_time_is_told_as_the_clock_of_its_zone_shows_it() -> None:
    at = datetime(2026, 7, 14, 8, 5, tzinfo=UTC).astimezone(LONDON)
    assert time_in_words(at) == "14 July 2026, 09:05"


OF_NO_YEAR = {
    "3 Dec": date(2023, 12, 3),
    "3/12": date(2023, 12, 3),
    "10 Jan": date(2024, 1, 10),
    "11.1.": None,
    "11 Jan": date(2023, 1, 11),
    "Tue 9 Jan": date(2024, 1, 9),
    "Mon 9 Jan": None,
    "last Tuesday": date(2024, 1, 9),
    "Wed": date(2024, 1, 3),
}


@pytest.mark.parametrize(("text", "day"), OF_NO_YEAR.items())
def test_a_day_without_its_year_is_the_newest_that_there_was(text: str, day: date | None) -> None:
    wednesday = date(2024, 1, 10)
    if day is None:
        with pytest.raises(Unusable):
            parse_day(text, wednesday)
    else:
        assert parse_day(text, wednesday) == day


OF_NO_YEAR_AHEAD = {
    "3 Dec": date(2024, 12, 3),
    "10/1": date(2024, 1, 10),
    "9 Jan": date(2025, 1, 9),
    "Thu 9 Jan": date(2025, 1, 9),
    "Tue 9 Jan": None,
    "next Wednesday": date(2024, 1, 17),
    "Thu": date(2024, 1, 11),
    "last Tuesday": None,
    "3/12/2023": date(2023, 12, 3),
}


@pytest.mark.parametrize(("text", "day"), OF_NO_YEAR_AHEAD.items())
def test_where_a_day_to_come_is_meant_it_is_the_first_from_today(
    text: str, day: date | None
) -> None:
    wednesday = date(2024, 1, 10)
    if day is None:
        with pytest.raises(Unusable):
            parse_day(text, wednesday, ahead=True)
    else:
        assert parse_day(text, wednesday, ahead=True) == day


CLOCKS = {
    "14:05": time(14, 5),
    "8.45": time(8, 45),
    "8:45am": time(8, 45),
    "8.45 PM": time(20, 45),
    "2 p.m.": time(14, 0),
    "12am": time(0, 0),
    "1am": time(1, 0),
    "12:30pm": time(12, 30),
}


@pytest.mark.parametrize(("text", "clock"), CLOCKS.items())
def test_a_time_of_day_is_read_as_people_write_it(text: str, clock: time) -> None:
    assert parse_time(text) == clock


@pytest.mark.parametrize("text", ["8", "13pm", "0am", "8:60", "24.00", "8,45", "8am pm"])
def test_what_no_clock_shows_is_no_time(text: str) -> None:
    with pytest.raises(Unusable, match="that is not a time of day"):
        parse_time(text)


def test_a_time_is_told_where_it_stands_behind_a_day() -> None:
    on = date(2024, 1, 10)
    for text in ("9/1/2024 16:03", "yesterday 4.03pm", "9 Jan, at 16.03", "2024-01-09T16:03"):
        at = datetime(2024, 1, 9, 16, 3, tzinfo=UTC)
        assert parse_day_or_instant(text, LONDON, on) == (at.date(), at)
    for text in ("9/1/2024", "09.01.2024", "yesterday", "9 Jan 24"):
        assert parse_day_or_instant(text, LONDON, on) == (date(2024, 1, 9), None)
    summer = datetime(2023, 6, 30, 23, 30, tzinfo=UTC)
    assert parse_day_or_instant("1/7/2023 0:30", LONDON, on) == (date(2023, 7, 1), summer)


@pytest.mark.parametrize(("text", "kind"), [("soon", "date"), ("soon 16:03", "date and time")])
def test_what_is_neither_is_named_as_it_was_asked_for(text: str, kind: str) -> None:
    for what in ("that", "--received"):
        said = {} if what == "that" else {"what": what}
        with pytest.raises(Unusable, match=f"^{what} is not a {kind}$"):
            parse_day_or_instant(text, LONDON, TODAY, **said)


SEVERAL = {
    "4/1/2024 to 31/1/2024": DayRange(date(2024, 1, 4), date(2024, 1, 31)),
    "3 Dec to yesterday": DayRange(date(2023, 12, 3), date(2024, 1, 3)),
    "2024-01-04": DayRange(TODAY, TODAY),
}


@pytest.mark.parametrize(("text", "days"), SEVERAL.items())
def test_several_days_are_typed_by_the_first_and_the_last(text: str, days: DayRange) -> None:
    assert parse_days(text, TODAY) == days


@pytest.mark.parametrize("text", ["soon", "4/1/2024 to soon", "soon to 4/1/2024", " to 4/1/2024"])
def test_what_are_no_days_is_named_as_it_was_asked_for(text: str) -> None:
    with pytest.raises(Unusable, match=r"^that is not a date$"):
        parse_days(text, TODAY)
    with pytest.raises(Unusable, match=r"^--date is not a date$"):
        parse_days(text, TODAY, what="--date")


TIMES = {
    "14:00-14:30": TimeRange(time(14, 0), time(14, 30)),
    "9:05 - 10:00": TimeRange(time(9, 5), time(10, 0)),
    "14:05-14:05": TimeRange(time(14, 5), time(14, 5)),
    "14:05": TimeRange(time(13, 50), time(14, 20)),
    "00:05": TimeRange(time(0, 0), time(0, 20)),
    "23:50": TimeRange(time(23, 35), time(23, 59)),
}


@pytest.mark.parametrize(("text", "times"), TIMES.items())
def test_a_single_time_is_a_quarter_of_an_hour_to_either_side(text: str, times: TimeRange) -> None:
    assert parse_times(text) == times


@pytest.mark.parametrize(
    "text",
    ["", "noon", "25:00", "14:60", "14", "14:00-", "14-15:00", "14:00-15:00-16:00"],
)
def test_what_is_no_time_is_unusable(text: str) -> None:
    with pytest.raises(Unusable, match="that is not a time of day") as unusable:
        parse_times(text)
    assert unusable.value.hint == "type 14:05 or 14:00-14:30"


def test_what_is_no_single_time_is_unusable() -> None:
    with pytest.raises(Unusable, match="that is not a time of day") as unusable:
        parse_time("14:00-15:00")
    assert unusable.value.hint == "type 14:05"


def test_times_that_go_backwards_are_unusable() -> None:
    with pytest.raises(Unusable, match="ends before it begins"):
        parse_times("23:50-00:10")


def test_days_that_go_backwards_are_unusable() -> None:
    with pytest.raises(Unusable, match="the last day is before the first"):
        DayRange(TODAY, TODAY - timedelta(days=1))


def test_days_are_counted_with_both_ends() -> None:
    assert DayRange(TODAY, TODAY).count == 1
    assert DayRange(TODAY, TODAY + timedelta(days=1)).count == 2


LENGTHS = {
    "an ordinary day": (date(2024, 1, 4), 24),
    "the day that clocks go forward": (date(2024, 3, 31), 23),
    "the day that they go back": (date(2024, 10, 27), 25),
}


@pytest.mark.parametrize(("day", "hours"), LENGTHS.values(), ids=LENGTHS)
def test_a_local_day_is_as_long_as_it_is(day: date, hours: int) -> None:
    begins, ends = DayRange(day, day).bounds(LONDON)
    assert ends - begins == timedelta(hours=hours)
    assert ends == day_end(day, LONDON)


def test_a_summer_day_begins_the_evening_before_in_utc() -> None:
    begins, _ = DayRange(date(2024, 7, 1), date(2024, 7, 1)).bounds(LONDON)
    assert begins == datetime(2024, 6, 30, 23, tzinfo=UTC)
    assert begins.tzinfo is UTC


HALF_PAST_ONE = TimeRange(time(1, 30), time(1, 39))

WINDOWS = {
    "winter": (date(2024, 1, 4), (1, 30), (1, 40)),
    "summer": (date(2024, 7, 1), (0, 30), (0, 40)),
    "twice": (date(2024, 10, 27), (0, 30), (1, 40)),
    "never": (date(2024, 3, 31), (0, 30), (1, 40)),
}


@pytest.mark.parametrize(("day", "begins", "ends"), WINDOWS.values(), ids=WINDOWS)
def test_times_take_in_whatever_they_may_mean(
    day: date, begins: tuple[int, int], ends: tuple[int, int]
) -> None:
    found = HALF_PAST_ONE.bounds(day, LONDON)
    assert [(at.date(), (at.hour, at.minute)) for at in found] == [(day, begins), (day, ends)]


INSTANTS = {
    "2024-07-01T14:05": datetime(2024, 7, 1, 13, 5, tzinfo=UTC),
    "2024-01-04 14:05:30": datetime(2024, 1, 4, 14, 5, 30, tzinfo=UTC),
    "2024-01-04T14:05:00Z": datetime(2024, 1, 4, 14, 5, tzinfo=UTC),
    "2024-10-27T01:30+01:00": datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
    "2024-07-01": datetime(2024, 6, 30, 23, tzinfo=UTC),
    "4/7/2024 14:05": datetime(2024, 7, 4, 13, 5, tzinfo=UTC),
    "Thu 4 Jan 2024 9:05": datetime(2024, 1, 4, 9, 5, tzinfo=UTC),
    "1/7/2024": datetime(2024, 6, 30, 23, tzinfo=UTC),
    "yesterday 16:03": datetime(2024, 1, 9, 16, 3, tzinfo=UTC),
    "3 Dec 16:03": datetime(2023, 12, 3, 16, 3, tzinfo=UTC),
    "yesterday 8.45": datetime(2024, 1, 9, 8, 45, tzinfo=UTC),
    "04.07.2023 at 8.45am": datetime(2023, 7, 4, 7, 45, tzinfo=UTC),
    "9 Jan 24": datetime(2024, 1, 9, 0, 0, tzinfo=UTC),
}


@pytest.mark.parametrize(("text", "at"), INSTANTS.items())
def test_an_instant_is_local_where_it_has_no_offset(text: str, at: datetime) -> None:
    found = parse_instant(text, LONDON, date(2024, 1, 10))
    assert found == at
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "now", "2024-13-01T10:00", "31/2/2024 10:00", "4/7/2024 24:05", "0001-01-01T00:00+14:00"],
)
def test_what_is_no_instant_is_unusable(text: str) -> None:
    with pytest.raises(Unusable, match="that is not a date and time"):
        parse_instant(text, LONDON, date(2024, 1, 10))


@pytest.mark.parametrize("text", ["27/10/2024 1:30", "2024-03-31T01:30"], ids=["twice", "never"])
def test_an_instant_that_does_not_say_when_is_unusable(text: str) -> None:
    with pytest.raises(Unusable, match="the clocks changed then") as unusable:
        parse_instant(text, LONDON, date(2024, 1, 10))
    assert "add the offset" in unusable.value.hint


@pytest.mark.parametrize("day", [TODAY, date(2024, 3, 31), date(2024, 10, 27)])
def test_what_ends_with_a_day_has_it_for_its_last(day: date) -> None:
    assert last_day(day_end(day, LONDON), LONDON) == day
    assert last_day(day_end(day, NEW_YORK), NEW_YORK) == day
    a_moment = timedelta(microseconds=1)
    assert last_day(day_end(day, LONDON) + a_moment, LONDON) == day + timedelta(days=1)
