"""Proofs as files: c2sp.org/tlog-proof@v1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrec.audit.checkpoint import (
    Checkpoint,
    Proof,
    check_proof,
    origin,
    read_proof,
    sign_checkpoint,
    write_proof,
)
from callrec.audit.tree import inclusion_proof, leaf_hash, root, stored_nodes
from callrec.crypto.primitives import signing_public
from callrec.errors import Tampered
from vectors.audit.cases import Case, cases

SEED = bytes(range(32))

LOG = origin("5f3a9c0e7b1d4826a0c4e8f21b6d9735")

LEAF = leaf_hash(b"leaf 11")


@pytest.mark.parametrize("case", cases("proofs"), ids=str)
def test_proofs_are_accepted_or_refused_as_their_files_say(case: Case) -> None:
    trusted = (case.bytes_of("leaf"), case.bytes_of("public"), case.head["origin"])
    if case.is_good:
        proof = read_proof(case.body)
        assert check_proof(proof, *trusted).size == int(case.name.rpartition("_")[2])
        assert proof.seq == int(case.head["seq"])
        assert proof.extra.hex() == case.head["extra"].removeprefix("-")
    else:
        with pytest.raises(Tampered):
            check_proof(read_proof(case.body), *trusted)


@pytest.mark.parametrize("case", cases("proofs"), ids=str)
def test_what_is_read_is_what_is_written(case: Case) -> None:
    try:
        proof = read_proof(case.body)
    except Tampered:
        assert not case.is_good
    else:
        assert write_proof(proof) == case.body


def test_a_proof_made_from_stored_nodes_proves_its_leaf_and_names_the_head() -> None:
    assert check_proof(a_proof(), LEAF, signing_public(SEED), LOG).size == 20


def test_extra_is_covered_by_nothing() -> None:
    changed = replace(a_proof(), extra=b"whatever somebody wrote there")
    assert read_proof(write_proof(changed)) == changed
    check_proof(changed, LEAF, signing_public(SEED), LOG)


def test_a_proof_with_any_byte_changed_is_refused() -> None:
    data = write_proof(a_proof())
    for place, byte in enumerate(data):
        changed = data[:place] + bytes([byte ^ 1]) + data[place + 1 :]
        with pytest.raises(Tampered):
            check_proof(read_proof(changed), LEAF, signing_public(SEED), LOG)


def a_proof() -> Proof:
    nodes: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        return nodes[level, index]

    for seq in range(20):
        for level, index, node in stored_nodes(seq, leaf_hash(b"leaf %d" % seq), read):
            nodes[level, index] = node
    head = Checkpoint(LOG, 20, root(20, read))
    return Proof(11, inclusion_proof(11, 20, read), sign_checkpoint(head, SEED))
