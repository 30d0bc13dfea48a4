"""Prove that the recovery kit opens the vault, showing nothing of what it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_detail, read_leaf
from callrec.calls.custody import Opening
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse_instant
from callrec.crypto.context import context
from callrec.crypto.kit import read_kit
from callrec.errors import Tampered
from callrec.keys.kit import kit_actor, kit_attempt, record_kit, with_shares
from callrec.login.shares import KIT_HOLDS
from callrec.policy.role import VaultKey
from callrec.practice import check_remembered_head, vault_key
from callrec.record.acts import leaves_of_act
from callrec.store.sealing import open_seekable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from callrec.practice import Actor, Practice

KIT_DRILLED: Final = "recovery.drilled"

DRILL_DUE_AFTER: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class KitDrill:
    """What a kit was seen to open."""

    keys: int
    """Versions of vault keys."""
    recording: bool
    """Whether there was a recording to try it on."""
    file: bool
    """Whether that recording's file was here as well, and opened."""


def drill_kit(practice: Practice, typed: str) -> KitDrill:
    """Open with the kit's words what they must open; nothing of it is shown or kept.

    The leaf is the kit's own act, signed with its key, so that it proves by itself that the words
    were there.

    Args:
        practice: the open vault.
        typed: the words of the kit, or two of its three pages.

    Raises:
        Unusable: something is mistyped.
        Locked: they are of an earlier kit, or of another vault's.
        Tampered: a share is missing, or something does not open.
    """
    seed = read_kit(typed)
    check_remembered_head(practice)
    kit = kit_actor(practice, seed, KIT_DRILLED)
    with kit_attempt(practice, kit, KIT_DRILLED):
        kit = with_shares(practice, kit)
        _check_holds_all(practice, kit)
        with reading(practice.engine) as connection:
            recording, file = _open_newest(practice, kit, connection)
            _open_a_detail(practice, kit, connection)
    record_kit(practice, kit, KIT_DRILLED)
    return KitDrill(len(kit.shares), recording, file)


def last_drill(practice: Practice) -> datetime | None:
    """When the kit that now counts was last drilled; None: never."""
    kit, since = practice.register.founders.kit, _since(practice)
    with reading(practice.engine) as connection:
        drills = [
            leaf for leaf in leaves_of_act(connection, KIT_DRILLED) if _counts(leaf, kit, since)
        ]
    return parse_instant(drills[-1].at) if drills else None


def drill_warnings(practice: Practice) -> Iterator[str]:
    """That it is time for a drill."""
    last = last_drill(practice)
    if last is None:
        yield "the recovery kit was never tried: take it out and run callrec recovery drill"
    elif last + DRILL_DUE_AFTER < practice.now():
        yield "the recovery kit was last tried more than a year ago: callrec recovery drill"


def _since(practice: Practice) -> int:
    kits = practice.register.kits
    return kits[-1].seq if kits else 0


def _counts(leaf: Leaf, kit: str, since: int) -> bool:
    return leaf.outcome is Outcome.DONE and leaf.actor == kit and leaf.seq > since


def _check_holds_all(practice: Practice, kit: Actor) -> None:
    """It holds every version of every key."""
    for key in sorted(KIT_HOLDS):
        for version in practice.register.versions(key):
            if (key, version) not in kit.shares:
                raise Tampered(
                    f"the recovery kit has no share of version {version} of the {key} key"
                )


def _open_newest(practice: Practice, kit: Actor, connection: Connection) -> tuple[bool, bool]:
    """Open metadata, data key and file of the newest recording: is there one, and is it here?"""
    table = tables.recording
    row = connection.execute(
        select(table).where(table.c.data_key.is_not(None)).order_by(table.c.id.desc()).limit(1)
    ).first()
    if row is None:
        return False, False
    opening = Opening(practice, kit, connection)
    opening.checked(row)
    data_key = opening.data_key(row)
    if not practice.store.has(row.ciphertext):
        return True, False
    with practice.store.path(row.ciphertext).open("rb") as sealed:
        open_seekable(sealed, data_key, context("recording", practice.vault, uid=row.uid)).close()
    return True, True


def _open_a_detail(practice: Practice, kit: Actor, connection: Connection) -> None:
    seq = connection.execute(select(func.max(tables.detail.c.seq))).scalar()
    if seq is not None:
        leaf, _ = read_leaf(connection, seq)
        read_detail(connection, leaf, lambda v: vault_key(kit, VaultKey.AUDIT, v), practice.vault)
