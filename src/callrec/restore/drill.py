"""Prove that the volumes give the vault back, in a folder that is gone afterwards [DSPT 7.3].

Everything that `restore` does is done, beside the vault and not in its place: the catalogue is
opened and checked whole, its keys too; every recording is fetched and proved by its name, and some
of them, held ones first, are opened to their last byte. Nothing of it is shown. That it was done is
in the audit log of the vault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, select

from callrec.archive.copy import VaultCheck, drill_folder
from callrec.archive.erase import erase_owed_on
from callrec.archive.fetch import Fetched, fetch_all
from callrec.archive.heads import check_may_archive
from callrec.archive.plan import check_not_lost
from callrec.archive.sampling import next_to_open
from callrec.audit.log import stored_size
from callrec.calls.custody import Opening
from callrec.calls.trial import KeyTrial
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import find_volume
from callrec.crypto.context import context
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Tampered
from callrec.login.together import record_second
from callrec.policy.retention import RecordingState
from callrec.practice import Actor, Practice, attempt, record
from callrec.restore.choose import PassedOver
from callrec.restore.copy import FoundCopy, Opener
from callrec.restore.rebuild import Rebuilt, actor_in_rebuilt, rebuild, second_of
from callrec.store.sealing import open_stream
from callrec.system.files import remove_folder
from callrec.volume.volume import Volume

RESTORE_DRILLED: Final = "restore.drilled"


@dataclass(frozen=True, slots=True)
class RestoreDrill:
    """What a drill proved."""

    label: str
    """Of the volume whose copy of the catalogue served."""
    copied_at: str
    """When that copy was made: ``20260807T101500Z``."""
    log_size: int
    fetched: Fetched
    not_on_volumes: int
    """Live recordings of the copy that none of these volumes gave back."""
    opened: KeyTrial
    """Of the recordings that were opened to their last byte."""
    passed_over: tuple[PassedOver, ...]
    """Newer copies that would not do, and why."""
    flaw: CallrecError | None
    """What is spoilt in the copy that served; None: nothing."""
    seq: int
    """Of the leaf that records it."""


def run_restore_drill(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    opener: Callable[[FoundCopy], Opener],
    *,
    check: VaultCheck,
    environ: Mapping[str, str],
    advance: Callable[[int], None],
) -> RestoreDrill:
    """Restore beside the vault, which is not touched; prove it, and record the proof.

    ``advance`` is called with how many more files of a volume were looked at.

    Raises:
        Refused: the actor may not restore.
        Unusable: a volume was reported lost, and not found.
        Tampered: a volume does not give back what was written to it, or does not let what is owed
            there be erased.
        Failed: there is no room beside the vault, or a drive fails.
    """
    place, subject = drill_folder(practice.folder), [volume.volume for volume in volumes]
    with attempt(practice, actor, RESTORE_DRILLED, subject=subject):
        check_may_archive(practice, actor)
        # An older copy of the catalogue would open what was destroyed since.
        with reading(practice.engine) as connection:
            for volume in volumes:
                check_not_lost(find_volume(connection, volume.volume))
        for label, why in erase_owed_on(practice, actor, volumes, check=check):
            raise Tampered(
                f'an erasure is owed on drive "{label}": {why}',
                hint="callrec archive verify DIR names all that is wrong with a drive",
            )
        remove_folder(place, ignore_errors=True)
        try:
            config = practice.config.model_copy(update={"vault": place, "recordings": ""})
            rebuilt = rebuild(
                *(config, volumes, opener),
                check=check,
                now=practice.now,
                environ=environ,
                is_drill=True,
            )
            second = second_of(practice, rebuilt.opener)
            record_second(practice, actor, second, RESTORE_DRILLED)
            fetched, size, lacking, opened = _prove(rebuilt, volumes, advance)
        finally:
            remove_folder(place, ignore_errors=True)
    details = {
        "bytes": fetched.size_bytes,
        "copied_at": rebuilt.copied_at,
        "damaged": len(fetched.damaged),
        "lacking": lacking,
        "log_size": size,
        "opened": opened.opened,
        "recordings": fetched.recordings,
    }
    seq = record(practice, actor, RESTORE_DRILLED, subject=subject, details=details)
    return RestoreDrill(
        label=rebuilt.label,
        copied_at=rebuilt.copied_at,
        log_size=size,
        fetched=fetched,
        not_on_volumes=lacking,
        opened=opened,
        passed_over=rebuilt.passed_over,
        flaw=rebuilt.flaw,
        seq=seq,
    )


def _prove(
    rebuilt: Rebuilt, volumes: Sequence[Volume], advance: Callable[[int], None]
) -> tuple[Fetched, int, int, KeyTrial]:
    """What came back, how long the log is, how many recordings none had, which of some opened."""
    practice = rebuilt.practice
    try:
        fetched = fetch_all(practice, volumes, check=False, advance=advance)
        opened = _open_some(practice, actor_in_rebuilt(rebuilt))
        with reading(practice.engine) as connection:
            size = stored_size(connection)
            column = tables.recording.c.ciphertext
            live = connection.execute(
                select(column).where(tables.recording.c.state == RecordingState.LIVE)
            )
            lacking = sum(not practice.store.has(name) for name in live.scalars())
            return fetched, size, lacking, opened
    finally:
        practice.engine.dispose()


def _open_some(practice: Practice, actor: Actor) -> KeyTrial:
    """Open those whose turn it is, and compare each with what was taken in."""
    table, spoilt = tables.recording, list[int]()
    with reading(practice.engine) as connection:
        query = select(table).where(table.c.state == RecordingState.LIVE)
        there = {
            row.id: row for row in connection.execute(query) if practice.store.has(row.ciphertext)
        }
        sample = next_to_open(connection, practice.state_folder, "drill", there.keys())
        opening = Opening(practice, actor, connection)
        for number in sample:
            if not _opens(practice, opening, there[number]):
                spoilt.append(number)
    return KeyTrial(len(sample), tuple(spoilt), {})


def _opens(practice: Practice, opening: Opening, row: Row[Any]) -> bool:
    associated, digest = context("recording", practice.vault, uid=row.uid), hashlib.sha256()
    try:
        expected = opening.checked(row).fields["sha256"]
        with practice.store.open(row.ciphertext) as sealed:
            for piece in open_stream(sealed, opening.data_key(row), associated):
                digest.update(piece)
    except Tampered:
        return False
    return bool(digest.hexdigest() == expected)
