from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callrec.telephone.call import TimeConfidence
from callrec.telephone.clock import by_instant, by_local_time

LONDON = ZoneInfo("Europe/London")
TEN_IN_SUMMER = datetime(2024, 7, 4, 10, 0)  # noqa: DTZ001  # as a telephone system writes it
TEN = datetime(2024, 7, 4, 9, 0, tzinfo=UTC)
HALF_PAST_ONE = datetime(2024, 10, 27, 1, 30)  # noqa: DTZ001
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def test_a_local_time_alone_is_the_zones() -> None:
    moment = by_local_time(TEN_IN_SUMMER, LONDON)
    assert (moment.at, moment.confidence) == (TEN, TimeConfidence.LOCAL_UNAMBIGUOUS)


@pytest.mark.parametrize("minutes", [-29, 0, 29])
def test_an_instant_within_half_an_hour_proves_the_hour(minutes: int) -> None:
    moment = by_instant(TEN_IN_SUMMER, LONDON, TEN + timedelta(minutes=minutes))
    assert (moment.at, moment.confidence) == (TEN, TimeConfidence.UTC_PROVEN)


@pytest.mark.parametrize("minutes", [-45, 30, 45, 24 * 60 * 40])
def test_an_instant_further_off_proves_nothing(minutes: int) -> None:
    moment = by_instant(TEN_IN_SUMMER, LONDON, TEN + timedelta(minutes=minutes))
    assert (moment.at, moment.confidence) == (TEN, TimeConfidence.LOCAL_UNAMBIGUOUS)
    assert "contradicts" in moment.why


@pytest.mark.parametrize("hours", [-12, -7, -1, 0, 2, 14])
def test_whole_hours_off_are_another_zone(hours: int) -> None:
    instant = TEN_IN_SUMMER.replace(tzinfo=UTC) - timedelta(hours=hours, seconds=3)
    moment = by_instant(TEN_IN_SUMMER, LONDON, instant)
    assert moment.at == instant + timedelta(seconds=3)
    assert moment.confidence is TimeConfidence.UTC_PROVEN
    assert f"UTC{hours:+03}:00" in moment.why


@pytest.mark.parametrize("hours", [-13, 15])
def test_no_zone_is_so_far_off(hours: int) -> None:
    instant = TEN_IN_SUMMER.replace(tzinfo=UTC) - timedelta(hours=hours)
    assert "contradicts" in by_instant(TEN_IN_SUMMER, LONDON, instant).why


def test_an_ambiguous_hour_stays_ambiguous_under_a_contradiction() -> None:
    instant = datetime(2024, 10, 29, 5, 17, tzinfo=UTC)
    moment = by_instant(HALF_PAST_ONE, LONDON, instant)
    assert moment.confidence is TimeConfidence.LOCAL_AMBIGUOUS
    assert "contradicts" in moment.why


def test_clocks_that_change_by_half_an_hour_are_told_apart_too() -> None:
    twice = datetime(2024, 4, 7, 1, 45)  # noqa: DTZ001
    first, second = (twice.replace(tzinfo=LORD_HOWE, fold=fold).astimezone(UTC) for fold in (0, 1))
    assert second - first == timedelta(minutes=30)
    assert [by_instant(twice, LORD_HOWE, at).at for at in (first, second)] == [first, second]
