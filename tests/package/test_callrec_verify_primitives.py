"""The checker's own Ed25519, Merkle proofs and readers, against other people's answers."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import Tampered
from callrec.package import callrec_verify as checker
from callrec.package.callrec_verify import L, P, Wrong, is_included, is_signed
from vectors.audit.cases import Case, cases
from vectors.crypto.cases import cases as crypto_cases

VECTORS = Path(__file__).parents[1] / "vectors"

RELEASE = VECTORS / "release"


def outside(name: str) -> list[dict[str, Any]]:
    lines = (VECTORS / "ed25519" / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def bytes_of(case: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    key, message, signature = (
        bytes.fromhex(case[each]) for each in ("key", "message", "signature")
    )
    return key, message, signature


def accepted_by_openssl(key: bytes, message: bytes, signature: bytes) -> bool:
    with suppress(Tampered):
        primitives.verify(primitives.SigningPublic(key), message, signature)
        return True
    return False


RFC_8032 = [  # 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (  # SHA(abc)
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize("vector", RFC_8032, ids=["1", "2", "3", "SHA(abc)"])
def test_the_signatures_of_rfc_8032_hold(vector: tuple[str, str, str]) -> None:
    key, message, signature = map(bytes.fromhex, vector)
    assert is_signed(key, message, signature)
    assert not is_signed(key, message + b"x", signature)


def test_what_djb_published_holds_test_1024_of_rfc_8032_among_it() -> None:
    with cryptography_vectors.open_vector_file("asymmetric/Ed25519/sign.input", "r") as file:
        lines = list(file)
    for line in [*lines[:64], lines[-1]]:
        key, message, signed = (bytes.fromhex(part) for part in line.split(":")[1:4])
        assert is_signed(key, message, signed[:64])


@pytest.mark.parametrize("case", outside("wycheproof.jsonl"), ids=lambda case: case["comment"])
def test_signatures_hold_as_wycheproof_says(case: dict[str, Any]) -> None:
    assert is_signed(*bytes_of(case)) is case["valid"]


@pytest.mark.parametrize("case", outside("speccheck.jsonl"), ids=lambda case: case["comment"])
def test_where_implementations_differ_it_is_strict(case: dict[str, Any]) -> None:
    assert is_signed(*bytes_of(case)) is case["valid"]


SEEDS = st.binary(min_size=32, max_size=32)


@st.composite
def tampered(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """A right signature with something done to it that a forger might try."""
    seed, message = draw(SEEDS), draw(st.binary(max_size=80))
    key, signature = primitives.signing_public(seed), primitives.sign(seed, message)
    scalar = int.from_bytes(signature[32:], "little")
    other = draw(st.binary(min_size=32, max_size=32))
    place = draw(st.integers(0, 511))
    changes: dict[str, tuple[bytes, bytes, bytes]] = {
        "nothing": (key, message, signature),
        "message": (key, message + b"!", signature),
        "S + L": (key, message, signature[:32] + (scalar + L).to_bytes(32, "little")),
        "-S": (key, message, signature[:32] + (-scalar % L).to_bytes(32, "little")),
        "a bit of the signature": (key, message, flipped(signature, place)),
        "a bit of the key": (flipped(key, place % 256), message, signature),
        "another key": (other, message, signature),
        "another R": (key, message, other + signature[32:]),
        "the sign of R": (key, message, flipped(signature, 255)),
        "R not canonical": (key, message, (P + 1).to_bytes(32, "little") + signature[32:]),
        "cut": (key, message, signature[: place % 64]),
        "longer": (key, message, signature + b"\0"),
        "no key": (key[: place % 32], message, signature),
    }
    return changes[draw(st.sampled_from(sorted(changes)))]


def flipped(data: bytes, place: int) -> bytes:
    return data[: place // 8] + bytes([data[place // 8] ^ 1 << place % 8]) + data[place // 8 + 1 :]


@given(tampered())
def test_it_holds_a_signature_for_right_where_openssl_does(
    case: tuple[bytes, bytes, bytes],
) -> None:
    assert is_signed(*case) is accepted_by_openssl(*case)


SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]

NOT_CANONICAL = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("key", SMALL_ORDER + NOT_CANONICAL)
def test_a_key_under_which_one_signature_fits_many_messages_signs_nothing(key: str) -> None:
    neutral = bytes.fromhex(SMALL_ORDER[0]) + bytes(32)
    for message in (b"%d" % number for number in range(16)):
        assert not is_signed(bytes.fromhex(key), message, neutral)
        assert not is_signed(bytes.fromhex(key), message, bytes.fromhex(key) + bytes(32))


def test_a_point_is_on_the_curve_and_has_one_encoding() -> None:
    """19 numbers have two ways into 255 bits; of the small ones, some are no point's y at all."""
    points = [y for y in range(19) if checker.decode_point(y.to_bytes(32, "little"))]
    assert points == [
        y for y in range(19) if is_square((y * y - 1) * pow(checker.D * y * y + 1, -1, P))
    ]
    assert {2, 7} - {*points}
    for y in range(19):
        assert checker.decode_point((P + y).to_bytes(32, "little")) is None


