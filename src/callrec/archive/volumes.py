"""A volume that is lost, and one that comes back [policy, last paragraph; UK GDPR 33].

Whoever reports it lost makes the incident in the same transaction: what was on the volume is known,
so the draft says which calls are concerned, what protects them, and of how many there is no copy
left. From then on what lies on it is no copy. One that comes back is a copy again once all of it
was read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.archive.archive_verify import verify_volume
from callrec.archive.archivist import signing_as_archivist
from callrec.archive.owed import record_completed_destructions
from callrec.archive.unfinished import GIVEN_UP, archive_lock, unfinished_runs
from callrec.archive.volume_log import STANDING_AFTER, VolumeAct
from callrec.catalogue.destruction import labels_of_begun
from callrec.catalogue.engine import reading
from callrec.catalogue.times import from_millis, to_millis
from callrec.catalogue.volumes import (
    ARCHIVED,
    LOST,
    calls_on,
    find_volume,
    save_volume,
    volume_labelled,
)
from callrec.errors import NotFound, Refused, Tampered, Unusable
from callrec.incidents.incident import IncidentReport, open_incident
from callrec.policy.authority import check_may
from callrec.policy.breach import Findings
from callrec.policy.clause import Clause
from callrec.policy.incident import check_may_report
from callrec.policy.role import Power
from callrec.practice import attempt, today
from callrec.requests.model import MAX_REQUEST_RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Row

    from callrec.archive.archive_verify import VolumeReport
    from callrec.incidents.incident import ReportedIncident
    from callrec.practice import Actor, Practice


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """What whoever noticed it says of a lost volume."""

    label: str
    noticed_at: datetime
    """Aware; the 72 hours count from then."""
    tell: str | None = None
    """Login of the line manager; None: a Data Controller is told."""


@dataclass(frozen=True, slots=True)
class LostVolume:
    """A volume that was reported lost."""

    label: str
    incident: ReportedIncident
    recordings: tuple[int, ...]
    """The calls on it, by their numbers, oldest first."""
    without_copy: tuple[int, ...]
    """Of those, which are nowhere else: neither in the vault nor on a volume in use."""


def report_lost(practice: Practice, actor: Actor, loss: LossReport) -> LostVolume:
    """Take a volume out of the count of copies, and make the draft of the incident that it is.

    A new one on which no run ended was never in the count: nothing is owed there any more.

    Raises:
        Refused: the actor may not archive, it is lost already, or the report is none.
        NotFound: there is no volume of that label, or nobody of that login.
    """
    with attempt(practice, actor, VolumeAct.LOST):
        check_may(actor.person, Power.ARCHIVE, on=today(practice))
        check_may_report(actor.person)
        begun = _begun_only(practice, loss.label)
        if begun is not None:
            return _lose_begun(practice, actor, loss, begun)
        with signing_as_archivist(practice, actor) as act:
            row = volume_labelled(act.connection, loss.label)
            if row.standing == LOST:
                raise Refused(
                    "that volume was reported lost already",
                    clause=Clause.INFRINGEMENT,
                    hint="callrec incident list shows the incident",
                )
            act.leaf(VolumeAct.LOST, actor=actor.person.id, subject=[row.id])
            save_volume(act.connection, row.id, standing=STANDING_AFTER[VolumeAct.LOST])
            calls = calls_on(act.connection, row.id)
            alone = [call for call in calls if call.state == ARCHIVED and not call.copies]
            count = f"{len(calls)} sealed recordings" if len(calls) != 1 else "1 sealed recording"
            account = _account(loss, count, calls, len(alone), practice)
            incident = open_incident(practice, act, actor, account)
    return LostVolume(row.label, incident, tuple(c.id for c in calls), tuple(c.id for c in alone))


def _begun_only(practice: Practice, label: str) -> str | None:
    """The id of the volume of that label of which nothing is known but that a run was begun."""
    with reading(practice.engine) as connection:
        labels = labels_of_begun(connection, unfinished_runs(practice, connection))
    return next((volume for volume, each in labels.items() if each == label), None)


def _lose_begun(practice: Practice, actor: Actor, loss: LossReport, volume: str) -> LostVolume:
    with archive_lock(practice.folder) as notes:
        with signing_as_archivist(practice, actor) as act:
            count = "sealed recordings that were being copied to it"
            account = _account(loss, count, (), 0, practice)
            incident = open_incident(practice, act, actor, account)
            act.leaf(GIVEN_UP, actor=actor.person.id, subject=[volume])
        notes.end(volume)
    record_completed_destructions(practice, actor)
    return LostVolume(loss.label, incident, (), ())


def report_found(
    practice: Practice, actor: Actor, at: Path, advance: Callable[[int], None]
) -> VolumeReport:
    """Count a volume that came back as a copy again, once all of it was read back.

    Raises:
        Refused: the actor may not archive.
        Unusable: it was not reported lost, or belongs to another vault.
        NotFound: the folder is no volume, or one to which nothing was ever written.
        Unchecked: the drive cannot be read.
        Tampered: it is not as it was written; it stays lost.
    """
    with attempt(practice, actor, VolumeAct.FOUND):
        check_may(actor.person, Power.ARCHIVE, on=today(practice))
        report = verify_volume(practice, at, advance)
        with reading(practice.engine) as connection:
            row = find_volume(connection, report.volume)  # anybody can give a folder its label
        if row is None:
            raise NotFound(
                "nothing was ever written to this volume, so it was not lost",
                hint="callrec archive list shows the volumes",
            )
        if row.standing != LOST:
            raise Unusable("that volume was not reported lost", hint="callrec archive list")
        if report.faults:
            first = report.faults[0]
            raise Tampered(
                f"the volume's {first.path}: {first.what}",
                hint="it stays lost; callrec archive verify DIR names all that is wrong",
            )
    with signing_as_archivist(practice, actor) as act:
        act.leaf(VolumeAct.FOUND, actor=actor.person.id, subject=[row.id])
        standing, seen_at = STANDING_AFTER[VolumeAct.FOUND], to_millis(practice.now())
        save_volume(act.connection, row.id, standing=standing, seen_at=seen_at)
    return report


def _account(
    loss: LossReport,
    count: str,
    calls: Sequence[Row[int, str, int, int]],
    alone: int,
    practice: Practice,
) -> IncidentReport:
    zone = practice.config.time_zone
    span = ""
    if calls:
        first, last = (from_millis(calls[n].started_at).astimezone(zone) for n in (0, -1))
        span = f", of calls from {first:%-d %B %Y} to {last:%-d %B %Y}"
    return IncidentReport(
        noticed_at=loss.noticed_at,
        what=f'the archive volume "{loss.label}" is lost, and with it {count}{span}',
        tell=loss.tell,
        # More than one entry of the log can name are told by how many there are.
        recordings=[call.id for call in calls] if len(calls) <= MAX_REQUEST_RECORDINGS else (),
        findings=Findings(
            nature="loss of an external drive with sealed recordings",
            records=f"{count}, and a sealed copy of the catalogue{span}",
            record_count=len(calls),
            consequences=f"{alone} of the recordings are nowhere else"
            if alone
            else "none of the recordings is gone: each is in the vault or on another volume",
            measures="sealed with AES-256; the keys on the drive are sealed to who may approve"
            " and to the recovery kit, and open with their passwords alone",
        ),
    )
