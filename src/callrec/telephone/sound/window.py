"""A file read by place, a block at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

BLOCK_BYTES = 64 * 1024
"""Bytes; the most that is ever held, and more than an Ogg page has (65,307)."""


class Window:
    """Bytes of a seekable stream, as far as a size that is known beforehand."""

    __slots__ = ("_block", "_block_at", "_stream", "size")

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._block = b""
        self._block_at = 0
        self.size = size

    def at(self, place: int, length: int) -> bytes:
        """So many bytes from a place, up to a block; fewer where the file ends."""
        length = min(length, self.size - place)
        if length <= 0:
            return b""
        start = place - self._block_at
        if start < 0 or start + length > len(self._block):
            self._stream.seek(place)
            self._block, self._block_at, start = self._stream.read(BLOCK_BYTES), place, 0
        return self._block[start : start + length]
