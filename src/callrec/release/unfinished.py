"""Whole or not at all: what is written beside its target takes the target's name at the end."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from callrec.crypto.primitives import fresh_id
from callrec.errors import Failed, Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX: Final = ".callrec-release-"
"""How the name of an unfinished package begins: what a killed run leaves is known by it."""


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """A name beside ``target`` to make a file or folder under, which then becomes ``target``.

    It lies on the same volume, so that renaming is all or nothing. On any way out but the good
    one, an interrupt included, whatever stands under that name is removed.

    Raises:
        Unusable: the target exists.
        Failed: the drive is full, missing or cannot be written.
    """
    if os.path.lexists(target):
        raise Unusable(
            "a file or folder of the release's name exists already", hint="give another place"
        )
    draft = target.with_name(PREFIX + fresh_id())
    try:
        yield draft
        draft.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        _discard(draft)
        raise Failed(
            f"the release could not be written: {error.strerror}",
            hint="see that the drive has room and can be written, then run the same command again",
        ) from error
    except BaseException:
        _discard(draft)
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: the sync of a file does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create(path: Path) -> int:
    """A descriptor of a new file that only its owner can read, never of one that was there."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)


def _discard(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
    else:
        draft.unlink(missing_ok=True)
