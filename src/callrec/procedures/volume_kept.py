"""Who has a volume and where it lies: for the practice's own eyes, so it is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.leaf import detail_commitment
from callrec.audit.log import read_leaf
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import save_volume, volume_labelled
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.errors import Tampered, Unusable
from callrec.policy.authority import check_may
from callrec.policy.role import Power, VaultKey
from callrec.practice import attempt, register_now, today, vault_key
from callrec.procedures.archivist import signing_as_archivist
from callrec.procedures.volume_log import VolumeAct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from callrec.practice import Actor, Practice

NONCE_BYTES: Final = 32
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """Who has a volume, and where. Its repr shows nothing."""

    by: str
    place: str

    @property
    def details(self) -> dict[str, Any]:
        """What the leaf commits to."""
        return {"place": self.place, "with": self.by}


def keep_volume(practice: Practice, actor: Actor, label: str, kept: Kept) -> None:
    """Write down who has a volume and where it lies; the volume need not be attached.

    Raises:
        Refused: the actor may not archive.
        Failed: what he may do was changed a moment ago.
        NotFound: there is no volume of that label.
        Unusable: one of the two is not said, or longer than 200 characters.
    """
    with attempt(practice, actor, VolumeAct.KEPT):
        check_may(actor.person, Power.ARCHIVE, on=today(practice))
        for said in (kept.by, kept.place):
            if not 0 < len(said.strip()) <= _LONGEST:
                raise Unusable(
                    f"who has a volume, and where, is said in 1 to {_LONGEST} characters",
                    hint='callrec archive keep LABEL --with "Pat Ellison" --at "the fire safe"',
                )
        with reading(practice.engine) as connection:
            volume = volume_labelled(connection, label).id
    nonce = primitives.fresh(NONCE_BYTES)
    info = context("kept", practice.vault, volume=volume)
    told = nonce + canonical(kept.details)
    with signing_as_archivist(practice, actor) as act:
        newest = register_now(practice, act.connection).newest(VaultKey.CATALOGUE)
        act.leaf(
            VolumeAct.KEPT,
            actor=actor.person.id,
            subject=[volume],
            details=kept.details,
            nonce=nonce,
        )
        save_volume(
            act.connection,
            volume,
            kept_version=newest.version,
            kept_sealed=primitives.hpke_seal(newest.public, told, info),
        )


def open_kept(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    row: Row[Any],
    said: Mapping[str, int],
) -> Kept | None:
    """Who has a volume; None: nobody said.

    Args:
        practice: the open vault.
        actor: with the catalogue key.
        connection: sees one state of the catalogue throughout.
        row: the volume's.
        said: `volume_log.newest_kept`.

    Raises:
        Locked: the actor does not have the catalogue key.
        Tampered: it is not what was said last.
    """
    if row.kept_sealed is None:
        if row.id in said:
            raise _not_as_said()
        return None
    secret = vault_key(actor, VaultKey.CATALOGUE, row.kept_version)
    info = context("kept", practice.vault, volume=row.id)
    told = primitives.hpke_open(secret, bytes(row.kept_sealed), info)
    nonce, body = told[:NONCE_BYTES], told[NONCE_BYTES:]
    seq = said.get(row.id, -1)
    leaf = read_leaf(connection, seq)[0] if seq >= 0 else None
    if leaf is None or detail_commitment(practice.vault, seq, nonce, body) != leaf.detail:
        raise _not_as_said()
    match parse(body):
        case {"with": str(by), "place": str(place)}:
            return Kept(by, place)
        case _:
            raise _not_as_said()


def _not_as_said() -> Tampered:
    return Tampered("who has a volume is not what was written down last")
