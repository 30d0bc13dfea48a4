"""What a request's clock counts by, on a real vault."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

import pytest

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import find_request
from callrec.errors import Failed, Refused, Tampered
from callrec.office.inbox import InboxAction, read_inbox
from callrec.office.status import read_status
from callrec.people.powers import disable_person
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind, Deadline, Urgency
from callrec.policy.particulars import UNKNOWN
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.registers.verify import Verdict
from callrec.release.listen import Player
from callrec.requests.amend import attach_recordings, detach_recordings
from callrec.requests.ask import create_request
from callrec.requests.clock import read_deadline, read_deadlines
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.due import read_due
from callrec.requests.event import (
    close_request,
    date_request,
    record_third_party_check,
    withdraw_request,
)
from callrec.requests.history import read_history
from callrec.requests.lapse import expire_lapsed
from callrec.requests.show import show_request
from house.calls import a_call, take_in
from house.commands import type_in
from house.holds import contradictions, verified
from house.listening import hear
from house.packages import release
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    further_of,
    last_leaf,
    logged_in,
    opened,
    pass_days,
    refused,
    rows,
    said,
    signed_in,
    state_of,
    third_parties_checked,
)

WHY = "The calls of eleven months have to be heard one by one"

ASKED = ClockEvent(event=ClockEventKind.ASKED, on=date(2026, 11, 23), awaited=Awaited.CLARIFICATION)

ANSWERED = ClockEvent(
    event=ClockEventKind.ANSWERED, on=date(2026, 11, 24), awaited=Awaited.CLARIFICATION
)

PROVEN = ClockEvent(event=ClockEventKind.ANSWERED, on=date(2026, 11, 24), awaited=Awaited.IDENTITY)

EXTENDED = ClockEvent(event=ClockEventKind.EXTENDED, on=date(2026, 11, 24))


def access(house: House, received: str = "2026-11-20", login: str = "sam", **changed: str) -> str:
    """A subject access request's reference."""
    further = further_of(Purpose.SUBJECT_ACCESS, received=received, **changed)
    made = create_request(
        house.practice,
        logged_in(house, login),
        purpose=Purpose.SUBJECT_ACCESS,
        answers=said(day=date(2024, 7, 4), further=further),
        recordings=[1],
    )
    return made.reference


def deadline(house: House, reference: str) -> Deadline:
    with reading(house.practice.engine) as connection:
        row = find_request(connection, reference)
        history = read_history(house.practice, connection, row.id)
        found = read_deadline(house.practice, connection, history)
    assert found is not None
    return found


def test_a_request_is_due_a_month_after_it_came(stocked: House) -> None:
    reference = access(stocked)
    found = deadline(stocked, reference)
    assert (found.due_on, found.target_on) == (date(2026, 12, 21), date(2026, 12, 18))


def test_a_request_without_a_clock_has_no_day(stocked: House) -> None:
    reference = a_request(stocked)
    with reading(stocked.practice.engine) as connection:
        row = find_request(connection, reference)
        history = read_history(stocked.practice, connection, row.id)
        assert read_deadline(stocked.practice, connection, history) is None
    assert show_request(stocked.practice, signed_in(stocked, "max"), reference).deadline is None


def test_a_question_stops_the_clock_and_its_answer_lets_it_go_on(stocked: House) -> None:
    reference = access(stocked)
    dora = signed_in(stocked, "dora")
    date_request(stocked.practice, dora, reference, ASKED, reason=WHY)
    assert (state_of(stocked, reference), deadline(stocked, reference).waiting_for) == (
        "waiting",
        Awaited.CLARIFICATION,
    )
    done = date_request(stocked.practice, dora, reference, ANSWERED)
    assert (done.state, done.deadline) == ("submitted", deadline(stocked, reference))
    assert deadline(stocked, reference).due_on == date(2026, 12, 21)  # a Sunday and a day waited


def test_what_waits_for_an_answer_is_in_the_inbox_of_whoever_asked_for_it(stocked: House) -> None:
    reference = access(stocked)
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, ASKED, reason=WHY)
    (item,) = read_inbox(stocked.practice, logged_in(stocked, "sam"))
    assert (item.reference, item.waits_to) == (reference, InboxAction.ANSWER)
    assert read_inbox(stocked.practice, logged_in(stocked, "dora")) == ()


