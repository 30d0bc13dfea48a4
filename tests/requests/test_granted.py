"""A grant opens only what was approved, for whom it was approved, while it stands.

Each sentence of docs/formats/grant.md, 5, is a test here. The attacker can write the database; some
also hold a key of their own and use it outside the tool.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from callrec.audit.log import LogTransaction
from callrec.audit.remembered import load_seen_head
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.statement import Statement, sign_statement
from callrec.errors import Locked, NotFound, Refused, Tampered
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.role import Power, Role
from callrec.practice import record, writing
from callrec.requests.amend import attach_recordings
from callrec.requests.decide import revoke_grants
from callrec.requests.grants import usable_grants
from callrec.requests.history import log_request_event
from callrec.requests.open import read_request
from callrec.store.sealing import open_stream
from house.forged_approvals import forge_approval, opens_nothing
from house.holds import contradictions
from house.people import change_role, lend_power
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    further_of,
    grants_of,
    logged_in,
    opened,
    pass_days,
    request_id,
    rows,
    signed_in,
)


@pytest.fixture
def office(granted: House) -> House:
    """R-1 is sam's, for recordings 1 and 2, and max has approved it."""
    return granted


def forge_statement(house: House, login: str, **changes: Any) -> None:
    """Put another approval into R-1's history, signed by somebody with a key of his own."""
    actor, request = signed_in(house, login), opened(house, "R-1")
    assert actor.identity is not None
    said = request.approvals[0].statement.fields
    statement = sign_statement(
        "approval",
        vault=house.practice.vault,
        by=actor.person.id,
        at=house.at,
        seed=actor.identity.act,
        fields={**said, **changes},
    )
    with writing(house.practice, actor.signer) as act:
        log_request_event(act, actor, request.history, RequestAct.APPROVED, statement=statement)


def said_by_audit(house: House) -> str:
    """What the audit finds wrong, one thing."""
    (what,) = contradictions(house)
    return what


def saved_grants(house: House) -> list[dict[str, Any]]:
    with reading(house.practice.engine) as connection:
        return [dict(row) for row in connection.execute(select(tables.grant)).mappings()]


def put_back(house: House, grants: list[dict[str, Any]], **changes: Any) -> None:
    with transaction(house.practice.engine) as connection:
        for grant in grants:
            connection.execute(tables.grant.insert().values(**{**grant, **changes}))


def test_what_was_granted_opens_the_sound_and_says_what_it_is(office: House) -> None:
    reference = "R-1"
    first, second = grants_of(office, reference)
    assert (first.recording.id, second.recording.id) == (1, 2)
    sealed = office.practice.store.open(first.recording.ciphertext)
    associated = context("recording", office.practice.vault, uid=first.uid)
    with sealed:
        sound = b"".join(open_stream(sealed, first.data_key, associated))
    assert sound == (office.folder / "spool" / first.metadata["provenance"][0]["name"]).read_bytes()


def test_a_grant_says_who_approved_it_and_until_when(office: House) -> None:
    (grant, _) = grants_of(office, "R-1")
    assert grant.facts.decided_by == {signed_in(office, "max").person.id}
    assert grant.lapses_at.isoformat() == "2026-12-09T00:00:00+00:00"
    assert grant.approval.fields["digest"] == grant.request.digest


def test_it_takes_the_grantees_password(office: House) -> None:
    reference = "R-1"
    with (
        reading(office.practice.engine) as connection,
        pytest.raises(Locked, match="password"),
    ):
        usable_grants(office.practice, logged_in(office, "sam"), connection, reference)


def test_there_must_be_such_a_request(office: House) -> None:
    opens_nothing(office, "R-9", NotFound)


def test_a_state_written_by_hand_opens_nothing(office: House) -> None:
    reference = a_request(office)
    by_sql(office, "UPDATE request SET state = 'approved'")
    assert "state of request R-2" in opens_nothing(office, reference, Tampered)


def test_nobody_else_opens_it_not_even_whoever_approved(office: House) -> None:
    reference = "R-1"
    assert "granted to somebody else" in opens_nothing(office, reference, Refused, "max")
    opens_nothing(office, reference, Refused, "ava")


