"""Sealed recordings as files in the vault's folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from callrec.errors import Failed, NotFound, Tampered
from callrec.store.batch import DirectoryBatch, clear_batch
from callrec.store.disk import disk_errors
from callrec.store.layout import INCOMING, LOCK, RECORDINGS, recording_path
from callrec.store.sealing import Buffers
from callrec.system.files import sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedReader
    from pathlib import Path


class DirectoryStore:
    """The ``RecordingStore`` of a vault."""

    def __init__(self, root: Path) -> None:
        """Look at the vault's folder; nothing is made there before the first batch."""
        self._root = root
        self._locked = False
        self._buffers = Buffers()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other ingests out; a batch and a sweep need this. A killed run lets go of it.

        Raises:
            Failed: another ingest has it.
        """
        lock = _take(self._root / LOCK)
        self._locked = True
        try:
            yield
        finally:
            self._locked = False
            os.close(lock)

    def sweep(self, known: Callable[[str], bool]) -> tuple[str, ...]:
        """Clear away what killed runs left half-done.

        That is their unfinished files, and recordings in place that are not ``known``: of the files
        in place only those are ever touched that a killed run's own journal names.

        Args:
            known: whether the catalogue holds a recording whose file has this name.

        Returns:
            The ids of the batches that were cut short.

        Raises:
            Failed: something could not be cleared away.
        """
        self._must_be_locked()
        incoming = self._root / INCOMING
        with disk_errors():
            folders = sorted(incoming.iterdir()) if incoming.exists() else []
            for folder in folders:
                clear_batch(self._root, folder, known)
        return tuple(folder.name for folder in folders)

    @contextmanager
    def batch(self, batch_id: str) -> Iterator[DirectoryBatch]:
        """Begin a batch, as ``RecordingStore`` says."""
        self._must_be_locked()
        batch = DirectoryBatch(self._root, batch_id, self._buffers)
        try:
            yield batch
        except BaseException:
            batch.close(failed=True)
            raise
        batch.close(failed=False)

    def path(self, name: str) -> Path:
        """Where the sealed recording lies, or would lie.

        Raises:
            Tampered: the name is none.
        """
        return recording_path(self._root, name)

    def open(self, name: str) -> BufferedReader:
        with disk_errors():
            try:
                return self.path(name).open("rb")
            except FileNotFoundError as error:
                raise NotFound(f"the vault holds no file {name}") from error

    def check(self, name: str) -> None:
        with self.open(name) as sealed, disk_errors():
            if hashlib.file_digest(sealed, "sha256").hexdigest() != name:
                raise Tampered(f"the recording's file {name} is not what its name says")

    def has(self, name: str) -> bool:
        with disk_errors():
            return self.path(name).is_file()

    def remove(self, name: str) -> None:
        path = self.path(name)
        with disk_errors():
            if path.exists():
                path.unlink()
                sync(path.parent)

    def names(self) -> Iterator[str]:
        with disk_errors():
            for path in (self._root / RECORDINGS).glob("??/*"):
                yield path.name

    def _must_be_locked(self) -> None:
        if not self._locked:
            raise RuntimeError("this needs the store's lock")


def _take(path: Path) -> int:
    with disk_errors():
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise Failed(
            "another ingest is running", hint="wait until it ends, then run the command again"
        ) from error
    return lock
