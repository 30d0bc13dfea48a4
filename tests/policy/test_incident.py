"""Infringements: who reports, who is told, who reads, who closes [policy, last paragraph]."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from callrec.errors import Refused, Tampered
from callrec.policy.clause import Clause, Law
from callrec.policy.incident import (
    IncidentAct,
    IncidentFacts,
    IncidentState,
    Outcome,
    check_account,
    check_may_be_notified,
    check_may_be_told_of,
    check_may_close,
    check_may_read,
    check_may_report,
    check_may_update,
    check_noticed,
    may_read,
    state_after,
)
from callrec.policy.purpose import Purpose
from callrec.policy.role import SERVICES, Person, Power, Role, Standing
from callrec.policy.words import in_words
from policy.builders import ANN, BEN, CAT, NOW, TODAY, a_person

REPORTED, UPDATED, CLOSED = IncidentAct


def test_of_the_request_of_the_police_no_manager_is_told_to_whom_the_power_is_lent() -> None:
    check_may_be_told_of(a_person(Role.DATA_CONTROLLER), Purpose.OUTSIDE_BODY)
    lent = a_person(Role.MANAGER, lent=Power.DECIDE_RESERVED)
    check_may_be_told_of(lent, Purpose.SUBJECT_ACCESS)
    with pytest.raises(Refused, match="told to somebody who decides it"):
        check_may_be_told_of(lent, Purpose.OUTSIDE_BODY)


READ_BY = (
    r"^an incident is read by who reported it, who was told, the Data Controller and who reads the"
    r" audit log \["
)
ADDED_BY = r"^an incident is added to by who reported it, who was told and the Data Controller \["


def an_incident(**facts: Any) -> IncidentFacts:
    said = {"reference": "I-3", "state": IncidentState.OPEN, "reporter": BEN, "told": CAT, **facts}
    return IncidentFacts(**said)


POSSIBLE = {
    (REPORTED,): IncidentState.OPEN,
    (REPORTED, UPDATED, UPDATED): IncidentState.OPEN,
    (REPORTED, CLOSED): IncidentState.CLOSED,
    (REPORTED, UPDATED, CLOSED, UPDATED): IncidentState.CLOSED,
}


@pytest.mark.parametrize(("acts", "state"), [*POSSIBLE.items()])
def test_an_incident_stands_where_its_events_led(
    acts: tuple[IncidentAct, ...], state: IncidentState
) -> None:
    assert state_after(acts) is state


@pytest.mark.parametrize(
    "acts",
    [(), (UPDATED,), (CLOSED,), (UPDATED, REPORTED), (REPORTED, REPORTED),
     (REPORTED, UPDATED, REPORTED), (REPORTED, CLOSED, CLOSED)],
)  # fmt: skip
def test_events_that_cannot_follow_each_other_are_tampering(
    acts: tuple[IncidentAct, ...],
) -> None:
    with pytest.raises(
        Tampered, match=r"^what happened to an incident cannot have happened in this order$"
    ):
        state_after(acts)


@pytest.mark.parametrize("role", [role for role in Role if role not in SERVICES])
def test_anybody_reports_even_without_any_power(role: Role) -> None:
    check_may_report(Person(ANN, role, frozenset()))


def test_a_service_reports_nothing() -> None:
    with pytest.raises(Refused, match=r"^a service reports nothing \[") as refused:
        check_may_report(a_person(Role.INTAKE))
    assert refused.value.clause is Clause.INFRINGEMENT
    assert (
        refused.value.hint == "the person who noticed it logs in and runs callrec incident report"
    )


@pytest.mark.parametrize("standing", [Standing.PROVISIONAL, Standing.CLAIMED, Standing.DISABLED])
def test_whose_key_is_not_confirmed_reports_nothing(standing: Standing) -> None:
    with pytest.raises(Refused):
        check_may_report(a_person(standing=standing))


def test_what_happened_is_told_in_a_sentence() -> None:
    check_account("I left the recording playing in the waiting room")
    with pytest.raises(Refused, match=r"^what happened is not told in a sentence \[") as refused:
        check_account("a slip")
    assert refused.value.clause is Clause.INFRINGEMENT
    assert refused.value.hint == (
        'say it in at least 20 characters and 3 different words: --what "…"'
    )


def test_what_is_noticed_now_or_was_before_can_be_reported() -> None:
    check_noticed(NOW, NOW)
    check_noticed(NOW - timedelta(days=900), NOW)


def test_nothing_is_noticed_in_the_future() -> None:
    with pytest.raises(Refused, match=r"^you cannot have noticed it in the future \[") as refused:
        check_noticed(NOW + timedelta(milliseconds=1), NOW)
    assert refused.value.clause is Clause.INFRINGEMENT
    assert refused.value.hint == 'say when it was noticed: --noticed "24/11/2026 9:30"'


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PARTNER, Role.DATA_CONTROLLER])
def test_a_line_manager_is_told(role: Role) -> None:
    check_may_be_notified(a_person(role, id=CAT), BEN)


@pytest.mark.parametrize("role", [Role.STAFF, Role.AUDITOR, Role.INTAKE])
def test_who_manages_nobody_is_not_told(role: Role) -> None:
    with pytest.raises(
        Refused, match=f"the role {in_words(role)} is nobody's line manager"
    ) as refused:
        check_may_be_notified(a_person(role, id=CAT), BEN)
    assert refused.value.clause is Clause.INFRINGEMENT
    assert refused.value.hint == "name a manager, a partner or the Data Controller: --tell USER"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PARTNER])
def test_nobody_tells_himself(role: Role) -> None:
    with pytest.raises(Refused, match=r"^nobody reports to themselves \[") as refused:
        check_may_be_notified(a_person(role, id=BEN), BEN)
    assert refused.value.clause is Clause.INFRINGEMENT
    assert refused.value.hint.startswith("name somebody else, or leave --tell out: the Data Contro")


def test_a_data_controller_has_nobody_above_him() -> None:
    check_may_be_notified(a_person(Role.DATA_CONTROLLER, id=BEN), BEN)


def test_who_is_disabled_is_told_nothing() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_be_notified(a_person(Role.MANAGER, standing=Standing.DISABLED), BEN)


READERS = {
    "the reporter": a_person(id=BEN),
    "who was told": a_person(Role.MANAGER, id=CAT),
    "the Data Controller": a_person(Role.DATA_CONTROLLER),
    "who governs by delegation": a_person(Role.MANAGER, lent=Power.GOVERN),
    "the auditor": a_person(Role.AUDITOR),
    "a partner": a_person(Role.PARTNER),
}
OTHERS = {
    "a colleague": a_person(),
    "another manager": a_person(Role.MANAGER),
    "whose delegation is over": a_person(
        Role.MANAGER, lent=Power.GOVERN, until=TODAY - timedelta(days=1)
    ),
}


@pytest.mark.parametrize("person", READERS.values(), ids=READERS)
def test_an_incident_is_read_by_whom_it_concerns(person: Person) -> None:
    assert may_read(person, an_incident(), on=TODAY)
    check_may_read(person, an_incident(), on=TODAY)


@pytest.mark.parametrize("person", OTHERS.values(), ids=OTHERS)
def test_an_incident_is_nobody_else_s_business(person: Person) -> None:
    assert not may_read(person, an_incident(), on=TODAY)
    with pytest.raises(Refused, match=READ_BY) as refused:
        check_may_read(person, an_incident(), on=TODAY)
    assert refused.value.clause is Clause.INFRINGEMENT
    assert refused.value.hint == "callrec incident list shows those that you may read"


def test_who_is_disabled_reads_nothing_that_he_reported() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_read(a_person(id=BEN, standing=Standing.DISABLED), an_incident(), on=TODAY)


ADDING = {name: READERS[name] for name in list(READERS)[:4]}


@pytest.mark.parametrize("person", ADDING.values(), ids=ADDING)
def test_whom_it_concerns_adds_to_it(person: Person) -> None:
    check_may_update(person, an_incident(), assesses=False, on=TODAY)


@pytest.mark.parametrize("name", ["the auditor", "a partner"])
def test_who_reads_the_audit_log_adds_nothing(name: str) -> None:
    with pytest.raises(Refused, match=ADDED_BY) as refused:
        check_may_update(READERS[name], an_incident(), assesses=False, on=TODAY)
    assert refused.value.clause is Clause.INFRINGEMENT
    assert refused.value.hint == "tell one of them what you know"


def test_who_is_disabled_adds_nothing() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_update(
            a_person(id=BEN, standing=Standing.DISABLED), an_incident(), assesses=False, on=TODAY
        )


def test_who_reported_it_does_not_say_how_grave_it_is() -> None:
    with pytest.raises(Refused, match="who reported an incident does not say how") as refused:
        check_may_update(READERS["the reporter"], an_incident(), assesses=True, on=TODAY)
    assert refused.value.clause is Clause.INFRINGEMENT
    assert refused.value.hint == (
        "who was told, or the Data Controller, gives --likelihood, --impact, --not-told"
    )


@pytest.mark.parametrize(
    "person",
    [ADDING["who was told"], ADDING["the Data Controller"], a_person(Role.DATA_CONTROLLER, id=BEN)],
    ids=["told", "controller", "controller who reported it"],
)
def test_who_was_told_or_governs_says_how_grave_it_is(person: Person) -> None:
    check_may_update(person, an_incident(), assesses=True, on=TODAY)


def test_what_is_learned_after_it_was_reported_is_added_in_phases() -> None:
    closed = an_incident(state=IncidentState.CLOSED, outcome=Outcome.REPORTED)
    check_may_update(ADDING["who was told"], closed, assesses=True, on=TODAY)


def test_to_what_was_closed_for_good_nothing_is_added() -> None:
    closed = an_incident(state=IncidentState.CLOSED, outcome=Outcome.NOT_REPORTED)
    with pytest.raises(Refused, match=r"I-3 is closed: it was found") as refused:
        check_may_update(ADDING["the Data Controller"], closed, assesses=False, on=TODAY)
    assert refused.value.clause is Law.BREACH_IN_PHASES
    assert refused.value.hint == "what is new is an incident of its own: callrec incident report"


@pytest.mark.parametrize("name", ["the Data Controller", "who governs by delegation"])
def test_the_data_controller_closes_an_incident(name: str) -> None:
    check_may_close(READERS[name], an_incident(), on=TODAY)


@pytest.mark.parametrize("name", ["the reporter", "who was told", "the auditor", "a partner"])
def test_nobody_else_closes_it(name: str) -> None:
    with pytest.raises(Refused, match="may not manage people, holds and keys"):
        check_may_close(READERS[name], an_incident(), on=TODAY)


def test_it_is_closed_once() -> None:
    closed = an_incident(state=IncidentState.CLOSED, outcome=Outcome.REPORTED)
    with pytest.raises(Refused, match="I-3 is closed already") as refused:
        check_may_close(READERS["the Data Controller"], closed, on=TODAY)
    assert refused.value.clause is Clause.INFRINGEMENT
    assert refused.value.hint == "see what was found: callrec incident show I-3"


def test_the_words_that_leaves_and_rows_carry() -> None:
    assert [str(act) for act in IncidentAct] == [
        "incident.reported", "incident.updated", "incident.closed"
    ]  # fmt: skip
    assert [*map(str, IncidentState), *map(str, Outcome)] == [
        "open", "closed", "reported", "not-reported"
    ]  # fmt: skip


@pytest.mark.parametrize(("state", "assesses"), [*product(IncidentState, [True, False])])
def test_the_data_controller_adds_to_all_but_what_was_closed_for_good(
    state: IncidentState,
    assesses: bool,  # noqa: FBT001
) -> None:
    outcome = Outcome.REPORTED if state is IncidentState.CLOSED else None
    facts = an_incident(state=state, outcome=outcome)
    check_may_update(READERS["the Data Controller"], facts, assesses=assesses, on=TODAY)
