"""Who may be on the register, and how somebody is looked up [policy 4(c), 4(d), 4(e)]."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Refused, Tampered, Unusable
from callrec.policy.rights.subject import (
    SubjectAct,
    SubjectCriteria,
    SubjectRecord,
    SubjectState,
    check_may_erase_subject,
    check_may_keep,
    check_not_browsing_people,
    check_nothing_needs,
    check_record,
    is_asked_about,
    read_birthday,
    read_nhs_number,
    state_after,
)
from callrec.policy.role import Power, Role, powers_of
from callrec.policy.words import in_words
from house.subjects import nhs_number
from policy.builders import TODAY, a_person
from policy.test_described import NOTHING_KNOWN

RECORD = SubjectRecord(
    names=("Siân O'Neill", "Sian Davies"),
    born_on=date(1961, 3, 14),
    nhs_number="4010232137",
    numbers=("+447700900123",),
    proof="Driving licence and address, seen at the desk",
)

REASON = "She asks at the desk for all her calls"

KNOWN = ("401 023 2137", "943-476-5919", " 9000000009 ", "999 000 0018", "999 000 0050")
"""The first two are those that explanations of the Data Dictionary's check use."""


@pytest.mark.parametrize("text", KNOWN)
def test_an_nhs_number_is_taken_in_any_spelling(text: str) -> None:
    assert read_nhs_number(text) == "".join(filter(str.isdecimal, text))


@pytest.mark.parametrize(
    "text", ["4010232138", "943476591", "94347659190", "943476591O", "٤٠١٠٢٣٢١٣٧", ""]
)
def test_what_its_last_digit_does_not_bear_out_is_none(text: str) -> None:
    with pytest.raises(Unusable, match="NHS number"):
        read_nhs_number(text)


def test_a_number_whose_check_would_be_ten_is_none() -> None:
    """1 0 0 ... with 10 left over: no tenth digit makes it one."""
    nine = next(n for n in range(999_000_000, 999_001_000) if _left(n) == 1)
    for last in range(10):
        with pytest.raises(Unusable):
            read_nhs_number(f"{nine}{last}")


def _left(nine: int) -> int:
    return sum(int(each) * (10 - place) for place, each in enumerate(str(nine))) % 11


@given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_never_another_number(nine: int, place: int, by: int) -> None:
    if _left_of(nine) == 1:
        return
    digits = nhs_number(nine)
    wrong = str((int(digits[place]) + by) % 10)
    with pytest.raises(Unusable):
        read_nhs_number(digits[:place] + wrong + digits[place + 1 :])


@given(st.integers(0, 10**9 - 1), st.integers(0, 8))
def test_two_digits_that_changed_places_are_never_another_number(nine: int, place: int) -> None:
    if _left_of(nine) == 1:
        return
    digits = nhs_number(nine)
    first, second = digits[place], digits[place + 1]
    if first == second:
        return
    with pytest.raises(Unusable):
        read_nhs_number(digits[:place] + second + first + digits[place + 2 :])


def _left_of(nine: int) -> int:
    digits = f"{nine:09d}"
    return sum(int(each) * (10 - place) for place, each in enumerate(digits)) % 11


def test_a_whole_record_is_taken() -> None:
    check_record(RECORD)
    check_record(replace(RECORD, nhs_number="", numbers=()))
    check_record(replace(RECORD, names=("Sian",) * 12, numbers=("+447700900123",) * 24))


