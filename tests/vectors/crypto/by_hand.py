"""The formats once more, from hashlib, hmac and bare ciphers, without callrec: a second opinion.

Written against docs/formats/keys.md, RFC 5869, RFC 9180, draft-connolly-cfrg-xwing-kem and Tink's
description of its streaming AEAD. Slow and plain; ``make`` writes the cases with it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from Cryptodome.Protocol.SecretSharing import Shamir, _Element
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

XWING: Final = 0x647A

AES_256_GCM: Final = 2

SEGMENT: Final = 1 << 20


def canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def context(kind: str, vault: str, fields: dict[str, Any]) -> bytes:
    return f"callrec/1 {kind}\n".encode() + canonical(fields | {"vault": vault})


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def extract(salt: bytes, key: bytes) -> bytes:
    """RFC 5869, 2.2."""
    return mac(salt or bytes(32), key)


def expand(key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, 2.3."""
    out = block = b""
    count = 0
    while len(out) < length:
        count += 1
        block = mac(key, block + info + bytes([count]))
        out += block
    return out[:length]


def hkdf(key: bytes, info: bytes, salt: bytes = b"") -> bytes:
    return expand(extract(salt, key), info, 32)


def argon2id(password: str, salt: bytes, kdf: dict[str, int]) -> bytes:
    lock = Argon2id(
        salt=salt,
        length=32,
        iterations=kdf["passes"],
        lanes=kdf["lanes"],
        memory_cost=kdf["memory_kib"],
    )
    return lock.derive(unicodedata.normalize("NFC", password).encode())


def aes(key: bytes, nonce: bytes, data: bytes, head: bytes) -> bytes:
    return nonce + AESGCM(key).encrypt(nonce, data, head)


def sign(seed: bytes, message: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def signing_public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def xwing(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """draft-connolly-cfrg-xwing-kem, 5.2: expandDecapsulationKey."""
    wide = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(wide[:64]),
        X25519PrivateKey.from_private_bytes(wide[64:]),
    )


def kem_public(seed: bytes) -> bytes:
    mlkem, x25519 = xwing(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def decapsulate(seed: bytes, enc: bytes) -> bytes:
    """draft-connolly-cfrg-xwing-kem, 5.5 and 5.3: Decapsulate, Combiner."""
    mlkem, x25519 = xwing(seed)
    theirs, ours = enc[1088:], x25519.public_key().public_bytes_raw()
    parts = (
        mlkem.decapsulate(enc[:1088]),
        x25519.exchange(X25519PublicKey.from_public_bytes(theirs)),
        theirs,
        ours,
        b"\\.//^\\",
    )
    return hashlib.sha3_256(b"".join(parts)).digest()


def key_schedule(shared: bytes, info: bytes, aead: int = AES_256_GCM) -> tuple[bytes, bytes]:
    """RFC 9180, 5.1, base mode: the key and the base nonce."""
    suite = b"HPKE" + b"".join(n.to_bytes(2, "big") for n in (XWING, 1, aead))

    def labelled_extract(salt: bytes, label: bytes, key: bytes) -> bytes:
        return extract(salt, b"HPKE-v1" + suite + label + key)

    def labelled_expand(key: bytes, label: bytes, about: bytes, length: int) -> bytes:
        return expand(key, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + about, length)

    no_psk = labelled_extract(b"", b"psk_id_hash", b"")
    about = b"\0" + no_psk + labelled_extract(b"", b"info_hash", info)
    secret = labelled_extract(shared, b"secret", b"")
    key = labelled_expand(secret, b"key", about, 32)
    return key, labelled_expand(secret, b"base_nonce", about, 12)


def hpke_open(seed: bytes, sealed: bytes, info: bytes) -> bytes:
    key, nonce = key_schedule(decapsulate(seed, sealed[:1120]), info)
    return AESGCM(key).decrypt(nonce, sealed[1120:], b"")


def part(secret: bytes, slope: bytes, place: int) -> bytes:
    """A part of a key: each half of the line, in the field of pycryptodome."""
    return b"".join(
        (_Element(secret[at : at + 16]) + times(slope[at : at + 16], place)).encode()
        for at in (0, 16)
    )


def times(element: bytes, other: int) -> _Element:
    """Their product, which the library's stub does not know of."""
    product: _Element = _Element(element) * _Element(other)  # type: ignore[operator]
    return product


def joined(parts: Sequence[tuple[int, bytes]]) -> bytes:
    """The key of two parts, by pycryptodome: Shamir's scheme, half by half."""
    halves = ([(place, value[at : at + 16]) for place, value in parts] for at in (0, 16))
    return b"".join(Shamir.combine(half, ssss=False) for half in halves)


def open_stream(key: bytes, head: bytes, sealed: bytes) -> bytes:
    """What `stream` sealed; nothing opens with another key."""
    cipher, prefix = AESGCM(hkdf(key, head, sealed[1:33])), sealed[33:40]
    segments = [sealed[40:SEGMENT]]
    segments += [sealed[at : at + SEGMENT] for at in range(SEGMENT, len(sealed), SEGMENT)]
    last = len(segments) - 1
    return b"".join(
        cipher.decrypt(prefix + index.to_bytes(4, "big") + bytes([index == last]), segment, b"")
        for index, segment in enumerate(segments)
    )


def stream(
    key: bytes,
    head: bytes,
    *,
    salt: bytes,
    prefix: bytes,
    plain: bytes,
    last: int = 1,
    ends_empty: bool = False,
) -> list[bytes]:
    """The segments of a sealed stream; ``last`` is the flag that the last one gets."""
    cipher = AESGCM(hkdf(key, head, salt))
    header = bytes([40]) + salt + prefix
    first, full = SEGMENT - 40 - 16, SEGMENT - 16
    pieces = [plain[:first], *(plain[at : at + full] for at in range(first, len(plain), full))]
    pieces += [b""] if ends_empty else []
    flags = [0] * (len(pieces) - 1) + [last]
    sealed = [
        cipher.encrypt(prefix + index.to_bytes(4, "big") + bytes([flag]), piece, b"")
        for index, (piece, flag) in enumerate(zip(pieces, flags, strict=True))
    ]
    return [header + sealed[0], *sealed[1:]]


def arranged(segments: Sequence[bytes], order: str) -> bytes:
    """Segments by their numbers: ``0 2 1``."""
    return b"".join(segments[int(number)] for number in order.split())
