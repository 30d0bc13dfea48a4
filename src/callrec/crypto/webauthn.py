"""What a browser proves with a passkey, checked as its relying party (WebAuthn Level 3, 7.2).

A passkey is bound to the name of one site. With each use it signs what that site asked for. Where
it has the extension `prf`, it also gives a secret that is always the same: 32 bytes, which alone
open a slot of a lock (docs/formats/keys.md, 4). The signature shows that the passkey gave it now,
and to this site; so what was overheard once is of no use at the desk.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from callrec.crypto import primitives
from callrec.dataclass import dataclass
from callrec.errors import Locked, Unusable

ALGORITHMS: Final = (-7, -8, -257)
"""What a passkey may sign with, as COSE numbers it: ES256, EdDSA and, for Windows Hello, RS256."""

PRF_INPUT: Final = b"callrec/1 passkey"
"""What every passkey is asked with: the same at every desk, as each has a secret of its own."""

PRF_BYTES: Final = 32

_LEAST_RSA_BITS: Final = 2048
_USER_PRESENT, _USER_VERIFIED, _BACKUP_ELIGIBLE, _BACKED_UP = 0x01, 0x04, 0x08, 0x10
_HEAD_BYTES: Final = 37
"""Of authenticator data: the site's hash, the flags, a counter."""

_NOT_THIS: Final = "the passkey did not answer what this page asked"


@dataclass(frozen=True, slots=True, repr=False)
class Assertion:
    """What a browser has of a passkey that was used. Its repr shows nothing."""

    credential: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    secret: bytes
    """32 bytes, of the extension `prf`."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Assertion:
        """Read it as static/passkey.js writes it: each in base64url without padding.

        Raises:
            Unusable: it is not in that form.
        """
        try:
            read = cls(
                credential=from_base64url(value["credential"]),
                client_data=from_base64url(value["client_data"]),
                authenticator_data=from_base64url(value["authenticator_data"]),
                signature=from_base64url(value["signature"]),
                secret=from_base64url(value["secret"]),
            )
        except (KeyError, ValueError) as error:
            raise Unusable("what came of the passkey is not in its form") from error
        if len(read.secret) != PRF_BYTES:
            raise Unusable("what came of the passkey is not in its form")
        return read

    @property
    def is_synced(self) -> bool:
        """Whether its maker may copy it to other devices of the person (backup eligibility)."""
        flags = self.authenticator_data[32:33]
        return bool(flags) and bool(flags[0] & _BACKUP_ELIGIBLE)


def relying_party(origin: str) -> str:
    """The name that passkeys of a site belong to: its host, whatever the port.

    Empty where browsers let a site have none: without TLS, or under a number instead of a name.
    """
    parts = urlsplit(origin)
    host = parts.hostname or ""
    is_number = host.rpartition(".")[2].isdecimal()
    return host if parts.scheme == "https" and host and not is_number else ""


def check_assertion(
    assertion: Assertion, *, public_key: bytes, origin: str, challenge: str
) -> None:
    """Check that a passkey answered this challenge, at this site, to a person it made sure of.

    Args:
        assertion: what the browser sent.
        public_key: the passkey's, as SubjectPublicKeyInfo.
        origin: the site's: ``https://desk.practice.example:8443``.
        challenge: what was asked, in base64url; it counts once.

    The steps of 7.2 in their order. Of those that are left out, the counter of step 22 tells
    nothing of most passkeys, which always say 0.

    Raises:
        Locked: it did not.
    """
    client = _client_data(assertion.client_data)
    expected = {"type": "webauthn.get", "challenge": challenge, "origin": origin}
    if not challenge or any(client.get(name) != value for name, value in expected.items()):
        raise Locked(_NOT_THIS)
    if client.get("crossOrigin", False) is not False or "topOrigin" in client:
        raise Locked(_NOT_THIS)
    data = assertion.authenticator_data
    site = primitives.sha256(relying_party(origin).encode())
    if len(data) < _HEAD_BYTES or not primitives.constant_time_equal(data[:32], site):
        raise Locked(_NOT_THIS)
    flags = data[32]
    if not flags & _USER_PRESENT or not flags & _USER_VERIFIED:
        raise Locked("the passkey did not ask for your fingerprint, face or PIN")
    if flags & _BACKED_UP and not flags & _BACKUP_ELIGIBLE:
        raise Locked(_NOT_THIS)
    verify(public_key, data + primitives.sha256(assertion.client_data), assertion.signature)


def check_public_key(public_key: bytes) -> None:
    """Check that a passkey's key is of a kind that `verify` takes.

    Raises:
        Unusable: it is of another, or none.
    """
    _public_key(public_key)


def verify(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check a passkey's signature, by what its key is.

    Raises:
        Locked: it is not this key's of this message, or the key is none.
    """
    try:
        key = _public_key(public_key)
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, message, ECDSA(SHA256()))
        elif isinstance(key, RSAPublicKey):
            key.verify(signature, message, PKCS1v15(), SHA256())
        else:
            key.verify(signature, message)
    except (InvalidSignature, Unusable, ValueError) as error:
        raise Locked(_NOT_THIS) from error


def _public_key(encoded: bytes) -> EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey:
    try:
        key = load_der_public_key(encoded)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _other_kind() from error
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    if isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS:
        return key
    if isinstance(key, Ed25519PublicKey):
        return key
    raise _other_kind()


def _other_kind() -> Unusable:
    return Unusable("this passkey signs in a way that callrec does not know", hint="use another")


def _client_data(text: bytes) -> Mapping[str, Any]:
    try:
        client = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Locked(_NOT_THIS) from error
    return client if isinstance(client, dict) else {}


def as_base64url(data: bytes) -> str:
    """As a page has bytes: base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: object) -> bytes:
    """The bytes again, of the one form that each has.

    Law: ``from_base64url(as_base64url(data)) == data``.

    Raises:
        ValueError: it is not in that form.
    """
    if not isinstance(text, str):
        raise ValueError  # noqa: TRY004 - whatever came is not in its form
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if as_base64url(data) != text:
        raise ValueError
    return data
