"""What lies under a request key, and the request's digest (docs/formats/grant.md, 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a form's members are read as it runs
from dataclasses import astuple, dataclass, field
from typing import Annotated, Any, Final

from pydantic import Field

from callrec.audit.leaf import detail_commitment
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.context import context
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import Particulars
from callrec.policy.purpose import Purpose  # noqa: TC001
from callrec.policy.retention import DisposalItem
from callrec.record.forms import WHERE_THERE, Day, Hex, InJson, Nonce, as_json, body_of, read_body

MAX_REQUEST_RECORDINGS: Final = 200
"""In one request: its leaf names each of them, and a leaf has at most 8 KiB."""

_Retained = Annotated[
    DisposalItem, InJson(lambda said: DisposalItem(*said), astuple, tuple[str, str, Day])
]


@dataclass(frozen=True, slots=True)
class RequestVersion:
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
    particulars: Annotated[
        Particulars, InJson(Particulars.from_json, Particulars.as_json, dict[str, Any])
    ]
    recordings: tuple[tuple[str, str], ...]
    """uid, SHA-256 of the ciphertext in hex."""
    nonce: Nonce
    """Keeps the digest from being guessed."""
    log_nonce: Hex
    """32 bytes: lets those who open the request hold it against the leaf that made it."""
    retained: Annotated[Mapping[str, _Retained], Field(alias="retention"), WHERE_THERE] = field(
        default_factory=dict
    )
    """Of a disposal, by uid, what the retention schedule said of each recording; else empty."""

    def digest(self, which: RequestVersion, requester: str) -> str:
        """SHA-256(nonce[32] || canonical JSON) in hex: what an approval approves."""
        whole = {
            **as_json(self),
            "request": which.request,
            "requester": requester,
            "vault": which.vault,
            "version": which.version,
        }
        del whole["log_nonce"], whole["number"]
        return primitives.sha256(self.nonce, canonical(whole)).hex()

    def details(self, digest: str) -> Mapping[str, Any]:
        """What the leaf that makes this version commits to.

        Of a written agreement the log itself keeps the hash [policy 4(g)]: SHA-256 in hex.
        """
        told: dict[str, Any] = {"digest": digest, "number": self.number}
        agreement = self.particulars.further.get(FurtherParticular.AGREEMENT)
        if agreement is not None:
            told["agreement"] = primitives.sha256(agreement.encode()).hex()
        return told

    def commitment(self, vault: str, seq: int, digest: str) -> str:
        """The ``detail`` of the leaf at ``seq``, if that leaf made this version."""
        details = canonical(dict(self.details(digest)))
        return detail_commitment(vault, seq, self.log_nonce, details)

    def seal(self, key: bytes, which: RequestVersion) -> bytes:
        """Under a request key (32 bytes): nonce[32] || canonical JSON, by AES-256-GCM."""
        return primitives.seal(key, body_of(self, self.nonce), which.context)

    @classmethod
    def open(cls, sealed: bytes, key: bytes, which: RequestVersion) -> RequestBody:
        """Open what `seal` sealed.

        Raises:
            Tampered: another key or version, or changed, or not in its form.
        """
        opened = primitives.open_sealed(key, sealed, which.context)
        return read_body(cls, opened, "a request is not in its form")
