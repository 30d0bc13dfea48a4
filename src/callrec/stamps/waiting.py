"""Where stamps wait to go on record, and whether any does; every command that writes asks that.

And when one was last asked for in vain.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from callrec.crypto.canonical import parse, parse_instant
from callrec.dataclass import dataclass
from callrec.errors import Misconfigured, Tampered
from callrec.system.rights import make_private_folder

TRIED: Final = "tried"
"""The file that says why the authority was last asked in vain."""
_NAME: Final = re.compile(r"(?:0|[1-9][0-9]{0,17})\.tsr")


@dataclass(frozen=True, slots=True)
class TriedInVain:
    """When the authority was last asked in vain, and why."""

    at: datetime
    why: str


def folder_of(vault: Path) -> Path:
    """Their place in a vault's folder."""
    return vault / "stamps"


def waiting_files(vault: Path) -> tuple[Path, ...]:
    """The files of stamps that wait, by the size of their checkpoints; whatever is in them.

    No link is followed: who can write into the vault's folder could have a file elsewhere removed.
    """
    folder = folder_of(vault)
    if folder.is_symlink():
        return ()
    try:
        with os.scandir(folder) as found:
            files = [Path(each) for each in found if each.is_file(follow_symlinks=False)]
    except OSError:  # none was ever there, most often
        return ()
    return tuple(
        sorted((each for each in files if _NAME.fullmatch(each.name)), key=lambda e: int(e.stem))
    )


def folder_to_write(vault: Path) -> Path:
    """Their place, made where it is not there yet.

    Raises:
        Misconfigured: it is a link, which is not followed.
        OSError: it cannot be made.
    """
    folder = folder_of(vault)
    if folder.is_symlink():
        raise Misconfigured(f'"{folder}" is a link', hint="remove it")
    make_private_folder(folder, exist_ok=True)
    return folder


def tried_in_vain(vault: Path) -> TriedInVain | None:
    """When the authority was last asked in vain; None: it answered since, or was never asked.

    Where the place of stamps is a link nobody is asked, since that was made.
    """
    folder = folder_of(vault)
    if folder.is_symlink():
        since = datetime.fromtimestamp(folder.lstat().st_mtime, UTC)
        return TriedInVain(since, f'"{folder}" is a link')
    try:
        said: Any = parse((folder / TRIED).read_bytes())
        return TriedInVain(parse_instant(said["at"]), str(said["why"]))
    except (OSError, Tampered, KeyError, TypeError):
        return None
