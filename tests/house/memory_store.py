from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager

from callrec.crypto.streaming import StreamSealer
from callrec.errors import NotFound, Tampered
from callrec.store.directory import check_name
from callrec.store.sealing import Readable, Sealed, fill, seal_stream, write_all


class MemoryBatch:
    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files
        self._held: dict[str, bytes] = {}

    def seal(self, source: Readable, sealer: StreamSealer) -> Sealed:
        target = io.BytesIO()
        sealed = seal_stream(source, target, sealer)
        self._held[sealed.sha256_ciphertext] = target.getvalue()
        return sealed

    def put(self, sealed: Readable) -> str:
        target, buffer = io.BytesIO(), memoryview(bytearray(1 << 16))
        while size := fill(sealed, buffer):
            write_all(target, buffer[:size])
        name = hashlib.sha256(target.getvalue()).hexdigest()
        self._held[name] = target.getvalue()
        return name

    def drop(self, name: str) -> None:
        del self._held[name]

    def keep(self) -> None:
        self._files.update(self._held)


class MemoryStore:
    """A RecordingStore that lasts as long as the test, under the real one's contract."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    @contextmanager
    def batch(self, batch_id: str) -> Iterator[MemoryBatch]:
        del batch_id  # nothing of a batch outlives it here
        yield MemoryBatch(self.files)

    def open(self, name: str) -> io.BytesIO:
        check_name(name)
        if name not in self.files:
            raise NotFound(f"the store holds no file {name}")
        return io.BytesIO(self.files[name])

    def check(self, name: str) -> None:
        if hashlib.sha256(self.open(name).getvalue()).hexdigest() != name:
            raise Tampered(f"the recording's file {name} is not what its name says")

    def has(self, name: str) -> bool:
        check_name(name)
        return name in self.files

    def remove(self, name: str) -> None:
        check_name(name)
        self.files.pop(name, None)

    def names(self) -> Iterator[str]:
        yield from tuple(self.files)
