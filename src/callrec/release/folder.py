"""A package as a folder, whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from callrec.release.unfinished import create, sync_folder, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from callrec.release.package import Member


def build_folder(at: Path, members: Iterable[Member]) -> None:
    """Write a package as the folder ``at``, which only its owner can read (0700, files 0600).

    The folder holds open audio. It is made under another name beside ``at``, synced to the drive
    file by file and folder by folder, and renamed; if it cannot be finished, nothing of it stays.

    Raises:
        Tampered: a recording turned out not to be what the manifest says.
        Unusable: there is something at ``at``.
        Failed: the drive is full, missing or cannot be written.
    """
    with unfinished(at) as draft:
        draft.mkdir(mode=0o700)
        folders = {draft}
        for member in members:
            path = draft / member.path
            path.parent.mkdir(mode=0o700, exist_ok=True)
            folders.add(path.parent)
            _write(path, member)
        for folder in folders:
            sync_folder(folder)


def _write(path: Path, member: Member) -> None:
    with os.fdopen(create(path), "wb") as file:
        for chunk in member.chunks():
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
