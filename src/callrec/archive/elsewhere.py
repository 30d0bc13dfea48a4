"""Which volumes hold copies elsewhere than on the vault's own disk [policy 4(h), "external"].

The folder where a drive is mounted is there without the drive too, and then is one of the vault's
own disk: what is archived to it is lost with the vault. Each run states where it wrote, so it is
known of a volume that is away as well. Of one that is attached it is looked at besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.archive.attached import attached_volumes
from callrec.archive.heads import newest_run_of_each
from callrec.catalogue.volumes import IN_USE, each_volume
from callrec.volume.drive import disk_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from callrec.practice import Practice
    from callrec.volume.volume import Volume


def is_on_vaults_disk(practice: Practice, at: Path) -> bool:
    """Whether a folder lies on the disk on which the vault lies.

    Raises:
        Failed: the drive does not tell.
    """
    return disk_of(at) == disk_of(practice.folder)


def volumes_on_vaults_disk(practice: Practice, connection: Connection) -> frozenset[str]:
    """The ids of the volumes that lie on the vault's own disk, as stated last or as seen now.

    Raises:
        Tampered: the newest statement of a volume is not as it was signed.
    """
    return _beside(practice, connection, attached_volumes(practice))


def off_site_drives(practice: Practice, connection: Connection) -> Mapping[str, str]:
    """The drive of each volume whose copies count: in use, and not on the vault's own disk.

    Two volumes on one drive have the same; of one that is away, where no serial number was told,
    nobody knows, and it counts as a drive of its own.

    Raises:
        Tampered: the newest statement of a volume is not as it was signed.
    """
    attached = attached_volumes(practice)
    beside = _beside(practice, connection, attached)
    return {
        row.id: disk_of(attached[row.id].at) if row.id in attached else row.serial or row.id
        for row in each_volume(connection)
        if row.standing == IN_USE and row.id not in beside
    }


def _beside(
    practice: Practice, connection: Connection, attached: Mapping[str, Volume]
) -> frozenset[str]:
    stated = {
        each.volume for each in newest_run_of_each(practice, connection) if each.on_vaults_disk
    }
    seen = {volume.volume for volume in attached.values() if is_on_vaults_disk(practice, volume.at)}
    return frozenset(stated | seen)
