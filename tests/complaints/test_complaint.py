"""A complaint about personal data from its receipt to its outcome [DPA 2018 s.164A]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from callrec.audit.leaf import Outcome as LeafOutcome
from callrec.catalogue.engine import reading
from callrec.complaints.show import (
    ShownComplaint,
    complaint_warnings,
    list_complaints,
    show_complaint,
)
from callrec.config import Mail
from callrec.errors import Locked, NotFound, Refused, Unusable
from callrec.login.people import find_person
from callrec.mail.outbox import read_messages
from callrec.office.inbox import InboxAction, read_inbox
from callrec.office.reminding import queue_reminders
from callrec.policy.handing_over import Channel
from callrec.policy.reviews import RegisterName
from callrec.policy.rights.complaint import ComplaintAct, ComplaintState, Finding
from callrec.policy.role import Power
from callrec.practice import today
from callrec.registers.audit import LogFilter, list_audit
from callrec.registers.registers import read_register
from house.commands import type_in
from house.complaints import (
    COMPLAINANT,
    CONTACT,
    DONE,
    FOUND,
    WRONG,
    a_complaint,
    acknowledged,
    answered,
    opened,
    progressed,
)
from house.incidents import an_incident
from house.people import lend_power
from house.practices import House
from house.requests import a_request, last_leaf, logged_in, refused, rows, signed_in

DAY = timedelta(days=1)


def shown(house: House, reference: str = "C-1", login: str = "dora") -> ShownComplaint:
    return show_complaint(house.practice, signed_in(house, login), reference)


def listed(house: House, login: str) -> list[str]:
    return [each.reference for each in list_complaints(house.practice, logged_in(house, login))]


def waiting(house: House, login: str) -> list[tuple[str, InboxAction]]:
    items = read_inbox(house.practice, logged_in(house, login))
    return [(item.reference, item.waits_to) for item in items]


def warned(house: House) -> list[str]:
    return list(complaint_warnings(house.practice, logged_in(house, "dora")))


def person_id(house: House, login: str) -> str:
    row, _ = find_person(house.practice, login)
    return str(row.id)


def with_mail(house: House) -> None:
    people = {login: f"{login}@practice.example" for login in ("sam", "mia", "dora")}
    mail = Mail(host="mail.example", sender="callrec@practice.example", people=people)
    house.config = house.config.model_copy(update={"mail": mail})
    house.open()


def messages(house: House) -> list[tuple[str, str]]:
    with reading(house.practice.engine) as connection:
        return [(message.to, message.line) for message in read_messages(connection)]


def test_what_was_entered_reads_as_it_was_said(stocked: House) -> None:
    request, incident = a_request(stocked), an_incident(stocked)
    reference = a_complaint(stocked, request=request, incident=incident)
    seen = shown(stocked, reference)
    assert (seen.reference, seen.state) == ("C-1", ComplaintState.RECEIVED)
    assert (seen.complainant, seen.contact) == (COMPLAINANT, CONTACT)
    assert (seen.request, seen.incident) == (request, incident)
    assert seen.received_on == today(stocked.practice) == date(2026, 11, 24)
    assert seen.deadline.due_on == date(2026, 12, 24)
    assert (seen.acknowledged_on, seen.was_late) == (None, False)
    (came,) = seen.history
    assert (came.said, came.how, came.by) == (WRONG, "letter", "sam")


def test_the_leaf_names_the_complaint_and_no_word_of_it(house: House) -> None:
    a_complaint(house)
    ((id_,),) = rows(house, "SELECT id FROM complaint")
    leaf = last_leaf(house)
    assert (leaf.act, leaf.subject) == ("complaint.received", (id_,))
    assert leaf.actor == person_id(house, "sam")


def test_complaints_are_numbered_one_after_the_other(house: House) -> None:
    assert [a_complaint(house), a_complaint(house, "ava")] == ["C-1", "C-2"]


@pytest.mark.parametrize("login", ["sam", "ava", "max", "pat", "dora"])
def test_anybody_with_a_login_enters_one(house: House, login: str) -> None:
    assert a_complaint(house, login) == "C-1"


def test_the_intake_service_enters_none(house: House) -> None:
    with pytest.raises(Refused, match="a service cannot enter"):
        a_complaint(house, "door")
    assert refused(house)


def test_one_from_before_the_law_has_no_day_and_is_never_late(house: House) -> None:
    a_complaint(house, received_on=date(2020, 1, 1))
    assert (shown(house).deadline.due_on, shown(house).was_late) == (None, False)
    told = type_in(house, "dora", "complaint", "list").out
    assert "no day" in told
    assert "unknown" not in told
    assert "acknowledge by  no day" in type_in(house, "dora", "complaint", "show", "1").out
    assert warned(house) == []
    assert waiting(house, "dora") == [("C-1", InboxAction.ACKNOWLEDGE)]
    acknowledged(house)
    told = type_in(house, "dora", "complaint", "show", "1").out
    assert "acknowledged    Tue 24 Nov 2026\n" in told


REFUSED = {
    "before the UK GDPR": ({"received_on": date(1999, 12, 31)}, "before 2018"),
    "tomorrow": ({"received_on": date(2026, 11, 25)}, "has not come yet"),
    "no sentence": ({"what": "my data"}, "is not a sentence"),
}


@pytest.mark.parametrize(("said", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_complaint_is_refused_and_the_refusal_is_on_record(
    house: House, said: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        a_complaint(house, **said)
    assert last_leaf(house).act == "complaint.received"
    assert refused(house)
    assert rows(house, "SELECT count(*) FROM complaint") == [(0,)]


@pytest.mark.parametrize("said", [{"complainant": " "}, {"contact": ""}], ids=["who", "where"])
def test_it_names_who_complains_and_how_to_reach_them(house: House, said: dict[str, str]) -> None:
    with pytest.raises(Unusable, match="names who complains, and how to reach them"):
        a_complaint(house, **said)


@pytest.mark.parametrize("said", [{"request": "R-9"}, {"incident": "I-9"}], ids=str)
def test_what_there_is_not_is_not_found(house: House, said: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        a_complaint(house, **said)
    assert last_leaf(house).outcome is LeafOutcome.FAILED


def test_it_is_read_by_who_entered_it_the_controller_and_readers_of_the_record(
    house: House,
) -> None:
    reference = a_complaint(house)
    for login in ("sam", "dora", "pat", "ava"):
        assert shown(house, reference, login).complainant == COMPLAINANT
        assert listed(house, login) == [reference]


def test_it_is_no_manager_s_business_though_they_hold_the_key(house: House) -> None:
    reference = a_complaint(house)
    with pytest.raises(Refused, match="you cannot read this complaint"):
        shown(house, reference, "max")
    assert (last_leaf(house).act, refused(house)) == ("complaint.shown", True)
    assert listed(house, "max") == []


def test_whom_the_data_controller_authorises_deals_with_it(house: House) -> None:
    reference = a_complaint(house)
    until = today(house.practice) + DAY
    lend_power(
        house.practice, house.actor("dora"), login="mia", power=Power.DECIDE_RESERVED, until=until
    )
    house.open()
    assert waiting(house, "mia") == [(reference, InboxAction.ACKNOWLEDGE)]
    acknowledged(house, reference, "mia")
    answered(house, reference, "mia")
    assert shown(house, reference).state is ComplaintState.CLOSED


def test_that_it_was_shown_is_on_record_first(house: House) -> None:
    reference = a_complaint(house)
    shown(house, reference, "ava")
    ((id_,),) = rows(house, "SELECT id FROM complaint")
    leaf = last_leaf(house)
    assert (leaf.act, leaf.subject) == ("complaint.shown", (id_,))
    assert leaf.actor == person_id(house, "ava")


def test_a_login_alone_is_enough_for_a_controller_and_not_for_staff(house: House) -> None:
    reference = a_complaint(house)
    dora = logged_in(house, "dora")
    assert show_complaint(house.practice, dora, reference).complainant == COMPLAINANT
    with pytest.raises(Locked, match="this complaint opens with the password"):
        show_complaint(house.practice, logged_in(house, "sam"), reference)


@pytest.mark.parametrize("command", [shown, acknowledged, progressed, answered])
def test_a_complaint_that_there_is_not_is_not_found(
    house: House, command: Callable[[House, str], object]
) -> None:
    with pytest.raises(NotFound, match="there is no complaint C-9"):
        command(house, "C-9")


def test_from_its_receipt_to_its_outcome(house: House) -> None:
    a_complaint(house)
    house.at += 2 * DAY
    acknowledged(house)
    house.at += DAY
    progressed(house, how=Channel.EMAIL)
    house.at += DAY
    answered(house)
    seen = shown(house)
    assert (seen.state, seen.acknowledged_on) == (ComplaintState.CLOSED, date(2026, 11, 26))
    assert [(e.what, str(e.on), e.how, e.said, e.finding, e.by) for e in seen.history] == [
        ("complaint.received", "2026-11-24", "letter", WRONG, "", "sam"),
        ("complaint.acknowledged", "2026-11-26", "letter", "", "", "sam"),
        ("complaint.progressed", "2026-11-27", "email", DONE, "", "dora"),
        ("complaint.answered", "2026-11-28", "letter", FOUND, "upheld", "dora"),
    ]
    assert rows(house, "SELECT state, version FROM complaint") == [("closed", 4)]


def test_an_outcome_in_time_needs_no_acknowledgement(house: House) -> None:
    a_complaint(house)
    house.at += 30 * DAY
    answered(house)
    seen = shown(house)
    assert (seen.acknowledged_on, seen.was_late) == (date(2026, 12, 24), False)


def test_an_acknowledgement_after_its_day_is_late_for_good(house: House) -> None:
    a_complaint(house)
    house.at += 31 * DAY
    assert shown(house).was_late
    acknowledged(house)
    assert shown(house).was_late
    answered(house)
    assert shown(house).was_late


def test_what_was_sent_in_time_and_entered_later_was_in_time(house: House) -> None:
    a_complaint(house)
    house.at += 40 * DAY
    acknowledged(house, on=date(2026, 12, 24))
    assert not shown(house).was_late


@pytest.mark.parametrize("act", ["acknowledge", "outcome"])
def test_who_dates_it_when_the_time_was_over_is_told_that_it_shows(house: House, act: str) -> None:
    """Else an overdue acknowledgement could be made one in time without a trace."""
    a_complaint(house)
    house.at += 40 * DAY
    said = {"acknowledge": (), "outcome": ("--finding", "upheld", "--what", FOUND, "--yes")}[act]
    told = type_in(
        house, "dora", "complaint", act, "1", "--how", "letter", "--on", "25/11/2026", *said
    )
    assert "due by Thu 24 Dec 2026, and that day was over when you said this" in told.err
    told = type_in(house, "dora", "complaint", "show", "1")
    assert "in time; it was due by Thu 24 Dec 2026" in told.out
    assert "written down    Sun 3 Jan 2027, when that day was over" in told.out
    assert "entered by dora on Sun 3 Jan 2027" in told.out
    assert shown(house).acknowledged_entered_on == date(2027, 1, 3)
    (entry,) = read_register(
        house.practice, signed_in(house, "ava"), RegisterName.COMPLAINTS, since=None, until=None
    ).entries
    assert (entry["acknowledged_on"], entry["acknowledged_entered_on"]) == (
        date(2026, 11, 25),
        date(2027, 1, 3),
    )


def test_what_is_dated_in_time_is_not_said_to_be_over(house: House) -> None:
    a_complaint(house)
    house.at += DAY
    told = type_in(house, "sam", "complaint", "acknowledge", "1", "--how", "letter")
    assert "that day was over" not in told.err
    house.at += 40 * DAY  # the outcome after an acknowledgement has no day
    said = ("--finding", "upheld", "--what", FOUND, "--on", "27/11/2026", "--yes")
    told = type_in(house, "dora", "complaint", "outcome", "1", "--how", "letter", *said)
    assert "that day was over" not in told.err
    assert "when that day was over" not in type_in(house, "dora", "complaint", "show", "1").out


def test_who_decided_a_complaint_shows_though_it_was_about_them(house: House) -> None:
    """No rule keeps a Data Controller from a complaint about themselves; that they did it shows."""
    a_complaint(house, what="The Data Controller Dora Whitlock listened to my calls")
    answered(house, finding=Finding.NOT_UPHELD)
    told = type_in(house, "ava", "complaint", "show", "1")
    assert "outcome, told by letter, entered by dora" in told.out
    (entry,) = read_register(
        house.practice, signed_in(house, "ava"), RegisterName.COMPLAINTS, since=None, until=None
    ).entries
    assert (entry["outcome"], entry["answered_by"]) == ("not-upheld", "dora")


def test_what_turns_out_to_be_no_complaint_has_no_clock(house: House) -> None:
    a_complaint(house)
    house.at += 40 * DAY
    answered(house, finding=Finding.OTHER_MATTER, how=None)
    assert (shown(house).acknowledged_on, shown(house).was_late) == (None, None)


def test_of_an_outcome_the_complainant_is_told(house: House) -> None:
    a_complaint(house)
    with pytest.raises(Unusable, match="missing how they were told"):
        answered(house, how=None)
    with pytest.raises(Unusable, match="missing how they were told"):
        acknowledged(house, how=None)


@pytest.mark.parametrize("login", ["max", "pat", "ava", "mia"])
def test_nobody_else_adds_to_it(house: House, login: str) -> None:
    a_complaint(house)
    for add, act in ((acknowledged, "acknowledged"), (progressed, "progressed")):
        with pytest.raises(Refused, match="you cannot add to this complaint"):
            add(house, "C-1", login)
        assert (last_leaf(house).act, refused(house)) == (f"complaint.{act}", True)


@pytest.mark.parametrize("login", ["sam", "max", "pat", "ava"])
def test_nobody_but_the_data_controller_answers_it(house: House, login: str) -> None:
    a_complaint(house)
    with pytest.raises(Refused, match="only the Data Controller decides the outcome"):
        answered(house, "C-1", login)
    assert (last_leaf(house).act, refused(house)) == ("complaint.answered", True)


def test_it_is_acknowledged_and_answered_once(house: House) -> None:
    a_complaint(house)
    acknowledged(house)
    with pytest.raises(Refused, match="C-1 is already acknowledged"):
        acknowledged(house)
    answered(house)
    for again in (answered, progressed, acknowledged):
        with pytest.raises(Refused, match="C-1 is already closed"):
            again(house)


def test_nothing_happens_to_it_before_it_came(house: House) -> None:
    a_complaint(house)
    for add in (acknowledged, progressed, answered):
        with pytest.raises(Refused, match="the complaint came later"):
            add(house, on=date(2026, 11, 23))
        with pytest.raises(Refused, match="has not come yet"):
            add(house, on=date(2026, 11, 25))


def test_progress_and_outcome_are_sentences(house: House) -> None:
    a_complaint(house)
    for add in (progressed, answered):
        with pytest.raises(Refused, match="is not a sentence"):
            add(house, what="asked sam")


def test_it_waits_for_the_data_controller_until_it_is_closed(house: House) -> None:
    a_complaint(house)
    assert waiting(house, "dora") == [("C-1", InboxAction.ACKNOWLEDGE)]
    assert waiting(house, "sam") == waiting(house, "mia") == waiting(house, "pat") == []
    (item,) = read_inbox(house.practice, logged_in(house, "dora"))
    assert (item.created_by, item.purpose, str(item.due_on)) == ("sam", None, "2026-12-24")
    acknowledged(house)
    (item,) = read_inbox(house.practice, logged_in(house, "dora"))
    assert (item.waits_to, item.due_on, item.urgency) == (InboxAction.CONCLUDE, None, None)
    answered(house)
    assert waiting(house, "dora") == []


def test_everybody_is_warned_as_the_day_comes_and_when_it_is_over(house: House) -> None:
    a_complaint(house)
    assert warned(house) == []
    house.at += 23 * DAY
    assert warned(house) == ["complaint C-1: acknowledge it by Thu 24 Dec 2026"]
    house.at += 8 * DAY
    assert warned(house) == ["complaint C-1: its acknowledgement is overdue since Thu 24 Dec 2026"]
    (item,) = read_inbox(house.practice, logged_in(house, "dora"))
    assert str(item.urgency) == "overdue"
    acknowledged(house)
    assert warned(house) == []


def test_of_a_year_of_unknown_bank_holidays_the_day_is_unknown_and_nothing_stops(
    house: House,
) -> None:
    house.decide(clocks={"holidays_known_until": 2026})
    house.at += 20 * DAY  # 14 December
    a_complaint(house)
    assert shown(house).deadline.is_unknown
    assert "is unknown" in warned(house)[0]
    assert waiting(house, "dora") == [("C-1", InboxAction.ACKNOWLEDGE)]


def test_the_data_controller_has_mail_of_it_and_who_entered_it_of_its_outcome(
    house: House,
) -> None:
    with_mail(house)
    a_complaint(house)
    dora = person_id(house, "dora")
    line = "C-1 was received; its acknowledgement is due 24 December 2026"
    assert messages(house) == [(dora, line)]
    acknowledged(house)
    answered(house)
    assert messages(house)[1:] == [(person_id(house, "sam"), "C-1 was answered")]


def test_a_data_controller_who_enters_one_has_no_mail_of_it(house: House) -> None:
    with_mail(house)
    a_complaint(house, "dora")
    assert messages(house) == []


def test_the_data_controller_is_reminded_once_a_day_as_its_day_comes(house: House) -> None:
    with_mail(house)
    a_complaint(house)
    house.at += DAY
    assert queue_reminders(house.practice).queued == 0
    house.at += 23 * DAY
    assert [queue_reminders(house.practice).queued for _ in range(2)] == [1, 0]
    assert messages(house)[-1] == (
        person_id(house, "dora"),
        "C-1 waits to be acknowledged, due 24 December 2026",
    )


def test_the_audit_log_calls_it_by_its_name(house: House) -> None:
    a_complaint(house)
    acknowledged(house)
    entries, count = list_audit(
        house.practice, signed_in(house, "ava"), LogFilter(subject="C-1"), limit=9
    )
    assert count == 2
    assert [entry.action for entry in entries] == [
        "complaint.received",
        "complaint.acknowledged",
    ]
    assert entries[0].detail is not None
    assert set(entries[0].detail) == {"digest", "number"}


def test_no_word_of_it_lies_open_in_the_database(house: House) -> None:
    a_complaint(house)
    progressed(house)
    answered(house)
    house.practice.engine.dispose()
    stored = (house.config.vault / "catalogue.sqlite").read_bytes()
    for word in (COMPLAINANT, "Mill Lane", "employer", "receptionist", "upheld"):
        assert word.encode() not in stored


def test_who_entered_it_opens_it_by_their_own_key(house: House) -> None:
    a_complaint(house)
    progressed(house)
    assert [body.what for body in opened(house, login="sam").versions] == [WRONG, DONE]
    assert opened(house).said(ComplaintAct.ANSWERED) is None
