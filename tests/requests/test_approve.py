"""Who approves what, and what an approval says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.statement import Statement, check_statement
from callrec.errors import Failed, Locked, NotFound, Refused, Tampered
from callrec.login.unlock import AwaitingConfirmation, actor_by_password, log_in
from callrec.people.joining import add_person
from callrec.people.powers import disable_person
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import Power, Role
from callrec.practice import Actor
from callrec.requests.amend import attach_recordings, detach_recordings
from callrec.requests.ask import create_request
from callrec.requests.decide import Decision, approve_request, preview_approval, revoke_grants
from callrec.requests.event import withdraw_request
from callrec.requests.model import RequestBody, RequestVersion
from callrec.requests.show import show_request
from house.holds import verified
from house.people import change_role, confirm_person, lend_power
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
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
    rows,
    said,
    signed_in,
    state_of,
)

GIVEN = "seven purple otters dance slowly"

OWN = "nine orange badgers sleep very late"


def statements(house: House, reference: str) -> list[Statement]:
    request = opened(house, reference)
    found: list[Statement] = []
    for approval in request.approvals:
        found += filter(None, (approval.statement, approval.countersignature))
    return found


def nothing_is_granted(house: House) -> bool:
    return refused(house) and rows(house, "SELECT * FROM grant_") == []


def id_of(house: House, login: str) -> str:
    return signed_in(house, login).person.id


# --- what it says -------------------------------------------------------------------------------


def test_the_statement_says_what_the_format_says(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference)
    request = opened(stocked, reference)
    (statement,) = statements(stocked, reference)
    grants = rows(stocked, "SELECT uid, sealed FROM grant_")
    hashes = {grant.uid: primitives.sha256(grant.sealed).hex() for grant in grants}
    assert statement.fields == {
        "kind": "approval",
        "vault": stocked.practice.vault,
        "by": id_of(stocked, "max"),
        "at": "2026-11-24T12:00:00.000Z",
        "request": request.id,
        "version": 1,
        "digest": request.digest,
        "salt": statement.fields["salt"],
        "requester": id_of(stocked, "sam"),
        "for": id_of(stocked, "sam"),
        "lapses": "2026-12-09T00:00:00.000Z",
        "items": [
            {
                "uid": row.uid,
                "ciphertext": row.ciphertext,
                "grant": hashes[row.uid],
                "edits": [],
            }
            for row in request.recordings
        ],
        "withheld": [],
        "consulted": "",
        "countersigned": "",
        "break_glass": False,
    }


def test_it_is_signed_by_whoever_decided_and_carried_by_his_leaf(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference)
    (statement,) = statements(stocked, reference)
    max_ = id_of(stocked, "max")
    check_statement(statement, stocked.practice.register.public_keys(max_).act)
    leaf = last_leaf(stocked)
    assert (leaf.act, leaf.actor, leaf.statement) == ("request.approved", max_, statement.digest)


def test_the_rest_of_a_part_approval_is_withheld_with_a_code(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1, 2, 3])
    done = approve(stocked, reference, recordings=(2,))
    (statement,) = statements(stocked, reference)
    not_approved = Ground.NOT_APPROVED
    assert (done.recordings, done.withheld) == ((2,), {1: not_approved, 3: not_approved})
    assert [each["code"] for each in statement.fields["withheld"]] == ["not-approved"] * 2
    assert [grant.recording.id for grant in grants_of(stocked, reference)] == [2]


def test_what_is_withheld_expressly_keeps_its_ground(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS, recordings=[1, 2, 3])
    withheld = {2: Ground.THIRD_PARTY}
    done = approve(stocked, reference, "dora", recordings=(1,), withheld=withheld)
    assert done.withheld == {2: Ground.THIRD_PARTY, 3: Ground.NOT_APPROVED}
    codes = {row.uid: row.id for row in opened(stocked, reference).recordings}
    (statement,) = statements(stocked, reference)
    told = {codes[each["uid"]]: each["code"] for each in statement.fields["withheld"]}
    assert told == {2: "third-party", 3: "not-approved"}
    assert [grant.recording.id for grant in grants_of(stocked, reference)] == [1]


def test_what_was_withheld_on_a_ground_stays_so_until_it_is_granted_by_its_number(
    stocked: House,
) -> None:
    reference = a_request(stocked, recordings=[1, 2, 3])
    approve(stocked, reference, recordings=(1,), withheld={3: Ground.NOT_RELEVANT})
    again = approve(stocked, reference)
    assert (again.recordings, again.withheld) == ((1, 2), {3: Ground.NOT_RELEVANT})
    assert approve(stocked, reference, recordings=(3,)).recordings == (3,)
    assert approve(stocked, reference).withheld == {}


def test_after_a_revocation_each_recording_is_decided_anew(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference, withheld={2: Ground.NOT_RELEVANT})
    dora = logged_in(stocked, "dora")
    revoke_grants(stocked.practice, dora, reference, reason=ANOTHER_REASON)
    assert approve(stocked, reference).recordings == (1, 2)


def test_of_a_changed_request_what_was_withheld_on_a_ground_stays_so_until_it_is_named(
    stocked: House,
) -> None:
    reference = a_request(stocked)
    approve(stocked, reference, withheld={2: Ground.NOT_RELEVANT})
    attach_recordings(stocked.practice, logged_in(stocked, "mia"), reference, [3])
    assert approve(stocked, reference).recordings == (1, 3)
    assert approve(stocked, reference, recordings=(1, 2, 3)).recordings == (1, 2, 3)


def test_a_ground_outlasts_an_approval_that_is_not_asked_for_the_recording(
    stocked: House,
) -> None:
    reference, mia = a_request(stocked), logged_in(stocked, "mia")
    approve(stocked, reference, withheld={2: Ground.NOT_RELEVANT})
    detach_recordings(stocked.practice, mia, reference, [2])
    approve(stocked, reference)
    attach_recordings(stocked.practice, mia, reference, [2])
    again = approve(stocked, reference)
    assert (again.recordings, again.withheld) == ((1,), {2: Ground.NOT_RELEVANT})


def test_what_stands_granted_is_withheld_only_once_that_is_taken_back(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference)
    with pytest.raises(Refused, match="it was granted before, and that still stands: 2") as refusal:
        approve(stocked, reference, withheld={2: Ground.NOT_RELEVANT})
    assert f"callrec revoke {reference}" in refusal.value.hint
    dora = logged_in(stocked, "dora")
    revoke_grants(stocked.practice, dora, reference, reason=ANOTHER_REASON)
    assert approve(stocked, reference, withheld={2: Ground.NOT_RELEVANT}).recordings == (1,)


@pytest.mark.parametrize("withheld", [(), (1,), (3,), (1, 3)])
@pytest.mark.parametrize("granted", [(), (2,), (2, 3), (1, 2, 3)])
def test_an_approval_decides_on_each_recording_once(
    stocked: House, granted: tuple[int, ...], withheld: tuple[int, ...]
) -> None:
    if set(granted) & set(withheld):
        return
    reference = a_request(stocked, recordings=[1, 2, 3])
    grounds = dict.fromkeys(withheld, Ground.NOT_RELEVANT)
    done = approve(stocked, reference, recordings=granted, withheld=grounds)
    request = opened(stocked, reference)
    (approval,) = request.approvals
    decided = [*approval.items, *(uid for uid, _ in approval.withheld)]
    assert sorted(decided) == sorted(row.uid for row in request.recordings)
    sealed = {row.uid for row in rows(stocked, "SELECT uid FROM grant_")}
    assert sealed == set(approval.items)
    assert {row.id for row in request.recordings if row.uid in sealed} == set(done.recordings)


def test_an_approval_withholds_nothing_that_was_not_asked_for(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1, 2])
    with pytest.raises(NotFound, match="does not ask for that recording"):
        approve(stocked, reference, withheld={3: Ground.NOT_RELEVANT})


def test_an_approval_that_grants_nothing_is_refused_and_on_record(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    with pytest.raises(Refused, match="is to deny the request"):
        approve(stocked, reference, withheld={1: Ground.NOT_RELEVANT})
    assert nothing_is_granted(stocked)


def test_an_erasure_is_approved_recording_by_recording(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.ERASURE)
    with pytest.raises(Refused, match="decided by itself"):
        approve(stocked, reference, "dora")
    assert nothing_is_granted(stocked)
    done = approve(stocked, reference, "dora", recordings=(1,), withheld={2: Ground.CLAIMS})
    assert (done.recordings, done.withheld) == ((1,), {2: Ground.CLAIMS})


def test_what_was_withheld_may_be_approved_later(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference, recordings=(1,))
    approve(stocked, reference, recordings=(2,))
    assert [grant.recording.id for grant in grants_of(stocked, reference)] == [1, 2]


def test_it_is_for_the_one_person_who_is_named(stocked: House) -> None:
    reference = a_request(stocked)
    assert approve(stocked, reference, to="mia").to == "mia"
    assert len(grants_of(stocked, reference, "mia")) == 2
    with pytest.raises(Refused, match="granted to somebody else"):
        grants_of(stocked, reference, "sam")


def test_it_lapses_on_the_day_that_the_decider_chose(stocked: House) -> None:
    reference = a_request(stocked)
    done = approve(stocked, reference, until=date(2026, 11, 26))
    assert done.lapses_at.isoformat() == "2026-11-27T00:00:00+00:00"


def test_it_cannot_last_longer_than_the_practice_allows(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Refused, match="no longer than the practice allows"):
        approve(stocked, reference, until=date(2027, 1, 1))
    assert nothing_is_granted(stocked)


def test_the_request_is_approved_then(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference)
    assert state_of(stocked, reference) == "approved"


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["dora", "pat", "max"])
def test_a_complaint_is_decided_by_partner_manager_or_data_controller(
    stocked: House, login: str
) -> None:
    reference = a_request(stocked)
    approve(stocked, reference, login)
    assert len(grants_of(stocked, reference)) == 2


RESERVED = [Purpose.DISCIPLINARY, Purpose.SUBJECT_ACCESS, Purpose.OUTSIDE_BODY, Purpose.ERASURE]


@pytest.mark.parametrize("purpose", RESERVED)
@pytest.mark.parametrize("login", ["pat", "max"])
def test_what_is_kept_for_the_data_controller_is_decided_by_nobody_else(
    stocked: House, purpose: Purpose, login: str
) -> None:
    reference = a_request(stocked, "mia", purpose=purpose)
    with pytest.raises(Refused, match="may not decide"):
        approve(stocked, reference, login)
    assert nothing_is_granted(stocked)
    approve(stocked, reference, "dora", recordings=(1, 2))


@pytest.mark.parametrize("login", ["sam", "mia", "dora"])
def test_nobody_approves_his_own(stocked: House, login: str) -> None:
    reference = a_request(stocked, login)
    with pytest.raises(Refused):
        approve(stocked, reference, login)
    assert nothing_is_granted(stocked)


def comes_back(house: House, login: str, full_name: str) -> Actor:
    """A manager who has joined, at work."""
    person = {"login": login, "full_name": full_name, "password": GIVEN}
    add_person(house.open(), house.actor("dora"), role=Role.MANAGER, **person)
    waiting = log_in(
        house.open(),
        login=login,
        password=GIVEN,
        new_password=lambda: OWN,
        environ=house.environ,
    )
    assert isinstance(waiting, AwaitingConfirmation)
    dora = house.actor("dora")
    confirm_person(house.open(), dora, login=login, fingerprint=waiting.fingerprint)
    return actor_by_password(house.open(), login=login, password=OWN)


def test_who_left_and_came_back_does_not_approve_what_he_asked_for(stocked: House) -> None:
    reference = a_request(stocked, "max")
    disable_person(stocked.practice, signed_in(stocked, "dora"), login="max")
    again = comes_back(stocked, "harding", "Dr HARDING, Max")
    with pytest.raises(Refused, match="somebody of your name made or changed"):
        approve_request(stocked.practice, again, reference, Decision(to="sam"))
    assert refused(stocked)
    approve(stocked, reference, "pat", to="sam")


def test_nobody_approves_what_he_attached_to(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    attach_recordings(stocked.practice, logged_in(stocked, "max"), reference, [2])
    with pytest.raises(Refused, match="made or changed"):
        approve(stocked, reference, "max")
    approve(stocked, reference, "mia")


def about(house: House, purpose: Purpose, **named: str) -> str:
    """A request of mia's about somebody who works here."""
    asks = said(purpose, further=further_of(purpose, **named))
    mia = logged_in(house, "mia")
    made = create_request(house.practice, mia, purpose=purpose, answers=asks, recordings=[1])
    return made.reference


