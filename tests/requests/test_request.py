"""Ask for recordings, change what is asked for, take it back; and who can read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from callrec.audit.leaf import Outcome
from callrec.audit.log import read_detail, read_leaf
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.errors import CallrecError, Locked, NotFound, Refused, Tampered, Unusable
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import UNKNOWN, Answers
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import Role, VaultKey
from callrec.practice import Actor, writing
from callrec.registers.verify import Verdict
from callrec.requests.amend import amend_particulars, attach_recordings, detach_recordings
from callrec.requests.ask import create_request, new_body
from callrec.requests.decide import revoke_grants
from callrec.requests.event import close_request, withdraw_request
from callrec.requests.history import REQUESTS, log_request_event
from callrec.requests.model import MAX_REQUEST_RECORDINGS
from callrec.requests.show import ShownRecording, list_requests, show_request
from callrec.retention.holds import list_holds
from house.holds import held, verified
from house.listening import hear
from house.packages import release
from house.people import change_role
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    REASON,
    a_request,
    approve,
    by_sql,
    further_of,
    grants_of,
    last_leaf,
    logged_in,
    opened,
    pass_days,
    refused,
    request_id,
    rows,
    said,
    signed_in,
    state_of,
    third_parties_checked,
)

COMPLAINT = Purpose.COMPLAINT


def create(house: House, login: str = "sam", **changes: Any) -> str:
    actor = logged_in(house, login)
    asked = said(COMPLAINT, **changes)
    return create_request(house.practice, actor, purpose=COMPLAINT, answers=asked).reference


def in_full(house: House, reference: str, login: str) -> bool:
    return show_request(house.practice, signed_in(house, login), reference).in_full


# --- making one ---------------------------------------------------------------------------------


def test_requests_are_numbered_from_one(stocked: House) -> None:
    assert [a_request(stocked), a_request(stocked)] == ["R-1", "R-2"]


def test_whoever_cannot_read_metadata_can_ask(stocked: House) -> None:
    assert logged_in(stocked, "sam").shares == {}
    assert (
        opened(stocked, a_request(stocked, "sam")).requester == signed_in(stocked, "sam").person.id
    )


def test_a_request_keeps_the_six_particulars_and_those_of_its_purpose(stocked: House) -> None:
    particulars = opened(stocked, create(stocked)).particulars
    assert particulars.as_json() == {
        "reason": REASON,
        "date": "2024-07-04",
        "time": ["14:00", "14:30"],
        "extension": "201",
        "number": "+447700900123",
        "parties": ["Siân O'Neill", "Reception"],
        "about": "About a prescription",
        "further": {"complainant": "patient", "complaint": "C-2024-17"},
    }


def test_what_is_unknown_is_said_to_be(stocked: House) -> None:
    unknown = {"day": UNKNOWN, "times": UNKNOWN, "extension": "unknown", "number": "Unknown"}
    reference = create(stocked, **unknown, parties=("unknown",))
    assert opened(stocked, reference).particulars.number is UNKNOWN


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no reason": ({"reason": None}, "no reason is given"),
    "no sentence": ({"reason": "complaint"}, "not a sentence"),
    "no date": ({"day": None}, "does not say: date"),
    "no time": ({"times": None}, "does not say: time"),
    "no extension": ({"extension": None}, "does not say: extension"),
    "no number": ({"number": None}, "does not say: number"),
    "no parties": ({"parties": ()}, "does not say: party"),
}


@pytest.mark.parametrize(("changes", "why"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_leaves_something_unsaid_is_refused(
    stocked: House, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        create(stocked, **changes)
    assert refused(stocked)
    assert rows(stocked, "SELECT * FROM request") == []


def test_a_number_that_is_none_is_not_repeated(stocked: House) -> None:
    with pytest.raises(Unusable) as why:
        create(stocked, number="Mrs Jones")
    assert "Jones" not in why.value.message + why.value.hint


def test_disposal_is_not_asked_for_by_hand(stocked: House) -> None:
    with pytest.raises(Refused, match="not made by hand"):
        a_request(stocked, purpose=Purpose.DISPOSAL)
    assert refused(stocked)


def test_an_intake_service_asks_for_nothing(stocked: House) -> None:
    with pytest.raises(Refused):
        a_request(stocked, "door")


def test_a_recording_that_does_not_exist_cannot_be_asked_for(stocked: House) -> None:
    with pytest.raises(NotFound):
        a_request(stocked, recordings=[1, 99])
    assert rows(stocked, "SELECT * FROM request") == []


EMPLOYEES = {
    "Mia Sheldon (reception)": ("mia",),
    "Mia Sheldon or Sam Turnbull": ("mia", "sam"),
    "Robin Ashdown": (),
}


@pytest.mark.parametrize("employee", EMPLOYEES)
def test_whoever_asks_is_told_whom_it_is_about(stocked: House, employee: str) -> None:
    further = further_of(Purpose.DISCIPLINARY, employee=employee)
    asks = said(Purpose.DISCIPLINARY, further=further)

    max_ = logged_in(stocked, "max")
    made = create_request(stocked.practice, max_, purpose=Purpose.DISCIPLINARY, answers=asks)
    told = made.concerned
    assert (told.logins, told.is_staff_named, told.by_name) == (EMPLOYEES[employee], True, True)


def test_whoever_opens_no_names_is_told_that_they_were_not_looked_through(stocked: House) -> None:
    sam, asks = logged_in(stocked, "sam"), said(Purpose.DISCIPLINARY)
    made = create_request(stocked.practice, sam, purpose=Purpose.DISCIPLINARY, answers=asks)
    told = made.concerned
    assert (told.logins, told.is_staff_named, told.by_name) == ((), True, False)


def test_whoever_changes_it_is_told_whom_it_is_about_now(stocked: House) -> None:
    reference = a_request(stocked, "max", purpose=Purpose.DISCIPLINARY)
    change = Answers(further={FurtherParticular.EMPLOYEE: "mia (reception)"})
    amended = amend_particulars(stocked.practice, logged_in(stocked, "max"), reference, change)
    assert amended.concerned.logins == ("mia",)


def test_the_same_recording_is_asked_for_once(stocked: House) -> None:
    assert len(opened(stocked, a_request(stocked, recordings=[2, 1, 2])).recordings) == 2


def test_a_purpose_that_needs_few_recordings_gets_few(stocked: House) -> None:
    stocked.decide(grants={"review_cap": 2})
    a_request(stocked, purpose=Purpose.TRAINING, recordings=[1, 2])
    with pytest.raises(Refused, match="2 recordings at most"):
        a_request(stocked, purpose=Purpose.TRAINING, recordings=[1, 2, 3])
    a_request(stocked, recordings=[1, 2, 3])


def test_the_leaf_of_as_many_recordings_as_may_be_has_room(stocked: House) -> None:
    with writing(stocked.practice, logged_in(stocked, "sam").signer) as act:
        ids = [primitives.random_id() for _ in range(MAX_REQUEST_RECORDINGS + 2)]
        act.leaf("request.approved", actor=ids[0], subject=ids, details={"note": "x"})


def test_the_leaf_names_request_and_recordings_and_nothing_personal(stocked: House) -> None:
    reference = a_request(stocked)
    leaf = last_leaf(stocked)
    uids = [row.uid for row in rows(stocked, "SELECT uid FROM recording WHERE id < 3 ORDER BY id")]
    assert (leaf.act, leaf.outcome) == ("request.created", Outcome.DONE)
    assert leaf.subject == (request_id(stocked, reference), *uids)


def test_nothing_personal_lies_open_in_the_catalogue(stocked: House) -> None:
    a_request(stocked)
    stocked.practice.engine.dispose()
    data = b"".join(p.read_bytes() for p in stocked.practice.folder.iterdir() if p.is_file())
    for secret in ("7700900123", "Siân", "O'Neill", "prescription", "rang back"):
        assert secret.encode() not in data


# --- who can read it ----------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["dora", "pat", "max"])
def test_a_request_opens_with_the_catalogue_key_that_a_login_keeps(
    stocked: House, login: str
) -> None:
    reference = a_request(stocked)
    assert show_request(stocked.practice, logged_in(stocked, login), reference).digest


def test_whoever_made_it_opens_it_with_his_password(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Locked, match="opens with your password"):
        show_request(stocked.practice, logged_in(stocked, "sam"), reference)
    assert in_full(stocked, reference, "sam")


def test_others_without_the_catalogue_key_do_not_open_it(stocked: House) -> None:
    reference = a_request(stocked)
    before = last_leaf(stocked).seq
    with pytest.raises(Refused, match="read by who made it"):
        in_full(stocked, reference, "ava")
    assert refused(stocked)
    assert last_leaf(stocked).seq == before + 1  # and none that says it was shown


def test_whoever_is_granted_it_opens_it(granted: House) -> None:
    with pytest.raises(Refused):
        in_full(granted, "R-1", "ava")
    change_role(granted.practice, signed_in(granted, "dora"), login="mia", role=Role.STAFF)
    granted.open()
    approve(granted, "R-1", "pat", to="mia")
    assert in_full(granted, "R-1", "mia")


NUMBERS = [ShownRecording(1), ShownRecording(2), ShownRecording(3)]


def test_whoever_only_typed_the_numbers_learns_nothing_of_the_recordings(stocked: House) -> None:
    """Or one would browse by asking for each in its turn [policy 4(c)]."""
    reference = a_request(stocked, recordings=[1, 2, 3])
    sam = signed_in(stocked, "sam")
    assert [*show_request(stocked.practice, sam, reference).recordings] == NUMBERS
    for login in ("max", "dora"):
        shown = show_request(stocked.practice, signed_in(stocked, login), reference)
        assert [each.format for each in shown.recordings] == ["wav"] * 3


def test_of_what_was_granted_to_him_he_is_shown_what_it_is(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1, 2, 3])
    approve(
        stocked, reference, recordings=(2,), withheld=dict.fromkeys((1, 3), Ground.NOT_RELEVANT)
    )
    shown = show_request(stocked.practice, signed_in(stocked, "sam"), reference).recordings
    assert [each.duration_ms is not None for each in shown] == [False, True, False]


@pytest.mark.parametrize(("login", "told"), [("sam", None), ("max", (1, 2))])
def test_no_day_is_tried_out_on_numbers(
    stocked: House, login: str, told: tuple[int, ...] | None
) -> None:
    actor, asks = signed_in(stocked, login), said(day=date(2024, 7, 3))
    purpose = Purpose.PROTECT_PARTIES
    made = create_request(stocked.practice, actor, purpose=purpose, answers=asks, recordings=[1, 2])
    assert made.of_other_day == told
    attached = attach_recordings(stocked.practice, actor, made.reference, [3])
    assert attached.of_other_day == (None if told is None else (*told, 3))
    shown = show_request(stocked.practice, actor, made.reference).recordings
    assert {each.is_of_other_day for each in shown} == {None if told is None else True}


def told(house: House, login: str, reference: str) -> set[tuple[bool | None, bool | None]]:
    """Of each recording whether the extension, and the number, are others than the request says."""
    shown = show_request(house.practice, signed_in(house, login), reference).recordings
    return {(each.is_of_other_extension, each.is_of_other_number) for each in shown}


@pytest.mark.parametrize(
    ("login", "at_once", "maker", "decider"),
    [("sam", None, (None, None), (True, True)), ("max", (1,), (True, None), (True, True))],
)
def test_of_another_number_only_they_learn_who_decide_what_somebody_else_asked_for(
    stocked: House,
    login: str,
    at_once: tuple[int, ...] | None,
    maker: tuple[bool | None, bool | None],
    decider: tuple[bool | None, bool | None],
) -> None:
    """Else one would try out numbers on recordings, and no search be on record [policy 4(c)]."""
    asks = said(extension="999", number="07700 900999")
    purpose, actor = Purpose.PROTECT_PARTIES, signed_in(stocked, login)
    made = create_request(stocked.practice, actor, purpose=purpose, answers=asks, recordings=[1])
    assert made.of_other_extension == at_once
    assert told(stocked, login, made.reference) == {maker}
    assert told(stocked, "dora", made.reference) == {decider}


def test_nobody_who_sees_a_request_masked_learns_whether_the_number_is_another(
    stocked: House,
) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS, number="07700 900999")
    assert {number for _, number in told(stocked, "pat", reference)} == {None}


def test_a_recording_that_is_as_the_request_says_is_not_told_of(stocked: House) -> None:
    assert told(stocked, "dora", a_request(stocked, recordings=[1])) == {(False, False)}
    unknown = a_request(stocked, recordings=[1], number=UNKNOWN, extension=UNKNOWN)
    assert told(stocked, "dora", unknown) == {(False, False)}


def test_it_is_shown_in_full_to_whoever_decides_it(stocked: House) -> None:
    assert in_full(stocked, a_request(stocked), "max")


def test_it_is_masked_for_whoever_may_search_and_does_not_decide_it(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    shown = show_request(stocked.practice, logged_in(stocked, "max"), reference)
    assert not shown.in_full
    assert shown.particulars["number"] == "•••••••0123"
    assert shown.particulars["parties"] == ["S•••• O••••", "R••••"]
    assert shown.particulars["reason"] is None
    assert shown.particulars["about"] is None


def test_that_a_request_was_shown_is_in_the_log_first(stocked: House) -> None:
    reference = a_request(stocked)
    show_request(stocked.practice, logged_in(stocked, "max"), reference)
    leaf = last_leaf(stocked)
    assert (leaf.act, leaf.subject) == ("request.shown", (request_id(stocked, reference),))


def test_what_was_decided_is_shown_with_who_and_when(granted: House) -> None:
    shown = show_request(granted.practice, signed_in(granted, "pat"), "R-1")
    (approval,) = shown.approvals
    assert (approval.by, approval.to, approval.recordings) == ("max", "sam", (1, 2))
    assert [(str(event.what), event.by) for event in shown.history] == [
        ("request.created", "sam"),
        ("request.approved", "max"),
    ]


@pytest.mark.parametrize("login", ["pat", "max", "sam"])
def test_a_note_is_for_whoever_reads_the_request_in_full(stocked: House, login: str) -> None:
    reference = a_request(stocked)
    approve(stocked, reference, note="Only the first minute")
    shown = show_request(stocked.practice, signed_in(stocked, login), reference)
    assert [approval.note for approval in shown.approvals] == ["Only the first minute"]


# --- its digest ---------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_format(stocked: House) -> None:
    request = opened(stocked, a_request(stocked))
    whole = {
        "vault": stocked.practice.vault,
        "request": request.id,
        "version": 1,
        "requester": signed_in(stocked, "sam").person.id,
        "purpose": "protect-parties",
        "particulars": request.particulars.as_json(),
        "recordings": [[row.uid, row.ciphertext] for row in request.recordings],
    }
    assert request.digest == primitives.sha256(request.body.nonce + canonical(whole)).hex()


def test_the_leaf_that_made_it_commits_to_the_digest(stocked: House) -> None:
    request = opened(stocked, a_request(stocked))
    seq = request.history.making.seq
    dora = signed_in(stocked, "dora")
    with reading(stocked.practice.engine) as connection:
        leaf, _ = read_leaf(connection, seq)
        details = read_detail(
            connection, leaf, lambda v: dora.shares[VaultKey.AUDIT, v], stocked.practice.vault
        )
    assert details == {"digest": request.digest, "number": 1}


def test_a_request_that_somebody_sealed_in_its_place_is_found(stocked: House) -> None:
    one = opened(stocked, a_request(stocked))
    body = replace(one.body, particulars=replace(one.particulars, reason="Something else, truly"))
    by_sql(
        stocked,
        "UPDATE request_version SET sealed = :sealed",
        sealed=body.seal(one.key, one.version_id),
    )
    with pytest.raises(Tampered, match="not the one that was made"):
        opened(stocked, "R-1")


# --- attach and detach --------------------------------------------------------------------------


def test_a_change_is_a_new_version_under_a_new_key(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    before = opened(stocked, reference)
    amended = attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [2, 3])
    after = opened(stocked, reference)
    assert (amended.version, amended.recordings) == (2, 3)
    assert (after.version_id.version, len(after.recordings)) == (2, 3)
    assert after.key != before.key
    assert after.digest != before.digest
    assert after.particulars == before.particulars


def test_detaching_leaves_the_others(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1, 2, 3])
    detach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [2])
    assert [row.id for row in opened(stocked, reference).recordings] == [1, 3]


def test_what_it_does_not_ask_for_cannot_be_detached(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    with pytest.raises(NotFound):
        detach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [2])


def test_what_it_asks_for_already_cannot_be_attached(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    with pytest.raises(Unusable, match="already"):
        attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [1])


def test_whoever_may_search_attaches_for_somebody_who_may_not(stocked: House) -> None:
    reference = a_request(stocked, recordings=[])
    attach_recordings(stocked.practice, logged_in(stocked, "mia"), reference, [1])
    request = opened(stocked, reference, "sam")
    assert request.requester == signed_in(stocked, "sam").person.id
    assert request.facts.changed_by == {signed_in(stocked, "mia").person.id}


def test_nobody_else_changes_it(stocked: House) -> None:
    reference = a_request(stocked, "mia", recordings=[1])
    with pytest.raises(Refused):
        attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [2])
    assert refused(stocked)


def test_whoever_was_granted_it_does_not_change_it(stocked: House) -> None:
    reference = a_request(stocked, "mia", recordings=[1])
    approve(stocked, reference, to="sam")
    with pytest.raises(Refused, match="only who made the request, or may search"):
        attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [2])


def test_more_than_are_enough_are_not_attached_either(stocked: House) -> None:
    stocked.decide(grants={"review_cap": 2})
    reference = a_request(stocked, purpose=Purpose.TRAINING, recordings=[1, 2])
    with pytest.raises(Refused, match="2 recordings at most"):
        attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [3])


def test_a_change_by_somebody_who_may_not_is_found(granted: House) -> None:
    """Sam changes mia's request with his own key and none of the rules."""
    sam, mine = signed_in(granted, "sam"), opened(granted, "R-1", "sam")
    theirs = opened(granted, a_request(granted, "mia"))
    recordings = mine.body.recordings
    body = new_body(theirs.body.number, mine.purpose, mine.particulars, recordings)
    which = replace(theirs.version_id, version=2)
    with writing(granted.practice, sam.signer) as act:
        details = body.details(body.digest(which, theirs.requester))
        amended, nonce, uids = RequestAct.AMENDED, body.log_nonce, [uid for uid, _ in recordings]
        history = theirs.history
        log_request_event(act, sam, history, amended, subject=uids, details=details, nonce=nonce)
        register = granted.practice.register
        REQUESTS.store(act.connection, register, which, body, [theirs.requester])
    with pytest.raises(Tampered, match="changed by somebody who may not"):
        opened(granted, theirs.reference)


