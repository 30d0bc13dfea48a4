"""Before anything is written to a drive: hold it against the log, and decide what goes there."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, overload

from sqlalchemy import Connection, Row

from callrec.archive.attached import attached_copies, is_on_vaults_disk
from callrec.archive.heads import WrittenRuns
from callrec.archive.survey import (
    FaultKind,
    check_is_of_this_vault,
    manifest_faults,
    not_as_written,
    read_written,
    survey_volume,
)
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import to_millis
from callrec.catalogue.volumes import LOST, find_volume, is_label_taken, not_archived
from callrec.crypto import primitives
from callrec.dataclass import dataclass, field, replace
from callrec.errors import Unusable
from callrec.policy.retention import RecordingState
from callrec.practice import Practice
from callrec.store.directory import check_name
from callrec.system.files import Stored
from callrec.system.paths import lies_in
from callrec.volume.bag import BagItem
from callrec.volume.drive import device_of, drive_errors
from callrec.volume.volume import (
    BAGS,
    HEADS,
    PROOF,
    Volume,
    check_label,
    check_target,
    is_label,
    is_volume,
    open_volume,
    stamp,
    time_in_name,
)


@dataclass(frozen=True, slots=True)
class Target:
    """The volume that a folder is, or is to become."""

    volume: Volume
    is_new: bool
    device: int
    """The system's number of the file system that the folder lies on."""
    on_vaults_disk: bool
    """It may be the folder of a drive that is not attached: no copy elsewhere."""


@dataclass(slots=True)
class Chosen(Sequence[BagItem]):
    """Recordings for a bag; each is made as it is asked for, as there may be a million."""

    source: Callable[[str], Path | str | Stored]
    """Where the vault has a file."""
    elsewhere: Mapping[int, Path]
    """By number, where a file lies that the vault has not."""
    numbers: array[int] = field(default_factory=partial(array, "q"))
    _names: bytearray = field(default_factory=bytearray)
    """SHA-256 of each, 32 bytes."""

    def add(self, number: int, name: str) -> None:
        """One more, whose sealed bytes have that SHA-256."""
        check_name(name)
        self.numbers.append(number)
        self._names += bytes.fromhex(name)

    def without(self, names: Collection[str]) -> Chosen:
        """The same but for files of these names."""
        kept = Chosen(self.source, self.elsewhere)
        for number, item in zip(self.numbers, self, strict=True):
            if item.sha256 not in names:
                kept.add(number, item.sha256)
        return kept

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> BagItem: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[BagItem]: ...

    def __getitem__(self, place: int | slice) -> BagItem | Sequence[BagItem]:
        where = range(len(self))[place]
        if isinstance(where, range):
            return [self[each] for each in where]
        number, name = self.numbers[where], self._names[32 * where : 32 * where + 32].hex()
        return BagItem(name, self.elsewhere.get(number) or self.source(name))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, decided before anything is."""

    target: Target
    written: WrittenRuns
    """What the log says lies on the volume, by name; it does."""
    name: str
    """Of this run: ``<UTC time>-<n>``."""
    items: Chosen
    out_of_reach: int
    """Recordings that are on other volumes only, and none of these is attached."""

    def without(self, names: Collection[str]) -> Plan:
        """The same but for recordings whose files are of these names."""
        return replace(self, items=self.items.without(names)) if names else self


def needs_label(to: Path) -> bool:
    """Whether a folder is not a volume yet, and is called what no volume may be."""
    with drive_errors():
        return not is_volume(to) and not is_label(_name_of(to))


def is_on_this_disk(practice: Practice, to: Path) -> bool:
    """Whether a folder outside the vault is not a volume yet, and lies on the vault's own disk."""
    with drive_errors():
        is_outside = not lies_in(to, practice.folder)
        is_new = is_outside and to.is_dir() and not is_volume(to)
    return is_new and is_on_vaults_disk(practice, to)


def check_not_lost(volume: Row[Any] | None) -> None:
    """A volume that was reported lost is neither written to nor tried before it is found."""
    if volume is not None and volume.standing == LOST:
        raise Unusable(
            "this drive was reported lost",
            hint="read it back and count it again: callrec archive found DIR",
        )


def target_at(practice: Practice, to: Path, label: str | None) -> Target:
    """The volume at a folder."""
    with drive_errors():
        check_target(to, practice.folder)
        is_new = not is_volume(to)
        if is_new:
            volume = Volume(to, primitives.random_id(), practice.vault, label or _name_of(to))
            check_label(volume.label)
        else:
            volume = open_volume(to)
            check_is_of_this_vault(practice, volume)
    with reading(practice.engine) as connection:
        row = find_volume(connection, volume.volume)
        check_not_lost(row)
        if label is not None and row is None:  # nothing came to be written there: it may change
            check_label(label)
            volume = replace(volume, label=label)
        if label not in (None, volume.label):
            raise Unusable(
                "this drive has another label, and keeps it",
                hint="leave --label out; callrec archive list shows the labels",
            )
        if row is None and is_label_taken(connection, volume.label):
            raise Unusable(
                "another drive has that label",
                hint="choose another with --label; callrec archive list shows the labels",
            )
    with drive_errors():
        return Target(volume, is_new, device_of(to), is_on_vaults_disk(practice, to))


def _name_of(folder: Path) -> str:
    # Path.resolve raises where a link leads to itself.
    return Path(os.path.realpath(folder)).name


def plan_run(
    practice: Practice, target: Target, *, begun: str, started_before: datetime | None
) -> Plan:
    """Hold a volume against the log, and decide what is written to it."""
    volume = target.volume
    limit = None if started_before is None else to_millis(started_before)
    with reading(practice.engine) as connection:
        written = read_written(practice, connection, volume.volume)
        if not target.is_new:
            with drive_errors():
                _check_volume(practice, connection, volume, written, begun)
        rows = not_archived(connection, volume.volume, started_before=limit)
        of_volumes = [row for row in rows if row.state == RecordingState.ARCHIVED]
        gone = attached_copies(practice, of_volumes)
        items = Chosen(practice.store.source, gone)
        for row in not_archived(connection, volume.volume, started_before=limit):
            if row.state == RecordingState.LIVE or row.id in gone:
                items.add(row.id, row.ciphertext)
    return Plan(
        target=target,
        written=written,
        name=next_run_name(practice.now(), written),
        items=items,
        out_of_reach=len(of_volumes) - len(gone),
    )


def _check_volume(
    practice: Practice, connection: Connection, volume: Volume, written: WrittenRuns, begun: str
) -> None:
    # A run that was cut off left a bag that no statement came to name, or laid no proof beside it.
    of_begun = (FaultKind.EXTRA, f"{BAGS}/{begun}")
    if begun in written:
        of_begun = (FaultKind.MISSING, f"{HEADS}/{begun}{PROOF}")
    manifests = (
        manifest_faults(volume, each)
        for each in written.values()
        if each.manifest and volume.bag_path(each.name).is_dir()
    )
    for fault in chain(survey_volume(practice, connection, volume, written), *manifests):
        if (fault.kind, fault.path) != of_begun:
            raise not_as_written(fault.path, fault.what, "nothing was written")


def next_run_name(now: datetime, written: WrittenRuns) -> str:
    """What a run is called: by the time, and later than any on the volume, whatever the clock says.

    Names sort by it.
    """
    last = max((each.time for each in written.values()), default="")
    begun = time_in_name(last)
    if begun is not None and stamp(now) <= last:
        now = begun + timedelta(seconds=1)
    return f"{stamp(now)}-1"
