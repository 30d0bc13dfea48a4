"""The practice's volumes: list them, who keeps each, lost, found.

Reporting one lost makes the incident in the same transaction: what was on the volume is known, so
the draft says which calls are concerned, what protects them, and of how many there is no copy left.
From then on what lies on it is not a copy. One that comes back is a copy again once all of it was
read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import Connection, Row

from callrec.archive.attached import attached_volumes, volumes_on_vaults_disk
from callrec.archive.heads import check_may_archive, signing_as_archivist
from callrec.archive.log import VolumeAct, check_standings, newest_keeper_leaves
from callrec.archive.owed import record_completed_destructions
from callrec.archive.survey import VolumeReport, last_verified, not_as_written, verify_volume
from callrec.archive.unfinished import GIVEN_UP, archive_lock, unfinished_runs
from callrec.audit.leaf import detail_commitment
from callrec.audit.log import read_leaf
from callrec.catalogue.destruction import labels_of_begun
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import from_millis, to_millis
from callrec.catalogue.volumes import (
    IN_USE,
    LOST,
    calls_on,
    each_volume,
    find_volume,
    first_bag,
    save_volume,
    volume_contents,
    volume_labelled,
)
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.context import context
from callrec.crypto.streaming import sealed_size
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Refused, Tampered, Unusable
from callrec.incidents.incident import IncidentReport, ReportedIncident, open_incident
from callrec.policy.breach import Findings
from callrec.policy.clause import Clause
from callrec.policy.days import day_in_words
from callrec.policy.incident import check_may_report
from callrec.policy.retention import RecordingState, interval_end
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, attempt, record, register_now, vault_key
from callrec.record.forms import NONCE_BYTES, as_json, body_of, read
from callrec.requests.model import MAX_REQUEST_RECORDINGS
from callrec.volume.volume import time_in_name

_LONGEST: Final = 200

_NOT_AS_STATED: Final = "who has a drive is not what was written down last"


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """What is reported of a lost volume."""

    label: str
    noticed_at: datetime
    """Aware; the 72 hours count from then."""
    tell: str | None = None
    """Login of the line manager; None: a Data Controller is notified."""


@dataclass(frozen=True, slots=True)
class LostVolume:
    """A volume that was reported lost."""

    label: str
    incident: ReportedIncident
    recordings: tuple[int, ...]
    """The calls on it, by their numbers, oldest first."""
    without_copy: tuple[int, ...]
    """The calls of these that are nowhere else: neither in the vault nor on a volume in use."""


@dataclass(frozen=True, slots=True, repr=False)
class VolumeKeeper:
    """Who has a volume, and where. Its repr shows nothing."""

    by: Annotated[str, Field(alias="with")]
    place: str


@dataclass(frozen=True, slots=True)
class ListedVolume:
    """A volume as the vault knows it, attached or not."""

    volume: str
    """Its id."""
    label: str
    standing: str
    """``in-use`` or ``lost``."""
    serial: str | None
    """The drive's own number, where the system gave it."""
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
    """It lies on the disk on which the vault lies: it is not a copy elsewhere."""
    verify_on: date | None
    """By when it is read back whole, as `archive.verify_every` says; None: it is lost, or empty."""

    @property
    def is_lost(self) -> bool:
        """Whether it was reported lost, and has not come back."""
        return self.standing == LOST


def report_lost(practice: Practice, actor: Actor, loss: LossReport) -> LostVolume:
    """Take a volume out of the count of copies, and make the draft of the incident that it is.

    A new one on which no run ended was never in the count: nothing is owed there any more.

    Raises:
        Refused: the actor may not archive, it is lost already, or the report says nothing.
        NotFound: there is no volume of that label, or nobody of that login.
    """
    with attempt(practice, actor, VolumeAct.LOST):
        check_may_archive(practice, actor)
        check_may_report(actor.person)
        with reading(practice.engine) as connection:
            labels = labels_of_begun(connection, unfinished_runs(practice, connection))
        for begun, label in labels.items():
            if label == loss.label:
                return _lose_begun(practice, actor, loss, begun)
        with signing_as_archivist(practice, actor) as act:
            row = volume_labelled(act.connection, loss.label)
            if row.standing == LOST:
                raise Refused(
                    "that drive was reported lost already",
                    clause=Clause.INFRINGEMENT,
                    hint="callrec incident list shows the incident",
                )
            act.leaf(VolumeAct.LOST, actor=actor.person.id, subject=[row.id])
            save_volume(act.connection, row.id, standing=LOST)
            calls = calls_on(act.connection, row.id)
            alone = [
                call for call in calls if call.state == RecordingState.ARCHIVED and not call.copies
            ]
            count = f"{len(calls)} sealed recordings" if len(calls) != 1 else "1 sealed recording"
            account = _account(loss, count, calls, len(alone), practice)
            incident = open_incident(practice, act, actor, account)
    return LostVolume(row.label, incident, tuple(c.id for c in calls), tuple(c.id for c in alone))


