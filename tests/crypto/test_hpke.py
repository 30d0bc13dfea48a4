"""HPKE with X-Wing: against the working group's vectors, and against the same done by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import Tampered
from vectors.crypto import by_hand
from vectors.crypto.cases import Case, cases

SEED = bytes(range(32))

PUBLIC = primitives.kem_public(SEED)


def published() -> list[Mapping[str, Any]]:
    """Those of draft-ietf-hpke-pq for KEM 0x647A; none of them has AES-256-GCM."""
    with cryptography_vectors.open_vector_file("HPKE/hpke-pq-test-vectors.json", "r") as file:
        return [vector for vector in json.load(file) if vector["kem_id"] == by_hand.XWING]


def test_there_are_published_vectors_for_our_kem_and_our_kdf() -> None:
    assert [vector["kdf_id"] for vector in published()] == [1, 17]


@pytest.mark.parametrize("vector", published(), ids=["hkdf-sha256", "turboshake256"])
def test_a_seed_gives_the_published_public_key(vector: Mapping[str, Any]) -> None:
    assert primitives.kem_public(bytes.fromhex(vector["skRm"])).hex() == vector["pkRm"]


@pytest.mark.parametrize("vector", published(), ids=["hkdf-sha256", "turboshake256"])
def test_the_shared_secret_by_hand_is_the_published_one(vector: Mapping[str, Any]) -> None:
    shared = by_hand.decapsulate(bytes.fromhex(vector["skRm"]), bytes.fromhex(vector["enc"]))
    assert shared.hex() == vector["shared_secret"]


def test_the_key_schedule_by_hand_is_the_published_one_and_opens_what_was_sealed() -> None:
    vector = published()[0]
    shared, info = bytes.fromhex(vector["shared_secret"]), bytes.fromhex(vector["info"])
    key, nonce = by_hand.key_schedule(shared, info, vector["aead_id"])
    assert (key.hex(), nonce.hex()) == (vector["key"], vector["base_nonce"])
    first = {name: bytes.fromhex(value) for name, value in vector["encryptions"][0].items()}
    assert ChaCha20Poly1305(key).decrypt(nonce, first["ct"], first["aad"]) == first["pt"]


def test_what_we_seal_is_opened_by_hand_in_our_suite() -> None:
    sealed = primitives.hpke_seal(PUBLIC, b"data", b"info")
    assert len(sealed) == 1120 + len(b"data") + 16
    assert by_hand.hpke_open(SEED, sealed, b"info") == b"data"


@pytest.mark.parametrize("case", cases("hpke"), ids=str)
def test_a_sealing_opens_or_not_as_its_file_says(case: Case) -> None:
    info = context(case.head["kind"], case.head["vault"], **case.fields)
    seed, sealed = case.bytes_of("seed"), case.bytes_of("sealed")
    if case.is_good:
        assert primitives.hpke_open(seed, sealed, info) == case.bytes_of("plain")
    else:
        with pytest.raises(Tampered):
            primitives.hpke_open(seed, sealed, info)


@pytest.mark.parametrize("case", cases("hpke", expect="good"), ids=str)
def test_a_recorded_sealing_opens_by_hand_too(case: Case) -> None:
    info = by_hand.context(case.head["kind"], case.head["vault"], case.fields)
    opened = by_hand.hpke_open(case.bytes_of("seed"), case.bytes_of("sealed"), info)
    assert opened == case.bytes_of("plain")


def test_the_same_is_never_sealed_to_the_same_bytes() -> None:
    one, two = (primitives.hpke_seal(PUBLIC, b"data", b"info") for _ in range(2))
    assert one != two


NO_KEYS = {
    "nothing": b"",
    "a byte short": PUBLIC[:-1],
    "a byte too many": PUBLIC + b"\0",
    "coefficients beyond the modulus": b"\xff" * 1184 + PUBLIC[1184:],
    "a point of low order": PUBLIC[:1184] + bytes(32),
}


@pytest.mark.parametrize("public", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_nothing_is_sealed_to_a_public_key_that_is(public: bytes) -> None:
    with pytest.raises(Tampered):
        primitives.hpke_seal(public, b"data", b"info")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        primitives.kem_public(bytes(size))
