"""The registers: read from the log and the catalogue, and never more than the reader may see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callrec.audit.leaf import Outcome
from callrec.errors import Locked, Refused, Tampered, Unusable
from callrec.login.unlock import log_in, unlock_person
from callrec.people.joining import add_person
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.further import FurtherParticular
from callrec.policy.handing_over import Channel, Delivery
from callrec.policy.particulars import Answers
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import RegisterName
from callrec.policy.rights.complaint import ComplaintAct
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import Role
from callrec.practice import record
from callrec.registers.registers import REGISTER_SOURCES, RegisterExtract, read_register
from callrec.release.listen import Player, record_hearing
from callrec.requests.amend import amend_particulars
from callrec.requests.ask import create_request
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.event import DatedRequest, close_request, date_request, withdraw_request
from callrec.retention.holds import lift_hold, place_hold
from house.commands import type_in
from house.complaints import (
    COMPLAINANT,
    DONE,
    FOUND,
    WRONG,
    a_complaint,
    acknowledged,
    answered,
    progressed,
)
from house.complaints import own_version as own_complaint
from house.erasures import erase
from house.incidents import WHAT, WHY, an_incident, own_report, settled
from house.listening import hear
from house.packages import release
from house.practices import House, password_of
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    further_of,
    grants_of,
    last_leaf,
    logged_in,
    pass_days,
    said,
    signed_in,
    third_parties_checked,
)

SUBJECT_ACCESS, OUTSIDE_BODY = Purpose.SUBJECT_ACCESS, Purpose.OUTSIDE_BODY


def extract(
    house: House,
    register: RegisterName,
    login: str = "dora",
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> RegisterExtract:
    actor = signed_in(house, login)
    return read_register(house.practice, actor, register, since=since, until=until)


def entries(house: House, register: RegisterName, login: str = "dora") -> list[dict[str, Any]]:
    return [dict(entry) for entry in extract(house, register, login).entries]


def one(house: House, register: RegisterName, login: str = "dora") -> dict[str, Any]:
    (entry,) = entries(house, register, login)
    return entry


def ask(house: House, purpose: Purpose, login: str = "sam", **further: str) -> str:
    asks = said(purpose, further=further_of(purpose, **further))
    actor = logged_in(house, login)
    made = create_request(house.practice, actor, purpose=purpose, answers=asks, recordings=[1, 2])
    return made.reference


# Every register.


@pytest.mark.parametrize("register", RegisterName)
def test_every_register_is_read_and_that_is_on_record(house: House, register: RegisterName) -> None:
    found = extract(house, register)
    assert found.columns
    assert set(found.on_screen) <= set(found.columns)
    assert (last_leaf(house).act, last_leaf(house).outcome) == ("register.read", Outcome.DONE)


@pytest.mark.parametrize("register", RegisterName)
def test_who_may_not_read_one_is_refused_and_that_is_on_record(
    house: House, register: RegisterName
) -> None:
    with pytest.raises(Refused, match=f"may not read the {register} register"):
        extract(house, register, "max")
    assert (last_leaf(house).act, last_leaf(house).outcome) == ("register.read", Outcome.REFUSED)


@pytest.mark.parametrize(
    "register", [r for r, source in REGISTER_SOURCES.items() if source.entered]
)
def test_it_is_read_from_a_time_on_or_till_one(stocked: House, register: RegisterName) -> None:
    extract(stocked, register, since=stocked.at, until=stocked.at)


def test_a_day_counts_from_its_first_moment_at_the_practice(stocked: House) -> None:
    ask(stocked, SUBJECT_ACCESS, received="2026-06-15")
    begins = datetime(2026, 6, 14, 23, tzinfo=UTC)  # British Summer Time
    second, register = timedelta(seconds=1), RegisterName.RIGHTS_REQUESTS
    assert len(extract(stocked, register, since=begins).entries) == 1
    assert extract(stocked, register, since=begins + second).entries == ()
    assert extract(stocked, register, until=begins).entries == ()
    assert len(extract(stocked, register, until=begins + second).entries) == 1


def test_the_access_register_shows_how_things_stand_now(house: House) -> None:
    with pytest.raises(Unusable, match="how things stand now"):
        extract(house, RegisterName.ACCESS, since=house.at)
    with pytest.raises(Unusable):
        extract(house, RegisterName.ACCESS, until=house.at)


# Access.


def test_everybody_stands_in_the_access_register_with_what_he_may_do(house: House) -> None:
    found = entries(house, RegisterName.ACCESS)
    assert [(each["login"], each["role"], each["standing"]) for each in found] == [
        ("dora", "data-controller", "confirmed"),
        ("pat", "partner", "confirmed"),
        ("max", "manager", "confirmed"),
        ("mia", "manager", "confirmed"),
        ("sam", "staff", "confirmed"),
        ("ava", "auditor", "confirmed"),
        ("door", "intake", "confirmed"),
    ]
    sam = found[4]
    assert (sam["full_name"], sam["powers"]) == ("Sam Turnbull", ("hear", "make-request"))
    assert (sam["vault_keys"], sam["lent"], sam["vouched_by"]) == ((), (), "dora")
    assert found[5]["vault_keys"] == ("audit",)


def test_somebody_whose_key_is_not_confirmed_stands_in_it_too(house: House) -> None:
    given = "seven purple otters dance slowly"
    dora = signed_in(house, "dora")
    add_person(house.practice, dora, login="eve", full_name="Eve", role=Role.STAFF, password=given)
    house.open()
    eve = entries(house, RegisterName.ACCESS)[-1]
    assert (eve["login"], eve["standing"], eve["powers"]) == ("eve", "provisional", ())
    assert eve["last_seen_at"] is None


def test_it_says_when_each_was_last_here(house: House) -> None:
    house.at += timedelta(days=1)
    logged_in_at = house.at
    log_in(
        house.practice,
        login="sam",
        password=password_of("sam"),
        new_password=str,
        environ=house.environ,
    )
    house.at += timedelta(days=1)
    record(house.open(), house.actor("sam"), "people.listed")
    sam = entries(house, RegisterName.ACCESS)[4]
    assert (sam["last_login_at"], sam["last_seen_at"]) == (logged_in_at, house.at)
    assert sam["joined_at"] <= sam["vouched_at"] < logged_in_at
    assert entries(house, RegisterName.ACCESS)[3]["last_login_at"] is None


def test_a_wrong_password_is_counted_and_is_no_login(house: House) -> None:
    with pytest.raises(Locked):
        unlock_person(house.practice, login="mia", password="a password that is a guess")
    mia = entries(house, RegisterName.ACCESS)[3]
    assert (mia["wrong_passwords"], mia["last_login_at"]) == (1, None)


def test_an_auditor_sees_no_names(house: House) -> None:
    assert {each["full_name"] for each in entries(house, RegisterName.ACCESS, "ava")} == {None}


def test_a_person_taken_out_of_the_catalogue_is_missed(house: House) -> None:
    by_sql(house, "DELETE FROM share WHERE person = (SELECT id FROM person WHERE login = 'door')")
    by_sql(house, "DELETE FROM person WHERE login = 'door'")
    with pytest.raises(Tampered):
        extract(house, RegisterName.ACCESS)


# Disclosure.


def test_each_hearing_and_each_release_is_disclosed(granted: House) -> None:
    hear(granted)
    granted.at += timedelta(minutes=5)
    release(granted, delivery=Delivery(Channel.PERSON, Channel.PHONE))
    heard, handed_over = entries(granted, RegisterName.DISCLOSURE)
    assert (heard["how"], heard["by"], heard["role"]) == ("heard", "sam", "staff")
    assert (heard["recordings"], heard["numbers"]) == (1, ("1",))
    assert (heard["channel"], heard["manifest"], heard["recipient"]) == (None, None, None)
    assert handed_over["how"] == "released"
    assert (handed_over["at"], handed_over["seq"]) == (granted.at, heard["seq"] + 3)
    assert (handed_over["recordings"], handed_over["numbers"]) == (2, ("1", "2"))
    assert (handed_over["channel"], handed_over["passphrase_channel"]) == ("person", "phone")
    assert len(handed_over["manifest"]) == 64
    assert handed_over["approved_by"] == ("max",)
    assert handed_over["purpose"] == "protect-parties"


def test_what_was_only_prepared_is_no_disclosure(granted: House) -> None:
    assert entries(granted, RegisterName.DISCLOSURE) == []


def test_the_countersigner_stands_beside_who_approved_it(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference, second=signed_in(stocked, "pat"))
    release(stocked, reference)
    assert set(one(stocked, RegisterName.DISCLOSURE)["approved_by"]) == {"max", "pat"}


def test_of_two_recordings_each_stands_beside_who_approved_it(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference, "max", recordings=(1,))
    approve(stocked, reference, "pat", recordings=(2,))
    hear(stocked, recording=1)
    assert one(stocked, RegisterName.DISCLOSURE)["approved_by"] == ("max",)
    release(stocked, reference)
    assert set(entries(stocked, RegisterName.DISCLOSURE)[1]["approved_by"]) == {"max", "pat"}


def test_who_approved_it_for_somebody_else_does_not(stocked: House) -> None:
    reference = a_request(stocked)
    approve(stocked, reference, "max", to="sam")
    approve(stocked, reference, "pat", to="mia")
    hear(stocked)
    assert one(stocked, RegisterName.DISCLOSURE)["approved_by"] == ("max",)


def test_a_hearing_says_who_was_there_and_when_and_how_it_ended(granted: House) -> None:
    began = granted.at

    def find(_: str) -> Player:
        def play(pieces: Iterable[bytes]) -> bool:
            granted.at += timedelta(minutes=5)
            return bool(list(pieces))

        return Player(("ear",), play)

    hear(granted, player=find, attended=("the patient", "her daughter"))
    heard = one(granted, RegisterName.DISCLOSURE)
    assert heard["attended"] == ("the patient", "her daughter")
    assert (heard["at"], heard["ended_at"]) == (began, began + timedelta(minutes=5))
    assert heard["end"] == "ended"


def test_of_a_run_that_was_killed_the_end_is_not_recorded(granted: House) -> None:
    (grant, _) = grants_of(granted, "R-1")
    record_hearing(granted.practice, signed_in(granted, "sam"), grant, ["the patient"], ("ear",))
    hear(granted)
    killed, heard = entries(granted, RegisterName.DISCLOSURE)
    assert (killed["attended"], killed["ended_at"]) == (("the patient",), None)
    assert killed["end"] == "not recorded"
    assert (heard["attended"], heard["end"]) == ((), "ended")


def test_what_was_handed_over_has_no_end(granted: House) -> None:
    release(granted)
    handed_over = one(granted, RegisterName.DISCLOSURE)
    assert handed_over["attended"] == ()
    assert handed_over["ended_at"] is handed_over["end"] is None


def test_only_what_was_disclosed_in_that_time_is_shown(granted: House) -> None:
    hear(granted)
    first = granted.at
    granted.at += timedelta(hours=1)
    hear(granted, recording=2)
    register = RegisterName.DISCLOSURE
    (later,) = extract(granted, register, since=granted.at).entries
    (earlier,) = extract(granted, register, until=granted.at).entries
    assert (earlier["at"], later["at"]) == (first, granted.at)
    assert extract(granted, register, since=first, until=first).entries == ()


# Subject access.


def test_a_subject_access_request_stands_in_its_register(stocked: House) -> None:
    ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert entry == {
        "request": "R-1",
        "purpose": "subject-access",
        "state": "submitted",
        "received_on": date(2026, 11, 20),
        "received_how": "written",
        "subject": "Siân O'Neill",
        "identity_checked_on": date(2026, 11, 20),
        "waiting_for": None,
        "due_on": date(2026, 12, 21),  # 20 December is a Sunday
        "extended": False,
        "answered_on": None,
        "outcome": "open",
        "codes": (),
        "broken_glass": None,
        "brought_in": (),
        "days": 4,
        "days_late": 0,
        "in_time": None,
        "put_right": False,
        "handed_over_on": None,
        "handed_over_channel": None,
        "handed_over_to": None,
        "acknowledged_on": None,
    }


def test_it_is_masked_for_who_does_not_decide_it(stocked: House) -> None:
    ask(stocked, SUBJECT_ACCESS)
    for_pat = one(stocked, RegisterName.RIGHTS_REQUESTS, "pat")
    assert (for_pat["subject"], for_pat["received_how"]) == ("S•••• O••••", None)
    for_ava = one(stocked, RegisterName.RIGHTS_REQUESTS, "ava")
    assert (for_ava["subject"], for_ava["received_how"]) == (None, None)
    assert for_ava["received_on"] == for_pat["received_on"] == date(2024, 7, 5)


@pytest.mark.parametrize("purpose", [Purpose.ERASURE, Purpose.PORTABILITY, Purpose.DECEASED])
def test_the_other_rights_stand_in_it_too(stocked: House, purpose: Purpose) -> None:
    ask(stocked, purpose)
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    who = "Owen O'Neill" if purpose is Purpose.DECEASED else "Siân O'Neill"
    assert (entry["purpose"], entry["subject"]) == (purpose, who)


def test_no_other_request_stands_in_it(stocked: House) -> None:
    ask(stocked, Purpose.COMPLAINT)
    ask(stocked, OUTSIDE_BODY)
    assert entries(stocked, RegisterName.RIGHTS_REQUESTS) == []


def test_identity_is_checked_when_the_proof_has_come(stocked: House) -> None:
    ask(stocked, SUBJECT_ACCESS, received="2026-11-20", identity="unknown")
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["identity_checked_on"], entry["waiting_for"]) == (None, "identity")


def test_it_is_not_checked_on_a_day_on_which_the_proof_was_missing(stocked: House) -> None:
    """It is said by changing the request, and not dated; what is changed later does not matter."""
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20", identity="unknown")
    for further in (
        {FurtherParticular.IDENTITY: "Passport seen"},
        {FurtherParticular.RECEIVED: "2026-11-19"},
    ):
        amend_particulars(
            stocked.practice, signed_in(stocked, "sam"), reference, Answers(further=further)
        )
        entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
        assert entry["identity_checked_on"] == date(2026, 11, 24)
        pass_days(stocked, 1)


def test_nor_while_it_is_asked_for_once_more(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    dated(stocked, reference, _asked(date(2026, 11, 23), Awaited.IDENTITY))
    assert one(stocked, RegisterName.RIGHTS_REQUESTS)["identity_checked_on"] is None


def test_it_says_that_a_day_was_put_right(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20", identity="unknown")
    dora, awaited = signed_in(stocked, "dora"), Awaited.IDENTITY
    for day, put_right in ((24, False), (23, True)):
        came = ClockEvent(event=ClockEventKind.ANSWERED, on=date(2026, 11, day), awaited=awaited)
        date_request(stocked.practice, dora, reference, came)
        entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
        assert (entry["identity_checked_on"], entry["due_on"]) == (came.on, date(2026, 12, day))
        assert entry["put_right"] is put_right


@pytest.mark.parametrize("how", ["an extension", "a question", "proof"])
def test_it_says_so_of_what_was_first_said_when_the_time_was_over(stocked: House, how: str) -> None:
    """It came on 1 October and was due on 2 November; on 24 November somebody dates it in time."""
    identity = {"identity": "unknown"} if how == "proof" else {}
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-10-01", **identity)
    before = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (before["in_time"], before["put_right"]) == (False, False)
    what = {
        "an extension": ClockEvent(event=ClockEventKind.EXTENDED, on=date(2026, 10, 20)),
        "a question": _asked(date(2026, 10, 20)),
        "proof": _asked(date(2026, 10, 20), Awaited.IDENTITY),
    }[how]
    told = dated(stocked, reference, what)
    assert told.was_due_on == date(2026, 11, 2)
    after = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (after["days_late"], after["put_right"]) == (0, True)


def test_it_does_not_say_so_of_what_was_said_in_time_or_moves_nothing(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-10-24")  # the 24th is the last day
    assert dated(stocked, reference, _asked(date(2026, 10, 30))).was_due_on is None
    came = ClockEvent(
        event=ClockEventKind.ANSWERED, on=date(2026, 11, 2), awaited=Awaited.CLARIFICATION
    )
    assert dated(stocked, reference, came).was_due_on is None
    pass_days(stocked, 10)
    assert dated(stocked, reference, _asked(date(2026, 12, 3))).was_due_on is None
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["due_on"], entry["put_right"]) == (date(2026, 11, 27), False)


def _asked(on: date, awaited: Awaited = Awaited.CLARIFICATION) -> ClockEvent:
    return ClockEvent(event=ClockEventKind.ASKED, on=on, awaited=awaited)


def dated(house: House, reference: str, what: ClockEvent) -> DatedRequest:
    dora = signed_in(house, "dora")
    return date_request(house.practice, dora, reference, what, reason=ANOTHER_REASON)


def test_it_says_so_of_the_day_on_which_it_came(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-19")
    sam = signed_in(stocked, "sam")
    changes = Answers(further={FurtherParticular.RECEIVED: "2026-11-20"})
    amend_particulars(stocked.practice, sam, reference, changes)
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["received_on"], entry["put_right"]) == (date(2026, 11, 20), True)


@pytest.mark.parametrize(("received", "late"), [("2026-10-26", 0), ("2026-10-01", 22)])
def test_an_erasure_is_answered_when_it_is_carried_out(
    stocked: House, received: str, late: int
) -> None:
    reference = ask(stocked, Purpose.ERASURE, received=received)
    approve(
        *(stocked, reference, "dora"),
        to="dora",
        recordings=(1,),
        withheld={2: Ground.LEGAL_OBLIGATION},
    )
    assert one(stocked, RegisterName.RIGHTS_REQUESTS)["answered_on"] is None
    erase(stocked, reference)
    pass_days(stocked, 60)
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["answered_on"], entry["outcome"]) == (date(2026, 11, 24), "part")
    assert (entry["days_late"], entry["in_time"]) == (late, late == 0)


def test_denied_in_time(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    dora = signed_in(stocked, "dora")
    deny_request(
        stocked.practice, dora, reference, reason=ANOTHER_REASON, ground=Ground.THIRD_PARTY
    )
    pass_days(stocked, 60)
    for login in ("dora", "ava"):
        entry = one(stocked, RegisterName.RIGHTS_REQUESTS, login)
        assert (entry["outcome"], entry["codes"]) == ("denied", ("third-party",))
        assert entry["answered_on"] == date(2026, 11, 24)
        assert (entry["days"], entry["days_late"], entry["in_time"]) == (4, 0, True)


def test_what_was_awaited_when_it_was_answered_moves_its_day_no_more(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20", identity="unknown")
    dora, ground = signed_in(stocked, "dora"), Ground.THIRD_PARTY
    deny_request(stocked.practice, dora, reference, reason=ANOTHER_REASON, ground=ground)
    due_on = one(stocked, RegisterName.RIGHTS_REQUESTS)["due_on"]
    pass_days(stocked, 60)
    assert one(stocked, RegisterName.RIGHTS_REQUESTS)["due_on"] == due_on


def test_what_is_open_after_its_day_is_late_each_day_more(stocked: House) -> None:
    ask(stocked, SUBJECT_ACCESS, received="2026-10-20")
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["due_on"], entry["days_late"], entry["in_time"]) == (date(2026, 11, 20), 4, False)


def test_what_was_withdrawn_is_counted_no_further(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    withdraw_request(stocked.practice, signed_in(stocked, "sam"), reference)
    pass_days(stocked, 60)
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["outcome"], entry["answered_on"]) == ("withdrawn", None)
    assert (entry["days"], entry["days_late"], entry["in_time"]) == (4, 0, None)


def test_that_the_staff_heard_it_beforehand_answers_nobody(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    approve(stocked, reference, "dora")
    hear(stocked, reference)
    pass_days(stocked, 60)
    for login in ("dora", "ava"):
        entry = one(stocked, RegisterName.RIGHTS_REQUESTS, login)
        assert (entry["answered_on"], entry["in_time"]) == (None, False)


def test_what_the_staff_heard_and_was_revoked_is_open_and_not_granted(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    approve(stocked, reference, "dora")
    hear(stocked, reference)
    assert one(stocked, RegisterName.RIGHTS_REQUESTS)["outcome"] == "granted"
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    assert one(stocked, RegisterName.RIGHTS_REQUESTS)["outcome"] == "open"


def test_what_who_asked_has_heard_stays_granted_whatever_is_revoked(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20", hear_or_copy="hear")
    approve(stocked, reference, "dora")
    third_parties_checked(stocked, "sam", reference)
    hear(stocked, reference, attended=("the patient",))
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    assert one(stocked, RegisterName.RIGHTS_REQUESTS)["outcome"] == "granted"


def test_who_came_to_hear_it_is_answered(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20", hear_or_copy="hear")
    approve(stocked, reference, "dora")
    hear(stocked, reference, attended=("nobody",))
    pass_days(stocked, 2)
    third_parties_checked(stocked, "sam", reference)
    hear(stocked, reference, attended=("the patient",))
    pass_days(stocked, 60)
    for login in ("dora", "ava"):
        entry = one(stocked, RegisterName.RIGHTS_REQUESTS, login)
        assert (entry["answered_on"], entry["in_time"]) == (date(2026, 11, 26), True)


def test_what_was_closed_without_an_answer_is_counted_no_further(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    approve(stocked, reference, "dora")
    hear(stocked, reference)
    close_request(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    pass_days(stocked, 60)
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["answered_on"], entry["days"], entry["in_time"]) == (None, 4, None)
    assert entry["outcome"] == "closed"


def test_what_the_staff_heard_and_was_revoked_is_closed_and_not_granted(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    approve(stocked, reference, "dora")
    hear(stocked, reference)
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    close_request(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    assert one(stocked, RegisterName.RIGHTS_REQUESTS)["outcome"] == "closed"


def test_what_who_asked_has_heard_is_granted_when_it_is_closed(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20", hear_or_copy="hear")
    approve(stocked, reference, "dora")
    third_parties_checked(stocked, "sam", reference)
    for recording in (1, 2):
        hear(stocked, reference, recording, attended=("the patient",))
    close_request(stocked.practice, signed_in(stocked, "sam"), reference, reason=ANOTHER_REASON)
    assert one(stocked, RegisterName.RIGHTS_REQUESTS)["outcome"] == "granted"


def test_what_is_granted_after_a_release_and_taken_back_is_withheld_as_it_was(
    stocked: House,
) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    third_parties_checked(stocked, "sam", reference)
    approve(stocked, reference, "dora", withheld={2: Ground.THIRD_PARTY})
    release(stocked, reference)
    approve(stocked, reference, "dora", recordings=(2,))
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["outcome"], entry["codes"]) == ("part", ("third-party",))


def test_what_comes_to_a_year_that_is_not_known_stands_in_it_without_a_day(stocked: House) -> None:
    pass_days(stocked, 757)
    reference = ask(stocked, SUBJECT_ACCESS, received="2028-12-15")
    ask(stocked, SUBJECT_ACCESS, received="2028-11-17")
    deny_request(
        *(stocked.practice, signed_in(stocked, "dora"), reference),
        reason=ANOTHER_REASON,
        ground=Ground.THIRD_PARTY,
    )
    unknown, known = entries(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (unknown["due_on"], unknown["days_late"], unknown["in_time"]) == (None, 0, None)
    assert known["due_on"] == date(2028, 12, 18)


# Outside bodies.


def test_a_request_of_an_outside_body_stands_in_its_register(stocked: House) -> None:
    reference = ask(stocked, OUTSIDE_BODY, received="2026-11-20")
    entry = one(stocked, RegisterName.OUTSIDE_BODY)
    assert (entry["body"], entry["officer"]) == ("Avon and Somerset Police", "Jo Penhale")
    assert (entry["their_reference"], entry["legal_basis"]) == ("CRN 24/4711", "crime")
    assert (entry["rank"], entry["necessity"], entry["prejudice"]) == (
        "Inspector",
        "The caller's words are evidence of a threat to kill",
        "Without it the threat cannot be proved in court",
    )
    assert (entry["received_on"], entry["due_on"]) == (date(2026, 11, 20), None)
    assert entry["target_on"] == date(2026, 11, 27)  # five working days
    assert (entry["decided_by"], entry["outcome"]) == (None, "open")
    assert entry["subject_may_be_told"] == "no"
    approve(stocked, reference, "dora", recordings=(2,), withheld={1: Ground.PRIVILEGE}, to="max")
    release(stocked, reference, "max")
    entry = one(stocked, RegisterName.OUTSIDE_BODY)
    assert (entry["decided_by"], entry["decided_role"]) == ("dora", "data-controller")
    assert (entry["outcome"], entry["codes"]) == ("part", ("privilege",))
    assert entry["decided_on"] == entry["released_on"] == date(2026, 11, 24)
    assert one(stocked, RegisterName.DISCLOSURE)["recipient"] == "Avon and Somerset Police"


@pytest.mark.parametrize(
    "again",
    [
        {FurtherParticular.ANSWER_BY: "2026-12-20"},
        {FurtherParticular.RECEIVED: "2026-11-03"},
        {FurtherParticular.URGENT: "yes"},
    ],
    ids=["the order's day", "the day of receipt", "urgent"],
)
def test_it_says_that_the_day_of_an_order_was_put_right(
    stocked: House, again: dict[FurtherParticular, str]
) -> None:
    told = {"legal_basis": "court-order", "received": "2026-11-02", "answer_by": "2026-11-20"}
    reference, sam = ask(stocked, OUTSIDE_BODY, **told), signed_in(stocked, "sam")
    amend_particulars(
        stocked.practice,
        sam,
        reference,
        Answers(further={FurtherParticular.REFERENCE: "Claim No. G00BS417"}),
    )
    before = one(stocked, RegisterName.OUTSIDE_BODY)
    assert (before["due_on"], before["put_right"]) == (date(2026, 11, 20), False)
    amend_particulars(stocked.practice, sam, reference, Answers(further=again))
    assert one(stocked, RegisterName.OUTSIDE_BODY)["put_right"] is True


def test_what_a_second_decision_grants_is_withheld_no_more(stocked: House) -> None:
    reference = ask(stocked, OUTSIDE_BODY)
    approve(stocked, reference, "dora", recordings=(1,), to="max")
    entry = one(stocked, RegisterName.OUTSIDE_BODY)
    assert (entry["outcome"], entry["codes"]) == ("part", ("not-approved",))
    approve(stocked, reference, "dora", recordings=(2,), to="max")
    entry = one(stocked, RegisterName.OUTSIDE_BODY)
    assert (entry["outcome"], entry["codes"]) == ("granted", ())


def test_what_was_revoked_and_then_withheld_is_not_granted(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS, received="2026-11-20")
    approve(stocked, reference, "dora")
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    approve(stocked, reference, "dora", withheld={2: Ground.THIRD_PARTY})
    entry = one(stocked, RegisterName.RIGHTS_REQUESTS)
    assert (entry["outcome"], entry["codes"]) == ("part", ("third-party",))


def test_an_auditor_sees_that_a_body_asked_and_not_which(stocked: House) -> None:
    ask(stocked, OUTSIDE_BODY)
    entry = one(stocked, RegisterName.OUTSIDE_BODY, "ava")
    who = ("body", "officer", "rank", "their_reference", "subject_may_be_told")
    why = ("legal_basis", "confidentiality", "necessity", "prejudice")
    assert {entry[column] for column in (*who, *why)} == {None}


ABOUT_PAT = ("Pat Ellison", "Reception")


def ask_about(house: House, parties: tuple[str, ...], may_be_told: str) -> str:
    further = further_of(OUTSIDE_BODY, subject_may_be_told=may_be_told)
    asks = said(OUTSIDE_BODY, further=further, parties=parties)
    actor = logged_in(house, "sam")
    made = create_request(house.practice, actor, purpose=OUTSIDE_BODY, answers=asks, recordings=[1])
    return made.reference


@pytest.mark.parametrize(
    ("may_be_told", "for_pat"), [("yes", ["R-1", "R-2"]), ("no", ["R-1"])], ids=["may", "may-not"]
)
def test_who_must_not_be_told_does_not_read_of_it(
    stocked: House, may_be_told: str, for_pat: list[str]
) -> None:
    ask_about(stocked, ("Reception",), "no")
    reference = ask_about(stocked, ABOUT_PAT, may_be_told)
    shown = [entry["request"] for entry in entries(stocked, RegisterName.OUTSIDE_BODY, "pat")]
    assert shown == for_pat
    for login in ("dora", "ava"):
        assert len(entries(stocked, RegisterName.OUTSIDE_BODY, login)) == 2
    approve(stocked, reference, "dora", to="max")
    release(stocked, reference, "max")
    disclosed = entries(stocked, RegisterName.DISCLOSURE, "pat")
    assert [entry["request"] for entry in disclosed] == [r for r in for_pat if r == reference]


def test_who_decides_it_reads_of_it_though_he_took_the_call(stocked: House) -> None:
    ask_about(stocked, ("Dora Whitlock",), "no")
    assert one(stocked, RegisterName.OUTSIDE_BODY)["request"] == "R-1"


# Holds.


def test_the_hold_of_a_request_stands_in_its_register(stocked: House) -> None:
    reference = ask(stocked, SUBJECT_ACCESS)
    placed_at = stocked.at
    entry = one(stocked, RegisterName.HOLDS, "ava")
    assert (entry["hold"], entry["request"], entry["placed_by"]) == ("H-1", reference, "sam")
    assert (entry["purpose"], entry["placed_at"]) == ("subject-access", placed_at)
    assert (entry["lifted_at"], entry["lifted_by"]) == (None, ())
    stocked.at += timedelta(hours=1)
    withdraw_request(stocked.practice, signed_in(stocked, "sam"), reference)
    entry = one(stocked, RegisterName.HOLDS)
    assert (entry["state"], entry["lifted_by"]) == ("lifted", ("sam",))
    assert entry["lifted_at"] == stocked.at


def test_a_hold_placed_by_hand_is_lifted_by_two(stocked: House) -> None:
    place_hold(stocked.practice, signed_in(stocked, "max"), [1, 3], reason=ANOTHER_REASON)
    placed = one(stocked, RegisterName.HOLDS)
    assert (placed["request"], placed["purpose"], placed["recordings"]) == (None, None, 2)
    lift_hold(
        stocked.practice,
        signed_in(stocked, "dora"),
        1,
        reason=ANOTHER_REASON,
        countersigner=signed_in(stocked, "pat"),
    )
    assert one(stocked, RegisterName.HOLDS)["lifted_by"] == ("dora", "pat")


def test_a_hold_taken_out_of_the_catalogue_is_missed(stocked: House) -> None:
    place_hold(stocked.practice, signed_in(stocked, "max"), [1], reason=ANOTHER_REASON)
    by_sql(stocked, "DELETE FROM held")
    by_sql(stocked, "DELETE FROM hold")
    with pytest.raises(Tampered):
        extract(stocked, RegisterName.HOLDS)


# Incidents.


@pytest.mark.parametrize("login", ["dora", "ava"])
def test_an_incident_stands_in_its_register_with_what_the_law_wants(
    stocked: House, login: str
) -> None:
    settled(stocked)
    entry = one(stocked, RegisterName.INCIDENTS, login)
    assert (entry["incident"], entry["what"], entry["told"]) == ("I-1", WHAT, "mia")
    assert entry["due_at"] == entry["noticed_at"] + timedelta(hours=72)
    assert entry["effects"] == "Two heard it."
    assert (entry["likelihood"], entry["impact"], entry["must_be_reported"]) == (2, 2, False)
    assert (entry["outcome"], entry["closed_on"]) == ("not-reported", date(2026, 11, 24))
    assert (entry["reason"], entry["delay_reason"], entry["still_missing"]) == (WHY, None, ())


def test_an_open_incident_says_what_is_still_missing(stocked: House) -> None:
    an_incident(stocked, recordings=(1, 2))
    entry = one(stocked, RegisterName.INCIDENTS)
    assert (entry["state"], entry["recordings"], entry["reported_by"]) == ("open", 2, "sam")
    assert (entry["outcome"], entry["closed_on"], entry["reason"]) == (None, None, None)
    assert "nature" in entry["still_missing"]


IN_NO_FORM: dict[str, dict[str, Any]] = {
    "a time after all": {"noticed_at": datetime(9999, 12, 31, tzinfo=UTC)},
    "a time before all": {"noticed_at": datetime(1, 1, 1, tzinfo=UTC)},
    "recordings that are none": {"recordings": ({"a": 1},)},
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # it is written all the same
@pytest.mark.parametrize("said", IN_NO_FORM.values(), ids=IN_NO_FORM)
def test_an_incident_that_does_not_open_takes_no_other_out_of_the_register(
    stocked: House, said: dict[str, Any]
) -> None:
    an_incident(stocked)
    own_report(stocked, "ava", **said)
    good, bad = entries(stocked, RegisterName.INCIDENTS)
    assert (good["incident"], good["what"], good["fault"]) == ("I-1", WHAT, None)
    assert (bad["incident"], bad["state"]) == ("I-2", "does not open")
    assert (bad["reported_by"], bad["told"], bad["what"]) == ("ava", "mia", None)
    assert "incident I-2 does not open" in bad["fault"]
    register = RegisterName.INCIDENTS
    assert extract(stocked, register, until=stocked.at - timedelta(days=9)).entries == (bad,)


def test_a_complaint_stands_in_its_register_with_what_the_law_wants(stocked: House) -> None:
    a_complaint(stocked, request=a_request(stocked))
    open_ = one(stocked, RegisterName.COMPLAINTS, "ava")
    assert (open_["complaint"], open_["what"], open_["complainant"]) == ("C-1", WRONG, COMPLAINANT)
    assert (open_["state"], open_["due_on"], open_["outcome"]) == (
        "received", date(2026, 12, 24), None
    )  # fmt: skip
    acknowledged(stocked)
    progressed(stocked)
    answered(stocked)
    entry = one(stocked, RegisterName.COMPLAINTS)
    assert (entry["acknowledged_on"], entry["was_late"]) == (date(2026, 11, 24), False)
    assert entry["progress"] == (f"2026-11-24 {DONE}",)
    assert (entry["acknowledged_entered_on"], entry["answered_entered_on"]) == (
        date(2026, 11, 24), date(2026, 11, 24)
    )  # fmt: skip
    assert entry["answered_by"] == "dora"
    assert (entry["outcome"], entry["answered_how"], entry["reason"]) == ("upheld", "letter", FOUND)
    assert (entry["request"], entry["entered_by"]) == ("R-1", "sam")


def test_a_complaint_that_does_not_open_takes_no_other_out_of_the_register(
    stocked: House,
) -> None:
    a_complaint(stocked)
    own_complaint(stocked, "sam", ComplaintAct.RECEIVED, None)
    good, bad = entries(stocked, RegisterName.COMPLAINTS)
    assert (good["complaint"], good["what"], good["fault"]) == ("C-1", WRONG, None)
    assert (bad["complaint"], bad["state"], bad["entered_by"]) == ("C-2", "does not open", "sam")
    told = type_in(stocked, "dora", "register", "complaints")
    assert told.status == 5
    assert "complaints that do not open as they were entered: C-2 by sam" in told.err
    assert "callrec complaint receive" in told.err


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # it is written all the same
def test_the_register_is_shown_and_says_whose_incident_does_not_open(stocked: House) -> None:
    an_incident(stocked)
    own_report(stocked, "ava", recordings=({"a": 1},))
    told = type_in(stocked, "dora", "register", "incidents")
    assert told.status == Tampered.exit_status
    assert "I-1" in told.out
    assert "I-2 by ava" in told.err


def test_an_incident_sealed_to_none_of_its_readers_takes_no_other_away(stocked: House) -> None:
    an_incident(stocked)
    an_incident(stocked, "ava")
    by_sql(
        stocked,
        "DELETE FROM incident_key WHERE holder IN ('audit', 'catalogue') AND incident ="
        " (SELECT id FROM incident WHERE number = 2)",
    )
    good, bad = entries(stocked, RegisterName.INCIDENTS)
    assert (good["state"], bad["state"], bad["reported_by"]) == ("open", "does not open", "ava")


def test_an_incident_that_stands_in_no_leaf_keeps_its_line(stocked: House) -> None:
    an_incident(stocked)
    by_sql(
        stocked,
        "INSERT INTO incident SELECT :id, 2, version, reporter, told, aware_at, state"
        " FROM incident",
        id="7" * 32,
    )
    good, bad = entries(stocked, RegisterName.INCIDENTS)
    assert (good["state"], bad["state"], bad["reported_by"]) == ("open", "does not open", None)


# The page.


def test_the_page_has_every_register_with_every_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "registers.md").read_text(
        encoding="utf-8"
    )
    parts = dict(part.partition("\n")[::2] for part in page.split("\n## "))
    for register, source in REGISTER_SOURCES.items():
        told = re.findall(r"`([a-z_]+)`( †)?", _first_cells(parts[register]))
        assert sorted(name for name, _ in told) == sorted(f.name for f in fields(source.entry))
        assert [name for name, mark in told if mark] == [source.entered] * bool(source.entered)


def _first_cells(part: str) -> str:
    return "\n".join(re.findall(r"^\| ([^|]*) \|", part, re.MULTILINE))