def test_it_is_with_whoever_decides_once_nobody_is_there_who_made_it(stocked: House) -> None:
    reference = access(stocked)
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, ASKED, reason=WHY)
    disable_person(stocked.practice, signed_in(stocked, "dora"), login="sam")
    stocked.open()
    (item,) = read_inbox(stocked.practice, logged_in(stocked, "dora"))
    assert (item.reference, item.waits_to) == (reference, InboxAction.ANSWER)
    assert read_inbox(stocked.practice, logged_in(stocked, "max")) == ()


def test_what_has_waited_for_four_weeks_is_told(stocked: House) -> None:
    """Its day moves on with today, so that it is never due."""
    reference = access(stocked)
    dora = signed_in(stocked, "dora")
    date_request(stocked.practice, dora, reference, ASKED, reason=WHY)
    pass_days(stocked, 27)
    assert not waiting(stocked)
    pass_days(stocked, 1)
    (told,) = waiting(stocked)
    assert told.startswith(f"{reference} waits for an answer since Tue 24 Nov 2026: ask again")
    date_request(stocked.practice, dora, reference, ANSWERED)
    assert not waiting(stocked)


@pytest.mark.parametrize(
    ("awaited", "came"),
    {each: "answer" if each is Awaited.CLARIFICATION else str(each) for each in Awaited}.items(),
    ids=str,
)
def test_whatever_is_awaited_the_event_that_it_came_is_named(
    stocked: House, awaited: Awaited, came: str
) -> None:
    reference, dora = access(stocked), signed_in(stocked, "dora")
    date_request(stocked.practice, dora, reference, replace(ASKED, awaited=awaited), reason=WHY)
    with pytest.raises(Refused, match="was asked for and has not come") as refusal:
        approve(stocked, reference, "dora")
    command = f"callrec request event {reference} {came} --on DATE"
    assert refusal.value.hint == f"say when it came: {command}"
    (item,) = read_inbox(stocked.practice, logged_in(stocked, "sam"))
    assert item.awaited is awaited
    pass_days(stocked, 29)
    (warning,) = waiting(stocked)
    assert warning.endswith(command)


def waiting(house: House) -> list[str]:
    return [
        each for each in read_status(house.practice, None).warnings if "waits for an answer" in each
    ]


def test_what_was_asked_for_is_awaited_though_something_else_came(stocked: House) -> None:
    reference = access(stocked, identity="unknown")
    proof = ClockEvent(
        event=ClockEventKind.ANSWERED, on=date(2026, 11, 24), awaited=Awaited.IDENTITY
    )
    dora = signed_in(stocked, "dora")
    date_request(stocked.practice, dora, reference, ASKED, reason=WHY)
    date_request(stocked.practice, dora, reference, proof, reason="")
    assert state_of(stocked, reference) == "submitted"
    with pytest.raises(Refused, match=r"clarification was asked for .* \[policy 4\(e\)\]"):
        approve(stocked, reference, "dora")
    with pytest.raises(Refused, match="clarification was asked for and has not come"):
        deny_request(stocked.practice, dora, reference, reason=WHY, ground=Ground.THIRD_PARTY)
    date_request(stocked.practice, dora, reference, ANSWERED, reason="")
    approve(stocked, reference, "dora")


def test_a_day_that_was_mistyped_is_put_right_and_both_stay_on_record(stocked: House) -> None:
    reference, dora = access(stocked), signed_in(stocked, "dora")
    asked = replace(ASKED, on=date(2026, 11, 21))
    date_request(stocked.practice, dora, reference, ASKED, reason=WHY)
    again = date_request(stocked.practice, dora, reference, asked, reason=WHY)
    assert (again.state, again.instead_of) == ("waiting", ASKED.on)
    date_request(stocked.practice, dora, reference, ANSWERED)
    assert deadline(stocked, reference).due_on == date(2026, 12, 23)  # three days waited
    came = replace(ANSWERED, on=date(2026, 11, 22))
    again = date_request(stocked.practice, dora, reference, came)
    assert (again.state, again.instead_of) == ("submitted", ANSWERED.on)
    assert deadline(stocked, reference).due_on == date(2026, 12, 21)
    events = show_request(stocked.practice, dora, reference).history[-4:]
    assert [event.on for event in events] == [ASKED.on, asked.on, ANSWERED.on, came.on]
    assert verified(stocked).problems == ()


