"""A released package as `callrec request show` shows it: how it went, who has it, who said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.requests.model import event_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from callrec.requests.releases import PackageNote, ReleasedPackage


@dataclass(frozen=True, slots=True, repr=False)
class ShownPackageNote:
    """That a package was handed over, or acknowledged. Its repr shows nothing."""

    on: date | None
    """None where the reader may not open it."""
    time: str | None
    """``14:05`` by the practice's clock; None where nobody said."""
    channel: str | None
    to_whom: str | None
    """None for whoever is not concerned, as the reason."""
    reason: str | None
    at: datetime
    """When it was written down."""
    by: str
    """Login of who did."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownRelease:
    """A package. Its repr shows nothing."""

    id: str
    at: datetime
    by: str
    deliver_by: str | None
    """How it was to go; None where nobody said, or for who may not read it."""
    passphrase_by: str | None
    medium_serial: str | None
    """Of the drive or disc that it went out on."""
    sha256: str | None
    """Of the package's file, in hex."""
    handed_over: tuple[ShownPackageNote, ...]
    """Oldest first; the newest counts."""
    acknowledged: tuple[ShownPackageNote, ...]


def shown_release(
    release: ReleasedPackage, called: Mapping[str, str], *, in_full: bool
) -> ShownRelease:
    """A release for one reader.

    Args:
        release: as he may open it.
        called: logins by id.
        in_full: the request concerns him.
    """
    return ShownRelease(
        id=release.id,
        at=release.released_at,
        by=called[release.delivered.actor],
        deliver_by=release.delivery.package_by,
        passphrase_by=release.delivery.passphrase_by,
        medium_serial=release.words.get("medium_serial") or None,
        sha256=release.words.get("sha256"),
        handed_over=tuple(_saying(each, called, in_full=in_full) for each in release.handed_over),
        acknowledged=tuple(_saying(each, called, in_full=in_full) for each in release.acknowledged),
    )


def _saying(said: PackageNote, called: Mapping[str, str], *, in_full: bool) -> ShownPackageNote:
    event, words = event_of(said.leaf), said.words
    return ShownPackageNote(
        on=said.on,
        time=words.get("time") or None,
        channel=words.get("channel"),
        to_whom=words.get("to_whom") if in_full else None,
        reason=(words.get("reason") or None) if in_full else None,
        at=event.at,
        by=called[event.actor],
    )
