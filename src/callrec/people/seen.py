"""A password that somebody else may know: new keys for all that it opened, and what it still opens.

Another password on the same key would not do: the lock that the old one opens lies in copies of the
vault. So the person gets another identity, every vault key that they held goes on under a new
version. Which drives it still opens: `archive.opened`.
"""

from __future__ import annotations

from collections.abc import Callable

from callrec.audit.log import LogTransaction, Signer, read_register
from callrec.audit.session import PASSWORD_SEEN
from callrec.catalogue import tables
from callrec.catalogue.engine import update_row
from callrec.dataclass import replace
from callrec.errors import Refused
from callrec.login.choosing import check_password, facts_known
from callrec.login.locks import holders, new_identity, new_version
from callrec.login.together import joined
from callrec.people.vouching import (
    HAS_ANOTHER_KEY,
    check_seconded,
    drop_keys_of,
    give_shares,
    governing,
    renew_keys,
    reseal_keys,
    take_back_grants,
    vouch,
)
from callrec.policy.clause import Clause
from callrec.policy.role import Person, Power, keys_held, powers_of
from callrec.practice import Actor, Practice, attempt, today


def begin_again(
    practice: Practice,
    actor: Actor,
    *,
    new_password: Callable[[], str],
    second: Actor | None = None,
) -> tuple[str, ...]:
    """Give the Data Controller another identity under a new password; their old keys are retired.

    They vouch for their own new key with the old one, as they do for a colleague's. What was
    granted to them is taken back: returns under which requests, ``R-17``.

    Raises:
        Refused: the actor does not govern: a new key of theirs is confirmed by who does; or a
            second person who may has not signed for it.
        Unusable: the new password will not do.
    """
    with attempt(practice, actor, PASSWORD_SEEN, subject=[actor.person.id]):
        if Power.GOVERN not in actor.person.powers:
            raise Refused(
                "your key is replaced by the Data Controller, who then confirms the new one",
                clause=Clause.CONTROLLED_ACCESS,
                hint=f"ask the Data Controller to run callrec user reset {actor.login} --seen",
            )
        check_seconded(practice, actor, actor.person, second=second, has_other_keys=True)
        password = new_password()
        check_password(password, facts_known(practice, actor, practice.now()))
    actor = joined(practice, actor, second)
    voucher = practice.register.voucher(actor.person.id)
    assert voucher is not None  # noqa: S101 - they govern
    id_, powers = actor.person.id, actor.person.powers
    identity, locked = new_identity(
        practice, person=id_, password=password, powers=powers, factors=actor.factors
    )
    after = replace(actor, identity=identity, signer=Signer(id_, identity.log))
    with governing(practice, actor, with_new_key=after) as act:
        update_row(act.connection, tables.person, id_, locked=locked)
        drop_keys_of(act.connection, id_)
        reseal_keys(practice, act, actor, person=id_, public=identity.public.kem)
        act.connection.execute(tables.share.delete().where(tables.share.c.person == id_))
        vouch(
            practice,
            act,
            actor,
            PASSWORD_SEEN,
            person=voucher.person,
            keys=identity.public,
            locked=locked,
            second=second,
        )
        act.checkpoint(actor.signer)
        now = replace(practice, register=read_register(act.connection))
        taken_back = take_back_grants(now, act, after, id_, why=HAS_ANOTHER_KEY)
        give_shares(now, act, after, voucher.person, identity.public)
        retire_keys_of(now, act, after, voucher.person)
    return taken_back


def retire_keys_of(practice: Practice, act: LogTransaction, actor: Actor, person: Person) -> None:
    """Make a new version of each vault key that a person held, sealed to those who hold it now."""
    held = keys_held(powers_of(person, today(practice)))
    if held:
        fresh = new_version(practice.register, held)
        renew_keys(practice, act, actor, fresh, holders(practice.register, today(practice)))
