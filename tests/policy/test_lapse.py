from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from callrec.errors import Refused
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import (
    RequestAct,
    RequestEvent,
    grant_lapses_at,
    has_lapsed,
    lapses_at,
    request_lapses_at,
    undecided_since,
)
from policy.builders import BEN, LONDON, NOW, TODAY

Act = RequestAct

END_OF_18_JANUARY = datetime(2024, 1, 19, tzinfo=UTC)

SUMMER_NIGHT = datetime(2024, 7, 1, 23, 30, tzinfo=UTC)  # 2 July, 00:30, in London


def test_it_lapses_at_the_end_of_the_last_local_day() -> None:
    assert lapses_at(NOW, 14, LONDON) == END_OF_18_JANUARY


def test_days_are_local_where_the_utc_day_is_another() -> None:
    assert lapses_at(SUMMER_NIGHT, 14, LONDON) == datetime(2024, 7, 16, 23, tzinfo=UTC)


def test_a_request_s_and_a_grant_s_days_are_local_too() -> None:
    end_of_16_july = datetime(2024, 7, 16, 23, tzinfo=UTC)
    assert request_lapses_at(Purpose.COMPLAINT, SUMMER_NIGHT, 14, LONDON) == end_of_16_july
    assert grant_lapses_at(SUMMER_NIGHT, 14, LONDON) == end_of_16_july
    today = grant_lapses_at(SUMMER_NIGHT, 14, LONDON, until=date(2024, 7, 2))
    assert today == datetime(2024, 7, 2, 23, tzinfo=UTC)
    with pytest.raises(Refused):
        grant_lapses_at(SUMMER_NIGHT, 14, LONDON, until=date(2024, 7, 1))


def test_days_are_days_where_the_clocks_change_between() -> None:
    made_at = datetime(2024, 3, 25, 12, tzinfo=UTC)
    assert lapses_at(made_at, 14, LONDON) == datetime(2024, 4, 8, 23, tzinfo=UTC)


def test_it_has_lapsed_from_that_instant_on_and_not_before() -> None:
    assert has_lapsed(END_OF_18_JANUARY, END_OF_18_JANUARY)
    assert not has_lapsed(END_OF_18_JANUARY, END_OF_18_JANUARY - timedelta(microseconds=1))


def test_what_has_no_end_never_lapses() -> None:
    assert not has_lapsed(None, datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize("purpose", Purpose)
def test_a_request_lapses_unless_the_law_s_clock_runs(purpose: Purpose) -> None:
    statutory = TERMS[purpose].has_statutory_clock
    expected = None if statutory else END_OF_18_JANUARY
    assert request_lapses_at(purpose, NOW, 14, LONDON) == expected


def test_what_a_court_wants_by_a_day_does_not_lapse() -> None:
    ordered = request_lapses_at(Purpose.OUTSIDE_BODY, NOW, 14, LONDON, is_ordered=True)
    assert ordered is None


WEEK = timedelta(days=7)

UNTIL = NOW + 2 * WEEK

DECIDED_AGAIN = {
    "made": ([(Act.CREATED, 0, None)], 0),
    "changed": ([(Act.CREATED, 0, None), (Act.AMENDED, 1, None)], 0),
    "revoked": ([(Act.CREATED, 0, None), (Act.APPROVED, 1, UNTIL), (Act.REVOKED, 2, None)], 2),
    "revoked after it was over": (
        [(Act.CREATED, 0, None), (Act.APPROVED, 1, UNTIL), (Act.REVOKED, 3, None)],
        3,
    ),
    "changed after": (
        [(Act.CREATED, 0, None), (Act.APPROVED, 1, UNTIL), (Act.AMENDED, 1, None)],
        1,
    ),
    "never used": (
        [(Act.CREATED, 0, None), (Act.APPROVED, 0, UNTIL), (Act.GRANT_LAPSED, 9, None)],
        2,
    ),
    "never used, and nobody wrote it down": (
        [(Act.CREATED, 0, None), (Act.APPROVED, 0, UNTIL)],
        2,
    ),
    "never used, by an approval in no form": (
        [(Act.CREATED, 0, None), (Act.APPROVED, 0, None), (Act.GRANT_LAPSED, 3, None)],
        3,
    ),
    "changed after it was revoked": (
        [
            *((Act.CREATED, 0, None), (Act.APPROVED, 1, UNTIL)),
            *((Act.REVOKED, 2, None), (Act.AMENDED, 3, None)),
        ],
        2,
    ),
}


@pytest.mark.parametrize(("history", "weeks"), DECIDED_AGAIN.values(), ids=DECIDED_AGAIN)
def test_it_is_undecided_since_it_was_made_or_what_was_approved_ended(
    history: list[tuple[RequestAct, int, datetime | None]], weeks: int
) -> None:
    told = [(RequestEvent(act, NOW + after * WEEK, BEN), over) for act, after, over in history]
    assert undecided_since(told) == NOW + weeks * WEEK


GRANTED = {
    "no day chosen": (None, END_OF_18_JANUARY),
    "today": (TODAY, datetime(2024, 1, 5, tzinfo=UTC)),
    "the last day that may be": (date(2024, 1, 18), END_OF_18_JANUARY),
}


@pytest.mark.parametrize(("until", "expected"), GRANTED.values(), ids=GRANTED)
def test_a_grant_lapses_after_the_day_chosen(until: date | None, expected: datetime) -> None:
    assert grant_lapses_at(NOW, 14, LONDON, until=until) == expected


@pytest.mark.parametrize("until", [date(2024, 1, 3), date(2024, 1, 19)], ids=["past", "too late"])
def test_a_grant_lasts_no_longer_than_the_practice_allows(until: date) -> None:
    with pytest.raises(
        Refused, match=r"no longer than the practice allows \[policy 4\(a\)\]"
    ) as no:
        grant_lapses_at(NOW, 14, LONDON, until=until)
    assert "--until 18/1/2024" in no.value.hint
