from __future__ import annotations

from datetime import date, timedelta

import pytest

from callrec.errors import NotFound, Refused, Unusable
from callrec.policy.authority import delegations_lapsed, lend, take_back, without_lapsed
from callrec.policy.role import Delegation, Power, Role, Standing, powers_of, powers_vouched_for
from policy.builders import BEN, TODAY, a_person

DORA = a_person(Role.DATA_CONTROLLER)

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.mark.parametrize("power", Power)
def test_every_power_can_be_lent_to_a_named_person_until_a_day(power: Power) -> None:
    person = a_person(Role.AUDITOR, id=BEN)
    if power in person.powers:
        return
    delegate = lend(DORA, person, power, until=TOMORROW, on=TODAY)
    assert delegate.delegations == (Delegation(power, TOMORROW),)
    assert power in powers_of(delegate, TOMORROW)
    assert power not in powers_of(delegate, TOMORROW + timedelta(days=1))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DATA_CONTROLLER}))
def test_nobody_but_the_data_controller_lends(role: Role) -> None:
    with pytest.raises(Refused, match=r"may not say who may do what \[policy 4\(a\)\]"):
        lend(a_person(role), a_person(id=BEN), Power.SEARCH, until=TOMORROW, on=TODAY)


def test_nobody_lends_on_the_power_to_govern() -> None:
    deputy = a_person(Role.PARTNER, lent=Power.GOVERN)
    with pytest.raises(Refused, match="may not say who may do what"):
        lend(deputy, a_person(id=BEN), Power.SEARCH, until=TODAY, on=TODAY)
    with pytest.raises(Refused, match="may not say who may do what"):
        take_back(deputy, a_person(id=BEN, lent=Power.SEARCH), Power.SEARCH)


@pytest.mark.parametrize("standing", sorted(set(Standing) - {Standing.CONFIRMED}))
def test_a_power_is_lent_to_nobody_whose_key_is_not_confirmed(standing: Standing) -> None:
    with pytest.raises(Refused, match=r"not confirmed|disabled"):
        lend(DORA, a_person(standing=standing), Power.SEARCH, until=TODAY, on=TODAY)


def test_a_power_is_not_lent_to_an_intake_service() -> None:
    with pytest.raises(Refused, match=r"to a person only, .+ \[policy 4\(a\)\]") as refused:
        lend(DORA, a_person(Role.INTAKE), Power.SEARCH, until=TODAY, on=TODAY)
    assert refused.value.hint == "callrec user list shows who there is"


@pytest.mark.parametrize("until", [TODAY, date(2025, 1, 4)])
def test_a_power_is_lent_from_today_on_for_a_year_at_most(until: date) -> None:
    assert lend(DORA, a_person(), Power.SEARCH, until=until, on=TODAY).delegations


@pytest.mark.parametrize("until", [YESTERDAY, date(2025, 1, 5)])
def test_a_power_is_not_lent_until_a_day_that_is_over_or_too_far_away(until: date) -> None:
    with pytest.raises(Refused, match=r"for a year at most \[policy 4\(a\)\]") as refused:
        lend(DORA, a_person(), Power.SEARCH, until=until, on=TODAY)
    assert "--until 4/1/2025" in refused.value.hint


def test_what_the_role_brings_is_not_lent() -> None:
    with pytest.raises(Unusable, match="the role manager brings that power already") as unusable:
        lend(DORA, a_person(Role.MANAGER), Power.SEARCH, until=TODAY, on=TODAY)
    assert unusable.value.hint == "callrec user show NAME"


def test_lending_again_moves_the_day_and_leaves_other_powers() -> None:
    person = lend(DORA, a_person(), Power.SEARCH, until=TODAY, on=TODAY)
    person = lend(DORA, person, Power.INGEST, until=TODAY, on=TODAY)
    person = lend(DORA, person, Power.SEARCH, until=TOMORROW, on=TODAY)
    assert person.delegations == (
        Delegation(Power.INGEST, TODAY),
        Delegation(Power.SEARCH, TOMORROW),
    )


def test_a_power_is_taken_back_at_once_and_others_stay() -> None:
    person = lend(DORA, a_person(lent=Power.SEARCH), Power.INGEST, until=TODAY, on=TODAY)
    assert take_back(DORA, person, Power.SEARCH).delegations == (Delegation(Power.INGEST, TODAY),)


def test_what_was_not_lent_is_not_taken_back() -> None:
    with pytest.raises(NotFound, match="that power is not lent to this person") as missing:
        take_back(DORA, a_person(lent=Power.INGEST), Power.SEARCH)
    assert missing.value.hint == "callrec user show NAME"


def test_what_was_lent_has_lapsed_once_its_day_is_over() -> None:
    person = a_person(lent=Power.SEARCH, until=TODAY)
    assert delegations_lapsed(person, TODAY) == ()
    assert delegations_lapsed(person, TOMORROW) == (Delegation(Power.SEARCH, TODAY),)
    assert without_lapsed(person, TODAY) == person
    assert without_lapsed(person, TOMORROW).delegations == ()


def test_the_keys_of_what_has_lapsed_may_be_with_the_person_still() -> None:
    person = a_person(lent=Power.SEARCH, until=YESTERDAY)
    assert Power.SEARCH not in powers_of(person, TODAY)
    assert powers_vouched_for(person) == {*person.powers, Power.SEARCH}
    assert powers_vouched_for(a_person(standing=Standing.DISABLED, lent=Power.SEARCH)) == set()