def test_who_asks_is_told_that_nobody_has_decided_yet_and_who_does(office: House) -> None:
    reference = a_request(office)
    with pytest.raises(Refused, match="nobody has decided") as refused:
        grants_of(office, reference, "sam")
    assert refused.value.hint == (
        f"ask a partner, a manager or the Data Controller to run callrec approve {reference}"
    )


def test_a_grant_copied_to_another_person_opens_nothing(office: House) -> None:
    reference = "R-1"
    put_back(office, saved_grants(office), person=signed_in(office, "mia").person.id)
    assert "not one that was approved" in opens_nothing(office, reference, Tampered, "mia")


def test_a_grant_moved_to_another_person_does_not_open_under_his_key(office: House) -> None:
    reference = "R-1"
    (grant, _) = saved_grants(office)
    request, mia = opened(office, reference), signed_in(office, "mia")
    assert mia.identity is not None
    info = context(
        "grant",
        office.practice.vault,
        request=request.id,
        digest=request.digest,
        uid=grant["uid"],
        to=mia.person.id,
        lapses=request.approvals[0].lapses,
    )
    with pytest.raises(Tampered):
        primitives.hpke_open(mia.identity.kem, grant["sealed"], info)


def test_a_grant_copied_to_another_recording_opens_nothing(office: House) -> None:
    reference = "R-1"
    third = rows(office, "SELECT uid FROM recording WHERE id = 3")[0].uid
    put_back(office, saved_grants(office)[:1], uid=third)
    opens_nothing(office, reference, Tampered)


def test_grants_exchanged_between_two_recordings_open_nothing(office: House) -> None:
    reference = "R-1"
    one, two = saved_grants(office)
    by_sql(office, "DELETE FROM grant_")
    put_back(office, [{**one, "uid": two["uid"]}, {**two, "uid": one["uid"]}])
    opens_nothing(office, reference, Tampered)


def test_a_grant_copied_to_a_twin_request_opens_nothing(office: House) -> None:
    twin = a_request(office)
    put_back(office, saved_grants(office), request=request_id(office, twin))
    assert "not this request's" in opens_nothing(office, twin, Tampered)


def test_a_twin_that_takes_the_number_opens_nothing(office: House) -> None:
    reference = "R-1"
    twin = request_id(office, a_request(office))
    by_sql(office, "UPDATE request SET number = number + 10")
    by_sql(office, "UPDATE request SET number = 1 WHERE id = :twin", twin=twin)
    by_sql(office, "UPDATE grant_ SET request = :twin", twin=twin)
    assert "R-1 is not what was sealed" in opens_nothing(office, reference, Tampered)


def test_a_request_changed_after_approval_opens_nothing(office: House) -> None:
    reference = "R-1"
    grants = saved_grants(office)
    attach_recordings(office.practice, signed_in(office, "mia"), reference, [3])
    assert saved_grants(office) == []
    opens_nothing(office, reference, Refused)
    put_back(office, grants)
    assert "changed after it was approved" in opens_nothing(office, reference, Refused)


def test_other_particulars_sealed_in_place_of_the_approved_ones_open_nothing(
    office: House,
) -> None:
    reference = "R-1"
    request = opened(office, reference)
    body = replace(request.body, particulars=replace(request.particulars, about="Another call"))
    by_sql(
        office,
        "UPDATE request_version SET sealed = :sealed",
        sealed=body.seal(request.key, request.version_id),
    )
    assert "not the one that was made" in opens_nothing(office, reference, Tampered)


def test_other_recordings_sealed_in_place_of_the_approved_ones_open_nothing(office: House) -> None:
    reference = "R-1"
    request, other = opened(office, reference), opened(office, a_request(office, recordings=[3]))
    body = replace(request.body, recordings=other.body.recordings)
    by_sql(
        office,
        "UPDATE request_version SET sealed = :sealed WHERE request = :id",
        sealed=body.seal(request.key, request.version_id),
        id=request.id,
    )
    opens_nothing(office, reference, Tampered)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE request SET purpose = 'training'",
        "UPDATE request SET created_at = created_at + 1",
        "UPDATE request SET state = 'released'",
        "UPDATE request_version SET version = 2",
        "UPDATE request SET version = 2",
    ],
)
def test_a_changed_column_of_the_request_opens_nothing(office: House, change: str) -> None:
    reference = "R-1"
    by_sql(office, change)
    with pytest.raises((Tampered, Refused)):
        grants_of(office, reference)


