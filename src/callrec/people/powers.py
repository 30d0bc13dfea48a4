"""Another role, a power lent to a named person until a day or taken back, a person shut out.

A power brings shares of the vault keys that it opens [policy 4(a)]. When it is lost, each of these
keys goes on under a new version that the person never sees.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from callrec.audit.register import Voucher
from callrec.dataclass import dataclass, replace
from callrec.errors import Refused
from callrec.login.people import find_person, logins, shown_colleague
from callrec.login.together import joined
from callrec.people.vouching import UNDELEGATED, PersonChange, check_seconded, governing, revise
from callrec.policy.authority import (
    check_in_force,
    check_may_vouch,
    delegations_lapsed,
    lend,
    take_back,
    without_lapsed,
)
from callrec.policy.clause import Clause
from callrec.policy.days import short_date
from callrec.policy.role import (
    POWERS,
    SERVICES,
    Delegation,
    Person,
    Power,
    Role,
    Standing,
    keys_held,
    powers_of,
    powers_restricted_to,
)
from callrec.practice import Actor, Practice, attempt, today

DELEGATED: Final = "person.delegated"


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What a change of role took from a person, and what it left besides the role's powers."""

    taken_back: tuple[str, ...]
    """The requests whose grants are taken back, as the person may not hear them any more: R-17."""
    delegations: tuple[Delegation, ...]
    """What stays lent to them."""


def change_role(
    practice: Practice,
    actor: Actor,
    *,
    login: str,
    role: Role,
    only: frozenset[Power] = frozenset(),
    second: Actor | None = None,
) -> RoleChange:
    """Give a person another role: new powers, and new versions of each key that they lose.

    What is lent to them stays lent, unless ``only`` names the only powers of the role that they are
    to hold.

    Raises:
        NotFound: nobody has that login.
        Refused: the actor does not govern, or would leave the practice without a Data Controller,
            or a person who is to hold less is not confirmed yet; or it is an intake service, or is
            to be one; or it brings more, and a second person who may has not signed for it.
        Unusable: the role does not bring one of the powers.
    """
    voucher = current_voucher(practice, actor, login)
    with attempt(practice, actor, "person.role", subject=[voucher.person.id]):
        check_may_vouch(actor.person)
        if SERVICES & {role, voucher.person.role}:  # its credential file needs no password
            raise Refused(
                "an intake service and a person do not become each other",
                clause=Clause.CONTROLLED_ACCESS,
                hint="disable the one, and add the other: callrec user disable, callrec user add",
            )
    if only:
        check_in_force(voucher.person)
    person = _with_role(practice, voucher.person, role, only)
    change = PersonChange("person.role", voucher, person, second)
    return RoleChange(_revise(practice, actor, change), person.delegations)


def role_takes_second(
    practice: Practice, actor: Actor, *, login: str, role: Role, only: frozenset[Power]
) -> bool:
    """Whether a role brings a person more, and there is one who may sign for that too.

    Raises:
        NotFound: nobody has that login.
        Unusable: the role does not bring one of the powers.
    """
    person = _with_role(practice, current_voucher(practice, actor, login).person, role, only)
    return practice.register.needs_second(person, by=actor.person.id, has_other_keys=False)


def _with_role(practice: Practice, person: Person, role: Role, only: frozenset[Power]) -> Person:
    # People without a key of their own have no powers yet, unless they had a key and lost it.
    has_powers = person.standing is Standing.CONFIRMED or bool(person.powers)
    powers = powers_restricted_to(role, only) if only else POWERS[role]
    lent = () if only else without_lapsed(person, today(practice)).delegations
    powers = powers if has_powers else frozenset()
    return replace(person, role=role, powers=powers, delegations=lent)


def disable_person(practice: Practice, actor: Actor, *, login: str) -> tuple[str, ...]:
    """Shut a person out: no powers, no login, and new versions of each key that they held.

    What is sealed to them alone is destroyed. Returns the requests under which something had been
    granted to them, ``R-17``.

    Raises:
        Refused: the actor does not govern, or would leave the practice without a Data Controller.
    """
    voucher = current_voucher(practice, actor, login)
    person = replace(voucher.person, powers=frozenset(), delegations=(), standing=Standing.DISABLED)
    return _revise(practice, actor, PersonChange("person.disabled", voucher, person))


