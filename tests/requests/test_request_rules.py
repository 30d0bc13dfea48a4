"""Whoever does to a request what he might not, with a program of his own, is convicted by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from callrec.catalogue import tables
from callrec.crypto.canonical import canonical
from callrec.crypto.statement import sign_statement
from callrec.errors import Tampered
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.practice import writing
from callrec.registers.verify import Verdict
from callrec.requests.amend import attach_recordings
from callrec.requests.decide import revoke_grants
from callrec.requests.lapse import expire_lapsed
from callrec.requests.rules import RULES
from house.handed_over import acknowledge, hand_over, released
from house.holds import contradictions, verified
from house.listening import hear
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    pass_days,
    request_id,
    rows,
    signed_in,
    state_of,
)

RELEASE = "ab" * 16


def test_every_act_has_a_rule() -> None:
    assert RULES.keys() == set(RequestAct)


def asked_for(house: House, login: str = "mia", purpose: Purpose = Purpose.SUBJECT_ACCESS) -> str:
    return a_request(house, login, purpose=purpose)


def approved_for(house: House, login: str = "mia") -> str:
    """A subject access of hers, which dora approved."""
    reference = asked_for(house, login)
    approve(house, reference, "dora")
    return reference


def uid(house: House, number: int = 1) -> str:
    (row,) = rows(house, "SELECT uid FROM recording WHERE id = :number", number=number)
    return str(row.uid)


def do(
    house: House,
    login: str,
    reference: str,
    *acts: str,
    subject: Sequence[str] = (),
    leads_to: str,
    approval: Mapping[str, Any] | None = None,
) -> None:
    """Let something happen to a request as a program of somebody's own does, columns and all."""
    actor, request = signed_in(house, login), request_id(house, reference)
    assert actor.identity is not None
    said = None
    if approval is not None:
        vault, seed = house.practice.vault, actor.identity.act
        by = actor.person.id
        said = sign_statement(
            "approval", vault=vault, by=by, at=house.at, seed=seed, fields=approval
        )
    with writing(house.practice, actor.signer) as act:
        for each in acts:
            about = [request, *subject]
            act.leaf(each, actor=actor.person.id, subject=about, statement=said)
    by_sql(house, "UPDATE request SET state = :state WHERE id = :id", state=leads_to, id=request)
    house.open()


def found(house: House) -> str:
    """What the audit finds wrong, one thing."""
    (what,) = contradictions(house)
    return what


UNDECIDED = {
    "request.received": "submitted",
    "request.asked": "waiting",
    "request.answered": "submitted",
    "request.extended": "submitted",
    "request.third-parties": "submitted",
    "request.denied": "denied",
    "request.withdrawn": "withdrawn",
}


@pytest.mark.parametrize(("act", "leads_to"), UNDECIDED.items(), ids=UNDECIDED)
def test_staff_handle_nobody_else_s_request(stocked: House, act: str, leads_to: str) -> None:
    do(stocked, "sam", asked_for(stocked), act, leads_to=leads_to)
    assert f"a request's history has {act} by somebody who may not" in {
        problem.what for problem in verified(stocked).problems
    }


def test_nobody_but_the_data_controller_denies_his_own(stocked: House) -> None:
    do(
        stocked,
        "pat",
        asked_for(stocked, "pat", Purpose.COMPLAINT),
        "request.denied",
        leads_to="denied",
    )
    assert found(stocked) == "a request's history has request.denied by somebody who may not"


def test_who_may_not_search_changes_nobody_else_s_request(stocked: House) -> None:
    reference = asked_for(stocked)
    by_sql(stocked, "UPDATE request SET version = 2")
    do(stocked, "sam", reference, "request.amended", leads_to="submitted")
    assert found(stocked) == "a request's history has request.amended by somebody who may not"


def test_nothing_is_dated_that_no_day_is_set_for(stocked: House) -> None:
    reference = asked_for(stocked, "sam", Purpose.COMPLAINT)
    do(stocked, "sam", reference, "request.answered", leads_to="submitted")
    assert "a request was dated whose purpose has no clock" in {
        problem.what for problem in verified(stocked).problems
    }


def an_approval(house: House, reference: str, by: str, **said: Any) -> Mapping[str, Any]:
    requester = signed_in(house, by).person.id
    return {
        "break_glass": False,
        "consulted": "",
        "countersigned": "",
        "digest": "00" * 32,
        "for": requester,
        "items": [],
        "lapses": "2026-12-01T00:00:00.000Z",
        "request": request_id(house, reference),
        "requester": requester,
        "salt": "5a" * 32,
        "version": 1,
        "withheld": [{"code": "not-approved", "uid": uid(house, each)} for each in (1, 2)],
        **said,
    }


