"""The primitives, thin and typed; all come from ``cryptography`` (docs/formats/keys.md, 1).

AES-256-GCM, HKDF-SHA-256, HMAC-SHA-256, Argon2id, Ed25519, and HPKE (RFC 9180, base mode) in the
suite MLKEM768_X25519 (X-Wing, KEM 0x647A) / HKDF_SHA256 / AES_256_GCM. PBKDF2-HMAC-SHA-256 is there
for the one reader that knows no Argon2id, the browser.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Final, NewType

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callrec.dataclass import dataclass
from callrec.errors import Tampered

KEY_BYTES = 32
NONCE_BYTES = 12  # AES-GCM's own size: 96 bits
TAG_BYTES = 16
SALT_BYTES = 16
SIGNING_PUBLIC_BYTES = 32
MLKEM_PUBLIC_BYTES = 1184
KEM_PUBLIC_BYTES = 1216  # ML-KEM-768 1184 || X25519 32
HPKE_BYTES = 1136  # what HPKE adds: enc 1120 || tag 16
SigningPublic = NewType("SigningPublic", bytes)
"""An Ed25519 public key, 32 bytes."""

KemPublic = NewType("KemPublic", bytes)
"""An X-Wing public key, 1,216 bytes."""

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Kdf:
    """Argon2id's parameters, as they stand beside what they lock.

    Bounds keep a tampered parameter from weakening a lock, or from taking the machine down, before
    anything is computed. Source: RFC 9106, section 4, second recommendation (64 MiB, 3 passes, 4
    lanes).
    """

    memory_kib: int = 64 * 1024
    """Memory, in KiB: 64 MiB to 1 GiB."""
    passes: int = 3
    """Passes over the memory: 3 to 10."""
    lanes: int = 4
    """Lanes: 1 to 16."""

    def __post_init__(self) -> None:
        within = (
            64 * 1024 <= self.memory_kib <= 1024 * 1024
            and 3 <= self.passes <= 10  # noqa: PLR2004 - the bounds of the docstring
            and 1 <= self.lanes <= 16  # noqa: PLR2004
        )
        if not within:
            raise Tampered("the parameters of a password's lock are out of bounds")

    def as_json(self) -> dict[str, int]:
        return {"lanes": self.lanes, "memory_kib": self.memory_kib, "passes": self.passes}


def random_bytes(size: int) -> bytes:
    """``size`` bytes from the operating system's generator."""
    return secrets.token_bytes(size)