def report_found(
    practice: Practice, actor: Actor, at: Path, advance: Callable[[int], None]
) -> VolumeReport:
    """Count a volume that came back as a copy again, once all of it was read back.

    Raises:
        Refused: the actor may not archive.
        Unusable: it was not reported lost, or belongs to another vault.
        NotFound: the folder is not a volume, or one to which nothing was ever written.
        Unchecked: the drive cannot be read.
        Tampered: it is not as it was written; it stays lost.
    """
    with attempt(practice, actor, VolumeAct.FOUND):
        check_may_archive(practice, actor)
        report = verify_volume(practice, at, advance)
        with reading(practice.engine) as connection:
            row = find_volume(connection, report.volume)  # anybody can give a folder its label
        if row is None:
            raise NotFound(
                "nothing was ever written to this drive, so it was not lost",
                hint="callrec archive list shows the drives",
            )
        if row.standing != LOST:
            raise Unusable("that drive was not reported lost", hint="callrec archive list")
        if report.faults:
            first = report.faults[0]
            raise not_as_written(first.path, first.what, "it stays lost")
    with signing_as_archivist(practice, actor) as act:
        act.leaf(VolumeAct.FOUND, actor=actor.person.id, subject=[row.id])
        seen_at = to_millis(practice.now())
        save_volume(act.connection, row.id, standing=IN_USE, seen_at=seen_at)
    return report


def record_volume_keeper(practice: Practice, actor: Actor, label: str, kept: VolumeKeeper) -> None:
    """Write down who has a volume and where it lies; the volume need not be attached.

    Raises:
        Refused: the actor may not archive.
        NotFound: there is no volume of that label.
        Unusable: one of the two is missing, or longer than 200 characters.
    """
    with attempt(practice, actor, VolumeAct.KEPT):
        check_may_archive(practice, actor)
        for words in (kept.by, kept.place):
            if not 0 < len(words.strip()) <= _LONGEST:
                raise Unusable(
                    f"who has a drive, and where, is said in 1 to {_LONGEST} characters",
                    hint='callrec archive keep LABEL --with "Pat Ellison" --at "the fire safe"',
                )
        with reading(practice.engine) as connection:
            volume = volume_labelled(connection, label).id
    nonce, by = primitives.random_bytes(NONCE_BYTES), actor.person.id
    info = context("kept", practice.vault, volume=volume)
    with signing_as_archivist(practice, actor) as act:
        newest = register_now(practice, act.connection).newest(VaultKey.CATALOGUE)
        details = as_json(kept)
        act.leaf(VolumeAct.KEPT, actor=by, subject=[volume], details=details, nonce=nonce)
        sealed = primitives.hpke_seal(newest.public, body_of(kept, nonce), info)
        save_volume(act.connection, volume, kept_version=newest.version, kept_sealed=sealed)


def list_volumes(practice: Practice) -> tuple[ListedVolume, ...]:
    """Every volume that was ever written to, by label; opens nothing.

    Raises:
        Tampered: how one stands is not what the log says, or what was written last is not signed.
    """
    verified = last_verified(practice.state_folder)
    found = []
    with reading(practice.engine) as connection:
        check_standings(practice, connection)
        rows = each_volume(connection)
        attached = attached_volumes(practice) if rows else {}
        beside = volumes_on_vaults_disk(practice, connection, attached)
        for row in rows:
            bags, originals_bytes = volume_contents(connection, row.id)
            volume = attached.get(row.id)
            written_at, verified_at = from_millis(row.written_at), verified.get(row.id)
            found_at = from_millis(row.seen_at or row.written_at)
            first_at = time_in_name(first_bag(connection, row.id) or "") or written_at
            used = originals_bytes and row.standing != LOST
            found.append(
                ListedVolume(
                    volume=row.id,
                    label=row.label,
                    standing=row.standing,
                    serial=row.serial,
                    written_at=written_at,
                    seen_at=max(written_at, found_at, verified_at or written_at),
                    bags=bags,
                    recordings=len(originals_bytes),
                    size_bytes=sum(map(sealed_size, originals_bytes)),
                    verified_at=verified_at,
                    at=volume.at if volume else None,
                    on_vaults_disk=row.id in beside,
                    verify_on=_verify_on(practice, verified_at or first_at) if used else None,
                )
            )
    return tuple(found)


