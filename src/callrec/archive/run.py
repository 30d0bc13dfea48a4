"""One archive run, from the leaf that begins it; a backup is one without recordings.

In this order:

    what is owed there of an erasure is done (archive/erase.py)
    the volume is held against the log, before anything is written to it
    before recordings are copied, the vault is checked: its log, its rows and its keys
    the leaf ``archive.begun``, durably; then, on the drive:
    the bag, read back from the medium and compared
    the copy of the catalogue, beside those that are there: checked whole, and opened from the
        drive; the statement names its SHA-256, so it is taken before, and knows of the bag only
        that it was begun; if something is destroyed, or people or keys are changed, meanwhile, it
        is taken once more
    the statement with its leaf and the rows, in one transaction: from here on it is archived
    the leaf's proof, beside the bag; and only now the oldest copy goes

Whatever fails before the statement is in the log leaves the drive as it was, but for what was
copied: that stays under a hidden name, and the next run goes on from there. The same holds where
the actor may not archive any more by then: nothing of it is signed in their name.

A backup is a volume without recordings: a fresh copy of the catalogue, made while people work on,
with the statement that vouches for it (docs/formats/archive.md, 5 and 7). So `restore` reads it as
any volume, and takes the recordings from the vault's own folder, or the volumes that hold them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from callrec.archive.attached import remember_place
from callrec.archive.copy import VaultCheck, check_catalogue, older_copy, stating_copy
from callrec.archive.erase import erase_owed
from callrec.archive.fetch import begin_to_read
from callrec.archive.heads import (
    ARCHIVED,
    VolumeStatement,
    check_may_write,
    lay_proof,
    lay_stamp,
    log_about_volume,
    runs_written_to,
    save_written,
    state_run,
)
from callrec.archive.log import Removed, remove_local
from callrec.archive.owed import record_completed_destructions
from callrec.archive.plan import Plan, plan_run, target_at
from callrec.archive.unfinished import (
    BEGUN,
    GIVEN_UP,
    RunNotes,
    archive_lock,
    clear_run,
    note_run_begun,
    unmake_volume,
)
from callrec.audit.log import LogTransaction
from callrec.catalogue.engine import reading, settled, size_of
from callrec.catalogue.volumes import save_bag, state_complete
from callrec.dataclass import dataclass, replace
from callrec.errors import CallrecError, Failed, Unusable
from callrec.policy.clock_rules import same_day_after
from callrec.policy.days import DayRange, parse_day
from callrec.practice import Actor, Practice, attempt
from callrec.system.drives import serial_of
from callrec.volume.bag import MANIFEST, Bag, write_bag
from callrec.volume.drive import check_attached, check_read_back, drive_errors, remove
from callrec.volume.volume import (
    CopyHashes,
    create_volume,
    is_volume,
    open_volume,
    time_of_run,
    write_label,
)

_EARLIEST = 1900  # there was nothing to record

SPARE_BYTES: Final = 1 << 20
"""Bytes besides the catalogue's own, for its key, a proof, what is not in its file yet: 1 MiB."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What a run did; all of it was read back from the drive."""

    label: str
    bag: str
    """Its name; empty if there was nothing new."""
    recordings: int
    size_bytes: int
    """Of the sealed recordings in the bag."""
    erased: int = 0
    """Recordings that were destroyed since and lay there yet: they went first."""
    out_of_reach: int = 0
    """Recordings on other volumes only, none of which is attached: they were not copied."""
    unsound: tuple[int, ...] = ()
    """Recordings that were not copied: their files are damaged or missing."""
    removed: Removed | None = None
    """What the vault let go of; None: that was not asked for."""
    on_vaults_disk: bool = False
    """The volume lies on the disk on which the vault lies: it is not a copy elsewhere."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A copy of the catalogue that lies there, checked and opened."""

    label: str
    copied_at: str
    """What the copy is called by: ``20260807T101500Z``."""
    size_bytes: int
    """Of the sealed copy."""
    on_vaults_disk: bool
    """It lies on the disk on which the vault lies: it is not a copy elsewhere."""


