"""Somebody has forgotten his password: a new identity, and nothing else lost [policy 4(a)].

His seed is locked under that password and nowhere else, so nobody can open it again: not the Data
Controller, not the kit. He is given a provisional password, makes a new key at his next login and
is confirmed, as one who joins; role and powers stay what they were. What was granted to him was
sealed to the old key alone and has to be approved again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from callrec.catalogue import tables
from callrec.errors import Unusable
from callrec.login.locks import check_password
from callrec.package.whole import fresh_passphrase
from callrec.people.joining import provisional_identity
from callrec.people.leaving import HAS_ANOTHER_KEY, drop_keys_of, take_back_grants
from callrec.people.powers import check_controller_remains, current_voucher
from callrec.people.vouching import governing, vouch
from callrec.policy.authority import check_may_vouch
from callrec.policy.role import Role, Standing
from callrec.practice import Actor, Practice, attempt

if TYPE_CHECKING:
    from callrec.audit.log import LogTransaction
    from callrec.audit.register import Voucher

PERSON_RESET: Final = "person.reset"


@dataclass(frozen=True, slots=True, repr=False)
class PasswordReset:
    """Somebody who begins again, with the provisional password to hand over."""

    login: str
    password: str
    taken_back: tuple[str, ...]
    """The requests under which something had been granted to him, ``R-17``."""


def reset_person(practice: Practice, actor: Actor, *, login: str, password: str) -> PasswordReset:
    """Give somebody who lost his password a provisional one; he has no powers till confirmed.

    Args:
        practice: the open vault.
        actor: who governs, with his password given.
        login: whose password is lost.
        password: the provisional one; empty: one is made.

    Raises:
        NotFound: nobody has that login.
        Refused: the actor does not govern, or would leave the practice without a Data Controller.
        Unusable: it is the actor himself, a service, or somebody shut out; or the password will not
            do.
    """
    voucher = current_voucher(practice, actor, login)
    person = replace(voucher.person, standing=Standing.PROVISIONAL)
    with attempt(practice, actor, PERSON_RESET, subject=[person.id]):
        check_may_vouch(actor.person)
        _check_has_password(actor, login, voucher)
        check_controller_remains(practice, person)
    password = password or fresh_passphrase()
    check_password(password, role=person.role, known=(login, practice.name))
    public, locked = provisional_identity(practice, person.id, password)
    with governing(practice, actor) as act:
        vouch(practice, act, actor, PERSON_RESET, person=person, keys=public, name=voucher.name)
        taken_back = take_back_grants(practice, act, actor, person.id, why=HAS_ANOTHER_KEY)
        _forget(act, person.id, locked)
    return PasswordReset(login, password, taken_back)


def _forget(act: LogTransaction, person: str, locked: bytes) -> None:
    """Put the provisional key in place of everything that opens under the lost one."""
    row, share = tables.person, tables.share
    drop_keys_of(act.connection, person)
    act.connection.execute(share.delete().where(share.c.person == person))
    act.connection.execute(
        row.update()
        .where(row.c.id == person)
        .values(locked=locked, claimed=None, failures=0, failed_at=None)
    )


def _check_has_password(actor: Actor, login: str, voucher: Voucher) -> None:
    person = voucher.person
    if person.id == actor.person.id:
        raise Unusable("you have just given your password", hint="run callrec user password")
    if person.role is Role.INTAKE:
        raise Unusable(
            "an intake service has a credential file and no password",
            hint=f"run callrec user disable {login}, and add another with callrec user add",
        )
    if person.standing is Standing.DISABLED:
        raise Unusable("this login is disabled", hint="add the person anew: callrec user add")
