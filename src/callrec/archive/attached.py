"""Which volumes are attached, and which hold copies off the vault's own disk [policy 4(h)].

What a marker says is not signed: it only says where to look. What is read there proves itself.

The folder where a drive is mounted is there without the drive too, and is then on the vault's own
disk: what is archived to it is lost with the vault. Each run states where it wrote, so it is known
of a volume that is away as well; one that is attached is looked at besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from callrec.archive.heads import newest_run_of_each
from callrec.audit.remembered import write_json_atomically
from callrec.catalogue.volumes import IN_USE, each_volume
from callrec.errors import CallrecError
from callrec.practice import Practice
from callrec.record.forms import recall
from callrec.system.files import drives
from callrec.volume.drive import disk_of
from callrec.volume.volume import Volume, is_volume, open_volume

_PLACES_FILE: Final = "places.json"


def attached_volumes(practice: Practice) -> Mapping[str, Volume]:
    """The volumes of this vault that are attached, by their ids.

    The folders that were named come first, then those where this operator last used a volume, then
    every mounted drive and the folders at its top.
    """
    found: dict[str, Volume] = {}
    for at in dict.fromkeys(_places(practice)):
        with suppress(CallrecError, OSError):
            if is_volume(at):
                volume = open_volume(at)
                if volume.vault == practice.vault:
                    found.setdefault(volume.volume, volume)
    return found


def remember_place(practice: Practice, volume: Volume) -> None:
    """Remember where a volume was, outside the vault: it is looked for there first."""
    places = {**_remembered(practice), volume.volume: str(volume.at.absolute())}
    with suppress(OSError):  # it is then looked for elsewhere
        write_json_atomically(practice.state_folder / _PLACES_FILE, places)


def _places(practice: Practice) -> Iterator[Path]:
    yield from practice.drives
    yield from map(Path, _remembered(practice).values())
    for drive in drives():
        yield drive
        with suppress(OSError):
            yield from sorted(each for each in drive.iterdir() if each.is_dir())


def _remembered(practice: Practice) -> Mapping[str, str]:
    # Nothing rests on it but where to look first.
    return recall(dict[str, str], practice.state_folder / _PLACES_FILE) or {}


def is_on_vaults_disk(practice: Practice, at: Path) -> bool:
    """Whether a folder lies on the disk on which the vault lies."""
    return disk_of(at) == disk_of(practice.folder)


def volumes_on_vaults_disk(practice: Practice, connection: Connection) -> frozenset[str]:
    """The ids of the volumes that lie on the vault's own disk, as stated last or as seen now."""
    return _beside(practice, connection, attached_volumes(practice))


def off_site_drives(practice: Practice, connection: Connection) -> Mapping[str, str]:
    """The drive of each volume whose copies count: in use, and not on the vault's own disk.

    Two volumes on one drive have the same. One that is away and has no known serial number counts
    as a drive by itself.
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
