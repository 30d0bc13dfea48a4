from __future__ import annotations

from datetime import date, timedelta

import pytest

from callrec.errors import Unusable
from callrec.policy.role import (
    POWERS,
    Person,
    PersonId,
    Power,
    Role,
    Standing,
    VaultKey,
    keys_held,
    powers_of,
    powers_restricted_to,
)
from policy.builders import TODAY, a_person

# One row a power; columns: staff, manager, partner, data-controller, auditor, intake.
TABLE = """
    make-request     x x x x x -
    search           - x x x - -
    decide-general   - x x x - -
    decide-reserved  - - - x - -
    hear             x x x x - -
    ingest           - x - x - x
    archive          - x - x - -
    read-audit       - - x x x -
    govern           - - - x - -
"""

COLUMNS = ("staff", "manager", "partner", "data-controller", "auditor", "intake")

ROWS = {word: marks for word, *marks in map(str.split, TABLE.strip().splitlines())}


def test_every_role_and_power_is_in_the_table() -> None:
    assert set(POWERS) == set(Role) == set(COLUMNS)
    assert set(ROWS) == set(Power)


def test_each_power_completes_what_somebody_may_not() -> None:
    assert {str(power): power.meaning for power in Power} == {
        "make-request": "make a request",
        "search": "search for recordings",
        "decide-general": "approve or deny requests",
        "decide-reserved": "approve or deny requests that are kept for the Data Controller",
        "hear": "listen to or release recordings",
        "ingest": "ingest recordings",
        "archive": "archive, restore or review recordings",
        "read-audit": "read the audit log",
        "govern": "manage people, holds and keys",
    }


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("power", Power)
def test_a_role_brings_what_its_column_says(role: Role, power: Power) -> None:
    assert (power in POWERS[role]) == (ROWS[power][COLUMNS.index(role)] == "x")


def test_a_power_can_be_lent_until_a_day_and_on_it() -> None:
    lent = a_person(Role.STAFF, lent=Power.SEARCH, until=TODAY)
    assert Power.SEARCH in powers_of(lent, TODAY)
    assert Power.SEARCH not in powers_of(lent, TODAY + timedelta(days=1))


@pytest.mark.parametrize("standing", sorted(set(Standing) - {Standing.CONFIRMED}))
def test_nobody_who_is_not_confirmed_may_do_anything(standing: Standing) -> None:
    person = a_person(Role.DATA_CONTROLLER, lent=Power.SEARCH, standing=standing)
    assert powers_of(person, TODAY) == frozenset()


def test_a_manager_for_the_computers_holds_less_than_the_role_brings() -> None:
    person = Person(PersonId("e" * 32), Role.MANAGER, frozenset({Power.MAKE_REQUEST}))
    assert powers_of(person, date(2024, 1, 4)) == {Power.MAKE_REQUEST}
    assert keys_held(powers_of(person, TODAY)) == frozenset()


def test_of_a_role_only_what_it_brings_is_left() -> None:
    some = frozenset({Power.SEARCH, Power.HEAR})
    assert powers_restricted_to(Role.MANAGER, some) == some
    assert powers_restricted_to(Role.MANAGER, POWERS[Role.MANAGER]) == POWERS[Role.MANAGER]
    more = some | {Power.READ_AUDIT, Power.GOVERN}
    with pytest.raises(Unusable, match="the role manager does not let anybody") as unusable:
        powers_restricted_to(Role.MANAGER, more)
    assert "callrec user delegate" in unusable.value.hint


HELD = {
    Role.STAFF: set(),
    Role.MANAGER: {VaultKey.RECORDINGS, VaultKey.CATALOGUE, VaultKey.INDEX},
    Role.PARTNER: set(VaultKey),
    Role.DATA_CONTROLLER: set(VaultKey),
    Role.AUDITOR: {VaultKey.AUDIT},
    Role.INTAKE: {VaultKey.INDEX},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_holds_the_keys_that_its_powers_need(role: Role) -> None:
    assert keys_held(POWERS[role]) == HELD[role]


OPENS = {
    Power.MAKE_REQUEST: set(),
    Power.SEARCH: {VaultKey.CATALOGUE, VaultKey.INDEX},
    Power.DECIDE_GENERAL: {VaultKey.RECORDINGS, VaultKey.CATALOGUE},
    Power.DECIDE_RESERVED: {VaultKey.RECORDINGS, VaultKey.CATALOGUE},
    Power.HEAR: set(),
    Power.INGEST: {VaultKey.INDEX},
    Power.ARCHIVE: set(),
    Power.READ_AUDIT: {VaultKey.AUDIT},
    Power.GOVERN: set(),
}


@pytest.mark.parametrize("power", Power)
def test_a_power_opens_no_key_that_it_does_not_need(power: Power) -> None:
    assert keys_held(frozenset({power})) == OPENS[power]
