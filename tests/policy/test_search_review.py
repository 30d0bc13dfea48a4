from __future__ import annotations

from datetime import timedelta

import pytest

from callrec.errors import Refused
from callrec.policy.reviews import (
    ReviewVerdict,
    check_may_review_search,
    check_verdict,
    check_was_shown,
    may_review_search,
)
from callrec.policy.role import Person, Power, Role, Standing
from policy.builders import ANN, BEN, REASON, TODAY, a_person

MAY_READ_THE_LOG = {Role.DATA_CONTROLLER, Role.PARTNER, Role.AUDITOR}


@pytest.mark.parametrize("role", Role)
def test_the_data_controller_alone_reviews_what_others_searched(role: Role) -> None:
    reviewer, searcher = a_person(role), a_person(Role.MANAGER, id=BEN)
    allowed = role is Role.DATA_CONTROLLER
    assert may_review_search(reviewer, searcher, on=TODAY) is allowed


@pytest.mark.parametrize("role", Role)
def test_what_the_data_controller_searched_is_for_whoever_reads_the_log(role: Role) -> None:
    reviewer, searcher = a_person(role), a_person(Role.DATA_CONTROLLER, id=BEN)
    assert may_review_search(reviewer, searcher, on=TODAY) is (role in MAY_READ_THE_LOG)


def test_nobody_reviews_his_own_search() -> None:
    dora = a_person(Role.DATA_CONTROLLER)
    assert not may_review_search(dora, dora, on=TODAY)
    with pytest.raises(Refused) as no:
        check_may_review_search(dora, dora, on=TODAY)
    assert no.value.message == "you cannot review your own search [policy 4(c)]"
    assert no.value.hint == "ask somebody else who may read the audit log"


def test_governing_is_not_enough_without_reading_the_log() -> None:
    lent = a_person(Role.MANAGER, id=ANN, lent=Power.GOVERN)
    assert not may_review_search(lent, a_person(Role.STAFF, id=BEN), on=TODAY)
    with pytest.raises(Refused, match=r"read the audit log \[policy 4\(a\)\]"):
        check_may_review_search(lent, a_person(Role.STAFF, id=BEN), on=TODAY)


def test_reviewing_can_be_lent_until_a_day() -> None:
    lent = a_person(Role.PARTNER, lent=Power.GOVERN)
    searcher = a_person(Role.MANAGER, id=BEN)
    check_may_review_search(lent, searcher, on=TODAY)
    with pytest.raises(Refused) as no:
        check_may_review_search(lent, searcher, on=TODAY + timedelta(days=1))
    assert no.value.message == "this search is not for you to review [policy 4(c)]"
    assert no.value.hint == "ask the Data Controller"


def test_just_the_two_powers_are_enough() -> None:
    person = Person(ANN, Role.STAFF, frozenset({Power.READ_AUDIT, Power.GOVERN}))
    assert may_review_search(person, a_person(Role.MANAGER, id=BEN), on=TODAY)


def test_who_is_lent_governing_has_nobody_above_him_till_its_last_day() -> None:
    lent = a_person(Role.MANAGER, id=BEN, lent=Power.GOVERN)
    auditor = a_person(Role.AUDITOR)
    assert may_review_search(auditor, lent, on=TODAY)
    assert not may_review_search(auditor, lent, on=TODAY + timedelta(days=1))


def test_who_governed_once_is_reviewed_by_the_data_controller() -> None:
    gone = a_person(Role.DATA_CONTROLLER, id=BEN, standing=Standing.DISABLED)
    assert not may_review_search(a_person(Role.AUDITOR), gone, on=TODAY)
    assert may_review_search(a_person(Role.DATA_CONTROLLER), gone, on=TODAY)


def test_a_query_says_what_is_asked() -> None:
    check_verdict(ReviewVerdict.ACCEPTED, None)
    check_verdict(ReviewVerdict.QUERIED, REASON)
    with pytest.raises(Refused, match=r"\[policy 4\(c\)\]"):
        check_verdict(ReviewVerdict.QUERIED, None)


def test_what_was_not_shown_is_not_reviewed() -> None:
    check_was_shown(7, {7})
    with pytest.raises(Refused, match=r"entry 7 was not drawn for you \[policy 4\(c\)\]") as no:
        check_was_shown(7, {8})
    assert no.value.hint == "callrec audit review-searches draws some and shows them"
