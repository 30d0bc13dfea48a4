"""Laws of deciding: each recording once, each ground in its place, nothing lent for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Refused, Unusable
from callrec.policy.authority import MAX_DELEGATION, lend, without_lapsed
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.rights.withholding import check_each_decided, is_decided_expressly
from callrec.policy.role import (
    POWERS,
    SERVICES,
    Delegation,
    Person,
    PersonId,
    Power,
    Role,
    powers_of,
)
from policy.builders import BEN, a_person, a_request

numbers = st.integers(1, 6)

asked_for = st.lists(numbers, min_size=1, max_size=6, unique=True)

grounds = st.dictionaries(numbers, st.sampled_from(Ground), max_size=6)


@given(st.sampled_from(Purpose), asked_for, st.sets(numbers), grounds)
def test_what_is_granted_and_what_is_withheld_are_together_what_was_asked_for(
    purpose: Purpose, asked: list[int], named: set[int], said: Mapping[int, Ground]
) -> None:
    granted = named & set(asked)
    withheld = {number: ground for number, ground in said.items() if number in asked}
    try:
        kept = check_each_decided(a_request(purpose), asked, granted=granted, withheld=withheld)
    except (Refused, Unusable):
        contradictory = granted & set(withheld)
        may = GROUNDS_FOR[purpose].keys() - {Ground.NOT_HELD}
        misfit = not may.issuperset(withheld.values())
        undecided = is_decided_expressly(purpose) and granted | set(withheld) != set(asked)
        nothing_granted = not granted and set(withheld) == set(asked)
        assert contradictory or misfit or undecided or nothing_granted
        return
    handed_out = [number for number in asked if number not in kept]
    assert handed_out
    assert list(kept) == [number for number in asked if number in kept]
    assert granted <= set(handed_out)
    assert set(withheld) <= set(kept)
    assert all(kept[number] is withheld.get(number, Ground.NOT_APPROVED) for number in kept)
    assert set(kept) - set(withheld) == (set(asked) - granted - set(withheld) if granted else set())
    assert all(ground in GROUNDS_FOR[purpose] for ground in kept.values())


days = st.dates(date(2020, 1, 1), date(2099, 1, 1))

delegations = st.lists(st.builds(Delegation, st.sampled_from(Power), days), max_size=4).map(tuple)


@given(st.sampled_from(Role), delegations, days, st.integers(0, 800))
def test_ending_what_has_lapsed_changes_nothing_that_anybody_may_do_from_then_on(
    role: Role, lent: tuple[Delegation, ...], on: date, later: int
) -> None:
    person = Person(PersonId("e" * 32), role, POWERS[role], lent)
    then = on + timedelta(days=later)
    assert powers_of(without_lapsed(person, on), then) == powers_of(person, then)


@given(st.sampled_from(Role), st.sampled_from(Power), days, days)
def test_nothing_is_lent_for_longer_than_a_year_nor_kept_after_its_day(
    role: Role, power: Power, until: date, on: date
) -> None:
    person = a_person(role, id=BEN)
    try:
        delegate = lend(a_person(Role.DATA_CONTROLLER), person, power, until=until, on=on)
    except (Refused, Unusable):
        brings = power in POWERS[role]
        assert role in SERVICES or brings or not on <= until <= on + MAX_DELEGATION
        return
    assert power in powers_of(delegate, on)
    assert powers_of(delegate, until + timedelta(days=1)) == powers_of(person, on)
