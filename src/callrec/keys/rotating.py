"""New versions of the vault keys, and shares put right (docs/formats/keys.md, 5) [policy 4(i)].

From then on everything is sealed to the new versions, also by commands that had begun; what was
sealed before stays under the old ones until `resealing` moves it. An old version is never dropped:
a copy of the catalogue is read by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.catalogue import tables
from callrec.login.shares import holders, new_version, seal_share
from callrec.people.vouching import ShareFaultKind, governing, log_shares, renew_keys, share_faults
from callrec.policy.authority import check_may_vouch
from callrec.practice import attempt, today, vault_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from callrec.audit.log import LogTransaction
    from callrec.policy.role import VaultKey
    from callrec.practice import Actor, Practice

KEYS_MADE: Final = "keys.made"

_NOBODYS: Final = frozenset(
    {ShareFaultKind.FORGED, ShareFaultKind.UNSTATED, ShareFaultKind.ONE_TOO_MANY}
)


def rotate_keys(
    practice: Practice, actor: Actor, keys: Collection[VaultKey]
) -> Mapping[VaultKey, int]:
    """Begin a new version of vault keys; every share that is not as it should be is put right.

    Args:
        practice: the open vault.
        actor: who governs, with his password given.
        keys: of which.

    Returns:
        The new versions.

    Raises:
        Refused: the actor does not govern in his own right.
        Locked: a share is missing that the actor cannot make, as he has not the key.
        Failed: people or keys were changed meanwhile; then nothing was done.
    """
    with attempt(practice, actor, KEYS_MADE):
        check_may_vouch(actor.person)
    fresh, held = new_version(practice.register, keys), holders(practice.register, today(practice))
    with governing(practice, actor) as act:
        _put_right(practice, act, actor)
        renew_keys(practice, act, actor, fresh, held)
    return dict(fresh.keys())


def _put_right(practice: Practice, act: LogTransaction, actor: Actor) -> None:
    """Delete shares that are nobody's, and give those that are lacking."""
    register, share, on = practice.register, tables.share, today(practice)
    for fault in share_faults(act.connection, register, on):
        if fault.what in _NOBODYS:
            act.connection.execute(
                share.delete().where(
                    share.c.key == fault.key,
                    share.c.version == fault.version,
                    share.c.person == fault.person,
                )
            )
    lacking = [
        seal_share(
            practice.vault,
            (fault.key, fault.version),
            vault_key(actor, fault.key, fault.version),
            to=fault.person,
            kem=register.public_keys(fault.person).kem,
        )
        for fault in share_faults(act.connection, register, on)
        if fault.what is ShareFaultKind.LACKING
    ]
    if lacking:
        log_shares(practice, act, actor, lacking)
