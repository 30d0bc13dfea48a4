"""Who is told by mail of what happens to a request, and what a message says."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from callrec.catalogue.engine import reading
from callrec.config import Mail
from callrec.errors import Failed, NotFound, Refused
from callrec.login.people import find_person
from callrec.mail.outbox import list_messages, queue_mail, read_messages
from callrec.people.powers import disable_person
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.purpose import Purpose
from callrec.practice import writing
from callrec.requests.amend import attach_recordings
from callrec.requests.ask import create_request
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.event import date_request
from house.mailbox import use_mail
from house.packages import release
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    approved,
    further_of,
    logged_in,
    pass_days,
    rows,
    said,
    signed_in,
)

EVERYBODY = ("dora", "pat", "max", "mia", "sam", "ava")

MAIL = Mail.model_validate(
    {
        "host": "mail.practice.test",
        "sender": "callrec@practice.test",
        "people": {login: f"{login}@practice.test" for login in EVERYBODY},
    }
)


@pytest.fixture
def told(stocked: House) -> House:
    """A practice with recordings where everybody has an address."""
    use_mail(stocked, MAIL)
    return stocked


def lines(house: House, *, after: int = 0) -> list[tuple[str, str]]:
    """To whom, and what, from the ``after``-th message on."""
    return [(each.login, each.message.line) for each in list_messages(house.practice)][after:]


def test_who_may_decide_is_told_of_a_new_request_and_when_it_lapses(told: House) -> None:
    a_request(told)
    line = "R-1 awaits your decision; it lapses after 8 December 2026"
    assert sorted(lines(told)) == [(login, line) for login in ("dora", "max", "mia", "pat")]


def test_who_made_a_request_is_not_told_to_decide_it(told: House) -> None:
    a_request(told, "max")
    assert {login for login, _ in lines(told)} == {"dora", "mia", "pat"}


def test_what_is_kept_for_the_data_controller_is_told_to_nobody_else(told: House) -> None:
    a_request(told, purpose=Purpose.DISCIPLINARY)
    assert {login for login, _ in lines(told)} == {"dora"}


def test_a_request_with_a_clock_says_by_when_it_is_due(told: House) -> None:
    a_request(told, purpose=Purpose.SUBJECT_ACCESS)
    assert lines(told) == [("dora", "R-1 awaits your decision, overdue since 5 August 2024")]


def test_whom_a_request_is_about_is_not_told_to_decide_it(told: House) -> None:
    a_request(told, purpose=Purpose.ABUSIVE_CALL)  # mia is affected
    assert {login for login, _ in lines(told)} == {"dora", "max", "pat"}


def test_who_was_granted_something_is_told_until_when(told: House) -> None:
    reference = a_request(told)
    approve(told, reference, until=date(2026, 11, 30))
    assert lines(told, after=4) == [
        ("sam", "R-1 was approved for you; it lapses after 30 November 2026")
    ]


def test_a_requester_is_told_that_it_was_approved_for_somebody_else(told: House) -> None:
    reference = a_request(told)
    approve(told, reference, to="mia")
    assert lines(told, after=4) == [
        ("mia", "R-1 was approved for you; it lapses after 8 December 2026"),
        ("sam", "R-1 was approved"),
    ]


def test_who_approves_for_himself_is_not_told_of_it(told: House) -> None:
    reference = a_request(told)
    approve(told, reference, to="max")
    assert lines(told, after=4) == [("sam", "R-1 was approved")]


def test_a_requester_is_told_of_a_denial(told: House) -> None:
    reference = a_request(told)
    deny_request(told.practice, logged_in(told, "max"), reference, reason=ANOTHER_REASON)
    assert lines(told, after=4) == [("sam", "R-1 was denied")]


def test_a_requester_is_told_of_a_revocation(told: House) -> None:
    reference = approved(told)
    revoke_grants(told.practice, logged_in(told, "mia"), reference, reason=ANOTHER_REASON)
    assert lines(told, after=5) == [("sam", "R-1 was revoked")]


def test_who_revokes_his_own_is_not_told_of_it(told: House) -> None:
    reference = a_request(told, "mia")
    approve(told, reference)
    revoke_grants(told.practice, logged_in(told, "mia"), reference, reason=ANOTHER_REASON)
    assert lines(told, after=3) == [
        ("mia", "R-1 was approved for you; it lapses after 8 December 2026")
    ]


def test_a_requester_is_told_that_somebody_else_released_it(told: House) -> None:
    approve(told, a_request(told), to="mia")
    release(told, login="mia")
    assert lines(told, after=6) == [("sam", "R-1 was released")]


def test_who_releases_his_own_is_not_told_of_it(told: House) -> None:
    approved(told)
    release(told)
    assert len(lines(told)) == 5


def test_who_may_decide_is_told_when_an_approved_request_is_changed(told: House) -> None:
    reference = approved(told)
    attach_recordings(told.practice, logged_in(told, "mia"), reference, [3])
    assert {login for login, _ in lines(told, after=5)} == {"dora", "max", "pat"}


def test_nobody_is_told_when_an_undecided_request_is_changed(told: House) -> None:
    reference = a_request(told)
    attach_recordings(told.practice, logged_in(told, "mia"), reference, [3])
    assert len(lines(told)) == 4


def dated(house: House, login: str, event: ClockEventKind, awaited: Awaited | None = None) -> None:
    """Somebody writes down that this happened to R-1 today."""
    happened = ClockEvent(event=event, on=date(2026, 11, 24), awaited=awaited)
    actor = signed_in(house, login)
    date_request(house.practice, actor, "R-1", happened, reason=ANOTHER_REASON)


def ask_for_access(house: House) -> None:
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20")
    asks = said(Purpose.SUBJECT_ACCESS, further=further)
    create_request(
        house.practice, logged_in(house, "sam"), purpose=Purpose.SUBJECT_ACCESS, answers=asks
    )


def test_a_requester_is_told_that_an_answer_is_awaited(told: House) -> None:
    ask_for_access(told)
    dated(told, "dora", ClockEventKind.ASKED, Awaited.CLARIFICATION)
    assert lines(told, after=1) == [("sam", "R-1 awaits an answer")]


def test_who_may_decide_is_told_that_the_answer_came(told: House) -> None:
    ask_for_access(told)
    dated(told, "dora", ClockEventKind.ASKED, Awaited.CLARIFICATION)
    dated(told, "sam", ClockEventKind.ANSWERED, Awaited.CLARIFICATION)
    assert lines(told, after=2) == [("dora", "R-1 awaits your decision, due 21 December 2026")]


def test_who_writes_the_answer_down_himself_is_not_told_of_it(told: House) -> None:
    ask_for_access(told)
    dated(told, "dora", ClockEventKind.ASKED, Awaited.CLARIFICATION)
    dated(told, "dora", ClockEventKind.ANSWERED, Awaited.CLARIFICATION)
    assert len(lines(told)) == 2


def test_nobody_is_told_to_decide_what_is_approved_when_proof_comes(told: House) -> None:
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20", identity="unknown")
    approve(told, a_request(told, purpose=Purpose.SUBJECT_ACCESS, further=further), "dora")
    before = len(lines(told))
    dated(told, "sam", ClockEventKind.ANSWERED, Awaited.IDENTITY)
    assert len(lines(told)) == before


def test_a_requester_is_told_of_more_time(told: House) -> None:
    ask_for_access(told)
    dated(told, "dora", ClockEventKind.EXTENDED)
    assert lines(told, after=1) == [("sam", "R-1 was given more time")]


def test_a_requester_is_told_that_his_request_lapsed(told: House) -> None:
    a_request(told)
    pass_days(told, 15)
    a_request(told, "max")
    assert lines(told)[4] == ("sam", "R-1 lapsed, as nobody decided it")


def test_a_requester_is_told_that_what_was_granted_lapsed_unused(told: House) -> None:
    reference = a_request(told)
    approve(told, reference, until=date(2026, 11, 24))
    pass_days(told, 1)
    a_request(told, "max")
    assert lines(told)[5] == ("sam", "R-1 was approved, and not used in time")


def test_what_is_undone_is_told_to_nobody(told: House) -> None:
    sam = logged_in(told, "sam")

    def fail_late() -> None:
        with writing(told.practice, sam.signer) as act:
            queue_mail(told.practice, act.connection, to=[sam.person.id], about="R-1", line="R-1 x")
            assert len(read_messages(act.connection)) == 1
            raise Failed("the disk")

    with pytest.raises(Failed):
        fail_late()
    assert lines(told) == []


def test_what_is_refused_is_told_to_nobody(told: House) -> None:
    with pytest.raises(NotFound):
        a_request(told, recordings=[9])
    with pytest.raises(Refused):
        a_request(told, purpose=Purpose.DISPOSAL)
    assert lines(told) == []


def test_without_a_mail_server_nothing_is_queued(told: House) -> None:
    use_mail(told, MAIL.model_copy(update={"host": ""}))
    a_request(told)
    assert lines(told) == []


def test_who_has_no_address_is_not_told(told: House) -> None:
    people = {"max": "max@practice.test", "nobody-here": "x@practice.test"}
    use_mail(told, MAIL.model_copy(update={"people": people}))
    a_request(told)
    assert [login for login, _ in lines(told)] == ["max"]


def test_who_is_disabled_is_not_told(told: House) -> None:
    disable_person(told.practice, signed_in(told, "dora"), login="sam")
    told.open()
    dora = signed_in(told, "dora")
    row, _ = find_person(told.practice, "sam")
    with writing(told.practice, dora.signer) as act:
        queue_mail(told.practice, act.connection, to=[row.id], about="R-1", line="R-1 was denied")
    assert lines(told) == []


def test_who_stands_there_twice_is_told_once(told: House) -> None:
    sam = logged_in(told, "sam")
    with writing(told.practice, sam.signer) as act:
        both = [sam.person.id, sam.person.id]
        queue_mail(told.practice, act.connection, to=both, about="I-3", line="I-3 was denied")
    assert lines(told) == [("sam", "I-3 was denied")]


NOT_OURS = {
    "an address": "R-1 was approved: write to max@practice.test",
    "a link": "R-1 was approved: see http://evil.test/login",
    "a second line": "R-1 was denied\nBcc: somebody",
    "a name with an accent": "R-1 is about Siân",
    "another request": "R-2 was denied",
    "a longer number": "R-17 was denied",
    "nothing to begin with": "your request R-1 was denied",
    "too much": "R-1 " + "x" * 200,
    "no words": "R-1",
}


@pytest.mark.parametrize("line", NOT_OURS.values(), ids=NOT_OURS)
def test_a_line_is_of_our_form_or_is_not_queued(told: House, line: str) -> None:
    sam = logged_in(told, "sam")
    with pytest.raises(AssertionError), writing(told.practice, sam.signer) as act:
        queue_mail(told.practice, act.connection, to=[sam.person.id], about="R-1", line=line)


def test_queueing_writes_no_leaf(told: House) -> None:
    before = len(rows(told, "SELECT seq FROM leaf"))
    sam = logged_in(told, "sam")
    with writing(told.practice, sam.signer) as act:
        queue_mail(told.practice, act.connection, to=[sam.person.id], about="R-1", line="R-1 x")
    assert len(rows(told, "SELECT seq FROM leaf")) == before


def test_a_message_is_of_the_moment_at_which_it_was_queued(told: House) -> None:
    a_request(told)
    with reading(told.practice.engine) as connection:
        message = read_messages(connection)[0]
    assert message.made_at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert (message.tried_at, message.taken_at) == (None, None)
