"""Somebody's role changes, or he leaves: new powers, and new keys where he loses one [4(a)].

When a power is lost, each vault key that it opened goes on under a new version that he never sees.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.authority import check_may_vouch
from callrec.policy.clause import Clause
from callrec.policy.delegation import without_lapsed
from callrec.policy.role import POWERS, Person, Role, Standing
from callrec.practice import Actor, Practice, attempt, today
from callrec.procedures.people import colleague, find_person
from callrec.procedures.vouching import Revision, governing, revise

if TYPE_CHECKING:
    from callrec.audit.register import Voucher


def change_role(practice: Practice, actor: Actor, *, login: str, role: Role) -> None:
    """Give a person another role: new powers, and new versions of each key that he loses.

    Raises:
        Refused: the actor does not govern, or would leave the practice without a Data Controller.
    """
    voucher = known_voucher(practice, actor, login)
    confirmed = voucher.person.standing is Standing.CONFIRMED
    person = replace(
        voucher.person, role=role, powers=POWERS[role] if confirmed else voucher.person.powers
    )
    _revise(practice, actor, "person.role", voucher, person)


def disable_person(practice: Practice, actor: Actor, *, login: str) -> None:
    """Shut a person out: no powers, no login, and new versions of each key that he held.

    Raises:
        Refused: the actor does not govern, or would leave the practice without a Data Controller.
    """
    voucher = known_voucher(practice, actor, login)
    person = replace(voucher.person, powers=frozenset(), delegations=(), standing=Standing.DISABLED)
    _revise(practice, actor, "person.disabled", voucher, person)


def known_voucher(practice: Practice, actor: Actor, login: str) -> Voucher:
    """The newest voucher of a login, once its row is seen to be that person's."""
    row, voucher = find_person(practice, login)
    colleague(practice, actor, row, voucher)
    return voucher


def _revise(
    practice: Practice, actor: Actor, act_name: str, voucher: Voucher, person: Person
) -> None:
    with attempt(practice, actor, act_name, subject=[person.id]):
        check_may_vouch(actor.person)
        _check_controller_remains(practice, person)
    revision = Revision(act_name, voucher, without_lapsed(person, today(practice)))
    with governing(practice, actor) as act:
        revise(practice, act, actor, [revision])


def _check_controller_remains(practice: Practice, changed: Person) -> None:
    remaining = [
        voucher.person
        for voucher in practice.register.people()
        if voucher.person.id != changed.id
        and voucher.person.role is Role.DATA_CONTROLLER
        and voucher.person.standing is Standing.CONFIRMED
    ]
    if changed.role is Role.DATA_CONTROLLER and changed.standing is Standing.CONFIRMED:
        return
    if not remaining:
        raise Refused(
            "the practice would be left without a Data Controller",
            clause=Clause.CONTROLLED_ACCESS,
            hint="make somebody else Data Controller first",
        )
