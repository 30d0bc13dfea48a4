"""Who must not learn of a request learns of it by no incident and no complaint about it.

DPA 2018 Sch 2 Pt 1 para 2. R-1 is of the police, about Pat, who may read the audit log; R-2 is of
the police too, about somebody else. Of each there is an incident and a complaint, and C-3 is about
the incident of the first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from callrec.complaints.show import complaint_warnings, list_complaints, show_complaint
from callrec.config import Mail
from callrec.errors import NotFound, Refused
from callrec.incidents.incident import update_incident
from callrec.incidents.show import incident_warnings, list_incidents, show_incident
from callrec.mail.outbox import list_messages
from callrec.office.inbox import read_inbox
from callrec.office.reminding import queue_reminders
from callrec.policy.breach import Findings
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import Answers
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import RegisterName
from callrec.policy.role import Power
from callrec.practice import Actor, Practice
from callrec.registers.audit import LogFilter, list_audit
from callrec.registers.registers import read_register
from callrec.requests.amend import amend_particulars, would_cost_the_decision
from callrec.requests.ask import create_request
from callrec.search.reviews import Sample, draw_searches
from house.complaints import a_complaint
from house.incidents import an_incident
from house.lived_in import search
from house.mailbox import use_mail
from house.people import lend_power
from house.practices import House
from house.requests import further_of, logged_in, said, signed_in
from registers.test_audit_verify import edit

REFUSED = LogFilter(action="incident")

MAIL = {
    "host": "mail.practice.test",
    "sender": "callrec@practice.test",
    "people": {login: f"{login}@practice.test" for login in ("dora", "pat", "max")},
}

SEEN, HIDDEN = ["C-2", "I-2"], ["C-1", "C-3", "I-1"]


def of_the_police(house: House, *parties: str, may_be_told: str = "no") -> str:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told=may_be_told)
    asks = said(Purpose.OUTSIDE_BODY, further=further, parties=parties)
    sam = logged_in(house, "sam")
    return create_request(
        house.practice, sam, purpose=Purpose.OUTSIDE_BODY, answers=asks, recordings=[1]
    ).reference


@pytest.fixture
def police(stocked: House) -> House:
    for parties in (("Pat Ellison", "Reception"), ("Reception",)):
        request = of_the_police(stocked, *parties)
        an_incident(stocked, "sam", tell="dora", request=request, recordings=[1])
        a_complaint(stocked, "sam", request=request)
    a_complaint(stocked, "sam", incident="I-1")
    return stocked


def in_lists(practice: Practice, actor: Actor) -> set[str]:
    incidents = {each.reference for each in list_incidents(practice, actor)}
    return incidents | {each.reference for each in list_complaints(practice, actor)}


def in_registers(practice: Practice, actor: Actor) -> set[str]:
    found: set[str] = set()
    for register, of in (
        (RegisterName.INCIDENTS, "incident"),
        (RegisterName.COMPLAINTS, "complaint"),
    ):
        extract = read_register(practice, actor, register, since=None, until=None)
        found |= {str(entry[of]) for entry in extract.entries}
    return found


def in_the_log(practice: Practice, actor: Actor) -> set[str]:
    leaves, _ = list_audit(practice, actor, LogFilter(), limit=1000)
    return {name for leaf in leaves for name in leaf.subject if name[:2] in {"I-", "C-"}}


def in_warnings(practice: Practice, actor: Actor | None) -> set[str]:
    warned = " ".join((*incident_warnings(practice, actor), *complaint_warnings(practice, actor)))
    return {reference for reference in (*SEEN, *HIDDEN) if reference in warned}


@pytest.mark.parametrize("read", [in_lists, in_registers, in_the_log])
def test_no_list_tells_whom_it_must_not(
    police: House, read: Callable[[Practice, Actor], set[str]]
) -> None:
    assert sorted(read(police.practice, signed_in(police, "pat"))) == SEEN
    assert sorted(read(police.practice, signed_in(police, "dora"))) == sorted(SEEN + HIDDEN)


def test_nor_where_somebody_took_away_what_tells_that_they_are_about_it(police: House) -> None:
    """No entry is found that made one, as by a false index; then nobody can tell what it names."""
    edit(police, "DELETE FROM leaf WHERE instr(body, CAST('incident.reported' AS BLOB)) > 0")
    assert not {*in_lists(police.practice, signed_in(police, "pat"))} & {*HIDDEN}


def test_who_would_lose_the_power_to_decide_it_is_not_asked_whether_they_would(
    police: House,
) -> None:
    lent: dict[str, Any] = {"power": Power.DECIDE_RESERVED, "until": date(2026, 12, 31)}
    lend_power(police.practice, signed_in(police, "dora"), login="pat", **lent)
    police.open()
    asked = [
        would_cost_the_decision(police.practice, signed_in(police, login), "R-1")
        for login in ("pat", "dora")
    ]
    assert asked == [False, True]


def test_no_warning_tells_them(police: House) -> None:
    assert in_warnings(police.practice, logged_in(police, "pat")) == {"I-2"}
    assert in_warnings(police.practice, logged_in(police, "max")) == {"I-1", "I-2"}
    assert in_warnings(police.practice, None) == set()  # they might log out


def test_nor_does_the_inbox_nor_a_reminder_though_the_power_was_lent_to_them(
    police: House,
) -> None:
    use_mail(police, Mail.model_validate(MAIL))
    for power in (Power.GOVERN, Power.DECIDE_RESERVED):
        lent: dict[str, Any] = {"power": power, "until": date(2026, 12, 31)}
        lend_power(police.practice, signed_in(police, "dora"), login="pat", **lent)
        police.open()

    def waits(login: str) -> set[str]:
        return {each.reference for each in read_inbox(police.practice, logged_in(police, login))}

    assert {"I-2", "C-2"} <= waits("pat")
    assert not {*HIDDEN} & waits("pat")
    assert {*HIDDEN} <= waits("dora")
    queue_reminders(police.practice)
    told = {(each.login, each.message.about) for each in list_messages(police.practice)}
    assert {("dora", each) for each in ("I-1", "I-2")} <= told
    assert not [about for login, about in told if login == "pat"]


@pytest.mark.parametrize("reference", HIDDEN)
def test_it_is_not_there_for_them(police: House, reference: str) -> None:
    show: Any = show_incident if reference.startswith("I") else show_complaint
    for login in ("dora", "sam"):
        assert show(police.practice, signed_in(police, login), reference).reference == reference
    with pytest.raises(NotFound, match=f"^there is no .* {reference}$"):
        show(police.practice, signed_in(police, "pat"), reference)


def test_nor_is_it_for_what_they_would_add(police: House) -> None:
    pat = signed_in(police, "pat")
    with pytest.raises(NotFound):
        update_incident(police.practice, pat, "I-1", Findings(people="a patient"))
    with pytest.raises(NotFound):
        a_complaint(police, "pat", incident="I-1")


def test_nor_does_a_search_under_it_that_was_refused(stocked: House) -> None:
    request = of_the_police(stocked, "Pat Ellison")
    search(stocked, "sam", request)  # staff search nothing
    stocked.open()
    refused, seen = LogFilter(action="search"), {}
    for login in ("dora", "pat"):
        actor = signed_in(stocked, login)
        _, count = list_audit(stocked.practice, actor, refused, limit=9)
        drawn = draw_searches(stocked.practice, actor, Sample(9, 100), since=None)
        seen[login] = (count, drawn.waiting)
    assert seen == {"dora": (1, 1), "pat": (0, 0)}


def test_what_they_entered_themselves_they_know(stocked: House) -> None:
    request = of_the_police(stocked, "Pat Ellison", may_be_told="yes")
    a_complaint(stocked, "pat", request=request)
    a_complaint(stocked, "sam", request=request)
    told = Answers(further={FurtherParticular.SUBJECT_MAY_BE_TOLD: "no"})
    amend_particulars(stocked.practice, signed_in(stocked, "sam"), request, told)
    pat = signed_in(stocked, "pat")
    assert in_lists(stocked.practice, pat) == {"C-1"}
    assert show_complaint(stocked.practice, pat, "C-1").request == request


def test_nobody_else_than_who_decides_is_told_of_it(stocked: House) -> None:
    request = of_the_police(stocked, "Pat Ellison")
    with pytest.raises(Refused, match="told to somebody who decides it"):
        an_incident(stocked, "sam", tell="mia", request=request)
    stocked.open()
    lists = (
        list_audit(stocked.practice, signed_in(stocked, login), REFUSED, limit=9)
        for login in ("dora", "pat")
    )
    assert [count for _, count in lists] == [1, 0]
    assert an_incident(stocked, "sam", tell="dora", request=request) == "I-1"
