"""Refuse a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callrec.audit.log import read_detail
from callrec.catalogue.engine import reading
from callrec.errors import NotFound, Refused
from callrec.policy.purpose import Purpose
from callrec.policy.role import VaultKey
from callrec.procedures.deny import deny_request
from procedures.asking import (
    ANOTHER_REASON,
    a_request,
    approve,
    last_leaf,
    logged_in,
    refused,
    signed_in,
    state_of,
)

if TYPE_CHECKING:
    from practices import House


def deny(house: House, reference: str, login: str = "max", reason: str = ANOTHER_REASON) -> None:
    deny_request(house.practice, logged_in(house, login), reference, reason=reason)


def test_a_denied_request_is_decided_for_good(stocked: House) -> None:
    reference = a_request(stocked)
    deny(stocked, reference)
    assert state_of(stocked, reference) == "denied"
    with pytest.raises(Refused, match="is denied and cannot be approved"):
        approve(stocked, reference)


def test_the_reason_lies_sealed_beside_the_leaf(stocked: House) -> None:
    deny(stocked, a_request(stocked))
    leaf, dora = last_leaf(stocked), signed_in(stocked, "dora")
    with reading(stocked.practice.engine) as connection:
        details = read_detail(
            connection, leaf, lambda v: dora.shares[VaultKey.AUDIT, v], stocked.practice.vault
        )
    assert (leaf.act, details) == ("request.denied", {"reason": ANOTHER_REASON})


def test_a_reason_is_a_sentence(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Refused, match="not a sentence"):
        deny(stocked, reference, reason="no")
    assert refused(stocked)
    assert state_of(stocked, reference) == "submitted"


@pytest.mark.parametrize(("login", "by"), [("max", "max"), ("sam", "mia")])
def test_nobody_denies_his_own_nor_what_he_does_not_decide(
    stocked: House, login: str, by: str
) -> None:
    purpose = Purpose.COMPLAINT if login == by else Purpose.OUTSIDE_BODY
    reference = a_request(stocked, login, purpose=purpose)
    with pytest.raises(Refused):
        deny(stocked, reference, by)
    assert refused(stocked)


def test_what_is_approved_is_not_denied(granted: House) -> None:
    with pytest.raises(Refused, match="is approved and cannot be denied"):
        deny(granted, "R-1")


def test_there_must_be_such_a_request(stocked: House) -> None:
    with pytest.raises(NotFound):
        deny(stocked, "R-7")
