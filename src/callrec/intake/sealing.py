"""Seal what is found, several files to a task: below 64 kB handing work over costs as much as it.

Runs in threads beside the one that catalogues; touches the files and the store, never a database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from callrec.calls.custody import SealedMetadata
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.intake.reading import Opened, WrongChecksum, modified_at, open_source, or_quarantined
from callrec.intake.sources import Mark, Quarantined, SoundFile, Source
from callrec.intake.vouching import what_is_said
from callrec.store.directory import BatchWriter
from callrec.store.sealing import Sealed
from callrec.telephone.call import Call
from callrec.telephone.recorder import Word
from callrec.telephone.sound.sound import Sound
from callrec.telephone.written import Setup

CHUNK_FILES: Final = 16

CHUNK_BYTES: Final = 8_000_000

SMALL_BYTES: Final = 64 * 1024
"""Below this two threads at it wait for the interpreter's lock more than they gain."""

LARGE_BYTES: Final = 1_000_000
"""From this on the ciphers and hashes, which let go of the lock, are nearly all of the work."""


class Hashed(NamedTuple):
    """A source that was seen before under this name, size and time, and so was not sealed again."""

    source: Source
    mark: Mark
    modified_at: datetime
    sha256: str
    """Of the original, in hex."""


@dataclass(slots=True, eq=False, repr=False)
class Taken:
    """A source that is sealed, with its key. Its repr shows nothing."""

    source: Source
    mark: Mark
    modified_at: datetime
    uid: str
    data_key: bytes
    call: Call
    sound: Sound
    sealed: Sealed
    md5: str = ""
    """Of the original, in hex; empty: nobody asked."""
    record: Mapping[str, Any] | None = None
    """Its call record, as it is sealed with it."""
    metadata: SealedMetadata | None = None
    """What is known of it, if that was sealed at once; as long as no more is known."""
    sealed_key: bytes = b""
    """Its key under its batch's, if that was sealed at once."""
    sidecar: Mark | None = None
    """Of the sidecar that describes ``call``; None: there was none."""
    words: tuple[Word, ...] = ()
    """What its telephone system signed or hashed of it, none of it wrong."""
    beside: tuple[tuple[Path, Mark], ...] = ()
    """The files of its own that these words stood in, as they were read."""

    @property
    def sha256(self) -> str:
        """Of the original, in hex."""
        return self.sealed.sha256_original


Seen: TypeAlias = Taken | Hashed

Outcome: TypeAlias = Seen | Quarantined


@dataclass(frozen=True, slots=True)
class BatchSealer:
    """What it takes to seal into one batch."""

    vault: str
    setup: Setup
    batch: BatchWriter
    advance: Callable[[int], None]
    """Takes how many more bytes are done."""
    with_md5: bool = False
    """Call records tell MD5s of recordings."""

    def take(self, chunk: Sequence[Source]) -> list[Outcome]:
        """Seal each; what is wrong with one concerns that one alone."""
        return _each(chunk, self._seal, self.advance)

    def _seal(self, opened: Opened) -> Taken:
        source, mark = opened.source, opened.mark
        modified = modified_at(mark)
        call, sound, sidecar = opened.understand(self.setup)
        said = what_is_said(source, call)
        uid, data_key = primitives.random_id(), primitives.random_bytes(primitives.KEY_BYTES)
        sealer = StreamSealer(data_key, context("recording", self.vault, uid=uid))
        summed = _HashedFile(opened.file) if self.with_md5 or said.has_md5 else None
        sealed = self.batch.seal(summed or opened.file, sealer)
        md5 = summed.md5.hexdigest() if summed else ""
        try:
            digest, recorder = sealed.sha256_original, self.setup.recorder
            words = said.check(opened, digest, md5, call, recorder)
            opened.check_unchanged(sealed.size_bytes)
        except (Unusable, OSError):
            self.batch.drop(sealed.sha256_ciphertext)
            raise
        known = (source, mark, modified, uid, data_key, call, sound, sealed, md5)
        return Taken(*known, sidecar=sidecar, words=words, beside=said.files)


class _HashedFile:
    """A file whose MD5 is made while it is read."""

    def __init__(self, file: SoundFile) -> None:
        self._file = file
        self.md5 = hashlib.md5(usedforsecurity=False)

    def readinto(self, buffer: memoryview, /) -> int:
        size = self._file.readinto(buffer)
        self.md5.update(buffer[:size])
        return size


def check_md5(md5: str, call: Call) -> None:
    """Check a file's MD5 against the one that its telephone system has on record, if any."""
    if call.said.get("md5", md5) != md5:
        raise WrongChecksum("its MD5 is not the one that its telephone system has on record")


def hash_chunk(chunk: Sequence[Source], advance: Callable[[int], None]) -> list[Outcome]:
    """Only hash each."""

    def hashed(opened: Opened) -> Hashed:
        modified = modified_at(opened.mark)
        digest = hashlib.file_digest(opened.file, "sha256").hexdigest()
        opened.check_unchanged(opened.file.tell())
        if opened.source.member:
            opened.source.member.check(digest)
        return Hashed(opened.source, opened.mark, modified, digest)

    return _each(chunk, hashed, advance)


def chunks(sources: Iterable[Source]) -> Iterator[tuple[Source, ...]]:
    """Sources in the portions that one task takes."""
    return portions(sources, CHUNK_FILES, CHUNK_BYTES)


def are_below(size_bytes: int, chunk: Sequence[Source]) -> bool:
    """Whether a chunk's files are smaller than so many bytes, in the mean."""
    return sum(source.mark.size_bytes for source in chunk) < size_bytes * len(chunk)


def portions(
    sources: Iterable[Source], max_files: int, max_bytes: int
) -> Iterator[tuple[Source, ...]]:
    """Sources in their order, as many together as fit; one that is too large goes alone."""
    held: list[Source] = []
    size = 0
    for source in sources:
        if held and (len(held) == max_files or size + source.mark.size_bytes > max_bytes):
            yield tuple(held)
            held, size = [], 0
        held.append(source)
        size += source.mark.size_bytes
    if held:
        yield tuple(held)


def _each(
    chunk: Sequence[Source], take: Callable[[Opened], Seen], advance: Callable[[int], None]
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with ExitStack() as files:
        # All are opened first, so that the disk reads ahead while the first are worked on.
        ready = [
            (source, or_quarantined(source, partial(files.enter_context, open_source(source))))
            for source in chunk
        ]
        for source, opened in ready:
            if isinstance(opened, Quarantined):
                outcomes.append(opened)
            else:
                outcomes.append(or_quarantined(source, partial(take, opened)))
            advance(source.mark.size_bytes)
    return outcomes