def is_square(number: int) -> bool:
    return pow(number, (P - 1) // 2, P) in (0, 1)  # Euler's criterion


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word; the leaves are hashed already."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def path_of(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if index < k:
        return [*path_of(index, leaves[:k]), root_of(leaves[k:])]
    return [*path_of(index - k, leaves[k:]), root_of(leaves[:k])]


LEAVES = [checker.leaf_hash(b"leaf %d" % number) for number in range(70)]


@pytest.mark.parametrize("size", range(71))
def test_each_leaf_of_a_tree_is_included_at_its_own_place_alone(size: int) -> None:
    root = root_of(LEAVES[:size])
    for index in range(size):
        path = path_of(index, LEAVES[:size])
        for place in range(-1, size + 1):
            is_there = is_included(LEAVES[index], place, size, path, root)
            assert is_there is (place == index)
    assert not is_included(LEAVES[0], size, size, [], root)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 64, 70])
def test_a_proof_with_a_hash_changed_added_left_out_or_exchanged_proves_nothing(size: int) -> None:
    root = root_of(LEAVES[:size])
    for index in range(size):
        path = path_of(index, LEAVES[:size])
        wrong = [[*path[:at], flipped(path[at], 77), *path[at + 1 :]] for at in range(len(path))]
        wrong += [[*path[:at], *path[at + 1 :]] for at in range(len(path))]
        wrong += [[*path[:at], root, *path[at:]] for at in range(len(path) + 1)]
        wrong += [path[::-1]] if len(path) > 1 else []
        for each in wrong:
            assert not is_included(LEAVES[index], index, size, each, root)
        assert not is_included(flipped(LEAVES[index], 3), index, size, path, root)
        assert not is_included(LEAVES[index], index, size, path, flipped(root, 200))


def test_a_tree_of_another_size_under_the_same_root_does_not_pass_for_it() -> None:
    """Sizes under which another leaf count gives the same sides cannot be told, and need not be."""
    path, root = path_of(2, LEAVES[:4]), root_of(LEAVES[:4])
    assert [size for size in range(9) if is_included(LEAVES[2], 2, size, path, root)] == [4]


def refuses(read: Callable[[], object]) -> bool:
    try:
        read()
    except Wrong:
        return True
    return False


@pytest.mark.parametrize("case", cases("proofs"), ids=str)
def test_proofs_are_accepted_or_refused_as_the_vectors_say(case: Case) -> None:
    def read() -> None:
        proof = checker.read_proof(case.body)
        place = (proof.index, proof.head.size, proof.path, proof.head.root)
        if proof.head.origin != case.head["origin"] or not is_included(
            case.bytes_of("leaf"), *place
        ):
            raise Wrong("is about something else")
        checker.check_note(proof.head.note, proof.head.origin, case.bytes_of("public"))

    assert refuses(read) is not case.is_good


@pytest.mark.parametrize("case", cases("notes"), ids=str)
def test_signed_notes_are_accepted_or_refused_as_the_vectors_say(case: Case) -> None:
    name, public = case.head["name"], case.bytes_of("public")
    assert refuses(lambda: checker.check_note(case.body, name, public)) is not case.is_good


def test_nothing_may_follow_the_signatures_of_a_note() -> None:
    (case,) = [case for case in cases("notes") if case.name == "signed"]
    name, public = case.head["name"], case.bytes_of("public")
    for more in (b"x", b"\n", case.body.rpartition(b"\n\n")[2][:-1]):
        assert refuses(partial(checker.check_note, case.body + more, name, public))


@pytest.mark.parametrize("case", cases("checkpoints"), ids=str)
def test_checkpoints_are_accepted_or_refused_as_the_vectors_say(case: Case) -> None:
    def read() -> None:
        proof = checker.read_proof(b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + case.body)
        if proof.head.origin != case.head["origin"]:
            raise Wrong("is of another log")
        checker.check_note(proof.head.note, proof.head.origin, case.bytes_of("public"))

    assert refuses(read) is not case.is_good


@pytest.mark.parametrize("case", cases("leaves"), ids=str)
def test_entries_are_accepted_or_refused_as_the_vectors_say(case: Case) -> None:
    """But for those under a session: all that a release shows takes a password."""
    log = "callrec/5f3a9c0e7b1d4826a0c4e8f21b6d9735"
    is_good = case.is_good and case.name != "under_a_session"
    assert refuses(lambda: checker.read_leaf(case.body, int(case.head["seq"]), log)) is not is_good


def test_an_entry_under_a_session_is_refused_in_words_of_its_own() -> None:
    (case,) = [case for case in cases("leaves") if case.name == "under_a_session"]
    log = "callrec/5f3a9c0e7b1d4826a0c4e8f21b6d9735"
    with pytest.raises(Wrong, match="that an open login signed, and it takes a password"):
        checker.read_leaf(case.body, int(case.head["seq"]), log)


@pytest.mark.parametrize("case", crypto_cases("canonical"), ids=str)
def test_canonical_json_is_accepted_or_refused_as_the_vectors_say(case: Case) -> None:
    assert refuses(lambda: checker.parse(case.body)) is not case.is_good


def test_the_manifest_is_read_and_openssh_s_signature_of_it_holds() -> None:
    data = (RELEASE / "manifest.json").read_bytes()
    signature = (RELEASE / "manifest.json.sig").read_bytes()
    key = base64.b64decode((RELEASE / "key.pub").read_text().split()[1])[-32:]
    assert checker.read_manifest(data)["request"]["number"] == "R-17"
    checker.check_signature(data, signature, key)
    for place in range(0, len(signature) * 8, 5):
        with pytest.raises(Wrong):
            checker.check_signature(data, flipped(signature, place), key)


def test_the_contexts_are_those_of_the_format() -> None:
    vault = "22" * 16
    text = checker.canonical({"seq": 7, "vault": vault})
    assert b"callrec/1 detail\n" + text == context("detail", vault, seq=7)
