"""People are reminded of what presses in their inboxes, once a day each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from callrec.mail.outbox import list_messages
from callrec.office.reminding import queue_reminders
from callrec.policy.purpose import Purpose
from callrec.policy.role import Power
from house.incidents import an_incident
from house.mailbox import use_mail
from house.people import lend_power
from house.practices import House
from house.requests import a_request, approve, further_of, pass_days, rows, signed_in
from mail.test_outbox import MAIL


@pytest.fixture
def told(stocked: House) -> House:
    """A practice with recordings where everybody has an address."""
    stocked.decide(archive={"every": "1 year"})
    use_mail(stocked, MAIL)
    return stocked


def reminded(house: House) -> list[tuple[str, str]]:
    """To whom reminders are queued now, and what they say."""
    before = len(list_messages(house.practice))
    queued, _ = queue_reminders(house.practice)
    found = [(each.login, each.message.line) for each in list_messages(house.practice)][before:]
    assert queued == len(found)
    return sorted(found)


def test_who_may_decide_is_reminded_before_a_request_lapses(told: House) -> None:
    a_request(told)  # it lapses after 8 December
    pass_days(told, 10)
    assert reminded(told) == []
    pass_days(told, 2)
    line = "R-1 awaits your decision; it lapses after 8 December 2026"
    assert reminded(told) == [(login, line) for login in ("dora", "max", "mia", "pat")]


def test_nobody_is_reminded_twice_on_one_day(told: House) -> None:
    a_request(told)
    pass_days(told, 13)
    assert len(reminded(told)) == 4
    assert reminded(told) == []
    pass_days(told, 1)
    assert len(reminded(told)) == 4


def test_who_was_told_of_it_today_is_not_reminded(told: House) -> None:
    reference = a_request(told)
    approve(told, reference, until=date(2026, 11, 25))
    assert reminded(told) == []


def test_who_was_granted_something_is_reminded_before_it_lapses(told: House) -> None:
    reference = a_request(told)
    approve(told, reference)
    pass_days(told, 12)
    line = "R-1 was approved for you; it lapses after 8 December 2026"
    assert reminded(told) == [("sam", line)]


def test_whom_a_request_is_about_is_not_reminded_to_decide_it(told: House) -> None:
    a_request(told, purpose=Purpose.ABUSIVE_CALL)  # mia is affected, and was not told of it
    pass_days(told, 13)
    assert {login for login, _ in reminded(told)} == {"dora", "max", "pat"}


def test_who_may_decide_it_only_since_is_reminded_too(told: House) -> None:
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20")
    a_request(told, purpose=Purpose.SUBJECT_ACCESS, further=further)
    until = told.at.date() + timedelta(days=60)
    lend_power(
        *(told.practice, signed_in(told, "dora")),
        login="pat",
        power=Power.DECIDE_RESERVED,
        until=until,
    )
    told.open()
    use_mail(told, MAIL)
    pass_days(told, 30)
    assert {login for login, _ in reminded(told)} == {"dora", "pat"}


def test_where_nobody_was_told_everybody_in_whose_inbox_it_is_is_reminded(told: House) -> None:
    use_mail(told, MAIL.model_copy(update={"host": ""}))
    a_request(told)
    use_mail(told, MAIL)
    pass_days(told, 13)
    assert {login for login, _ in reminded(told)} == {"dora", "max", "mia", "pat"}


def test_what_is_decided_or_lapsed_reminds_nobody(told: House) -> None:
    a_request(told)
    pass_days(told, 15)
    assert reminded(told) == []


def test_the_data_controller_is_reminded_of_what_is_overdue(told: House) -> None:
    a_request(told, purpose=Purpose.SUBJECT_ACCESS)
    pass_days(told, 1)
    line = "R-1 awaits your decision, overdue since 5 August 2024"
    assert reminded(told) == [("dora", line)]


def test_an_incident_says_at_what_hour_its_72_hours_end_and_when_they_are_over(told: House) -> None:
    an_incident(told, noticed_at=told.at.replace(hour=9))
    pass_days(told, 1)
    settle = "I-1 waits to be assessed and closed"
    line = f"{settle}; its 72 hours end 27 November 2026 at 09:00"
    assert reminded(told) == [(login, line) for login in ("dora", "mia")]
    pass_days(told, 2)
    line = f"{settle}, overdue: its 72 hours ended 27 November 2026 at 09:00"
    assert reminded(told) == [(login, line) for login in ("dora", "mia")]


def test_reminding_writes_no_leaf(told: House) -> None:
    a_request(told)
    pass_days(told, 13)
    before = rows(told, "SELECT seq FROM leaf")
    reminded(told)
    assert rows(told, "SELECT seq FROM leaf") == before


def test_without_a_mail_server_nobody_is_reminded(told: House) -> None:
    a_request(told)
    pass_days(told, 13)
    use_mail(told, MAIL.model_copy(update={"host": ""}))
    assert reminded(told) == []
