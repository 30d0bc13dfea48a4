"""The volumes that the practice owns: where they are, what is on them, when they were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.archive.archive_verify import last_verified
from callrec.archive.attached import attached_volumes
from callrec.archive.elsewhere import volumes_on_vaults_disk
from callrec.archive.volume_kept import open_volume_keeper
from callrec.archive.volume_log import check_standings, newest_keeper_leaves
from callrec.catalogue.engine import reading
from callrec.catalogue.times import from_millis
from callrec.catalogue.volumes import LOST, each_volume, volume_contents
from callrec.crypto.streaming import sealed_size
from callrec.policy.role import VaultKey
from callrec.practice import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from callrec.archive.volume_kept import VolumeKeeper
    from callrec.practice import Actor, Practice

VOLUMES_LISTED: Final = "volume.listed"


@dataclass(frozen=True, slots=True)
class ListedVolume:
    """A volume as the vault knows it, attached or not."""

    volume: str
    """Its id."""
    label: str
    standing: str
    """``in-use`` or ``lost``."""
    serial: str | None
    """The drive's own number, where the system told it."""
    written_at: datetime
    seen_at: datetime
    """When it was last written to, found again or verified by this operator."""
    bags: int
    recordings: int
    size_bytes: int
    """Of the sealed recordings on it."""
    verified_at: datetime | None
    """When this operator last found it sound."""
    at: Path | None
    """Where it is attached; None: it is not, as far as is known."""
    on_vaults_disk: bool
    """It lies on the disk on which the vault lies: it is no copy elsewhere."""

    @property
    def is_lost(self) -> bool:
        """Whether it was reported lost, and has not come back."""
        return self.standing == LOST


def list_volumes(practice: Practice) -> tuple[ListedVolume, ...]:
    """Every volume that was ever written to, by label; opens nothing.

    Raises:
        Tampered: how a volume stands is not what the log says, or what was written to it last is
            not as it was signed.
    """
    verified = last_verified(practice.state_folder)
    attached = attached_volumes(practice)
    found = []
    with reading(practice.engine) as connection:
        check_standings(practice, connection)
        beside = volumes_on_vaults_disk(practice, connection)
        for row in each_volume(connection):
            held = volume_contents(connection, row.id)
            at = attached.get(row.id)
            seen = [from_millis(row.written_at), from_millis(row.seen_at or row.written_at)]
            found.append(
                ListedVolume(
                    volume=row.id,
                    label=row.label,
                    standing=row.standing,
                    serial=row.serial,
                    written_at=from_millis(row.written_at),
                    seen_at=max(*seen, verified.get(row.id, seen[0])),
                    bags=held.bags,
                    recordings=len(held.originals_bytes),
                    size_bytes=sum(map(sealed_size, held.originals_bytes)),
                    verified_at=verified.get(row.id),
                    at=at.at if at else None,
                    on_vaults_disk=row.id in beside,
                )
            )
    return tuple(found)


def keepers_of_volumes(practice: Practice, actor: Actor) -> Mapping[str, VolumeKeeper]:
    """Who has each volume, by its id, as far as it was said and the actor may read it.

    Raises:
        Tampered: it is not what was said last.
    """
    with reading(practice.engine) as connection:
        said = newest_keeper_leaves(practice, connection)
        rows = [row for row in each_volume(connection) if row.id in said or row.kept_sealed]
    if not rows or not any(key is VaultKey.CATALOGUE for key, _ in actor.shares):
        return {}
    record(practice, actor, VOLUMES_LISTED, subject=[row.id for row in rows])
    with reading(practice.engine) as connection:
        opened = {
            row.id: open_volume_keeper(practice, actor, connection, row, said) for row in rows
        }
    return {volume: kept for volume, kept in opened.items() if kept is not None}
