"""Sealed recordings as files, and a batch on its way in.

    incoming/<batch>/<n>.part    being sealed, or sealed
    incoming/<batch>/names       the journal: what is about to be moved; durable first
    recordings/<xx>/<name>       moved, all of it made durable by one call

The catalogue's transaction comes after that. Sealed recordings that it knows already, as a restore
brings them back, are durable before they are moved: nobody would look for them once they have their
names. A run that is killed before it leaves the folder behind, and the journal in it says which
files in ``recordings`` are this run's: only of those may the next run ask whether the catalogue
knows them.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Final, Self

from callrec.crypto.streaming import SEGMENT_BYTES, StreamSealer
from callrec.dataclass import dataclass, field
from callrec.errors import CallrecError, Failed, Misconfigured, NotFound, Tampered
from callrec.store.sealing import Buffers, Readable, Sealed, fill, seal_stream, write_all
from callrec.system.files import (
    Stored,
    create_private,
    disk_errors,
    forget_cached,
    lock,
    move,
    open_folder,
    open_or_create,
    open_to_read,
    remove_file,
    remove_folder,
    sync,
    sync_filesystem,
    write_at_once,
)
from callrec.system.rights import make_private_folder

RECORDINGS: Final = "recordings"

INCOMING: Final = "incoming"

LOCK: Final = "ingest.lock"

JOURNAL: Final = "names"
"""In a batch's folder: the recordings about to be moved into place, one name a line."""

_LEFT: Final = "moved-away"
"""In ``recordings``: it is another place that counts."""

_NAME = re.compile(r"[0-9a-f]{64}")


class DirectoryStore:
    """Sealed recordings by name: the SHA-256 of the sealed bytes, 64 lower-case hex digits.

    A name of another form raises Tampered everywhere.
    """

    def __init__(self, root: Path) -> None:
        """Look at the vault's folder; nothing is made there before the first batch."""
        self._root = root
        self._locked = False
        self._buffers = Buffers()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other ingests out; a batch and a sweep need this. A killed run lets go of it."""
        with disk_errors():
            held = open_or_create(self._root / LOCK)
        try:
            lock(held, waits=False)
        except BlockingIOError as error:
            os.close(held)
            raise Failed(
                "another ingest is running", hint="wait until it ends, then run the command again"
            ) from error
        self._locked = True
        try:
            self.check_open()
            yield
        finally:
            self._locked = False
            os.close(held)

    def sweep(self, known: Callable[[str], bool]) -> tuple[str, ...]:
        """Clear away what killed runs left half-done.

        That is their unfinished files, and recordings in place that are not ``known``: of the files
        in place only those are ever touched that a killed run's own journal names.

        Returns:
            The ids of the batches that were cut short.
        """
        self._must_be_locked()
        incoming = self._root / INCOMING
        with disk_errors():
            folders = sorted(incoming.iterdir()) if incoming.exists() else []
            for folder in folders:
                clear_batch(folder, known, self._take_back)
        return tuple(folder.name for folder in folders)

    @contextmanager
    def batch(self, batch_id: str) -> Iterator[DirectoryBatch]:
        """Begin a batch; the catalogue's transaction stands inside, after ``keep``.

        Leaving by an error before ``keep``, or without it, leaves the store as it was.
        """
        self._must_be_locked()
        batch = self._begin(batch_id)
        try:
            yield batch
        except BaseException:
            batch.close(failed=True)
            raise
        batch.close(failed=False)

    def path(self, name: str) -> Path:
        """Where the sealed recording lies, or would lie."""
        return Path(recording_path(self._root, name))

    def source(self, name: str) -> str | Stored:
        """What a copy of the sealed recording is made from; as text, as there may be a million."""
        return recording_path(self._root, name)

    def open(self, name: str, *, anew: bool = False) -> BufferedReader:
        """The sealed bytes, from the first; the caller closes.

        ``anew``: from the disk itself, as what lies in memory proves nothing about it.
        """
        with disk_errors():
            try:
                sealed: BufferedReader = BufferedReader(
                    open_to_read(self.path(name), follows_links=True)
                )
            except FileNotFoundError as error:
                raise NotFound(f"the vault holds no file {name}") from error
            if anew:
                forget_cached(sealed.fileno())
            return sealed

    def size(self, name: str) -> int:
        """Bytes of a sealed recording, which is NotFound where there is none."""
        with disk_errors():
            try:
                return self.path(name).stat().st_size
            except FileNotFoundError as error:
                raise NotFound(f"the vault holds no file {name}") from error

    def check(self, name: str) -> None:
        """Read all of a sealed recording and compare it with its name."""
        with self.open(name) as sealed, disk_errors():
            if hashlib.file_digest(sealed, "sha256").hexdigest() != name:
                raise Tampered(f"the recording's file {name} is not what its name says")

    def has(self, name: str) -> bool:
        with disk_errors():
            return self.path(name).is_file()

    def remove(self, name: str) -> None:
        """Take a sealed recording out, durably. None there is as good as removed."""
        path = Path(recording_path(self._root, name))
        with disk_errors():
            if path.exists():
                remove_file(path)
                sync(path.parent)

    def names(self) -> Iterator[str]:
        with disk_errors():
            for path in (self._root / RECORDINGS).glob("??/*"):
                yield path.name

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Each name there, and how many bytes it has."""
        for name in self.names():
            with suppress(NotFound):  # it was taken out meanwhile
                yield name, self.size(name)

    def kept(self, name: str | None) -> tuple[int, bool]:
        """For how many days nobody can take a recording out, and whether it has versions."""
        del name
        return 0, False

    def claim(self, own: AbstractSet[str] = frozenset()) -> bool:
        """Take an empty place for this vault, or one that it left."""
        del own
        with disk_errors():
            remove_file(self._root / RECORDINGS / _LEFT, missing_ok=True)
        return True

    def close_for_good(self) -> None:
        """Have no machine bring in here any more: recordings were moved elsewhere."""
        with disk_errors():
            make_private_folder(self._root / RECORDINGS, exist_ok=True)
            (self._root / RECORDINGS / _LEFT).touch(0o600)
            sync(self._root / RECORDINGS)

    def check_open(self) -> None:
        """Check that recordings were not moved elsewhere."""
        if (self._root / RECORDINGS / _LEFT).exists():
            raise Misconfigured(
                "the recordings were moved away from here",
                hint='put the bucket where they are into the configuration, as "recordings"',
            )

    def _begin(self, batch_id: str) -> DirectoryBatch:
        return DirectoryBatch(self._root, batch_id, self._buffers, self._take_back)

    def _take_back(self, name: str) -> None:
        """As `remove`, for what the catalogue never named: nothing depends on its being gone."""
        remove_file(self.path(name), missing_ok=True)

    def _must_be_locked(self) -> None:
        if not self._locked:
            raise RuntimeError("this needs the store's lock")