def test_who_dates_when_the_time_was_over_is_told_that_it_shows(stocked: House) -> None:
    reference = access(stocked, received="2026-10-01")
    words = "request", "event", reference, "extend", "--on", "2026-10-20", "--reason", WHY
    told = type_in(stocked, "dora", *words)
    assert "it was due on Mon 2 Nov 2026, and that was over when this was said" in told.err
    assert f"{reference} is submitted." in told.out


@pytest.mark.parametrize("again", [ASKED, EXTENDED], ids=["asked", "extended"])
def test_a_question_or_an_extension_is_put_right_for_a_reason(
    stocked: House, again: ClockEvent
) -> None:
    reference, dora = access(stocked), signed_in(stocked, "dora")
    date_request(stocked.practice, dora, reference, again, reason=WHY)
    with pytest.raises(Refused, match="no reason"):
        date_request(stocked.practice, dora, reference, replace(again, on=date(2026, 11, 21)))


def test_what_was_decided_is_dated_by_nobody_any_more(stocked: House) -> None:
    """Or a day could be put right after an answer that was late."""
    reference, dora = access(stocked), signed_in(stocked, "dora")
    date_request(stocked.practice, dora, reference, ASKED, reason=WHY)
    date_request(stocked.practice, dora, reference, ANSWERED)
    approve(stocked, reference, "dora")
    with pytest.raises(Refused, match="cannot be answered"):
        date_request(stocked.practice, dora, reference, replace(ANSWERED, on=ASKED.on))


def test_proof_that_comes_after_the_approval_is_written_down_once(stocked: House) -> None:
    reference, sam = access(stocked, identity="unknown"), signed_in(stocked, "sam")
    approve(stocked, reference, "dora")
    third_parties_checked(stocked, "sam", reference)
    with pytest.raises(Refused, match="proof of identity has not come") as awaited:
        release(stocked, reference)
    assert f"callrec request event {reference} identity --on DATE" in awaited.value.hint
    date_request(stocked.practice, sam, reference, PROVEN)
    with pytest.raises(Refused, match="approved and cannot be answered"):
        date_request(stocked.practice, sam, reference, replace(PROVEN, on=date(2026, 11, 23)))
    release(stocked, reference)
    assert verified(stocked).verdict is Verdict.INTACT


def heard_by_the_staff(house: House, **changed: str) -> str:
    """A subject access that nobody from outside has heard."""
    reference = access(house, **changed)
    approve(house, reference, "dora")
    hear(house, reference)
    return reference


def test_proof_that_comes_after_the_staff_heard_it_is_written_down(stocked: House) -> None:
    reference = heard_by_the_staff(stocked, identity="unknown")
    third_parties_checked(stocked, "sam", reference)
    date_request(stocked.practice, signed_in(stocked, "sam"), reference, PROVEN)
    release(stocked, reference)
    assert verified(stocked).verdict is Verdict.INTACT


def test_what_the_staff_heard_is_given_more_time_until_it_has_gone_out(stocked: House) -> None:
    reference, dora = heard_by_the_staff(stocked), signed_in(stocked, "dora")
    date_request(stocked.practice, dora, reference, EXTENDED, reason=WHY)
    assert deadline(stocked, reference).due_on == date(2027, 2, 22)
    third_parties_checked(stocked, "sam", reference)
    release(stocked, reference)
    earlier = replace(EXTENDED, on=date(2026, 11, 23))
    with pytest.raises(Refused, match="released and cannot be given more time"):
        date_request(stocked.practice, dora, reference, earlier, reason=WHY)
    assert verified(stocked).verdict is Verdict.INTACT