def test_every_approval_is_void_after_a_change(granted: House) -> None:
    amended = detach_recordings(granted.practice, signed_in(granted, "sam"), "R-1", [1])
    assert amended.grants_ended == 2
    assert state_of(granted, "R-1") == "submitted"
    assert rows(granted, "SELECT * FROM grant_") == []


def test_a_recording_found_late_joins_a_subject_access_that_the_staff_heard(
    stocked: House,
) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS, recordings=[1])
    approve(stocked, reference, "dora")
    hear(stocked, reference)
    attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [2])
    with pytest.raises(Refused, match="changed after it was approved"):
        hear(stocked, reference)
    approve(stocked, reference, "dora")
    third_parties_checked(stocked, "sam", reference)
    release(stocked, reference)
    with pytest.raises(Refused, match="released and cannot be changed"):
        attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [3])
    assert verified(stocked).verdict is Verdict.INTACT


def test_what_was_heard_and_nobody_outside_waits_for_is_not_changed(granted: House) -> None:
    hear(granted)
    with pytest.raises(Refused, match="heard and cannot be changed"):
        attach_recordings(granted.practice, signed_in(granted, "sam"), "R-1", [3])


def test_the_key_of_a_grantee_goes_with_his_grants(granted: House) -> None:
    approve(granted, "R-1", to="pat")
    pat = signed_in(granted, "pat").person.id
    assert rows(granted, "SELECT * FROM request_key WHERE holder = :h", h=pat)
    detach_recordings(granted.practice, signed_in(granted, "sam"), "R-1", [1])
    assert not rows(granted, "SELECT * FROM request_key WHERE holder = :h", h=pat)


