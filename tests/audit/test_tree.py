"""Roots and proofs against the recursive definition of RFC 9162 and vectors from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from callrec.audit.tree import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    stored_nodes,
)
from callrec.errors import Tampered

Hashes = tuple[bytes, ...]

VECTORS = Path(__file__).parents[1] / "vectors" / "audit"

CT = json.loads((VECTORS / "certificate_transparency.json").read_text())


def split(leaves: Hashes) -> int:
    """RFC 9162, 2.1.1: k, the largest power of two below the number of leaves."""
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return k


def mth(leaves: Hashes) -> bytes:
    """RFC 9162, 2.1.1, word for word, from leaf hashes on."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(leaves)
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Hashes) -> Hashes:
    """RFC 9162, 2.1.3.1: PATH(m, D_n)."""
    if len(leaves) == 1:
        return ()
    k = split(leaves)
    if m < k:
        return (*path(m, leaves[:k]), mth(leaves[k:]))
    return (*path(m - k, leaves[k:]), mth(leaves[:k]))


def subproof(m: int, leaves: Hashes, *, known: bool) -> Hashes:
    """RFC 9162, 2.1.4.1: SUBPROOF(m, D_n, b)."""
    if m == len(leaves):
        return () if known else (mth(leaves),)
    k = split(leaves)
    if m <= k:
        return (*subproof(m, leaves[:k], known=known), mth(leaves[k:]))
    return (*subproof(m - k, leaves[k:], known=False), mth(leaves[:k]))


LEAVES = tuple(leaf_hash(n.to_bytes(2, "big")) for n in range(300))

ROOTS = tuple(mth(LEAVES[:size]) for size in range(301))

PROVED = 130  # sizes for which every proof is tried


def a_log(leaves: Hashes) -> dict[tuple[int, int], bytes]:
    nodes: dict[tuple[int, int], bytes] = {}
    for seq, leaf in enumerate(leaves):
        for level, index, node in stored_nodes(seq, leaf, lambda *at: nodes[at]):
            assert (level, index) not in nodes
            nodes[level, index] = node
    return nodes


NODES = a_log(LEAVES)

REFERENCE = a_log(tuple(leaf_hash(bytes.fromhex(data)) for data in CT["leaves"]))


def read(level: int, index: int) -> bytes:
    return NODES[level, index]


def read_reference(level: int, index: int) -> bytes:
    return REFERENCE[level, index]


def spoilt(proof: Hashes) -> list[Hashes]:
    """The proof with each hash flipped, each left out, and one added at each place."""
    extra = leaf_hash(b"extra")
    flipped = [
        (*proof[:n], bytes([node[0] ^ 1]) + node[1:], *proof[n + 1 :])
        for n, node in enumerate(proof)
    ]
    shorter = [proof[:n] + proof[n + 1 :] for n in range(len(proof))]
    longer = [(*proof[:n], extra, *proof[n:]) for n in range(len(proof) + 1)]
    return flipped + shorter + longer


def refused(check: Callable[..., None], *case: object) -> bool:
    try:
        check(*case)
    except Tampered:
        return True
    return False


def test_root_is_the_recursive_definition_for_all_sizes_to_300() -> None:
    assert tuple(root(size, read) for size in range(301)) == ROOTS


def test_frontier_has_the_root_of_every_size_it_passes() -> None:
    frontier = Frontier()
    roots = [frontier.root()]
    for leaf in LEAVES:
        frontier.append(leaf)
        roots.append(frontier.root())
    assert tuple(roots) == ROOTS
    assert frontier.size == len(LEAVES)


def test_nodes_stored_are_the_complete_subtrees_and_no_others() -> None:
    complete = {(level, index) for level in range(9) for index in range(300 >> level)}
    assert NODES.keys() == complete
    for level, index in complete:
        covered = LEAVES[index << level : (index + 1) << level]
        assert NODES[level, index] == mth(covered)


@pytest.mark.parametrize("size", range(1, PROVED + 1))
def test_inclusion_proofs_are_those_of_the_rfc_and_no_spoilt_one_passes(size: int) -> None:
    for seq in range(size):
        proof = inclusion_proof(seq, size, read)
        assert proof == path(seq, LEAVES[:size])
        check_inclusion(LEAVES[seq], seq, size, proof, ROOTS[size])
        for wrong in spoilt(proof):
            assert refused(check_inclusion, LEAVES[seq], seq, size, wrong, ROOTS[size])


