"""Powers lent to a named person until a day [policy 4(a), "any other persons authorised"].

Every power can be lent, by whoever governs in his own right; what was lent is not lent on. It is
gone with its last day, whatever the log says; the next command about people or keys puts its end
into the log and renews the keys that it opened.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from callrec.errors import NotFound, Refused, Unusable
from callrec.policy.authority import check_in_force, check_may_vouch
from callrec.policy.clause import Clause
from callrec.policy.role import Delegation, Person, Power, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DELEGATION: Final = timedelta(days=366)
"""A year. Ours: whoever is still needed then is named again."""


def lend(lender: Person, person: Person, power: Power, *, until: date, on: date) -> Person:
    """Lend a power; returns the person with it, in place of what was lent of it before.

    Args:
        lender: who lends.
        person: to whom.
        power: what he may do.
        until: the last day on which he may, in the practice's time zone.
        on: today there.

    Raises:
        Refused: the lender does not govern in his own right, the person is not one who acts, or the
            day is over or more than a year away.
        Unusable: the person may do that anyway.
    """
    check_may_vouch(lender)
    check_in_force(person)
    if person.role is Role.INTAKE:
        raise Refused(
            "a power is lent to a person, and an intake service is none",
            clause=Clause.CONTROLLED_ACCESS,
            hint="callrec user list shows who there is",
        )
    if not on <= until <= on + MAX_DELEGATION:
        raise Refused(
            "a power is lent from today on, for a year at most",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"choose --until {on + MAX_DELEGATION} or an earlier day that is not over",
        )
    if power in person.powers:
        raise Unusable(
            f"the role {person.role} brings that power already", hint="callrec user show NAME"
        )
    return replace(
        person,
        delegations=(*_others(person.delegations, power), Delegation(power, until)),
    )


def take_back(lender: Person, person: Person, power: Power) -> Person:
    """Take a power back at once; returns the person without it.

    Raises:
        Refused: the lender does not govern in his own right.
        NotFound: it is not lent to this person.
    """
    check_may_vouch(lender)
    others = _others(person.delegations, power)
    if len(others) == len(person.delegations):
        raise NotFound(f"{power} is not lent to this person", hint="callrec user show NAME")
    return replace(person, delegations=others)


def delegations_lapsed(person: Person, on: date) -> tuple[Delegation, ...]:
    """What was lent to a person until a day that is over."""
    return tuple(lent for lent in person.delegations if lent.until < on)


def without_lapsed(person: Person, on: date) -> Person:
    """The person with what is lent to him still, and no more.

    Law: it changes nothing that he may do that day, or later.
    """
    return replace(
        person, delegations=tuple(lent for lent in person.delegations if on <= lent.until)
    )


def _others(delegations: Iterable[Delegation], power: Power) -> tuple[Delegation, ...]:
    return tuple(lent for lent in delegations if lent.power is not power)
