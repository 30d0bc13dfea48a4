"""What holds of the retention schedule, whatever the calls and however long they are kept."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callrec.policy.retention import (
    CLAIM,
    Appraised,
    Category,
    Stopped,
    StopReason,
    appraise,
    due_on,
    effective_category,
    last_call_due,
    months_configured,
)

DAY = timedelta(days=1)

SHORTEST_YEAR = 365

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))

lengths = st.integers(min_value=1, max_value=360)

years = st.integers(min_value=1, max_value=30)

SCHEDULE = (
    Category("routine", "3 years", "a test"),
    Category("claim", "6 years", "a test"),
    Category("telephony-record", "6 months", "a test"),
    Category("health-record", None, "a test"),
)

stops = st.lists(
    st.sampled_from([Stopped(StopReason.HOLD, "H-1"), Stopped(StopReason.REQUEST, "R-2")]),
    unique=True,
    max_size=2,
).map(tuple)

recordings = st.lists(
    st.builds(
        Appraised,
        recording=st.integers(min_value=1),
        call_on=days,
        category=st.sampled_from(SCHEDULE),
        stopped_by=stops,
    ),
    max_size=30,
)


@given(days, st.none() | st.sampled_from(SCHEDULE), st.sampled_from(SCHEDULE))
def test_what_is_of_a_claim_is_never_due_before_a_claim(
    day: date, said: Category | None, like: Category
) -> None:
    claim = Category(CLAIM, like.keeps, "a test")
    counts, least = effective_category(said, claim).due_on(day), claim.due_on(day)
    assert counts is None or (least is not None and counts >= least)


@given(days, days, lengths)
def test_a_later_call_is_never_due_earlier(one: date, other: date, months: int) -> None:
    earlier, later = sorted((one, other))
    assert due_on(earlier, months) <= due_on(later, months)


@given(days, lengths, lengths)
def test_a_longer_time_never_ends_earlier(day: date, one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert due_on(day, shorter) <= due_on(day, longer)


@given(days, years)
def test_it_is_never_kept_for_less_than_its_years(day: date, count: int) -> None:
    kept = due_on(day, 12 * count) - DAY - day
    assert kept >= timedelta(days=SHORTEST_YEAR * count)


@given(days, years)
def test_it_is_due_the_day_after_the_anniversary(day: date, count: int) -> None:
    year = day.year + count
    is_lost = (day.month, day.day) == (2, 29) and not isleap(year)
    anniversary = date(year, 2, 28) if is_lost else day.replace(year=year)
    assert due_on(day, 12 * count) == anniversary + DAY


@given(st.integers(min_value=1, max_value=999))
def test_a_year_is_twelve_months(count: int) -> None:
    assert months_configured(f"{count} years") == 12 * months_configured(f"{count} months")


@given(recordings, days)
def test_what_is_due_is_counted_once_and_nothing_else_is(every: list[Appraised], on: date) -> None:
    due = [each for each in every if each.is_due(on)]
    _, found = appraise(every, SCHEDULE, on=on)
    assert sum(group.recordings for group in found) == len(due)
    assert sum(group.free for group in found) == sum(not each.stopped_by for each in due)
    assert len({(group.month, group.category) for group in found}) == len(found)


@given(recordings, days)
def test_every_recording_is_in_stock_once(every: list[Appraised], on: date) -> None:
    stock, _ = appraise(every, SCHEDULE, on=on)
    assert sum(held.recordings for held in stock) == len(every)
    for held in stock:
        assert held.free <= held.due <= held.recordings
        assert held.next_due_on is None or held.next_due_on > on


@given(recordings, days)
def test_counted_by_what_is_alike_they_are_as_many_as_one_by_one(
    every: list[Appraised], on: date
) -> None:
    stock, due = appraise(iter(every), SCHEDULE, on=on)
    for held in stock:
        own = [each for each in every if each.category == held.category]
        later = [day for each in own if (day := each.due_on) is not None and day > on]
        assert held.recordings == len(own)
        assert held.due == sum(each.is_due(on) for each in own)
        assert held.free == sum(each.is_free(on) for each in own)
        assert held.next_due_on == min(later, default=None)
    for group in due:
        own = [
            each
            for each in every
            if each.is_due(on)
            and (each.call_on.replace(day=1), each.category) == (group.month, group.category)
        ]
        reasons = [by for each in own for by in each.stopped_by]
        assert group.recordings == len(own)
        assert group.free == sum(each.is_free(on) for each in own)
        assert list(group.stopped_by) == sorted({*reasons})
        assert all(count == reasons.count(by) for by, count in group.stopped_by.items())
    assert [(each.month, each.category.name) for each in due] == sorted(
        {(each.call_on.replace(day=1), each.category.name) for each in every if each.is_due(on)}
    )


@given(recordings, days)
def test_no_call_after_the_last_that_may_be_due_is_due(every: list[Appraised], on: date) -> None:
    last = last_call_due(SCHEDULE, on)
    assert all(each.call_on <= last for each in every if each.is_due(on))


@given(recordings, days, st.integers(min_value=0, max_value=4000))
def test_what_is_due_stays_due(every: list[Appraised], on: date, passing: int) -> None:
    later = on + timedelta(days=passing)
    assert all(each.is_due(later) for each in every if each.is_due(on))