WRONG: dict[str, Any] = {
    "no name": {"names": ()},
    "an initial": {"names": ("S",)},
    "a name and an initial": {"names": ("Sian", "S")},
    "an NHS number that is none": {"nhs_number": "4010232138"},
    "too many names": {"names": ("Sian",) * 13},
    "too many numbers": {"numbers": ("+447700900123",) * 25},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_is_no_person_is_unusable(change: dict[str, Any]) -> None:
    with pytest.raises(Unusable):
        check_record(replace(RECORD, **change))


def test_how_they_proved_who_they_are_is_said_in_a_sentence() -> None:
    with pytest.raises(Refused, match="identity was proved"):
        check_record(replace(RECORD, proof="passport"))


@pytest.mark.parametrize("text", ["14/3/1899", "25/11/2026", "14/3/2126"])
def test_nobody_was_born_in_the_future_or_before_anybody_who_rings(text: str) -> None:
    with pytest.raises(Unusable):
        read_birthday(text, date(2026, 11, 24))
    assert read_birthday("14/3/1900", date(2026, 11, 24)) == date(1900, 3, 14)
    assert read_birthday("24/11/2026", date(2026, 11, 24)) == date(2026, 11, 24)


def test_what_is_no_birthday_is_unusable_and_the_option_says_what_is() -> None:
    with pytest.raises(Unusable, match="that is not a date") as unusable:
        read_birthday("in March 1961", TODAY)
    assert unusable.value.option == "--born 14/3/1961"


BROWSING = {
    "a name": SubjectCriteria(name="Davies"),
    "a day": SubjectCriteria(born_on=date(1961, 3, 14)),
    "nothing": SubjectCriteria(),
}


@pytest.mark.parametrize("criteria", BROWSING.values(), ids=BROWSING)
def test_the_register_is_not_looked_through(criteria: SubjectCriteria) -> None:
    with pytest.raises(Refused, match="looked up by"):
        check_not_browsing_people(criteria, reason=REASON, request="R-1")


ONE = {
    "a number": SubjectCriteria(number="+447700900123"),
    "an NHS number": SubjectCriteria(nhs_number="4010232137"),
    "a name and a day": SubjectCriteria(name="oneill sian", born_on=date(1961, 3, 14)),
    "all the names and a day": SubjectCriteria(
        name="Sian O'Neill Davies", born_on=date(1961, 3, 14)
    ),
}


@pytest.mark.parametrize("criteria", ONE.values(), ids=ONE)
def test_one_person_is_looked_up_for_a_reason_or_under_a_request(criteria: SubjectCriteria) -> None:
    check_not_browsing_people(criteria, reason=REASON, request=None)
    check_not_browsing_people(criteria, reason=None, request="R-1")
    assert criteria.fits(RECORD)
    for reason in (None, "", "because"):
        with pytest.raises(Refused):
            check_not_browsing_people(criteria, reason=reason, request=None)


OTHERS = {
    "another number": SubjectCriteria(number="+447700900124"),
    "another NHS number": SubjectCriteria(nhs_number="9434765919"),
    "another day": SubjectCriteria(name="Davies", born_on=date(1961, 3, 15)),
    "a name more": SubjectCriteria(name="Sian Ada Davies", born_on=date(1961, 3, 14)),
    "one of two wrong": SubjectCriteria(nhs_number="4010232137", number="+447700900124"),
}


@pytest.mark.parametrize("criteria", OTHERS.values(), ids=OTHERS)
def test_somebody_else_is_not_found(criteria: SubjectCriteria) -> None:
    assert not criteria.fits(RECORD)


A, C, E = SubjectAct.ADDED, SubjectAct.CHANGED, SubjectAct.ERASED


def test_where_a_record_stands_follows_from_what_happened() -> None:
    assert state_after([A]) is state_after([A, C, C]) is SubjectState.REGISTERED
    assert state_after([A, E]) is state_after([A, C, E]) is SubjectState.ERASED


@pytest.mark.parametrize("acts", [(), (C,), (A, A), (E,), (A, E, C), (A, E, E)], ids=str)
def test_what_cannot_have_happened_is_tampering(acts: tuple[SubjectAct, ...]) -> None:
    with pytest.raises(Tampered):
        state_after(acts)


ASKED_ABOUT: dict[str, tuple[dict[str, Any], bool]] = {
    "nobody": ({}, False),
    "the person": ({"person": "S-3"}, True),
    "another person": ({"person": "S-4"}, False),
    "one of their numbers": ({"numbers": ("+447700900124", "+447700900123")}, True),
    "another number": ({"numbers": ("+447700900124",)}, False),
    "one of the parties": ({"parties": ("Reception", "DAVIES, Siân")}, True),
    "a name as the subject's": ({"further": {"subject": "Siân O'Neill"}}, True),
    "a part of a name": ({"parties": ("Siân",), "further": {"subject": "O'Neill"}}, False),
    "more than a name": ({"parties": ("Sian Ada Davies",)}, False),
    "words of two names": ({"parties": ("O'Neill Davies",)}, False),
}


@pytest.mark.parametrize(("said", "named"), ASKED_ABOUT.values(), ids=ASKED_ABOUT)
def test_whether_a_request_names_a_person(
    said: dict[str, Any],
    named: bool,  # noqa: FBT001
) -> None:
    assert is_asked_about(RECORD, "S-3", replace(NOTHING_KNOWN, **said)) is named


def test_all_the_open_requests_about_a_person_are_named() -> None:
    check_nothing_needs("S-3", ())
    with pytest.raises(Refused, match="S-3 is needed: R-17, R-19 are about that person"):
        check_nothing_needs("S-3", ("R-17", "R-19"))


@pytest.mark.parametrize("role", Role)
def test_who_may_search_keeps_the_register_and_the_data_controller_erases(role: Role) -> None:
    may = powers_of(a_person(role), TODAY)
    for check, power in (
        (check_may_keep, Power.SEARCH),
        (check_may_erase_subject, Power.DECIDE_RESERVED),
    ):
        if power in may:
            check(a_person(role), on=TODAY)
        else:
            with pytest.raises(Refused, match=f"the role {in_words(role)} may not"):
                check(a_person(role), on=TODAY)