def archive_recordings(
    practice: Practice,
    actor: Actor,
    to: Path,
    *,
    check: VaultCheck,
    started_before: datetime | None = None,
    label: str | None = None,
    removes: bool = False,
) -> Archived:
    """Copy to a drive what is not on it yet, with a fresh copy of the catalogue.

    The first time, the folder is made a volume, by its own name or by ``label``. With ``removes``
    the vault lets go of the files of these recordings that are on enough volumes.

    Raises:
        Refused: the actor may not archive.
        Locked: it takes their password.
        Unusable: the folder or the label will not do, the volume belongs to another vault, or the
            vault is to let go of files for a copy on its own disk.
        Tampered: something on the volume, in the vault or in the log is not as it was written, or
            a key does not open; the copies that lie there stay.
        Failed: the drive does not take it.
    """
    with attempt(practice, actor, ARCHIVED):
        check_may_write(practice, actor, "what is archived is signed, and that takes the password")
        target = target_at(practice, to, label)
        if removes and target.on_vaults_disk:
            raise Unusable(
                "that folder lies on the vault's own disk, and nothing is removed for a copy there",
                hint="is the drive attached? attach it, and give the folder where it is",
            )
    volume = target.volume.volume
    # What is erased first is reported when all is done.
    erased = (
        0 if target.is_new else erase_owed(practice, actor, to, check=check, advance=lambda _: None)
    )
    with attempt(practice, actor, ARCHIVED, subject=[volume]), archive_lock(practice) as notes:
        if target.is_new and is_volume(to):
            raise Failed(
                "another archive run has set up this folder meanwhile",
                hint="run the same command again",
            )
        begun = notes.begun(volume)
        plan = plan_run(practice, target, begun=begun, started_before=started_before)
        if plan.items:  # they may take hours; the copy of the catalogue is checked in any case
            begin_to_read(each.source for each in plan.items if isinstance(each.source, Path | str))
            check_catalogue(practice, actor, practice.engine, check)
        done = _Run(practice, actor, notes, plan, check).carry_out(begun)
        done = replace(done, erased=erased)
        remember_place(practice, target.volume)
        if removes:
            removed = remove_local(practice, actor, target.volume, started_before=started_before)
            done = replace(done, removed=removed)
        # Of what was destroyed meanwhile, nothing is left there.
        record_completed_destructions(practice, actor)
        return done


def back_up(
    practice: Practice, actor: Actor, to: Path, *, check: VaultCheck, label: str | None
) -> BackedUp:
    """Put a sealed copy of the catalogue into a folder, beside the one before it.

    The folder is on another disk. Raises: as `archive_recordings`; where there is no room, the copy
    before it is still there.
    """
    none = datetime.min.replace(tzinfo=UTC)
    done = archive_recordings(practice, actor, to, check=check, started_before=none, label=label)
    copy = open_volume(to).catalogue()
    size_bytes = copy.sealed.stat().st_size
    return BackedUp(done.label, copy.time, size_bytes, on_vaults_disk=done.on_vaults_disk)


def parse_age(text: str, today: date) -> date:
    """The day that was so long ago: ``90d``, ``12w``, ``18m``, ``3y``; ``3 years`` too.

    Months and years are calendar ones; a day that a month does not have is its last.
    """
    form = r"([1-9][0-9]{0,3}) ?(d|w|m|y|days?|weeks?|months?|years?)"
    found = re.fullmatch(form, text.strip().casefold())
    if found is None:
        raise Unusable(
            "that is not a length of time",
            hint="type 90d, 12w, 18m or 3y: days, weeks, months, years",
        )
    count, unit = int(found[1]), found[2][0]
    months = count * {"m": 1, "y": 12}.get(unit, 0)
    days = timedelta(days=count * {"d": 1, "w": 7}.get(unit, 0))
    with suppress(ValueError):  # before the first year of the calendar
        day = same_day_after(today, -months) - days
        if day.year >= _EARLIEST:
            return day
    raise Unusable("that is longer ago than there are recordings", hint="leave the limit out")


def archive_cutoff(
    *, older_than: str | None, before: str | None, today: date, zone: tzinfo
) -> datetime | None:
    """The instant, in UTC, before which a recording must have begun; None: no limit."""
    if older_than is not None and before is not None:
        raise Unusable(
            "an age and a day are both given", hint="give --older-than or --before, not both"
        )
    if before is not None:
        day = parse_day(before, today)
    elif older_than is not None:
        day = parse_age(older_than, today)
    else:
        return None
    first_instant, _ = DayRange(day, day).bounds(zone)
    return first_instant


