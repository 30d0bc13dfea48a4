"""Laws of the audit log's tree, for any leaves and sizes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callrec.audit.tree import (
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    stored_nodes,
)
from callrec.errors import Tampered


class Stored:
    """A log whose nodes are kept in a dictionary, and which counts how often they are read."""

    def __init__(self, entries: list[bytes]) -> None:
        self.hashes = [leaf_hash(entry) for entry in entries]
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.reads = 0
        for seq, leaf in enumerate(self.hashes):
            for level, index, node in stored_nodes(seq, leaf, self.read):
                assert self.nodes.setdefault((level, index), node) is node
        self.size = len(entries)
        self.root = root(self.size, self.read)
        self.reads = 0

    def __repr__(self) -> str:
        return f"a log of {self.size} leaves"

    def read(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.nodes[level, index]


logs = st.lists(st.binary(max_size=40), min_size=1, max_size=200).map(Stored)


@given(logs)
def test_a_parent_is_the_hash_of_its_children(log: Stored) -> None:
    for (level, index), node in log.nodes.items():
        if level:
            left, right = (log.nodes[level - 1, 2 * index + side] for side in (0, 1))
            assert node == node_hash(left, right)


@given(logs)
def test_under_two_nodes_a_leaf_are_stored(log: Stored) -> None:
    assert len(log.nodes) < 2 * log.size


@given(logs)
def test_a_frontier_agrees_with_the_stored_nodes_wherever_it_has_come(log: Stored) -> None:
    frontier = Frontier()
    for seen, leaf in enumerate(log.hashes):
        assert (frontier.size, frontier.root()) == (seen, root(seen, log.read))
        frontier.append(leaf)
    assert (frontier.size, frontier.root()) == (log.size, log.root)


@given(logs, st.data())
def test_a_proof_of_inclusion_proves_its_leaf_at_its_place_and_no_other(
    log: Stored, data: st.DataObject
) -> None:
    seq = data.draw(st.integers(0, log.size - 1))
    other = data.draw(st.integers(0, log.size - 1))
    proof = inclusion_proof(seq, log.size, log.read)
    check_inclusion(log.hashes[seq], seq, log.size, proof, log.root)
    assume(log.hashes[other] != log.hashes[seq])
    with pytest.raises(Tampered):
        check_inclusion(log.hashes[other], seq, log.size, proof, log.root)
    with pytest.raises(Tampered):
        check_inclusion(log.hashes[seq], other, log.size, proof, log.root)


@given(logs, st.data())
def test_a_log_is_consistent_with_each_of_its_beginnings_and_with_no_other(
    log: Stored, data: st.DataObject
) -> None:
    old = data.draw(st.integers(0, log.size))
    proof = consistency_proof(old, log.size, log.read)
    old_root = root(old, log.read)
    check_consistency(old, log.size, proof, old_root, log.root)
    assume(old)
    rewritten = Stored([b"rewritten" + leaf for leaf in log.hashes[:old]])
    with pytest.raises(Tampered):
        check_consistency(old, log.size, proof, rewritten.root, log.root)


@given(logs, st.data())
def test_roots_and_proofs_read_a_logarithm_of_nodes(log: Stored, data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, log.size - 1))
    height = log.size.bit_length()
    for work in (
        lambda: root(log.size, log.read),
        lambda: inclusion_proof(seq, log.size, log.read),
        lambda: consistency_proof(seq, log.size, log.read),
    ):
        log.reads = 0
        work()
        assert log.reads <= 2 * height
