"""What every store of recordings has, as tests/contracts asks of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from io import BufferedIOBase
from typing import Protocol

from callrec.crypto.streaming import StreamSealer
from callrec.store.sealing import Readable, Sealed


class Batch(Protocol):
    """Recordings that come in together: all of them are in the store, or none is.

    Several threads may seal into one batch at once.
    """

    def seal(self, source: Readable, sealer: StreamSealer) -> Sealed:
        """Seal a recording into the batch.

        An error of ``source`` is raised as it is and leaves nothing of this recording behind; the
        batch goes on.
        """
        ...

    def put(self, sealed: Readable) -> str:
        """Take a recording that is sealed already; returns its name."""
        ...

    def drop(self, name: str) -> None:
        """Leave out a recording of this batch, a duplicate for instance."""
        ...

    def keep(self) -> None:
        """Put the batch into the store, durably; the catalogue may name it from now on."""
        ...


class RecordingStore(Protocol):
    """Sealed recordings by name: the SHA-256 of the sealed bytes, 64 lower-case hex digits.

    A name of another form raises Tampered everywhere.
    """

    def batch(self, batch_id: str) -> AbstractContextManager[Batch]:
        """Begin a batch; the catalogue's transaction stands inside, after ``keep``.

        Leaving by an error before ``keep``, or without it, leaves the store as it was.
        """
        ...

    def open(self, name: str) -> BufferedIOBase:
        """The sealed bytes, from the first; the caller closes."""
        ...

    def check(self, name: str) -> None:
        """Read all of a sealed recording and compare it with its name."""
        ...

    def has(self, name: str) -> bool:
        """Whether the store holds it, read or not."""
        ...

    def remove(self, name: str) -> None:
        """Take a sealed recording out, durably. None there is as good as removed."""
        ...

    def names(self) -> Iterator[str]:
        """The name of every recording in the store, in no order."""
        ...
