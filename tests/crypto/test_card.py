"""What is made for a smart card, and what of it is undone here."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from callrec.crypto.card import (
    CardPublic,
    Mechanism,
    certified_public,
    point_public,
    remove_oaep,
    rsa_public,
    wrap_secret,
)
from callrec.errors import Unusable
from house.cards import certificate
from vectors.crypto.cases import Case, cases


@pytest.mark.parametrize("case", cases("oaep"), ids=str)
def test_a_block_is_read_as_the_vectors_say(case: Case) -> None:
    expected = case.bytes_of("secret") if case.is_good else None
    assert remove_oaep(case.body) == expected


def test_openssl_opens_what_is_made_for_an_rsa_key() -> None:
    private = rsa.generate_private_key(65537, 2048)
    numbers = private.public_key().public_numbers()
    public = rsa_public(numbers.n.to_bytes(256), numbers.e.to_bytes(3))
    made, again = wrap_secret(public), wrap_secret(public)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label=None)
    assert private.decrypt(made.wrapped, oaep) == made.secret
    assert (made.mechanism, len(made.secret)) == (Mechanism.RSA, 32)
    assert made.secret != again.secret
    d = private.private_numbers().d
    raw = pow(int.from_bytes(made.wrapped), d, numbers.n).to_bytes(256)
    assert remove_oaep(raw) == made.secret


@pytest.mark.parametrize("head", [b"", b"\x04\x41"], ids=["as SEC 1 has it", "in DER"])
def test_openssl_agrees_on_what_is_made_for_a_point(head: bytes) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    made, again = (wrap_secret(point_public(head + point)) for _ in range(2))
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), made.wrapped)
    assert private.exchange(ec.ECDH(), theirs) == made.secret
    assert (made.mechanism, len(made.secret)) == (Mechanism.ECDH, 32)
    assert made.secret != again.secret


def test_a_certificate_gives_its_key() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    made = wrap_secret(certified_public(certificate(private.public_key())))
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), made.wrapped)
    assert private.exchange(ec.ECDH(), theirs) == made.secret


def short() -> CardPublic:
    return rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - what is refused


def curve() -> CardPublic:
    return ec.generate_private_key(ec.SECP384R1()).public_key()


@pytest.mark.parametrize("key", [short, curve])
def test_for_other_keys_nothing_is_made(key: object) -> None:
    with pytest.raises(Unusable):
        wrap_secret(key())  # type: ignore[operator]


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(Unusable):
        point_public(b"\x04" + bytes(64))
    with pytest.raises(Unusable):
        rsa_public(b"\x02", b"\x02")
    with pytest.raises(Unusable):
        certified_public(b"none")
    with pytest.raises(Unusable):
        certified_public(certificate(ed25519.Ed25519PrivateKey.generate().public_key()))
