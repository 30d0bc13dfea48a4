from __future__ import annotations

from datetime import timedelta

import pytest

from callrec.errors import Refused
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.reviews import (
    REGISTERS,
    RIGHTS_PURPOSES,
    RegisterName,
    check_may_read_register,
    people_kept_from,
)
from callrec.policy.role import Person, Power, Role, Standing
from policy.builders import ANN, BEN, CAT, TODAY, a_person

READS_THE_LOG = (Role.DATA_CONTROLLER, Role.PARTNER, Role.AUDITOR)

OTHERS = (Role.MANAGER, Role.STAFF, Role.INTAKE)


def test_every_register_has_its_terms() -> None:
    assert set(REGISTERS) == set(RegisterName)


def test_the_register_of_subject_access_lists_every_right_with_a_statutory_clock() -> None:
    assert REGISTERS[RegisterName.RIGHTS_REQUESTS].purposes == RIGHTS_PURPOSES
    assert {p for p, terms in TERMS.items() if terms.has_statutory_clock} == RIGHTS_PURPOSES


def test_the_register_of_outside_bodies_lists_their_requests() -> None:
    assert REGISTERS[RegisterName.OUTSIDE_BODY].purposes == {Purpose.OUTSIDE_BODY}


@pytest.mark.parametrize("register", [RegisterName.DISCLOSURE, RegisterName.HOLDS])
def test_disclosures_and_holds_are_of_every_purpose(register: RegisterName) -> None:
    assert REGISTERS[register].purposes == set(Purpose)


@pytest.mark.parametrize("register", RegisterName)
@pytest.mark.parametrize("role", READS_THE_LOG)
def test_who_reads_the_log_reads_every_register(role: Role, register: RegisterName) -> None:
    check_may_read_register(a_person(role), register, on=TODAY)


@pytest.mark.parametrize(
    ("register", "clause"),
    {
        RegisterName.RIGHTS_REQUESTS: "4(e)",
        RegisterName.OUTSIDE_BODY: "4(f)",
        RegisterName.DISCLOSURE: "4(a)",
        RegisterName.HOLDS: "4(a)",
        RegisterName.INCIDENTS: "last paragraph",
        RegisterName.COMPLAINTS: "DPA 2018 s.164A",
        RegisterName.ACCESS: "4(a)",
    }.items(),
)
@pytest.mark.parametrize("role", OTHERS)
def test_nobody_else_reads_one(role: Role, register: RegisterName, clause: str) -> None:
    with pytest.raises(Refused, match=rf"may not read the {register} register") as refused:
        check_may_read_register(a_person(role), register, on=TODAY)
    assert refused.value.clause == clause
    hint = "ask the Data Controller, or a person who may read the audit record"
    assert refused.value.hint == hint


def test_just_the_power_that_decides_is_enough() -> None:
    person = Person(ANN, Role.STAFF, frozenset({Power.DECIDE_RESERVED}))
    check_may_read_register(person, RegisterName.OUTSIDE_BODY, on=TODAY)


LENT = {
    Power.DECIDE_RESERVED: {
        *(RegisterName.RIGHTS_REQUESTS, RegisterName.OUTSIDE_BODY),
        *(RegisterName.DISCLOSURE, RegisterName.HOLDS, RegisterName.COMPLAINTS),
    },
    Power.GOVERN: {RegisterName.INCIDENTS, RegisterName.ACCESS, RegisterName.SET_ASIDE},
    Power.READ_AUDIT: set(RegisterName),
}


@pytest.mark.parametrize("register", RegisterName)
@pytest.mark.parametrize("power", LENT)
def test_a_manager_who_is_lent_a_power_reads_what_he_then_decides(
    power: Power, register: RegisterName
) -> None:
    lent = a_person(Role.MANAGER, lent=power)
    if register in LENT[power]:
        check_may_read_register(lent, register, on=TODAY)
        with pytest.raises(Refused):
            check_may_read_register(lent, register, on=TODAY + timedelta(days=1))
    else:
        with pytest.raises(Refused):
            check_may_read_register(lent, register, on=TODAY)


def test_deciding_some_of_what_is_listed_is_not_enough() -> None:
    lent = a_person(Role.STAFF, lent=Power.DECIDE_RESERVED)
    check_may_read_register(lent, RegisterName.OUTSIDE_BODY, on=TODAY)
    with pytest.raises(Refused):
        check_may_read_register(lent, RegisterName.DISCLOSURE, on=TODAY)


@pytest.mark.parametrize("standing", [s for s in Standing if s is not Standing.CONFIRMED])
def test_nobody_reads_one_whose_key_is_not_in_force(standing: Standing) -> None:
    with pytest.raises(Refused) as refused:
        check_may_read_register(
            a_person(Role.DATA_CONTROLLER, standing=standing), RegisterName.ACCESS, on=TODAY
        )
    assert refused.value.clause == "4(a)"
    assert "register" not in refused.value.message


TOOK_PART, DECIDES = frozenset({ANN, BEN, CAT}), frozenset({CAT})


def test_who_may_not_be_told_does_not_read_of_it() -> None:
    assert people_kept_from(TOOK_PART, deciders=DECIDES, may_be_told=False) == {ANN, BEN}
    assert people_kept_from(TOOK_PART, deciders=DECIDES, may_be_told=True) == frozenset()