def test_what_the_staff_heard_is_asked_about_once_it_was_taken_back(stocked: House) -> None:
    reference, dora = heard_by_the_staff(stocked), signed_in(stocked, "dora")
    with pytest.raises(Refused, match="cannot be asked about") as refusal:
        date_request(stocked.practice, dora, reference, ASKED, reason=WHY)
    assert refusal.value.hint.endswith(f"callrec revoke {reference}")
    revoke_grants(stocked.practice, dora, reference, reason=WHY)
    date_request(stocked.practice, dora, reference, ASKED, reason=WHY)
    with pytest.raises(Refused, match="was asked for and has not come"):
        approve(stocked, reference, "dora")
    (item,) = read_inbox(stocked.practice, logged_in(stocked, "sam"))
    assert (item.reference, item.waits_to) == (reference, InboxAction.ANSWER)
    pass_days(stocked, 29)
    assert waiting(stocked)
    date_request(stocked.practice, signed_in(stocked, "sam"), reference, ANSWERED)
    approve(stocked, reference, "dora")
    assert verified(stocked).verdict is Verdict.INTACT


def test_an_extension_gives_three_months_from_the_start(stocked: House) -> None:
    reference = access(stocked)
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, EXTENDED, reason=WHY)
    assert deadline(stocked, reference).due_on == date(2027, 2, 22)


def test_an_extension_is_the_deciders_to_take(stocked: House) -> None:
    reference = access(stocked)
    with pytest.raises(Refused, match="may not decide"):
        date_request(stocked.practice, signed_in(stocked, "sam"), reference, EXTENDED, reason=WHY)
    assert refused(stocked)
    assert last_leaf(stocked).act == "request.extended"


@pytest.mark.parametrize("event", [ASKED, EXTENDED], ids=["asked", "extended"])
def test_a_question_and_an_extension_have_a_reason(stocked: House, event: ClockEvent) -> None:
    reference = access(stocked)
    with pytest.raises(Refused, match="no reason"):
        date_request(stocked.practice, signed_in(stocked, "dora"), reference, event)
    assert deadline(stocked, reference).due_on == date(2026, 12, 21)


def test_what_has_no_clock_cannot_be_dated(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Refused, match="nothing sets a day"):
        date_request(stocked.practice, signed_in(stocked, "max"), reference, EXTENDED, reason=WHY)


def test_whoever_may_read_the_request_sees_why(stocked: House) -> None:
    reference = access(stocked)
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, EXTENDED, reason=WHY)
    shown = show_request(stocked.practice, signed_in(stocked, "sam"), reference)
    event = shown.history[-1]
    assert (event.on, event.reason) == (EXTENDED.on, WHY)


def test_whoever_is_not_concerned_sees_that_and_not_why(stocked: House) -> None:
    reference = access(stocked)
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, EXTENDED, reason=WHY)
    shown = show_request(stocked.practice, signed_in(stocked, "max"), reference)
    assert (shown.history[-1].on, shown.history[-1].reason) == (EXTENDED.on, None)


def test_the_log_keeps_the_reason_out_of_the_clear(stocked: House) -> None:
    reference = access(stocked)
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, EXTENDED, reason=WHY)
    catalogue = (stocked.folder / "vault" / "catalogue.sqlite").read_bytes()
    assert WHY.encode() not in catalogue


def test_a_request_that_came_too_long_ago_is_taken_and_is_overdue(stocked: House) -> None:
    reference = access(stocked, received="2026-10-01", login="sam")
    (due,) = read_due(stocked.practice)
    assert (due.reference, due.urgency, due.deadline.due_on) == (
        reference,
        Urgency.OVERDUE,
        date(2026, 11, 2),
    )
    found = read_status(stocked.practice, logged_in(stocked, "dora"))
    assert [each.reference for each in found.overdue] == [reference]
    assert found.due_soon == ()


def test_the_soonest_due_comes_first(stocked: House) -> None:
    later, sooner = access(stocked), access(stocked, received="2026-11-02")
    a_request(stocked, purpose=Purpose.OUTSIDE_BODY)
    waiting = read_inbox(stocked.practice, logged_in(stocked, "dora"))
    days = [item.soonest for item in waiting]
    assert days == sorted(days)
    assert [item.reference for item in waiting].index(sooner) < [
        item.reference for item in waiting
    ].index(later)


def test_a_clock_that_ran_out_of_known_years_takes_no_list_from_anybody(stocked: House) -> None:
    pass_days(stocked, 757)  # to 20 December 2028; the holidays of 2029 are not published
    other = access(stocked, received="2028-11-17")
    reference = access(stocked, received="2028-12-15")
    assert deadline(stocked, reference).due_on is None
    waiting = read_inbox(stocked.practice, logged_in(stocked, "dora"))
    assert [(item.reference, item.due_on) for item in waiting][-1] == (reference, None)
    assert [each.reference for each in read_due(stocked.practice)] == [other, reference]
    (warning,) = (w for w in read_status(stocked.practice, None).warnings if reference in w)
    assert "the bank holidays of 2029 are not known" in warning