def random_id() -> str:
    """A random 128-bit id in lower-case hex."""
    return random_bytes(16).hex()


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the parts, one after another: 32 bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def mac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256: 32 bytes."""
    return hmac.digest(key, data, "sha256")


def mac_function(key: bytes) -> Callable[[bytes], bytes]:
    """``mac`` under one key for much data: taking the key in is half of the work of a short one.

    Law: ``mac_function(key)(data) == mac(key, data)``.
    """
    keyed = HMAC(key, hashes.SHA256())

    def of(data: bytes) -> bytes:
        one = keyed.copy()
        one.update(data)
        return one.finalize()

    return of


def constant_time_equal(a: bytes, b: bytes) -> bool:
    """Whether two byte strings are equal, in time that does not tell where they differ."""
    return hmac.compare_digest(a, b)


def derive(key: bytes, info: bytes, *, salt: bytes = b"", length: int = KEY_BYTES) -> bytes:
    """HKDF-SHA-256 (RFC 5869) of ``key``; ``info`` is a context, the salt empty unless given."""
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


_STRETCHING: Final = Lock()
"""Two threads of a process that stretch at once may wait for each other for ever: OpenSSL's Argon2
has one pool of threads (its `ossl_crypto_thread_start`, seen in 4.0.3)."""


def stretch_password(password: str, salt: bytes, kdf: Kdf) -> bytes:
    """Argon2id of the password in NFC: a 32-byte key, slow by design (0.1 s and more)."""
    secret = unicodedata.normalize("NFC", password).encode()
    stretcher = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=kdf.passes,
        lanes=kdf.lanes,
        memory_cost=kdf.memory_kib,
    )
    with _STRETCHING:
        return stretcher.derive(secret)


def pbkdf2(password: bytes, salt: bytes, rounds: int, length: int = KEY_BYTES) -> bytes:
    """PBKDF2-HMAC-SHA-256 (RFC 8018, 5.2) of a password, for what a browser has to open.

    Everything else under a password is stretched by Argon2id, which costs an attacker memory too.
    """
    return hashlib.pbkdf2_hmac("sha256", password, salt, rounds, length)


def seal(key: bytes, data: bytes, context: bytes) -> bytes:
    """AES-256-GCM under ``key`` (32 bytes): nonce[12] || ciphertext || tag[16].

    The one place where a nonce of AES-GCM is drawn: 96 fresh random bits for each sealing.
    With random nonces of 96 bits a key may seal at most 2^32 times (NIST SP 800-38D, 8.3). No key
    of callrec comes near that, so nothing counts them (docs/formats/keys.md, 1, lists the keys).

    Raises:
        ValueError: the key has not 32 bytes: a programming error.
    """
    nonce = random_bytes(NONCE_BYTES)
    return nonce + _aes_256_gcm(key).encrypt(nonce, data, context)


def open_sealed(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """What ``seal`` sealed, under the same key and context.

    Raises:
        Tampered: another key, another context, or changed bytes; which of them is not known.
    """
    try:
        return _aes_256_gcm(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:  # ValueError: a key or a nonce of another length
        raise Tampered("a sealed record does not open") from error


def signing_public(seed: bytes) -> SigningPublic:
    """The Ed25519 public key (RFC 8032) of a 32-byte seed."""
    return SigningPublic(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def sign(seed: bytes, message: bytes) -> bytes:
    """Ed25519 signature, 64 bytes; deterministic (RFC 8032)."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature.

    Raises:
        Tampered: it is not this key's signature of this message.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Tampered("a signature does not verify") from error


def kem_public(seed: bytes) -> KemPublic:
    """The X-Wing public key of a 32-byte seed: ML-KEM-768 1,184 || X25519 32 bytes."""
    mlkem, x25519 = _expand(seed)
    return KemPublic(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())


def hpke_seal(public: bytes, data: bytes, context: bytes) -> bytes:
    """HPKE, base mode, to an X-Wing public key: enc[1120] || ciphertext || tag[16].

    Base mode proves no sender: what was sealed counts only through the statement that says who
    sealed it.

    Raises:
        Tampered: ``public`` is not an X-Wing public key.
    """
    try:
        key = hpke.MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(public[MLKEM_PUBLIC_BYTES:]),
        )
        return _SUITE.encrypt(data, key, context)
    except ValueError as error:
        raise Tampered("nothing can be sealed to a public key that is none") from error


def hpke_open(seed: bytes, sealed: bytes, context: bytes) -> bytes:
    """What ``hpke_seal`` sealed to the public key of ``seed`` under the same context.

    Raises:
        Tampered: sealed to another key, under another context, or changed.
    """
    mlkem, x25519 = _expand(seed)
    try:
        return _SUITE.decrypt(sealed, hpke.MLKEM768X25519PrivateKey(mlkem, x25519), context)
    except InvalidTag as error:
        raise Tampered("a sealed key does not open") from error


def _aes_256_gcm(key: bytes) -> AESGCM:
    # AESGCM itself would take 16 or 24 bytes as well, and be another AES.
    if len(key) != KEY_BYTES:
        raise ValueError("a key of AES-256 has 32 bytes")
    return AESGCM(key)


@lru_cache(maxsize=4)  # it costs as much as opening, and a search opens hundreds under one seed
def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    # draft-connolly-cfrg-xwing-kem, 5.2: SHAKE256(seed, 96) = ML-KEM seed (d || z) 64 || X25519 32
    if len(seed) != KEY_BYTES:
        raise ValueError("an X-Wing seed has 32 bytes")
    wide = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(wide[:64]), X25519PrivateKey.from_private_bytes(
        wide[64:]
    )