def _verify_on(practice: Practice, since: datetime) -> date:
    day = since.astimezone(practice.settings.time_zone).date()
    return interval_end(day, practice.settings.archive.verify_every)


def keepers_of_volumes(practice: Practice, actor: Actor) -> Mapping[str, VolumeKeeper]:
    """Who has each volume, by its id, as far as it was written down and the actor may read it."""
    with reading(practice.engine) as connection:
        newest = newest_keeper_leaves(practice, connection)
        rows = [row for row in each_volume(connection) if row.id in newest or row.kept_sealed]
    if not rows or not actor.has_key(VaultKey.CATALOGUE):
        return {}
    record(practice, actor, "volume.listed", subject=[row.id for row in rows])
    with reading(practice.engine) as connection:
        return {
            row.id: _open_keeper(practice, actor, connection, row, newest.get(row.id))
            for row in rows
        }


def _lose_begun(practice: Practice, actor: Actor, loss: LossReport, volume: str) -> LostVolume:
    """Report lost a volume of which nothing is known but that a run was begun on it."""
    with archive_lock(practice) as notes:
        with signing_as_archivist(practice, actor) as act:
            count = "sealed recordings that were being copied to it"
            account = _account(loss, count, (), 0, practice)
            incident = open_incident(practice, act, actor, account)
            act.leaf(GIVEN_UP, actor=actor.person.id, subject=[volume])
        notes.end(volume)
    record_completed_destructions(practice, actor)
    return LostVolume(loss.label, incident, (), ())


def _account(
    loss: LossReport,
    count: str,
    calls: Sequence[Row[int, str, int, int]],
    alone: int,
    practice: Practice,
) -> IncidentReport:
    zone = practice.settings.time_zone
    span = erased = ""
    there = [call.id for call in calls if call.state != RecordingState.DESTROYED]
    if gone := len(calls) - len(there):
        erased = f" ({gone} of them erased elsewhere since, with their keys on the drive)"
    if calls:
        first, last = (from_millis(calls[n].started_at).astimezone(zone) for n in (0, -1))
        span = f", of calls from {day_in_words(first)} to {day_in_words(last)}"
    return IncidentReport(
        noticed_at=loss.noticed_at,
        what=f'the archive drive "{loss.label}" is lost, and with it {count}{span}',
        tell=loss.tell,
        # More than one entry of the log can name are reported as a number.
        recordings=there if len(there) <= MAX_REQUEST_RECORDINGS else (),
        findings=Findings(
            nature="loss of an external drive with sealed recordings",
            records=f"{count}{erased}, and a sealed copy of the catalogue{span}",
            record_count=len(calls),
            consequences=f"{alone} of the recordings are nowhere else"
            if alone
            else "none of the recordings is gone: each is in the vault or on another drive",
            measures="sealed with AES-256; only people who may approve can open the keys on the"
            " drive, with their passwords, or the recovery kit",
        ),
    )


def _open_keeper(
    practice: Practice, actor: Actor, connection: Connection, row: Row[Any], seq: int | None
) -> VolumeKeeper:
    """Who has a volume, as it was written down last."""
    if row.kept_sealed is None:
        raise Tampered(_NOT_AS_STATED)
    secret = vault_key(actor, VaultKey.CATALOGUE, row.kept_version)
    info = context("kept", practice.vault, volume=row.id)
    opened = primitives.hpke_open(secret, bytes(row.kept_sealed), info)
    nonce, details = opened[:NONCE_BYTES], opened[NONCE_BYTES:]
    if seq is None:
        raise Tampered(_NOT_AS_STATED)
    leaf, _ = read_leaf(connection, seq)
    if detail_commitment(practice.vault, seq, nonce, details) != leaf.detail:
        raise Tampered(_NOT_AS_STATED)
    return read(VolumeKeeper, parse(details), _NOT_AS_STATED)
