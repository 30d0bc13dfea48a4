"""Up to when calls are archived."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from callrec.archive.run import archive_cutoff, parse_age
from callrec.errors import Unusable

TODAY = date(2026, 11, 24)

LONDON = ZoneInfo("Europe/London")

AGES = {
    "90d": date(2026, 8, 26),
    "1 day": date(2026, 11, 23),
    "12w": date(2026, 9, 1),
    "2 weeks": date(2026, 11, 10),
    "18m": date(2025, 5, 24),
    "11 months": date(2025, 12, 24),
    "3y": date(2023, 11, 24),
    "3 Years": date(2023, 11, 24),
}

NO_AGES = ["", "0d", "3", "y", "-3y", "3 monkeys", "1.5y", "٣y", "99999d", "3y 2m"]


@pytest.mark.parametrize("text", AGES)
def test_an_age_is_a_day(text: str) -> None:
    assert parse_age(text, TODAY) == AGES[text]


def test_a_day_that_a_month_does_not_have_is_its_last() -> None:
    assert parse_age("1m", date(2024, 3, 31)) == date(2024, 2, 29)
    assert parse_age("1y", date(2024, 2, 29)) == date(2023, 2, 28)


@pytest.mark.parametrize("text", NO_AGES)
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(Unusable, match="not a length of time"):
        parse_age(text, TODAY)


@pytest.mark.parametrize("text", ["9999w", "500y", "9999m", "9999y"])
def test_an_age_beyond_telephones_is_refused(text: str) -> None:
    with pytest.raises(Unusable, match="longer ago"):
        parse_age(text, TODAY)


def limit(**said: str) -> datetime | None:
    both = {"older_than": said.get("older_than"), "before": said.get("before")}
    return archive_cutoff(**both, today=TODAY, zone=LONDON)


def test_a_day_begins_at_the_practices_midnight() -> None:
    assert limit(before="1/7/2026") == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert limit(older_than="1d") == datetime(2026, 11, 23, tzinfo=UTC)


def test_without_a_limit_there_is_none() -> None:
    assert limit() is None


def test_two_limits_are_refused() -> None:
    with pytest.raises(Unusable, match="both"):
        limit(before="1/7/2026", older_than="1d")
