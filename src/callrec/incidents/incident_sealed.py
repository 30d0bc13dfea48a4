"""What lies under an incident key, and a version's digest (docs/formats/incidents.md, 1, 2)."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a form's members are read as it runs
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from callrec.audit.leaf import detail_commitment
from callrec.catalogue.times import from_millis, to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant, parse_instant
from callrec.crypto.context import context
from callrec.policy.breach import Closing, Findings
from callrec.policy.incident import Outcome
from callrec.record.forms import NONCE_BYTES, Hex, Id, InJson, Nonce, as_json, body_of, read_body
from callrec.requests.model import MAX_REQUEST_RECORDINGS


def _time(said: str) -> datetime:
    """An instant of the years that lists know too, with room for what is reckoned from it."""
    at = parse_instant(said)
    from_millis(to_millis(at))
    return at


def _closing(said: Mapping[str, str]) -> Closing:
    return Closing(
        outcome=Outcome(said["outcome"]),
        on=date.fromisoformat(said["on"]),
        at=_time(said["at"]) if said["at"] else None,
        reason=said["reason"],
        delay_reason=said["delay_reason"],
    )


def _closing_json(closing: Closing) -> Mapping[str, str]:
    return {
        "at": "" if closing.at is None else format_instant(closing.at),
        "delay_reason": closing.delay_reason,
        "on": closing.on.isoformat(),
        "outcome": closing.outcome,
        "reason": closing.reason,
    }


@dataclass(frozen=True, slots=True)
class IncidentVersion:
    """Which version of which incident: what its sealing and its digest are bound to."""

    vault: str
    incident: str
    version: int
    reporter: str
    """Id of who reported it."""
    told: str
    """Id of whom they told."""

    @property
    def context(self) -> bytes:
        return context("incident", self.vault, incident=self.incident, version=self.version)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IncidentBody:
    """One version of an incident, as it is sealed. Its repr shows nothing."""

    number: int
    what: str
    """What happened, in a sentence."""
    noticed_at: Annotated[datetime, InJson(_time, format_instant)]
    """UTC; the 72 hours count from then."""
    recordings: Annotated[tuple[Id, ...], Field(max_length=MAX_REQUEST_RECORDINGS)]
    """Uids of the recordings concerned."""
    request: str
    """``R-17``, if one is concerned; else empty."""
    findings: Annotated[Findings, PlainSerializer(lambda found: dict(found.said))]
    closing: Annotated[Closing, InJson(_closing, _closing_json, dict[str, str])] | None
    nonce: Nonce
    """Keeps the digest from being guessed."""
    log_nonce: Hex
    """32 bytes: lets those who open the incident hold it against the leaf that made it."""

    def changed(self, **changes: Any) -> IncidentBody:
        """The next version, with fresh nonces."""
        nonce, log_nonce = (
            primitives.random_bytes(NONCE_BYTES),
            primitives.random_bytes(NONCE_BYTES),
        )
        return replace(self, nonce=nonce, log_nonce=log_nonce, **changes)

    def digest(self, which: IncidentVersion) -> str:
        """SHA-256(nonce[32] || canonical JSON) in hex."""
        whole = {
            **as_json(self),
            "incident": which.incident,
            "reporter": which.reporter,
            "told": which.told,
            "vault": which.vault,
            "version": which.version,
        }
        del whole["log_nonce"]
        return primitives.sha256(self.nonce, canonical(whole)).hex()

    def details(self, digest: str) -> Mapping[str, Any]:
        """What the leaf that makes this version commits to."""
        return {"digest": digest, "number": self.number}

    def commitment(self, vault: str, seq: int, digest: str) -> str:
        """The ``detail`` of the leaf at ``seq``, if that leaf made this version."""
        return detail_commitment(vault, seq, self.log_nonce, canonical(dict(self.details(digest))))

    def seal(self, key: bytes, which: IncidentVersion) -> bytes:
        """Under an incident key (32 bytes): nonce[32] || canonical JSON, by AES-256-GCM."""
        return primitives.seal(key, body_of(self, self.nonce), which.context)

    @classmethod
    def open(cls, sealed: bytes, key: bytes, which: IncidentVersion) -> IncidentBody:
        """Open what `seal` sealed.

        Raises:
            Tampered: another key or version, or changed, or not in its form.
        """
        opened = primitives.open_sealed(key, sealed, which.context)
        return read_body(cls, opened, "an incident is not in its form")
