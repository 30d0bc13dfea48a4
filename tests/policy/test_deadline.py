from __future__ import annotations

from datetime import date

import pytest

from callrec.policy.clock_events import Deadline, Urgency, full_date, urgency

TARGET, DUE, EXTENDED = date(2024, 10, 1), date(2024, 10, 3), date(2024, 12, 3)


def a_deadline(
    due_on: date | None = DUE,
    target_on: date | None = TARGET,
    extended_due_on: date | None = EXTENDED,
) -> Deadline:
    return Deadline(
        due_on=due_on,
        target_on=target_on,
        extended_due_on=extended_due_on,
        waiting_for=None,
        why=(),
    )


EXTENSION = a_deadline(due_on=EXTENDED)

NO_DUE_DAY = a_deadline(due_on=None, extended_due_on=None)

PRESSING = {
    "eight days before its target": (a_deadline(), date(2024, 9, 23), Urgency.IN_TIME),
    "seven days before its target": (a_deadline(), date(2024, 9, 24), Urgency.DUE_SOON),
    "past its target": (a_deadline(), DUE, Urgency.DUE_SOON),
    "past its due day": (a_deadline(), date(2024, 10, 4), Urgency.OVERDUE),
    "extended, past its target": (EXTENSION, date(2024, 11, 25), Urgency.IN_TIME),
    "extended, a week before it is due": (EXTENSION, date(2024, 11, 26), Urgency.DUE_SOON),
    "extended, past its due day": (EXTENSION, date(2024, 12, 4), Urgency.OVERDUE),
    "never due, before its target": (NO_DUE_DAY, date(2024, 9, 23), Urgency.IN_TIME),
    "never due, long past its target": (NO_DUE_DAY, date(2025, 9, 23), Urgency.DUE_SOON),
    "no clock": (a_deadline(None, None, None), date(2025, 9, 23), Urgency.IN_TIME),
}


@pytest.mark.parametrize(("deadline", "on", "expected"), PRESSING.values(), ids=PRESSING)
def test_how_pressing_a_request_is(deadline: Deadline, on: date, expected: Urgency) -> None:
    assert urgency(deadline, on, warn_days=7) is expected


def test_without_warning_it_is_due_soon_on_the_day_itself() -> None:
    assert urgency(a_deadline(), date(2024, 9, 30), warn_days=0) is Urgency.IN_TIME
    assert urgency(a_deadline(), TARGET, warn_days=0) is Urgency.DUE_SOON


def test_what_is_never_due_was_not_extended() -> None:
    assert not NO_DUE_DAY.is_extended
    assert not a_deadline().is_extended
    assert EXTENSION.is_extended


def test_a_day_is_spelt_with_its_weekday_and_without_a_zero() -> None:
    assert full_date(date(2024, 3, 3)) == "Sunday 3 March 2024"