class _Run:
    """One run, from the leaf that begins it."""

    def __init__(
        self, practice: Practice, actor: Actor, notes: RunNotes, plan: Plan, check: VaultCheck
    ) -> None:
        self._practice = practice
        self._check = check
        self._actor = actor
        self._notes = notes
        self._plan = plan
        self._volume = plan.target.volume

    def carry_out(self, begun: str) -> Archived:
        """Do it; ``begun`` is the name of an earlier run that was cut off, if one was."""
        plan, volume = self._plan, self._volume
        about = (self._practice, self._actor, BEGUN, volume.volume)
        log_about_volume(*about, bag=plan.name, recordings=len(plan.items))
        if not plan.target.is_new:
            volume.clear_unfinished()
            if begun in plan.written:
                lay_proof(self._practice, volume, begun, plan.written[begun].seq)
            elif begun:
                clear_run(volume, begun)
        note_run_begun(self._practice, self._notes, volume, plan.name)
        try:
            bag, seq, older = self._write()
        except BaseException:
            self._undo()
            raise
        lay_proof(self._practice, volume, plan.name, seq)
        lay_stamp(self._practice, volume, plan.name)
        volume.drop_other_copies(time_of_run(plan.name), older)
        self._notes.end(volume.volume)
        name, size_bytes = (plan.name, bag.size_bytes) if bag else ("", 0)
        archived = self._plan.items.numbers
        return Archived(
            *(volume.label, name, len(archived), size_bytes),
            out_of_reach=plan.out_of_reach,
            on_vaults_disk=plan.target.on_vaults_disk,
            unsound=tuple(sorted(set(plan.items.numbers).difference(archived))),
        )

    def _write(self) -> tuple[Bag | None, int, str]:
        """Bag, copy and statement.

        The bag (None: nothing new), the sequence of the leaf, and the copy that stays beside.
        """
        plan, volume, practice = self._plan, self._volume, self._practice
        check_attached(volume.at, plan.target.device)
        if plan.target.is_new:
            create_volume(volume.at, volume=volume.volume, vault=volume.vault, label=volume.label)
        else:
            write_label(volume)
        bag, begun = None, volume.unfinished_bag()
        if plan.items:
            day = plan.name[:8]
            info = {  # nothing that tells of a call or a person
                "Bag-Software-Agent": "callrec",
                "Bagging-Date": f"{day[:4]}-{day[4:6]}-{day[6:]}",
                "External-Identifier": f"{volume.volume}/{plan.name}",
            }
            with reading(practice.engine) as connection:
                catalogue_bytes = size_of(connection)
            bag = write_bag(
                volume.bag_path(plan.name),
                plan.items,
                info,
                begun=begun,
                extra_bytes=catalogue_bytes + SPARE_BYTES,
            )
            plan = self._plan = plan.without(bag.left_out)
            bag = bag if plan.items else None
        elif begun is not None:
            with drive_errors():
                remove(begun)
        with stating_copy(
            *(practice, self._actor, volume, plan.name),
            work=self._notes.copy_folder,
            check=self._check,
            check_there=lambda: self._check_there(bag),
        ) as (act, copy):
            older = older_copy(act.connection, volume, plan.written, plan.name)
            return bag, self._write_down(act, bag, copy, older), older

    def _check_there(self, bag: Bag | None) -> None:
        """What is stated to be archived lies on the drive, and not where it was mounted before."""
        volume = self._volume
        check_attached(volume.at, self._plan.target.device)
        if open_volume(volume.at) != volume:
            raise Failed("another drive has taken the place of the one that was written to")
        if bag is not None:
            with drive_errors():
                check_read_back(bag.path / MANIFEST, bag.manifest_sha256)

    def _write_down(
        self, act: LogTransaction, bag: Bag | None, copy: CopyHashes, older: str
    ) -> int:
        plan, volume = self._plan, self._volume
        run = VolumeStatement(
            volume=volume.volume,
            name=plan.name,
            manifest=bag.manifest_sha256 if bag else "",
            catalogue=copy.sealed,
            keys=copy.keys,
            head=act.head,
            on_vaults_disk=plan.target.on_vaults_disk,
            older=older,
        )
        details = {"bytes": bag.size_bytes if bag else 0, "recordings": len(plan.items)}
        seq, digest = state_run(self._practice, self._actor, act, run, bag=plan.name, **details)
        serial = serial_of(volume.at)  # where it is not known now, what was known before stands
        save_written(self._practice, act, volume, **({"serial": serial} if serial else {}))
        if bag:
            id_, numbers = volume.volume, plan.items.numbers
            save_bag(act.connection, id_, plan.name, statement=digest, recordings=numbers)
        state_complete(act.connection, volume.volume)
        return seq

    def _undo(self) -> None:
        """Leave the drive as it was; what it does not let go, the next run clears away."""
        with suppress(CallrecError, OSError):
            with settled(self._practice.engine) as connection:
                stated = runs_written_to(self._practice, connection, self._volume.volume)
            if self._plan.name in stated:
                return  # interrupted just after: the next run lays the proof beside the bag
            # The next run, with the drive back, takes up what is noted.
            check_attached(self._volume.at, self._plan.target.device)
            if is_volume(self._volume.at):
                clear_run(self._volume, self._plan.name)
            if not self._plan.written:  # where the actor may not any more, the next run says it
                log_about_volume(self._practice, self._actor, GIVEN_UP, self._volume.volume)
            if self._plan.target.is_new and self._volume.unfinished_bag() is None:
                unmake_volume(self._volume.at)
            self._notes.end(self._volume.volume)
