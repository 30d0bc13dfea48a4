"""Refuse a request."""

from __future__ import annotations

import pytest

from callrec.audit.log import read_detail
from callrec.catalogue.engine import reading
from callrec.errors import NotFound, Refused
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.withholding import Opinion
from callrec.policy.role import VaultKey
from callrec.registers.verify import Verdict
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.gather import gather_recordings
from callrec.requests.glass import outstanding_glass, review_glass
from callrec.requests.show import show_request
from house.commands import type_in
from house.holds import verified
from house.listening import hear
from house.packages import release
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    last_leaf,
    logged_in,
    pass_days,
    refused,
    signed_in,
    state_of,
)


def deny(
    house: House,
    reference: str,
    login: str = "max",
    reason: str = ANOTHER_REASON,
    ground: Ground | None = None,
    *,
    opinion: Opinion | None = None,
    breaks_glass: bool = False,
) -> None:
    actor = logged_in(house, login)
    deny_request(
        house.practice,
        actor,
        reference,
        reason=reason,
        ground=ground,
        opinion=opinion,
        breaks_glass=breaks_glass,
    )


def test_a_denied_request_is_decided_for_good(stocked: House) -> None:
    reference = a_request(stocked)
    deny(stocked, reference)
    assert state_of(stocked, reference) == "denied"
    with pytest.raises(Refused, match="is denied and cannot be approved"):
        approve(stocked, reference)


def test_a_subject_access_is_denied_on_a_law_s_ground(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    with pytest.raises(Refused, match="is not refused because nobody approves it"):
        deny(stocked, reference, "dora")
    deny(stocked, reference, "dora", ground=Ground.PRIVILEGE)
    assert state_of(stocked, reference) == "denied"


def test_of_whom_nothing_is_held_he_is_answered_so(stocked: House) -> None:
    number = "+441144960111"
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS, recordings=[], number=number)
    max_ = logged_in(stocked, "max")
    gather_recordings(stocked.practice, max_, reference, leave_out={})
    deny(stocked, reference, "dora", ground=Ground.NOT_HELD)
    shown = show_request(stocked.practice, signed_in(stocked, "dora"), reference)
    assert shown.denial is not None
    assert shown.denial.code == "not-held"
    assert verified(stocked).verdict is Verdict.INTACT


def test_the_data_controller_denies_alone_what_she_made_and_that_is_flagged(
    stocked: House,
) -> None:
    reference = a_request(stocked, "dora", purpose=Purpose.SUBJECT_ACCESS)
    with pytest.raises(
        Refused, match="you cannot approve or deny a request that you made or changed"
    ):
        deny(stocked, reference, "dora", ground=Ground.THIRD_PARTY)
    deny(stocked, reference, "dora", ground=Ground.THIRD_PARTY, breaks_glass=True)
    assert state_of(stocked, reference) == "denied"
    assert verified(stocked).problems == ()
    (flagged,) = outstanding_glass(stocked.practice)
    assert (flagged.reference, flagged.standing) == (reference, "unreviewed")
    ava, accepted = logged_in(stocked, "ava"), ReviewVerdict.ACCEPTED
    review_glass(stocked.practice, ava, reference, verdict=accepted)
    shown = show_request(stocked.practice, signed_in(stocked, "dora"), reference).denial
    assert shown is not None
    assert (shown.review, shown.reviewed_by) == ("accepted", "ava")
    assert outstanding_glass(stocked.practice) == ()


@pytest.mark.parametrize("maker", ["sam", "pat"], ids=["somebody else's", "a partner's own"])
def test_nothing_else_is_denied_alone(stocked: House, maker: str) -> None:
    reference = a_request(stocked, maker)
    with pytest.raises(Refused, match="glass"):
        deny(stocked, reference, "dora" if maker == "sam" else maker, breaks_glass=True)
    assert state_of(stocked, reference) == "submitted"
    assert outstanding_glass(stocked.practice) == ()


def test_what_is_denied_alone_is_told_on_a_terminal_and_in_the_register(stocked: House) -> None:
    a_request(stocked, "dora", purpose=Purpose.OUTSIDE_BODY)
    words = "--reason", ANOTHER_REASON, "--code", "privilege", "--break-glass", "--yes"
    assert "R-1 is denied." in type_in(stocked, "dora", "deny", "R-1", *words).out
    shown = type_in(stocked, "dora", "request", "show", "R-1").out
    assert "by dora, ALONE: the glass was broken; unreviewed: privilege" in shown
    assert "R-1 was decided alone" in type_in(stocked, "dora", "register", "outside-body").err