def test_the_day_of_a_court_s_order_is_known_in_any_year(stocked: House) -> None:
    pass_days(stocked, 766)  # to 29 December 2028
    changed = {"legal_basis": "court-order", "received": "2028-12-29", "answer_by": "2029-01-31"}
    further = further_of(Purpose.OUTSIDE_BODY, **changed)
    asks, sam = said(Purpose.OUTSIDE_BODY, further=further), logged_in(stocked, "sam")
    made = create_request(stocked.practice, sam, purpose=Purpose.OUTSIDE_BODY, answers=asks)
    assert deadline(stocked, made.reference).due_on == date(2029, 1, 31)


def test_the_clock_of_a_request_that_has_ended_is_not_followed(stocked: House) -> None:
    reference = access(stocked)
    date_request(stocked.practice, logged_in(stocked, "dora"), reference, ASKED, reason=WHY)
    withdraw_request(stocked.practice, logged_in(stocked, "sam"), reference)
    with reading(stocked.practice.engine) as connection:
        assert read_deadlines(stocked.practice, connection) == {}


def test_what_the_staff_heard_is_due_until_it_is_released(stocked: House) -> None:
    reference = access(stocked)
    approve(stocked, reference, "dora")
    hear(stocked, reference)
    assert [each.reference for each in read_due(stocked.practice)] == [reference]
    third_parties_checked(stocked, "sam", reference)
    release(stocked, reference)
    assert read_due(stocked.practice) == ()


def of_two(house: House) -> str:
    """A subject access of recordings 1 and 2."""
    reference = access(house)
    attach_recordings(house.practice, signed_in(house, "sam"), reference, [2])
    third_parties_checked(house, "sam", reference)
    return reference


def test_what_nobody_decided_of_it_presses_after_a_part_went_out(stocked: House) -> None:
    reference = of_two(stocked)
    approve(stocked, reference, "dora", recordings=(1,))
    release(stocked, reference)
    pass_days(stocked, 60)
    assert [each.reference for each in read_due(stocked.practice)] == [reference]
    waiting = read_inbox(stocked.practice, logged_in(stocked, "dora"))
    assert (reference, InboxAction.DECIDE) in {(each.reference, each.waits_to) for each in waiting}
    assert not show_request(stocked.practice, signed_in(stocked, "dora"), reference).is_answered
    approve(stocked, reference, "dora", recordings=(2,))
    release(stocked, reference)
    assert read_due(stocked.practice) == ()
    assert show_request(stocked.practice, signed_in(stocked, "dora"), reference).is_answered


def test_what_is_withheld_on_a_ground_presses_no_more_once_the_rest_went_out(
    stocked: House,
) -> None:
    reference = of_two(stocked)
    approve(stocked, reference, "dora", withheld={2: Ground.THIRD_PARTY})
    release(stocked, reference)
    assert read_due(stocked.practice) == ()
    assert read_inbox(stocked.practice, logged_in(stocked, "dora")) == ()


def test_what_was_withheld_presses_again_once_that_is_taken_back(stocked: House) -> None:
    reference = of_two(stocked)
    approve(stocked, reference, "dora", withheld={2: Ground.THIRD_PARTY})
    release(stocked, reference)
    revoke_grants(stocked.practice, logged_in(stocked, "dora"), reference, reason=WHY)
    assert [each.reference for each in read_due(stocked.practice)] == [reference]
    assert not show_request(stocked.practice, signed_in(stocked, "dora"), reference).is_answered
    waiting = read_inbox(stocked.practice, logged_in(stocked, "dora"))
    assert (reference, InboxAction.DECIDE) in {(each.reference, each.waits_to) for each in waiting}