@dataclass(slots=True, eq=False)
class BatchWriter:
    """Seals some of a batch, in a process of its own if need be: no two write one file.

    It can be handed to another process as long as it has no buffers.
    """

    folder: Path
    """Of the batch."""
    numbers: Iterator[int]
    """Of the files that it may make."""
    buffers: Buffers | None = None
    parts: dict[str, str] = field(default_factory=dict)
    """What it has sealed: names in the store, and the files in which they lie until then."""

    def seal(self, source: Readable, sealer: StreamSealer) -> Sealed:
        """Seal a recording; an error of ``source`` leaves nothing of it, and the batch goes on."""
        with _Part(self.next_path()) as part:
            sealed = seal_stream(source, part, sealer, self.buffers)
        self.parts[sealed.sha256_ciphertext] = part.path
        return sealed

    def drop(self, name: str) -> None:
        """Leave out a recording of this batch, a duplicate for instance."""
        with disk_errors():
            remove_file(self.parts.pop(name))

    def next_path(self) -> str:
        return f"{self.folder}/{next(self.numbers)}.part"


class DirectoryBatch(BatchWriter):
    """Recordings that come in together: all of them are in the store, or none is.

    Several threads may seal into one batch at once.
    """

    def __init__(
        self, root: Path, batch_id: str, buffers: Buffers, take_back: Callable[[str], None]
    ) -> None:
        super().__init__(root / INCOMING / batch_id, itertools.count(), buffers)
        self._root, self._buffers, self._take_back = root, buffers, take_back
        self._kept = self._brings_back = False
        with disk_errors():
            for folder in (root / RECORDINGS, self.folder.parent):
                make_private_folder(folder, exist_ok=True)
            make_private_folder(self.folder)
            # Open before anything is written: sync_filesystem tells of what fails from here on.
            self._disk = open_folder(root)

    def put(self, sealed: Readable) -> str:
        """Take a recording that is sealed already; returns its name."""
        self._brings_back = True
        with _Part(self.next_path()) as part:
            digest, buffer = hashlib.sha256(), self._buffers.sealed[:SEGMENT_BYTES]
            while size := fill(sealed, buffer):
                digest.update(buffer[:size])
                write_all(part, buffer[:size])
        name = digest.hexdigest()
        self.parts[name] = part.path
        return name

    def share(self, most: int) -> BatchWriter:
        """What seals so many files of this batch in another process."""
        return BatchWriter(self.folder, iter([next(self.numbers) for _ in range(most)]))

    def join(self, parts: Mapping[str, str]) -> None:
        """Take what a share has sealed."""
        self.parts.update(parts)

    def keep(self) -> None:
        """Put the batch into the store, durably; the catalogue may name it from now on."""
        with disk_errors():
            places = {name: recording_path(self._root, name) for name in self.parts}
            if self._brings_back and not sync_filesystem(self._disk):
                sync(*map(Path, self.parts.values()))
            self._write_journal(name for name, place in places.items() if not _exists(place))
            for name, part in self.parts.items():
                _move(part, places[name])
            if not sync_filesystem(self._disk):
                files = [*map(Path, places.values())]
                folders = {file.parent for file in files}
                sync(*files, *folders, self._root / RECORDINGS, self._root)
        self._kept = True

    def close(self, *, failed: bool) -> None:
        """End the batch: clear its folder, and take back what was moved but not kept."""
        os.close(self._disk)
        if self._kept and failed:
            return  # only the catalogue knows whether it was committed: the next sweep asks it
        # What cannot be cleared now, because the disk has failed, the next sweep clears.
        with suppress(OSError, CallrecError):
            clear_batch(self.folder, lambda _: self._kept, self._take_back)

    def _write_journal(self, names: Iterable[str]) -> None:
        journal = self.folder / JOURNAL
        journal.write_bytes("".join(f"{name}\n" for name in names).encode())
        sync(journal, self.folder, self.folder.parent)


