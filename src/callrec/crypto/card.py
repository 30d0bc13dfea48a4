"""A secret that a smart card opens with its private key (docs/formats/keys.md, 4).

RSA: 32 random bytes under RSA-OAEP (RFC 8017, 7.1) with SHA-256, MGF1 with SHA-256 and no label.
P-256: what ECDH (SP 800-56A, 5.7.1.2) makes of the card's key and a key that is drawn for this and
forgotten, the x-coordinate, 32 bytes. Neither proves anything by itself: the factor key is sealed
under what the secret derives, and whatever opens that is right.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from callrec.crypto.primitives import KEY_BYTES, constant_time_equal, random_bytes, sha256
from callrec.dataclass import dataclass
from callrec.errors import Unusable

MIN_RSA_BITS: Final = 2048
P256_PARAMETERS: Final = bytes.fromhex("06082a8648ce3d030107")
"""The object identifier of P-256 (RFC 5480, 2.1.1.1), DER, as a card's CKA_EC_PARAMS has it."""

_OCTET_STRING: Final = bytes.fromhex("0441")
"""DER before a point of 65 bytes: so CKA_EC_POINT has it; some modules leave it out."""
_HASH_BYTES: Final = 32

CardPublic = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Mechanism(StrEnum):
    """How the secret was made, and so what the card does to give it back."""

    RSA = "rsa-oaep-sha256"
    ECDH = "ecdh-p256"


@dataclass(frozen=True, slots=True, repr=False)
class Wrapped:
    """A secret of 32 bytes, and what the card makes it of again. Its repr shows neither."""

    mechanism: Mechanism
    wrapped: bytes
    """RSA: the ciphertext; P-256: the other key's point, uncompressed, 65 bytes (SEC 1, 2.3.3)."""
    secret: bytes


def rsa_public(modulus: bytes, exponent: bytes) -> CardPublic:
    """A card's RSA key, of its CKA_MODULUS and CKA_PUBLIC_EXPONENT.

    Raises:
        Unusable: it is no RSA key.
    """
    numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus))
    try:
        return numbers.public_key()
    except ValueError as error:
        raise Unusable("the key on this card is no RSA key") from error


def point_public(point: bytes) -> CardPublic:
    """A card's key on P-256, of its CKA_EC_POINT.

    Raises:
        Unusable: it is no point of P-256.
    """
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), point.removeprefix(_OCTET_STRING)
        )
    except ValueError as error:
        raise Unusable("the key on this card is none of P-256") from error


def certified_public(certificate: bytes) -> CardPublic:
    """A card's key, of its certificate (DER); who certified it is of no concern here.

    Raises:
        Unusable: it has another kind of key.
    """
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError as error:
        raise Unusable("the certificate on this card cannot be read") from error
    if isinstance(public, CardPublic):
        return public
    raise Unusable("the key on this card is neither RSA nor of P-256")


def wrap_secret(public: CardPublic) -> Wrapped:
    """A fresh secret that the owner of this key's private half opens.

    Raises:
        Unusable: an RSA key of less than 2,048 bits, or a key of another curve.
    """
    if isinstance(public, rsa.RSAPublicKey):
        if public.key_size < MIN_RSA_BITS:
            raise Unusable(f"the key on this card has {public.key_size} bits, which is too short")
        secret = random_bytes(KEY_BYTES)
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label=None)
        return Wrapped(Mechanism.RSA, public.encrypt(secret, oaep), secret)
    if not isinstance(public.curve, ec.SECP256R1):
        raise Unusable("the key on this card is none of P-256")
    drawn = ec.generate_private_key(ec.SECP256R1())
    point = drawn.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Wrapped(Mechanism.ECDH, point, drawn.exchange(ec.ECDH(), public))


def remove_oaep(block: bytes) -> bytes | None:
    """The message of an OAEP block that a card opened without removing it; None: it is no such.

    Many cards only raise to a power, and leave the padding to the computer (RFC 8017, 7.1.2, 3).
    Nobody can ask this again and again from afar, which is what its care about time is for.
    """
    if len(block) <= 2 * _HASH_BYTES + 1:
        return None
    seed, data = block[1 : 1 + _HASH_BYTES], block[1 + _HASH_BYTES :]
    seed = _xor(seed, _mask(data, len(seed)))
    data = _xor(data, _mask(seed, len(data)))
    label, rest = data[:_HASH_BYTES], data[_HASH_BYTES:].lstrip(b"\0")
    if block[0] or rest[:1] != b"\1" or not constant_time_equal(label, sha256()):
        return None
    return rest[1:]


def _mask(seed: bytes, size: int) -> bytes:
    """MGF1 with SHA-256 (RFC 8017, B.2.1)."""
    blocks = range(-(-size // _HASH_BYTES))
    return b"".join(sha256(seed, number.to_bytes(4)) for number in blocks)[:size]


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))