def test_what_was_heard_by_who_asked_is_due_until_it_is_closed(stocked: House) -> None:
    reference = access(stocked, hear_or_copy="hear")
    approve(stocked, reference, "dora")
    third_parties_checked(stocked, "sam", reference)
    hear(stocked, reference, attended=("the patient",))
    assert [each.reference for each in read_due(stocked.practice)] == [reference]
    sam, why = signed_in(stocked, "sam"), "She has heard it with us, and wants no copy"
    with pytest.raises(
        Refused, match="nothing says how the person who asked was answered"
    ) as refusal:
        close_request(stocked.practice, sam, reference)
    assert f"callrec request close {reference} --reason TEXT" in refusal.value.hint
    close_request(stocked.practice, sam, reference, reason=why)
    assert read_due(stocked.practice) == ()
    assert show_request(stocked.practice, sam, reference).history[-1].reason == why
    assert verified(stocked).verdict is Verdict.INTACT


NEW, OLD = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 5, 4, 9, tzinfo=UTC)

SHORT, LONG = date(2026, 12, 10), date(2026, 12, 29)
"""The 21st day and the 40th of an application of 20 November."""


def of_the_dead(house: House, *recordings: int) -> str:
    """An application of 20 November for the record of somebody who died."""
    further = further_of(Purpose.DECEASED, received="2026-11-20")
    asks = said(Purpose.DECEASED, day=UNKNOWN, times=UNKNOWN, further=further)
    sam = logged_in(house, "sam")
    made = create_request(
        house.practice, sam, purpose=Purpose.DECEASED, answers=asks, recordings=recordings
    )
    return made.reference


def test_what_is_attached_or_detached_after_the_21st_day_moves_no_deadline(stocked: House) -> None:
    """Or a deadline of the deceased that was missed would be none, and a late one missed."""
    new, old = take_in(stocked, [a_call(started_at=NEW), a_call(started_at=OLD)])
    short, long = of_the_dead(stocked, new), of_the_dead(stocked, new, old)
    assert (deadline(stocked, short).due_on, deadline(stocked, long).due_on) == (SHORT, LONG)
    pass_days(stocked, 17)
    attach_recordings(stocked.practice, signed_in(stocked, "sam"), short, [old])
    detach_recordings(stocked.practice, signed_in(stocked, "sam"), long, [old])
    assert (deadline(stocked, short).due_on, deadline(stocked, long).due_on) == (SHORT, LONG)
    assert read_due(stocked.practice)[0].urgency is Urgency.OVERDUE


def test_until_then_what_is_asked_for_decides_and_afterwards_what_was_first(stocked: House) -> None:
    new, old = take_in(stocked, [a_call(started_at=NEW), a_call(started_at=OLD)])
    changed, unknown = of_the_dead(stocked, new), of_the_dead(stocked)
    pass_days(stocked, 16)  # to the 21st day
    sam = signed_in(stocked, "sam")
    attach_recordings(stocked.practice, sam, changed, [old])
    assert (deadline(stocked, changed).due_on, deadline(stocked, unknown).due_on) == (LONG, LONG)
    pass_days(stocked, 1)
    sam = signed_in(stocked, "sam")
    for recording in (new, old):
        attach_recordings(stocked.practice, sam, unknown, [recording])
        assert deadline(stocked, unknown).due_on == SHORT


def test_a_check_for_third_parties_is_said_in_a_sentence_of_a_day_since_it_came(
    stocked: House,
) -> None:
    reference, dora = access(stocked), signed_in(stocked, "dora")
    check = partial(record_third_party_check, stocked.practice, dora, reference, not_heard={})
    with pytest.raises(Refused, match="not a sentence"):
        check(on=date(2026, 11, 24), assessment="-")
    with pytest.raises(Refused, match="not done yet"):
        check(on=date(2026, 11, 25), assessment=WHY)
    with pytest.raises(Refused, match="was received later, on Friday 20 November 2026"):
        check(on=date(2026, 11, 19), assessment=WHY)
    third_parties_checked(stocked, "dora", reference)
    shown = show_request(stocked.practice, signed_in(stocked, "dora"), reference)
    assert shown.history[-1].what == "request.third-parties"
    assert str(shown.history[-1].reason).startswith(ANOTHER_REASON)


def checks(house: House, reference: str, **not_heard: str) -> None:
    """Dora says what the recordings tell of others; ``_1`` is why recording 1 was not heard."""
    record_third_party_check(
        house.practice,
        signed_in(house, "dora"),
        reference,
        on=house.at.date(),
        assessment=WHY,
        not_heard={int(number.strip("_")): why for number, why in not_heard.items()},
    )


