"""Back up the catalogue while people work with it [policy 4(h)].

A backup is a volume without recordings: a fresh copy of the catalogue, by SQLite's backup API,
sealed on its way out to each approver and the kit, with the statement that vouches for it
(docs/formats/archive.md, 5 and 7). So `restore` reads it as it reads any volume, and the recordings
come from where they are: from the vault's own folder, or from the volumes that hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from callrec.archive.run import archive_recordings
from callrec.volume.volume import open_volume

if TYPE_CHECKING:
    from pathlib import Path

    from callrec.practice import Actor, Practice

NO_RECORDINGS_BEFORE: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A copy of the catalogue that lies there, read back; the one before it is gone."""

    label: str
    copied_at: str
    """What the copy is called by: ``20260807T101500Z``."""
    size_bytes: int
    """Of the sealed copy."""
    on_vaults_disk: bool
    """It lies on the disk on which the vault lies: it is no copy elsewhere."""


def back_up(practice: Practice, actor: Actor, to: Path, *, label: str | None) -> BackedUp:
    """Put a sealed copy of the catalogue into a folder, in place of the one that lies there.

    Args:
        practice: the open vault.
        actor: with the identity that signs what was written.
        to: a folder of another disk; the first time it is made a volume.
        label: of a new volume; None: the folder's name.

    Raises:
        Refused: the actor may not archive.
        Unusable: the folder or the label will not do, or it belongs to another vault.
        Tampered: something there or in the log is not as it was written; nothing was written.
        Failed: there is no room; the copy before it is still there.
    """
    done = archive_recordings(practice, actor, to, started_before=NO_RECORDINGS_BEFORE, label=label)
    copy = open_volume(to).catalogue()
    size_bytes = copy.sealed.stat().st_size
    return BackedUp(done.label, copy.time, size_bytes, on_vaults_disk=done.on_vaults_disk)
