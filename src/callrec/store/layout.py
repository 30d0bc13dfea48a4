"""Names and places in a directory store (docs/formats/sealed-recording.md, 4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from callrec.errors import Tampered

if TYPE_CHECKING:
    from pathlib import Path

RECORDINGS: Final = "recordings"
INCOMING: Final = "incoming"
LOCK: Final = "ingest.lock"
JOURNAL: Final = "names"
"""In a batch's folder: the recordings about to be moved into place, one name a line."""

_NAME = re.compile(r"[0-9a-f]{64}")


def is_name(text: str) -> bool:
    """Whether ``text`` is a SHA-256 in lower-case hex."""
    return _NAME.fullmatch(text) is not None


def check_name(name: str) -> None:
    """Refuse what is no recording's name; names come out of rows that somebody may have changed.

    Raises:
        Tampered: it is no SHA-256, so it could point anywhere.
    """
    if not is_name(name):
        raise Tampered("the name of a recording's file is no SHA-256")


def recording_path(root: Path, name: str) -> Path:
    """Where a sealed recording lies: ``recordings/<first two hex digits>/<name>``.

    Raises:
        Tampered: the name is none.
    """
    check_name(name)
    return root.joinpath(RECORDINGS, name[:2], name)
