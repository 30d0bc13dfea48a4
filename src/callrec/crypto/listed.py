"""A list of which one entry can be shown without the others (docs/formats/keys.md, 3).

The list counts by the root of a Merkle tree over its entries (RFC 6962, 2.1). To show one, give the
entry and its path: who has no more learns of the others only how deep the tree is, since each entry
holds something that nobody guesses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, starmap


def root_of(entries: Sequence[bytes]) -> bytes:
    """MTH of the entries, 32 bytes (RFC 6962, 2.1)."""
    *_, level = _levels(entries)
    return level[0]


def paths_of(entries: Sequence[bytes], places: Iterable[int]) -> list[list[tuple[str, bytes]]]:
    """Of each entry the siblings up to the root, each ``left`` or ``right`` of what it meets.

    Law: hashed together in this order they lead to `root_of`.
    """
    levels = [*_levels(entries)]
    return [[*_path(levels, place)] for place in places]


def _path(levels: Sequence[Sequence[bytes]], place: int) -> Iterator[tuple[str, bytes]]:
    for level in levels:
        if (sibling := place ^ 1) < len(level):
            yield "left" if place & 1 else "right", level[sibling]
        place >>= 1


def _levels(entries: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The nodes of each level, the entries' first; what has no sibling goes up as it is."""
    sha256 = hashlib.sha256
    level = [sha256(b"\0" + entry).digest() for entry in entries] or [sha256().digest()]
    yield level
    while len(level) > 1:
        odd = level[len(level) & ~1 :]
        pairs = zip(islice(level, 0, None, 2), islice(level, 1, None, 2), strict=False)
        level = [*starmap(_node, pairs), *odd]
        yield level


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
