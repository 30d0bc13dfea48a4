"""A restriction, an objection, a correction: it takes effect as it is approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from callrec.catalogue.engine import reading
from callrec.errors import CallrecError, Refused, Tampered
from callrec.office.inbox import InboxAction, read_inbox
from callrec.policy.clause import Law
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import Power
from callrec.practice import writing
from callrec.registers.verify import Verdict
from callrec.release.listen import record_hearing
from callrec.requests.decide import Decision, preview_approval
from callrec.requests.event import close_request, date_request
from callrec.requests.history import log_request_event, read_history
from callrec.requests.restrictions import effects_on, restricted_by
from callrec.requests.show import show_request
from callrec.search.show import show_recording
from house.commands import type_in
from house.erasures import erase
from house.holds import verified
from house.listening import hear
from house.packages import release
from house.people import lend_power
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    approved,
    by_sql,
    further_of,
    grants_of,
    logged_in,
    opened,
    request_id,
    rows,
    signed_in,
    state_of,
    third_parties_checked,
)

RIGHTS = [Purpose.RECTIFICATION, Purpose.RESTRICTION, Purpose.OBJECTION]

RESTRICTING = [Purpose.RESTRICTION, Purpose.OBJECTION]


def in_effect(house: House, purpose: Purpose = Purpose.RESTRICTION, *numbers: int) -> str:
    """What mia has asked for, for the person concerned, and dora has approved."""
    reference = a_request(house, "mia", purpose=purpose, recordings=numbers or (1,))
    approve(house, reference, "dora")
    return reference


def lift(house: House, reference: str, login: str = "dora", reason: str = ANOTHER_REASON) -> None:
    close_request(house.practice, signed_in(house, login), reference, reason=reason)


def lend_reserved(house: House, login: str) -> None:
    until, power = house.at.date(), Power.DECIDE_RESERVED
    lend_power(house.practice, signed_in(house, "dora"), login=login, power=power, until=until)
    house.open()


def restricted(house: House) -> dict[int, str]:
    numbers = {row.uid: row.id for row in rows(house, "SELECT uid, id FROM recording")}
    with reading(house.practice.engine) as connection:
        found = restricted_by(house.practice, connection, numbers)
    return {numbers[uid]: by for uid, by in found.items()}


@pytest.mark.parametrize("purpose", RIGHTS)
def test_what_is_approved_is_in_effect_at_once_and_grants_nothing(
    stocked: House, purpose: Purpose
) -> None:
    reference = in_effect(stocked, purpose)
    assert state_of(stocked, reference) == "in-effect"
    assert rows(stocked, "SELECT * FROM grant_") == []
    with pytest.raises(Refused, match=r"took effect|is carried out, not heard"):
        hear(stocked, reference, login="mia")
    assert verified(stocked).verdict is Verdict.INTACT


@pytest.mark.parametrize("purpose", RESTRICTING)
def test_what_is_restricted_is_not_heard_though_it_was_granted_before(
    stocked: House, purpose: Purpose
) -> None:
    complaint = approved(stocked)
    reference = in_effect(stocked, purpose)
    with pytest.raises(Refused, match=f"recording 1 is restricted by {reference}") as refusal:
        hear(stocked, complaint)
    assert refusal.value.clause is Law.RESTRICTED_USE
    assert hear(stocked, complaint, 2).recording == 2
    assert verified(stocked).problems == ()


def test_to_hear_it_waits_for_nobody_until_it_is_lifted(stocked: House) -> None:
    def waiting() -> list[tuple[str, int]]:
        items = read_inbox(stocked.practice, logged_in(stocked, "max"))
        return [(i.reference, i.recordings) for i in items if i.waits_to is InboxAction.HEAR]

    for reference in (a_request(stocked, recordings=[1, 2]), a_request(stocked, recordings=[1])):
        approve(stocked, reference, "dora", to="max")
    assert waiting() == [("R-1", 2), ("R-2", 1)]
    reference = in_effect(stocked)
    assert waiting() == [("R-1", 1)]
    lift(stocked, reference)
    assert waiting() == [("R-1", 2), ("R-2", 1)]


def test_nor_is_it_released(stocked: House) -> None:
    complaint = a_request(stocked, recordings=(1,))
    approve(stocked, complaint, "dora", to="max")
    in_effect(stocked)
    with pytest.raises(Refused, match="recording 1 is restricted by R-2"):
        release(stocked, complaint, "max")
    assert verified(stocked).problems == ()


def test_nor_is_it_granted_but_the_other_one_is(stocked: House) -> None:
    in_effect(stocked)
    complaint = a_request(stocked)
    with pytest.raises(Refused, match="recording 1 is restricted by R-1"):
        approve(stocked, complaint)
    with pytest.raises(Refused, match="recording 1 is restricted by R-1"):
        preview_approval(stocked.practice, signed_in(stocked, "max"), complaint, Decision())
    assert approve(stocked, complaint, withheld={1: Ground.NOT_APPROVED}).recordings == (2,)


@pytest.mark.parametrize(
    "purpose", [Purpose.SUBJECT_ACCESS, Purpose.MEDICO_LEGAL, Purpose.OUTSIDE_BODY]
)
def test_the_law_s_exceptions_are_heard_all_the_same(stocked: House, purpose: Purpose) -> None:
    in_effect(stocked)
    reference = a_request(stocked, purpose=purpose, recordings=(1,))
    approve(stocked, reference, "dora")
    assert hear(stocked, reference, attended=("nobody",)).recording == 1
    assert verified(stocked).problems == ()


def test_a_package_may_go_to_the_person_who_restricted_it(stocked: House) -> None:
    in_effect(stocked)
    access = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2))
    approve(stocked, access, "dora", to="max")
    third_parties_checked(stocked, "dora", access)
    assert release(stocked, access, "max").path.exists()
    assert verified(stocked).problems == ()


def test_from_the_day_it_is_asked_for_nothing_of_it_is_destroyed(stocked: House) -> None:
    a_request(stocked, "mia", purpose=Purpose.RESTRICTION, recordings=(1,))
    erasure = a_request(stocked, purpose=Purpose.ERASURE, recordings=(1,))
    with pytest.raises(Refused, match=r"held by H-1 and is not destroyed \[UK GDPR 18\]"):
        approve(stocked, erasure, "dora", recordings=(1,))
    approve(stocked, "R-1", "dora")
    with pytest.raises(Refused, match="held by H-1"):
        approve(stocked, erasure, "dora", recordings=(1,))
    lift(stocked, "R-1")
    assert approve(stocked, erasure, "dora", recordings=(1,)).recordings == (1,)


@pytest.mark.parametrize("purpose", [Purpose.OBJECTION, Purpose.RECTIFICATION])
def test_what_is_objected_to_or_corrected_may_still_be_erased(
    stocked: House, purpose: Purpose
) -> None:
    objection = in_effect(stocked, purpose)
    erasure = a_request(stocked, purpose=Purpose.ERASURE, recordings=(1,))
    approve(stocked, erasure, "dora", to="dora", recordings=(1,))
    assert erase(stocked, erasure).destroyed == (1,)
    for reference in (objection, erasure):
        shown = type_in(stocked, "dora", "request", "show", reference).out
        assert "destroyed: nobody can hear it" in shown
    assert verified(stocked).verdict is Verdict.INTACT


@pytest.mark.parametrize("purpose", RESTRICTING)
def test_it_is_lifted_by_who_decides_it_who_says_how_the_person_was_told(
    stocked: House, purpose: Purpose
) -> None:
    complaint, reference = approved(stocked), in_effect(stocked, purpose)
    with pytest.raises(Refused, match="the person is told before that") as refusal:
        lift(stocked, reference, reason="")
    assert refusal.value.clause is Law.RESTRICTION_LIFTED
    with pytest.raises(Refused, match="may not decide"):
        lift(stocked, reference, "mia")
    assert restricted(stocked) == {1: reference}
    lift(stocked, reference)
    assert restricted(stocked) == {}
    assert hear(stocked, complaint).recording == 1
    assert verified(stocked).problems == ()


@pytest.mark.parametrize("purpose", RESTRICTING)
def test_nobody_lifts_what_they_asked_for_or_what_is_about_themselves(
    stocked: House, purpose: Purpose
) -> None:
    lend_reserved(stocked, "max")
    own = a_request(stocked, "max", purpose=purpose, recordings=(1,))
    about = a_request(
        stocked, "mia", purpose=purpose, recordings=(2,), further=further_of(purpose, subject="max")
    )
    for reference in (own, about):
        approve(stocked, reference, "dora")
    with pytest.raises(Refused, match=r"cannot lift .* that you made or changed") as refusal:
        lift(stocked, own, "max")
    assert refusal.value.hint == (
        f"ask another Data Controller to run callrec request close {own} --reason TEXT"
    )
    with pytest.raises(Refused, match=r"cannot lift .* about yourself"):
        lift(stocked, about, "max")
    assert restricted(stocked) == {1: own, 2: about}
    for reference in (own, about):
        lift(stocked, reference, "dora")
    assert restricted(stocked) == {}
    assert verified(stocked).verdict is Verdict.INTACT


def test_who_lifts_their_own_with_a_program_of_their_own_is_convicted(stocked: House) -> None:
    lend_reserved(stocked, "max")
    own = a_request(stocked, "max", purpose=Purpose.RESTRICTION, recordings=(1,))
    approve(stocked, own, "dora")
    a_leaf_of_one_s_own(stocked, own, RequestAct.CLOSED, "max")
    assert verified(stocked).verdict is Verdict.TAMPERED


def test_a_correction_stands_beside_the_recording_after_its_request_is_closed(
    stocked: House,
) -> None:
    reference = in_effect(stocked, Purpose.RECTIFICATION)
    uid = opened(stocked, reference).recordings[0].uid
    before = rows(stocked, "SELECT ciphertext FROM recording ORDER BY id")
    lift(stocked, reference, "mia")
    with reading(stocked.practice.engine) as connection:
        assert effects_on(stocked.practice, connection, [uid]).corrected == {uid: (reference,)}
    assert rows(stocked, "SELECT ciphertext FROM recording ORDER BY id") == before
    assert restricted(stocked) == {}
    assert hear(stocked, approved(stocked)).recording == 1


def test_the_reason_for_lifting_it_is_kept_without_the_blanks_around_it(stocked: House) -> None:
    reference = in_effect(stocked)
    lift(stocked, reference, reason=f"  {ANOTHER_REASON}\n ")
    shown = show_request(stocked.practice, signed_in(stocked, "dora"), reference)
    assert shown.history[-1].reason == ANOTHER_REASON


@pytest.mark.parametrize("purpose", [*RIGHTS, Purpose.ERASURE])
@pytest.mark.parametrize("proof", ["identity", "authority"])
def test_no_right_is_carried_out_before_they_proved_who_they_are(
    stocked: House, purpose: Purpose, proof: str
) -> None:
    unproven = further_of(purpose, **{proof: "unknown"})
    reference = a_request(stocked, "mia", purpose=purpose, recordings=(1,), further=unproven)

    def carry_out() -> None:
        approve(stocked, reference, "dora", to="dora", recordings=(1,))
        if purpose is Purpose.ERASURE:
            erase(stocked, reference)

    with pytest.raises(Refused, match=f"proof of {proof} has not come"):
        carry_out()
    came = ClockEvent(event=ClockEventKind.ANSWERED, on=date(2024, 7, 9), awaited=Awaited(proof))
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, came)
    if purpose is not Purpose.ERASURE:
        carry_out()
        assert state_of(stocked, reference) == "in-effect"


def test_of_all_that_is_asked_for_none_need_be_named_but_of_a_part_each(stocked: House) -> None:
    reference = a_request(stocked, "mia", purpose=Purpose.RESTRICTION)
    with pytest.raises(Refused, match="is decided by itself") as refusal:
        approve(stocked, reference, "dora", recordings=(1,))
    assert refusal.value.clause is Law.RESTRICTION
    assert approve(stocked, reference, "dora").recordings == (1, 2)


# Attacks.


def a_leaf_of_one_s_own(
    house: House, reference: str, act: RequestAct, login: str = "sam", subject: Sequence[str] = ()
) -> None:
    """What somebody with a key and a program of their own writes of a request."""
    actor = signed_in(house, login)
    with writing(house.practice, actor.signer) as write:
        history = read_history(house.practice, write.connection, request_id(house, reference))
        log_request_event(write, actor, history, act, subject=subject)


def test_staff_who_close_it_with_a_program_of_their_own_lift_nothing(stocked: House) -> None:
    complaint, reference = approved(stocked), in_effect(stocked)
    a_leaf_of_one_s_own(stocked, reference, RequestAct.CLOSED)
    with pytest.raises(Tampered, match="by somebody who may not"):
        hear(stocked, complaint)
    assert verified(stocked).verdict is Verdict.TAMPERED


def test_a_state_that_was_changed_by_hand_lifts_nothing(stocked: House) -> None:
    complaint, reference = approved(stocked), in_effect(stocked)
    by_sql(stocked, "UPDATE request SET state = 'closed' WHERE number = 2")
    assert reference == "R-2"
    with pytest.raises(CallrecError):
        hear(stocked, complaint)
    assert verified(stocked).verdict is Verdict.TAMPERED


def test_who_hears_it_with_a_program_of_their_own_is_convicted(stocked: House) -> None:
    complaint = approved(stocked)
    (grant, _) = grants_of(stocked, complaint)
    in_effect(stocked)
    heard = ("ab" * 16, grant.uid)
    a_leaf_of_one_s_own(stocked, complaint, RequestAct.LISTENED, subject=heard)
    found = verified(stocked)
    assert found.verdict is Verdict.TAMPERED
    assert any("what is restricted was heard" in each.what for each in found.problems)


def test_what_was_restricted_after_it_was_opened_is_not_heard(stocked: House) -> None:
    complaint = approved(stocked)
    (grant, _) = grants_of(stocked, complaint)
    in_effect(stocked)
    with pytest.raises(Refused, match="recording 1 is restricted"):
        record_hearing(stocked.practice, signed_in(stocked, "sam"), grant, (), ("ear",))


def test_only_what_was_approved_takes_effect(stocked: House) -> None:
    reference = a_request(stocked, "mia", purpose=Purpose.RESTRICTION)
    approve(stocked, a_request(stocked), "max")
    with pytest.raises(Refused, match="cannot be put into effect"):
        a_leaf_of_one_s_own(stocked, reference, RequestAct.IN_EFFECT, "dora")


def test_who_may_read_it_is_shown_that_it_is_in_effect(stocked: House) -> None:
    reference = in_effect(stocked)
    shown = show_request(stocked.practice, logged_in(stocked, "max"), reference)
    assert (shown.state, shown.approvals[0].recordings) == ("in-effect", (1,))


def test_who_hears_a_recording_learns_of_the_notes_that_correct_it(stocked: House) -> None:
    complaint = approved(stocked)
    assert hear(stocked, complaint).corrected_by == ()
    notes = in_effect(stocked, Purpose.RECTIFICATION), in_effect(stocked, Purpose.RECTIFICATION)
    assert hear(stocked, complaint).corrected_by == notes
    assert hear(stocked, complaint, 2).corrected_by == ()


def test_anyone_who_looks_at_the_recording_learns_that_it_is_restricted_and_corrected(
    stocked: House,
) -> None:
    before = show_recording(stocked.practice, logged_in(stocked, "max"), 1)
    assert (before.restricted_by, before.corrected_by) == (None, ())
    notes = in_effect(stocked, Purpose.RECTIFICATION), in_effect(stocked, Purpose.RECTIFICATION)
    by = in_effect(stocked)
    shown = show_recording(stocked.practice, logged_in(stocked, "max"), 1)
    assert (shown.restricted_by, shown.corrected_by) == (by, notes)
