"""Copies of the catalogue that lie about, and how they go.

It is laid out as a volume without recordings (docs/formats/archive.md, 8), so that `restore` reads
it. A migration takes no key, so no statement vouches for it: in the place of one, this operator
remembers outside the vault what was written before their eyes. Elsewhere it opens nothing.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from callrec.archive.copy import write_copy
from callrec.audit.remembered import write_json_atomically
from callrec.crypto import primitives
from callrec.errors import Failed, Tampered
from callrec.practice import Practice
from callrec.store.layout import disk_errors
from callrec.system.files import sync
from callrec.volume.drive import remove
from callrec.volume.volume import create_volume, stamp

_MIGRATION_COPY_FILE: Final = "before-migration.json"

SEALED_COPIES_GLOB: Final = "before-*"
"""What the copies' folders are called; in the place of the star is the schema that is written."""

UNFINISHED_COPY: Final = f".{SEALED_COPIES_GLOB}"
"""What a run was making when it was cut off; of the catalogue in the clear, too."""


@dataclass(frozen=True, slots=True)
class MigrationCopy:
    """What was written, by the id that its folder has as a volume; SHA-256 in lower-case hex."""

    volume: str
    sealed: str
    keys: str


def keep_sealed(practice: Practice, to: Path) -> None:
    """Seal the catalogue as it stands into a folder, in place of what an earlier run left there.

    It appears whole and durable, or not at all, and is remembered before it does.
    """
    beside = to.with_name(f".{to.name}")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(mode=0o700)
        volume = create_volume(
            beside, volume=primitives.random_id(), vault=practice.vault, label=to.name
        )
        work = practice.folder / f".{to.name}-plain"
        copy = write_copy(practice, volume, f"{stamp(practice.now())}-1", work=work)
        made = MigrationCopy(volume.volume, copy.sealed, copy.keys)
        write_json_atomically(practice.state_folder / _MIGRATION_COPY_FILE, asdict(made))
        shutil.rmtree(to, ignore_errors=True)
        beside.rename(to)
        sync(to.parent)
    except OSError as error:
        raise Failed(
            f"the catalogue could not be copied: {error.strerror}",
            hint="make room on the vault's disk: the copy takes twice the catalogue's size there",
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def last_migration_copy(folder: Path) -> MigrationCopy | None:
    """The copy that this operator last saw a migration make; None: they saw none."""
    try:
        return MigrationCopy(**json.loads((folder / _MIGRATION_COPY_FILE).read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failed(
            f"what is remembered of a migration cannot be read: {error.strerror}"
        ) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise Tampered("what is remembered of a migration is damaged") from error


def kept_copies(vault: Path) -> tuple[Path, ...]:
    """Copies of the catalogue that migrations left in the vault's folder."""
    return tuple(sorted(vault.glob(SEALED_COPIES_GLOB)))


def drop_kept_copies(vault: Path) -> None:
    """Remove them, with all that they tell, and what of them was not finished."""
    for copy in (*kept_copies(vault), *vault.glob(UNFINISHED_COPY)):
        try:
            shutil.rmtree(copy)
        except OSError as error:
            raise Failed(
                f"{copy.name}, which a migration left, cannot be removed: {error.strerror}",
                hint="see who may write in the vault's folder, and run the command again",
            ) from error


def rebuild_folder(vault_folder: Path, vault: str) -> Path:
    """Where a restore unpacks before it renames; ``vault`` is its id."""
    return vault_folder.with_name(f".{vault_folder.name}.{vault}")


def drill_folder(vault_folder: Path) -> Path:
    """Where a drill restores to, instead of the vault's place."""
    return vault_folder.with_name(f".{vault_folder.name}.drill")


def drop_unpacked(vault_folder: Path, vault: str) -> None:
    """Remove what a killed restore or drill left there, durably; a drill at work fails of it."""
    drill = drill_folder(vault_folder)
    places = (drill, rebuild_folder(drill, vault), rebuild_folder(vault_folder, vault))
    with disk_errors():
        for place in places:
            if place.exists():
                remove(place)
                sync(place.parent)