@pytest.mark.parametrize("purpose", [Purpose.SUBJECT_ACCESS, Purpose.PORTABILITY, Purpose.DECEASED])
def test_each_recording_was_heard_or_it_is_said_why_not(stocked: House, purpose: Purpose) -> None:
    reference = a_request(stocked, purpose=purpose)
    approve(stocked, reference, "dora", to="max")
    with pytest.raises(Refused, match="nobody has checked these recordings for third parties"):
        release(stocked, reference, "max")
    with pytest.raises(Refused, match=f"listened under {reference} to 1, 2") as refusal:
        checks(stocked, reference)
    assert f"callrec listen {reference} 1" in refusal.value.hint
    hear(stocked, reference, 1, login="max", attended=("nobody",))
    with pytest.raises(Refused, match=f"listened under {reference} to 2"):
        checks(stocked, reference)
    with pytest.raises(Refused, match="not a sentence"):
        checks(stocked, reference, _2="silent")
    checks(stocked, reference, _2="There is nothing but music in it")
    shown = show_request(stocked.practice, signed_in(stocked, "dora"), reference)
    said = f"{WHY}; not heard: 2: There is nothing but music in it"
    assert shown.history[-1].reason == said
    assert release(stocked, reference, "max").path.exists()
    assert verified(stocked).problems == ()


def test_what_is_granted_after_the_check_is_checked_too(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.PORTABILITY)
    approve(stocked, reference, "dora", to="max", withheld={2: Ground.THIRD_PARTY})
    hear(stocked, reference, 1, login="max")
    checks(stocked, reference)
    approve(stocked, reference, "dora", to="max", recordings=(1, 2))
    with pytest.raises(Refused, match="nobody has checked these recordings"):
        release(stocked, reference, "max")
    checks(stocked, reference, _2="The patient has heard it at the practice")
    assert release(stocked, reference, "max").path.exists()


def test_a_hearing_that_failed_is_none(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.PORTABILITY, recordings=(1,))
    approve(stocked, reference, "dora", to="max")
    with pytest.raises(Failed):
        hear(stocked, reference, 1, login="max", player=lambda _: Player(("x",), lambda _: False))
    with pytest.raises(Refused, match="nobody has listened"):
        checks(stocked, reference)


MOVED = {
    "another day": "UPDATE clock_event SET body ="
    " CAST(replace(CAST(body AS TEXT), '11-20', '11-23') AS BLOB)",
    "another request": "UPDATE clock_event SET request = (SELECT id FROM request WHERE number = 2)",
    "another nonce": "UPDATE clock_event SET nonce = zeroblob(32)",
    "taken out": "DELETE FROM clock_event",
}

PUT_IN = (
    "INSERT INTO clock_event SELECT (SELECT max(seq) FROM leaf), request, nonce, body"
    " FROM clock_event"
)


@pytest.mark.parametrize("edit", MOVED.values(), ids=MOVED)
def test_who_writes_the_database_moves_no_date_unseen(stocked: House, edit: str) -> None:
    reference = access(stocked)
    a_request(stocked)
    by_sql(stocked, edit)
    with reading(stocked.practice.engine) as connection:
        row = find_request(connection, reference)
        history = read_history(stocked.practice, connection, row.id)
        with pytest.raises(Tampered):
            read_deadline(stocked.practice, connection, history)
        told = read_deadlines(stocked.practice, connection)[row.id]
        assert (told.is_unknown, told.due_on) == (True, None)
    assert "date" in str(verified(stocked).problems)


def test_nor_does_he_put_a_date_in(stocked: House) -> None:
    access(stocked)
    a_request(stocked)
    by_sql(stocked, PUT_IN)
    with reading(stocked.practice.engine) as connection, pytest.raises(Tampered):
        read_deadlines(stocked.practice, connection)
    assert "date" in str(verified(stocked).problems)


def test_a_question_that_was_taken_out_is_told_by_the_audit(stocked: House) -> None:
    reference = access(stocked)
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, ASKED, reason=WHY)
    asked = last_leaf(stocked)
    by_sql(stocked, "DELETE FROM clock_event WHERE seq = (SELECT max(seq) FROM clock_event)")
    assert contradictions(stocked) == [f"the date that leaf {asked.seq} commits to is missing"]