def current_voucher(practice: Practice, actor: Actor, login: str) -> Voucher:
    """The newest voucher of a login, once its row is seen to be that person's."""
    row, voucher = find_person(practice, login)
    shown_colleague(practice, actor, row, voucher)
    return voucher


def _revise(practice: Practice, actor: Actor, change: PersonChange) -> tuple[str, ...]:
    with attempt(practice, actor, change.act, subject=[change.person.id]):
        check_may_vouch(actor.person)
        check_controller_remains(practice, change.person)
        check_seconded(practice, actor, change.person, second=change.second)
    return _write_change(practice, actor, change)


def _write_change(practice: Practice, actor: Actor, change: PersonChange) -> tuple[str, ...]:
    lasting = without_lapsed(change.person, today(practice))
    actor = joined(practice, actor, change.second)
    with governing(practice, actor) as act:
        return revise(practice, act, actor, [replace(change, person=lasting)])


def check_controller_remains(practice: Practice, changed: Person) -> None:
    """Check that the practice would still have a Data Controller.

    A power to govern that was lent vouches for nobody.
    """
    others = (v.person for v in practice.register.people() if v.person.id != changed.id)
    if not any(
        person.role is Role.DATA_CONTROLLER
        and person.standing is Standing.CONFIRMED
        and Power.GOVERN in person.powers
        for person in (changed, *others)
    ):
        raise Refused(
            "the practice would be left without a Data Controller",
            clause=Clause.CONTROLLED_ACCESS,
            hint="make somebody else Data Controller first",
        )


@dataclass(frozen=True, slots=True)
class LapsedDelegation:
    """A lent power whose last day is over, and whose keys nobody has renewed yet."""

    login: str
    power: Power
    until: date

    @property
    def warning(self) -> str:
        return (
            f"{self.login} was lent a power until {short_date(self.until)}, and the keys that it"
            " opened are not renewed:"
            f" run callrec user delegate {self.login} --power {self.power} --end"
        )


def lend_power(
    practice: Practice,
    actor: Actor,
    *,
    login: str,
    power: Power,
    until: date,
    second: Actor | None = None,
) -> None:
    """Lend a power to a person until a day, in place of what was lent of it before.

    Raises:
        NotFound: nobody has that login.
        Refused: the actor governs by a lent power only, or the person or the day will not do, or a
            second person who may has not signed for it.
        Unusable: the person may do that anyway.
    """
    row, _ = find_person(practice, login)
    with attempt(practice, actor, DELEGATED, subject=[row.id]):
        check_may_vouch(actor.person)
        voucher, day = current_voucher(practice, actor, login), today(practice)
        person = lend(actor.person, voucher.person, power, until=until, on=day)
        check_seconded(practice, actor, person, second=second)
    _write_change(practice, actor, PersonChange(DELEGATED, voucher, person, second))


def end_delegation(practice: Practice, actor: Actor, *, login: str, power: Power) -> None:
    """Take back at once what was lent, and renew the keys that it opened.

    Raises:
        NotFound: nobody has that login, or that power is not lent to them.
        Refused: the actor governs by a lent power only.
    """
    row, _ = find_person(practice, login)
    with attempt(practice, actor, UNDELEGATED, subject=[row.id]):
        check_may_vouch(actor.person)
        voucher = current_voucher(practice, actor, login)
        person = take_back(actor.person, voucher.person, power)
    _write_change(practice, actor, PersonChange(UNDELEGATED, voucher, person))


def lapsed_delegations(practice: Practice) -> tuple[LapsedDelegation, ...]:
    """What has lapsed and opened keys that are not renewed yet; opens nothing."""
    called, day = logins(practice), today(practice)
    people = (voucher.person for voucher in practice.register.people())
    return tuple(
        LapsedDelegation(called[person.id], lent.power, lent.until)
        for person in people
        for lent in delegations_lapsed(person, day)
        if keys_held(frozenset({lent.power})) - keys_held(powers_of(person, day))
    )