def test_nobody_approves_a_request_about_himself(stocked: House) -> None:
    reference = about(stocked, Purpose.ABUSIVE_CALL, affected="max")
    with pytest.raises(Refused, match="about yourself"):
        approve(stocked, reference, "max")
    assert nothing_is_granted(stocked)
    approve(stocked, reference, "pat")


@pytest.mark.parametrize("employee", ["pat", "Pat Ellison"])
def test_nor_does_he_countersign_it_by_whatever_name_it_is_about_him(
    stocked: House, employee: str
) -> None:
    reference = about(stocked, Purpose.DISCIPLINARY, employee=employee)
    with pytest.raises(Refused, match="about yourself"):
        countersigned(stocked, reference, "pat", to="max")
    countersigned(stocked, reference, "max")


@pytest.mark.parametrize(
    "employee", ["Max Harding", "Max Harding (reception)", "max, of the desk", "Mr M. Harding, Max"]
)
def test_a_disciplinary_recording_does_not_go_to_whom_it_is_about(
    stocked: House, employee: str
) -> None:
    reference = about(stocked, Purpose.DISCIPLINARY, employee=employee)
    with pytest.raises(Refused, match="employee's manager only"):
        approve(stocked, reference, "dora", to="max")
    approve(stocked, reference, "dora", to="pat")


