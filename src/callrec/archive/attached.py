"""Which volumes are attached, and where: looked for where they were, and among mounted drives.

What a marker says is not signed: it only says where to look. What is read there proves itself.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callrec.audit.remembered import write_json_atomically
from callrec.errors import CallrecError
from callrec.system.files import drives
from callrec.volume.volume import is_volume, open_volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from callrec.practice import Practice
    from callrec.volume.volume import Volume

PLACES_FILE: Final = "places.json"


def attached_volumes(practice: Practice) -> Mapping[str, Volume]:
    """The volumes of this vault that are attached, by their ids.

    The folders that were named come first, then those where this operator last used a volume, then
    every mounted drive and the folders at its top.
    """
    found: dict[str, Volume] = {}
    for at in dict.fromkeys(_places(practice)):
        with suppress(CallrecError, OSError):
            if is_volume(at):
                volume = open_volume(at)
                if volume.vault == practice.vault:
                    found.setdefault(volume.volume, volume)
    return found


def remember_place(practice: Practice, volume: Volume) -> None:
    """Remember where a volume was, outside the vault: it is looked for there first."""
    said = {**_remembered(practice.state_folder), volume.volume: str(volume.at.absolute())}
    with suppress(OSError):  # it is then looked for elsewhere
        write_json_atomically(practice.state_folder / PLACES_FILE, said)


def _places(practice: Practice) -> Iterator[Path]:
    yield from practice.drives
    yield from map(Path, _remembered(practice.state_folder).values())
    for drive in drives():
        yield drive
        with suppress(OSError):
            yield from sorted(each for each in drive.iterdir() if each.is_dir())


def _remembered(state_folder: Path) -> Mapping[str, str]:
    try:
        said = json.loads((state_folder / PLACES_FILE).read_bytes())
        return {str(volume): str(at) for volume, at in said.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}  # nothing rests on it but where to look first
