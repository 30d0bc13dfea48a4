"""Smart cards in software: SoftHSM's tokens, each test with its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, CertificateType, KeyType, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters

MODULE: Final = Path("/usr/lib/softhsm/libsofthsm2.so")


@dataclass
class Reader:
    """What holds the cards of one test."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
        """A reader without a card; this process and its children see no others."""
        tokens = folder / "cards"
        tokens.mkdir()
        settings = folder / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
        return cls(folder)

    def put_in(self, label: str = "card", pin: str = "123456") -> Card:
        """A new card with a PIN and no key."""
        before = {*(self.folder / "cards").iterdir()}
        made = ("softhsm2-util", "--init-token", "--free", "--label", label)
        subprocess.run(
            (*made, "--so-pin", "12345678", "--pin", pin), check=True, capture_output=True
        )
        (files,) = {*(self.folder / "cards").iterdir()} - before
        return Card(label, pin, files)


@dataclass
class Card:
    label: str
    pin: str
    files: Path

    @property
    def serial(self) -> str:
        with self._open() as session:
            return str(session.token.serial.decode())

    def take_out(self) -> None:
        self.files.rename(self.files.parent.parent / self.files.name)

    def put_back(self) -> None:
        (self.files.parent.parent / self.files.name).rename(self.files)

    def clear(self) -> None:
        """Take its keys away."""
        for file in self.files.glob("????????-*.object"):
            file.unlink()

    def hold(self, *objects: Mapping[Attribute, Any]) -> None:
        """Put objects on it as they are."""
        with self._open() as session:
            for each in objects:
                session.create_object({Attribute.TOKEN: True, Attribute.ID: b"\1", **each})

    def make_key(self, kind: str, number: int = 1, **attributes: Any) -> None:
        """`rsa2048`, `rsa1024`, `secp256r1` or another curve; its public half is beside it."""
        template = {getattr(Attribute, name.upper()): value for name, value in attributes.items()}
        with self._open() as session:
            named: dict[str, Any] = {"id": bytes([number]), "label": "key", "store": True}
            if kind.startswith("rsa"):
                bits = int(kind.removeprefix("rsa"))
                session.generate_keypair(KeyType.RSA, bits, private_template=template, **named)
            else:
                curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(kind)}
                domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
                domain.generate_keypair(private_template=template, **named)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        module = pkcs11.lib(str(MODULE))
        try:
            token = module.get_token(token_label=self.label)
            with token.open(rw=True, user_pin=self.pin) as session:
                yield session
        finally:
            module.finalize()


def rsa_private(p: int, q: int, d: int) -> Mapping[Attribute, Any]:
    """An RSA key, as a card is given one."""
    numbers = {
        Attribute.MODULUS: p * q,
        Attribute.PUBLIC_EXPONENT: 65537,
        Attribute.PRIVATE_EXPONENT: d,
        Attribute.PRIME_1: p,
        Attribute.PRIME_2: q,
        Attribute.EXPONENT_1: d % (p - 1),
        Attribute.EXPONENT_2: d % (q - 1),
        Attribute.COEFFICIENT: pow(q, -1, p),
    }
    encoded = {name: each.to_bytes(-(-each.bit_length() // 8)) for name, each in numbers.items()}
    return {**_PRIVATE, Attribute.KEY_TYPE: KeyType.RSA, Attribute.DECRYPT: True, **encoded}


def point_private(d: int) -> Mapping[Attribute, Any]:
    """A key on P-256, likewise."""
    curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
    own = {Attribute.KEY_TYPE: KeyType.EC, Attribute.DERIVE: True, Attribute.VALUE: d.to_bytes(32)}
    return {**_PRIVATE, **curve, **own}


def certified(public: Any) -> Mapping[Attribute, Any]:
    """A certificate beside a key, as PIV cards have one and no public key."""
    kind = {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
    }
    return {**kind, Attribute.SUBJECT: b"\x30\0", Attribute.VALUE: certificate(public)}


def certificate(public: Any) -> bytes:
    """A certificate of a public key, DER, by an authority of the test's own."""
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(public)
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


_PRIVATE: Final = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.SENSITIVE: True}
