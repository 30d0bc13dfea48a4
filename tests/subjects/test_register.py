"""Who is on the register, who may say so, and what a look at it leaves on record [policy 4(c)]."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from callrec.errors import Locked, NotFound, Refused, Unusable
from callrec.keys.rotating import reseal, rotate_keys
from callrec.policy.particulars import UNKNOWN
from callrec.policy.rights.subject import SubjectCriteria
from callrec.policy.role import VaultKey
from callrec.registers.audit import LogFilter, list_audit
from callrec.search.reviews import Sample, draw_searches
from callrec.search.subjects import (
    change_person,
    enter_person,
    look_up_subjects,
    show_subject,
)
from callrec.subjects.register import SubjectAnswers, add_subject, change_subject, list_subjects
from house.practices import House, without_password
from house.requests import a_request, logged_in, rows, signed_in
from house.subjects import NAME, NHS_NUMBER, NUMBER, PROOF, WHY, a_person, nhs_number, opened_person

BORN_ON = date(1961, 3, 14)

BY_NUMBER = SubjectCriteria(number="+447700900123")


def found(
    house: House, criteria: SubjectCriteria, login: str = "max", *, request: str | None = None
) -> list[str]:
    reason = None if request else WHY
    got = look_up_subjects(
        house.practice, logged_in(house, login), criteria, reason=reason, request=request
    )
    return [each.reference for each in got]


SPELLINGS = [
    *(SubjectCriteria(name=name, born_on=BORN_ON) for name in ("ROBERTS, sian", "Siân", "roberts")),
    SubjectCriteria(nhs_number="9990000018"),
    BY_NUMBER,
    SubjectCriteria(name="Roberts", number="+447700900123"),
]


@pytest.mark.parametrize("criteria", SPELLINGS, ids=range(len(SPELLINGS)))
def test_a_person_is_found_by_all_that_is_known_of_them(
    house: House, criteria: SubjectCriteria
) -> None:
    a_person(house)
    a_person(house, names=("Ada Wren",), nhs_number="", numbers=("0117 496 0123",))
    assert found(house, criteria) == ["S-1"]


def test_among_many_each_is_found_and_nobody_else(house: House) -> None:
    """Past 256 a second part of the index begins."""
    actor = logged_in(house, "max")
    nine = [n for n in range(999_000_000, 999_000_400) if check_left(n)][:270]
    for place, each in enumerate(nine):
        said = SubjectAnswers(
            names=(f"Person{place:03d} Common",),
            born="14/3/1961",
            nhs_number=nhs_number(each),
            proof=PROOF,
        )
        add_subject(house.practice, actor, said)
    for place in (0, 1, 254, 255, 256, 269):
        criteria = SubjectCriteria(nhs_number=nhs_number(nine[place]))
        assert found(house, criteria) == [f"S-{place + 1}"]
    named = SubjectCriteria(name="common person255", born_on=BORN_ON)
    assert found(house, named) == ["S-256"]


def check_left(nine: int) -> bool:
    return sum(int(each) * (10 - place) for place, each in enumerate(f"{nine:09d}")) % 11 != 1


def test_what_changed_is_found_and_what_was_is_not(house: House) -> None:
    a_person(house)
    actor = logged_in(house, "mia")
    said = SubjectAnswers(names=("Siân Davies", "Sian Roberts"), numbers=("0117 496 0123",))
    assert change_subject(house.practice, actor, "S-1", said).version == 2
    assert found(house, BY_NUMBER) == []
    assert found(house, SubjectCriteria(number="+441174960123")) == ["S-1"]
    assert opened_person(house).record.proof == PROOF


def test_a_number_of_a_household_is_told_and_nobody_is_named(house: House) -> None:
    assert a_person(house) == "S-1"
    other = SubjectAnswers(names=("Ada Wren",), born="1/2/1990", numbers=(NUMBER,), proof=PROOF)
    kept = add_subject(house.practice, logged_in(house, "max"), other)
    assert kept.shared == 1
    assert "S-1" not in str(kept)
    assert NAME not in str(kept)
    again = SubjectAnswers(numbers=("0117 496 0123",))
    assert change_subject(house.practice, logged_in(house, "max"), "S-2", again).shared == 0


def test_who_may_have_been_entered_twice_is_told(house: House) -> None:
    a_person(house)
    actor, vault = logged_in(house, "max"), house.practice
    twin = SubjectAnswers(names=("sian ROBERTS",), born="14/3/1961", proof=PROOF)
    assert add_subject(vault, actor, twin).alike == ("S-1",)
    assert show_subject(vault, actor, "S-1", reason=WHY, request=None).alike == ("S-2",)
    other_day = replace(twin, born="15/3/1961")
    assert add_subject(vault, actor, other_day).alike == ()
    proved_another = SubjectAnswers(nhs_number="9990000026")
    assert change_subject(vault, actor, "S-2", proved_another).alike == ()


def test_a_number_is_read_as_a_search_reads_it(house: House) -> None:
    house.decide(telephone={"outside_prefixes": ["9"]})
    a_person(house, numbers=("9,07700 900123", "tel:+44-1144-960123"))
    assert opened_person(house).record.numbers == ("+447700900123", "+441144960123")


def test_nobody_is_entered_twice(house: House) -> None:
    a_person(house)
    with pytest.raises(Refused, match="on the register already"):
        a_person(house, names=("Another Name",))
    a_person(house, names=("Ada Wren",), nhs_number="")
    with pytest.raises(Refused, match="on the register already"):
        change_subject(
            house.practice,
            logged_in(house, "max"),
            "S-2",
            SubjectAnswers(nhs_number=NHS_NUMBER),
        )
    assert rows(house, "SELECT number, version FROM subject ORDER BY 1") == [(1, 1), (2, 1)]


@pytest.mark.parametrize("login", ["sam", "ava", "door"])
def test_who_may_not_search_reads_and_keeps_nothing(house: House, login: str) -> None:
    a_person(house)
    actor, vault = without_password(signed_in(house, login)), house.practice
    for attempted in (
        lambda: look_up_subjects(vault, actor, BY_NUMBER, reason=WHY, request=None),
        lambda: show_subject(vault, actor, "S-1", reason=WHY, request=None),
        lambda: list_subjects(vault, actor),
        lambda: change_subject(vault, actor, "S-1", SubjectAnswers(nhs_number="")),
        lambda: a_person(house, login),
    ):
        with pytest.raises(Refused):
            attempted()


def test_the_register_is_not_probed_without_a_reason_on_record(house: House) -> None:
    a_person(house)
    actor, vault = logged_in(house, "max"), house.practice
    for reason in (None, "curious"):
        with pytest.raises(Refused):
            look_up_subjects(vault, actor, BY_NUMBER, reason=reason, request=None)
        with pytest.raises(Refused):
            show_subject(vault, actor, "S-1", reason=reason, request=None)
    with pytest.raises(Refused):
        found(house, SubjectCriteria(name="Roberts"))
    assert found(house, SubjectCriteria(nhs_number="9990000026")) == []
    entries, _ = list_audit(vault, signed_in(house, "ava"), LogFilter(action="search"), limit=50)
    told = [(each.action, each.outcome, each.detail or {}) for each in entries[::-1]]
    refused = [detail for act, outcome, detail in told if outcome == "refused"]
    assert len(refused) == 5
    assert all(detail["criteria"] for detail in refused)
    (last,) = [detail for act, out, detail in told if act == "search" and out == "done"]
    assert (last["reason"], last["criteria"]["nhs_number"]) == (WHY, "9990000026")


def test_entering_and_changing_somebody_ask_the_register_and_are_on_record(house: House) -> None:
    a_person(house)
    a_person(house, names=("Ada Wren",), nhs_number="", numbers=())
    actor, vault = logged_in(house, "max"), house.practice
    again = SubjectAnswers(
        names=("Another Name",), born="1/2/1990", nhs_number=NHS_NUMBER, proof=PROOF
    )
    number, born = SubjectAnswers(numbers=(NUMBER,)), SubjectAnswers(born="14/3/1961")
    for reason in (None, "curious"):
        with pytest.raises(Refused, match="reason"):
            enter_person(vault, actor, again, reason=reason, request=None)
        with pytest.raises(Refused, match="reason"):
            change_person(vault, actor, "S-2", number, reason=reason, request=None)
    with pytest.raises(Refused, match="on the register already"):
        enter_person(vault, actor, again, reason=WHY, request=None)
    with pytest.raises(Unusable, match="says that already"):
        change_person(vault, actor, "S-1", born, reason=WHY, request=None)
    assert change_person(vault, actor, "S-2", number, reason=WHY, request=None).shared == 1
    drawn = draw_searches(vault, signed_in(house, "dora"), Sample(count=9, percent=0), since=None)
    told = [(each.refused, each.reason, each.criteria, each.found) for each in drawn.items]
    assert [refused for refused, *_ in told] == [True] * 4 + [False] * 3
    assert [each[1:] for each in told[4:]] == [
        (
            WHY,
            {
                "born": "1990-02-01",
                "nhs_number": "9990000018",
                "party": ["Another Name"],
                "register": "people",
            },
            None,
        ),
        (WHY, {"born": "1961-03-14", "subject": "S-1"}, None),
        (WHY, {"number": ["+447700900123"], "subject": "S-2"}, 1),
    ]


@pytest.mark.parametrize("said", [{}, {"number": "0117 496 0123"}, {"parties": ("Roberts",)}])
def test_a_request_about_something_else_unmasks_nobody(house: House, said: dict[str, Any]) -> None:
    a_person(house)
    a_request(house, "mia", recordings=(), **{"number": UNKNOWN, **said})
    actor, vault = logged_in(house, "max"), house.practice
    shown = show_subject(vault, actor, "S-1", reason=None, request="R-1")
    assert (shown.masked, shown.numbers) == (True, ("•••••••0123",))
    drawn = draw_searches(vault, signed_in(house, "dora"), Sample(count=9, percent=0), since=None)
    assert [(each.request, each.criteria) for each in drawn.items] == [("R-1", {"subject": "S-1"})]


@pytest.mark.parametrize("said", [{"number": NUMBER}, {"parties": ("ROBERTS, sian",)}])
def test_numbers_are_whole_under_an_open_request_that_names_them(
    house: House, said: dict[str, Any]
) -> None:
    a_person(house)
    a_request(house, "mia", recordings=(), **{"number": UNKNOWN, **said})
    actor, vault = logged_in(house, "max"), house.practice
    masked = show_subject(vault, actor, "S-1", reason=WHY, request=None)
    assert (masked.nhs_number, masked.numbers) == ("•••••••0018", ("•••••••0123",))
    whole = show_subject(vault, actor, "S-1", reason=None, request="R-1")
    assert (whole.nhs_number, whole.numbers) == ("9990000018", ("+447700900123",))
    with pytest.raises(NotFound):
        show_subject(vault, actor, "S-1", reason=None, request="R-9")


def test_somebody_whose_login_opens_no_index_is_told_so(house: House) -> None:
    a_person(house)
    actor = signed_in(house, "max")
    bare = type(actor)(actor.person, actor.login, actor.signer, None, {})
    with pytest.raises(Locked):
        look_up_subjects(house.practice, bare, BY_NUMBER, reason=WHY, request=None)


def test_everybody_is_found_under_another_index_key_and_after_resealing(house: House) -> None:
    a_person(house)
    dora = signed_in(house, "dora")
    rotate_keys(house.practice, dora, [VaultKey.INDEX, VaultKey.CATALOGUE])
    house.open()
    a_person(house, names=("Ada Wren",), nhs_number="")
    assert found(house, BY_NUMBER) == ["S-1", "S-2"]
    dora = signed_in(house, "dora")
    done = reseal(house.practice, dora, [VaultKey.INDEX, VaultKey.CATALOGUE], lambda _: None)
    assert done.moved["people in the index"] == 2
    assert done.moved["register entries"] == 1
    house.open()
    assert found(house, BY_NUMBER) == ["S-1", "S-2"]
    assert rows(house, "SELECT DISTINCT key_version FROM subject_key") == [(2,)]


@pytest.mark.parametrize(
    "said",
    [{"names": ()}, {"born": None}, {"nhs_number": "9990000019"}, {"numbers": ("12",)}],
    ids=str,
)
def test_what_is_wrong_enters_nobody(house: House, said: dict[str, Any]) -> None:
    with pytest.raises(Unusable):
        a_person(house, **said)
    assert rows(house, "SELECT * FROM subject") == []
