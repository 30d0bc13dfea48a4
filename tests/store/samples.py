from __future__ import annotations

import errno
import io

from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer
from callrec.store.sealing import Sealed, seal_stream

VAULT = "0f" * 16
UID = "1e" * 16
KEY = bytes(range(32))
ASSOCIATED = context("recording", VAULT, uid=UID)


def a_sealer(uid: str = UID) -> StreamSealer:
    return StreamSealer(KEY, context("recording", VAULT, uid=uid))


def sealed_bytes(original: bytes) -> tuple[bytes, Sealed]:
    target = io.BytesIO()
    sealed = seal_stream(io.BytesIO(original), target, a_sealer())
    return target.getvalue(), sealed


class BadSector(io.RawIOBase):
    """A source on a failing disk."""

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # a narrower buffer
        raise OSError(errno.EIO, f"a source that cannot be read into {len(buffer)} bytes")
