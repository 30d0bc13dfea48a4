"""The Merkle tree of the audit log: RFC 6962, section 2.1, with SHA-256.

    MTH({})    = SHA-256("")
    MTH({d})   = SHA-256(0x00 || d)
    MTH(D[n])  = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))     k: largest power of two below n

Stored are the roots of complete subtrees only. Node ``(level, index)`` covers the leaves from
``index * 2**level`` up to, not including, ``(index + 1) * 2**level``; once stored it never changes.
From these a root or a proof takes O(log n) reads.

Proofs are those of RFC 6962, 2.1.1 and 2.1.2; they are checked as RFC 9162, 2.1.3.2 and 2.1.4.2
say. ``tests/audit/test_tree.py`` compares with the recursive definition and with the reference
vectors of Certificate Transparency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from hashlib import sha256
from typing import Final

from callrec.errors import Tampered

Read = Callable[[int, int], bytes]
"""Gives the stored node at ``(level, index)``, 32 bytes."""

EMPTY_ROOT: Final = sha256(b"").digest()
"""Root of the tree without leaves: SHA-256("")."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data), 32 bytes (RFC 6962, 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes (RFC 6962, 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def leaf_hashes(leaves: Sequence[bytes]) -> list[bytes]:
    """``leaf_hash`` of each."""
    return [sha256(b"\x00" + leaf).digest() for leaf in leaves]


def parents(level: Sequence[bytes]) -> list[bytes]:
    """``node_hash`` of each two nodes of a level; a last one without a sibling has none."""
    pairs = zip(level[::2], level[1::2], strict=False)
    return [sha256(b"\x01" + left + right).digest() for left, right in pairs]


def stored_nodes(seq: int, leaf: bytes, read: Read) -> tuple[tuple[int, int, bytes], ...]:
    """The nodes ``(level, index, hash)`` that leaf number ``seq`` completes, itself first.

    Args:
        seq: number of the leaf, from 0.
        leaf: its leaf hash, 32 bytes.
        read: reaches the nodes of the leaves before it.

    Law: over a whole log just under two nodes a leaf, each stored once.
    """
    nodes = [(0, seq, leaf)]
    level, index, node = 0, seq, leaf
    while index & 1:
        node = node_hash(read(level, index - 1), node)
        level, index = level + 1, index >> 1
        nodes.append((level, index, node))
    return tuple(nodes)


def root(size: int, read: Read) -> bytes:
    """MTH of the first ``size`` leaves, 32 bytes (RFC 6962, 2.1)."""
    return _range_hash(0, size, read) if size else EMPTY_ROOT


def peaks(size: int, read: Read) -> list[bytes]:
    """Roots of the complete subtrees that tile the first ``size`` leaves, the largest first."""
    return [read(level, index) for level, index in _subtrees(0, size)]


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    """MTH of the leaves that these complete subtrees tile, the largest first; not none."""
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


def inclusion_proof(seq: int, size: int, read: Read) -> tuple[bytes, ...]:
    """PATH(seq, D[size]): the siblings from leaf ``seq`` up to the root (RFC 6962, 2.1.1).

    Raises:
        ValueError: no such leaf in a tree of that size: a programming error.
    """
    if not 0 <= seq < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {seq}")
    siblings, _ = _descend(seq, size)
    return tuple(_range_hash(*each, read) for each in reversed(siblings))


def consistency_proof(old: int, new: int, read: Read) -> tuple[bytes, ...]:
    """PROOF(old, D[new]): the tree of ``new`` leaves begins with that of ``old`` (RFC 6962, 2.1.2).

    Empty where there is nothing to prove: ``old`` is 0 or equals ``new``.

    Raises:
        ValueError: ``old`` is beyond ``new``: a programming error.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves does not begin with {old}")
    if old in {0, new}:
        return ()
    parts, low = _descend(old - 1, new, end=old)
    if low:  # SUBPROOF's b is false: the old root is none of the nodes here
        parts.append((low, old))
    return tuple(_range_hash(*each, read) for each in reversed(parts))


def check_inclusion(leaf: bytes, seq: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the tree of ``size`` leaves under ``root`` has ``leaf`` as its number ``seq``.

    Args:
        leaf: leaf hash, 32 bytes.
        seq: number of the leaf, from 0.
        size: number of leaves of the tree.
        proof: as ``inclusion_proof`` gives it.
        root: taken from a checkpoint that was checked.

    Raises:
        Tampered: it has not, or the proof is not one of that.

    Source: RFC 9162, 2.1.3.2. Every proof has one length only, so it is known before hashing.
    """
    if not 0 <= seq < size:
        raise Tampered("a proof names a leaf that its tree does not have")
    sides = tuple(_sides(seq, size - 1))
    if len(proof) != len(sides):
        raise Tampered("a proof of inclusion has the wrong length")
    node = leaf
    for sibling, on_the_left in zip(proof, sides, strict=True):
        node = node_hash(sibling, node) if on_the_left else node_hash(node, sibling)
    if node != root:
        raise Tampered("a proof of inclusion does not lead to the root")


