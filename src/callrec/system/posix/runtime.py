"""Where a login is kept on Linux and macOS: in memory, on a file system that is nowhere else."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

assert sys.platform != "win32"

from callrec.errors import Misconfigured
from callrec.system.posix.drives import file_system_of
from callrec.system.posix.rights import check_only_we_can_change, is_private, make_private_folder

KEPT: Final = "in memory, in a private folder"

NOT_KEPT: Final = "no private memory file system here: logins use the key store"

USES_KEY_STORE: Final = True
"""Where no folder is in memory the system's key store keeps a login."""

_MEMORY_FILE_SYSTEMS: Final = frozenset({"tmpfs", "ramfs"})


def runtime_folder(environ: Mapping[str, str]) -> Path | None:
    """A folder on a memory file system that only this user can enter; None where there is none."""
    user = os.getuid()
    for place in (environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{user}", "/dev/shm"):  # noqa: S108 - private folder inside
        if place and file_system_of(Path(place)) in _MEMORY_FILE_SYSTEMS:
            folder = Path(place) / (f"callrec-{user}" if place == "/dev/shm" else "callrec")  # noqa: S108
            if _is_made_private(folder):
                return folder
    return None


def _is_made_private(folder: Path) -> bool:
    """Whether it is there, made if need be, and nobody else could read or exchange it.

    The environment may be another user's, as ``sudo`` can leave it: nothing is made in their place.
    """
    try:
        with suppress(FileNotFoundError):
            check_only_we_can_change(folder)
        make_private_folder(folder, exist_ok=True)
        found = folder.lstat()
        check_only_we_can_change(folder)
        return stat.S_ISDIR(found.st_mode) and is_private(folder) and found.st_uid == os.getuid()
    except (OSError, Misconfigured):
        return False


def seal(data: bytes, bound: bytes) -> bytes:
    """What is written of a login: as it is, for memory forgets it."""
    del bound
    return data


def unseal(data: bytes, bound: bytes) -> bytes | None:
    """What was sealed."""
    del bound
    return data