@pytest.mark.parametrize("new", range(1, PROVED + 1))
def test_consistency_proofs_are_those_of_the_rfc_and_no_spoilt_one_passes(new: int) -> None:
    for old in range(1, new + 1):
        proof = consistency_proof(old, new, read)
        assert proof == subproof(old, LEAVES[:new], known=True)
        check_consistency(old, new, proof, ROOTS[old], ROOTS[new])
        for wrong in spoilt(proof):
            assert refused(check_consistency, old, new, wrong, ROOTS[old], ROOTS[new])


def test_every_log_begins_with_the_empty_one() -> None:
    assert consistency_proof(0, 7, read) == ()
    check_consistency(0, 7, (), EMPTY_ROOT, ROOTS[7])
    check_consistency(0, 0, (), EMPTY_ROOT, EMPTY_ROOT)


INCONSISTENT = {
    "a smaller tree later": (7, 6, (), ROOTS[7], ROOTS[6]),
    "a negative size": (-1, 6, (), EMPTY_ROOT, ROOTS[6]),
    "another root at the same size": (7, 7, (), ROOTS[7], ROOTS[8]),
    "an empty tree with another root": (0, 7, (), ROOTS[1], ROOTS[7]),
    "an empty later tree with another root": (0, 0, (), EMPTY_ROOT, ROOTS[1]),
    "a proof where there is nothing to prove": (0, 7, (ROOTS[1],), EMPTY_ROOT, ROOTS[7]),
    "a proof from a size to itself": (2, 2, (LEAVES[0], LEAVES[1]), ROOTS[2], ROOTS[2]),
    "no proof where there is something to prove": (4, 7, (), ROOTS[4], ROOTS[7]),
    "another old root": (3, 7, consistency_proof(3, 7, read), ROOTS[2], ROOTS[7]),
    "another old root, complete": (4, 7, consistency_proof(4, 7, read), ROOTS[2], ROOTS[7]),
    "another new root": (3, 7, consistency_proof(3, 7, read), ROOTS[3], ROOTS[8]),
    "a rewritten past": (3, 7, consistency_proof(3, 7, read), mth(LEAVES[1:4]), ROOTS[7]),
}


@pytest.mark.parametrize("case", INCONSISTENT.values(), ids=INCONSISTENT)
def test_inconsistent_heads_are_refused(case: tuple[int, int, Hashes, bytes, bytes]) -> None:
    with pytest.raises(Tampered):
        check_consistency(*case)


@pytest.mark.parametrize(("seq", "size"), [(7, 7), (0, 0), (-1, 7), (8, 7)])
def test_a_leaf_outside_the_tree_is_refused(seq: int, size: int) -> None:
    with pytest.raises(Tampered):
        check_inclusion(LEAVES[0], seq, size, (), ROOTS[1])
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion_proof(seq, size, read)


@pytest.mark.parametrize(("old", "new"), [(8, 7), (-1, 7)])
def test_no_proof_is_made_from_a_later_tree_to_an_earlier_one(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="does not begin"):
        consistency_proof(old, new, read)


def test_roots_of_the_reference_tree_of_certificate_transparency() -> None:
    roots = [root(size, read_reference).hex() for size in range(9)]
    assert roots == CT["roots"]


@pytest.mark.parametrize(
    "case", CT["inclusion"], ids=lambda case: f"{case['seq']} in {case['size']}"
)
def test_inclusion_proofs_of_certificate_transparency(case: dict[str, Any]) -> None:
    seq, size = case["seq"], case["size"]
    proof = inclusion_proof(seq, size, read_reference)
    assert [node.hex() for node in proof] == case["proof"]
    check_inclusion(REFERENCE[0, seq], seq, size, proof, bytes.fromhex(CT["roots"][size]))


@pytest.mark.parametrize(
    "case", CT["consistency"], ids=lambda case: f"{case['old']} to {case['new']}"
)
def test_consistency_proofs_of_certificate_transparency(case: dict[str, Any]) -> None:
    old, new = case["old"], case["new"]
    proof = consistency_proof(old, new, read_reference)
    assert [node.hex() for node in proof] == case["proof"]
    old_root, new_root = (bytes.fromhex(CT["roots"][size]) for size in (old, new))
    check_consistency(old, new, proof, old_root, new_root)