# --- withdraw and close -------------------------------------------------------------------------


def test_whoever_made_it_withdraws_it_without_a_password(stocked: House) -> None:
    reference = a_request(stocked)
    state = withdraw_request(stocked.practice, logged_in(stocked, "sam"), reference)
    assert state is RequestState.WITHDRAWN
    assert state_of(stocked, reference) == "withdrawn"


def test_nobody_else_withdraws_it(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Refused, match="only who made"):
        withdraw_request(stocked.practice, logged_in(stocked, "dora"), reference)
    assert refused(stocked)


def test_what_is_approved_is_not_withdrawn(granted: House) -> None:
    with pytest.raises(Refused, match="is approved and cannot be withdrawn"):
        withdraw_request(granted.practice, logged_in(granted, "sam"), "R-1")


def heard(house: House, reference: str = "R-1") -> None:
    sam, request = signed_in(house, "sam"), opened(house, reference)
    about = [request.history.making.subject[1]]
    with writing(house.practice, sam.signer) as act:
        log_request_event(act, sam, request.history, RequestAct.LISTENED, subject=about)


@pytest.mark.parametrize("login", ["sam", "max"])
def test_it_is_closed_by_who_made_it_or_decides_it(granted: House, login: str) -> None:
    heard(granted)
    assert close_request(granted.practice, logged_in(granted, login), "R-1") == "closed"
    assert rows(granted, "SELECT * FROM grant_") == []


