"""Read all of a volume back and hold it against the audit log.

It opens nothing and writes nothing in the vault, so that anybody may do it, on a copy too. When a
volume was last found sound is so remembered outside the vault, in the operator's own folder.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.archive.attached import remember_place
from callrec.archive.survey import (
    BAGS,
    Fault,
    FaultKind,
    catalogue_faults,
    check_is_of_this_vault,
    manifest_faults,
    read_written,
    survey_volume,
)
from callrec.archive.unfinished import BEGUN, is_writing
from callrec.audit.remembered import write_json_atomically
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import is_label_taken
from callrec.errors import Failed, NotFound, Unchecked
from callrec.practice import check_remembered_head
from callrec.record.acts import done_leaves
from callrec.record.forms import Instant, as_json, recall
from callrec.volume.bag import validate_bag
from callrec.volume.drive import drive_errors
from callrec.volume.volume import MARKER, open_volume

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from callrec.archive.heads import WrittenRun
    from callrec.practice import Practice
    from callrec.volume.volume import Volume

VERIFIED_FILE: Final = "volumes.json"


@dataclass(frozen=True, slots=True)
class VolumeReport:
    """What was found on a volume."""

    volume: str
    """Its id."""
    label: str
    at: Path
    bags: int
    checked: int
    """Recordings that were read back and compared."""
    faults: tuple[Fault, ...]

    def paths(self, kind: FaultKind) -> tuple[str, ...]:
        """Paths within the volume of what is damaged, missing or extra."""
        return tuple(fault.path for fault in self.faults if fault.kind is kind)


def count_bags(at: Path) -> int:
    """How many bags a volume seems to hold: how much there is to do.

    Raises:
        NotFound: the folder is no volume.
        Unchecked: the drive cannot be read.
    """
    with _readable():
        return len(open_volume(at).bags())


def longest_unverified_first(practice: Practice, folders: Sequence[Path]) -> tuple[Path, ...]:
    """Volumes as they want to be read back: never by this operator, then longest ago.

    Raises:
        NotFound: a folder is no volume.
        Unchecked: a drive cannot be read.
    """
    verified = last_verified(practice.state_folder)
    with _readable():
        ids = {at: open_volume(at).volume for at in folders}
    return tuple(sorted(ids, key=lambda at: (ids[at] in verified, verified.get(ids[at]))))


def verify_volume(practice: Practice, at: Path, advance: Callable[[int], None]) -> VolumeReport:
    """Hold a volume against the log, and read every recording on it back.

    Args:
        practice: the vault that it belongs to.
        at: the volume's folder.
        advance: is told how many bags more are done.

    Raises:
        NotFound: the folder is no volume.
        Unusable: the volume belongs to another vault.
        Tampered: the vault's own log or catalogue is not as it was signed, or the volume's marker
            is not as callrec wrote it.
        Unchecked: the drive cannot be read, or another command is writing to it.
    """
    check_remembered_head(practice)
    with _readable():
        volume = open_volume(at)
        check_is_of_this_vault(practice, volume)
        with reading(practice.engine) as connection:
            written = read_written(practice, connection, volume.volume)
            faults = [*survey_volume(practice, connection, volume, written)]
            if not written:
                faults += _not_known(connection, volume)
        faults += catalogue_faults(volume, written)
        checked = 0
        for each in written.values():
            if each.manifest:
                found, damage = _read_bag(volume, each)
                checked += found
                faults += damage
                advance(1)
        if faults:
            _check_undisturbed(practice, volume, written)
    bags = sum(bool(each.manifest) for each in written.values())
    report = VolumeReport(volume.volume, volume.label, at, bags, checked, tuple(_once(faults)))
    if not faults:
        _remember(practice.state_folder, volume.volume, practice.now())
    remember_place(practice, volume)
    return report


def last_verified(state_folder: Path) -> Mapping[str, datetime]:
    """When this operator last found each volume sound, by its id."""
    # Nothing rests on it but when to look again.
    return recall(dict[str, Instant], state_folder / VERIFIED_FILE) or {}


def _not_known(connection: Connection, volume: Volume) -> Iterator[Fault]:
    """Of a volume to which nothing was written: whether it is one at all.

    Anybody can make a folder with the marker of a volume; nothing is missing from it.
    """
    if is_label_taken(connection, volume.label):
        yield Fault(FaultKind.DAMAGED, MARKER, "its label is that of another volume")
    elif not any(volume.volume in leaf.subject for leaf in done_leaves(connection, (BEGUN,))):
        yield Fault(FaultKind.EXTRA, MARKER, "the log knows of no volume with its id")


def _check_undisturbed(
    practice: Practice, volume: Volume, written: Mapping[str, WrittenRun]
) -> None:
    """What a run has just put there, or taken away, looks like a fault.

    Raises:
        Unchecked: one is writing to the volume, or has written to it since that was looked at.
    """
    is_disturbed = is_writing(practice.folder, volume.volume)
    with reading(practice.engine) as connection:
        is_disturbed |= read_written(practice, connection, volume.volume) != written
    if is_disturbed:
        raise Unchecked(
            "another command was writing to this volume, so nothing is claimed of it",
            hint="run the same command again when that has ended",
        )


def _read_bag(volume: Volume, written: WrittenRun) -> tuple[int, list[Fault]]:
    try:
        report = validate_bag(volume.bag_path(written.name))
    except NotFound as error:
        return 0, [Fault(FaultKind.MISSING, f"{BAGS}/{written.name}", error.message)]
    faults = [
        Fault(kind, f"{BAGS}/{written.name}/{name}", what)
        for kind, what, names in (
            (FaultKind.DAMAGED, "its bytes are not what was written", report.damaged),
            (FaultKind.MISSING, "it was written there and is gone", report.missing),
            (FaultKind.EXTRA, "no manifest lists it", report.extra),
        )
        for name in names
    ]
    return report.checked, [*faults, *manifest_faults(volume, written, report.manifest_sha256)]


def _once(faults: list[Fault]) -> Iterator[Fault]:
    """Each path once in a list: the first that was said of it."""
    seen = set()
    for fault in faults:
        if (fault.kind, fault.path) not in seen:
            seen.add((fault.kind, fault.path))
            yield fault


@contextmanager
def _readable() -> Iterator[None]:
    """A drive that cannot be read proves nothing, neither good nor bad."""
    try:
        with drive_errors():
            yield
    except Failed as error:
        raise Unchecked(error.message, hint="nothing is claimed of what is on it") from error


def _remember(state_folder: Path, volume: str, now: datetime) -> None:
    said = as_json({**last_verified(state_folder), volume: now}, dict[str, Instant])
    with suppress(OSError):  # what was found stands, whether it can be remembered or not
        write_json_atomically(state_folder / VERIFIED_FILE, said)
