"""Why a hold was placed, sealed to the catalogue key (docs/formats/holds.md, 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callrec.audit.leaf import detail_commitment
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.context import context
from callrec.record.forms import Nonce, as_json, body_of, read_body

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HoldBody:
    """What a hold says, as it is sealed. Its repr shows nothing."""

    number: int
    reason: str
    """Empty where a request placed it: that says why."""
    nonce: Nonce
    """Of the details of the leaf that placed it."""

    @property
    def details(self) -> Mapping[str, Any]:
        """What the leaf commits to."""
        return as_json(self)

    def commitment(self, vault: str, seq: int) -> str:
        """The ``detail`` of the leaf at ``seq``, if that leaf placed this hold."""
        return detail_commitment(vault, seq, self.nonce, canonical(dict(self.details)))

    def seal(self, public: bytes, vault: str, hold: str) -> bytes:
        """By HPKE to the catalogue key: nonce[32] || canonical JSON."""
        info = context("hold", vault, hold=hold)
        return primitives.hpke_seal(public, body_of(self, self.nonce), info)

    @classmethod
    def open(cls, sealed: bytes, secret: bytes, vault: str, hold: str) -> HoldBody:
        """Open what `seal` sealed.

        Raises:
            Tampered: another key or hold, or changed, or not in its form.
        """
        told = primitives.hpke_open(secret, sealed, context("hold", vault, hold=hold))
        return read_body(cls, told, "a hold is not in its form")
