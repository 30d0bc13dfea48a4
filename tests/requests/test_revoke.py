"""Take back what was granted."""

from __future__ import annotations

import pytest

from callrec.errors import Refused
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.requests.decide import RevokedRequest, revoke_grants
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    grants_of,
    logged_in,
    refused,
    rows,
    signed_in,
    state_of,
)


def revoke(
    house: House, reference: str = "R-1", login: str = "max", reason: str = ANOTHER_REASON
) -> RevokedRequest:
    return revoke_grants(house.practice, logged_in(house, login), reference, reason=reason)


def test_every_grant_is_destroyed(granted: House) -> None:
    approve(granted, "R-1", to="pat")
    assert revoke(granted) == RevokedRequest("R-1", 4, RequestState.SUBMITTED)
    assert rows(granted, "SELECT * FROM grant_") == []


def test_the_request_must_be_decided_again(granted: House) -> None:
    revoke(granted)
    assert state_of(granted, "R-1") == "submitted"
    approve(granted, "R-1", "mia")
    assert len(grants_of(granted, "R-1")) == 2


def test_whoever_made_the_request_keeps_its_key_and_others_do_not(granted: House) -> None:
    approve(granted, "R-1", to="pat")
    revoke(granted)
    holders = {row.holder for row in rows(granted, "SELECT holder FROM request_key")}
    assert holders == {"catalogue", signed_in(granted, "sam").person.id}


def test_another_who_decides_the_purpose_may_revoke(granted: House) -> None:
    assert revoke(granted, login="mia").grants == 2


def test_one_may_revoke_what_was_granted_to_ones_own_request(stocked: House) -> None:
    reference = a_request(stocked, "mia")
    approve(stocked, reference)
    assert revoke(stocked, reference, "mia").grants == 2


@pytest.mark.parametrize("login", ["pat", "max"])
def test_nobody_revokes_what_he_does_not_decide(stocked: House, login: str) -> None:
    reference = a_request(stocked, purpose=Purpose.OUTSIDE_BODY)
    approve(stocked, reference, "dora")
    with pytest.raises(Refused, match="may not decide"):
        revoke(stocked, reference, login)
    assert refused(stocked)
    assert len(grants_of(stocked, reference)) == 2


def test_a_reason_is_a_sentence(granted: House) -> None:
    with pytest.raises(Refused, match="no reason"):
        revoke(granted, reason="")
    assert len(grants_of(granted, "R-1")) == 2


def test_what_is_not_approved_is_not_revoked(stocked: House) -> None:
    with pytest.raises(Refused, match="is submitted and cannot be revoked"):
        revoke(stocked, a_request(stocked))
