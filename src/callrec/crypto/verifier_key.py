"""Verifier keys: a public key with the name under which it signs notes, as one line of text.

    <name>+<hex of key id[4]>+<base64 of type[1] || public key>

    key id = SHA-256(name || 0x0A || type[1] || public key)[:4]

Source: c2sp.org/signed-note, "Verifier keys"; the types of c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import base64
from typing import Final

from callrec.crypto.primitives import SIGNING_PUBLIC_BYTES, sha256, signing_public
from callrec.dataclass import dataclass

KEY_ID_BYTES: Final = 4

NOTE_KEY: Final = 0x01
"""Ed25519 over the text of a note: a log's own key."""

COSIGNATURE_KEY: Final = 0x04
"""Ed25519 over a checkpoint and a time: a witness's key."""

ML_DSA_KEY: Final = 0x06
"""ML-DSA-44 over a checkpoint and a time: of newer witnesses, beside or instead of the former."""

_NO_KEY: Final = "it is not a key that was copied whole: NAME+8 hex digits+base64, on one line"

_PRIVATE: Final = "PRIVATE+KEY+"

MOST_NAME_BYTES: Final = 255
"""Of the name of a key or a log, in UTF-8; the sources name no bound."""

_LOGS: Final = "callrec/"
"""With this the name of each of callrec's logs begins, and of each key that signs for it."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key that signs notes, and what it signs as."""

    name: str
    type: int
    public: bytes
    """32 bytes of Ed25519."""

    @property
    def id(self) -> bytes:
        """4 bytes, as they stand before a signature."""
        return sha256(self.name.encode(), b"\n", bytes([self.type]), self.public)[:KEY_ID_BYTES]

    def __str__(self) -> str:
        """As one line. Law: ``read_verifier_key(str(key)) == key``."""
        material = base64.b64encode(bytes([self.type]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{material}"


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: as an origin, and no space."""
    return is_origin(name) and " " not in name


def is_witness_name(name: str) -> bool:
    """Whether a witness's key may: a line under a log's name would be taken for the log's own."""
    return is_key_name(name) and not name.startswith(_LOGS)


def is_origin(name: str) -> bool:
    """Whether a log may have this name: one printable line, no plus, no space around it, bounded.

    No space in it either, says c2sp.org/tlog-checkpoint of new ones; Go's checksum database is
    called ``go.sum database tree`` for ever. A number sign begins a remark where names are listed.
    """
    return (
        name.isprintable()
        and name == name.strip()
        and 0 < len(name.encode()) <= MOST_NAME_BYTES
        and "+" not in name
        and not name.startswith("#")
    )


def read_verifier_key(text: str, expected: int) -> VerifierKey:
    """The key that a line says, which is to be of the type ``expected``.

    Raises:
        ValueError: it is none, or of another type; its message says which in words.
    """
    name, _, rest = text.partition("+")
    digits, _, encoded = rest.partition("+")
    try:
        material = base64.b64decode(encoded, validate=True)
    except ValueError:
        material = b""
    if not is_key_name(name) or not material or base64.b64encode(material).decode() != encoded:
        raise ValueError(_NO_KEY)
    if material[0] == ML_DSA_KEY:
        raise ValueError(
            "it is of ML-DSA-44 (type 6): give the Ed25519 key (type 4) that is beside it"
        )
    if material[0] != expected:
        raise ValueError(f"it is a key of type {material[0]}, and this takes type {expected}")
    key = VerifierKey(name, material[0], material[1:])
    if len(key.public) != SIGNING_PUBLIC_BYTES or digits != key.id.hex():
        raise ValueError(_NO_KEY)
    return key


def write_signing_key(name: str, type_: int, seed: bytes) -> str:
    """A seed (32 bytes) as Go's note package keeps one; a secret."""
    key = VerifierKey(name, type_, signing_public(seed))
    material = base64.b64encode(bytes([type_]) + seed).decode()
    return f"{_PRIVATE}{name}+{key.id.hex()}+{material}"


def read_signing_key(text: str, expected: int) -> tuple[VerifierKey, bytes]:
    """The key that `write_signing_key` wrote, and its seed.

    Raises:
        ValueError: it is none, or of another type.
    """
    if not text.startswith(_PRIVATE):
        raise ValueError("it is not a signing key")
    name, _, rest = text.removeprefix(_PRIVATE).partition("+")
    _, _, encoded = rest.partition("+")
    material = base64.b64decode(encoded, validate=True)
    if len(material) != 1 + SIGNING_PUBLIC_BYTES or material[0] != expected:
        raise ValueError("it is not a signing key of this type")
    seed = material[1:]
    if write_signing_key(name, expected, seed) != text:
        raise ValueError("it is not a signing key to the letter")
    return VerifierKey(name, expected, signing_public(seed)), seed
