"""Which dated events may be written down of a request, and which are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest

from callrec.errors import Refused
from callrec.policy.clause import Clause, Law
from callrec.policy.clock import deadline
from callrec.policy.clock_events import (
    Awaited,
    ClockEvent,
    ClockEventKind,
    Receipt,
    TimeScales,
    with_event,
)
from callrec.policy.clock_rules import check_event
from callrec.policy.days import WorkingDays
from callrec.policy.purpose import Purpose
from callrec.policy.words import in_words
from policy.dated import MONTHLY, asked, came, day, extended

WORKING = WorkingDays(closed=frozenset(), years=range(2024, 2026))

RECEIVED = day(3)

TODAY = day(20)

A_DAY = timedelta(days=1)

Kind = Callable[[Awaited, date], ClockEvent]

SOURCES = {
    Purpose.SUBJECT_ACCESS: Law.ONE_MONTH,
    Purpose.ERASURE: Law.ONE_MONTH,
    Purpose.PORTABILITY: Law.ONE_MONTH,
    Purpose.RECTIFICATION: Law.ONE_MONTH,
    Purpose.RESTRICTION: Law.ONE_MONTH,
    Purpose.OBJECTION: Law.ONE_MONTH,
    Purpose.DECEASED: Law.DECEASED_PERIOD,
    Purpose.OUTSIDE_BODY: Clause.OUTSIDE_BODY,
    Purpose.COMPLAINT: Clause.FORMALLY_AUTHORISED,
}


def check(
    event: ClockEvent,
    *before: ClockEvent,
    purpose: Purpose = Purpose.SUBJECT_ACCESS,
    today: date = TODAY,
) -> None:
    receipt = Receipt(purpose=purpose, received_on=RECEIVED)
    check_event(receipt, before, event, WORKING, today=today)


def refused(
    event: ClockEvent,
    *before: ClockEvent,
    purpose: Purpose = Purpose.SUBJECT_ACCESS,
    today: date = TODAY,
) -> Refused:
    with pytest.raises(Refused) as refusal:
        check(event, *before, purpose=purpose, today=today)
    return refusal.value


def each(on: date) -> list[ClockEvent]:
    """An event of every kind, on that day."""
    received = ClockEvent(event=ClockEventKind.RECEIVED, on=on)
    return [received, extended(on), *(kind(a, on) for kind in (asked, came) for a in Awaited)]


@pytest.mark.parametrize("event", each(TODAY + A_DAY), ids=str)
@pytest.mark.parametrize("purpose", SOURCES)
def test_a_day_that_has_not_come_cannot_be_written_down(
    event: ClockEvent, purpose: Purpose
) -> None:
    refusal = refused(event, purpose=purpose)
    assert refusal.message == f"that day has not come yet [{SOURCES[purpose].cited}]"
    assert refusal.clause is SOURCES[purpose]
    assert refusal.hint == "give the day on which it happened"


@pytest.mark.parametrize("event", each(RECEIVED - A_DAY), ids=str)
@pytest.mark.parametrize("purpose", SOURCES)
def test_nothing_happened_before_it_was_received(event: ClockEvent, purpose: Purpose) -> None:
    refusal = refused(event, purpose=purpose)
    assert refusal.message == (
        f"the request was received later, on Tuesday 3 September 2024 [{SOURCES[purpose].cited}]"
    )
    assert refusal.hint == "check the day; callrec request show says when it was received"


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("on", [RECEIVED, TODAY], ids=str)
def test_it_may_be_received_on_any_day_that_has_come(purpose: Purpose, on: date) -> None:
    receipt = Receipt(purpose=purpose, received_on=on)
    check_event(receipt, (), ClockEvent(event=ClockEventKind.RECEIVED, on=on), WORKING, today=TODAY)


@pytest.mark.parametrize("purpose", MONTHLY)
@pytest.mark.parametrize("on", [RECEIVED, day(3, 10)], ids=["first", "last"])
def test_a_month_is_extended_within_it(purpose: Purpose, on: date) -> None:
    check(extended(on), purpose=purpose, today=on)


@pytest.mark.parametrize("purpose", MONTHLY)
def test_a_month_that_is_over_is_not_extended(purpose: Purpose) -> None:
    refusal = refused(extended(day(4, 10)), purpose=purpose, today=day(5, 10))
    assert refusal.message == (
        "an extension is said within the first month, which was over on Thursday 3 October 2024"
        " [UK GDPR 12(3)]"
    )
    assert refusal.hint == "answer now, and say why it is late"


def test_what_was_told_in_time_may_be_written_down_later() -> None:
    check(extended(day(3, 10)), today=day(30, 10))


def test_clarification_leaves_more_time_to_extend() -> None:
    waited = asked(Awaited.CLARIFICATION, day(4)), came(Awaited.CLARIFICATION, day(5))
    check(extended(day(4, 10)), *waited, today=day(5, 10))
    refusal = refused(extended(day(5, 10)), *waited, today=day(5, 10))
    assert "over on Friday 4 October 2024" in refusal.message


def test_what_is_still_awaited_leaves_more_time_to_extend() -> None:
    check(extended(day(4, 10)), asked(Awaited.IDENTITY, day(4)), today=day(5, 10))


def test_the_first_month_rolls_before_it_is_over() -> None:
    receipt = Receipt(purpose=Purpose.ERASURE, received_on=day(13))
    check_event(receipt, (), extended(day(14, 10)), WORKING, today=day(14, 10))


AGAIN = {
    "an extension": (extended, ()),
    "a question": (partial(asked, Awaited.IDENTITY), ()),
    "an answer": (
        partial(came, Awaited.CLARIFICATION),
        (asked(Awaited.CLARIFICATION, day(4)),),
    ),
}


@pytest.mark.parametrize(("kind", "before"), AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("on", [day(4), day(6)], ids=["back", "on"])
def test_a_day_that_was_mistyped_is_put_right(
    kind: Callable[[date], ClockEvent], before: tuple[ClockEvent, ...], on: date
) -> None:
    events = with_event(before, kind(day(5)))
    check(kind(on), *events)
    assert with_event(events, kind(on)) == (*before, kind(on))


def test_what_came_after_it_stays() -> None:
    late, on_time = (came(Awaited.IDENTITY, day(each)) for each in (9, 8))
    before, after = asked(Awaited.IDENTITY, day(4)), asked(Awaited.CLARIFICATION, day(9))
    assert with_event((before, late, after), on_time) == (before, on_time, after)


@pytest.mark.parametrize(("kind", "before"), AGAIN.values(), ids=AGAIN)
def test_what_is_on_record_is_not_put_right_with_the_same_day(
    kind: Callable[[date], ClockEvent], before: tuple[ClockEvent, ...]
) -> None:
    refusal = refused(kind(day(5)), *with_event(before, kind(day(5))))
    assert refusal.message == (
        "that is on record already, of Thursday 5 September 2024 [UK GDPR 12(3)]"
    )
    assert (
        refusal.hint == "if that day is wrong, say it again of the right one; both stay on record"
    )


def test_a_day_put_right_stands_where_it_can_have_been() -> None:
    first, question, answer = (
        came(Awaited.FEE, day(4)),
        asked(Awaited.FEE, day(6)),
        came(Awaited.FEE, day(9)),
    )
    refusal = refused(came(Awaited.FEE, day(5)), first, question, answer)
    assert "of Friday 6 September 2024" in refusal.message
    refusal = refused(asked(Awaited.FEE, RECEIVED), first, question)
    assert "of Wednesday 4 September 2024" in refusal.message


def test_an_extension_that_was_said_too_late_may_be_put_right_so() -> None:
    late = extended(day(4, 10))
    check(late, extended(day(19)), today=day(5, 10))
    receipt = Receipt(purpose=Purpose.SUBJECT_ACCESS, received_on=RECEIVED)
    events = with_event((extended(day(19)),), late)
    assert not deadline(receipt, events, WORKING, on=day(5, 10)).is_extended


@pytest.mark.parametrize("purpose", [each for each in Purpose if each not in MONTHLY])
def test_only_a_data_subject_s_month_is_extended(purpose: Purpose) -> None:
    source = SOURCES.get(purpose, Clause.FORMALLY_AUTHORISED)
    refusal = refused(extended(day(4)), purpose=purpose)
    assert (
        refusal.message
        == f"a request for {in_words(purpose)} is given no more time [{source.cited}]"
    )
    assert refusal.hint == "callrec request due says by when it is answered"


@pytest.mark.parametrize("purpose", Purpose)
def test_clarification_may_be_asked_for_and_come_whatever_the_purpose(purpose: Purpose) -> None:
    check(asked(Awaited.CLARIFICATION, day(4)), purpose=purpose)
    check(
        came(Awaited.CLARIFICATION, day(4)), asked(Awaited.CLARIFICATION, day(4)), purpose=purpose
    )


@pytest.mark.parametrize("awaited", [Awaited.IDENTITY, Awaited.AUTHORITY, Awaited.FEE])
def test_what_proves_who_asks_may_come_unasked(awaited: Awaited) -> None:
    check(came(awaited, day(4)))


def test_clarification_does_not_come_unasked() -> None:
    refusal = refused(came(Awaited.CLARIFICATION, day(4)), asked(Awaited.IDENTITY, day(4)))
    assert refusal.message == "clarification has not been asked for [UK GDPR 12(3)]"
    assert refusal.hint == "first say when it was asked for: callrec request event"


@pytest.mark.parametrize("awaited", Awaited)
def test_what_came_comes_again_where_it_was_asked_for_again(awaited: Awaited) -> None:
    before = asked(awaited, day(4)), came(awaited, day(5)), asked(awaited, day(6))
    check(came(awaited, day(6)), *before)
    assert with_event(before, came(awaited, day(6))) == (*before, came(awaited, day(6)))


def test_something_else_may_be_asked_for_meanwhile() -> None:
    check(asked(Awaited.FEE, day(4)), asked(Awaited.IDENTITY, day(6)))


@pytest.mark.parametrize("awaited", Awaited)
def test_what_is_written_down_later_did_not_happen_earlier(awaited: Awaited) -> None:
    refusal = refused(came(awaited, day(4)), asked(awaited, day(5)))
    assert refusal.message == (
        "what is on record of it is later, of Thursday 5 September 2024 [UK GDPR 12(3)]"
    )
    assert refusal.hint == "check the day; callrec request show says what happened when"


def test_the_newest_on_record_is_what_counts() -> None:
    before = asked(Awaited.FEE, day(4)), came(Awaited.FEE, day(9))
    assert "of Monday 9 September 2024" in refused(asked(Awaited.FEE, day(8)), *before).message


@pytest.mark.parametrize("kind", [asked, came], ids=["asked", "came"])
def test_no_fee_is_taken_for_the_record_of_somebody_who_died(kind: Kind) -> None:
    refusal = refused(kind(Awaited.FEE, day(4)), purpose=Purpose.DECEASED)
    assert refusal.message == (
        "no fee is taken for the record of somebody who died"
        " [Access to Health Records Act 1990 s.3(4)]"
    )
    assert refusal.hint == "answer it without one"


def test_who_asks_for_the_record_of_somebody_who_died_may_be_asked_for() -> None:
    check(asked(Awaited.IDENTITY, day(4)), purpose=Purpose.DECEASED)


def test_a_refusal_of_asking_rests_on_what_the_clock_rests_on() -> None:
    open_one = asked(Awaited.IDENTITY, day(4))
    for purpose, source in SOURCES.items():
        assert refused(open_one, open_one, purpose=purpose).clause is source
        assert refused(came(Awaited.CLARIFICATION, day(5)), purpose=purpose).clause is source
        assert refused(came(Awaited.IDENTITY, RECEIVED), open_one, purpose=purpose).clause is source


def test_the_lengths_may_be_others() -> None:
    receipt = Receipt(purpose=Purpose.ERASURE, received_on=RECEIVED)
    two = TimeScales(months=2)
    check_event(receipt, (), extended(day(4, 11)), WORKING, today=day(5, 11), scales=two)
