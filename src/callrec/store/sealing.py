"""Seal and open a stream; read it from any place.

To look at a sound's header and then at its samples takes no copy of it, neither in memory nor on a
disk: segments are opened as they are asked for, and one at a time is held.

Sealing is one pass over the bytes, in two segments of memory whatever the recording's length. A
segment is the last one if nothing follows it, so one byte more than a segment is always read ahead.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from callrec.crypto.primitives import TAG_BYTES
from callrec.crypto.streaming import (
    HEADER_BYTES,
    SEGMENT_BYTES,
    StreamOpener,
    StreamSealer,
    segment_capacity,
)
from callrec.dataclass import dataclass
from callrec.system.files import own_memory

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Readable(Protocol):
    """What bytes are read from: a file opened for binary reading, or ``io.BytesIO``."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


class Writable(Protocol):
    """What bytes are written to; ``write`` may take fewer than it is given and says how many."""

    def write(self, data: memoryview, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is known of a recording once it is sealed."""

    size_bytes: int
    """Size of the original, in bytes."""
    sha256_original: str
    """SHA-256 of the original, lower-case hex."""
    sha256_ciphertext: str
    """SHA-256 of the sealed file, lower-case hex: its name in a store."""


class Buffers(threading.local):
    """A segment of plaintext and one of ciphertext for each thread, used again and again.

    The first touch of fresh memory costs more than sealing a short call does. What no recording
    has filled yet is there by name only.
    """

    def __init__(self) -> None:
        self.plain = own_memory(SEGMENT_BYTES + 1)
        self.sealed = own_memory(SEGMENT_BYTES + 1)


def seal_stream(
    source: Readable, target: Writable, sealer: StreamSealer, buffers: Buffers | None = None
) -> Sealed:
    """Seal all of ``source`` into ``target``."""
    buffers = buffers or Buffers()
    original, ciphertext = hashlib.sha256(), hashlib.sha256()
    size = 0
    for index, last, piece in _pieces(source, buffers.plain, segment_capacity):
        start = 0 if index else HEADER_BYTES
        sealed = sealer.seal_segment(index, last=last, data=piece, out=buffers.sealed[start:])
        if index == 0:
            buffers.sealed[:HEADER_BYTES] = sealer.header
        segment = buffers.sealed[: start + sealed]
        original.update(piece)
        ciphertext.update(segment)
        write_all(target, segment)
        size += len(piece)
    return Sealed(size, original.hexdigest(), ciphertext.hexdigest())


def open_stream(
    sealed: Readable, data_key: bytes, associated: bytes, buffers: Buffers | None = None
) -> Iterator[bytes]:
    """The original of a sealed recording, a segment at a time, each checked before it is out.

    What came out before an error is right as far as it goes, but it is not the whole recording.
    """
    buffers = buffers or Buffers()
    header = bytes(buffers.sealed[: fill(sealed, buffers.sealed[:HEADER_BYTES])])
    opener = StreamOpener(data_key, associated, header)
    for index, last, piece in _pieces(sealed, buffers.sealed, _sealed_capacity):
        size = opener.open_segment(index, last=last, data=piece, out=buffers.plain)
        yield bytes(buffers.plain[:size])


def fill(source: Readable, buffer: memoryview) -> int:
    """Read until ``buffer`` is full or ``source`` ends; returns bytes read."""
    held = 0
    while held < len(buffer) and (got := source.readinto(buffer[held:])):
        held += got
    return held


def write_all(target: Writable, data: memoryview) -> None:
    """Write all of ``data``: an unbuffered file may take it in parts."""
    while data:
        data = data[target.write(data) :]


def _sealed_capacity(index: int) -> int:
    return SEGMENT_BYTES if index else SEGMENT_BYTES - HEADER_BYTES


def _pieces(
    source: Readable, buffer: memoryview, room: Callable[[int], int]
) -> Iterator[tuple[int, bool, memoryview]]:
    # (index, last, bytes): the bytes lie in the buffer until the next piece is asked for.
    index = ahead = 0
    while True:
        full = room(index)
        held = ahead + fill(source, buffer[ahead : full + 1])
        last = held <= full
        yield index, last, buffer[: min(held, full)]
        if last:
            return
        buffer[0] = buffer[full]  # the byte read ahead begins the next piece
        index, ahead = index + 1, 1


_AT_ONCE = 64 * 1024
"""Bytes that are read ahead: 64 KiB."""


def open_seekable(
    sealed: io.BufferedIOBase, data_key: bytes, associated: bytes
) -> io.BufferedReader:
    """The original of a sealed recording, buffered and seekable (formats/sealed-recording.md).

    Each segment is checked before a byte of it is out. What was read is right as far as it goes,
    and so is the size; that the parts which were not read are right as well, nobody has seen.
    """
    return io.BufferedReader(_Original(sealed, data_key, associated), _AT_ONCE)


class Seekable(io.RawIOBase):
    """Bytes that are read from any place: ``_size`` of them, from ``_at`` on."""

    _at, _size = 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, begin + offset)
        return self._at


class _Original(Seekable):
    def __init__(self, sealed: io.BufferedIOBase, data_key: bytes, associated: bytes) -> None:
        length = sealed.seek(0, io.SEEK_END)
        sealed.seek(0)
        self._opener = StreamOpener(data_key, associated, sealed.read(HEADER_BYTES))
        self._sealed = sealed
        self._buffers = Buffers()
        self._last = (length - 1) // SEGMENT_BYTES
        self._size = length - HEADER_BYTES - (self._last + 1) * TAG_BYTES
        self._held, self._held_bytes = -1, 0
        # Only the last segment's seal says that nothing follows it: it vouches for the size.
        self._hold(self._last)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._at >= self._size:
            return 0
        index, start = _place(self._at)
        self._hold(index)
        wanted = memoryview(buffer).cast("B")
        size = min(len(wanted), self._held_bytes - start)
        wanted[:size] = self._buffers.plain[start : start + size]
        self._at += size
        return size

    def _hold(self, index: int) -> None:
        """Have segment ``index`` open."""
        if index == self._held:
            return
        self._held = -1  # for what is in the buffer while this fails is not a segment
        start = 0 if index else HEADER_BYTES
        self._sealed.seek(index * SEGMENT_BYTES + start)
        size = fill(self._sealed, self._buffers.sealed[: SEGMENT_BYTES - start])
        self._held_bytes = self._opener.open_segment(
            index,
            last=index == self._last,
            data=self._buffers.sealed[:size],
            out=self._buffers.plain,
        )
        self._held = index


def _place(at: int) -> tuple[int, int]:
    """In which segment byte ``at`` of the original lies, and where in it."""
    if at < segment_capacity(0):
        return 0, at
    index, start = divmod(at - segment_capacity(0), segment_capacity(1))
    return 1 + index, start
