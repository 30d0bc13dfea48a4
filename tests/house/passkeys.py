"""A passkey in software: what a browser sends of one, for tests that need no browser.

What a real browser sends is tried in tests/desk/test_passkey.py; this one can also be made to say
what none would.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from callrec.crypto.webauthn import PRF_INPUT

ORIGIN = "https://desk.practice.example:8443"

USED_BY_A_PERSON = 0x05
"""Somebody was there, and it made sure who."""


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Passkey:
    """One passkey of one site."""

    host: str = "desk.practice.example"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def secret(self) -> bytes:
        """As CTAP 2.1 has hmac-secret and WebAuthn what it is asked with."""
        salt = hashlib.sha256(b"WebAuthn PRF\x00" + PRF_INPUT).digest()
        return hmac.digest(self.seed, salt, "sha256")

    def used(
        self,
        challenge: str,
        *,
        origin: str = ORIGIN,
        flags: int = USED_BY_A_PERSON,
        **client: object,
    ) -> Mapping[str, str]:
        """What the page's script sends of it; ``client``: what stands in the client data, too."""
        said = {"type": "webauthn.get", "challenge": challenge, "origin": origin, **client}
        client_data = json.dumps(said).encode()
        data = hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + bytes(4)
        message = data + hashlib.sha256(client_data).digest()
        return {
            "credential": encoded(self.credential),
            "client_data": encoded(client_data),
            "authenticator_data": encoded(data),
            "signature": encoded(self.key.sign(message, ec.ECDSA(SHA256()))),
            "secret": encoded(self.secret),
        }

    def made(self, challenge: str, **said: object) -> Mapping[str, str]:
        """What it sends of a passkey that was just made."""
        return {**self.used(challenge, **said), "public_key": encoded(self.public_key)}  # type: ignore[arg-type]
