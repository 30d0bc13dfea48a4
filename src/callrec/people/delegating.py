"""Lend a power to a named person until a day, or take it back [policy 4(a)].

With a power go shares of the vault keys that it opens; when it ends, these go on under new versions
that he never sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.login.people import find_person, logins
from callrec.people.powers import current_voucher
from callrec.people.vouching import UNDELEGATED, PersonChange, governing, revise
from callrec.policy.authority import (
    check_may_vouch,
    delegations_lapsed,
    lend,
    take_back,
    without_lapsed,
)
from callrec.policy.role import Power, keys_held, powers_of
from callrec.practice import attempt, today

if TYPE_CHECKING:
    from datetime import date

    from callrec.practice import Actor, Practice

DELEGATED: Final = "person.delegated"


@dataclass(frozen=True, slots=True)
class LapsedDelegation:
    """Something that was lent until a day that is over, whose keys nobody has renewed yet."""

    login: str
    power: Power
    until: date

    @property
    def warning(self) -> str:
        return (
            f"{self.power} was lent to {self.login} until {self.until}, and the keys that it opened"
            f" are not renewed: run callrec user delegate {self.login} --power {self.power} --end"
        )


def lend_power(practice: Practice, actor: Actor, *, login: str, power: Power, until: date) -> None:
    """Lend a power to somebody until a day, in place of what was lent of it before.

    Raises:
        NotFound: nobody has that login.
        Refused: the actor does not govern in his own right, or the person or the day will not do.
        Unusable: the person may do that anyway.
    """
    row, _ = find_person(practice, login)
    with attempt(practice, actor, DELEGATED, subject=[row.id]):
        check_may_vouch(actor.person)
        voucher, day = current_voucher(practice, actor, login), today(practice)
        person = lend(actor.person, voucher.person, power, until=until, on=day)
    revision = PersonChange(DELEGATED, voucher, without_lapsed(person, day))
    with governing(practice, actor) as act:
        revise(practice, act, actor, [revision])


def end_delegation(practice: Practice, actor: Actor, *, login: str, power: Power) -> None:
    """Take back at once what was lent, and renew the keys that it opened.

    Raises:
        NotFound: nobody has that login, or nothing of that power is lent to him.
        Refused: the actor does not govern in his own right.
    """
    row, _ = find_person(practice, login)
    with attempt(practice, actor, UNDELEGATED, subject=[row.id]):
        check_may_vouch(actor.person)
        voucher = current_voucher(practice, actor, login)
        person = take_back(actor.person, voucher.person, power)
    revision = PersonChange(UNDELEGATED, voucher, without_lapsed(person, today(practice)))
    with governing(practice, actor) as act:
        revise(practice, act, actor, [revision])


def lapsed_delegations(practice: Practice) -> tuple[LapsedDelegation, ...]:
    """What has lapsed and opened keys that are not renewed yet; opens nothing."""
    called, day = logins(practice), today(practice)
    return tuple(
        LapsedDelegation(called[person.id], lent.power, lent.until)
        for person in (voucher.person for voucher in practice.register.people())
        for lent in delegations_lapsed(person, day)
        if keys_held(frozenset({lent.power})) - keys_held(powers_of(person, day))
    )
