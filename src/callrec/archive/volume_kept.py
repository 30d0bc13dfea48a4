"""Who has a volume and where it lies: for the practice's own eyes, so it is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from callrec.archive.archivist import signing_as_archivist
from callrec.archive.volume_log import VolumeAct
from callrec.audit.leaf import detail_commitment
from callrec.audit.log import read_leaf
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import save_volume, volume_labelled
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.context import context
from callrec.errors import Tampered, Unusable
from callrec.policy.authority import check_may
from callrec.policy.role import Power, VaultKey
from callrec.practice import attempt, register_now, today, vault_key
from callrec.record.forms import NONCE_BYTES, as_json, body_of, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from callrec.practice import Actor, Practice

_LONGEST: Final = 200

_NOT_AS_SAID: Final = "who has a volume is not what was written down last"


@dataclass(frozen=True, slots=True, repr=False)
class VolumeKeeper:
    """Who has a volume, and where. Its repr shows nothing."""

    by: Annotated[str, Field(alias="with")]
    place: str


def record_volume_keeper(practice: Practice, actor: Actor, label: str, kept: VolumeKeeper) -> None:
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
    nonce = primitives.random_bytes(NONCE_BYTES)
    info = context("kept", practice.vault, volume=volume)
    with signing_as_archivist(practice, actor) as act:
        newest = register_now(practice, act.connection).newest(VaultKey.CATALOGUE)
        act.leaf(
            VolumeAct.KEPT,
            actor=actor.person.id,
            subject=[volume],
            details=as_json(kept),
            nonce=nonce,
        )
        save_volume(
            act.connection,
            volume,
            kept_version=newest.version,
            kept_sealed=primitives.hpke_seal(newest.public, body_of(kept, nonce), info),
        )


def open_volume_keeper(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    row: Row[Any],
    said: Mapping[str, int],
) -> VolumeKeeper | None:
    """Who has a volume; None: nobody said.

    Args:
        practice: the open vault.
        actor: with the catalogue key.
        connection: sees one state of the catalogue throughout.
        row: the volume's.
        said: `volume_log.newest_keeper_leaves`.

    Raises:
        Locked: the actor does not have the catalogue key.
        Tampered: it is not what was said last.
    """
    if row.kept_sealed is None:
        if row.id in said:
            raise Tampered(_NOT_AS_SAID)
        return None
    secret = vault_key(actor, VaultKey.CATALOGUE, row.kept_version)
    info = context("kept", practice.vault, volume=row.id)
    told = primitives.hpke_open(secret, bytes(row.kept_sealed), info)
    nonce, details = told[:NONCE_BYTES], told[NONCE_BYTES:]
    seq = said.get(row.id, -1)
    leaf = read_leaf(connection, seq)[0] if seq >= 0 else None
    if leaf is None or detail_commitment(practice.vault, seq, nonce, details) != leaf.detail:
        raise Tampered(_NOT_AS_SAID)
    return read(VolumeKeeper, parse(details), _NOT_AS_SAID)
