"""What holds of every deadline, whatever came and whatever happened since.

Received later is due no earlier holds as long as nothing happened before it was received, which
`check_event` sees to: of days waited before, the later receipt would count fewer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random  # Hypothesis reads it

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callrec.bank_holidays import working_days
from callrec.errors import Refused
from callrec.policy.clock import breach_due_at, deadline
from callrec.policy.clock_events import (
    Awaited,
    ClockEvent,
    ClockEventKind,
    Deadline,
    Receipt,
    with_event,
)
from callrec.policy.clock_rules import check_event, same_day_after
from callrec.policy.days import Division, WorkingDays
from callrec.policy.purpose import Purpose
from callrec.settings import Clocks
from policy.builders import LONDON
from policy.dated import MONTHLY

CALENDARS = {
    each: working_days(Clocks().model_copy(update={"division": each})) for each in Division
}

AS_OF = date(2028, 1, 1)

UNROLLED = (Purpose.DECEASED, Purpose.OUTSIDE_BODY)

Happened = list[tuple[int, ClockEventKind, Awaited | None]]
"""Days after receipt, and what happened."""

calendars = st.sampled_from(sorted(CALENDARS.items())).map(lambda item: item[1])

days = st.dates(min_value=date(2018, 5, 25), max_value=date(2027, 1, 31))

offsets = st.integers(min_value=0, max_value=120)

happenings = st.lists(
    st.tuples(
        offsets,
        st.sampled_from((ClockEventKind.ASKED, ClockEventKind.ANSWERED)),
        st.sampled_from(Awaited),
    )
    | st.tuples(offsets, st.just(ClockEventKind.EXTENDED), st.none()),
    max_size=8,
)

anything = st.sampled_from(Purpose)

missing = st.frozensets(st.sampled_from([Awaited.IDENTITY, Awaited.AUTHORITY]))


@st.composite
def receipts(draw: st.DrawFn, purposes: st.SearchStrategy[Purpose] = anything) -> Receipt:
    purpose, received_on = draw(purposes), draw(days)
    outside = purpose is Purpose.OUTSIDE_BODY
    return Receipt(
        purpose=purpose,
        received_on=received_on,
        answer_by=draw(st.none() | offsets.map(lambda n: received_on + timedelta(days=n)))
        if outside
        else None,
        urgent=outside and draw(st.booleans()),
        nothing_older=purpose is Purpose.DECEASED and draw(st.booleans()),
        awaits=draw(missing),
    )


def what_may_happen(
    receipt: Receipt,
    working: WorkingDays,
    happened: Happened,
) -> tuple[ClockEvent, ...]:
    """Of what is told, in this order, what is not refused."""
    events: tuple[ClockEvent, ...] = ()
    for offset, kind, awaited in happened:
        on = receipt.received_on + timedelta(days=offset)
        event = ClockEvent(event=kind, on=on, awaited=awaited)
        try:
            check_event(receipt, events, event, working, today=AS_OF)
        except Refused:
            continue
        events = with_event(events, event)
    return events


def told(
    receipt: Receipt,
    events: tuple[ClockEvent, ...],
    working: WorkingDays,
    on: date | None = None,
) -> Deadline:
    return deadline(receipt, events, working, on=on or AS_OF)


@given(receipts(), calendars, happenings)
def test_nothing_is_due_before_it_was_received(
    receipt: Receipt, working: WorkingDays, happened: Happened
) -> None:
    found = told(receipt, what_may_happen(receipt, working, happened), working)
    for day in (found.due_on, found.target_on, found.extended_due_on):
        assert day is None or day >= receipt.received_on


@given(receipts(st.sampled_from(MONTHLY)), calendars, happenings)
def test_where_it_rolls_nothing_is_due_on_a_closed_day(
    receipt: Receipt, working: WorkingDays, happened: Happened
) -> None:
    found = told(receipt, what_may_happen(receipt, working, happened), working)
    for day in (found.due_on, found.extended_due_on):
        assert day is not None
        assert not working.is_closed(day)


@given(receipts(st.sampled_from(UNROLLED)), happenings)
def test_where_it_does_not_roll_the_calendar_changes_nothing_that_is_due(
    receipt: Receipt, happened: Happened
) -> None:
    every_day = frozenset(receipt.received_on + timedelta(days=n) for n in range(200))
    working = CALENDARS[Division.SCOTLAND]
    shut = replace(working, closed=every_day)
    events = what_may_happen(receipt, working, happened)
    assert told(receipt, events, working).due_on == told(receipt, events, shut).due_on


@given(receipts(st.sampled_from(MONTHLY)), calendars)
def test_a_roll_passes_closed_days_only(receipt: Receipt, working: WorkingDays) -> None:
    due = told(receipt, (), working).due_on
    day = same_day_after(receipt.received_on, 1)
    assert due is not None
    while day < due:
        assert working.is_closed(day)
        day += timedelta(days=1)


@given(receipts(), offsets, calendars, happenings)
def test_what_was_received_later_is_never_due_earlier(
    receipt: Receipt, later: int, working: WorkingDays, happened: Happened
) -> None:
    # The same happened on the same days, after both were received; an order's date is its own.
    first = replace(receipt, answer_by=None)
    second = replace(first, received_on=first.received_on + timedelta(days=later))
    since = [(offset + later, kind, awaited) for offset, kind, awaited in happened]
    events = what_may_happen(first, working, since)
    one, other = (told(each, events, working) for each in (first, second))
    for name in ("due_on", "target_on", "extended_due_on"):
        earlier, not_earlier = getattr(one, name), getattr(other, name)
        assert earlier is not_earlier is None or earlier <= not_earlier


@given(receipts(st.sampled_from(MONTHLY)), calendars, happenings)
def test_extended_is_never_earlier(
    receipt: Receipt, working: WorkingDays, happened: Happened
) -> None:
    events = what_may_happen(receipt, working, happened)
    plain = tuple(event for event in events if event.event is not ClockEventKind.EXTENDED)
    first, found = told(receipt, plain, working), told(receipt, events, working)
    assert first.due_on is not None
    assert first.extended_due_on is not None
    assert first.due_on < first.extended_due_on
    assert found.due_on is not None
    assert first.due_on <= found.due_on


@given(receipts(), calendars, happenings)
def test_a_target_is_never_later_than_what_is_due(
    receipt: Receipt, working: WorkingDays, happened: Happened
) -> None:
    found = told(receipt, what_may_happen(receipt, working, happened), working)
    if found.due_on is not None:
        assert found.target_on is not None
        assert found.target_on <= found.due_on


@given(receipts(), calendars, happenings, offsets, offsets)
def test_as_time_goes_by_nothing_falls_due_earlier(
    receipt: Receipt,
    working: WorkingDays,
    happened: Happened,
    days_on: int,
    more: int,
) -> None:
    events = what_may_happen(receipt, working, happened)
    on = receipt.received_on + timedelta(days=days_on)
    first = told(receipt, events, working, on).due_on
    second = told(receipt, events, working, on + timedelta(days=more)).due_on
    assert first is second is None or (first is not None and second is not None and first <= second)


@given(receipts(), calendars, happenings, st.randoms(use_true_random=False))
def test_in_what_order_different_days_were_written_down_does_not_matter(
    receipt: Receipt,
    working: WorkingDays,
    happened: Happened,
    random: Random,
) -> None:
    events = what_may_happen(receipt, working, happened)
    assume(len({event.on for event in events}) == len(events))
    mixed = list(events)
    random.shuffle(mixed)
    assert told(receipt, tuple(mixed), working) == told(receipt, events, working)


@given(receipts(), calendars, happenings)
def test_every_reason_ends_with_its_source(
    receipt: Receipt, working: WorkingDays, happened: Happened
) -> None:
    found = told(receipt, what_may_happen(receipt, working, happened), working)
    assert found.why
    for sentence in found.why:
        assert sentence.endswith("]")
        assert "[" in sentence


@given(receipts(st.sampled_from(MONTHLY)), calendars, happenings, offsets)
def test_what_is_refused_is_what_would_not_have_counted(
    receipt: Receipt,
    working: WorkingDays,
    happened: Happened,
    offset: int,
) -> None:
    events = what_may_happen(receipt, working, happened)
    assume(all(event.event is not ClockEventKind.EXTENDED for event in events))
    on = receipt.received_on + timedelta(days=offset)
    assume(all(event.on <= on for event in events))
    extension = ClockEvent(event=ClockEventKind.EXTENDED, on=on)
    counts = deadline(receipt, (*events, extension), working, on=on).is_extended
    if counts:
        check_event(receipt, events, extension, working, today=on)
    else:
        with pytest.raises(Refused):
            check_event(receipt, events, extension, working, today=on)


@given(days, days, st.sampled_from([1, 2, 3]))
def test_the_same_day_of_another_month_keeps_the_order(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert same_day_after(first, months) <= same_day_after(second, months)


@given(days, calendars)
def test_the_next_working_day_is_one_and_stays(day: date, working: WorkingDays) -> None:
    rolled = working.next_working_day(day)
    assert rolled >= day
    assert not working.is_closed(rolled)
    assert working.next_working_day(rolled) == rolled


@given(st.datetimes(min_value=datetime(2018, 6, 1), max_value=datetime(2028, 1, 1)))  # noqa: DTZ001
def test_a_breach_has_72_hours_whatever_the_clocks_on_the_wall_do(local: datetime) -> None:
    aware_at = local.replace(tzinfo=LONDON)
    assert breach_due_at(aware_at) - aware_at.astimezone(UTC) == timedelta(hours=72)