def test_whoever_was_granted_it_does_not_close_it(stocked: House) -> None:
    reference = a_request(stocked, "mia")
    approve(stocked, reference, to="sam")
    heard(stocked, reference)
    with pytest.raises(Refused, match="may not decide"):
        close_request(stocked.practice, signed_in(stocked, "sam"), reference)


def test_what_nobody_heard_is_not_closed(granted: House) -> None:
    with pytest.raises(Refused, match="is approved and cannot be closed"):
        close_request(granted.practice, logged_in(granted, "sam"), "R-1")


# --- states are projections of the log ----------------------------------------------------------


ENTRANCES: dict[str, Callable[[House, Actor], object]] = {
    "show": lambda house, actor: show_request(house.practice, actor, "R-1"),
    "attach": lambda house, actor: attach_recordings(house.practice, actor, "R-1", [3]),
    "withdraw": lambda house, actor: withdraw_request(house.practice, actor, "R-1"),
    "close": lambda house, actor: close_request(house.practice, actor, "R-1"),
}


@pytest.mark.parametrize("enter", ENTRANCES.values(), ids=ENTRANCES)
def test_a_state_that_the_log_does_not_give_is_found(
    stocked: House, enter: Callable[[House, Actor], object]
) -> None:
    a_request(stocked)
    by_sql(stocked, "UPDATE request SET state = 'released'")
    with pytest.raises(Tampered, match="the state of request R-1 is not what the log says"):
        enter(stocked, signed_in(stocked, "sam"))