def test_the_requester_is_the_actor_of_the_leaf_that_made_it(office: House) -> None:
    reference = "R-1"
    by_sql(office, "UPDATE request SET requester = (SELECT id FROM person WHERE login = 'mia')")
    assert "requester of request R-1" in opens_nothing(office, reference, Tampered)


def test_a_requester_who_approves_his_own_opens_nothing(office: House) -> None:
    reference = a_request(office, "max")
    forge_approval(office, reference, "max")
    assert "you cannot approve or deny a request that you made" in opens_nothing(
        office, reference, Refused, "max"
    )


def test_whoever_changed_it_and_approves_it_opens_nothing(office: House) -> None:
    reference = a_request(office, recordings=[1])
    attach_recordings(office.practice, logged_in(office, "max"), reference, [2])
    forge_approval(office, reference, "max")
    opens_nothing(office, reference, Refused)


def test_an_approval_by_somebody_without_the_power_opens_nothing(office: House) -> None:
    reference = a_request(office, purpose=Purpose.OUTSIDE_BODY)
    forge_approval(office, reference, "max")
    assert "may not decide a request for outside body" in opens_nothing(office, reference, Refused)


def test_an_approver_demoted_before_the_approval_opens_nothing(office: House) -> None:
    reference, max_ = a_request(office), signed_in(office, "max")
    change_role(office.practice, signed_in(office, "dora"), login="max", role=Role.STAFF)
    office.open()
    forge_approval(office, reference, "max", kept=max_)
    assert "role staff may not decide" in opens_nothing(office, reference, Refused)


def test_an_approver_demoted_after_the_approval_has_approved(office: House) -> None:
    reference = "R-1"
    change_role(office.practice, signed_in(office, "dora"), login="max", role=Role.STAFF)
    office.open()
    assert len(grants_of(office, reference)) == 2


def test_an_approval_by_a_delegate_whose_power_had_lapsed_opens_nothing(office: House) -> None:
    reference = a_request(office, purpose=Purpose.PORTABILITY)
    dora, power = signed_in(office, "dora"), Power.DECIDE_RESERVED
    lend_power(office.practice, dora, login="pat", power=power, until=office.at.date())
    office.open()
    kept = signed_in(office, "pat")
    pass_days(office, 1)
    forge_approval(office, reference, "pat", kept=kept)
    assert "was lent until Tue 24 Nov 2026 and has ended" in opens_nothing(
        office, reference, Refused
    )


def test_a_countersigner_demoted_before_the_approval_does_not_count(office: House) -> None:
    reference = a_request(office, purpose=Purpose.PORTABILITY)
    mia = signed_in(office, "mia")
    change_role(office.practice, signed_in(office, "dora"), login="mia", role=Role.STAFF)
    office.open()
    forge_approval(office, reference, "dora", countersigner=mia)
    assert "role staff may not countersign" in opens_nothing(office, reference, Refused)


def test_an_approval_under_another_persons_leaf_opens_nothing(office: House) -> None:
    reference = a_request(office)
    sam, max_ = signed_in(office, "sam"), signed_in(office, "max")
    with writing(office.practice, sam.signer) as act:
        act.leaf("request.approved", actor=max_.person.id, subject=[request_id(office, reference)])
    office.open()
    by_sql(office, "UPDATE request SET state = 'approved'")
    opens_nothing(office, reference, Tampered)


def test_a_grant_that_the_approval_does_not_list_opens_nothing(office: House) -> None:
    reference = "R-1"
    (grant, _) = grants_of(office, reference)
    sam = signed_in(office, "sam")
    own = primitives.hpke_seal(office.practice.register.public_keys(sam.person.id).kem, b"x", b"y")
    by_sql(office, "UPDATE grant_ SET sealed = :own WHERE uid = :uid", own=own, uid=grant.uid)
    assert "not one that was approved" in opens_nothing(office, reference, Tampered)


