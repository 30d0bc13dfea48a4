"""What lies under an incident key, and a version's digest (docs/formats/incidents.md, 1, 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.leaf import detail_commitment
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, instant, parse, parse_instant
from callrec.crypto.context import context
from callrec.errors import Tampered, Unusable
from callrec.policy.breach import Closing, Findings
from callrec.policy.incident import Outcome
from callrec.procedures.custody import from_millis, to_millis
from callrec.procedures.sealed_request import MOST_RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NONCE_BYTES: Final = 32
_ID: Final = re.compile(r"[0-9a-f]{32}")
_NUMBERS: Final = frozenset({"people_count", "record_count", "likelihood", "impact"})
"""Of the findings; the others are text."""


@dataclass(frozen=True, slots=True)
class IncidentVersion:
    """Which version of which incident: what its sealing and its digest are bound to."""

    vault: str
    incident: str
    version: int
    reporter: str
    """Id of who reported it."""
    told: str
    """Id of whom he told."""

    @property
    def context(self) -> bytes:
        return context("incident", self.vault, incident=self.incident, version=self.version)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IncidentBody:
    """One version of an incident, as it is sealed. Its repr shows nothing."""

    number: int
    what: str
    """What happened, in a sentence."""
    noticed_at: datetime
    """UTC; the 72 hours count from then."""
    recordings: tuple[str, ...]
    """Uids of the recordings concerned."""
    request: str
    """``R-17``, if one is concerned; else empty."""
    findings: Findings
    closing: Closing | None
    nonce: bytes
    """32 bytes: keeps the digest from being guessed."""
    log_nonce: bytes
    """32 bytes: lets whoever opens the incident hold it against the leaf that made it."""

    def changed(self, **changes: Any) -> IncidentBody:
        """The next version, with fresh nonces."""
        nonce, log_nonce = primitives.fresh(NONCE_BYTES), primitives.fresh(NONCE_BYTES)
        return replace(self, nonce=nonce, log_nonce=log_nonce, **changes)

    def digest(self, which: IncidentVersion) -> str:
        """SHA-256(nonce[32] || canonical JSON) in hex."""
        whole = {
            **self._json(),
            "incident": which.incident,
            "reporter": which.reporter,
            "told": which.told,
            "vault": which.vault,
            "version": which.version,
        }
        return primitives.sha256(self.nonce, canonical(whole)).hex()

    def details(self, digest: str) -> Mapping[str, Any]:
        """What the leaf that makes this version commits to."""
        return {"digest": digest, "number": self.number}

    def commitment(self, vault: str, seq: int, digest: str) -> str:
        """The ``detail`` of the leaf at ``seq``, if that leaf made this version."""
        return detail_commitment(vault, seq, self.log_nonce, canonical(dict(self.details(digest))))

    def seal(self, key: bytes, which: IncidentVersion) -> bytes:
        """Under an incident key (32 bytes): nonce[32] || canonical JSON, by AES-256-GCM."""
        body = {**self._json(), "log_nonce": self.log_nonce.hex()}
        return primitives.seal(key, self.nonce + canonical(body), which.context)

    @classmethod
    def open(cls, sealed: bytes, key: bytes, which: IncidentVersion) -> IncidentBody:
        """Open what `seal` sealed.

        Raises:
            Tampered: another key or version, or changed, or not in its form.
        """
        opened = primitives.open_sealed(key, sealed, which.context)
        value = parse(opened[NONCE_BYTES:])
        try:
            closing = value["closing"]
            return cls(
                number=_number(value["number"]),
                what=_text(value["what"]),
                noticed_at=_time(value["noticed_at"]),
                recordings=_uids(value["recordings"]),
                request=_text(value["request"]),
                findings=_findings(value["findings"]),
                closing=None if closing is None else _closing(closing),
                nonce=opened[:NONCE_BYTES],
                log_nonce=bytes.fromhex(value["log_nonce"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError, Unusable) as error:
            raise Tampered("an incident is not in its form") from error

    def _json(self) -> dict[str, Any]:
        return {
            "closing": None if self.closing is None else _closing_json(self.closing),
            "findings": dict(self.findings.said),
            "noticed_at": instant(self.noticed_at),
            "number": self.number,
            "recordings": list(self.recordings),
            "request": self.request,
            "what": self.what,
        }


def _closing_json(closing: Closing) -> Mapping[str, str]:
    return {
        "at": "" if closing.at is None else instant(closing.at),
        "delay_reason": closing.delay_reason,
        "on": closing.on.isoformat(),
        "outcome": closing.outcome,
        "reason": closing.reason,
    }


def _closing(value: Mapping[str, Any]) -> Closing:
    return Closing(
        outcome=Outcome(value["outcome"]),
        on=date.fromisoformat(value["on"]),
        at=_time(value["at"]) if value["at"] else None,
        reason=_text(value["reason"]),
        delay_reason=_text(value["delay_reason"]),
    )


def _findings(value: Mapping[str, Any]) -> Findings:
    for name, said in value.items():
        read = _number if name in _NUMBERS else _text
        read(said)
    return Findings(**value)


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _time(value: Any) -> datetime:
    """An instant of the years that lists know too, with room for what is reckoned from it."""
    at = parse_instant(value)
    from_millis(to_millis(at))
    return at


def _uids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_RECORDINGS:
        raise TypeError
    if not all(_ID.fullmatch(_text(uid)) for uid in value):
        raise ValueError
    return tuple(value)