def test_an_approval_by_somebody_who_decides_nothing_is_none(stocked: House) -> None:
    reference = asked_for(stocked)
    said = an_approval(stocked, reference, "mia")
    do(stocked, "sam", reference, "request.approved", leads_to="approved", approval=said)
    assert found(stocked) == "a request's history has request.approved by somebody who may not"


def test_a_second_signature_without_a_first_is_no_approval(stocked: House) -> None:
    reference, second = asked_for(stocked), signed_in(stocked, "max").person.id
    said = an_approval(stocked, reference, "mia", countersigned=second)
    do(stocked, "max", reference, "request.approved", leads_to="approved", approval=said)
    assert found(stocked) == "a request's history has request.approved by somebody who may not"


def test_an_approval_that_says_nothing_is_none(stocked: House) -> None:
    do(stocked, "dora", asked_for(stocked), "request.approved", leads_to="approved")
    assert found(stocked).startswith("the statement of leaf")


def test_who_changed_it_after_he_approved_it_has_approved_it(stocked: House) -> None:
    reference = asked_for(stocked)
    approve(stocked, reference, "dora")
    attach_recordings(stocked.practice, signed_in(stocked, "dora"), reference, [3])
    assert verified(stocked).verdict is Verdict.INTACT


TAKEN_BACK = {
    "request.revoked": "a request's history has request.revoked by somebody who may not",
    "grant.lapsed": "a grant was let lapse before its day",
}


@pytest.mark.parametrize(("act", "what"), TAKEN_BACK.items(), ids=TAKEN_BACK)
def test_staff_take_no_approval_back(stocked: House, act: str, what: str) -> None:
    do(stocked, "sam", approved_for(stocked), act, leads_to="submitted")
    assert found(stocked) == what


def test_an_approval_is_over_on_its_day_and_by_whomever(stocked: House) -> None:
    reference = approved_for(stocked)
    pass_days(stocked, 60)
    expire_lapsed(stocked.practice, signed_in(stocked, "sam"))
    approve(stocked, reference, "dora")
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    assert verified(stocked).verdict is Verdict.INTACT


HEARD = {"listen.looked": "approved", "listen": "heard"}


@pytest.mark.parametrize(("act", "leads_to"), HEARD.items(), ids=HEARD)
def test_nobody_has_heard_what_was_granted_to_somebody_else(
    stocked: House, act: str, leads_to: str
) -> None:
    reference = approved_for(stocked)
    do(stocked, "sam", reference, act, subject=[uid(stocked)], leads_to=leads_to)
    assert found(stocked) == "what was not granted was heard or released"


def test_nobody_ends_a_hearing_of_somebody_else_s(granted: House) -> None:
    subject = [RELEASE, uid(granted)]
    do(granted, "sam", "R-1", "listen", subject=subject, leads_to="heard")
    do(granted, "mia", "R-1", "listen.ended", subject=subject, leads_to="heard")
    assert found(granted) == "a request's history has listen.ended by somebody who may not"


def dated_by_his_own_program(
    house: House, login: str, reference: str, awaited: str, *, leads_to: str
) -> None:
    """As `request_event` dates an answer, whatever the rules say."""
    actor, request = signed_in(house, login), request_id(house, reference)
    told = {"awaited": awaited, "event": "answered", "on": "2026-11-24", "words": ""}
    body, nonce = canonical(told), bytes(32)
    with writing(house.practice, actor.signer) as act:
        seq = act.leaf(
            "request.answered", actor=actor.person.id, subject=[request], details=told, nonce=nonce
        )
        row = {"seq": seq, "request": request, "nonce": nonce, "body": body}
        act.connection.execute(tables.clock_event.insert().values(**row))
    by_sql(house, "UPDATE request SET state = :state WHERE id = :id", state=leads_to, id=request)
    house.open()


@pytest.mark.parametrize("was_heard", [False, True], ids=["approved", "heard"])
def test_of_what_is_approved_no_answer_is_dated_but_proof_that_was_missing(
    stocked: House, *, was_heard: bool
) -> None:
    reference = approved_for(stocked)
    if was_heard:
        hear(stocked, reference, login="mia")
    state = state_of(stocked, reference)
    dated_by_his_own_program(stocked, "mia", reference, "identity", leads_to=state)
    assert found(stocked) == "a request was dated again after it was approved"


def test_nobody_changes_what_was_heard_and_nobody_outside_waits_for(granted: House) -> None:
    hear(granted)
    by_sql(granted, "UPDATE request SET version = 2")
    do(granted, "sam", "R-1", "request.amended", leads_to="heard")
    assert found(granted) == "a request's history has request.amended by somebody who may not"


