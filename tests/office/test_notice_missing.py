"""Calls that fell on days without the notice by which their other side is told [policy 3]."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from callrec.errors import Misconfigured
from callrec.office.status import notice_warnings, read_status
from callrec.telephone.call import Direction
from house.calls import a_call, take_in
from house.practices import House


def calls(house: House, direction: Direction, *at: datetime) -> None:
    take_in(house, [a_call(direction=direction, started_at=each) for each in at])


def with_notices(house: House, *notices: dict[str, Any]) -> list[str]:
    """What is warned of under these."""
    house.decide(notices=[{"version": "1", **notice} for notice in notices])
    return list(notice_warnings(house.practice))


ALWAYS = date(2020, 1, 1)


def test_recent_calls_without_a_notice_are_counted_by_the_way_they_went(house: House) -> None:
    yesterday = house.now() - timedelta(days=1)
    calls(house, Direction.OUTBOUND, yesterday, house.now() - timedelta(days=29))
    calls(house, Direction.INBOUND, yesterday)
    calls(house, Direction.INTERNAL, yesterday)
    assert with_notices(house) == [
        "inbound calls since Sun 25 Oct 2026 on days without announcement notice: 1 [policy 3]",
        "outbound calls since Sun 25 Oct 2026 on days without outbound notice: 2 [policy 3]",
    ]
    assert set(with_notices(house)) <= set(read_status(house.practice, None).warnings)


def test_calls_under_a_notice_are_not_counted(house: House) -> None:
    calls(house, Direction.OUTBOUND, house.now() - timedelta(days=1))
    calls(house, Direction.INBOUND, house.now() - timedelta(days=1))
    announced = {"kind": "announcement", "from": ALWAYS}
    spoken = {"kind": "outbound", "from": ALWAYS}
    assert with_notices(house, announced, spoken) == []
    (warning,) = with_notices(house, announced)
    assert warning.startswith("outbound calls")


def test_only_the_days_in_the_gap_count(house: House) -> None:
    calls(house, Direction.INBOUND, *(house.now() - timedelta(days=days) for days in (1, 2, 3)))
    ended = {"kind": "announcement", "from": ALWAYS, "until": date(2026, 11, 21)}
    (warning,) = with_notices(house, ended)
    assert "notice: 2 [" in warning


def test_the_day_of_a_call_is_the_practice_s_own(house: House) -> None:
    house.at = datetime(2027, 7, 10, 12, tzinfo=UTC)
    calls(house, Direction.INBOUND, datetime(2027, 7, 8, 23, 30, tzinfo=UTC))  # the 9th in London
    assert with_notices(house, {"kind": "announcement", "from": date(2027, 7, 9)}) == []


def test_what_is_longer_ago_is_not_counted(house: House) -> None:
    calls(house, Direction.INBOUND, house.now() - timedelta(days=31))
    assert with_notices(house) == []


def test_notices_that_contradict_each_other_are_never_in_force(house: House) -> None:
    twice = {"kind": "staff", "from": ALWAYS}
    with pytest.raises(Misconfigured, match="notices 1 and 1 are in force on the same day"):
        with_notices(house, twice, twice)
    assert house.open().settings.notices == ()