def test_a_recording_whose_ciphertext_is_another_opens_nothing(office: House) -> None:
    reference = "R-1"
    by_sql(office, "UPDATE recording SET ciphertext = :other WHERE id = 1", other="0" * 64)
    assert "not the one that was asked for" in opens_nothing(office, reference, Tampered)


def test_a_recording_whose_start_was_moved_opens_nothing(office: House) -> None:
    reference = "R-1"
    by_sql(office, "UPDATE recording SET started_at = started_at + 1000 WHERE id = 1")
    assert "a column of recording 1" in opens_nothing(office, reference, Tampered)


def test_a_revoked_grant_put_back_opens_nothing(office: House) -> None:
    reference = "R-1"
    grants = saved_grants(office)
    revoke_grants(office.practice, logged_in(office, "max"), reference, reason=ANOTHER_REASON)
    opens_nothing(office, reference, Refused)
    put_back(office, grants)
    assert "the approval was revoked" in opens_nothing(office, reference, Refused)


def test_a_grant_lapses_on_its_day_though_no_command_ran(office: House) -> None:
    reference = "R-1"
    pass_days(office, 14)
    assert len(grants_of(office, reference)) == 2
    pass_days(office, 1)
    assert "the grant has lapsed" in opens_nothing(office, reference, Refused)


def test_a_grants_day_put_off_by_hand_opens_nothing(office: House) -> None:
    reference = "R-1"
    by_sql(office, "UPDATE grant_ SET lapses_at = lapses_at + 86400000")
    assert "column of a grant" in opens_nothing(office, reference, Tampered)


def hand_over(house: House, reference: str, *acts: RequestAct, login: str = "sam") -> None:
    """What a release writes into the log."""
    actor = signed_in(house, login)
    for what in acts:
        with writing(house.practice, actor.signer) as act:
            request = read_request(house.practice, actor, act.connection, reference)
            release = ["5e" * 16, request.history.making.subject[1]]
            log_request_event(act, actor, request.history, what, subject=release)


def test_a_release_in_preparation_takes_the_grant_out_of_use(office: House) -> None:
    reference = "R-1"
    hand_over(office, reference, RequestAct.PREPARED)
    assert "being prepared" in opens_nothing(office, reference, Refused)


def test_a_release_that_failed_gives_it_back(office: House) -> None:
    reference = "R-1"
    hand_over(office, reference, RequestAct.PREPARED, RequestAct.FAILED)
    assert len(grants_of(office, reference)) == 2


def test_a_second_copy_is_a_second_approval(office: House) -> None:
    reference = "R-1"
    hand_over(office, reference, RequestAct.PREPARED, RequestAct.DELIVERED)
    assert "has been released" in opens_nothing(office, reference, Refused)
    approve(office, reference)
    assert len(grants_of(office, reference)) == 2


def test_hearing_it_does_not_use_it_up(office: House) -> None:
    reference = "R-1"
    hand_over(office, reference, RequestAct.LISTENED)
    assert len(grants_of(office, reference)) == 2


def test_what_one_person_released_another_may_still_hear(office: House) -> None:
    reference = "R-1"
    approve(office, reference, to="mia")
    hand_over(office, reference, RequestAct.PREPARED, RequestAct.DELIVERED)
    assert len(grants_of(office, reference, "mia")) == 2


def test_a_log_behind_the_head_that_was_seen_opens_nothing(office: House) -> None:
    reference = "R-1"
    shutil.copytree(office.practice.folder, office.folder / "earlier")
    seen = load_seen_head(office.practice.state_folder)
    record(office.practice, logged_in(office, "sam"), "login")
    assert load_seen_head(office.practice.state_folder) != seen
    shutil.rmtree(office.practice.folder)
    shutil.copytree(office.folder / "earlier", office.practice.folder)
    office.open()
    assert "were seen before" in opens_nothing(office, reference, Tampered)


def test_a_change_anywhere_in_the_log_opens_nothing(office: House) -> None:
    reference = "R-1"
    by_sql(
        office, "UPDATE leaf SET body = CAST(replace(body, 'done', 'gone') AS BLOB) WHERE seq = 2"
    )
    opens_nothing(office, reference, Tampered)


