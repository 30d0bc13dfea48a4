"""Complaints about personal data: who enters, reads, acknowledges, answers [DPA 2018 s.164A]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Refused, Tampered
from callrec.policy.clause import Law
from callrec.policy.clock_events import Deadline, TimeScales
from callrec.policy.days import WorkingDays
from callrec.policy.rights.complaint import (
    ComplaintAct,
    ComplaintFacts,
    ComplaintState,
    Finding,
    acknowledge_by,
    check_account,
    check_day,
    check_may_add,
    check_may_answer,
    check_may_enter,
    check_may_read,
    is_dated_late,
    may_add,
    may_answer,
    may_read,
    must_be_told,
    state_after,
    was_late,
)
from callrec.policy.role import SERVICES, Person, Power, Role, Standing
from policy.builders import ANN, BEN, TODAY, a_person

RECEIVED, ACKNOWLEDGED, PROGRESSED, ANSWERED = ComplaintAct

NO_HOLIDAYS = WorkingDays(frozenset(), range(2018, 2030))

YESTERDAY = TODAY - timedelta(days=1)


def a_complaint(**facts: Any) -> ComplaintFacts:
    said = {"reference": "C-3", "state": ComplaintState.RECEIVED, "entered_by": BEN, **facts}
    return ComplaintFacts(**said)


CLOSED = a_complaint(state=ComplaintState.CLOSED)

POSSIBLE = {
    (RECEIVED,): ComplaintState.RECEIVED,
    (RECEIVED, PROGRESSED): ComplaintState.RECEIVED,
    (RECEIVED, PROGRESSED, ACKNOWLEDGED, PROGRESSED): ComplaintState.ACKNOWLEDGED,
    (RECEIVED, ACKNOWLEDGED, ANSWERED): ComplaintState.CLOSED,
    (RECEIVED, ANSWERED): ComplaintState.CLOSED,
}


@pytest.mark.parametrize(("acts", "state"), [*POSSIBLE.items()])
def test_a_complaint_stands_where_its_events_led(
    acts: tuple[ComplaintAct, ...], state: ComplaintState
) -> None:
    assert state_after(acts) is state


@pytest.mark.parametrize(
    "acts",
    [(), (ACKNOWLEDGED,), (ACKNOWLEDGED, RECEIVED), (RECEIVED, RECEIVED),
     (RECEIVED, ACKNOWLEDGED, ACKNOWLEDGED), (RECEIVED, ANSWERED, PROGRESSED),
     (RECEIVED, ANSWERED, ACKNOWLEDGED), (RECEIVED, ANSWERED, ANSWERED)],
)  # fmt: skip
def test_events_that_cannot_follow_each_other_are_tampering(
    acts: tuple[ComplaintAct, ...],
) -> None:
    with pytest.raises(
        Tampered, match=r"^what happened to a complaint cannot have happened in this order$"
    ):
        state_after(acts)


@given(st.dates(date(2026, 6, 19), date(2029, 10, 1)))
def test_an_acknowledgement_has_30_days_and_ends_on_a_working_day(received_on: date) -> None:
    due_on = acknowledge_by(received_on, NO_HOLIDAYS).due_on
    assert due_on is not None
    assert (due_on - received_on).days in (30, 31, 32)
    assert due_on.weekday() < 5
    later = acknowledge_by(received_on + timedelta(days=1), NO_HOLIDAYS).due_on
    assert later is not None
    assert later >= due_on


def test_why_that_day_is_told_with_its_sources() -> None:
    saturday, monday = "Saturday 5 December 2026", "Monday 7 December 2026"
    found = acknowledge_by(date(2026, 11, 5), NO_HOLIDAYS)
    assert found == Deadline(
        due_on=date(2026, 12, 7),
        target_on=date(2026, 12, 7),
        waiting_for=None,
        why=(
            "received on Thursday 5 November 2026, working day or not [DPA 2018 s.164A(3)]",
            f"30 days, the first of them Friday 6 November 2026: {saturday} [DPA 2018 s.164A(3)]",
            f"{saturday} is no working day: the next one is {monday} [{Law.COMPLAINT_GUIDANCE}]",
        ),
    )


@given(st.dates(date(2018, 1, 1), date(2026, 6, 18)))
def test_no_clock_runs_from_a_day_before_the_law_was_in_force(received_on: date) -> None:
    found = acknowledge_by(received_on, NO_HOLIDAYS)
    assert (found.due_on, found.target_on, found.is_unknown) == (None, None, False)
    (why,) = found.why
    assert why.endswith(", before Friday 19 June 2026, when this law began [DPA 2018 s.164A(3)]")


def test_on_a_working_day_nothing_is_rolled() -> None:
    found = acknowledge_by(date(2026, 11, 2), NO_HOLIDAYS)
    assert found.due_on == date(2026, 12, 2)
    assert len(found.why) == 2
    assert not found.is_unknown


def test_in_a_year_of_unknown_bank_holidays_the_day_is_unknown_and_no_error() -> None:
    found = acknowledge_by(date(2029, 12, 15), NO_HOLIDAYS)
    assert (found.due_on, found.target_on, found.is_unknown) == (None, None, True)
    assert found.why[-1] == (
        "which working day follows is unknown, as that year's bank holidays are"
        " [clocks.holidays_known_until]"
    )


def test_the_length_is_a_time_scale() -> None:
    found = acknowledge_by(date(2026, 11, 2), NO_HOLIDAYS, TimeScales(complaint_days=10))
    assert found.due_on == date(2026, 11, 12)


@pytest.mark.parametrize("role", [role for role in Role if role not in SERVICES])
def test_anybody_enters_one_even_without_any_power(role: Role) -> None:
    check_may_enter(Person(ANN, role, frozenset()))


def test_a_service_enters_none() -> None:
    with pytest.raises(Refused, match=r"^a service cannot enter a complaint \[") as refused:
        check_may_enter(a_person(Role.INTAKE))
    assert refused.value.clause is Law.COMPLAINT


@pytest.mark.parametrize("standing", [Standing.PROVISIONAL, Standing.CLAIMED, Standing.DISABLED])
def test_whose_key_is_not_confirmed_enters_none(standing: Standing) -> None:
    with pytest.raises(Refused):
        check_may_enter(a_person(standing=standing))


def test_what_is_complained_of_is_told_in_a_sentence() -> None:
    check_account("You told my employer that I had called")
    with pytest.raises(Refused, match=r"^--what is not a sentence \[") as refused:
        check_account("my data")
    assert refused.value.hint == ('use at least 20 characters and 3 different words: --what "…"')


def test_a_day_is_between_receipt_and_today() -> None:
    check_day(TODAY, today=TODAY)
    check_day(TODAY, today=TODAY, since=TODAY)
    check_day(date(2018, 1, 1), today=TODAY)
    with pytest.raises(Refused, match=r"^that day is before 2018, and no clock here is as old as"):
        check_day(date(2017, 12, 31), today=TODAY)
    with pytest.raises(Refused, match=r"^that day has not come yet \["):
        check_day(TODAY, today=YESTERDAY)
    with pytest.raises(Refused, match=r"^the complaint came later, on Thursday 4 January 2024 \["):
        check_day(YESTERDAY, today=TODAY, since=TODAY)


CONTROLLER, LENT = (
    a_person(Role.DATA_CONTROLLER),
    a_person(Role.MANAGER, lent=Power.DECIDE_RESERVED),
)
WHO_ENTERED = a_person(id=BEN)
READS_THE_LOG = {"the auditor": a_person(Role.AUDITOR), "a partner": a_person(Role.PARTNER)}
DEALS = {"the Data Controller": CONTROLLER, "whom they authorised": LENT}
OTHERS = {
    "a colleague": a_person(),
    "a manager": a_person(Role.MANAGER),
    "whose authority is over": a_person(Role.MANAGER, lent=Power.DECIDE_RESERVED, until=YESTERDAY),
}


@pytest.mark.parametrize(
    "person",
    [WHO_ENTERED, *READS_THE_LOG.values(), *DEALS.values()],
    ids=["who entered it", *READS_THE_LOG, *DEALS],
)
def test_a_complaint_is_read_by_few(person: Person) -> None:
    assert may_read(person, a_complaint(), on=TODAY)
    check_may_read(person, a_complaint(), on=TODAY)


@pytest.mark.parametrize("person", OTHERS.values(), ids=OTHERS)
def test_a_complaint_is_nobody_else_s_business(person: Person) -> None:
    assert not may_read(person, a_complaint(), on=TODAY)
    with pytest.raises(Refused, match=r"^you cannot read this complaint") as refused:
        check_may_read(person, a_complaint(), on=TODAY)
    assert refused.value.clause is Law.COMPLAINT


@pytest.mark.parametrize("act", [ACKNOWLEDGED, PROGRESSED])
@pytest.mark.parametrize("person", [WHO_ENTERED, *DEALS.values()], ids=["who entered it", *DEALS])
def test_who_entered_it_or_deals_with_it_adds_to_it(person: Person, act: ComplaintAct) -> None:
    assert may_add(person, a_complaint(), on=TODAY)
    check_may_add(person, a_complaint(), act, on=TODAY)


@pytest.mark.parametrize("act", [ACKNOWLEDGED, PROGRESSED])
@pytest.mark.parametrize(
    "person", [*READS_THE_LOG.values(), *OTHERS.values()], ids=[*READS_THE_LOG, *OTHERS]
)
def test_nobody_else_adds_to_it(person: Person, act: ComplaintAct) -> None:
    assert not may_add(person, a_complaint(), on=TODAY)
    with pytest.raises(Refused, match=r"^you cannot add to this complaint"):
        check_may_add(person, a_complaint(), act, on=TODAY)


def test_it_is_acknowledged_once_and_added_to_until_it_is_closed() -> None:
    acknowledged = a_complaint(state=ComplaintState.ACKNOWLEDGED)
    check_may_add(CONTROLLER, acknowledged, PROGRESSED, on=TODAY)
    with pytest.raises(Refused, match=r"^C-3 is already acknowledged \[") as refused:
        check_may_add(CONTROLLER, acknowledged, ACKNOWLEDGED, on=TODAY)
    assert refused.value.clause is Law.COMPLAINT_PERIOD
    for act in (ACKNOWLEDGED, PROGRESSED):
        with pytest.raises(Refused, match=r"^C-3 is already closed \["):
            check_may_add(CONTROLLER, CLOSED, act, on=TODAY)


@pytest.mark.parametrize("person", DEALS.values(), ids=DEALS)
@pytest.mark.parametrize("state", [ComplaintState.RECEIVED, ComplaintState.ACKNOWLEDGED])
def test_who_deals_with_it_decides_its_outcome(person: Person, state: ComplaintState) -> None:
    assert may_answer(person, a_complaint(state=state), on=TODAY)
    check_may_answer(person, a_complaint(state=state), on=TODAY)


@pytest.mark.parametrize(
    "person",
    [WHO_ENTERED, *READS_THE_LOG.values(), *OTHERS.values()],
    ids=["who entered it", *READS_THE_LOG, *OTHERS],
)
def test_nobody_else_decides_its_outcome(person: Person) -> None:
    assert not may_answer(person, a_complaint(), on=TODAY)
    with pytest.raises(Refused, match=r"^only the Data Controller decides the outcome") as refused:
        check_may_answer(person, a_complaint(), on=TODAY)
    assert refused.value.clause is Law.COMPLAINT_OUTCOME
    assert refused.value.hint.endswith("--power decide-reserved --until DATE")


def test_its_outcome_is_decided_once() -> None:
    with pytest.raises(Refused, match=r"^C-3 is already closed \[") as refused:
        check_may_answer(CONTROLLER, CLOSED, on=TODAY)
    assert refused.value.clause is Law.COMPLAINT_OUTCOME


@pytest.mark.parametrize(
    "check",
    [
        lambda person: check_may_read(person, a_complaint(), on=TODAY),
        lambda person: check_may_add(person, a_complaint(), PROGRESSED, on=TODAY),
        lambda person: check_may_answer(person, a_complaint(), on=TODAY),
    ],
    ids=["read", "add", "answer"],
)
def test_who_is_disabled_does_nothing_with_it(check: Callable[[Person], None]) -> None:
    with pytest.raises(Refused, match="disabled"):
        check(a_person(Role.DATA_CONTROLLER, id=BEN, standing=Standing.DISABLED))


@pytest.mark.parametrize(
    ("act", "finding", "told"),
    [
        (RECEIVED, None, True),
        (ACKNOWLEDGED, None, True),
        (PROGRESSED, None, False),
        (ANSWERED, Finding.UPHELD, True),
        (ANSWERED, Finding.WITHDRAWN, True),
        (ANSWERED, Finding.OTHER_MATTER, False),
    ],
)
def test_of_all_but_a_step_and_a_mistake_the_complainant_is_told(
    act: ComplaintAct, finding: Finding | None, *, told: bool
) -> None:
    assert must_be_told(act, finding) is told


DUE = acknowledge_by(date(2026, 11, 2), NO_HOLIDAYS)


@pytest.mark.parametrize(
    ("told_on", "today", "late"),
    [
        (date(2026, 12, 2), date(2026, 12, 9), False),
        (date(2026, 12, 3), date(2026, 12, 9), True),
        (None, date(2026, 12, 2), False),
        (None, date(2026, 12, 3), True),
    ],
)
def test_it_is_late_after_its_last_day(told_on: date | None, today: date, *, late: bool) -> None:
    assert was_late(DUE, told_on, today=today) is late


def test_where_no_day_is_known_nothing_is_late() -> None:
    unknown = acknowledge_by(date(2029, 12, 15), NO_HOLIDAYS)
    assert not was_late(unknown, None, today=date(2031, 1, 1))


def test_what_was_told_in_time_may_be_written_down_late() -> None:
    assert DUE.due_on is not None
    after = DUE.due_on + timedelta(days=1)
    assert is_dated_late(DUE, DUE.due_on, entered_on=after)
    assert not is_dated_late(DUE, DUE.due_on, entered_on=DUE.due_on)
    assert not is_dated_late(DUE, after, entered_on=after)
    unknown = acknowledge_by(date(2029, 12, 15), NO_HOLIDAYS)
    assert not is_dated_late(unknown, date(2029, 12, 20), entered_on=date(2031, 1, 1))