def test_nobody_hands_over_what_was_approved_of_a_request_that_was_changed(
    stocked: House,
) -> None:
    reference = approved_for(stocked)
    hear(stocked, reference, login="mia")
    subject = [RELEASE, uid(stocked)]
    do(stocked, "mia", reference, "release.prepared", subject=subject, leads_to="heard")
    attach_recordings(stocked.practice, signed_in(stocked, "mia"), reference, [3])
    do(stocked, "mia", reference, "release.delivered", subject=subject, leads_to="released")
    assert found(stocked) == "what was released is not what the request asks for"


DELIVERED = ("release.prepared", "release.delivered")


@pytest.mark.parametrize("login", ["sam", "dora"])
def test_nothing_went_out_by_the_word_of_somebody_to_whom_nothing_was_granted(
    stocked: House, login: str
) -> None:
    reference = approved_for(stocked)
    subject = [RELEASE, uid(stocked)]
    do(stocked, login, reference, *DELIVERED, subject=subject, leads_to="released")
    assert found(stocked) == "what was not granted was heard or released"


def test_nor_what_was_not_granted_to_who_releases_the_rest(granted: House) -> None:
    subject = [RELEASE, uid(granted), uid(granted, 3)]
    do(granted, "sam", "R-1", *DELIVERED, subject=subject, leads_to="released")
    assert found(granted) == "what was not granted was heard or released"


def test_nor_nothing_at_all(granted: House) -> None:
    do(granted, "sam", "R-1", *DELIVERED, subject=[RELEASE], leads_to="released")
    assert found(granted) == "a release has no recording"


def test_whoever_alone_approved_it_does_not_say_that_it_went_out(stocked: House) -> None:
    reference = asked_for(stocked)
    approve(stocked, reference, "dora", to="dora")
    subject = [RELEASE, uid(stocked)]
    do(stocked, "dora", reference, *DELIVERED, subject=subject, leads_to="released")
    assert found(stocked) == "a request's history has release.prepared by somebody who may not"


def test_nobody_ends_a_release_that_somebody_else_began(granted: House) -> None:
    begun, _ = DELIVERED
    subject = [RELEASE, uid(granted)]
    do(granted, "sam", "R-1", begun, subject=subject, leads_to="approved")
    do(granted, "mia", "R-1", "release.failed", subject=[RELEASE], leads_to="approved")
    assert found(granted) == "a request's history has release.failed by somebody who may not"


def test_who_does_not_handle_it_does_not_say_who_has_the_package(granted: House) -> None:
    release = released(granted)
    subject = [release, uid(granted), uid(granted, 2)]
    do(granted, "ava", "R-1", "release.handed-over", subject=subject, leads_to="handed-over")
    assert found(granted) == "a request's history has release.handed-over by somebody who may not"


def test_nor_of_one_that_there_is_not(granted: House) -> None:
    released(granted)
    do(granted, "sam", "R-1", "release.handed-over", subject=[RELEASE], leads_to="released")
    assert found(granted) == "something was said of a release that was not made"


def test_an_erasure_is_carried_out_by_what_it_destroys(stocked: House) -> None:
    reference = asked_for(stocked, purpose=Purpose.ERASURE)
    approve(stocked, reference, "dora", to="dora", recordings=(1, 2))
    do(stocked, "sam", reference, "request.carried-out", leads_to="closed")
    assert found(stocked) == "a request was carried out, and nothing was destroyed"


def test_what_whoever_might_did_is_sound(granted: House) -> None:
    """Heard, approved for somebody else, released by both, handed over and acknowledged."""
    hear(granted)
    approve(granted, "R-1", to="mia")
    first = released(granted)
    second = released(granted, login="mia")
    assert not rows(granted, "SELECT * FROM grant_")
    hand_over(granted, release=first)
    acknowledge(granted, login="max", release=first)
    hand_over(granted, login="mia", release=second)
    assert verified(granted).verdict is Verdict.INTACT


def test_no_approval_lapses_on_the_word_of_a_grants_column(granted: House) -> None:
    by_sql(granted, "UPDATE grant_ SET lapses_at = 0")
    with pytest.raises(Tampered, match='of the table "grant_"'):
        expire_lapsed(granted.practice, signed_in(granted, "max"))
    assert state_of(granted, "R-1") == "approved"


def test_an_approval_in_no_form_stops_nobody_s_command(granted: House) -> None:
    said = {**an_approval(granted, "R-1", "sam"), "items": 7}
    do(granted, "sam", "R-1", "request.approved", leads_to="approved", approval=said)
    pass_days(granted, 60)
    expire_lapsed(granted.practice, signed_in(granted, "max"))
    assert verified(granted).verdict is Verdict.TAMPERED