def test_an_event_put_into_the_log_in_anothers_name_is_found(stocked: House) -> None:
    reference = a_request(stocked)
    mia, sam = signed_in(stocked, "mia"), signed_in(stocked, "sam")
    with writing(stocked.practice, mia.signer) as act:
        about = [request_id(stocked, reference)]
        act.leaf("request.withdrawn", actor=sam.person.id, subject=about)
    with pytest.raises(Tampered):
        opened(stocked, reference)


def test_an_approval_whose_signature_was_changed_is_found(granted: House) -> None:
    changed = "UPDATE statement SET signature = zeroblob(64) WHERE kind = 'approval'"
    by_sql(granted, changed)
    with pytest.raises(Tampered, match="signature"):
        opened(granted, "R-1")


def test_what_was_only_tried_is_no_event(stocked: House) -> None:
    reference = a_request(stocked)
    for _ in range(2):
        with pytest.raises(CallrecError):
            approve(stocked, reference, "sam")
    assert opened(stocked, reference).facts.state is RequestState.SUBMITTED


# --- what lapses --------------------------------------------------------------------------------


def states(house: House) -> list[str]:
    return [str(each.state) for each in list_requests(house.practice, logged_in(house, "sam"))]


def test_a_request_that_nobody_decides_lapses_though_no_command_ran(stocked: House) -> None:
    a_request(stocked)
    pass_days(stocked, 14)
    assert states(stocked) == ["submitted"]
    pass_days(stocked, 1)
    assert states(stocked) == ["lapsed"]
    assert state_of(stocked, "R-1") == "submitted"