def heard_by_the_staff(house: House) -> str:
    """A subject access request that sam has heard alone, before it was to go out."""
    reference = a_request(house, purpose=Purpose.SUBJECT_ACCESS)
    approve(house, reference, "dora")
    hear(house, reference, attended=("nobody",))
    return reference


def test_what_the_staff_heard_alone_is_denied_once_it_was_revoked(stocked: House) -> None:
    reference = heard_by_the_staff(stocked)
    with pytest.raises(Refused, match="is heard and cannot be denied") as refusal:
        deny(stocked, reference, "dora", ground=Ground.PRIVILEGE)
    assert "callrec revoke" in refusal.value.hint
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    deny(stocked, reference, "dora", ground=Ground.PRIVILEGE)
    assert state_of(stocked, reference) == "denied"
    assert verified(stocked).problems == ()


def test_or_once_what_was_granted_has_lapsed(stocked: House) -> None:
    reference = heard_by_the_staff(stocked)
    pass_days(stocked, 60)
    deny(stocked, reference, "dora", ground=Ground.PRIVILEGE)
    assert state_of(stocked, reference) == "denied"


def test_serious_harm_takes_the_opinion_of_a_health_professional_which_is_kept(
    stocked: House,
) -> None:
    reference, harm = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS), Ground.SERIOUS_HARM
    with pytest.raises(Refused, match="a health professional must say"):
        deny(stocked, reference, "dora", ground=harm)
    said = Opinion("Dr Alice Jones, GP", stocked.practice.now().date())
    deny(stocked, reference, "dora", ground=harm, opinion=said)
    shown = show_request(stocked.practice, signed_in(stocked, "dora"), reference)
    assert shown.denial is not None
    assert shown.denial.opinion == said.said
    masked = show_request(stocked.practice, signed_in(stocked, "max"), reference)
    assert masked.denial is not None
    assert masked.denial.opinion is None
    assert verified(stocked).problems == ()


def test_what_went_out_is_denied_no_more(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.OUTSIDE_BODY)
    approve(stocked, reference, "dora", to="max")
    release(stocked, reference, "max")
    with pytest.raises(Refused, match="is released and cannot be denied"):
        deny(stocked, reference, "dora", ground=Ground.CRIME)


def test_the_reason_lies_sealed_beside_the_leaf(stocked: House) -> None:
    deny(stocked, a_request(stocked))
    leaf, dora = last_leaf(stocked), signed_in(stocked, "dora")
    with reading(stocked.practice.engine) as connection:
        details = read_detail(
            connection, leaf, lambda v: dora.shares[VaultKey.AUDIT, v], stocked.practice.vault
        )
    said = {"code": "not-approved", "reason": ANOTHER_REASON}
    assert (leaf.act, details) == ("request.denied", said)


def test_whoever_asked_is_told_why_and_on_what_ground(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    deny(stocked, reference, "dora", ground=Ground.PRIVILEGE)
    denial = show_request(stocked.practice, signed_in(stocked, "sam"), reference).denial
    assert denial is not None
    assert (denial.by, denial.code, denial.reason) == ("dora", "privilege", ANOTHER_REASON)


def test_who_is_not_concerned_is_told_the_ground_and_not_the_reason(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    deny(stocked, reference, "dora", ground=Ground.PRIVILEGE)
    denial = show_request(stocked.practice, logged_in(stocked, "max"), reference).denial
    assert denial is not None
    assert (denial.code, denial.reason) == ("privilege", None)


def test_a_request_that_was_not_denied_has_no_denial(stocked: House) -> None:
    shown = show_request(stocked.practice, signed_in(stocked, "sam"), a_request(stocked))
    assert shown.denial is None


def test_a_ground_that_does_not_fit_denies_nothing_and_is_on_record(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Refused, match='"claims" is no ground'):
        deny(stocked, reference, ground=Ground.CLAIMS)
    assert refused(stocked)
    assert state_of(stocked, reference) == "submitted"


def test_an_erasure_is_denied_under_an_exemption(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.ERASURE)
    with pytest.raises(Refused, match=r"a ground is needed .+ \[UK GDPR 17\(3\)\]"):
        deny(stocked, reference, "dora")
    deny(stocked, reference, "dora", ground=Ground.LEGAL_OBLIGATION)
    assert state_of(stocked, reference) == "denied"


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
