"""What the Data Controller decided alone is flagged until somebody else has accepted it."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from callrec.audit.log import read_detail
from callrec.catalogue.engine import reading
from callrec.errors import NotFound, Refused, Tampered
from callrec.office.inbox import read_inbox
from callrec.office.status import read_status
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import RegisterName, ReviewVerdict
from callrec.policy.role import VaultKey
from callrec.practice import record, writing
from callrec.registers.registers import read_register
from callrec.requests.glass import glass_under, outstanding_glass, review_glass
from callrec.requests.show import ShownApproval, show_request
from house.commands import type_in
from house.listening import hear
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    grants_of,
    last_leaf,
    logged_in,
    refused,
    request_id,
    signed_in,
)

ACCEPTED, QUERIED = ReviewVerdict.ACCEPTED, ReviewVerdict.QUERIED

READERS = ["ava", "pat"]
"""Who may read the audit log, beside dora."""


@pytest.fixture
def alone(stocked: House) -> House:
    """R-1 is dora's own, and she has approved it alone."""
    approve(stocked, a_request(stocked, "dora"), "dora", glass_reason=ANOTHER_REASON)
    return stocked


def review(
    house: House,
    login: str,
    verdict: ReviewVerdict = ACCEPTED,
    reason: str | None = None,
    seen: frozenset[int] | None = None,
) -> None:
    reviewer = logged_in(house, login)
    review_glass(house.practice, reviewer, "R-1", verdict=verdict, reason=reason, seen=seen)


def shown(house: House) -> ShownApproval:
    (approval,) = show_request(house.practice, signed_in(house, "dora"), "R-1").approvals
    return approval


def to_review(house: House, login: str) -> list[str]:
    items = read_inbox(house.practice, logged_in(house, login))
    return [item.reference for item in items if item.waits_to == "review"]


def flags(house: House) -> list[tuple[str, str]]:
    return [(each.by, each.standing) for each in outstanding_glass(house.practice)]


def test_what_was_decided_alone_is_flagged_in_every_report(alone: House) -> None:
    assert flags(alone) == [("dora", "unreviewed")]
    assert (shown(alone).review, shown(alone).reviewed_by) == ("unreviewed", None)
    status = read_status(alone.practice, None)
    assert [each.reference for each in status.unreviewed_glass] == ["R-1"]
    (warning,) = (each for each in status.warnings if "alone" in each)
    assert warning == (
        "dora decided R-1 alone, and nobody has reviewed it: run callrec audit review-glass R-1"
    )


@pytest.mark.parametrize(
    ("purpose", "register"),
    [
        (Purpose.SUBJECT_ACCESS, RegisterName.RIGHTS_REQUESTS),
        (Purpose.OUTSIDE_BODY, RegisterName.OUTSIDE_BODY),
    ],
)
def test_so_it_is_in_every_register_that_tells_of_it(
    stocked: House, purpose: Purpose, register: RegisterName
) -> None:
    registers = register, RegisterName.DISCLOSURE
    reference = a_request(stocked, "dora", purpose=purpose)
    assert in_registers(stocked, registers[0]) == [None]
    approve(stocked, reference, "dora", glass_reason=ANOTHER_REASON)
    hear(stocked, reference, login="dora", attended=("nobody",))
    for verdict, reason in ((None, None), (QUERIED, ANOTHER_REASON), (ACCEPTED, None)):
        if verdict:
            review(stocked, "ava", verdict, reason)
        shown = in_registers(stocked, *registers)
        assert shown == [verdict or "unreviewed"] * 2


def in_registers(house: House, *registers: RegisterName) -> list[Any]:
    dora = signed_in(house, "dora")
    return [
        entry["broken_glass"]
        for register in registers
        for entry in read_register(house.practice, dora, register, since=None, until=None).entries
    ]


