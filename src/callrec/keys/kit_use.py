"""The kit is used: it vouches once, for a new Data Controller, and another takes its place.

For the day when nobody is left whose password opens the vault. In one transaction: the voucher,
which is the only statement that a kit can make; then, signed by the new Data Controller himself,
his shares, the next kit, and new versions of every vault key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from callrec.audit.log import Signer, read_register
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.identity import Identity, LockedSeed, lock
from callrec.crypto.kit import read_kit
from callrec.keys.kit import (
    draw_kit,
    kit_actor,
    kit_attempt,
    replace_kit,
    seal_all_keys_to,
    with_shares,
)
from callrec.login.locks import check_password, kdf_for
from callrec.login.people import fresh_names
from callrec.people.founding import check_login
from callrec.people.joining import check_login_is_free, insert_person
from callrec.people.vouching import vouch
from callrec.policy.role import POWERS, Person, PersonId, Role
from callrec.practice import Actor, check_unchanged, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from callrec.audit.log import LogTransaction
    from callrec.crypto.identity import PublicKeys
    from callrec.login.people import Names
    from callrec.paper.kit_pdf import PrintedKit
    from callrec.practice import Practice

KIT_USED: Final = "recovery.used"


@dataclass(frozen=True, slots=True, repr=False)
class NewController:
    """Who is to control the vault from now on, as he said it himself."""

    login: str
    full_name: str
    password: str


def use_kit(
    practice: Practice,
    typed: str,
    controller: NewController,
    *,
    split: bool,
    keep: Callable[[PrintedKit], None],
) -> PrintedKit:
    """Make a new Data Controller with the kit's words; the kit is then used up [policy 4(a)].

    Args:
        practice: the open vault.
        typed: the words of the kit, or two of its three pages.
        controller: who he is.
        split: print the next kit on three pages of which any two will do.
        keep: writes the next kit's page to where it is kept, before this one ceases to count.

    Returns:
        The next kit.

    Raises:
        Unusable: something is mistyped, or the login or the password will not do.
        Locked: they are of an earlier kit, or of another vault's.
        Tampered: a share does not open.
        Failed: people or keys were changed meanwhile; then the kit is as it was.
    """
    seed = read_kit(typed)
    # Not held against the head that was seen last: after a restore the log is behind that, and only
    # a Data Controller, whom the kit makes here, can say so on record (resuming.py).
    kit = kit_actor(practice, seed, KIT_USED)
    with kit_attempt(practice, kit, KIT_USED):
        _check_new(practice, controller)
        new = _new_controller(practice, controller, with_shares(practice, kit))
    identity, printed = draw_kit(practice, split=split)
    keep(printed)
    with writing(practice, None) as act:
        check_unchanged(practice, act.connection)
        new.join(act, kit)
        new.take_over(act, identity.public)
    return printed


def check_new_login(practice: Practice, login: str) -> None:
    """Before a password for it is asked for.

    Raises:
        Unusable: the login is not in the form, or taken.
    """
    check_login(login)
    with reading(practice.engine) as connection:
        check_login_is_free(connection, login)


def _check_new(practice: Practice, controller: NewController) -> None:
    check_login(controller.login)
    known = (controller.login, *controller.full_name.split(), practice.name)
    check_password(controller.password, role=Role.DATA_CONTROLLER, known=known)


def _new_controller(practice: Practice, controller: NewController, kit: Actor) -> _Joining:
    role = Role.DATA_CONTROLLER
    person = Person(PersonId(primitives.random_id()), role, POWERS[role])
    identity = Identity.from_seed(primitives.random_bytes(primitives.KEY_BYTES), practice.vault)
    locked = lock(
        identity.seed,
        practice.root,
        password=controller.password,
        person=person.id,
        vault=practice.vault,
        kdf=kdf_for(practice.config.passwords, POWERS[role]),
    )
    signer = Signer(person.id, identity.log)
    actor = Actor(person, controller.login, signer, identity, kit.shares)
    names = fresh_names(controller.login, controller.full_name)
    return _Joining(practice, actor, identity.public, names, locked)


@dataclass(frozen=True, slots=True, repr=False)
class _Joining:
    """The new Data Controller, with what the kit opened."""

    practice: Practice
    actor: Actor
    public: PublicKeys
    names: Names
    locked: LockedSeed

    def join(self, act: LogTransaction, kit: Actor) -> None:
        """The kit vouches for him. It signs for this leaf alone: the rest are his acts."""
        locked = canonical(self.locked.as_json())
        insert_person(self.practice, act, self.actor.person, self.names, locked)
        vouch(
            self.practice,
            act,
            kit,
            KIT_USED,
            person=self.actor.person,
            keys=self.public,
            name=self.names.digest,
        )
        act.checkpoint(kit.signer)

    def take_over(self, act: LogTransaction, next_kit: PublicKeys) -> None:
        """He seals to himself what the kit held, and makes the next kit."""
        practice = replace(self.practice, register=read_register(act.connection))
        seal_all_keys_to(practice, act, self.actor, to=self.actor.person.id, keys=self.public)
        replace_kit(practice, act, self.actor, next_kit)
        act.checkpoint(self.actor.signer)