def test_the_next_command_that_writes_puts_it_into_the_log(stocked: House) -> None:
    reference = a_request(stocked)
    pass_days(stocked, 15)
    with pytest.raises(Refused, match="is lapsed and cannot be approved"):
        approve(stocked, reference)
    assert state_of(stocked, reference) == "lapsed"


def test_a_request_with_a_clock_in_law_never_lapses(stocked: House) -> None:
    a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    pass_days(stocked, 300)
    assert states(stocked) == ["submitted"]


def test_grants_that_nobody_used_are_destroyed_and_the_request_waits_again(granted: House) -> None:
    granted.decide(requests={"lapse_days": 60})
    pass_days(granted, 15)
    assert states(granted) == ["submitted"]
    a_request(granted)
    assert rows(granted, "SELECT * FROM grant_") == []
    assert state_of(granted, "R-1") == "submitted"


def test_a_request_whose_grants_lapsed_lapses_by_their_day_whenever_that_is_written(
    granted: House,
) -> None:
    """They are over on 9 December, so it lapses after the 23rd."""
    pass_days(granted, 15)
    assert states(granted) == ["submitted"]
    pass_days(granted, 14)
    assert states(granted) == ["submitted"]
    assert opened(granted, "R-1").facts.state is RequestState.APPROVED
    pass_days(granted, 1)
    assert states(granted) == ["lapsed"]
    a_request(granted)
    events = [event.act for event in opened(granted, "R-1").history.events]
    assert events[-2:] == [RequestAct.GRANT_LAPSED, RequestAct.LAPSED]
    assert state_of(granted, "R-1") == "lapsed"