def test_a_disclosure_is_not_flagged_for_what_was_approved_by_two(stocked: House) -> None:
    reference = a_request(stocked, "dora", purpose=Purpose.COMPLAINT)
    approve(stocked, reference, recordings=(1,))
    approve(stocked, reference, "dora", recordings=(2,), glass_reason=ANOTHER_REASON)
    for recording in (1, 2):
        hear(stocked, reference, recording=recording, login="dora")
    assert in_registers(stocked, RegisterName.DISCLOSURE) == [None, "unreviewed"]


def test_a_register_on_a_terminal_says_what_is_not_accepted_yet(alone: House) -> None:
    hear(alone, "R-1", login="dora")
    told = "R-1 was decided alone, and nobody else has accepted that"
    assert told in type_in(alone, "dora", "register", "disclosure").err
    review(alone, "ava")
    assert told not in type_in(alone, "dora", "register", "disclosure").err


@pytest.mark.parametrize("login", READERS)
def test_it_waits_for_whoever_else_may_read_the_log(alone: House, login: str) -> None:
    assert to_review(alone, login) == ["R-1"]


@pytest.mark.parametrize("login", ["dora", "max", "sam"])
def test_it_waits_for_nobody_else(alone: House, login: str) -> None:
    assert to_review(alone, login) == []


@pytest.mark.parametrize("login", READERS)
def test_whoever_else_may_read_the_log_accepts_it_and_the_flag_is_gone(
    alone: House, login: str
) -> None:
    review(alone, login)
    assert flags(alone) == []
    assert read_status(alone.practice, None).unreviewed_glass == ()
    assert (shown(alone).review, shown(alone).reviewed_by) == ("accepted", login)
    assert to_review(alone, "ava") == to_review(alone, "pat") == []


def test_what_is_queried_stays_flagged_as_queried_until_it_is_accepted(alone: House) -> None:
    review(alone, "ava", QUERIED, ANOTHER_REASON)
    assert flags(alone) == [("dora", "queried")]
    assert (shown(alone).review, shown(alone).reviewed_by) == ("queried", "ava")
    assert to_review(alone, "pat") == ["R-1"]
    assert any(
        "R-1 alone, and was queried" in each for each in read_status(alone.practice, None).warnings
    )
    review(alone, "pat")
    assert flags(alone) == []
    review(alone, "ava", QUERIED, ANOTHER_REASON)
    assert flags(alone) == [("dora", "queried")]


def test_it_is_accepted_without_the_audit_key_and_queried_with_a_sealed_reason(
    alone: House,
) -> None:
    review(alone, "ava", QUERIED, ANOTHER_REASON)
    leaf, dora = last_leaf(alone), signed_in(alone, "dora")
    (glass,) = glass_under(alone.practice, "R-1")
    assert (leaf.act, leaf.subject) == (
        "glass.queried",
        (request_id(alone, "R-1"), f"{glass.seq:032x}"),
    )
    with reading(alone.practice.engine) as connection:
        details = read_detail(
            connection, leaf, lambda v: dora.shares[VaultKey.AUDIT, v], alone.practice.vault
        )
    assert details == {"reason": ANOTHER_REASON}


@pytest.mark.parametrize("reason", [None, "why"])
def test_a_query_without_a_reason_is_refused_and_on_record(
    alone: House, reason: str | None
) -> None:
    with pytest.raises(Refused, match="reason"):
        review(alone, "ava", QUERIED, reason)
    assert refused(alone)
    assert flags(alone) == [("dora", "unreviewed")]


