"""Files that are made for a browser: in memory, and gone at once."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from callrec.errors import Misconfigured
from callrec.login.keyring import runtime_folder


@contextmanager
def folder_in_memory(environ: Mapping[str, str]) -> Iterator[Path]:
    """A private folder on a memory file system, which goes with all that is in it.

    Raises:
        Misconfigured: this machine has no such file system.
    """
    place = runtime_folder(environ)
    if place is None:
        raise Misconfigured(
            "this machine has no memory file system in which a file could be made",
            hint="the person who administers callrec writes it to a folder, by the same command",
        )
    with _locked(place):
        _take_away_empty(place)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        in_use = _lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(in_use)


_PREFIX: Final = "release-"


def _take_away_empty(place: Path) -> None:
    """Take away the folders of processes that were killed, once what lay there is gone.

    The next release of the same person takes that (release/record.py), and its note knows where.
    """
    for left in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it is in use, or not empty
            os.close(_lock(left, fcntl.LOCK_NB))
            left.rmdir()


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    held = _lock(place)
    try:
        yield
    finally:
        os.close(held)


def _lock(folder: Path, how: int = 0) -> int:
    """Lock a folder until the descriptor that is returned is closed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def zipped(folder: Path) -> bytes:
    """A folder as one file, under its own name."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{folder.name}/{file.name}")
    return data.getvalue()
