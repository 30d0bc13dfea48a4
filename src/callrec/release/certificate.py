"""What the certificate of a release says, wherever it is shown: on paper or on a page.

Everything is in the words that its reader sees, but for times, sizes and hashes, which each form
sets in its own way. It names nobody: whoever approved and released stands there by his role, and a
patient only where that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from callrec.release.manifest import NotEnclosed, ReleasedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedApproval:
    """Who authorised the release, by role."""

    role: str
    """``Data Controller``."""
    at: datetime
    """On the practice's clock."""
    countersigned_by: str = ""
    """The second person's role; empty where there was none."""
    broke_glass: bool = False
    """Whether the Data Controller decided alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """What marks the medium as evidence."""

    label: str
    """The exhibit's reference, ``DW/1``."""
    medium_serial: str
    """Of the drive or disc on which the release goes out."""
    reference: str
    """The body's own reference of its case; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a practice certifies of a release."""

    practice: str
    contact: str
    """How to reach it, one line."""
    request: str
    """``R-17``."""
    release: str
    """Its id, 32 hex digits."""
    purpose: str
    """In words."""
    legal_basis: str
    """In words, with its source."""
    subject: str | None
    """The patient's name, where it was asked for."""
    approvals: tuple[CertifiedApproval, ...]
    released_by: str
    """The role of whoever releases."""
    at: datetime
    """When it was put together, on the practice's clock."""
    files: tuple[ReleasedFile, ...]
    not_enclosed: tuple[NotEnclosed, ...]
    withheld: tuple[tuple[int, str], ...]
    """Number of a recording that was asked for and not given, and why, in words."""
    fingerprint: str
    """The practice's: the vault root, 64 hex digits."""
    signing_key: str
    """Of the releaser, as ``ssh-keygen -l`` shows it: ``SHA256:…``."""
    audit_seq: int
    """The entry of the audit log that records this release."""
    checkpoint: str
    """The log's checkpoint at that entry, a signed note of a few lines (C2SP tlog-checkpoint)."""
    exhibit: Exhibit | None = None
