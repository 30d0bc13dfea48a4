"""Of whom an outside body asked that he is not told, to him there is no such request [4(f)]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from callrec.config import Mail
from callrec.errors import NotFound, Refused
from callrec.mail.outbox import list_messages
from callrec.notes.note import write_note
from callrec.office.inbox import read_inbox
from callrec.office.reminding import queue_reminders
from callrec.office.status import read_status
from callrec.policy.clause import Law
from callrec.policy.clock_events import ClockEvent, ClockEventKind
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import RegisterName, ReviewVerdict
from callrec.policy.role import Power
from callrec.policy.search import Criteria
from callrec.registers.audit import LogFilter, list_audit
from callrec.registers.dossier import read_dossier
from callrec.registers.registers import read_register
from callrec.requests.amend import attach_recordings
from callrec.requests.ask import create_request
from callrec.requests.decide import (
    Decision,
    approve_request,
    deny_request,
    preview_approval,
    revoke_grants,
)
from callrec.requests.event import (
    close_request,
    date_request,
    record_third_party_check,
    withdraw_request,
)
from callrec.requests.glass import review_glass
from callrec.requests.show import list_requests, show_request
from callrec.retention.holds import lift_hold, list_holds, show_hold
from callrec.search.reviews import Sample, draw_searches
from callrec.search.search import search_recordings
from callrec.search.show import show_recording
from callrec.search.subjects import show_subject
from house.listening import hear
from house.mailbox import use_mail
from house.packages import release
from house.people import lend_power
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    further_of,
    last_leaf,
    logged_in,
    pass_days,
    said,
    signed_in,
)
from house.subjects import a_person

PAT = ("Pat Ellison", "Reception")

MAIL = Mail.model_validate(
    {
        "host": "mail.practice.test",
        "sender": "callrec@practice.test",
        "people": {login: f"{login}@practice.test" for login in ("dora", "pat")},
    }
)


def the_police_ask(house: House, *, may_be_told: str = "no", by: str = "sam") -> str:
    """Of a call that pat took."""
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told=may_be_told)
    asks = said(Purpose.OUTSIDE_BODY, further=further, parties=PAT)
    made = create_request(
        house.practice,
        logged_in(house, by),
        purpose=Purpose.OUTSIDE_BODY,
        answers=asks,
        recordings=[1],
    )
    return made.reference


def listed(house: House, login: str) -> list[str]:
    return [each.reference for each in list_requests(house.practice, logged_in(house, login))]


def inbox(house: House, login: str) -> list[str]:
    return [each.reference for each in read_inbox(house.practice, logged_in(house, login))]


def logged(house: House, login: str) -> set[str]:
    """What the entries of the log are about, by a list of all of them."""
    actor = signed_in(house, login)
    entries, count = list_audit(house.practice, actor, LogFilter(), limit=1000)
    assert len(entries) == count
    return {name for entry in entries for name in entry.subject}


DEEDS: dict[str, Callable[[House, str], object]] = {
    "show": lambda house, ref: show_request(house.practice, signed_in(house, "pat"), ref),
    "dossier": lambda house, ref: read_dossier(house.practice, signed_in(house, "pat"), ref),
    "attach": lambda house, ref: attach_recordings(
        house.practice, signed_in(house, "pat"), ref, [2]
    ),
    "foresee": lambda house, ref: preview_approval(
        house.practice, signed_in(house, "pat"), ref, Decision()
    ),
    "approve": lambda house, ref: approve_request(
        house.practice, signed_in(house, "pat"), ref, Decision()
    ),
    "deny": lambda house, ref: deny_request(
        house.practice, signed_in(house, "pat"), ref, reason=ANOTHER_REASON
    ),
    "revoke": lambda house, ref: revoke_grants(
        house.practice, signed_in(house, "pat"), ref, reason=ANOTHER_REASON
    ),
    "close": lambda house, ref: close_request(house.practice, signed_in(house, "pat"), ref),
    "withdraw": lambda house, ref: withdraw_request(house.practice, signed_in(house, "pat"), ref),
    "date": lambda house, ref: date_request(
        house.practice,
        signed_in(house, "pat"),
        ref,
        ClockEvent(event=ClockEventKind.EXTENDED, on=date(2026, 11, 24)),
        reason=ANOTHER_REASON,
    ),
    "third parties": lambda house, ref: record_third_party_check(
        house.practice,
        signed_in(house, "pat"),
        ref,
        on=date(2026, 11, 24),
        assessment=ANOTHER_REASON,
        not_heard=dict.fromkeys(range(9), ANOTHER_REASON),
    ),
    "review": lambda house, ref: review_glass(
        house.practice, signed_in(house, "pat"), ref, verdict=ReviewVerdict.ACCEPTED
    ),
    "search": lambda house, ref: search_recordings(
        house.practice,
        signed_in(house, "pat"),
        criteria=[Criteria(number="+447700900123")],
        reason=None,
        request=ref,
        limit=None,
    ),
    "hear": lambda house, ref: hear(house, ref, login="pat"),
    "release": lambda house, ref: release(house, ref, "pat"),
    "show its hold": lambda house, _: show_hold(house.practice, signed_in(house, "pat"), 1),
    "lift its hold": lambda house, _: lift_hold(
        house.practice,
        signed_in(house, "pat"),
        1,
        reason=ANOTHER_REASON,
        countersigner=signed_in(house, "dora"),
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_by_its_number_it_is_as_one_that_there_is_not(stocked: House, deed: str) -> None:
    reference = the_police_ask(stocked)
    before = last_leaf(stocked).seq
    with pytest.raises(NotFound, match="there is no") as kept:
        DEEDS[deed](stocked, reference)
    leaf = last_leaf(stocked)  # of a search that failed alone, as of one that there is not
    assert leaf.seq == before or (leaf.act, leaf.subject) == ("search", ())
    hint = {"show its hold": "hold", "lift its hold": "hold"}.get(deed, "request")
    assert kept.value.hint == f"run callrec {hint} list"


def test_no_list_has_it(stocked: House) -> None:
    another = a_request(stocked, purpose=Purpose.COMPLAINT)
    reference = the_police_ask(stocked, by="dora")
    approve(stocked, reference, "dora", to="max", glass_reason=ANOTHER_REASON)
    pat = signed_in(stocked, "pat")
    assert listed(stocked, "pat") == [another]
    assert [each.reference for each in read_inbox(stocked.practice, pat)] == [another]
    assert [each.request for each in list_holds(stocked.practice, pat)] == [another]
    holds = read_register(stocked.practice, pat, RegisterName.HOLDS, since=None, until=None)
    assert [each["request"] for each in holds.entries] == [another]
    status = read_status(stocked.practice, pat)
    assert not [*status.overdue, *status.due_soon, *status.unreviewed_glass]
    assert not [each for each in status.warnings if reference in each]
    assert {another, "H-1"} <= logged(stocked, "pat")
    assert not {reference, "H-2"} & logged(stocked, "pat")


def test_a_look_at_somebody_whom_it_is_not_about_names_it_to_nobody_else(stocked: House) -> None:
    a_person(stocked)
    reference, max_ = the_police_ask(stocked), logged_in(stocked, "max")
    show_subject(stocked.practice, max_, "S-1", reason=None, request=reference)
    for login, knows in {"pat": False, "dora": True}.items():
        reader = signed_in(stocked, login)
        entries, _ = list_audit(stocked.practice, reader, LogFilter(action="search"), limit=9)
        assert [each.subject for each in entries] == knows * [(reference,), (reference,)]
        drawn = draw_searches(stocked.practice, reader, Sample(count=9, percent=0), since=None)
        assert [each.request for each in drawn.items] == knows * [reference]


@pytest.mark.parametrize("deed", ["show", "foresee", "approve", "deny", "revoke"])
def test_a_loan_of_what_decides_it_opens_it_to_nobody_from_whom_it_is_kept(
    stocked: House, deed: str
) -> None:
    reference = the_police_ask(stocked)
    lend_decisions(stocked)
    with pytest.raises(NotFound, match="there is no request"):
        DEEDS[deed](stocked, reference)
    assert listed(stocked, "pat") == inbox(stocked, "pat") == []


def lend_decisions(house: House) -> None:
    until, power = date(2026, 12, 31), Power.DECIDE_RESERVED
    lend_power(house.practice, signed_in(house, "dora"), login="pat", power=power, until=until)
    house.open()


def test_nor_does_the_mail_tell_them(stocked: House) -> None:
    use_mail(stocked, MAIL)
    the_police_ask(stocked)  # of which dora is notified, and not of the next
    lend_decisions(stocked)
    another = the_police_ask(stocked)
    assert {each.login for each in list_messages(stocked.practice)} == {"dora"}
    by_sql(stocked, "DELETE FROM outbox WHERE line LIKE :of", of=f"{another} %")
    pass_days(stocked, 5)
    queue_reminders(stocked.practice)
    assert {each.login for each in list_messages(stocked.practice)} == {"dora"}


def test_nobody_from_whom_it_is_kept_is_to_hear_it(stocked: House) -> None:
    reference = the_police_ask(stocked)
    with pytest.raises(Refused, match="nothing says that they may be told") as refused:
        approve(stocked, reference, "dora", to="pat")
    assert refused.value.clause is Law.CRIME
    with pytest.raises(Refused, match="nothing says that they may be told"):
        approve(stocked, reference, "dora", to="max", second=signed_in(stocked, "pat"))
    approve(stocked, reference, "dora", to="max")
    told = the_police_ask(stocked, may_be_told="yes")
    approve(stocked, told, "dora", to="pat")


@pytest.mark.parametrize("login", ["dora", "max", "ava"])
def test_others_know_of_it(stocked: House, login: str) -> None:
    reference = the_police_ask(stocked)
    assert listed(stocked, login) == [reference]
    if login != "max":
        assert {reference, "H-1"} <= logged(stocked, login)


def test_who_may_be_told_knows_of_it(stocked: House) -> None:
    reference = the_police_ask(stocked, may_be_told="yes")
    assert listed(stocked, "pat") == [reference]
    assert not show_request(stocked.practice, signed_in(stocked, "pat"), reference).in_full


def test_who_made_it_knows_of_it(stocked: House) -> None:
    reference = the_police_ask(stocked, by="pat")
    assert show_request(stocked.practice, signed_in(stocked, "pat"), reference).in_full
    assert listed(stocked, "pat") == [reference]


def test_to_log_out_shows_nothing_of_it(stocked: House) -> None:
    reference = the_police_ask(stocked)
    dora = signed_in(stocked, "dora")
    assert [each.reference for each in read_status(stocked.practice, dora).due_soon] == [reference]
    assert read_status(stocked.practice, None).due_soon == ()


def test_a_recording_tells_of_it_neither_by_its_state_nor_by_a_note(stocked: House) -> None:
    the_police_ask(stocked)
    write_note(
        stocked.practice,
        signed_in(stocked, "dora"),
        1,
        text="The other voice is her husband, who was not asked",
    )
    for login, knows in {"pat": False, "dora": True}.items():
        actor = logged_in(stocked, login)
        shown = show_recording(stocked.practice, actor, 1)
        assert (shown.call.held, bool(shown.notes)) == (knows, knows)
        found = search_recordings(
            stocked.practice,
            actor,
            criteria=[Criteria(number="+447700900123")],
            reason="A patient says that nobody rang back",
            request=None,
            limit=None,
        )
        assert {each.held for each in found.items if each.id == 1} == {knows}