def test_a_countersignature_taken_away_opens_nothing(office: House) -> None:
    reference = a_request(office)
    approve(office, reference, second=signed_in(office, "mia"))
    second = signed_in(office, "mia").person.id
    by_sql(
        office,
        "DELETE FROM statement WHERE kind = 'approval' AND instr(body, :by) > 0",
        by=f'"by":"{second}"'.encode(),
    )
    opens_nothing(office, reference, Tampered)


def test_a_second_person_who_is_named_must_have_signed(office: House) -> None:
    forge_statement(office, "max", countersigned=signed_in(office, "mia").person.id)
    assert "second signature" in opens_nothing(office, "R-1", Tampered)


def test_a_second_person_who_signed_something_else_has_not_signed(office: House) -> None:
    mia = signed_in(office, "mia").person.id
    forge_statement(office, "mia", countersigned=mia, **{"for": mia})
    forge_statement(office, "max", countersigned=mia)
    assert "second signature" in opens_nothing(office, "R-1", Tampered)


def test_a_second_person_signs_just_after_whoever_decides(office: House) -> None:
    mia = signed_in(office, "mia").person.id
    forge_statement(office, "mia", countersigned=mia)
    forge_statement(office, "max", countersigned=mia)
    assert "second signature" in opens_nothing(office, "R-1", Tampered)
    assert "second signature" in said_by_audit(office)


def approved_by_two_and_revoked(house: House) -> tuple[str, list[dict[str, Any]]]:
    """To max, by himself and mia; dora revoked it. With the grant, as somebody kept it."""
    reference = a_request(house, recordings=[3])
    approve(house, reference, "max", second=signed_in(house, "mia"), to="max")
    max_ = signed_in(house, "max").person.id
    kept = [grant for grant in saved_grants(house) if grant["person"] == max_]
    revoke_grants(house.practice, signed_in(house, "dora"), reference, reason=ANOTHER_REASON)
    house.open()
    return reference, kept


def carry(house: House, reference: str, statement: Statement) -> None:
    """Let its maker put a statement under a leaf, be it one that a leaf carries already."""
    max_ = signed_in(house, "max")
    request = opened(house, reference)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(LogTransaction, "_store_statement", store_once)
        with writing(house.practice, max_.signer) as act:
            log_request_event(act, max_, request.history, RequestAct.APPROVED, statement=statement)
    house.open()


def store_once(act: LogTransaction, statement: Statement) -> None:
    table = tables.statement
    said = {
        "digest": statement.digest,
        "kind": statement.kind,
        "body": statement.body,
        "signature": statement.signature,
    }
    act.connection.execute(insert(table).on_conflict_do_nothing().values(said))


def test_an_approval_that_was_revoked_is_not_revived_with_what_was_signed_before(
    office: House,
) -> None:
    reference, kept = approved_by_two_and_revoked(office)
    old = opened(office, reference).approvals[0].statement
    carry(office, reference, old)
    put_back(office, kept)
    assert "carries a statement that an earlier" in opens_nothing(
        office, reference, Tampered, "max"
    )
    assert "carries a statement that an earlier" in said_by_audit(office)
    with pytest.raises(Tampered, match="two leaves of the audit log carry one approval"):
        opened(office, reference)


def test_nor_with_an_approval_of_today_and_a_second_signature_of_before(office: House) -> None:
    reference, kept = approved_by_two_and_revoked(office)
    max_, old = signed_in(office, "max"), opened(office, reference).approvals[0].statement
    assert max_.identity is not None
    office.at += timedelta(minutes=1)
    said = sign_statement(
        "approval",
        vault=office.practice.vault,
        by=max_.person.id,
        at=office.at,
        seed=max_.identity.act,
        fields=old.fields,
    )
    carry(office, reference, said)
    put_back(office, kept, approval=said.digest)
    assert "second signature" in opens_nothing(office, reference, Tampered, "max")
    assert "second signature" in said_by_audit(office)


def test_an_approval_of_something_else_in_the_history_opens_nothing(office: House) -> None:
    other = request_id(office, a_request(office))
    forge_statement(office, "max", request=other)
    assert "approves something else" in opens_nothing(office, "R-1", Tampered)


