"""An infringement from its report to its end [policy, last paragraph; UK GDPR 33]."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callrec.audit.leaf import Outcome as LeafOutcome
from callrec.catalogue.engine import reading
from callrec.config import Mail
from callrec.errors import Locked, NotFound, Refused, Unusable
from callrec.incidents.show import ShownIncident, incident_warnings, list_incidents, show_incident
from callrec.login.people import find_person
from callrec.mail.outbox import read_messages
from callrec.office.inbox import InboxAction, read_inbox
from callrec.people.powers import disable_person
from callrec.policy.breach import PEOPLE_TOLD_FIELDS, Findings
from callrec.policy.incident import IncidentState, Outcome
from callrec.registers.audit import LogFilter, list_audit
from house.calls import a_call, take_in
from house.incidents import (
    GRAVE,
    MILD,
    ON_RECORD,
    WHAT,
    WHY,
    an_incident,
    closed,
    found,
    opened,
    settled,
)
from house.practices import House
from house.requests import a_request, last_leaf, logged_in, refused, rows, signed_in


def shown(house: House, reference: str = "I-1", login: str = "dora") -> ShownIncident:
    return show_incident(house.practice, signed_in(house, login), reference)


def listed(house: House, login: str) -> list[str]:
    return [each.reference for each in list_incidents(house.practice, logged_in(house, login))]


def waiting(house: House, login: str) -> list[str]:
    items = read_inbox(house.practice, logged_in(house, login))
    return [item.reference for item in items if item.waits_to is InboxAction.SETTLE]


def warned(house: House) -> list[str]:
    return list(incident_warnings(house.practice, logged_in(house, "dora")))


def person_id(house: House, login: str) -> str:
    row, _ = find_person(house.practice, login)
    return str(row.id)


def test_what_was_reported_reads_as_it_was_said(stocked: House) -> None:
    request = a_request(stocked)
    reference = an_incident(stocked, recordings=(2, 1, 2), request=request)
    seen = shown(stocked, reference, "mia")
    assert (seen.reference, seen.what, seen.state) == ("I-1", WHAT, IncidentState.OPEN)
    assert (seen.reported_by, seen.told) == ("sam", "mia")
    assert (seen.recordings, seen.request) == ((2, 1), request)
    assert seen.noticed_at == stocked.now() - timedelta(hours=1)
    assert seen.due_at == stocked.now() + timedelta(hours=71)
    assert seen.closing is None


def test_the_report_s_leaf_names_who_is_told_and_the_recordings_and_no_word(
    stocked: House,
) -> None:
    an_incident(stocked, recordings=(1,))
    leaf = last_leaf(stocked)
    ((incident, uid),) = rows(
        stocked, "SELECT i.id, r.uid FROM incident i, recording r WHERE r.id = 1"
    )
    assert (leaf.act, leaf.subject) == (
        "incident.reported",
        (incident, person_id(stocked, "mia"), uid),
    )
    assert leaf.actor == person_id(stocked, "sam")


def test_incidents_are_numbered_one_after_the_other(house: House) -> None:
    assert [an_incident(house), an_incident(house, "ava")] == ["I-1", "I-2"]


@pytest.mark.parametrize("login", ["sam", "ava", "max", "pat"])
def test_anybody_with_a_login_reports(house: House, login: str) -> None:
    assert an_incident(house, login) == "I-1"


def test_the_intake_service_reports_nothing(house: House) -> None:
    with pytest.raises(Refused, match="a service reports nothing"):
        an_incident(house, "door")
    assert refused(house)


def test_without_a_line_manager_the_data_controller_is_told(house: House) -> None:
    assert shown(house, an_incident(house, tell=None)).told == "dora"


def test_whom_the_settings_name_as_line_manager_is_told_unless_another_is_named(
    house: House,
) -> None:
    house.decide(line_manager=[{"person": "sam", "manager": "pat"}])
    assert shown(house, an_incident(house, "sam", tell=None)).told == "pat"
    assert shown(house, an_incident(house, "sam", tell="max")).told == "max"
    assert shown(house, an_incident(house, "max", tell=None)).told == "dora"


def test_a_data_controller_who_reports_alone_tells_himself(house: House) -> None:
    assert shown(house, an_incident(house, "dora", tell=None)).told == "dora"


def test_the_time_is_kept_to_the_millisecond(house: House) -> None:
    at = house.now() - timedelta(microseconds=1_234_567)
    assert shown(house, an_incident(house, noticed_at=at)).noticed_at == at.replace(
        microsecond=at.microsecond // 1000 * 1000
    )


def test_the_contact_is_the_practice_s_own_until_another_is_said(house: House) -> None:
    house.decide(practice={"data_protection_contact": "Ann Hall, 01632 960000"})
    assert shown(house, an_incident(house)).findings.contact == "Ann Hall, 01632 960000"


REFUSED = {
    "in the future": ({"noticed_at": None}, "in the future"),
    "no sentence": ({"what": "oops"}, "not told in a sentence"),
    "to a colleague": ({"tell": "ava"}, "nobody's line manager"),
    "to themselves": ({"login": "mia"}, "nobody reports to themselves"),
}


@pytest.mark.parametrize(("said", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_report_is_refused_and_the_refusal_is_on_record(
    house: House, said: dict[str, Any], message: str
) -> None:
    if "noticed_at" in said:
        said = {"noticed_at": house.now() + timedelta(seconds=1)}
    with pytest.raises(Refused, match=message):
        an_incident(house, **said)
    assert last_leaf(house).act == "incident.reported"
    assert refused(house)
    assert rows(house, "SELECT count(*) FROM incident") == [(0,)]


@pytest.mark.parametrize(
    "said",
    [{"tell": "nobody"}, {"recordings": (9,)}, {"request": "R-9"}],
    ids=lambda said: next(iter(said)),
)
def test_what_there_is_not_is_not_found(house: House, said: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        an_incident(house, **said)
    assert last_leaf(house).outcome is LeafOutcome.FAILED


def test_a_report_names_no_more_recordings_than_an_entry_of_the_log_can(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callrec.incidents.incident.MAX_REQUEST_RECORDINGS", 2)
    numbers = take_in(house, [a_call()] * 3)
    with pytest.raises(Unusable, match="2 recordings at most"):
        an_incident(house, recordings=numbers)
    an_incident(house, recordings=numbers[1:])


def test_who_is_disabled_is_told_nothing(house: House) -> None:
    disable_person(house.practice, house.actor("dora"), login="mia")
    house.open()
    with pytest.raises(Refused, match="disabled"):
        an_incident(house)


def test_it_is_read_by_reporter_told_controller_and_who_reads_the_audit_log(
    house: House,
) -> None:
    reference = an_incident(house)
    for login in ("sam", "mia", "dora", "pat", "ava"):
        assert shown(house, reference, login).what == WHAT
        assert listed(house, login) == [reference]


def test_it_is_no_other_manager_s_business_though_he_holds_the_key(house: House) -> None:
    reference = an_incident(house)
    with pytest.raises(Refused, match="who reported it, who was told"):
        shown(house, reference, "max")
    assert (last_leaf(house).act, refused(house)) == ("incident.shown", True)
    assert listed(house, "max") == []


def test_that_it_was_shown_is_on_record_first(house: House) -> None:
    reference = an_incident(house)
    shown(house, reference, "ava")
    ((incident,),) = rows(house, "SELECT id FROM incident")
    leaf = last_leaf(house)
    assert (leaf.act, leaf.subject, leaf.actor) == (
        "incident.shown",
        (incident,),
        person_id(house, "ava"),
    )


def test_a_login_alone_is_enough_for_a_manager_and_not_for_staff(house: House) -> None:
    reference = an_incident(house)
    assert show_incident(house.practice, logged_in(house, "mia"), reference).what == WHAT
    with pytest.raises(Locked, match="opens with the password"):
        show_incident(house.practice, logged_in(house, "sam"), reference)


@pytest.mark.parametrize("command", [shown, found, closed])
def test_an_incident_that_there_is_not_is_not_found(house: House, command: Any) -> None:
    with pytest.raises(NotFound, match="there is no incident I-9"):
        command(house, "I-9", *([MILD] if command is found else []))


def test_it_waits_for_whom_it_was_told_and_for_the_data_controller(house: House) -> None:
    reference = an_incident(house)
    assert waiting(house, "mia") == waiting(house, "dora") == [reference]
    assert waiting(house, "sam") == waiting(house, "pat") == waiting(house, "max") == []
    (item,) = read_inbox(house.practice, logged_in(house, "mia"))
    assert (item.created_by, item.purpose, str(item.due_on)) == ("sam", None, "2026-11-27")


def test_once_closed_it_waits_for_nobody(house: House) -> None:
    settled(house)
    assert waiting(house, "mia") == waiting(house, "dora") == []
    assert warned(house) == []


def test_the_72_hours_are_counted_down_and_then_up(house: House) -> None:
    an_incident(house)
    assert warned(house) == [
        (
            "incident I-1: 71 h are left to report it to the Information Commissioner,"
            " or to find that it need not be"
        )
    ]
    house.at += timedelta(hours=71)
    assert "0 h are left" in warned(house)[0]
    house.at += timedelta(hours=5)
    assert warned(house) == [
        (
            "incident I-1: its 72 hours ended 5 h ago; what is reported to the Information"
            " Commissioner now says why it was delayed"
        )
    ]


def test_the_soonest_to_end_is_warned_of_first(house: House) -> None:
    an_incident(house)
    an_incident(house, noticed_at=house.now() - timedelta(hours=30))
    assert [warning.split(":")[0] for warning in warned(house)] == ["incident I-2", "incident I-1"]


def test_an_overdue_incident_is_overdue_in_the_inbox(house: House) -> None:
    an_incident(house, noticed_at=house.now() - timedelta(hours=73))
    (item,) = read_inbox(house.practice, logged_in(house, "mia"))
    assert str(item.urgency) == "overdue"


def test_who_is_told_and_the_data_controllers_have_mail_and_not_the_reporter(house: House) -> None:
    people = {login: f"{login}@practice.example" for login in ("sam", "mia", "max", "dora")}
    mail = Mail(host="mail.example", sender="callrec@practice.example", people=people)
    house.config = house.config.model_copy(update={"mail": mail})
    house.open()
    an_incident(house)
    with reading(house.practice.engine) as connection:
        messages = read_messages(connection)
    assert [message.to for message in messages] == [
        person_id(house, "mia"), person_id(house, "dora")
    ]  # fmt: skip
    assert {message.line for message in messages} == {
        "I-1 was reported; its 72 hours end 27 November 2026 at 11:00"
    }


def test_a_data_controller_who_reports_has_no_mail_of_it(house: House) -> None:
    people = {login: f"{login}@practice.example" for login in ("mia", "dora")}
    mail = Mail(host="mail.example", sender="callrec@practice.example", people=people)
    house.config = house.config.model_copy(update={"mail": mail})
    house.open()
    an_incident(house, "dora")
    with reading(house.practice.engine) as connection:
        assert [message.to for message in read_messages(connection)] == [person_id(house, "mia")]


def test_what_is_found_out_is_added_and_every_version_is_kept(house: House) -> None:
    reference = an_incident(house)
    found(house, reference, Findings(nature="disclosure", people_count=1), "sam")
    found(house, reference, Findings(people_count=2, likelihood=2), "mia")
    seen = shown(house, reference)
    assert seen.findings == Findings(nature="disclosure", people_count=2, likelihood=2)
    assert [(event.what, event.by, event.added) for event in seen.history] == [
        ("incident.reported", "sam", ()),
        ("incident.updated", "sam", ("nature", "people_count")),
        ("incident.updated", "mia", ("people_count", "likelihood")),
    ]
    counts = [each.findings.people_count for each in opened(house, reference).versions]
    assert counts == [None, 1, 2]


@pytest.mark.parametrize("login", ["max", "pat", "ava"])
def test_nobody_else_adds_to_it(house: House, login: str) -> None:
    reference = an_incident(house)
    with pytest.raises(Refused, match="is added to by who reported it"):
        found(house, reference, MILD, login)
    assert (last_leaf(house).act, refused(house)) == ("incident.updated", True)


def test_who_reported_it_does_not_say_how_grave_it_is(house: House) -> None:
    reference = an_incident(house)
    with pytest.raises(Refused, match="does not say how grave it is"):
        found(house, reference, MILD, "sam")


def test_nothing_is_no_finding(house: House) -> None:
    reference = an_incident(house)
    with pytest.raises(Unusable, match="nothing is added"):
        found(house, reference, Findings())
    assert opened(house, reference).history.version == 1


def test_what_need_not_be_reported_is_closed_once_it_is_on_record(house: House) -> None:
    reference = an_incident(house)
    for lacking, findings in (("how likely", MILD), ("facts, effects, remedy", ON_RECORD)):
        with pytest.raises(Refused, match=lacking):
            closed(house, reference)
        found(house, reference, findings)
    closed(house, reference)
    seen = shown(house, reference)
    assert (seen.state, seen.must_be_reported, seen.still_missing) == (
        IncidentState.CLOSED, False, ()
    )  # fmt: skip
    assert seen.closing is not None
    assert (seen.closing.outcome, seen.closing.reason) == (Outcome.NOT_REPORTED, WHY)
    assert rows(house, "SELECT state, version FROM incident") == [("closed", 4)]


def test_what_has_to_be_reported_is_not_closed_otherwise(house: House) -> None:
    reference = an_incident(house)
    found(house, reference, GRAVE)
    with pytest.raises(Refused, match="is reported to the Information Commissioner"):
        closed(house, reference)
    closed(house, reference, outcome=Outcome.REPORTED)
    seen = shown(house, reference)
    assert (seen.must_be_reported, seen.was_late) == (True, False)
    assert "nature" in seen.still_missing


def test_a_grave_one_stays_in_the_inbox_until_the_people_affected_were_told(house: House) -> None:
    reference = an_incident(house)
    found(house, reference, replace(GRAVE, impact=4), "mia")
    with pytest.raises(Refused, match=r"affects are told, and nothing says so yet \[UK GDPR 34\]"):
        closed(house, reference, outcome=Outcome.REPORTED)
    assert reference in waiting(house, "mia")
    seen = shown(house, reference)
    assert (seen.must_tell_people, seen.still_missing[-3:]) == (True, PEOPLE_TOLD_FIELDS)
    told = Findings(people_told=40, people_told_on="2026-11-24", people_told_how="by letter")
    found(house, reference, told)
    closed(house, reference, outcome=Outcome.REPORTED)
    assert waiting(house, "mia") == []
    assert shown(house, reference).findings.people_told == 40


def test_a_closed_one_is_found_graver_once_people_were_told_and_not_before(house: House) -> None:
    reference, graver = an_incident(house), replace(GRAVE, impact=4)
    closed(house, reference, outcome=Outcome.REPORTED)
    found(house, reference, GRAVE)
    with pytest.raises(Refused, match=r"affects are told, and this one is closed \[UK GDPR 34\]"):
        found(house, reference, graver)
    assert shown(house, reference).must_tell_people is False
    told = replace(graver, people_told=40, people_told_on="2026-11-24", people_told_how="by letter")
    found(house, reference, told)
    for undone in (Findings(people_told=0), Findings(people_count=300, people_told=0)):
        with pytest.raises(Refused, match="this one is closed"):
            found(house, reference, undone)
    found(house, reference, Findings(people_count=41), "sam")
    assert shown(house, reference).must_tell_people is True


def test_nobody_is_told_before_it_was_noticed(house: House) -> None:
    reference = an_incident(house)
    with pytest.raises(Refused, match="before it was noticed"):
        found(house, reference, Findings(people_told_on="2026-11-23"))
    assert refused(house)


def test_the_data_protection_officer_is_the_contact_where_one_is_named(house: House) -> None:
    house.decide(practice={"data_protection_contact": "Ann", "data_protection_officer": "Jo Lane"})
    assert opened(house, an_incident(house)).body.findings.contact == "Jo Lane"


def test_what_is_reported_late_says_why(house: House) -> None:
    reference = an_incident(house)
    house.at += timedelta(days=5)
    with pytest.raises(Refused, match=r"why it was delayed \[UK GDPR 33\(1\)\]"):
        closed(house, reference, outcome=Outcome.REPORTED)
    why = "Nobody at the office knew whom to tell"
    closed(house, reference, outcome=Outcome.REPORTED, delay_reason=why)
    seen = shown(house, reference)
    assert seen.was_late
    assert seen.closing is not None
    assert seen.closing.delay_reason == why


@pytest.mark.parametrize("login", ["sam", "mia", "pat", "ava"])
def test_nobody_but_the_data_controller_closes_it(house: House, login: str) -> None:
    reference = an_incident(house)
    with pytest.raises(Refused, match="may not manage people"):
        closed(house, reference, login, outcome=Outcome.REPORTED)
    assert (last_leaf(house).act, refused(house)) == ("incident.closed", True)


def test_it_is_closed_once(house: House) -> None:
    reference = settled(house)
    with pytest.raises(Refused, match="I-1 is closed already"):
        closed(house, reference)
    with pytest.raises(Refused, match="nothing has to be reported"):
        found(house, reference, MILD)


def test_after_it_was_reported_more_is_added_and_it_stays_closed(house: House) -> None:
    reference = an_incident(house)
    closed(house, reference, outcome=Outcome.REPORTED)
    found(house, reference, Findings(measures="The player was locked away"), "sam")
    seen = shown(house, reference)
    assert seen.state is IncidentState.CLOSED
    assert seen.closing is not None
    assert "measures" not in seen.still_missing
    assert rows(house, "SELECT state, version FROM incident") == [("closed", 3)]


def test_the_audit_log_calls_it_by_its_name(house: House) -> None:
    settled(house)
    entries, count = list_audit(
        house.practice, signed_in(house, "ava"), LogFilter(subject="I-1"), limit=9
    )
    assert count == 4
    assert [entry.action for entry in entries][-1] == "incident.closed"
    assert entries[0].subject == ("I-1", "mia")
    assert entries[0].detail is not None
    assert set(entries[0].detail) == {"digest", "number"}


def test_no_word_of_it_lies_open_in_the_database(house: House) -> None:
    settled(house)
    house.practice.engine.dispose()
    stored = (house.config.vault / "catalogue.sqlite").read_bytes()
    for word in ("waiting room", "does not mind", "Two heard"):
        assert word.encode() not in stored


def test_one_that_was_closed_stays_judged_by_the_rules_of_that_day(house: House) -> None:
    reference = settled(house)
    house.decide(incidents={"report_likelihood": 2, "report_impact": 2, "tell_people_impact": 2})
    before = shown(house, reference)
    assert before.must_tell_people is False
    assert before.still_missing == ()
    another = an_incident(house)
    found(house, another, MILD, "mia")
    assert shown(house, another).must_tell_people
