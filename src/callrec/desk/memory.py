"""Files that are made for a browser: in memory, where the system has that, and gone at once."""

from __future__ import annotations

import io
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from callrec.desk.exchange import LONGEST
from callrec.errors import Misconfigured, Unusable
from callrec.package.open import check_count
from callrec.system.files import lock, open_folder_lock, open_or_create, remove_file, remove_folder
from callrec.system.runtime import runtime_folder

RELEASE: Final = "release-"

CHECK: Final = "check-"

_SEALED: Final = 1
"""The flag of a file in a zip that takes a passphrase."""

_LISTED: Final = b"PK\1\2"
"""Stands before each entry of a zip's directory."""

_IN_A_FOLDER: Final = re.compile(r"([^/]+)/((?:[a-z]+/)?[A-Za-z0-9][A-Za-z0-9 ._()-]*)")


@contextmanager
def folder_in_memory(environ: Mapping[str, str], prefix: str = RELEASE) -> Iterator[Path]:
    """A private folder, on a memory file system where there is one; it goes with all that is in it.

    ``prefix`` is `RELEASE` or `CHECK`: what is made in it, or looked at.

    Raises:
        Misconfigured: this machine has no place for it.
    """
    place = runtime_folder(environ)
    if place is None:
        raise Misconfigured(
            "this machine has no place in which a file could be made for a browser",
            hint="the person who administers callrec writes it to a folder, by the same command",
        )
    with _locked(place):
        _take_away_left(place)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        in_use = _lock(_lock_of(folder), waits=False)
    try:
        yield folder
    finally:
        remove_folder(folder, ignore_errors=True)
        _unlock(in_use, folder)


def _take_away_left(place: Path) -> None:
    """Take away the folders of processes that were killed: of a release, once it is empty.

    The next release of the same person takes what lay there (release/record.py), and its note knows
    where.
    """
    ways: Mapping[str, Callable[[Path], object]] = {RELEASE: Path.rmdir, CHECK: remove_folder}
    for prefix, take_away in ways.items():
        for left in place.glob(f"{prefix}*"):
            with suppress(OSError):  # it is in use, or not empty
                in_use = _lock(_lock_of(left), waits=False)
                try:
                    take_away(left)
                finally:
                    _unlock(in_use, left)


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    held = _lock(open_folder_lock(place))
    try:
        yield
    finally:
        os.close(held)


def _lock_of(folder: Path) -> int:
    """The file beside a folder by which that is locked: within, it would be of what is in it."""
    return open_or_create(folder.with_name(f".{folder.name}"))


def _unlock(held: int, folder: Path) -> None:
    with suppress(OSError):
        remove_file(folder.with_name(f".{folder.name}"))
    os.close(held)


def _lock(descriptor: int, *, waits: bool = True) -> int:
    """Lock what is open until the descriptor that is returned is closed."""
    try:
        lock(descriptor, waits=waits)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def unpacked(data: bytes, folder: Path) -> bool:
    """Lay a package out as its folder again, if it came as a zip of that; whether it did.

    Raises:
        Unusable: there is more in it than a package has, or a folder in which nothing lies.
    """
    check_count(data.count(_LISTED))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir()]
            found = [_IN_A_FOLDER.fullmatch(each.filename) for each in entries]
            names = {each[2] for each in found if each}
            if len(names) != len(entries) or len({each[1] for each in found if each}) != 1:
                return False
            if any(each.flag_bits & _SEALED for each in entries):
                return False
            if sum(each.file_size for each in entries) > LONGEST:
                raise Unusable("there is more in it than a package has")
            for name in archive.namelist():
                if not any(each.filename.startswith(name) for each in entries):
                    raise Unusable(f'there is a folder in it that is not of the package: "{name}"')
            folder.mkdir()
            for each in entries:
                path = folder / each.filename.partition("/")[2]
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(archive.read(each))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, OSError):
        return False  # what is wrong with it, its check says
    return True


def zipped(folder: Path) -> bytes:
    """A folder as one file, under its own name."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{folder.name}/{file.name}")
    return data.getvalue()
