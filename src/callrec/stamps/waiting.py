"""Where stamps wait to go on record, and whether any does; every command that writes asks that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"(?:0|[1-9][0-9]{0,17})\.tsr")


def folder_of(vault: Path) -> Path:
    """Their place in a vault's folder."""
    return vault / "stamps"


def waiting_files(vault: Path) -> tuple[Path, ...]:
    """The files of stamps that wait, by the size of their checkpoints; whatever is in them."""
    folder = folder_of(vault)
    try:
        found = [each for each in folder.iterdir() if _NAME.fullmatch(each.name)]
    except OSError:  # none was ever there, most often
        return ()
    return tuple(sorted(found, key=lambda each: int(each.stem)))
