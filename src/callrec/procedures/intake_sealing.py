"""Seal what is found, several files to a task: below 64 kB handing work over costs as much as it.

Runs in threads beside the one that catalogues; touches the files and the store, never a database.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer
from callrec.errors import Unusable
from callrec.procedures.intake_reading import modified_at, open_source, or_quarantined
from callrec.procedures.intake_sources import Quarantined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from callrec.procedures.intake_reading import Opened
    from callrec.procedures.intake_sources import Mark, Source
    from callrec.store import Batch
    from callrec.store.sealing import Sealed
    from callrec.telephone.call import Call
    from callrec.telephone.setup import Setup
    from callrec.telephone.sound import Sound

CHUNK_FILES: Final = 16
CHUNK_BYTES: Final = 8_000_000
SMALL_BYTES: Final = 64 * 1024
WRONG_CHECKSUM: Final = "its checksum is not the one that its telephone system has on record"


@dataclass(frozen=True, slots=True)
class Hashed:
    """A source that was seen before under this name and size, and so was not sealed again."""

    source: Source
    mark: Mark
    modified_at: datetime
    sha256: str
    """Of the original, in hex."""


@dataclass(frozen=True, slots=True, repr=False)
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
    md5: str | None = None
    """Of the original, in hex; None: nobody's records tell one to hold it against."""

    @property
    def sha256(self) -> str:
        """Of the original, in hex."""
        return self.sealed.sha256_original


Seen: TypeAlias = Taken | Hashed
Outcome: TypeAlias = Seen | Quarantined


@dataclass(frozen=True, slots=True)
class Sealing:
    """What it takes to seal into one batch."""

    vault: str
    setup: Setup
    batch: Batch
    advance: Callable[[int], None]
    """Is told how many bytes more are done."""
    with_md5: bool = False
    """Call records are at hand that tell what a recording's bytes must be."""

    def take(self, chunk: Sequence[Source]) -> list[Outcome]:
        """Seal each; what is wrong with one concerns that one alone.

        Raises:
            Failed: the store cannot take it.
        """
        return _each(chunk, self._seal, self.advance)

    def _seal(self, opened: Opened) -> Taken:
        modified = modified_at(opened.mark)
        call, sound = opened.understand(self.setup)
        md5 = self._checked_md5(opened, call)
        uid, data_key = primitives.fresh_id(), primitives.fresh(primitives.KEY_BYTES)
        sealer = StreamSealer(data_key, context("recording", self.vault, uid=uid))
        sealed = self.batch.seal(opened.file, sealer)
        try:
            opened.check_unchanged(sealed.size_bytes)
        except (Unusable, OSError):
            self.batch.drop(sealed.sha256_ciphertext)
            raise
        return Taken(
            opened.source,
            opened.mark,
            modified,
            uid,
            data_key,
            call=call,
            sound=sound,
            sealed=sealed,
            md5=md5,
        )

    def _checked_md5(self, opened: Opened, call: Call) -> str | None:
        """MD5 of the bytes, if it is asked for; 8x8 keeps it, and it proves no origin."""
        told = call.said.get("md5", "").lower()
        if not told and not self.with_md5:
            return None
        md5 = partial(hashlib.md5, usedforsecurity=False)
        found = hashlib.file_digest(opened.file, md5).hexdigest()
        opened.file.seek(0)
        if told and told != found:
            raise Unusable(WRONG_CHECKSUM)
        return found


def hash_chunk(chunk: Sequence[Source], advance: Callable[[int], None]) -> list[Outcome]:
    """Only hash each."""
    return _each(chunk, _hash, advance)


def chunks(sources: Iterable[Source]) -> Iterator[tuple[Source, ...]]:
    """Sources in the portions that one task takes."""
    return portions(sources, CHUNK_FILES, CHUNK_BYTES)


def are_small(chunk: Sequence[Source]) -> bool:
    """Whether a chunk's files are so small that their bytes are the least of the work."""
    return sum(source.mark.size_bytes for source in chunk) < SMALL_BYTES * len(chunk)


def portions(
    sources: Iterable[Source], most_files: int, most_bytes: int
) -> Iterator[tuple[Source, ...]]:
    """Sources in their order, as many together as fit; one that is too large goes alone."""
    held: list[Source] = []
    size = 0
    for source in sources:
        if held and (len(held) == most_files or size + source.mark.size_bytes > most_bytes):
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


def _hash(opened: Opened) -> Hashed:
    modified = modified_at(opened.mark)
    digest = hashlib.file_digest(opened.file, "sha256").hexdigest()
    opened.check_unchanged(opened.file.tell())
    return Hashed(opened.source, opened.mark, modified, digest)