TO_BE_DECIDED_AGAIN = {
    "revoked": lambda house: revoke_grants(
        house.practice, signed_in(house, "max"), "R-1", reason=ANOTHER_REASON
    ),
    "changed": lambda house: attach_recordings(house.practice, signed_in(house, "sam"), "R-1", [3]),
}


@pytest.mark.parametrize("end", TO_BE_DECIDED_AGAIN.values(), ids=TO_BE_DECIDED_AGAIN)
def test_what_was_approved_in_time_is_decided_again_in_as_many_days(
    stocked: House, end: Callable[[House], object]
) -> None:
    reference = a_request(stocked, purpose=COMPLAINT)
    pass_days(stocked, 10)
    approve(stocked, reference)
    pass_days(stocked, 6)
    end(stocked)
    shown = show_request(stocked.practice, signed_in(stocked, "sam"), reference)
    assert shown.lapses_at == datetime(2026, 12, 25, tzinfo=UTC)
    pass_days(stocked, 14)
    assert states(stocked) == ["submitted"]
    assert 1 in held(stocked)
    pass_days(stocked, 1)
    assert states(stocked) == ["lapsed"]
    a_request(stocked)
    assert state_of(stocked, reference) == "lapsed"
    assert verified(stocked).verdict is Verdict.INTACT