def test_a_disciplinary_recording_goes_to_the_manager_whom_the_settings_name(
    stocked: House,
) -> None:
    stocked.decide(line_manager=[{"person": "sam", "manager": "max"}])
    reference = about(stocked, Purpose.DISCIPLINARY, employee="Sam Turnbull")
    with pytest.raises(Refused, match="employee's manager only"):
        approve(stocked, reference, "dora", to="pat")
    approve(stocked, reference, "dora", to="max")


def test_a_patient_is_nobody_of_the_practice_by_a_login_alone(stocked: House) -> None:
    """Logins are often forenames: else nobody would be left to decide it."""
    reference = about(stocked, Purpose.SUBJECT_ACCESS, subject="Dora Penhale")
    approve(stocked, reference, "dora")


def test_a_disciplinary_recording_goes_to_a_manager(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.DISCIPLINARY)
    with pytest.raises(Refused, match="employee's manager only"):
        approve(stocked, reference, "dora")
    approve(stocked, reference, "dora", to="max")


def test_a_login_is_not_enough(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Locked, match="signed with your password"):
        approve_request(stocked.practice, logged_in(stocked, "max"), reference, Decision())


def test_a_request_for_no_recording_is_not_approved(stocked: House) -> None:
    reference = a_request(stocked, recordings=[])
    with pytest.raises(Refused, match="names no recording yet"):
        approve(stocked, reference)
    assert nothing_is_granted(stocked)


