from __future__ import annotations

from dataclasses import replace
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
    is_second_needed,
    keys_held,
    may_be_second,
    powers_of,
    powers_restricted_to,
)
from policy.builders import TODAY, a_person

# One row a power; columns: staff, manager, partner, data-controller, auditor, intake, machine.
TABLE = """
    make-request     x x x x x - -
    search           - x x x - - -
    decide-general   - x x x - - -
    decide-reserved  - - - x - - -
    hear             x x x x - - -
    ingest           - x - x - x -
    archive          - x - x - - -
    read-audit       - - x x x - -
    govern           - - - x - - -
"""

COLUMNS = ("staff", "manager", "partner", "data-controller", "auditor", "intake", "machine")

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
    what = "manage people, holds and keys, read the audit log"
    with pytest.raises(
        Unusable, match=f"^the role manager does not let anybody {what}$"
    ) as unusable:
        powers_restricted_to(Role.MANAGER, more)
    assert "callrec user delegate" in unusable.value.hint


HELD = {
    Role.STAFF: set(),
    Role.MANAGER: {VaultKey.RECORDINGS, VaultKey.CATALOGUE, VaultKey.INDEX},
    Role.PARTNER: set(VaultKey),
    Role.DATA_CONTROLLER: set(VaultKey),
    Role.AUDITOR: {VaultKey.AUDIT},
    Role.INTAKE: {VaultKey.INDEX},
    Role.MACHINE: set(),  # but for its part of one (tests/keys/test_by_two.py)
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


TOMORROW = TODAY + timedelta(days=1)

MANAGER, NEW = a_person(Role.MANAGER), a_person(standing=Standing.PROVISIONAL)

LENT = a_person(lent=Power.SEARCH)

LESS = replace(MANAGER, powers=MANAGER.powers - {Power.HEAR})

NO_POWER = replace(NEW, powers=frozenset())

DISABLED = a_person(standing=Standing.DISABLED)

SECOND: dict[str, tuple[Person | None, Person, bool, bool]] = {
    "somebody is entered": (None, NEW, True, False),
    "somebody is entered and confirmed at once": (None, MANAGER, False, True),
    "their own key is confirmed": (NEW, a_person(), False, True),
    "who is not confirmed makes another key": (NEW, NEW, True, True),
    "who is not confirmed, and may do nothing, makes one": (NO_POWER, NO_POWER, True, False),
    "who is not confirmed is changed": (NEW, NEW, False, False),
    "who was disabled is let back": (DISABLED, a_person(), False, True),
    "nothing changes": (MANAGER, MANAGER, False, False),
    "they get another key": (MANAGER, MANAGER, True, True),
    "they are disabled": (a_person(), DISABLED, False, False),
    "their role brings more": (a_person(), replace(a_person(), role=Role.MANAGER), False, True),
    "their role brings less": (MANAGER, replace(MANAGER, role=Role.STAFF), False, False),
    "they may do more": (LESS, MANAGER, False, True),
    "they may do less": (MANAGER, LESS, False, False),
    "a power is lent": (a_person(), LENT, False, True),
    "another power is lent": (LENT, a_person(lent=Power.INGEST), False, True),
    "it is lent for longer": (LENT, a_person(lent=Power.SEARCH, until=TOMORROW), False, True),
    "it is lent for as long": (LENT, LENT, False, False),
    "it is taken back": (LENT, a_person(), False, False),
}


@pytest.mark.parametrize(("before", "after", "other_keys", "needed"), SECOND.values(), ids=SECOND)
def test_a_second_person_signs_for_whatever_gives_somebody_more(
    before: Person | None,
    after: Person,
    other_keys: bool,  # noqa: FBT001
    needed: bool,  # noqa: FBT001
) -> None:
    assert is_second_needed(before, after, has_other_keys=other_keys) is needed


@pytest.mark.parametrize("role", Role)
def test_who_decides_requests_by_a_power_of_their_own_is_a_second_person(role: Role) -> None:
    decides = role in {Role.MANAGER, Role.PARTNER, Role.DATA_CONTROLLER}
    assert may_be_second(a_person(role, lent=Power.DECIDE_GENERAL)) is decides
    assert not may_be_second(a_person(role, standing=Standing.CLAIMED))