def check_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree of ``new`` leaves begins with the tree of ``old`` leaves, unchanged.

    Args:
        old: number of leaves under ``old_root``.
        new: number of leaves under ``new_root``.
        proof: as ``consistency_proof`` gives it.
        old_root: taken from a checkpoint that was checked.
        new_root: likewise.

    Raises:
        Tampered: it does not, or the proof is not one of that.

    Source: RFC 9162, 2.1.4.2.
    """
    if not 0 <= old <= new:
        raise Tampered("a later tree is smaller than an earlier one")
    if old in {0, new}:
        holds = not proof and old_root == (new_root if old == new else EMPTY_ROOT)
    else:
        holds = _roots_from(old, new, proof, old_root) == (old_root, new_root)
    if not holds:
        raise Tampered("what was seen of the record before is not its beginning")


class Frontier:
    """The tree's right edge: a root from leaves alone, each looked at once, in O(log n) memory."""

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Start with the empty tree, or with one of ``size`` leaves that has these peaks."""
        self._peaks = [*peaks]  # roots of the complete subtrees, the largest first
        self._size = size

    @property
    def size(self) -> int:
        """Number of leaves appended."""
        return self._size

    def copy(self) -> Frontier:
        """Another one, to append to by itself."""
        return Frontier(self._size, self._peaks)

    def append(self, leaf: bytes) -> None:
        """Append the leaf hash (32 bytes) of leaf number ``size``."""
        index = self._size
        while index & 1:
            leaf = sha256(b"\x01" + self._peaks.pop() + leaf).digest()  # node_hash, at full speed
            index >>= 1
        self._peaks.append(leaf)
        self._size += 1

    def root(self) -> bytes:
        """Root of what was appended so far. Law: equals ``root(size, read)``."""
        return root_of_peaks(self._peaks) if self._peaks else EMPTY_ROOT


def _descend(seq: int, size: int, *, end: int = 0) -> tuple[list[tuple[int, int]], int]:
    """From the root down to leaf ``seq``, or to the first subtree on the way that ends at ``end``.

    Each subtree is split at the largest power of two below its length (RFC 6962, 2.1).

    Returns:
        The siblings on the way, from the root, each as the leaves [low, high) that it covers; and
        the first leaf of the subtree that was reached.
    """
    siblings = []
    low, high = 0, size
    while high - low > 1 and high != end:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if seq < middle:
            siblings.append((middle, high))
            high = middle
        else:
            siblings.append((low, middle))
            low = middle
    return siblings, low


def _subtrees(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees that tile the leaves [low, high), the largest first.

    ``low`` is a multiple of a power of two that is not below ``high - low``, as in all that the
    splits above come to.
    """
    while low < high:
        level = (high - low).bit_length() - 1
        yield level, low >> level
        low += 1 << level


def _range_hash(low: int, high: int, read: Read) -> bytes:
    return root_of_peaks([read(level, index) for level, index in _subtrees(low, high)])


def _sides(index: int, last: int) -> Iterator[bool]:
    """From node ``index`` of a level that ends with node ``last``, up: is the sibling on the left?

    Steps 4 of RFC 9162, 2.1.3.2 and 6 of 2.1.4.2, where these are called fn and sn. A last node
    without a sibling rises unchanged until it has one, and that is on the left.
    """
    while last:
        on_the_left = bool(index & 1) or index == last
        yield on_the_left
        while on_the_left and not index & 1:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1


def _roots_from(old: int, new: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """The two roots that a proof of consistency leads to (RFC 9162, 2.1.4.2, steps 2 to 6)."""
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    sides = tuple(_sides(index, last))
    # An old tree that is one complete subtree is the first node itself, and not sent again.
    path = proof if index else (old_root, *proof)
    if len(path) != len(sides) + 1:
        raise Tampered("a proof of consistency has the wrong length")
    old_node = new_node = path[0]
    for node, on_the_left in zip(path[1:], sides, strict=True):
        if on_the_left:
            old_node = node_hash(node, old_node)
        new_node = node_hash(node, new_node) if on_the_left else node_hash(new_node, node)
    return old_node, new_node
