"""The primitives, against what the RFCs publish and other implementations compute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import cryptography_vectors
import pytest

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.primitives import Kdf
from callrec.errors import Tampered
from vectors.crypto import by_hand
from vectors.crypto.cases import Case, cases

KEY = bytes(range(32))


def records(path: str, first: str) -> list[Mapping[str, str]]:
    """The records of a file in NIST's form: ``Name = value`` lines; ``first`` begins each."""
    found: list[dict[str, str]] = []
    with cryptography_vectors.open_vector_file(path, "r") as file:
        for line in file:
            name, equals, value = line.partition("=")
            if not equals or line.startswith("#"):
                continue
            if name.strip().lower() == first:
                found.append({})
            found[-1][name.strip().lower()] = value.strip()
    return [*found]


def test_hmac_gives_what_rfc_4231_says() -> None:
    found = records("HMAC/rfc-4231-sha256.txt", "len")
    assert len(found) == 6
    for record in found:
        key, message = bytes.fromhex(record["key"]), bytes.fromhex(record["msg"])
        assert primitives.mac(key, message).hex() == record["md"]
        assert primitives.mac_function(key)(message).hex() == record["md"]


def test_hkdf_gives_what_rfc_5869_says() -> None:
    found = records("KDF/rfc-5869-HKDF-SHA256.txt", "count")
    assert len(found) == 3
    for record in found:
        derived = primitives.derive(
            bytes.fromhex(record["ikm"]),
            bytes.fromhex(record["info"]),
            salt=bytes.fromhex(record["salt"]),
            length=int(record["l"]),
        )
        assert derived.hex() == record["okm"]


def test_ed25519_gives_what_djb_published_which_holds_the_vectors_of_rfc_8032() -> None:
    with cryptography_vectors.open_vector_file("asymmetric/Ed25519/sign.input", "r") as file:
        lines = list(file)
    assert len(lines) == 1024
    for line in lines[:128]:
        secret, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        seed, signature = secret[:32], signed[:64]
        assert primitives.signing_public(seed) == public
        assert primitives.sign(seed, message) == signature
        primitives.verify(public, message, signature)


@pytest.mark.parametrize("case", cases("argon2id"), ids=str)
def test_argon2id_gives_what_the_reference_implementation_computes(case: Case) -> None:
    kdf = Kdf(**json.loads(case.head["kdf"]))
    key = primitives.stretch_password(case.head["password"], case.bytes_of("salt"), kdf)
    assert key == case.bytes_of("key")


@pytest.mark.parametrize("case", cases("pbkdf2"), ids=str)
def test_pbkdf2_gives_what_rfc_7914_says(case: Case) -> None:
    password, salt = case.head["password"].encode(), case.head["salt"].encode()
    key = case.bytes_of("key")
    rounds = int(case.head["rounds"])
    assert primitives.pbkdf2(password, salt, rounds, len(key)) == key
    assert primitives.pbkdf2(password, salt, rounds) == key[:32]


def test_the_lock_is_the_second_recommendation_of_rfc_9106_unless_said_otherwise() -> None:
    assert Kdf() == Kdf(memory_kib=64 * 1024, passes=3, lanes=4)
    assert Kdf().as_json() == {"lanes": 4, "memory_kib": 65536, "passes": 3}


IN_BOUNDS = [(65536, 3, 1), (1048576, 10, 16)]

OUT_OF_BOUNDS = [
    (65535, 3, 4),
    (1048577, 3, 4),
    (65536, 2, 4),
    (65536, 11, 4),
    (65536, 3, 0),
    (65536, 3, 17),
]


@pytest.mark.parametrize("parameters", IN_BOUNDS)
def test_parameters_at_the_bounds_are_taken(parameters: tuple[int, int, int]) -> None:
    assert Kdf(*parameters).memory_kib == parameters[0]


@pytest.mark.parametrize("parameters", OUT_OF_BOUNDS)
def test_parameters_beyond_the_bounds_are_refused(parameters: tuple[int, int, int]) -> None:
    with pytest.raises(Tampered):
        Kdf(*parameters)


@pytest.mark.parametrize("case", cases("sealings"), ids=str)
def test_a_sealing_opens_or_not_as_its_file_says(case: Case) -> None:
    head = context(case.head["kind"], case.head["vault"], **case.fields)
    if case.is_good:
        opened = primitives.open_sealed(case.bytes_of("key"), case.bytes_of("sealed"), head)
        assert opened == case.bytes_of("plain")
    else:
        with pytest.raises(Tampered):
            primitives.open_sealed(case.bytes_of("key"), case.bytes_of("sealed"), head)


def test_a_sealing_is_nonce_ciphertext_and_tag_and_draws_another_nonce_each_time() -> None:
    one, two = (primitives.seal(KEY, b"data", b"head") for _ in range(2))
    assert len(one) == 12 + 4 + 16
    assert one[:12] != two[:12]
    assert by_hand.aes(KEY, one[:12], b"data", b"head") == one


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_nothing_is_sealed_under_a_key_that_is_not_of_aes_256(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        primitives.seal(bytes(size), b"data", b"head")


def test_fresh_bytes_are_of_the_size_asked_for_and_never_the_same() -> None:
    assert len(primitives.random_bytes(32)) == 32
    assert primitives.random_bytes(32) != primitives.random_bytes(32)


def test_a_fresh_id_is_128_bits_in_small_hex() -> None:
    text = primitives.random_id()
    assert bytes.fromhex(text).hex() == text
    assert len(text) == 32


def test_sha256_is_over_the_parts_one_after_another() -> None:
    assert primitives.sha256(b"one", b"", b"two") == hashlib.sha256(b"onetwo").digest()


def test_same_tells_equal_bytes_from_others() -> None:
    assert primitives.constant_time_equal(b"abc", b"abc")
    assert not primitives.constant_time_equal(b"abc", b"abd")
    assert not primitives.constant_time_equal(b"abc", b"ab")


NOT_SIGNED = {
    "another message": (0, b"other", slice(None)),
    "another key": (1, b"message", slice(None)),
    "a signature cut short": (0, b"message", slice(63)),
    "no signature": (0, b"message", slice(0)),
}


@pytest.mark.parametrize(("whose", "message", "part"), NOT_SIGNED.values(), ids=NOT_SIGNED.keys())
def test_a_signature_does_not_verify_with(whose: int, message: bytes, part: slice) -> None:
    public = primitives.signing_public(bytes([whose] * 32))
    with pytest.raises(Tampered):
        primitives.verify(public, message, primitives.sign(bytes(32), b"message")[part])


@pytest.mark.parametrize(
    "public", [b"", bytes(31), b"\xff" * 32], ids=["none", "short", "no point"]
)
def test_a_signature_does_not_verify_under_a_key_that_is_none(public: bytes) -> None:
    with pytest.raises(Tampered):
        primitives.verify(public, b"message", primitives.sign(bytes(32), b"message"))
