"""A request about a person on the register takes what is known of them [policy 4(d)]."""

from __future__ import annotations

from datetime import date

import pytest

from callrec.errors import Refused, Tampered
from callrec.policy.particulars import Particulars, read_particulars
from callrec.policy.purpose import Purpose
from callrec.registers.audit import LogFilter, list_audit
from callrec.requests.gather import gather_recordings
from callrec.subjects.register import SubjectAnswers, change_subject
from house.commands import Answer, type_in
from house.holds import ANN, with_two_callers
from house.practices import House
from house.requests import further_of, logged_in, opened, said, signed_in
from house.subjects import a_person

TODAY = date(2026, 11, 24)

REST = (
    *("--reason", "She asks for all of her calls", "--date", "unknown", "--time", "unknown"),
    *("--extension", "unknown", "--party", "unknown", "--received", "today"),
    *("--received-how", "written", "--identity", "passport", "--authority", "none", "--copy"),
)


@pytest.fixture
def callers(house: House) -> House:
    """Calls 1 and 2 are Ann's, 3 and 4 Bob's; S-1 is Ann."""
    with_two_callers(house)
    a_person(house, names=("Ann Gower", "Ann Price"), numbers=(ANN,))
    return house


def create(house: House, login: str = "max", *words: str) -> Answer:
    return type_in(house, login, "request", "create", "subject-access", *words, *REST)


def test_it_says_their_names_and_numbers_and_finds_their_calls(callers: House) -> None:
    answer = create(callers, "max", "--subject", "S-1")
    assert answer.status == 0, answer.err
    told = opened(callers, "R-1").particulars
    assert (told.person, told.names) == ("S-1", ("Ann Gower", "Ann Price"))
    assert told.further["subject"] == "Ann Gower"
    assert len(told.numbers) == 1
    came_to = gather_recordings(callers.practice, logged_in(callers, "max"), "R-1", leave_out={})
    assert {each.id for each in came_to.found} == {1, 2}
    assert (came_to.shared, came_to.is_outdated) == ((), False)


def test_that_they_were_looked_up_for_it_is_on_record(callers: House) -> None:
    create(callers, "max", "--subject", "s-1")
    ava = signed_in(callers, "ava")
    entries, _ = list_audit(callers.practice, ava, LogFilter(action="search"), limit=9)
    asked = [each.detail for each in entries if each.action == "search" and each.detail]
    assert [each["criteria"] for each in asked][:1] == [{"subject": "S-1"}]
    assert asked[0]["reason"] == REST[1]


def test_calls_on_a_number_of_two_people_are_named_and_nobody_is(callers: House) -> None:
    a_person(callers, names=("Zadie Featherstone",), nhs_number="", numbers=(ANN,))
    create(callers, "max", "--subject", "S-1")
    answer = type_in(callers, "max", "request", "gather", "R-1")
    assert answer.status == 0, answer.err
    assert "shared with another person on the register" in " ".join(answer.err.split())
    assert "Featherstone" not in answer.out + answer.err
    assert "S-2" not in answer.out + answer.err


def test_what_the_register_learns_later_is_told(callers: House) -> None:
    create(callers, "max", "--subject", "S-1")
    actor = logged_in(callers, "max")
    change_subject(callers.practice, actor, "S-1", SubjectAnswers(numbers=(ANN, "0117 496 0123")))
    assert gather_recordings(callers.practice, actor, "R-1", leave_out={}).is_outdated
    changed = type_in(callers, "max", "request", "amend", "R-1", "--subject", "S-1")
    assert changed.status == 0, changed.err
    assert "+441174960123" in opened(callers, "R-1").particulars.numbers


def test_staff_who_may_not_search_name_nobody_on_the_register(callers: House) -> None:
    answer = create(callers, "sam", "--subject", "S-1")
    assert (answer.status, answer.out) == (3, "")
    assert "Gower" not in answer.err


def test_a_purpose_that_is_about_no_one_person_takes_none() -> None:
    answers = said(Purpose.TRAINING, person="S-1")
    with pytest.raises(Refused, match="nobody's own calls are asked for"):
        read_particulars(Purpose.TRAINING, answers, today=TODAY, logins=())


@pytest.mark.parametrize("person", ["S-0", "R-1", "S-01", "Ann", 3])
def test_what_names_nobody_in_a_request_is_in_no_form(person: object) -> None:
    answers = said(Purpose.SUBJECT_ACCESS, person="S-1", further=further_of(Purpose.SUBJECT_ACCESS))
    whole = read_particulars(Purpose.SUBJECT_ACCESS, answers, today=TODAY, logins=())
    assert Particulars.from_json(whole.as_json()) == whole
    with pytest.raises(Tampered):
        Particulars.from_json({**whole.as_json(), "person": person})
