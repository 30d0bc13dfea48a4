"""Who has what was released under a request, as the registers say it: by the newest entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.policy.words import mask_name
from callrec.requests.packages import read_releases, words_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection

    from callrec.practice import Actor, Practice
    from callrec.registers.requests_listed import RegisteredRequest
    from callrec.requests.packages import ReleasedPackage


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PackageHolder:
    """Who has a package. Its repr shows nothing; None is what nobody said or may not be read."""

    on: date | None = None
    """When it was handed over."""
    time: str | None = None
    """``14:05`` by the practice's clock."""
    channel: str | None = None
    to_whom: str | None = None
    """Masked where the reader is not to see it in full, None where nothing opens the request."""
    acknowledged_on: date | None = None


HOLDER_UNKNOWN: Final = PackageHolder()
"""Of what was not released."""


def read_package_holders(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest
) -> Mapping[str, PackageHolder]:
    """Who has each package of a request, by the release's id, oldest first.

    Raises:
        Tampered: what was said is not what the log commits to.
    """
    words = words_for(practice, actor, connection, request.opened)
    return {
        release.id: _whereabouts(release, request)
        for release in read_releases(request.history, words)
    }


def newest_package_holder(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest
) -> PackageHolder:
    """Who has the newest package of a request.

    Raises:
        Tampered: as `read_package_holders`.
    """
    every = tuple(read_package_holders(practice, actor, connection, request).values())
    return every[-1] if every else HOLDER_UNKNOWN


def _whereabouts(release: ReleasedPackage, request: RegisteredRequest) -> PackageHolder:
    said = release.handed_over[-1].words if release.handed_over else {}
    name = said.get("to_whom") if request.opened else None
    return PackageHolder(
        on=release.handed_over_on,
        time=said.get("time") or None,
        channel=said.get("channel"),
        to_whom=name if name is None or request.in_full else mask_name(name),
        acknowledged_on=release.acknowledged_on,
    )
