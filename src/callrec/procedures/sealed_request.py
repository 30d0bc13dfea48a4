"""What lies under a request key, and the request's digest (docs/formats/grant.md, 1 and 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.leaf import detail_commitment
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.errors import Tampered
from callrec.policy.further import Further
from callrec.policy.particulars import Particulars
from callrec.policy.purpose import Purpose
from callrec.policy.retention import Retained

if TYPE_CHECKING:
    from collections.abc import Mapping

NONCE_BYTES: Final = 32
MOST_RECORDINGS: Final = 200
"""In one request: its leaf names each of them, and a leaf has at most 8 KiB."""


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of which request: what its sealing is bound to."""

    vault: str
    request: str
    version: int

    @property
    def context(self) -> bytes:
        return context("request", self.vault, request=self.request, version=self.version)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RequestBody:
    """One version of a request, as it is sealed. Its repr shows nothing."""

    number: int
    purpose: Purpose
    particulars: Particulars
    recordings: tuple[tuple[str, str], ...]
    """uid, SHA-256 of the ciphertext in hex."""
    nonce: bytes
    """32 bytes: keeps the digest from being guessed."""
    log_nonce: bytes
    """32 bytes: lets whoever opens the request hold it against the leaf that made it."""
    retained: Mapping[str, Retained] = field(default_factory=dict)
    """Of a disposal, by uid, what the retention schedule said of each recording; else empty."""

    def digest(self, which: Version, requester: str) -> str:
        """SHA-256(nonce[32] || canonical JSON) in hex: what an approval approves."""
        whole = {
            "particulars": self.particulars.as_json(),
            "purpose": self.purpose,
            "recordings": self._recordings_json(),
            "request": which.request,
            "requester": requester,
            "vault": which.vault,
            "version": which.version,
            **self._retained_json(),
        }
        return primitives.sha256(self.nonce, canonical(whole)).hex()

    def details(self, digest: str) -> Mapping[str, Any]:
        """What the leaf that makes this version commits to.

        Of a written agreement the log itself keeps the hash [policy 4(g)]: SHA-256 in hex.
        """
        told: dict[str, Any] = {"digest": digest, "number": self.number}
        agreement = self.particulars.further.get(Further.AGREEMENT)
        if agreement is not None:
            told["agreement"] = primitives.sha256(agreement.encode()).hex()
        return told

    def commitment(self, vault: str, seq: int, digest: str) -> str:
        """The ``detail`` of the leaf at ``seq``, if that leaf made this version."""
        details = canonical(dict(self.details(digest)))
        return detail_commitment(vault, seq, self.log_nonce, details)

    def seal(self, key: bytes, which: Version) -> bytes:
        """Under a request key (32 bytes): nonce[32] || canonical JSON, by AES-256-GCM."""
        body = {
            "log_nonce": self.log_nonce.hex(),
            "number": self.number,
            "particulars": self.particulars.as_json(),
            "purpose": self.purpose,
            "recordings": self._recordings_json(),
            **self._retained_json(),
        }
        return primitives.seal(key, self.nonce + canonical(body), which.context)

    @classmethod
    def open(cls, sealed: bytes, key: bytes, which: Version) -> RequestBody:
        """Open what `seal` sealed.

        Raises:
            Tampered: another key or version, or changed, or not in its form.
        """
        opened = primitives.open_sealed(key, sealed, which.context)
        value = parse(opened[NONCE_BYTES:])
        try:
            return cls(
                number=_read_number(value["number"]),
                purpose=Purpose(value["purpose"]),
                particulars=Particulars.from_json(value["particulars"]),
                recordings=tuple(_read_recording(*each) for each in value["recordings"]),
                nonce=opened[:NONCE_BYTES],
                log_nonce=bytes.fromhex(value["log_nonce"]),
                retained=_read_retained(value.get("retention", {})),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Tampered("a request is not in its form") from error

    def _recordings_json(self) -> list[list[str]]:
        return [[uid, ciphertext] for uid, ciphertext in self.recordings]

    def _retained_json(self) -> Mapping[str, Any]:
        if not self.retained:
            return {}
        return {
            "retention": {
                uid: [each.category, each.rule, each.due_on.isoformat()]
                for uid, each in self.retained.items()
            }
        }


def _read_number(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _read_recording(uid: object, ciphertext: object) -> tuple[str, str]:
    if not (isinstance(uid, str) and isinstance(ciphertext, str)):
        raise TypeError
    return uid, ciphertext


def _read_retained(value: Mapping[str, Any]) -> Mapping[str, Retained]:
    return {
        uid: Retained(str(category), str(rule), date.fromisoformat(due_on))
        for uid, (category, rule, due_on) in value.items()
    }