NOT_FOUND: dict[str, dict[str, Any]] = {
    "a recording that was not asked for": {"recordings": (3,)},
    "a person whom nobody knows": {"to": "nobody"},
}


@pytest.mark.parametrize("decision", NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_does_not_exist_is_not_approved(stocked: House, decision: dict[str, Any]) -> None:
    reference = a_request(stocked)
    with pytest.raises(NotFound):
        approve(stocked, reference, **decision)
    assert rows(stocked, "SELECT * FROM grant_") == []


def test_what_may_not_hear_is_granted_nothing(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Refused, match="may not listen"):
        approve(stocked, reference, to="ava")


@pytest.mark.parametrize("column", ["withdrawn", "approved", "released"])
def test_a_state_column_that_differs_from_the_log_is_found(stocked: House, column: str) -> None:
    reference = a_request(stocked)
    by_sql(stocked, "UPDATE request SET state = :state", state=column)
    with pytest.raises(Tampered, match="state of request R-1"):
        approve(stocked, reference)


def test_a_purpose_column_that_differs_from_the_log_is_found_unopened(stocked: House) -> None:
    """A hearing would be carried out as a disposal, a subject access request be in no register."""
    reference = a_request(stocked)
    by_sql(stocked, "UPDATE request SET purpose = 'disposal'")
    with pytest.raises(Tampered, match="purpose of request R-1"):
        approve(stocked, reference)
    found = verified(stocked)
    assert "purpose of request R-1" in str(found.problems)


def test_an_event_hidden_from_the_log_is_found(stocked: House) -> None:
    reference = a_request(stocked)
    withdraw_request(stocked.practice, logged_in(stocked, "sam"), reference)
    other = a_request(stocked)
    one, two = (opened(stocked, each).id for each in (reference, other))
    by_sql(
        stocked,
        "UPDATE leaf SET body = CAST(replace(body, :one, :two) AS BLOB)"
        " WHERE instr(body, CAST('request.withdrawn' AS BLOB)) > 0",
        one=one,
        two=two,
    )
    by_sql(stocked, "UPDATE request SET state = 'submitted'")
    with pytest.raises(Tampered):
        approve(stocked, reference)


def test_a_recording_that_is_not_as_it_was_sealed_is_not_granted(stocked: House) -> None:
    reference = a_request(stocked)
    by_sql(stocked, "UPDATE recording SET duration_ms = duration_ms + 1 WHERE id = 1")
    with pytest.raises(Tampered, match="recording 1"):
        approve(stocked, reference)
    assert rows(stocked, "SELECT * FROM grant_") == []


def test_a_request_that_changed_while_it_was_read_is_not_approved(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    seen = preview_approval(stocked.practice, signed_in(stocked, "max"), reference, Decision())
    attach_recordings(stocked.practice, logged_in(stocked, "mia"), reference, [2])
    with pytest.raises(Refused, match="changed after you saw it"):
        approve(stocked, reference, seen=seen)


def test_what_was_shown_is_not_opened_again_to_be_approved(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, actor = a_request(stocked, recordings=[1]), signed_in(stocked, "max")
    open_body, openings = RequestBody.open, list[bytes]()

    def counted(sealed: bytes, key: bytes, which: RequestVersion) -> RequestBody:
        openings.append(sealed)
        return open_body(sealed, key, which)

    monkeypatch.setattr(RequestBody, "open", counted)
    decision = Decision(opened=show_request(stocked.practice, actor, reference).opened)
    seen = preview_approval(stocked.practice, actor, reference, decision)
    attach_recordings(stocked.practice, logged_in(stocked, "mia"), reference, [2])
    openings.clear()
    with pytest.raises(Refused, match="changed after you saw it"):
        approve_request(stocked.practice, actor, reference, replace(decision, seen=seen))
    assert len(openings) == 1  # the version that stands is another
    openings.clear()
    decision = Decision(opened=show_request(stocked.practice, actor, reference).opened)
    seen = preview_approval(stocked.practice, actor, reference, decision)
    approve_request(stocked.practice, actor, reference, replace(decision, seen=seen))
    assert len(openings) == 1


def test_an_approver_demoted_after_the_request_was_made_is_refused_and_on_record(
    stocked: House,
) -> None:
    reference = a_request(stocked)
    change_role(stocked.practice, signed_in(stocked, "dora"), login="max", role=Role.STAFF)
    stocked.open()
    with pytest.raises(Refused, match=r"role staff may not decide .+ \[policy 4\(b\)\]"):
        approve(stocked, reference, "max")
    assert nothing_is_granted(stocked)


def test_nothing_is_decided_by_powers_that_changed_meanwhile(stocked: House) -> None:
    reference = a_request(stocked)
    actor = signed_in(stocked, "max")
    change_role(stocked.practice, signed_in(stocked, "dora"), login="max", role=Role.STAFF)
    with pytest.raises(Failed, match="a moment ago"):
        approve_request(stocked.practice, actor, reference, Decision())


# --- two persons, or one alone ------------------------------------------------------------------


def countersigned(house: House, reference: str, second: str, **decision: Any) -> None:
    approve(house, reference, "dora", second=signed_in(house, second), **decision)


def test_both_persons_sign_the_same_and_each_has_his_leaf(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    countersigned(stocked, reference, "max")
    first, second = statements(stocked, reference)
    apart = {"by": id_of(stocked, "max"), "at": first.fields["at"]}
    assert {**first.fields, **apart} == second.fields
    assert first.fields["countersigned"] == second.by == id_of(stocked, "max")
    with reading(stocked.practice.engine) as connection:
        size = stored_head(connection).size
        leaves = [read_leaf(connection, seq)[0] for seq in (size - 2, size - 1)]
    assert [leaf.actor for leaf in leaves] == [first.by, second.by]
    assert [leaf.statement for leaf in leaves] == [first.digest, second.digest]


def test_both_persons_count_as_having_decided(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    countersigned(stocked, reference, "max")
    assert grants_of(stocked, reference)[0].facts.decided_by == {
        id_of(stocked, "dora"),
        id_of(stocked, "max"),
    }


@pytest.mark.parametrize(
    ("second", "decision"),
    [("sam", {}), ("ava", {}), ("dora", {}), ("mia", {"to": "mia"})],
    ids=["requester", "no decider", "the decider", "the releaser"],
)
def test_who_may_not_countersign(stocked: House, second: str, decision: dict[str, Any]) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    with pytest.raises(Refused):
        countersigned(stocked, reference, second, **decision)
    assert nothing_is_granted(stocked)


def test_the_data_controller_breaks_the_glass_and_it_is_flagged(stocked: House) -> None:
    reference = a_request(stocked, "dora")
    approve(stocked, reference, "dora", glass_reason=ANOTHER_REASON)
    (statement,) = statements(stocked, reference)
    assert statement.fields["break_glass"] is True


@pytest.mark.parametrize(("login", "reason"), [("max", ANOTHER_REASON), ("dora", "")])
def test_nobody_else_breaks_it_and_nobody_without_a_reason(
    stocked: House, login: str, reason: str
) -> None:
    reference = a_request(stocked, login)
    with pytest.raises(Refused):
        approve(stocked, reference, login, glass_reason=reason)
    assert nothing_is_granted(stocked)


def lent_to_pat(house: House) -> Actor:
    """Pat, whom the Data Controller has lent the power to decide what is kept for her."""
    dora, until = house.actor("dora"), house.at.date() + timedelta(days=7)
    power = Power.DECIDE_RESERVED
    lend_power(house.practice, dora, login="pat", power=power, until=until)
    return house.actor("pat")


CONTRADICTORY = {"before it was asked for": date(2026, 11, 23), "to come": date(2026, 11, 25)}


@pytest.mark.parametrize("consulted_on", [None, *CONTRADICTORY.values()])
def test_a_delegate_who_cannot_have_consulted_approves_nothing(
    stocked: House, consulted_on: date | None
) -> None:
    reference = a_request(stocked, "mia", purpose=Purpose.DISCIPLINARY)
    delegate = lent_to_pat(stocked)
    with pytest.raises(Refused, match=r"\[policy 4\(g\)\]"):
        approve_request(stocked.practice, delegate, reference, Decision(consulted_on=consulted_on))
    assert nothing_is_granted(stocked)


def test_a_delegate_says_when_he_consulted_the_data_controller(stocked: House) -> None:
    reference = a_request(stocked, "mia", purpose=Purpose.DISCIPLINARY)
    pass_days(stocked, 2)
    delegate, consulted = lent_to_pat(stocked), Decision(consulted_on=date(2026, 11, 25))
    approve_request(stocked.practice, delegate, reference, consulted)
    (statement,) = statements(stocked, reference)
    assert statement.fields["consulted"] == "2026-11-25"
    assert len(grants_of(stocked, reference, "mia")) == 2
