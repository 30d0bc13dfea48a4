"""One archive run at a time, and what a killed one left half-done.

A bag appears on the drive whole, but before the audit log says so: between the two a run can be
killed. Its own note in the vault's folder is then what tells a bag that it left from one that
somebody put there.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from callrec.archive.marker import MARKER
from callrec.archive.volume import FOLDERS
from callrec.durable import sync
from callrec.errors import Failed, Tampered
from callrec.procedures.archive_copy import time_of
from callrec.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from callrec.archive.volume import Volume

FOLDER: Final = "archiving"
LOCK: Final = "lock"
NOTE: Final = "unfinished.json"
COPY: Final = "copy"

_ID = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9]{1,4}")


class Archiving:
    """What an archive run notes of itself, in a folder of the vault's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def copy_folder(self) -> Path:
        """Where the copy of the catalogue lies until it is sealed."""
        return self._folder / COPY

    def begun(self, volume: str) -> str:
        """The name under which a run began to write to a volume and did not end; else empty.

        Raises:
            Tampered: the note is not in its form.
        """
        return self._read().get(volume, "")

    def begin(self, volume: str, name: str) -> None:
        """Note durably that something is about to be written under that name."""
        self._write({**self._read(), volume: name})

    def end(self, volume: str) -> None:
        """Forget it: all that it stood for is whole, or gone."""
        left = {other: name for other, name in self._read().items() if other != volume}
        self._write(left)

    def _read(self) -> Mapping[str, str]:
        path = self._folder / NOTE
        with disk_errors():
            data = path.read_bytes() if path.exists() else b"{}"
        try:
            said: dict[str, str] = json.loads(data)
            sound = all(_ID.fullmatch(each) and _NAME.fullmatch(to) for each, to in said.items())
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise _damaged() from error
        if not sound:
            raise _damaged()
        return said

    def _write(self, said: Mapping[str, str]) -> None:
        path = self._folder / NOTE
        beside = path.with_suffix(".new")
        with disk_errors():
            beside.write_text(json.dumps(said))
            sync(beside)
            beside.replace(path)
            sync(self._folder)


@contextmanager
def archiving(vault_folder: Path) -> Iterator[Archiving]:
    """Keep other archive runs out until the block ends; a killed run lets go of it.

    Raises:
        Failed: another archive run is under way, or the vault's disk cannot be written.
    """
    folder = vault_folder / FOLDER
    with disk_errors():
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(lock)
        yield Archiving(folder)
    finally:
        os.close(lock)


def _take(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Failed(
            "another archive run is under way",
            hint="wait until it ends, then run the command again",
        ) from error


def is_writing(vault_folder: Path, volume: str) -> bool:
    """Whether a run that writes to a volume is under way; changes nothing.

    Raises:
        Failed: the vault's disk cannot be read.
        Tampered: the note is not in its form.
    """
    folder = vault_folder / FOLDER
    with disk_errors(), suppress(FileNotFoundError), (folder / LOCK).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return bool(Archiving(folder).begun(volume))
    return False


def _damaged() -> Tampered:
    return Tampered("the vault's own note of archive runs that were cut off is damaged")


def clear(volume: Volume, name: str) -> None:
    """Take back what a run put on a volume under a name before its statement was in the log.

    Its bag stays there under a hidden name: the next run does not copy it again.

    Raises:
        Failed: the drive does not let it go.
    """
    volume.set_bag_aside(name)
    volume.remove_copy(time_of(name))


def unmake(at: Path) -> None:
    """Make a volume that holds nothing a plain folder again, as far as the drive allows."""
    with suppress(OSError):
        (at / MARKER).unlink()
        for name in FOLDERS:
            (at / name).rmdir()
