"""How long recordings are kept, and what is due [policy 4(h)]."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Refused
from callrec.policy.purpose import Purpose
from callrec.policy.retention import (
    CLAIM,
    EARLIEST_CALL,
    ROUTINE,
    Appraised,
    Category,
    Stopped,
    StopReason,
    appraise,
    category_by_rule,
    check_kept_on_for_a_reason,
    check_may_review,
    check_nobody_waits,
    check_still_due,
    check_was_not_used,
    due_on,
    effective_category,
    interval_end,
    is_undone,
    last_call_due,
    months_configured,
    months_in_words,
    undone_rule,
)
from callrec.policy.role import Power, Role
from policy.builders import TODAY, a_person

THREE_YEARS = Category(ROUTINE, "3 years", "the practice's choice")

NO_END = Category("health-record", None, "as the health record")

HELD = Stopped(StopReason.HOLD, "H-1")

JANUARY, MARCH = date(2020, 1, 5), date(2020, 3, 5)

DUE = {
    "the day after the anniversary": (date(2021, 3, 5), 36, date(2024, 3, 6)),
    "of 29 February, 1 March": (date(2024, 2, 29), 36, date(2027, 3, 1)),
    "of 29 February, where there is another": (date(2024, 2, 29), 48, date(2028, 3, 1)),
    "of 28 February, where there is a 29th": (date(2023, 2, 28), 12, date(2024, 2, 29)),
    "of the 31st, where there is no 31st": (date(2024, 8, 31), 6, date(2025, 3, 1)),
    "at the turn of the year": (date(2023, 12, 31), 36, date(2027, 1, 1)),
}


@pytest.mark.parametrize(("call_on", "months", "due"), DUE.values(), ids=DUE)
def test_a_recording_is_due(call_on: date, months: int, due: date) -> None:
    assert due_on(call_on, months) == due
    each = Appraised(1, call_on, Category(ROUTINE, f"{months} months", "a test"))
    assert each.is_due(due)
    assert not each.is_due(due - timedelta(days=1))


def test_what_a_wrong_clock_dated_is_never_due_by_that() -> None:
    days = (date(1970, 1, 1), EARLIEST_CALL - timedelta(days=1), EARLIEST_CALL)
    assert [THREE_YEARS.due_on(day) for day in days] == [None, None, date(2003, 1, 2)]


@pytest.mark.parametrize(
    ("keeps", "months"), [("1 month", 1), ("6 months", 6), ("1 year", 12), ("20 years", 240)]
)
def test_a_length_of_time_as_it_is_written(keeps: str, months: int) -> None:
    assert months_configured(keeps) == months


@pytest.mark.parametrize(
    ("words", "months"),
    [
        ("three years", 36),
        ("Six Months", 6),
        ("1 year", 12),
        ("one month", 1),
        ("18 months", 18),
        ("until you leave us", None),
        ("some years", None),
        ("three years or more", None),
    ],
)
def test_a_length_of_time_as_people_are_told_it(words: str, months: int | None) -> None:
    assert months_in_words(words) == months


def test_what_has_no_end_is_never_due() -> None:
    assert NO_END.due_on(JANUARY) is None
    assert not Appraised(1, JANUARY, NO_END).is_due(date.max)


def test_a_recording_is_kept_until_the_day_before_it_is_due() -> None:
    due = THREE_YEARS.due_on(JANUARY)
    assert due is not None
    assert THREE_YEARS.kept_until(JANUARY) == due - timedelta(days=1)
    assert NO_END.kept_until(JANUARY) is None


def test_a_rule_says_its_category_and_how_long() -> None:
    assert THREE_YEARS.rule == "routine, 3 years"
    assert NO_END.rule == "health-record, no end"


def test_what_nobody_gave_a_category_is_routine_or_of_a_claim() -> None:
    assert category_by_rule(of_a_claim=False) == ROUTINE
    assert category_by_rule(of_a_claim=True) == CLAIM


@pytest.mark.parametrize(
    ("said", "counts"),
    [(None, "claim"), ("1 year", "claim"), ("6 years", "said"), ("10 years", "said")],
)
def test_what_is_of_a_claim_is_kept_as_one_unless_it_is_kept_longer(
    said: str | None, counts: str
) -> None:
    other = None if said is None else Category("said", said, "a test")
    claim = Category(CLAIM, "6 years", "a test")
    assert effective_category(other, claim).name == counts


def test_what_is_of_no_claim_is_of_what_somebody_said() -> None:
    short = Category("telephony-record", "1 year", "a test")
    assert effective_category(short, THREE_YEARS) == short
    assert effective_category(NO_END, Category(CLAIM, "6 years", "a test")) == NO_END


def test_calls_are_looked_through_as_far_as_the_shortest_month_goes() -> None:
    one_month = Category("telephony-record", "1 month", "a test")
    assert one_month.due_on(date(2023, 1, 31)) == date(2023, 3, 1)
    assert last_call_due([THREE_YEARS, NO_END, one_month], date(2023, 3, 1)) == date(2023, 2, 1)
    assert last_call_due([THREE_YEARS], TODAY) == TODAY - timedelta(days=36 * 28)
    assert last_call_due([NO_END], TODAY) == TODAY


def test_what_is_stopped_is_due_and_not_free() -> None:
    each = Appraised(1, JANUARY, THREE_YEARS, (HELD,))
    assert each.is_due(TODAY)
    assert not each.is_free(TODAY)


def test_what_is_due_is_counted_by_month_and_category_the_oldest_first() -> None:
    claim = Category(CLAIM, "6 months", "a test")
    every = [
        Appraised(1, MARCH, THREE_YEARS),
        Appraised(2, JANUARY, THREE_YEARS),
        Appraised(3, JANUARY, THREE_YEARS, (HELD, Stopped(StopReason.REQUEST, "R-2"))),
        Appraised(4, JANUARY, claim, (HELD,)),
        Appraised(5, TODAY, claim),
        Appraised(6, JANUARY, claim, (HELD,)),
    ]
    _, found = appraise(every, [], on=TODAY)
    counts = [(due.month, due.category.name, due.recordings, due.free) for due in found]
    january, march = date(2020, 1, 1), date(2020, 3, 1)
    assert counts == [(january, CLAIM, 2, 0), (january, ROUTINE, 2, 1), (march, ROUTINE, 1, 1)]
    assert [dict(due.stopped_by) for due in found] == [
        {HELD: 2},
        {HELD: 1, Stopped(StopReason.REQUEST, "R-2"): 1},
        {},
    ]


def test_stock_says_when_the_next_is_due() -> None:
    every = [
        Appraised(1, JANUARY, THREE_YEARS),
        Appraised(2, date(2023, 5, 1), THREE_YEARS),
        Appraised(3, date(2023, 4, 1), THREE_YEARS),
        Appraised(4, TODAY.replace(year=2021) - timedelta(days=1), THREE_YEARS),
    ]
    (routine, record), _ = appraise(every, [THREE_YEARS, NO_END], on=TODAY)
    assert (routine.category, record.category) == (THREE_YEARS, NO_END)
    told = (routine.recordings, routine.due, routine.free, routine.next_due_on)
    assert told == (4, 2, 2, date(2026, 4, 2))
    assert (record.recordings, record.next_due_on) == (0, None)


def test_how_what_stops_a_recording_is_said() -> None:
    assert str(HELD) == "hold H-1"
    assert str(Stopped(StopReason.KEPT_ON, "until then")) == "kept on until then"


@pytest.mark.parametrize("role", Role)
def test_who_archives_reviews_what_is_due(role: Role) -> None:
    if role in {Role.MANAGER, Role.DATA_CONTROLLER}:
        check_may_review(a_person(role), on=TODAY)
    else:
        with pytest.raises(Refused, match="review recordings"):
            check_may_review(a_person(role), on=TODAY)


def test_who_was_lent_the_power_reviews_it_until_that_day() -> None:
    check_may_review(a_person(lent=Power.ARCHIVE, until=TODAY), on=TODAY)
    with pytest.raises(Refused, match="has ended"):
        check_may_review(a_person(lent=Power.ARCHIVE, until=TODAY - timedelta(days=1)), on=TODAY)


def test_a_reason_is_asked_only_for_what_is_kept_on() -> None:
    check_kept_on_for_a_reason(Purpose.DISPOSAL, withheld=0, note="")
    check_kept_on_for_a_reason(Purpose.DISPOSAL, withheld=1, note="A claim is expected")
    check_kept_on_for_a_reason(Purpose.ERASURE, withheld=1, note="")


def test_what_is_due_still_is_destroyed() -> None:
    check_still_due([Appraised(1, JANUARY, THREE_YEARS)], on=TODAY)


ENDS = {
    "7 days": date(2024, 2, 7),
    "1 day": date(2024, 2, 1),
    "2 weeks": date(2024, 2, 14),
    "1 month": date(2024, 2, 29),
    "6 months": date(2024, 7, 31),
    "1 year": date(2025, 1, 31),
}


@pytest.mark.parametrize(("interval", "end"), ENDS.items())
def test_what_is_done_so_often_is_due_again_on_that_day(interval: str, end: date) -> None:
    assert interval_end(date(2024, 1, 31), interval) == end


@given(
    st.dates(date(2018, 1, 1), date(2199, 12, 31)),
    st.integers(1, 999),
    st.sampled_from(["day", "days", "week", "months", "year"]),
)
def test_a_later_day_never_comes_to_an_earlier_one(day: date, count: int, unit: str) -> None:
    end = interval_end(day, f"{count} {unit}")
    assert day < end <= interval_end(day + timedelta(days=1), f"{count} {unit}")


def test_the_rule_of_what_is_taken_back_names_the_batch_and_is_known_again() -> None:
    rule = undone_rule("0123456789abcdef")
    assert rule == "taken in by mistake, batch 01234567"
    assert is_undone(rule)
    assert not is_undone("routine, 3 years")


def test_what_was_used_and_is_not_taken_back_is_named_by_the_lowest_number() -> None:
    check_was_not_used({})
    with pytest.raises(Refused, match=r"^recording 7 was used, by R-2, and is not taken back"):
        check_was_not_used({9: "H-1", 7: "R-2"})
    with pytest.raises(Refused, match=r"^recording 7 was used and is not taken back"):
        check_was_not_used({7: ""})


def test_who_waits_for_it_is_named_but_for_an_outside_body() -> None:
    check_nobody_waits(())
    with pytest.raises(Refused, match=r"asked for by R-9, which is open, and is not") as refused:
        check_nobody_waits(("R-12", "", "R-9"))
    assert "callrec request show R-9" in refused.value.hint
    with pytest.raises(Refused, match=r"asked for by a request, which is open, and is not"):
        check_nobody_waits(("",))