def ordered(house: House) -> str:
    """A request of an outside body by a court's order, which names the day of the answer."""
    told = {"legal_basis": "court-order", "answer_by": "2027-03-01"}
    asks = said(Purpose.OUTSIDE_BODY, further=further_of(Purpose.OUTSIDE_BODY, **told))
    sam = logged_in(house, "sam")
    made = create_request(house.practice, sam, purpose=Purpose.OUTSIDE_BODY, answers=asks)
    return made.reference


def never_lapses(house: House, reference: str) -> None:
    """Much later the next command lets it lapse no more than the log does."""
    house.practice.engine.dispose()
    pass_days(house, 60)
    with pytest.raises(Tampered):
        expire_lapsed(house.open(), house.actor("max"))
    assert state_of(house, reference) == "submitted"
    assert rows(house, "SELECT state FROM hold WHERE state = 'lifted'") == []
    assert verified(house).verdict is Verdict.TAMPERED


@pytest.mark.parametrize("purpose", ["outside-body", "complaint"])
def test_a_subject_access_does_not_lapse_on_the_word_of_a_column(
    stocked: House, purpose: str
) -> None:
    reference = access(stocked)
    by_sql(stocked, "UPDATE request SET purpose = :purpose", purpose=purpose)
    never_lapses(stocked, reference)


ORDERS = {
    "the day taken out": "UPDATE clock_event SET body ="
    " CAST(replace(CAST(body AS TEXT), '2027-03-01', '') AS BLOB)",
    "the row taken out": "DELETE FROM clock_event",
    "one put after it": "INSERT INTO clock_event SELECT (SELECT max(seq) FROM leaf), request,"
    " nonce, CAST(replace(CAST(body AS TEXT), '2027-03-01', '') AS BLOB) FROM clock_event",
}


@pytest.mark.parametrize("edit", ORDERS.values(), ids=ORDERS)
def test_what_a_court_ordered_does_not_lapse_on_the_word_of_a_row(
    stocked: House, edit: str
) -> None:
    reference = ordered(stocked)
    by_sql(stocked, edit)
    never_lapses(stocked, reference)


def test_what_no_court_ordered_lapses_and_is_found_in_order(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.OUTSIDE_BODY)
    pass_days(stocked, 16)
    expire_lapsed(stocked.practice, signed_in(stocked, "max"))
    assert state_of(stocked, reference) == "lapsed"
    assert verified(stocked).problems == ()


def test_a_reason_put_in_the_place_of_another_is_seen(stocked: House) -> None:
    first, second = access(stocked), access(stocked)
    for reference in (first, second):
        date_request(stocked.practice, signed_in(stocked, "dora"), reference, EXTENDED, reason=WHY)
    by_sql(
        stocked,
        "UPDATE request_words SET sealed = (SELECT sealed FROM request_words"
        " ORDER BY seq DESC LIMIT 1)",
    )
    with pytest.raises(Tampered):
        show_request(stocked.practice, signed_in(stocked, "dora"), first)


def test_days_are_the_practices_own(stocked: House) -> None:
    stocked.at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    reference = access(stocked, received="2026-11-24")
    assert deadline(stocked, reference).due_on == date(2026, 12, 24)


def test_what_was_missing_is_unproven_until_it_comes(stocked: House) -> None:
    reference = access(stocked, identity="unknown", authority="unknown")
    came = ClockEvent(
        event=ClockEventKind.ANSWERED, on=date(2026, 11, 24), awaited=Awaited.IDENTITY
    )
    assert opened(stocked, reference, "dora").facts.unproven == {
        Awaited.IDENTITY,
        Awaited.AUTHORITY,
    }
    date_request(stocked.practice, signed_in(stocked, "dora"), reference, came)
    assert opened(stocked, reference, "dora").facts.unproven == {Awaited.AUTHORITY}


def test_an_executor_without_evidence_has_his_authority_to_prove(stocked: House) -> None:
    further = further_of(Purpose.DECEASED, evidence="unknown")
    made = create_request(
        stocked.practice,
        logged_in(stocked, "sam"),
        purpose=Purpose.DECEASED,
        answers=said(Purpose.DECEASED, further=further),
        recordings=[1],
    )
    assert opened(stocked, made.reference, "dora").facts.unproven == {Awaited.AUTHORITY}
