"""What lies sealed beside a leaf, for whoever has the audit key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callrec.audit.log import read_detail
from callrec.policy.role import VaultKey
from callrec.practice import vault_key
from callrec.record.details import checked_details

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor, Practice


def can_open_details(actor: Actor) -> bool:
    """Whether the audit key is at hand: it takes the power to read the log, and the password."""
    return any(key is VaultKey.AUDIT for key, _ in actor.shares)


def open_details(
    practice: Practice, actor: Actor, connection: Connection, leaf: Leaf
) -> Mapping[str, Any]:
    """What a leaf commits to; nothing where there are no details, or where they were erased.

    Where they are in no form of ours, `IN_NO_FORM`.

    Raises:
        Locked: the actor does not have the audit key.
        Tampered: they are not what the leaf commits to.
    """

    def secret(version: int) -> bytes:
        return vault_key(actor, VaultKey.AUDIT, version)

    told = read_detail(connection, leaf, secret, practice.vault)
    return {} if told is None else checked_details(told)
