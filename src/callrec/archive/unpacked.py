"""Where a volume's copy of the catalogue is unpacked: beside the vault, unsealed for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.store.layout import disk_errors
from callrec.system.files import sync
from callrec.volume.drive import remove

if TYPE_CHECKING:
    from pathlib import Path


def rebuild_folder(vault_folder: Path, vault: str) -> Path:
    """Where a restore unpacks before it renames; ``vault`` is its id."""
    return vault_folder.with_name(f".{vault_folder.name}.{vault}")


def drill_folder(vault_folder: Path) -> Path:
    """Where a drill restores to, instead of the vault's place."""
    return vault_folder.with_name(f".{vault_folder.name}.drill")


def drop_unpacked(vault_folder: Path, vault: str) -> None:
    """Remove what a killed restore or drill left there, durably; a drill at work fails of it.

    Raises:
        Failed: something cannot be removed.
    """
    drill = drill_folder(vault_folder)
    places = (drill, rebuild_folder(drill, vault), rebuild_folder(vault_folder, vault))
    with disk_errors():
        for place in places:
            if place.exists():
                remove(place)
                sync(place.parent)
