"""Move what is sealed to older versions of the vault keys to the newest (docs/formats/keys.md, 5).

In small transactions, so that others can work meanwhile and that it can be cut off anywhere: each
row is under the one version or the other, and the next run goes on with those that are left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.log import read_register
from callrec.catalogue.engine import reading, transaction
from callrec.crypto import primitives
from callrec.errors import Failed, Tampered
from callrec.keys.reindexing import count_to_reindex, reindex
from callrec.keys.sealings import SEALED_COLUMNS
from callrec.policy.authority import check_may_vouch
from callrec.policy.role import VaultKey
from callrec.practice import attempt, record, vault_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Row

    from callrec.keys.sealings import Place, SealedColumn
    from callrec.practice import Actor, Practice

RESEALING: Final = "keys.resealing"

RESEALED: Final = "keys.resealed"

CALLS: Final = "calls in the index"

ROWS_PER_STEP = 200
"""Rows in one transaction: a fraction of a second for everybody else."""


@dataclass(slots=True)
class Resealed:
    """What a run did; rows by what they are."""

    moved: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    """What does not open, and was left as it is."""


def count_to_reseal(practice: Practice, keys: Collection[VaultKey]) -> int:
    """How many rows a run would look at; opens nothing."""
    with reading(practice.engine) as connection:
        rows = sum(
            sealing.count_older(connection, practice.register.newest(sealing.key).version)
            for sealing in SEALED_COLUMNS
            if sealing.key in keys
        )
    return rows + (count_to_reindex(practice) if VaultKey.INDEX in keys else 0)


def reseal(
    practice: Practice,
    actor: Actor,
    keys: Collection[VaultKey],
    advance: Callable[[int], None],
) -> Resealed:
    """Move everything that is sealed to an older version of these keys to the newest.

    Args:
        practice: the open vault.
        actor: who governs, with his password given.
        keys: which.
        advance: told how many more rows are done.

    Raises:
        Refused: the actor does not govern in his own right.
        Locked: the actor has not one of the keys.
        Failed: people or keys were changed meanwhile; run it again.
    """
    done = Resealed()
    with attempt(practice, actor, RESEALING):
        check_may_vouch(actor.person)
        rows = count_to_reseal(practice, keys)
        if not rows:
            return done
        record(practice, actor, RESEALING, details={"keys": sorted(keys), "rows": rows})
        for sealing in SEALED_COLUMNS:
            if sealing.key in keys:
                _move_all(practice, actor, sealing, done, advance)
        if VaultKey.INDEX in keys and count_to_reindex(practice):
            indexed = reindex(practice, actor, advance)
            done.moved[CALLS] += indexed.moved
            done.failed[CALLS] += indexed.failed
        told = {"failed": dict(+done.failed), "moved": dict(+done.moved)}
        record(practice, actor, RESEALED, details=told)
    return done


def _move_all(
    practice: Practice,
    actor: Actor,
    sealing: SealedColumn,
    done: Resealed,
    advance: Callable[[int], None],
) -> None:
    place: Place = ()
    while rows := _move_some(practice, actor, sealing, done, after=place):
        place = sealing.place_of(rows[-1])
        advance(len(rows))


def _move_some(
    practice: Practice, actor: Actor, sealing: SealedColumn, done: Resealed, *, after: Place
) -> Sequence[Row[Any]]:
    """Move rows after a place, in one transaction; returns those that were looked at."""
    newest = practice.register.newest(sealing.key)
    moved = failed = 0
    with transaction(practice.engine) as connection:
        if read_register(connection) != practice.register:
            raise Failed("people or keys were changed a moment ago", hint="run it again")
        rows = sealing.older(connection, newest.version, after, ROWS_PER_STEP)
        for row in rows:
            try:
                told = _open(practice, actor, sealing, row)
            except Tampered:
                failed += 1
                continue
            info = sealing.info(practice.vault, row, newest.version)
            sealed = primitives.hpke_seal(newest.public, told, info)
            sealing.replace(connection, row, newest.version, sealed)
            moved += 1
    done.moved[sealing.what] += moved
    done.failed[sealing.what] += failed
    return rows


def _open(practice: Practice, actor: Actor, sealing: SealedColumn, row: Row[Any]) -> bytes:
    version, sealed = getattr(row, sealing.version), getattr(row, sealing.sealed)
    if version not in practice.register.versions(sealing.key):
        raise Tampered("a row names a key that nobody made")
    secret = vault_key(actor, sealing.key, version)
    info = sealing.info(practice.vault, row, version)
    return primitives.hpke_open(secret, bytes(sealed), info)