@pytest.mark.parametrize(("login", "why"), {"dora": "broke", "max": "read", "sam": "read"}.items())
def test_nobody_reviews_his_own_nor_without_the_power(alone: House, login: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        review(alone, login)
    assert refused(alone)
    assert last_leaf(alone).act == "glass.accepted"
    assert flags(alone) == [("dora", "unreviewed")]


def test_what_was_not_decided_alone_is_not_reviewed(granted: House) -> None:
    with pytest.raises(NotFound, match="the glass was not broken for R-1"):
        review(granted, "ava")
    assert outstanding_glass(granted.practice) == ()


def test_there_must_be_such_a_request(stocked: House) -> None:
    with pytest.raises(NotFound, match="there is no request R-1"):
        review(stocked, "ava")


def test_what_is_decided_alone_once_more_is_flagged_once_more(alone: House) -> None:
    review(alone, "ava")
    approve(alone, "R-1", "dora", glass_reason=ANOTHER_REASON)
    assert flags(alone) == [("dora", "unreviewed")]
    approvals = show_request(alone.practice, signed_in(alone, "dora"), "R-1").approvals
    assert [approval.review for approval in approvals] == ["accepted", "unreviewed"]


def test_what_is_decided_alone_after_he_looked_is_not_accepted_unseen(alone: House) -> None:
    seen = frozenset(glass.seq for glass in glass_under(alone.practice, "R-1"))
    approve(alone, "R-1", "dora", glass_reason=ANOTHER_REASON)
    with pytest.raises(Refused, match="the glass was broken once more after you looked"):
        review(alone, "ava", seen=seen)
    assert refused(alone)
    assert len(flags(alone)) == 2
    review(alone, "ava", seen=frozenset(g.seq for g in glass_under(alone.practice, "R-1")))
    assert flags(alone) == []


def test_a_review_is_of_the_approvals_that_it_names(alone: House) -> None:
    """Whoever writes it with a program of his own may have seen one of two."""
    first = glass_under(alone.practice, "R-1")[0].seq
    approve(alone, "R-1", "dora", glass_reason=ANOTHER_REASON)
    subject = [request_id(alone, "R-1"), f"{first:032x}"]
    record(alone.practice, logged_in(alone, "ava"), "glass.accepted", subject=subject)
    assert [glass.standing for glass in glass_under(alone.practice, "R-1")] == [
        "accepted",
        "unreviewed",
    ]


def test_a_review_that_names_no_decision_is_of_none(alone: House) -> None:
    subject = [request_id(alone, "R-1")]
    record(alone.practice, logged_in(alone, "ava"), "glass.accepted", subject=subject)
    assert len(flags(alone)) == 1


def test_a_request_decided_alone_twice_is_warned_of_once(alone: House) -> None:
    approve(alone, "R-1", "dora", glass_reason=ANOTHER_REASON)
    assert len(flags(alone)) == 2
    assert sum("alone" in each for each in read_status(alone.practice, None).warnings) == 1


def test_a_review_is_of_its_own_request_alone(alone: House) -> None:
    approve(alone, a_request(alone, "dora"), "dora", glass_reason=ANOTHER_REASON)
    review(alone, "ava")
    assert [each.reference for each in outstanding_glass(alone.practice)] == ["R-2"]


@pytest.mark.parametrize("login", ["dora", "max"])
def test_a_review_written_past_the_rules_does_not_count(alone: House, login: str) -> None:
    forger = signed_in(alone, login)
    with writing(alone.practice, forger.signer) as act:
        request = request_id(alone, "R-1")
        act.leaf("glass.accepted", actor=forger.person.id, subject=[request])
    assert flags(alone) == [("dora", "unreviewed")]


def test_a_review_written_in_anothers_name_is_found(alone: House) -> None:
    dora, ava = signed_in(alone, "dora"), signed_in(alone, "ava").person.id
    with writing(alone.practice, dora.signer) as act:
        act.leaf("glass.accepted", actor=ava, subject=[request_id(alone, "R-1")])
    with pytest.raises(Tampered):
        outstanding_glass(alone.practice)


def test_a_glass_whose_request_is_not_in_the_catalogue_any_more_is_found(alone: House) -> None:
    connection = sqlite3.connect(alone.config.vault / "catalogue.sqlite")
    with connection:
        connection.execute("UPDATE request SET id = ?", ("f" * 32,))
    connection.close()
    with pytest.raises(Tampered, match="is missing"):
        outstanding_glass(alone.practice)


def test_what_was_approved_alone_is_granted_before_it_is_reviewed(alone: House) -> None:
    assert len(grants_of(alone, "R-1", "dora")) == 2