def clear_batch(
    folder: Path, known: Callable[[str], bool], take_back: Callable[[str], None]
) -> None:
    """Remove a batch's folder, and those of its recordings in place that are not ``known``."""
    journal = folder / JOURNAL
    names = journal.read_text(encoding="ascii").split("\n") if journal.exists() else []
    for name in names:
        # The last line may be cut short: then the run was killed before it moved anything.
        if is_name(name) and not known(name):
            take_back(name)
    remove_folder(folder)


class _Part:
    """A file being written; whatever stops the writing takes it away again."""

    def __init__(self, path: str) -> None:
        # As text: of thousands of files a Path each costs more than it says.
        self.path = path

    def __enter__(self) -> Self:
        with disk_errors():
            self._file = create_private(self.path)
        return self

    def __exit__(self, failure: object, error: object, traceback: object) -> None:
        with disk_errors():
            os.close(self._file)
            if failure is not None:
                remove_file(self.path)

    def write(self, data: memoryview, /) -> int:
        with disk_errors():
            return write_at_once(self._file, data)


def _move(part: str, place: str) -> None:
    try:
        move(part, place)
    except FileNotFoundError:
        make_private_folder(Path(place).parent, exist_ok=True)
        move(part, place)


def _exists(place: str) -> bool:
    with suppress(FileNotFoundError, NotADirectoryError):
        os.stat(place)  # noqa: PTH116  # a Path takes six times as long
        return True
    return False


def is_name(text: str) -> bool:
    """Whether ``text`` is a SHA-256 in lower-case hex."""
    return _NAME.fullmatch(text) is not None


def check_name(name: str) -> None:
    """Refuse what is no recording's name; names come out of rows that somebody may have changed."""
    if not is_name(name):
        raise Tampered("the name of a recording's file is no SHA-256")


def recording_path(root: Path, name: str) -> str:
    """Where a sealed recording lies: ``recordings/<first two hex digits>/<name>``."""
    check_name(name)
    return f"{root}/{RECORDINGS}/{name[:2]}/{name}"
