"""What waits for one person."""

from __future__ import annotations

from datetime import date

import pytest

from callrec.office.inbox import read_inbox
from callrec.policy.purpose import Purpose
from callrec.requests.amend import attach_recordings
from callrec.requests.decide import deny_request, revoke_grants
from house.listening import hear
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    last_leaf,
    logged_in,
    pass_days,
    signed_in,
)


def inbox(house: House, login: str) -> list[tuple[str, str]]:
    items = read_inbox(house.practice, logged_in(house, login))
    return [(item.reference, str(item.waits_to)) for item in items]


@pytest.mark.parametrize(
    ("login", "waits"),
    {"dora": ["R-2", "R-1"], "max": ["R-1"], "sam": [], "ava": [], "mia": []}.items(),
)
def test_requests_wait_for_whoever_decides_them(
    stocked: House, login: str, waits: list[str]
) -> None:
    a_request(stocked, "mia")
    a_request(stocked, "sam", purpose=Purpose.OUTSIDE_BODY)
    assert inbox(stocked, login) == [(reference, "decide") for reference in waits]


def test_what_one_has_changed_waits_for_somebody_else(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    attach_recordings(stocked.practice, logged_in(stocked, "max"), reference, [2])
    assert inbox(stocked, "max") == []
    assert inbox(stocked, "mia") == [("R-1", "decide")]


def test_what_is_decided_waits_no_more(stocked: House) -> None:
    reference = a_request(stocked)
    deny_request(stocked.practice, logged_in(stocked, "mia"), reference, reason=ANOTHER_REASON)
    assert inbox(stocked, "max") == []


def test_what_was_granted_waits_for_its_person(granted: House) -> None:
    (item,) = read_inbox(granted.practice, logged_in(granted, "sam"))
    assert (item.reference, item.waits_to, item.recordings) == ("R-1", "hear", 2)
    assert inbox(granted, "max") == []


def test_what_is_being_released_waits_no_more(granted: House) -> None:
    by_sql(granted, "UPDATE grant_ SET state = 'prepared'")
    assert inbox(granted, "sam") == []


def test_what_is_due_or_lapses_soonest_comes_first(granted: House) -> None:
    a_request(granted, "mia")
    second = a_request(granted, "mia")
    approve(granted, second, "pat", to="max", until=date(2026, 11, 25))
    a_request(granted, "mia", purpose=Purpose.SUBJECT_ACCESS)
    assert inbox(granted, "max") == [("R-3", "hear"), ("R-2", "decide")]
    assert inbox(granted, "dora") == [("R-4", "decide"), ("R-2", "decide")]  # its target is past


def test_what_only_its_maker_may_decide_waits_for_him(stocked: House) -> None:
    a_request(stocked, "dora", purpose=Purpose.OUTSIDE_BODY)
    a_request(stocked, "dora")
    alone = read_inbox(stocked.practice, logged_in(stocked, "dora"))
    assert [(item.reference, item.nobody_else) for item in alone] == [("R-1", True)]
    assert inbox(stocked, "max") == [("R-2", "decide")]


def test_what_has_lapsed_waits_for_nobody(granted: House) -> None:
    """A grant that nobody used leaves its request to be decided again, for as many days."""
    a_request(granted, "mia")
    pass_days(granted, 15)
    assert inbox(granted, "sam") == []
    assert inbox(granted, "max") == [("R-1", "decide")]
    pass_days(granted, 15)
    assert inbox(granted, "max") == []


def test_what_was_heard_and_not_answered_waits_again_once_it_was_revoked(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    approve(stocked, reference, "dora")
    hear(stocked, reference, attended=("nobody",))
    assert inbox(stocked, "dora") == []
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    assert inbox(stocked, "dora") == [(reference, "decide")]


def test_what_the_practice_has_heard_for_itself_does_not(granted: House) -> None:
    hear(granted)
    pass_days(granted, 15)
    assert inbox(granted, "max") == []


def test_it_opens_nothing_and_writes_nothing(granted: House) -> None:
    before = last_leaf(granted)
    read_inbox(granted.practice, logged_in(granted, "ava"))
    assert last_leaf(granted) == before
