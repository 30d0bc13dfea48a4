"""What waits for one person."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from attacks.everything import catalogue_of
from callrec.archive.volumes import LossReport, report_lost
from callrec.catalogue.requests import PREPARED, set_grants_state
from callrec.errors import Tampered
from callrec.login.unlock import AwaitingConfirmation, log_in
from callrec.office.inbox import read_inbox
from callrec.office.status import read_status
from callrec.people.powers import disable_person
from callrec.policy.particulars import UNKNOWN
from callrec.policy.purpose import Purpose
from callrec.policy.role import Power, Role
from callrec.practice import writing
from callrec.requests.amend import attach_recordings
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.event import close_request
from house.commands import done, type_in
from house.drives import archive, drive, stand_alone
from house.erasures import erase
from house.handed_over import hand_over, released
from house.listening import hear
from house.packages import release
from house.people import change_role, confirm_person, lend_power, reset_person
from house.practices import House, password_of
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    further_of,
    last_leaf,
    logged_in,
    pass_days,
    request_id,
    signed_in,
    third_parties_checked,
)

TO_ARCHIVE = ("calls", "archive")


def inbox(house: House, login: str) -> list[tuple[str, str]]:
    items = read_inbox(house.practice, logged_in(house, login))
    return [(item.reference, str(item.waits_to)) for item in items]


@pytest.mark.parametrize(
    ("login", "waits"),
    {"dora": ["R-2", "R-1"], "max": ["R-1"], "sam": [], "ava": [], "mia": []}.items(),
)
def test_requests_wait_for_whoever_decides_them(
    stocked: House, login: str, waits: list[str]
) -> None:
    a_request(stocked, "mia")
    a_request(stocked, "sam", purpose=Purpose.OUTSIDE_BODY)
    assert inbox(stocked, login) == [(reference, "decide") for reference in waits]


def test_what_one_has_changed_waits_for_somebody_else(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    attach_recordings(stocked.practice, logged_in(stocked, "max"), reference, [2])
    assert inbox(stocked, "max") == []
    assert inbox(stocked, "mia") == [("R-1", "decide")]


def test_what_nobody_may_decide_waits_for_who_could_lend_that(stocked: House) -> None:
    dora = signed_in(stocked, "dora")
    change_role(stocked.practice, dora, login="pat", role=Role.DATA_CONTROLLER)
    stocked.open()
    about = further_of(Purpose.SUBJECT_ACCESS, subject="Dora Whitlock")
    made = a_request(stocked, "pat", purpose=Purpose.SUBJECT_ACCESS, further=about)
    for login in ("dora", "pat"):
        (item,) = read_inbox(stocked.practice, logged_in(stocked, login))
        assert (item.reference, item.waits_to, item.nobody_else) == (made, "decide", True)
    lent = {"power": Power.DECIDE_RESERVED, "until": date(2026, 12, 31)}
    lend_power(stocked.practice, signed_in(stocked, "pat"), login="max", **lent)
    stocked.open()
    assert inbox(stocked, "max") == [(made, "decide")]
    assert inbox(stocked, "dora") == inbox(stocked, "pat") == []


def test_what_is_decided_waits_no_more(stocked: House) -> None:
    reference = a_request(stocked)
    deny_request(stocked.practice, logged_in(stocked, "mia"), reference, reason=ANOTHER_REASON)
    assert inbox(stocked, "max") == []


def test_what_was_granted_waits_for_its_person(granted: House) -> None:
    (item,) = read_inbox(granted.practice, logged_in(granted, "sam"))
    assert (item.reference, item.waits_to, item.recordings) == ("R-1", "hear", 2)
    assert inbox(granted, "max") == []


def test_what_was_heard_waits_to_be_closed_after_its_grants_have_ended(granted: House) -> None:
    hear(granted, "R-1", 1, "sam", attended=("nobody",))
    hear(granted, "R-1", 2, "sam", attended=("nobody",))
    other = a_request(granted, "sam")
    approve(granted, other, "dora", to="sam")
    hear(granted, other, 1, "sam", attended=("nobody",))
    assert inbox(granted, "sam") == [("R-1", "close"), ("R-2", "hear")]
    revoke_grants(granted.practice, signed_in(granted, "dora"), other, reason=ANOTHER_REASON)
    assert ("R-2", "close") in inbox(granted, "sam")
    pass_days(granted, 400)
    assert inbox(granted, "sam") == [("R-1", "close"), ("R-2", "close")]
    typed = type_in(granted, "sam", "inbox").out
    assert "to close" in typed
    assert "until" not in typed
    disable_person(granted.practice, signed_in(granted, "dora"), login="sam")
    granted.open()
    assert {*inbox(granted, "max")} >= {("R-1", "close"), ("R-2", "close")}
    close_request(granted.practice, signed_in(granted, "max"), "R-1")
    assert ("R-1", "close") not in inbox(granted, "max")


def without_foreign_keys(house: House, statement: str) -> None:
    """What somebody does to the database with a program of their own."""
    house.close()
    with closing(sqlite3.connect(catalogue_of(house), isolation_level=None)) as database:
        assert database.execute(statement).rowcount > 0
    house.open()


CHANGED = {
    "state": "UPDATE request SET state = 'denied' WHERE number = 2",
    "requester": "UPDATE request SET requester = (SELECT id FROM person WHERE login = 'max')"
    " WHERE number = 2",
    "purpose": "UPDATE request SET purpose = 'disposal' WHERE number = 2",
    "gone": "DELETE FROM request WHERE number = 2",
}


@pytest.mark.parametrize("change", CHANGED)
def test_no_list_follows_a_changed_row(stocked: House, change: str) -> None:
    """A request with a statutory day would wait for nobody, and nobody would know."""
    a_request(stocked)
    a_request(stocked, "dora", purpose=Purpose.SUBJECT_ACCESS)
    ways = (["inbox"], ["status"], ["request", "list"])
    assert [type_in(stocked, "mia", *words).status for words in ways] == [0, 0, 0]
    without_foreign_keys(stocked, CHANGED[change])
    for words in ways:
        answer = type_in(stocked, "mia", *words)
        assert answer.status == Tampered.exit_status, answer
        assert 'of the table "request"' in answer.err


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM grant_",
        "UPDATE grant_ SET person = (SELECT id FROM person WHERE login = 'max')",
    ],
)
def test_no_list_follows_grants_that_somebody_took_away(granted: House, change: str) -> None:
    by_sql(granted, change)
    for words in (["inbox"], ["status"], ["request", "list"]):
        answer = type_in(granted, "sam", *words)
        assert answer.status == Tampered.exit_status, answer
        assert "grant_" in answer.err


def test_what_is_being_released_waits_no_more(granted: House) -> None:
    sam, request = signed_in(granted, "sam"), request_id(granted, "R-1")
    with writing(granted.practice, sam.signer) as act:
        set_grants_state(act.connection, request, sam.person.id, PREPARED)
        act.leaf("request.shown", actor=sam.person.id, subject=[request])
    assert inbox(granted, "sam") == []


def test_what_is_due_or_lapses_soonest_comes_first(granted: House) -> None:
    a_request(granted, "mia")
    second = a_request(granted, "mia")
    approve(granted, second, "pat", to="max", until=date(2026, 11, 25))
    a_request(granted, "mia", purpose=Purpose.SUBJECT_ACCESS)
    assert inbox(granted, "max") == [("R-3", "hear"), ("R-2", "decide")]
    assert inbox(granted, "dora") == [("R-4", "decide"), ("R-2", "decide")]  # its target is past


def test_what_only_its_maker_may_decide_waits_for_him(stocked: House) -> None:
    a_request(stocked, "dora", purpose=Purpose.OUTSIDE_BODY)
    a_request(stocked, "dora")
    alone = read_inbox(stocked.practice, logged_in(stocked, "dora"))
    assert [(item.reference, item.nobody_else) for item in alone] == [("R-1", True)]
    assert inbox(stocked, "max") == [("R-2", "decide")]


def test_what_has_lapsed_waits_for_nobody(granted: House) -> None:
    """A grant that nobody used leaves its request to be decided again, for as many days."""
    a_request(granted, "mia")
    pass_days(granted, 15)
    assert inbox(granted, "sam") == []
    assert [each for each in inbox(granted, "max") if each != TO_ARCHIVE] == [("R-1", "decide")]
    pass_days(granted, 15)
    assert inbox(granted, "max") == [TO_ARCHIVE]


def test_what_was_heard_and_not_answered_waits_again_once_it_was_revoked(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    approve(stocked, reference, "dora")
    hear(stocked, reference, attended=("nobody",))
    assert inbox(stocked, "dora") == []
    revoke_grants(stocked.practice, signed_in(stocked, "dora"), reference, reason=ANOTHER_REASON)
    assert inbox(stocked, "dora") == [(reference, "decide")]


def test_what_the_practice_has_heard_for_itself_does_not(granted: House) -> None:
    hear(granted)
    pass_days(granted, 15)
    assert inbox(granted, "max") == [TO_ARCHIVE]


def test_it_opens_nothing_and_writes_nothing(granted: House) -> None:
    before = last_leaf(granted)
    read_inbox(granted.practice, logged_in(granted, "ava"))
    assert last_leaf(granted) == before


def test_what_was_heard_and_not_sent_waits_for_whoever_may_send_it(stocked: House) -> None:
    a_request(stocked, "mia", purpose=Purpose.SUBJECT_ACCESS)
    approve(stocked, "R-1", "dora", to="sam")
    assert inbox(stocked, "sam") == [("R-1", "hear")]
    hear(stocked, attended=("nobody",))
    assert inbox(stocked, "sam") == [("R-1", "send")]
    assert read_status(stocked.practice, None).heard_not_sent == ("R-1",)
    third_parties_checked(stocked, "mia")
    release(stocked)
    assert read_status(stocked.practice, None).heard_not_sent == ()


def test_of_several_that_were_heard_all_are_sent(stocked: House) -> None:
    a_request(stocked, "mia", purpose=Purpose.SUBJECT_ACCESS)
    approve(stocked, "R-1", "dora", to="sam")
    hear(stocked, attended=("nobody",))
    assert "next: callrec release R-1" in type_in(stocked, "sam", "inbox").err


def test_what_was_heard_and_answers_nobody_outside_is_not_sent(granted: House) -> None:
    hear(granted)
    assert inbox(granted, "sam") == [("R-1", "hear")]
    assert read_status(granted.practice, None).heard_not_sent == ()


def test_a_release_that_nobody_has_yet_waits_for_who_released_it(granted: House) -> None:
    released(granted)
    assert inbox(granted, "sam") == [("R-1", "record")]
    assert inbox(granted, "max") == []
    hand_over(granted)
    assert inbox(granted, "sam") == []


def test_it_counts_what_is_in_the_package(stocked: House) -> None:
    approve(stocked, a_request(stocked), recordings=(1,))
    released(stocked)
    (item,) = read_inbox(stocked.practice, logged_in(stocked, "sam"))
    assert (str(item.waits_to), item.recordings) == ("record", 1)


def test_once_who_released_it_has_left_it_waits_for_who_decides(granted: House) -> None:
    released(granted)
    disable_person(granted.practice, granted.actor("dora"), login="sam")
    granted.open()
    assert inbox(granted, "max") == [("R-1", "record")]


def test_calls_that_lie_on_no_drive_for_a_week_wait_for_who_archives(stocked: House) -> None:
    left = read_status(stocked.practice, None).unarchived
    assert left is not None
    assert (left.recordings, left.since) == (3, stocked.at)
    assert inbox(stocked, "max") == []
    pass_days(stocked, 7)
    assert inbox(stocked, "max") == [TO_ARCHIVE]
    assert inbox(stocked, "sam") == []
    warnings = read_status(stocked.practice, None).warnings
    assert any("to be archived since" in each for each in warnings)


def test_what_lies_on_another_disk_waits_for_nobody_till_that_is_lost(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_alone(monkeypatch)
    archive(stocked, drive(stocked))
    pass_days(stocked, 30)
    assert read_status(stocked.open(), None).unarchived is None
    assert inbox(stocked, "max") == []
    loss = LossReport(label="drive-a", noticed_at=stocked.now())
    report_lost(stocked.practice, stocked.actor("max"), loss)
    left = read_status(stocked.open(), None).unarchived
    assert left is not None
    assert left.recordings == 3
    assert TO_ARCHIVE in inbox(stocked, "max")


def test_an_approved_erasure_waits_for_each_who_may_carry_it_out_and_is_heard_by_nobody(
    stocked: House,
) -> None:
    reference = a_request(stocked, "max", purpose=Purpose.ERASURE, recordings=[1])
    approve(stocked, reference, "dora", to="max", recordings=(1,))
    assert inbox(stocked, "max") == []
    assert inbox(stocked, "dora") == [(reference, "carry out")]
    assert "next: callrec request erase R-1" in type_in(stocked, "dora", "inbox").err
    erase(stocked, reference)
    assert inbox(stocked, "dora") == []


def test_of_several_to_be_heard_the_command_names_one(granted: House) -> None:
    told = type_in(granted, "sam", "inbox").err
    assert "next: callrec listen R-1 1" in told


def test_one_that_names_no_recording_yet_waits_for_its_maker_who_may_search(
    stocked: House,
) -> None:
    reference = a_request(stocked, "max", recordings=())
    assert inbox(stocked, "max") == [(reference, "attach")]
    assert f"next: callrec request gather {reference}" in type_in(stocked, "max", "inbox").err
    # To decide it is to say that there is none.
    assert f"next: callrec request show {reference}" in type_in(stocked, "dora", "inbox").err
    done(stocked, "max", "request", "attach", reference, "1")
    assert inbox(stocked, "max") == []


def test_of_one_that_describes_no_call_the_command_says_whose_calls_it_asks_for(
    stocked: House,
) -> None:
    reference = a_request(
        stocked, "max", recordings=(), number=UNKNOWN, day=UNKNOWN, parties=UNKNOWN
    )
    assert inbox(stocked, "max") == [(reference, "attach")]
    amend = ("request", "amend", reference, "--number")
    assert f"next: callrec {' '.join(amend)} NUMBER" in type_in(stocked, "max", "inbox").err
    done(stocked, "max", *amend, "07700 900123")
    assert f"next: callrec request gather {reference}" in type_in(stocked, "max", "inbox").err


def test_one_for_which_nothing_was_found_waits_to_be_decided_until_it_is_changed(
    stocked: House,
) -> None:
    reference = a_request(stocked, "max", recordings=(), number="01632 960999")
    done(stocked, "max", "request", "gather", reference)
    assert inbox(stocked, "max") == []
    assert (reference, "decide") in inbox(stocked, "dora")
    done(stocked, "max", "request", "amend", reference, "--number", "07700 900123")
    assert inbox(stocked, "max") == [(reference, "attach")]


def test_one_about_a_person_is_not_theirs_to_gather_for(stocked: House) -> None:
    further = further_of(Purpose.ABUSIVE_CALL, affected="max")
    reference = a_request(
        stocked, "sam", purpose=Purpose.ABUSIVE_CALL, recordings=(), further=further
    )
    assert (reference, "attach") not in inbox(stocked, "max")
    assert (reference, "attach") in inbox(stocked, "mia")


def test_one_by_whoever_may_not_search_waits_for_those_who_may(stocked: House) -> None:
    reference = a_request(stocked, "sam", recordings=())
    assert (reference, "attach") in inbox(stocked, "max")
    assert (reference, "attach") not in inbox(stocked, "sam")


def test_a_new_key_waits_for_the_data_controller_to_confirm_it(stocked: House) -> None:
    given, own = "seven purple otters dance slowly", password_of("another")
    dora = stocked.actor("dora")
    reset_person(stocked.practice, dora, login="max", password=given)
    stocked.open()
    assert inbox(stocked, "dora") == []
    made = log_in(
        stocked.open(),
        login="max",
        password=given,
        new_password=lambda: own,
        environ=stocked.environ,
    )
    stocked.open()
    assert inbox(stocked, "dora") == [("max", "confirm")]
    assert "next: callrec user confirm max" in type_in(stocked, "dora", "inbox").err
    assert "1 waits for you" in done(stocked, "dora", "status")
    assert isinstance(made, AwaitingConfirmation)
    dora = stocked.actor("dora")
    confirm_person(stocked.open(), dora, login="max", fingerprint=made.fingerprint)
    stocked.open()
    assert inbox(stocked, "dora") == []


def test_status_says_the_whole_command_that_records_a_handover(stocked: House) -> None:
    reference = a_request(stocked, "sam", purpose=Purpose.COMPLAINT, recordings=[1])
    approve(stocked, reference)
    released(stocked, reference)
    command = f"callrec request event {reference} handed-over --on DATE --by CHANNEL"
    assert command in done(stocked, "sam", "status")
