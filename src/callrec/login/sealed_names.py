"""What people are called, sealed to the catalogue key (docs/formats/keys.md, 5)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

from callrec.audit.checkpoint import decode_base64
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.errors import Tampered

if TYPE_CHECKING:
    from callrec.audit.register import Voucher

NONCE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Names:
    """A person's login and full name, with the nonce that keeps their hash from being guessed."""

    login: str
    full_name: str
    nonce: bytes

    @property
    def digest(self) -> str:
        """SHA-256(nonce || login || full name) in hex: what the voucher holds."""
        both = self.login.encode(), self.full_name.encode()
        return primitives.sha256(self.nonce, *both).hex()


def fresh_names(login: str, full_name: str) -> Names:
    return Names(login, normalize("NFC", full_name), primitives.random_bytes(NONCE_BYTES))


def seal_names(names: Names, *, public: bytes, vault: str, person: str, version: int) -> bytes:
    """Seal the names to the catalogue key, so that a thief of the disk learns no staff list."""
    body = canonical(
        {
            "full_name": names.full_name,
            "login": names.login,
            "nonce": base64.b64encode(names.nonce).decode(),
        }
    )
    info = context("person", vault, person=person, version=version)
    return primitives.hpke_seal(public, body, info)


def open_names(
    sealed: bytes, *, secret: bytes, voucher: Voucher, vault: str, version: int
) -> Names:
    """Open a person's names.

    Raises:
        Tampered: they are not those that were vouched for.
    """
    info = context("person", vault, person=voucher.person.id, version=version)
    match parse(primitives.hpke_open(secret, sealed, info)):
        case {"login": str(login), "full_name": str(full_name), "nonce": str(nonce)}:
            names = Names(login, full_name, decode_base64(nonce))
            if names.digest == voucher.name:
                return names
        case _:
            pass
    raise Tampered("a person's name is not the one that was vouched for")
