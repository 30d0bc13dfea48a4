"""Leaves: one form, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from callrec.audit.leaf import MAX_LEAF_BYTES, Leaf, Outcome, detail_commitment
from callrec.audit.tree import leaf_hash
from callrec.errors import Tampered
from vectors.audit.cases import Case, cases, read_case

VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"


def a_leaf() -> Leaf:
    return Leaf(
        act="release.prepared",
        actor="0123456789abcdef0123456789abcdef",
        at="2026-11-24T16:08:50.123Z",
        detail="aa" * 32,
        log=f"callrec/{VAULT}",
        outcome=Outcome.DONE,
        seq=5,
        statement="bb" * 32,
        subject=("00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"),
    )


@pytest.mark.parametrize("case", cases("leaves"), ids=str)
def test_leaves_are_accepted_or_refused_as_their_files_say(case: Case) -> None:
    seq = int(case.head["seq"])
    if case.is_good:
        leaf = Leaf.decode(case.body, seq)
        assert leaf.encode() == case.body
        assert leaf_hash(case.body) == case.bytes_of("hash")
    else:
        with pytest.raises(Tampered):
            Leaf.decode(case.body, seq)


def test_encoding_gives_the_file_to_the_byte() -> None:
    assert a_leaf().encode() == read_case("leaves/done.txt").body


def test_leaf_0_alone_names_the_founders() -> None:
    leaf = Leaf.decode(read_case("leaves/founding.txt").body, 0)
    assert leaf.founders == {"practice": "The Surgery, Exampleton", "vault": VAULT}
    assert Leaf.decode(read_case("leaves/done.txt").body, 5).founders is None


def test_a_leaf_is_read_at_its_own_place_only() -> None:
    data = a_leaf().encode()
    assert Leaf.decode(data, 5) == a_leaf()
    for seq in (0, 1, 4, 6):
        with pytest.raises(Tampered, match=f"leaf {seq} is not in its form"):
            Leaf.decode(data, seq)


def test_a_leaf_with_any_byte_changed_is_another_leaf_or_none() -> None:
    data = a_leaf().encode()
    for place, byte in enumerate(data):
        changed = data[:place] + bytes([byte ^ 1]) + data[place + 1 :]
        try:
            assert Leaf.decode(changed, 5) != a_leaf()
        except Tampered:
            continue


def test_a_leaf_of_less_than_64_kib_is_written_and_no_longer_one() -> None:
    bare = len(founding("").encode())
    full = founding("x" * (MAX_LEAF_BYTES - bare))
    assert len(full.encode()) == MAX_LEAF_BYTES
    assert Leaf.decode(full.encode(), 0) == full
    with pytest.raises(ValueError, match=r"^a leaf has 64 KiB or more$"):
        founding("x" * (MAX_LEAF_BYTES - bare + 1)).encode()


MALFORMED: dict[str, Callable[[], Leaf]] = {
    "act": lambda: replace(a_leaf(), act="Released to somebody"),
    "actor": lambda: replace(a_leaf(), actor="kim"),
    "at": lambda: replace(a_leaf(), at="24 November"),
    "detail": lambda: replace(a_leaf(), detail="the reason"),
    "log": lambda: replace(a_leaf(), log="callrec"),
    "statement": lambda: replace(a_leaf(), statement="somebody said so"),
    "subject": lambda: replace(a_leaf(), subject=("01632960999",)),
    "founders after leaf 0": lambda: replace(a_leaf(), founders={}),
    "leaf 0 without founders": lambda: replace(a_leaf(), seq=0),
}


@pytest.mark.parametrize("make", MALFORMED.values(), ids=MALFORMED)
def test_what_would_be_refused_in_the_log_cannot_be_made(make: Callable[[], Leaf]) -> None:
    with pytest.raises(ValueError, match=r"^(a leaf|leaf 0)"):
        make()


def test_details_are_bound_to_vault_place_nonce_and_content() -> None:
    nonce, details = bytes(range(32)), b'{"count":3}'
    context = b'callrec/1 detail\n{"seq":5,"vault":"%s"}' % VAULT.encode()
    commitment = detail_commitment(VAULT, 5, nonce, details)
    assert commitment == sha256(context + nonce + details).hexdigest()
    others = {
        detail_commitment(VAULT[::-1], 5, nonce, details),
        detail_commitment(VAULT, 6, nonce, details),
        detail_commitment(VAULT, 5, nonce[::-1], details),
        detail_commitment(VAULT, 5, nonce, b'{"count":4}'),
    }
    assert len(others | {commitment}) == 5


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_nonce_of_another_length_is_a_programming_error(size: int) -> None:
    with pytest.raises(Tampered, match=r"^a detail's nonce has 32 bytes$"):
        detail_commitment(VAULT, 5, bytes(size), b"{}")


def founding(practice: str) -> Leaf:
    return replace(
        a_leaf(), act="log.founded", seq=0, founders={"practice": practice, "vault": VAULT}
    )
