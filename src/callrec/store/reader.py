"""A sealed recording as a file that is read from any place (docs/formats/sealed-recording.md).

What has to look at a sound's header and then at its samples needs no copy of it, neither in memory
nor on a disk: segments are opened as they are asked for, and one at a time is held.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from callrec.crypto.primitives import TAG_BYTES
from callrec.crypto.streaming import HEADER_BYTES, SEGMENT_BYTES, StreamOpener, segment_capacity
from callrec.store.sealing import Buffers, fill

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_AT_ONCE = 64 * 1024
"""Bytes that are read ahead: 64 KiB."""


def open_seekable(
    sealed: io.BufferedIOBase, data_key: bytes, associated: bytes
) -> io.BufferedReader:
    """The original of a sealed recording, buffered and seekable.

    Each segment is checked before a byte of it is out. What was read is right as far as it goes,
    and so is the size; that the parts which were not read are right as well, nobody has seen.

    Args:
        sealed: the sealed file, seekable; stays open, and is the caller's to close.
        data_key: the recording's own key, 32 bytes.
        associated: ``context("recording", vault, uid=uid)``.

    Raises:
        Tampered: here if it is no sealed recording, is cut or has grown, or is another's; when read
            from, if the segment there was changed.
    """
    return io.BufferedReader(_Original(sealed, data_key, associated), _AT_ONCE)


class _Original(io.RawIOBase):
    def __init__(self, sealed: io.BufferedIOBase, data_key: bytes, associated: bytes) -> None:
        length = sealed.seek(0, io.SEEK_END)
        sealed.seek(0)
        self._opener = StreamOpener(data_key, associated, sealed.read(HEADER_BYTES))
        self._sealed = sealed
        self._buffers = Buffers()
        self._last = (length - 1) // SEGMENT_BYTES
        self._size = length - HEADER_BYTES - (self._last + 1) * TAG_BYTES
        self._at = 0
        self._held, self._held_bytes = -1, 0
        # Only the last segment's seal says that nothing follows it: it vouches for the size.
        self._hold(self._last)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, begin + offset)
        return self._at

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
        self._held = -1  # for what is in the buffer while this fails is no segment
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
