"""Which volumes are attached, which hold copies elsewhere, and a copy read from one [policy 4(h)].

What a marker says is not signed: it only says where to look. What is read there proves itself. The
sealed file of a recording is the vault's own, or a copy of it on an attached volume.

The folder where a drive is mounted is there without the drive too, and is then on the vault's own
disk: what is archived to it is lost with the vault. Each run states where it wrote, so it is known
of a volume that is away as well; one that is attached is looked at besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row

from callrec.archive.heads import newest_run_of_each
from callrec.audit.remembered import write_json_atomically
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import IN_USE, LOST, CopyPlace, each_volume, place_of_each
from callrec.errors import CallrecError, NotFound, Tampered
from callrec.policy.retention import RecordingState
from callrec.practice import Practice
from callrec.record.forms import recall
from callrec.system.drives import drives
from callrec.system.files import open_to_read
from callrec.volume.bag import RECORDINGS
from callrec.volume.drive import disk_of, drive_errors, reads_as
from callrec.volume.volume import Volume, is_volume, open_volume

_PLACES_FILE: Final = "places.json"


def attached_volumes(practice: Practice) -> Mapping[str, Volume]:
    """The volumes of this vault that are attached, by their ids.

    The folders that were named come first, then those where this operator last used a volume, then
    every mounted drive and the folders at its top.
    """
    found: dict[str, Volume] = {}
    for volume in _volumes_in(_places(practice)):
        if volume.vault == practice.vault:
            found.setdefault(volume.volume, volume)
    return found


def mounted_volumes() -> tuple[Volume, ...]:
    """The volumes of any vault on mounted drives and in the folders at their top."""
    return tuple(_volumes_in(_mounted_places()))


def remember_place(practice: Practice, volume: Volume) -> None:
    """Remember where a volume was, outside the vault: it is looked for there first."""
    places = {**_remembered(practice), volume.volume: str(volume.at.absolute())}
    with suppress(OSError):  # it is then looked for elsewhere
        write_json_atomically(practice.state_folder / _PLACES_FILE, places)


def _places(practice: Practice) -> Iterator[Path]:
    yield from practice.drives
    yield from map(Path, _remembered(practice).values())
    yield from _mounted_places()


def _mounted_places() -> Iterator[Path]:
    for drive in drives():
        yield drive
        with suppress(OSError):
            yield from sorted(each for each in drive.iterdir() if each.is_dir())


def _volumes_in(places: Iterable[Path]) -> Iterator[Volume]:
    for at in dict.fromkeys(places):
        with suppress(CallrecError, OSError):
            if is_volume(at):
                yield open_volume(at)


def _remembered(practice: Practice) -> Mapping[str, str]:
    # Nothing rests on it but where to look first.
    return recall(dict[str, str], practice.state_folder / _PLACES_FILE) or {}


def is_on_vaults_disk(practice: Practice, at: Path) -> bool:
    """Whether a folder lies on the disk on which the vault lies."""
    return disk_of(at) == disk_of(practice.folder)


def off_site_drives(practice: Practice, connection: Connection) -> Mapping[str, str]:
    """The drive of each volume whose copies count: in use, and not on the vault's own disk.

    Two volumes on one drive have the same. One that is away and has no known serial number counts
    as a drive by itself.
    """
    rows = each_volume(connection)
    attached = attached_volumes(practice) if rows else {}
    beside = volumes_on_vaults_disk(practice, connection, attached)
    return {
        row.id: disk_of(attached[row.id].at) if row.id in attached else row.serial or row.id
        for row in rows
        if row.standing == IN_USE and row.id not in beside
    }


def volumes_on_vaults_disk(
    practice: Practice, connection: Connection, attached: Mapping[str, Volume]
) -> frozenset[str]:
    """The ids of the volumes that lie on the vault's own disk, as stated last or as seen now."""
    runs = newest_run_of_each(practice, connection)
    stated = {run.volume for run in runs if run.on_vaults_disk}
    seen = {id_ for id_, volume in attached.items() if is_on_vaults_disk(practice, volume.at)}
    return frozenset(stated | seen)


class OnlyOnVolumes(NotFound):
    """A recording that is on volumes only, none of which is attached."""

    def __init__(self, number: int, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        if labels:
            named = " or ".join(f'"{label}"' for label in labels)
            message = f"recording {number} is only on the drive {named}"
            hint = "attach it and run the command again; "
            hint += "if it is not found by itself, give its folder: --from DIR"
        else:
            message = f"recording {number} was only on drives that were reported lost"
            hint = "callrec archive list shows them; "
            hint += "one that comes back is counted again by callrec archive found DIR"
        super().__init__(message, hint=hint)


@contextmanager
def open_recording(practice: Practice, row: Row[Any]) -> Iterator[BufferedReader]:
    """The sealed bytes of a recording, wherever they are."""
    try:
        sealed = practice.store.open(row.ciphertext)
    except NotFound as error:
        if row.state != RecordingState.ARCHIVED:
            raise Tampered(
                f"the sealed file of recording {row.id} is missing",
                hint="callrec practice doctor --repair --from DIR fetches it back from a drive",
            ) from error
        with drive_errors(), _on_volume(practice, row) as copy:
            yield copy
        return
    with sealed:
        yield sealed


def attached_copies(practice: Practice, rows: Sequence[Row[Any, Any, Any]]) -> dict[int, Path]:
    """Where a copy of each recording lies on a volume that is attached, as far as there is one."""
    if not rows:
        return {}
    attached = attached_volumes(practice)
    with reading(practice.engine) as connection:
        places = place_of_each(connection, [row.id for row in rows])
    found: dict[int, Path] = {}
    for row in rows:
        for path in _copies(attached, places.get(row.id, ()), row.ciphertext):
            if path.is_file() and not path.is_symlink():
                found.setdefault(row.id, path)
    return found


def _on_volume(practice: Practice, row: Row[Any]) -> BufferedReader:
    attached = attached_volumes(practice)
    with reading(practice.engine) as connection:
        places = place_of_each(connection, [row.id]).get(row.id, ())
    copies = [*_copies(attached, places, row.ciphertext)]
    for path in copies:
        if reads_as(path, row.ciphertext):
            return BufferedReader(open_to_read(path))
    if copies:
        raise Tampered(
            f"what the attached drive has of recording {row.id} is not what was written there",
            hint="attach another drive that has it, and run callrec archive verify",
        )
    raise OnlyOnVolumes(row.id, [each.label for each in places if each.standing != LOST])


def _copies(
    attached: Mapping[str, Volume], places: Sequence[CopyPlace], ciphertext: str
) -> Iterator[Path]:
    for each in places:
        if each.volume in attached:
            yield attached[each.volume].bag_path(each.bag) / RECORDINGS / ciphertext