def test_what_nobody_approved_lives_no_longer_by_being_changed(stocked: House) -> None:
    reference = a_request(stocked, purpose=COMPLAINT)
    pass_days(stocked, 10)
    attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [3])
    pass_days(stocked, 5)
    assert states(stocked) == ["lapsed"]


def test_the_grants_of_one_person_lapse_without_those_of_another(granted: House) -> None:
    approve(granted, "R-1", to="pat", until=granted.at.date())
    pass_days(granted, 1)
    a_request(granted)
    assert len(rows(granted, "SELECT * FROM grant_")) == 2
    assert state_of(granted, "R-1") == "approved"
    assert len(grants_of(granted, "R-1")) == 2


def test_a_grant_planted_under_an_undecided_request_stops_nobody(granted: House) -> None:
    other = request_id(granted, a_request(granted))
    by_sql(granted, "UPDATE grant_ SET request = :other, lapses_at = 1", other=other)
    a_request(granted)
    assert rows(granted, "SELECT * FROM grant_") == []
    assert state_of(granted, "R-2") == "submitted"


def test_a_request_whose_day_was_moved_is_found_and_does_not_lapse(stocked: House) -> None:
    a_request(stocked)
    by_sql(stocked, "UPDATE request SET created_at = 1")
    with pytest.raises(Tampered, match="created_at of request R-1"):
        a_request(stocked)
    assert state_of(stocked, "R-1") == "submitted"


# --- the list -----------------------------------------------------------------------------------


def test_the_list_says_what_for_and_where_it_stands(granted: House) -> None:
    a_request(granted, "max", recordings=[3])
    newest, oldest = list_requests(granted.practice, logged_in(granted, "ava"))
    assert (newest.reference, newest.created_by, newest.recordings) == ("R-2", "max", 1)
    assert (oldest.state, oldest.purpose, oldest.recordings) == ("approved", "protect-parties", 2)


def test_the_list_can_be_of_ones_own_or_of_one_state(granted: House) -> None:
    a_request(granted, "max")
    max_ = logged_in(granted, "max")
    mine = list_requests(granted.practice, max_, mine=True)
    approved = list_requests(granted.practice, max_, state=RequestState.APPROVED)
    assert [each.reference for each in mine] == ["R-2"]
    assert [each.reference for each in approved] == ["R-1"]


def test_staff_and_services_are_shown_their_own_and_what_was_granted_to_them(
    granted: House,
) -> None:
    """What a request is for tells of a colleague who is asked about."""
    approve(granted, a_request(granted, "mia", purpose=COMPLAINT), "max", to="sam")
    a_request(granted, "max", purpose=COMPLAINT)

    def shown(login: str) -> list[Sequence[str | None]]:
        actor, practice = logged_in(granted, login), granted.practice
        requests = [each.reference for each in list_requests(practice, actor)]
        return [requests, [each.request for each in list_holds(practice, actor)]]

    assert shown("ava") == [["R-3", "R-2", "R-1"], ["R-3", "R-2"]]
    assert shown("sam") == [["R-2", "R-1"], ["R-2"]]
    assert list_requests(granted.practice, granted.actor("door")) == ()


def test_the_list_opens_nothing_and_writes_nothing(granted: House) -> None:
    before = last_leaf(granted)
    list_requests(granted.practice, logged_in(granted, "ava"))
    assert last_leaf(granted) == before