def test_what_the_request_does_not_ask_for_is_not_opened_under_it(office: House) -> None:
    reference = a_request(office, recordings=[1])
    forge_approval(
        office,
        reference,
        "max",
        recordings=rows(office, "SELECT * FROM recording WHERE id IN (1, 3)"),
    )
    assert "does not decide what was asked for" in opens_nothing(office, reference, Tampered)
    assert "does not decide what was asked for" in said_by_audit(office)


@pytest.mark.parametrize("times", [0, 2], ids=["not at all", "twice"])
def test_each_recording_that_is_asked_for_is_decided_once(office: House, times: int) -> None:
    first, second = opened(office, "R-1").approvals[0].statement.fields["items"]
    forge_statement(office, "max", items=[first, *[second] * times])
    assert "does not decide what was asked for" in opens_nothing(office, "R-1", Tampered)
    assert "does not decide what was asked for" in said_by_audit(office)


def test_an_approval_of_a_version_that_did_not_stand_opens_nothing(office: House) -> None:
    forge_statement(office, "max", version=2)
    assert "of another version" in opens_nothing(office, "R-1", Tampered)
    assert "of another version" in said_by_audit(office)


def test_a_request_that_asks_for_more_than_its_leaf_names_opens_to_nobody(office: House) -> None:
    write = LogTransaction.leaf

    def naming_less(
        act: LogTransaction, what: str, *, subject: Sequence[str] = (), **rest: Any
    ) -> int:
        named = subject[:2] if what == RequestAct.CREATED else subject
        return write(act, what, subject=named, **rest)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(LogTransaction, "leaf", naming_less)
        reference = a_request(office)
    with pytest.raises(Tampered, match="R-2 asks for something else than the log says"):
        opened(office, reference)


def test_an_approval_of_another_digest_opens_nothing(office: House) -> None:
    reference = a_request(office)
    forge_approval(
        office, reference, "max", request=replace(opened(office, reference), digest="0" * 64)
    )
    assert "not the one that was approved" in opens_nothing(office, reference, Tampered)


def test_an_approval_whose_edits_are_none_opens_nothing(office: House) -> None:
    items = opened(office, "R-1").approvals[0].statement.fields["items"]
    forge_statement(
        office, "max", items=[{**item, "edits": [{"what": "louder"}]} for item in items]
    )
    forged = opened(office, "R-1").approvals[1].statement
    by_sql(office, "UPDATE grant_ SET approval = :forged", forged=forged.digest)
    said = opens_nothing(office, "R-1", Tampered)
    assert said == "the edits of an approval are not in their form"


def test_a_countersigner_who_might_not_opens_nothing(office: House) -> None:
    reference = a_request(office)
    forge_approval(office, reference, "max", countersigner=signed_in(office, "ava"))
    opens_nothing(office, reference, Refused)


def test_a_glass_that_was_flagged_as_broken_opens_ones_own_request(office: House) -> None:
    reference = a_request(office, "dora")
    approve(office, reference, "dora", glass_reason=ANOTHER_REASON)
    grants = grants_of(office, reference, "dora")
    assert [grant.facts.broke_glass for grant in grants] == [True, True]


def test_a_glass_broken_by_anybody_but_the_data_controller_opens_nothing(office: House) -> None:
    reference = a_request(office, "max")
    forge_approval(office, reference, "max", glass_reason=ANOTHER_REASON)
    assert "only the Data Controller" in opens_nothing(office, reference, Refused, "max")


def test_a_glass_broken_for_a_request_about_oneself_opens_nothing(office: House) -> None:
    about = further_of(Purpose.ABUSIVE_CALL, affected="dora")
    reference = a_request(office, purpose=Purpose.ABUSIVE_CALL, further=about)
    with pytest.raises(Refused, match="about yourself"):
        approve(office, reference, "dora", glass_reason=ANOTHER_REASON)
    forge_approval(office, reference, "dora", glass_reason=ANOTHER_REASON)
    assert "about yourself" in opens_nothing(office, reference, Refused)


def test_a_glass_broken_without_a_reason_opens_nothing(office: House) -> None:
    reference = a_request(office, "dora")
    forge_approval(office, reference, "dora", glass_reason="")
    assert "no reason is given" in opens_nothing(office, reference, Refused, "dora")
