"""What makes a folder a volume: ``CALLREC-VOLUME.json`` (docs/formats/archive.md, 1).

The marker is not signed and proves nothing: which vault a volume belongs to, its heads prove.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from callrec.crypto.canonical import canonical, parse
from callrec.errors import NotFound, Tampered, Unusable
from callrec.volume.drive import PARTIAL_SUFFIX, atomic_file, drive_errors, read_small
from callrec.volume.label import check_label, is_label
from callrec.volume.volume import FOLDERS, Volume

if TYPE_CHECKING:
    from pathlib import Path

MARKER: Final = "CALLREC-VOLUME.json"

FORMAT: Final = 1

_ID = re.compile(r"[0-9a-f]{32}")

_TRYING = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def check_target(at: Path, vault_folder: Path) -> None:
    """Refuse a folder to which nothing can be archived; nothing is left there.

    Raises:
        Unusable: it is no folder, or lies inside the vault.
        Failed: it cannot be written to.
    """
    with drive_errors():
        there = at.is_dir()
        inside = there and at.resolve().is_relative_to(vault_folder.resolve())
    if not there:
        raise Unusable(
            "there is no such folder to archive to",
            hint="attach the drive, then give its folder: callrec archive --to /mnt/external",
        )
    if inside:
        raise Unusable(
            "the archive cannot lie inside the vault", hint="give a folder of an external drive"
        )
    probe = (
        at / f".callrec{PARTIAL_SUFFIX}"
    )  # ever the same: what a run that was cut off left goes too
    with drive_errors():
        probe.unlink(missing_ok=True)
        os.close(os.open(probe, _TRYING, 0o600))  # another run may be trying the same
        probe.unlink(missing_ok=True)


def is_volume(at: Path) -> bool:
    """Whether a folder is a volume, of this vault or another.

    Raises:
        Failed: the drive does not tell.
    """
    with drive_errors():
        return (at / MARKER).is_file()


def create_volume(at: Path, *, volume: str, vault: str, label: str) -> Volume:
    """Make a folder a volume: its marker and its empty folders.

    Args:
        at: a folder that is no volume yet; what else lies in it is left alone.
        volume: a new id, 32 lower-case hex digits.
        vault: the vault's id.
        label: what people call it.

    Raises:
        Unusable: the label could tell of a person.
        Failed: the drive does not take it.
    """
    check_label(label)
    begun = Volume(at, volume, vault, label)
    folders = [at / name for name in FOLDERS if not (at / name).exists()]
    try:
        with drive_errors():
            for folder in folders:
                folder.mkdir()
        with atomic_file(at / MARKER) as marker:  # last: with it the folder is a volume
            marker.write(_marker_of(begun))
    except BaseException:
        with suppress(OSError):  # the marker first, if it came to have its name
            if (at / MARKER).is_file():
                (at / MARKER).unlink()
            for folder in folders:
                folder.rmdir()
        raise
    return begun


def write_label(volume: Volume) -> None:
    """Let a volume's marker say the label that it has now; where it does, nothing is written.

    Raises:
        NotFound, Unusable, Tampered: as `open_volume`.
        Failed: the drive does not take it; the label before stands.
    """
    there = open_volume(volume.at)
    if there.label != volume.label and replace(there, label=volume.label) == volume:
        with atomic_file(volume.at / MARKER) as marker:
            marker.write(_marker_of(volume))


def open_volume(at: Path) -> Volume:
    """The volume that a folder is.

    Raises:
        NotFound: it is none.
        Unusable: it was made by a newer callrec.
        Tampered: its marker or its folders are not as callrec makes them.
    """
    if not is_volume(at):
        raise NotFound(
            "that folder is no callrec volume",
            hint="attach the drive and give the folder that was given to callrec archive --to",
        )
    for name in FOLDERS:
        if (at / name).is_symlink() or not (at / name).is_dir():
            raise Tampered(f"the volume's folder {name} is gone or leads off the drive")
    return _parsed(at, read_small(at / MARKER))


def _parsed(at: Path, marker: bytes) -> Volume:
    match _said_by(marker):
        case {"format": int(number)} if number > FORMAT:
            raise Unusable("the volume was made by a newer callrec", hint="install that one")
        case {"label": str(label), "vault": str(vault), "volume": str(volume)} if (
            _ID.fullmatch(vault) and _ID.fullmatch(volume) and is_label(label)
        ):
            read = Volume(at, volume, vault, label)
            if _marker_of(read) == marker:
                return read
        case _:
            pass
    raise _altered()


def _said_by(marker: bytes) -> Any:
    try:
        return parse(marker)
    except Tampered as error:
        raise _altered() from error


def _altered() -> Tampered:
    return Tampered(f"the volume's {MARKER} is not as callrec wrote it")


def _marker_of(volume: Volume) -> bytes:
    says = {"label": volume.label, "vault": volume.vault, "volume": volume.volume}
    return canonical({"format": FORMAT, **says})
