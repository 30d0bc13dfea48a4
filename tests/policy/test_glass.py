from __future__ import annotations

from datetime import timedelta

import pytest

from callrec.errors import Refused
from callrec.policy.reviews import (
    ReviewVerdict,
    check_glass_verdict,
    check_may_review_glass,
    may_review_glass,
)
from callrec.policy.role import Power, Role, Standing
from policy.builders import ANN, BEN, REASON, TODAY, a_person

READERS = [Role.PARTNER, Role.DATA_CONTROLLER, Role.AUDITOR]


@pytest.mark.parametrize("role", READERS)
def test_whoever_reads_the_audit_log_reviews_what_somebody_else_broke(role: Role) -> None:
    assert may_review_glass(a_person(role), BEN, on=TODAY)
    check_may_review_glass(a_person(role), BEN, on=TODAY)


@pytest.mark.parametrize("role", sorted(set(Role) - set(READERS)))
def test_nobody_else_reviews(role: Role) -> None:
    assert not may_review_glass(a_person(role), BEN, on=TODAY)
    with pytest.raises(Refused, match=r"may not read the audit log \[policy 4\(a\)\]"):
        check_may_review_glass(a_person(role), BEN, on=TODAY)


def test_nobody_reviews_what_he_broke_himself() -> None:
    controller = a_person(Role.DATA_CONTROLLER)
    assert not may_review_glass(controller, ANN, on=TODAY)
    with pytest.raises(
        Refused, match=r"cannot review the glass that you broke \[policy 4\(b\)\]"
    ) as refused:
        check_may_review_glass(controller, ANN, on=TODAY)
    assert "somebody else who may read the audit log" in refused.value.hint


def test_whom_reading_the_log_was_lent_reviews_until_that_day() -> None:
    delegate = a_person(Role.STAFF, lent=Power.READ_AUDIT, until=TODAY)
    assert may_review_glass(delegate, BEN, on=TODAY)
    assert not may_review_glass(delegate, BEN, on=TODAY + timedelta(days=1))


def test_a_disabled_auditor_reviews_nothing() -> None:
    assert not may_review_glass(a_person(Role.AUDITOR, standing=Standing.DISABLED), BEN, on=TODAY)


def test_a_query_has_a_reason_and_an_acceptance_need_not() -> None:
    check_glass_verdict(ReviewVerdict.ACCEPTED, None)
    check_glass_verdict(ReviewVerdict.QUERIED, REASON)
    with pytest.raises(Refused, match=r"no reason is given \[policy 4\(b\)\]"):
        check_glass_verdict(ReviewVerdict.QUERIED, None)


def test_the_act_tells_the_verdict() -> None:
    assert [verdict.glass_act for verdict in ReviewVerdict] == ["glass.accepted", "glass.queried"]
