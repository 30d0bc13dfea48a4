from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callrec.telephone.call import HOUR_MEMBERS, TimeConfidence
from callrec.telephone.clock import by_instant, by_instant_alone, by_local_time

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


def test_a_moment_keeps_what_the_clock_showed_and_where_it_stood() -> None:
    winter = by_local_time(datetime(2024, 1, 4, 10, 0), LONDON)  # noqa: DTZ001
    summer = by_local_time(TEN_IN_SUMMER, LONDON)
    assert (winter.zone, winter.offset) == ("Europe/London", timedelta())
    assert (summer.local, summer.offset) == (TEN_IN_SUMMER, timedelta(hours=1))


@pytest.mark.parametrize(("hour", "offset"), [(0, 1), (1, 0)])
def test_in_the_hour_that_came_twice_the_instant_decides_the_offset(hour: int, offset: int) -> None:
    moment = by_instant(HALF_PAST_ONE, LONDON, datetime(2024, 10, 27, hour, 30, tzinfo=UTC))
    assert (moment.at.hour, moment.offset) == (hour, timedelta(hours=offset))
    assert moment.confidence is TimeConfidence.UTC_PROVEN


def test_a_time_that_never_was_is_kept_as_it_was_shown() -> None:
    skipped = datetime(2025, 3, 30, 1, 30)  # noqa: DTZ001
    moment = by_local_time(skipped, LONDON)
    assert moment.confidence is TimeConfidence.NONEXISTENT
    assert (moment.local, moment.at) == (skipped, datetime(2025, 3, 30, 1, 30, tzinfo=UTC))


def test_a_clock_in_another_zone_is_named_by_its_offset() -> None:
    moment = by_instant(TEN_IN_SUMMER, LONDON, TEN_IN_SUMMER.replace(tzinfo=UTC))
    assert (moment.zone, moment.offset, moment.contradiction) == ("UTC+00:00", timedelta(), None)


def test_an_instant_alone_is_shown_in_the_zone_and_proven() -> None:
    moment = by_instant_alone(TEN, LONDON, "the call record is in UTC")
    assert (moment.at, moment.local, moment.zone) == (TEN, TEN_IN_SUMMER, "Europe/London")
    assert (moment.confidence, moment.why) == (
        TimeConfidence.UTC_PROVEN,
        "the call record is in UTC",
    )


@pytest.mark.parametrize(
    ("apart", "told"), [(timedelta(minutes=45), "45 minutes"), (timedelta(days=40), "40 days")]
)
def test_a_contradiction_is_kept_with_what_proves_it(apart: timedelta, told: str) -> None:
    moment = by_instant(TEN_IN_SUMMER, LONDON, TEN + apart, proof="the call record")
    assert moment.contradiction == f"the call record contradicts it by {told}"
    assert moment.why.startswith(moment.contradiction)
    assert by_instant(TEN_IN_SUMMER, LONDON, TEN).contradiction is None


def test_a_moment_settles_the_members_of_the_hour() -> None:
    assert by_local_time(TEN_IN_SUMMER, LONDON).members.keys() == HOUR_MEMBERS
